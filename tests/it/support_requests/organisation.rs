//! The same question put as a user would: an organisation is simulated, an experiment started, its weeks simulated with what was drawn,
//! and the result shown.

use crate::cli::product::Product;
use serde_json::Value;

const DEFINITION: &str = r#"title = "Assistant for internal support"
hypothesis = "Answers from the documentation make requests to other teams unnecessary."

[assignment]
unit = "team"
variants = { control = 50, assistant = 50 }
stratify = ["team_size", "support_tickets"]
seed = "assistant"

[schedule]
start = 2026-06-01
end = 2026-08-23
history_days = 84

[analysis]
goals = { support_tickets = "10%" }
"#;

/// Everybody who is given the assistant uses it from the first day, and nobody else does: what is put in is what is to be found.
const SIMULATION: &str = r#"seed = "support"
teams = 60
start = 2026-03-02
weeks = 27
people_per_team_min = 6
people_per_team_max = 14
pull_requests_per_person_week = 0.1
bot_pull_requests_per_repository_week = 0.0
tickets_per_person_week = 0.6

[rollout]
experiment = "assistant"
tool = "assistant"
variant = "assistant"
start = 2026-06-01
adoption = 1.0
contamination = 0.0
first_use_days = 0.0
effect = { tickets = -0.47 }

[assignment]
"#;

fn simulate(product: &Product, assignment: &str, until: &str) {
    product.write("simulation.toml", &(SIMULATION.to_owned() + assignment));
    product.run(["simulate", "--config", "simulation.toml", "--until", until, "--out", "acme"]).succeeded();
    product.collect("acme");
}

#[test]
fn the_fall_is_found_in_a_simulated_organisation() {
    let mut product = Product::new();
    product.now = "2026-06-01T06:00:00Z";
    simulate(&product, "", "2026-06-01");
    product.write("experiments/assistant.toml", DEFINITION);
    let drawn = product.table(&["experiment", "start", "assistant"]);
    let assignment: String = drawn.iter().map(|row| format!("\"{}\" = \"{}\"\n", row[0], row[1])).collect();
    product.now = "2026-08-31T06:00:00Z";
    simulate(&product, &assignment, "2026-08-31");

    let answer = product.run(["experiment", "show", "assistant", "--format", "json"]).succeeded();
    let report: Value = serde_json::from_slice(&answer.stdout).unwrap();
    assert_eq!(report["decision"]["word"], "ship", "{}", report["decision"]);
    let effect = &report["results"][0]["effect"];
    let [estimate, low, high] = ["estimate", "low", "high"].map(|name| effect[name].as_f64().unwrap());
    assert!(low < -0.47 && -0.47 < high, "{effect}");
    assert!((estimate + 0.47).abs() < 0.06 && effect["n"] == 60, "{effect}");
}
