//! `metric show` on rows whose teams, shares and weeks can be counted by hand.

use super::product::Product;

/// One above two teams, and a third beside them with days of its own.
const TEAMS: &str = r#"
team = [
  { name = "org" }, { name = "platform", parent = "org" }, { name = "core", parent = "platform" },
  { name = "edge", parent = "platform" }, { name = "web", parent = "org" },
]
calendar = [{ zone = "Europe/Stockholm" }, { team = "web", zone = "America/New_York" }]
"#;

/// In Stockholm clocks are changed on 29 March 2026: the week from 23 March begins at 23:00 UTC, ends at 22:00 and has 167 hours.
const ROWS: [(&str, &str, &str); 7] = [
    // The first moment of the week, its last second, and the first moment of the next: in UTC they are other weeks.
    ("core", "", "2026-03-22T23:00:00Z"),
    ("core", "", "2026-03-29T21:59:59Z"),
    ("edge", "", "2026-03-29T22:00:00Z"),
    // Split below one parent, and across two.
    ("edge", "core=0.4 edge=0.6", "2026-03-25T12:00:00Z"),
    ("web", "core=0.5 web=0.5", "2026-03-25T13:00:00Z"),
    ("web", "", "2026-03-26T12:00:00Z"),
    ("nobody", "", "2026-03-26T12:00:00Z"),
];

const METRIC: &str = r#"/*
title = "Own"
about = "Deployments."
unit = "deployments"
statistic = "count"
better = "higher"
dimensions = ["team", "environment"]
target = 3
*/
SELECT finished_at AS at, nullif(service, 'nobody') AS team, nullif(sha, '') AS team_shares, environment FROM deployments
"#;

fn product() -> Product {
    let mut product = Product::new();
    product.now = "2026-04-06T12:00:00Z";
    product.write("pipelines/people.toml", "type = \"teams\"\npath = \"teams.toml\"\n");
    product.write("teams.toml", TEAMS);
    product.write("pipelines/ships.toml", "type = \"files\"\npath = \"ships.ndjson\"\ntable = \"deployments\"\n");
    product.write("queries/own.sql", METRIC);
    let line = |(number, (service, sha, at)): (usize, &(&str, &str, &str))| {
        serde_json::json!({
            "service": service, "deployment_id": number.to_string(), "environment": format!("e{}", number % 2), "status": "success", "is_rollback": false,
            "sha": sha, "started_at": at, "finished_at": at, "updated_at": at,
        })
        .to_string()
    };
    let lines: Vec<String> = ROWS.iter().enumerate().map(line).collect();
    product.write("ships.ndjson", &lines.join("\n"));
    product.run(["collect"]).succeeded();
    product
}

/// The names before the value, the value to four digits, and n.
fn shown(product: &Product, args: &str) -> Vec<String> {
    let args: Vec<&str> = ["metric", "show", "own"].into_iter().chain(args.split(' ')).collect();
    let answer = product.run(args.iter().chain(&["--format", "csv"])).succeeded();
    let text = String::from_utf8(answer.stdout).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let place = |name: &str| header.iter().position(|it| *it == name).unwrap();
    let (value, n) = (place("value"), place("n"));
    lines
        .map(|line| {
            let rounded =
                line[value].parse::<f64>().map_or("–".to_owned(), |it| ((it * 1e4).round() / 1e4).to_string());
            format!("{} {rounded} {}", line[..value].join(" "), line[n])
        })
        .collect()
}

const WEEKS: &str = "--from 2026-03-23 --to 2026-04-05";

#[test]
fn teams_are_rolled_up_and_each_row_counts_once() {
    let product = product();
    let shown = |args: &str| shown(&product, format!("{WEEKS} {args}").trim());
    assert_eq!(shown("--grain week"), ["2026-03-23 6 6", "2026-03-30 1 1", "all 3.5 7"]);
    // Week by week: core 2.9 and 0, edge 0.6 and 1, web 1.5 and 0.
    assert_eq!(shown("--by team"), ["core 1.45 4", "edge 0.8 2", "web 0.75 2", "– 0.5 1", "all 3.5 7"]);
    assert_eq!(shown("--by team --level 2"), ["platform 2.25 5", "web 0.75 2", "– 0.5 1", "all 3.5 7"]);
    assert_eq!(shown("--by team --level 1"), ["org 3 6", "– 0.5 1", "all 3.5 7"]);
    assert_eq!(shown("--team platform"), ["2026-03-23 3.5 4", "2026-03-30 1 1", "all 2.25 5"]);
    assert_eq!(shown("--team platform --by team"), ["core 1.45 4", "edge 0.8 2", "all 2.25 5"]);
    assert_eq!(shown("--team org --by team"), ["platform 2.25 5", "web 0.75 2", "all 3 6"]);
    assert_eq!(shown("--only team=web"), ["2026-03-23 1.5 2", "2026-03-30 0 0", "all 0.75 2"]);
    assert_eq!(shown("--team platform --only environment=e0 --by team"), ["core 0.75 2", "edge 0.5 1", "all 1.25 3"]);
    // Of a split row a cut by something else has no more than the team has.
    assert_eq!(shown("--team core --by environment"), ["e0 0.75 2", "e1 0.7 2", "all 1.45 4"]);
    let both = shown("--by team --by environment --series");
    assert_eq!(both[..3], ["core e0 2026-03-23 1.5 2", "core e0 2026-03-30 0 0", "core e0 all 0.75 2"]);
    assert_eq!(both[both.len() - 3..], ["all all 2026-03-23 6 6", "all all 2026-03-30 1 1", "all all all 3.5 7"]);
}

