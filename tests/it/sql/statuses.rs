//! The intervals of statuses against those that Apache DevLake expects of issues of a real Jira and a TAPD.

use super::database::Database;
use crate::github_payloads::{difference::plain, shared, table};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

#[tokio::test]
async fn intervals_are_those_that_devlake_expects() {
    let Some(folder) = shared("devlake-e2e/issue_trace/e2e") else { return };
    let read = |name: &str| table::read(&folder.join(Path::new(name)));
    let (issues, changes) = (read("raw_tables/issues.csv"), read("raw_tables/issue_changelogs.csv"));
    // DevLake traces the issues of one board.
    let board: BTreeSet<String> =
        read("raw_tables/board_issues.csv").into_iter().map(|mut row| row.remove("issue_id").unwrap()).collect();
    let tickets = issues.iter().filter(|row| board.contains(&row["id"])).map(|row| {
        values(&["'devlake'", &text(&row["id"]), &text(&row["original_status"]), &text(&row["created_date"])])
    });
    let events = changes.iter().map(|row| {
        let (from, to) = (text(&row["original_from_value"]), text(&row["original_to_value"]));
        let (id, issue, at) = (text(&row["id"]), text(&row["issue_id"]), text(&row["created_date"]));
        values(&["'devlake'", &issue, &id, "'changed'", &text(&row["field_name"]), &from, &to, &at])
    });
    let statements = [
        format!(
            "INSERT INTO stored.tickets (source, ticket_id, status, opened_at) VALUES {}",
            tickets.collect::<Vec<_>>().join(", ")
        ),
        format!(
            "INSERT INTO stored.ticket_events
             (source, ticket_id, event_id, event, field, from_value, to_value, happened_at) VALUES {}",
            events.collect::<Vec<_>>().join(", ")
        ),
    ];
    let database = Database::filled(&[], &[&statements[0], &statements[1]]).await.unwrap();
    let sql =
        "SELECT ticket_id || '|' || coalesce(status, '') || '|' || to_char(valid_from, '%Y-%m-%dT%H:%M:%SZ') || '|' ||
               CAST(is_current AS INT) || '|' || CAST(is_first AS INT) FROM ticket_statuses";
    let expected = read("snapshot_tables/issue_status_history.csv");
    let line = |row: &BTreeMap<String, String>| {
        let parts = [&row["issue_id"], &row["original_status"], &plain(&row["start_date"])];
        format!("{}|{}|{}", parts.map(String::as_str).join("|"), row["is_current_status"], row["is_first_status"])
    };
    let mut expected: BTreeSet<String> = expected.iter().map(line).collect();
    // To DevLake the only status of an issue that never changed is not its current one.
    let unchanged = "jira:JiraIssue:2:10100|已完成|2020-06-12T00:52:23Z|";
    assert!(expected.remove(&format!("{unchanged}0|1")));
    expected.insert(format!("{unchanged}1|1"));
    let found: BTreeSet<String> = database.lines(sql).await.unwrap().into_iter().collect();
    assert_eq!(found, expected);
    assert_eq!(found.len(), 200);
    // Each ends where the next begins.
    let broken = "SELECT count(*) FROM (SELECT *, lead(valid_from) OVER (PARTITION BY ticket_id ORDER BY valid_from, is_current) AS next
                  FROM ticket_statuses) i WHERE valid_to IS DISTINCT FROM next";
    assert_eq!(database.lines(broken).await.unwrap(), ["0"]);
}

fn text(text: &str) -> String {
    if text.is_empty() { "NULL".to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

fn values(values: &[&str]) -> String {
    format!("({})", values.join(", "))
}
