//! An experiment from its definition to its verdict, by the command line: what is recorded, what may be changed, what is refused.

use crate::cli::product::Product;
use paceline::project::Project;
use paceline::query::{Engine, Roster, Scope};
use paceline::store::Store;
use serde_json::Value;
use std::sync::Arc;

const DEFINITION: &str = r#"title = "Review assistant"
hypothesis = "It shortens the wait."
exclusive = "review"

[assignment]
unit = "team"
variants = { control = 50, assistant = 50 }
stratify = ["team_size"]
seed = "lifecycle"

[schedule]
start = 2025-12-01
end = 2026-01-25
history_days = 56

[analysis]
goals = { pr_cycle_time = "10%" }
guardrails = { support_tickets = "10%" }
"#;

/// A simulated organisation with an experiment in its project that is not started.
fn organisation() -> Product {
    let product = Product::new();
    let simulated = ["simulate", "--out", "acme", "--teams", "12", "--weeks", "44", "--until", "2026-02-02"];
    product.run(simulated).succeeded();
    product.collect("acme");
    product.write("experiments/assistant.toml", DEFINITION);
    product
}

fn report(product: &Product, name: &str) -> Value {
    let answer = product.run(["experiment", "show", name, "--format", "json"]).succeeded();
    serde_json::from_slice(&answer.stdout).unwrap()
}

fn word(product: &Product) -> String {
    report(product, "assistant")["decision"]["word"].as_str().unwrap().to_owned()
}

#[test]
fn an_experiment_is_started_amended_extended_and_stopped() {
    let product = organisation();
    let drawn = product.table(&["experiment", "start", "assistant", "--dry-run"]);
    assert_eq!(drawn.len(), 12);
    let unstarted = product.run(["experiment", "show", "assistant"]);
    assert!(unstarted.failed(1).contains("draw it with `paceline experiment start assistant`"));
    assert_eq!(product.table(&["experiment", "start", "assistant"]), drawn);
    assert!(product.run(["experiment", "start", "assistant"]).failed(1).contains("its assignment stands"));

    // The same answer, byte for byte.
    let show = || product.run(["experiment", "show", "assistant", "--format", "json"]).succeeded().stdout;
    let first = show();
    assert_eq!(first, show());
    let said: Value = serde_json::from_slice(&first).unwrap();
    assert_eq!(said["format"], "paceline.experiment/1");
    assert_eq!(said["grade"], "randomised");
    assert_eq!(said["results"].as_array().unwrap().len(), 2);
    assert!(said["results"][0]["effect"]["p"].as_f64().unwrap() > 0.0, "{}", said["results"][0]);
    assert!(said["health"].as_array().unwrap().iter().all(|check| check["status"] != "failed"), "{}", said["health"]);

    // What the file says after the start does not hold, and is not shown as if it did.
    product.write("experiments/assistant.toml", &DEFINITION.replace("\"10%\" }\nguard", "\"15%\" }\nguard"));
    assert_eq!(word(&product), "invalid");
    assert!(report(&product, "assistant")["results"].as_array().unwrap().is_empty());
    let amend = |reason: &str| product.run(["experiment", "amend", "assistant", "--reason", reason]);
    assert!(amend(" ").failed(1).contains("it needs a reason"));
    amend("a smaller change is not worth it").succeeded();
    let amended = report(&product, "assistant");
    assert_eq!(amended["results"][0]["margin"], 0.15);
    let warnings = amended["results"][0]["warnings"].to_string();
    assert!(warnings.contains("amended on 2026-03-01, after the start"), "{warnings}");

    // What was drawn is never changed.
    product.write("experiments/assistant.toml", &DEFINITION.replace("lifecycle", "another"));
    assert!(amend("a better seed").failed(1).contains("[assignment] stood when units were drawn"));
    product.write("experiments/assistant.toml", &DEFINITION.replace("\"10%\" }\nguard", "\"15%\" }\nguard"));

    let extend = |day: &str| {
        product.run(["experiment", "extend", "assistant", "--until", day, "--reason", "too few pull requests"])
    };
    assert!(extend("2026-01-20").failed(1).contains("its last day is 2026-01-25"));
    extend("2026-02-20").succeeded();
    assert_eq!(word(&product), "keep_running");
    product.run(["experiment", "stop", "assistant", "--reason", "the licence ended"]).succeeded();
    assert!(extend("2026-03-20").failed(1).contains("was stopped on 2026-03-01"));
    let log = product.table(&["experiment", "log", "assistant"]);
    let actions: Vec<&str> = log.iter().map(|row| row[1].as_str()).collect();
    assert_eq!(actions, ["start", "amend", "extend", "stop"]);
    let trail = product.rows("SELECT count(*), count(reason) FROM experiment_events");
    assert_eq!(trail, [["4", "3"]]);
}

