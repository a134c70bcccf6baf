//! Rules that say what tickets are about, through the views.

use crate::cli::product::Product;

const RULES: &str = r#"
[[rule]]
topic = "payments"
component = "till"
when = { subject = "card|cash", project = "desk" }

[[rule]]
topic = "access"
team = "platform"
when = { label = ["login", "sso"] }
"#;

const TICKETS: &str = r#"{"ticket_id": "1", "project": "Desk", "subject": "Card refused", "opened_at": "2026-01-01T00:00:00Z"}
{"ticket_id": "2", "project": "Desk", "subject": "Locked out", "labels": "SSO,urgent", "topic": "other", "opened_at": "2026-01-01T00:00:00Z"}
{"ticket_id": "3", "project": "Desk", "subject": "Lunch", "topic": "other", "opened_at": "2026-01-01T00:00:00Z"}
{"ticket_id": "4", "opened_at": "2026-01-01T00:00:00Z"}
"#;

#[test]
fn tickets_get_topic_component_and_team() {
    let product = Product::new();
    product.write("topics.toml", RULES);
    product.write("tickets.ndjson", TICKETS);
    product.write("pipelines/desk.toml", "type = \"files\"\npath = \"tickets.ndjson\"\ntable = \"tickets\"\n");
    product.run(["collect"]).succeeded();
    let rows = product.rows("SELECT ticket_id, rule, topic, component, owning_team FROM tickets ORDER BY 1");
    let expected = [
        ["1", "1", "payments", "component:default/till", ""],
        ["2", "2", "access", "", "platform"],
        ["3", "", "other", "", ""],
        ["4", "", "", "", ""],
    ];
    assert_eq!(rows, expected);
    assert_eq!(product.rows("SELECT count(*), count(*) FILTER (WHERE value) FROM unmapped_tickets"), [["4", "2"]]);
}

#[test]
fn what_is_wrong_in_the_rules_is_said_by_check() {
    let product = Product::new();
    product.write("topics.toml", "[[rule]]\ntopc = \"a\"\n");
    let answer = product.run(["check"]);
    assert_eq!(answer.code, Some(1), "{}", answer.stderr);
    let said = format!("{}{}", answer.stderr, String::from_utf8_lossy(&answer.stdout));
    assert!(said.contains("topics.toml:2:1: unknown key topc; did you mean topic?"), "{said}");
}
