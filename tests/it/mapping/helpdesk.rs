//! The event log of a real help desk (Verenich et al., ProcessSequencePrediction) becomes tickets with the known totals.

use super::project;
use crate::github_payloads::shared;

#[test]
fn a_log_of_events_becomes_tickets() {
    let Some(log) = shared("support/helpdesk.csv") else { return };
    let product = project("type = \"files\"\npath = \"log/*.csv\"\nmap = \"helpdesk\"\n", &[]);
    product.write("log/helpdesk.csv", &std::fs::read_to_string(log).unwrap());
    product.run(["check"]).succeeded();
    product.run(["collect"]).succeeded();
    assert_eq!(product.rows("SELECT count(*), count(resolved_at) FROM tickets"), [["3804", "3804"]]);
    let events = "SELECT count(*), count(DISTINCT ticket_id) FROM ticket_events";
    assert_eq!(product.rows(events), [["13710", "3804"]]);
    let median =
        "SELECT round(percentile_cont(hours_between(opened_at, resolved_at) / 24, 0.5), 3) AS days FROM tickets";
    assert_eq!(product.rows(median), [["3.928"]]);
    assert_eq!(product.run(["collect"]).succeeded().stderr, "tail: nothing new\n");
}
