//! What is wrong in a content file is said with its file, line and column and with what was probably meant.

use super::product::Product;

#[test]
fn an_unknown_key_in_a_pipeline() {
    check(
        "pipelines/app.toml",
        "type = \"git\"\npath = \".\"\nrepositry = \"app\"\n",
        &["3:1: unknown key repositry; did you mean repository?"],
    );
}

#[test]
fn an_unknown_type_of_a_pipeline() {
    check(
        "pipelines/app.toml",
        "path = \".\"\ntype = \"gti\"\n",
        &[
            "2:8: unknown type gti; expected one of backstage, cdevents, command, events, files, git, github, gitlab, jira, pagerduty, simulation, singer, teams, webhooks, zendesk; did you mean git?",
        ],
    );
}

#[test]
fn a_github_pipeline_says_what_it_needs() {
    let wrong =
        |keys: &str, expected: &str| check("pipelines/hub.toml", &format!("type = \"github\"\n{keys}\n"), &[expected]);
    let token = "token = { env = \"TOKEN\" }";
    wrong(
        "repositories = [\"acme/*\"]",
        "1:8: needs token = { env = \"GITHUB_TOKEN\" }, an [app], or path = \"…\" of saved responses",
    );
    wrong(token, "1:8: needs repositories = [\"OWNER/*\"]");
    let glob = "not of the form OWNER/NAME, where NAME may have wildcards";
    wrong(&format!("{token}\nrepositories = [\"acme/*\", \"acme\"]"), &format!("3:27: {glob}"));
    wrong("path = \"saved\"\ntickets = [\"acme/[\"]", "3:12: invalid range pattern");
    let all = format!("{token}\nrepositories = [\"acme/*\"]");
    wrong(
        &format!("{all}\nevery = \"15 minutes\""),
        "4:9: \"15 minutes\" is no time such as \"15m\", \"2h\" or \"1d\"",
    );
    wrong(&format!("{all}\nurl = \"ghe.example.com\""), "4:7: not an address such as https://HOST/api/v3");
    wrong(&format!("{all}\nsince = 07:30:00"), "4:9: not a day or moment");
    wrong(
        &format!("{all}\nleave_out = [\"jobs\", \"deployment\"]"),
        "4:22: unknown value deployment; did you mean deployments?",
    );
    wrong(
        "token = \"ghp_secret\"\nrepositories = [\"acme/*\"]",
        "2:9: a secret does not stand in this file: write { env = \"NAME\" } or { file = \"PATH\" }",
    );
    wrong(&format!("{all}\npath = \"saved\""), "4:8: saved responses need no token or app");
}

#[test]
fn a_gitlab_pipeline_says_what_it_needs() {
    let wrong =
        |keys: &str, expected: &str| check("pipelines/lab.toml", &format!("type = \"gitlab\"\n{keys}\n"), &[expected]);
    let token = "token = { env = \"TOKEN\" }";
    wrong("projects = [\"acme/*\"]", "1:8: needs token = { env = \"GITLAB_TOKEN\" } with the scope read_api");
    wrong(token, "1:8: needs projects = [\"GROUP/*\"]");
    let glob = "not of the form GROUP/PROJECT, where all but the first group may have wildcards";
    wrong(&format!("{token}\nprojects = [\"acme/**\", \"*/app\"]"), &format!("3:24: {glob}"));
    let all = format!("{token}\nprojects = [\"acme/app\"]");
    wrong(&format!("{all}\nurl = \"gitlab.example.com\""), "4:7: not an address such as https://HOST");
    wrong(&format!("{all}\nleave_out = [\"job\"]"), "4:14: unknown value job; did you mean jobs?");
}

#[test]
fn a_jira_pipeline_says_what_it_needs() {
    let wrong =
        |keys: &str, expected: &str| check("pipelines/desk.toml", &format!("type = \"jira\"\n{keys}\n"), &[expected]);
    wrong("projects = [\"OPS\"]", "1:8: needs url = \"https://NAME.atlassian.net\", or that of a server");
    let url = "url = \"https://acme.atlassian.net/\"";
    wrong(url, "1:8: needs token = { env = \"JIRA_TOKEN\" }, and on Atlassian's cloud the email whose token it is");
    let asked = format!("{url}\ntoken = {{ env = \"TOKEN\" }}");
    wrong(&asked, "1:8: needs projects = [\"KEY\"], or a jql that says which issues");
    wrong(&format!("{asked}\nprojects = [\"OPS\", \"a b\"]"), "4:20: not the key of a project, such as OPS");
    wrong(
        &format!("{asked}\njql = \"type = Bug ORDER BY created\""),
        "4:7: the order of the issues is decided here: leave ORDER BY out",
    );
}

#[test]
fn an_unknown_value_in_a_pipeline() {
    check(
        "pipelines/app.toml",
        "type = \"git\"\npath = \".\"\ncode = \"montly\"\n",
        &["3:8: unknown value montly; did you mean monthly?"],
    );
}

#[test]
fn an_unknown_key_in_a_metric() {
    let metric = metric("betterr  = \"neither\"", "SELECT authored_at AS at FROM commits");
    check("queries/own.sql", &metric, &["6:1: unknown key betterr; did you mean better?"]);
}

#[test]
fn a_misspelt_column_in_a_metric() {
    let metric = metric("better = \"neither\"", "SELECT\n  authored_att AS at\nFROM commits");
    check("queries/own.sql", &metric, &["9:3: No field named authored_att; did you mean authored_at?"]);
}

#[test]
fn a_column_that_a_metric_lacks() {
    let metric = metric("better = \"neither\"", "SELECT authored_at FROM commits");
    check("queries/own.sql", &metric, &["8:1: the facts have no column at; they have authored_at"]);
}