#[test]
fn an_exclusive_group_shares_no_unit() {
    let product = organisation();
    product.write("experiments/other.toml", &DEFINITION.replace("lifecycle", "other"));
    product.run(["experiment", "start", "assistant"]).succeeded();
    let refused = product.run(["experiment", "start", "other"]);
    let said = refused.failed(1);
    assert!(said.contains("shares 12 units with assistant of the same exclusive group review"), "{said}");
    product.run(["experiment", "stop", "assistant", "--reason", "never began"]).succeeded();
    // A stop counts from when it was recorded, which is after the other's start here.
    assert!(product.run(["experiment", "start", "other"]).failed(1).contains("shares 12 units"));
}

#[test]
fn developers_fall_by_the_hash_of_their_login_and_are_measured_by_what_they_did() {
    let product = organisation();
    let definition = DEFINITION
        .replace("unit = \"team\"", "unit = \"developer\"\ndesign = \"hash\"")
        .replace("stratify = [\"team_size\"]\n", "");
    product.write("experiments/assistant.toml", &definition);
    product.run(["experiment", "start", "assistant"]).succeeded();
    let roster = product.rows("SELECT count(*) FROM experiment_rosters");
    let assigned = product.rows("SELECT count(*), count(DISTINCT variant) FROM assignments");
    assert_eq!(assigned, [[roster[0][0].as_str(), "2"]]);
    let said = report(&product, "assistant");
    assert_eq!(said["design"]["unit"], "developer");
    let check = |name: &str| {
        let checks = said["health"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap()["status"].as_str().unwrap().to_owned()
    };
    assert_eq!((check("lottery"), check("sample_ratio")), ("ok".to_owned(), "ok".to_owned()));
    let goal = &said["results"][0];
    assert!(goal["units"].as_u64().unwrap() > 40 && goal["effect"]["p"].is_f64(), "{goal}");
    // A report counts people and names none, not even by what stands for a name in the tables.
    let text = said.to_string();
    let people = product.rows("SELECT person_id FROM experiment_rosters");
    assert!(people.iter().all(|person| !text.contains(&person[0])) && text.contains("without developer "), "{text}");
    // Whoever is not listed falls by the hash.
    let flags = product.run(["experiment", "flags"]).succeeded().stdout;
    let flags: Value = serde_json::from_slice(&flags).unwrap();
    let targeting = flags["flags"]["assistant"]["targeting"].to_string();
    assert!(targeting.contains("fractional") && targeting.contains("targetingKey"), "{targeting}");
}

#[tokio::test]
async fn a_frozen_roster_keeps_everybody_where_they_were_drawn() {
    let product = organisation();
    // Long enough for people to move.
    let early = DEFINITION.replace("start = 2025-12-01", "start = 2025-06-02");
    product.write("experiments/assistant.toml", &early);
    product.run(["experiment", "start", "assistant"]).succeeded();
    let project = Arc::new(Project::defaults().unwrap());
    let engine = Engine::new(Store::open_existing(&product.data()).unwrap(), project);
    let from = chrono::DateTime::parse_from_rfc3339("2025-06-02T00:00:00Z").unwrap().timestamp_micros();
    let frozen = Scope { roster: Some(Roster { experiment: "assistant".to_owned(), from }), ..Scope::default() };
    let count = async |scope: &Scope, sql: &str| {
        let batches = engine.session(scope).await.unwrap().sql(sql).await.unwrap().collect().await.unwrap();
        batches[0].column(0).as_any().downcast_ref::<arrow::array::Int64Array>().unwrap().value(0)
    };
    let late = "SELECT count(*) FROM home_teams h JOIN experiment_rosters r ON r.person_id = h.person_id
         WHERE (h.valid_to IS NULL OR h.valid_to > TIMESTAMP '2026-01-20') AND h.valid_from <= TIMESTAMP '2026-01-20'
           AND h.team ";
    let moved = count(&Scope::default(), &format!("{late} <> r.unit")).await;
    assert!(moved > 0, "nobody moves in this organisation, so the test shows nothing");
    assert_eq!(count(&frozen, &format!("{late} <> r.unit")).await, 0);
    let roster = count(&Scope::default(), "SELECT count(*) FROM experiment_rosters").await;
    assert_eq!(count(&frozen, &format!("{late} = r.unit")).await, roster);
    let before = "SELECT count(*) FROM home_teams WHERE valid_from < TIMESTAMP '2025-06-02'";
    assert_eq!(count(&frozen, before).await, count(&Scope::default(), before).await);
}