#[test]
fn days_are_those_of_the_calendar() {
    let product = product();
    // 29 March has 23 hours in Stockholm and takes in the second before 22:00 UTC.
    let days = shown(&product, "--from 2026-03-29 --to 2026-03-30 --grain day");
    assert_eq!(days, ["2026-03-29 1 1", "2026-03-30 1 1", "all 1 2"]);
    let months = shown(&product, "--from 2026-01-01 --to 2026-03-31 --grain quarter");
    assert_eq!(months, ["2026-01-01 7 7", "all 7 7"]);
}

#[test]
fn weeks_without_data_on_either_side_are_not_zeros() {
    let product = product();
    let all = ["2026-03-23 6 6", "2026-03-30 1 1", "all 3.5 7"];
    assert_eq!(shown(&product, "--from 2026-01-01 --to 2026-04-05"), all);
    // The source was last heard in the week from 6 April, which is not over.
    assert_eq!(
        shown(&product, "--from 2026-03-23 --to 2026-12-31"),
        ["2026-03-23 6 6", "2026-03-30 1 1", "2026-04-06 0 0", "all 3.5 7"]
    );
    let refused = product.run(["metric", "show", "own", "--from", "2020-01-01", "--to", "2020-02-01"]);
    assert_eq!(refused.failed(1), "nothing is known of these days; the data are of 2026-03-23 to 2026-03-30");
}

#[test]
fn an_explained_count_says_which_rows_are_in_it() {
    let product = product();
    let said = String::from_utf8(product.run(["metric", "explain", "own"]).succeeded().stdout).unwrap();
    let number = said.lines().find(|line| line.starts_with("Number")).unwrap();
    assert_eq!(
        number,
        "Number      6 deployments, without interval; n = 6: 7 rows of own whose at lies from 2026-03-22 23:00 UTC to before \
         2026-03-29 22:00 UTC, all of them known, 1 of them in a week that the window cuts and left out"
    );
}

#[test]
fn a_comparison_says_what_it_can() {
    let product = product();
    let answer = product.run([
        "metric",
        "show",
        "own",
        "--from",
        "2026-03-30",
        "--to",
        "2026-04-05",
        "--compare",
        "--format",
        "csv",
    ]);
    let answer = answer.succeeded();
    let text = String::from_utf8(answer.stdout).unwrap();
    let last: Vec<&str> = text.lines().last().unwrap().split(',').collect();
    // One week before had six; one week each has no interval, and a year ago there were no data.
    assert_eq!(last[..2], ["all", "1.0"], "{text}");
    assert_eq!(last[6..], ["6.0", "-5.0", "", "", "", "", "", ""], "{text}");
    assert_eq!(answer.stderr, "own: target 3: cannot be told yet\n");
}

#[test]
fn what_cannot_be_asked_is_said() {
    let product = product();
    let refused = |args: &str| {
        let args: Vec<&str> = ["metric", "show", "own"].into_iter().chain(args.split(' ')).collect();
        product.run(args).failed(1).to_owned()
    };
    assert_eq!(refused("--team plattform"), "no team plattform; did you mean platform?");
    assert_eq!(refused("--by teem"), "own cannot be cut by teem; did you mean team?");
    assert_eq!(refused("--only size=XL"), "own cannot be cut by size; it has team, environment");
    assert_eq!(refused("--by team,team"), "team is asked for twice; name it once");
    assert_eq!(refused("--team core --only team=edge"), "team is asked for twice; name it once");
    assert_eq!(refused("--level 1"), "--level says how deep the teams of --by team are; add --by team");
    assert_eq!(
        product.run(["metric", "show", "--all", "--by", "enviroment"]).failed(1),
        "no metric can be cut by enviroment; did you mean environment?"
    );
    assert_eq!(refused("--from 2026-04-02 --to 2026-04-01"), "the first day 2026-04-02 is after the last, 2026-04-01");
    assert_eq!(product.run(["metric", "show", "own", "--only", "team"]).code, Some(2));
    assert_eq!(product.run(["metric", "show", "own", "--only", "=core"]).code, Some(2));
    let wrong = product.run(["metric", "show", "own", "--from", "2026-13-01", "--to", "2026-13-02"]);
    assert!(wrong.stderr.contains("expected a day such as 2026-10-05"), "{}", wrong.stderr);
    assert_eq!(product.run(["metric", "show", "own", "--grain", "year"]).code, Some(2));
}