#[test]
fn a_syntax_error_in_a_metric() {
    let metric = metric("better = \"neither\"", "SELECT authored_at AS at\nFRM commits");
    check("queries/own.sql", &metric, &["9:1: Expected: end of statement, found: FRM"]);
}

#[test]
fn a_metric_named_like_a_table() {
    let metric = metric("better = \"neither\"", "SELECT authored_at AS at FROM commits");
    let expected = "1:1: there is a table reviews already; a metric's name is a table in SQL too";
    check("queries/reviews.sql", &metric, &[expected]);
}

#[test]
fn an_unknown_key_in_a_dashboard() {
    let text = "+++\ntitle = \"Own\"\nwekes = 3\n+++\n";
    check("dashboards/own.md", text, &["3:1: unknown key wekes; did you mean weeks?"]);
    let text = "+++\ntitle = \"Own\"\n+++\nWords.\n\n```trend\nmetrik = \"pr_cycle_time\"\n```\n";
    check("dashboards/own.md", text, &["7:1: unknown key metrik; did you mean metric?"]);
}

#[test]
fn an_unknown_mark_in_a_dashboard() {
    let text = "+++\ntitle = \"Own\"\n+++\n\n```trnd\nmetric = \"pr_cycle_time\"\n```\n";
    check("dashboards/own.md", text, &["5:1: unknown mark trnd; ", "; did you mean trend?"]);
}

#[test]
fn an_unknown_metric_in_a_dashboard() {
    let text = "+++\ntitle = \"Own\"\n+++\n\n```metrics\nmetrics = [\"pr_size\",\n  \"pr_cycel_time\"]\n```\n";
    check("dashboards/own.md", text, &["7:3: unknown metric pr_cycel_time; did you mean pr_cycle_time?"]);
}

#[test]
fn an_unknown_key_and_metric_in_an_experiment() {
    let product = Product::new();
    product.run(["init"]).succeeded();
    let file = "experiments/review_assistant.toml";
    let text = std::fs::read_to_string(product.home().join(file)).unwrap();
    let place = |text: &str, word: &str| {
        let (line, content) = text.lines().enumerate().find(|(_, line)| line.contains(word)).unwrap();
        format!("{}:{}: ", line + 1, content.find(word).unwrap() + 1)
    };
    let wrong = text.replace("hypothesis", "hypotesis");
    check(file, &wrong, &[&place(&wrong, "hypotesis"), "unknown key hypotesis; did you mean hypothesis?"]);
    let wrong = text.replace("change_fail_rate", "change_fial_rate");
    check(
        file,
        &wrong,
        &[&place(&wrong, "change_fial_rate"), "unknown metric change_fial_rate; did you mean change_fail_rate?"],
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_nothing_is_collected() {
    let product = Product::new();
    product.write("pipelines/app.toml", "type = \"git\"\npath = \".\"\nrepositry = \"app\"\n");
    product.write("queries/own.sql", "no header\n");
    for args in [["check"].as_slice(), &["collect"], &["metric", "list"], &["serve", "--http", "127.0.0.1:0"]] {
        let answer = product.run(args);
        assert_eq!(answer.code, Some(1), "{args:?}");
        let lines: Vec<&str> = answer.stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{args:?}: {lines:?}");
        assert!(
            lines[0].starts_with("error: pipelines/app.toml:3:1: ") && lines[1].starts_with("queries/own.sql:1:1: ")
        );
    }
    assert!(!product.data().exists());
}

#[test]
fn a_wrong_dashboard_fails_the_check_with_all_that_is_wrong_and_stops_nothing_else() {
    let product = Product::new();
    product.write("dashboards/bare.md", "no front matter\n");
    let text = "+++\ntitle = \"Own\"\n+++\n\n```trnd\n```\n\nIt takes {{pr_cycel_time}}.\n\n```sql\nSELECT authord_at\nFROM commits\n```\n";
    product.write("dashboards/own.md", text);
    let answer = product.run(["check"]);
    assert_eq!(answer.code, Some(1));
    let said: Vec<&str> = answer.stderr.strip_prefix("error: ").unwrap().lines().collect();
    let expected = [
        "dashboards/own.md:11:8: No field named authord_at; did you mean authored_at?",
        "dashboards/bare.md:1:1: a dashboard starts with its front matter between +++ lines",
        "dashboards/own.md:5:1: unknown mark trnd; ",
        "dashboards/own.md:8:10: unknown metric pr_cycel_time; did you mean pr_cycle_time?",
    ];
    assert_eq!(said.len(), expected.len(), "{said:?}");
    for expected in expected {
        assert!(said.iter().any(|said| said.starts_with(expected)), "{expected}: {said:?}");
    }
    product.run(["metric", "list"]).succeeded();
}

/// `paceline check` fails with one line that starts with the file's name and holds all the `parts`.
fn check(file: &str, text: &str, parts: &[&str]) -> String {
    let product = Product::new();
    product.write(file, text);
    let answer = product.run(["check"]);
    let said = answer.failed(1);
    let place = said.strip_prefix(file).and_then(|rest| rest.strip_prefix(':')).unwrap_or_else(|| panic!("{said}"));
    assert!(place.starts_with(parts[0]), "{said}");
    assert!(parts.iter().all(|part| place.contains(part)), "{said}");
    said.to_owned()
}

/// A metric that counts, whose header ends on line 7.
fn metric(line: &str, sql: &str) -> String {
    format!(
        "/*\ntitle     = \"Own\"\nabout     = \"Own.\"\nunit      = \"commits\"\nstatistic = \"count\"\n{line}\n*/\n{sql}\n"
    )
}
