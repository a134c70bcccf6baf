//! Jira's recorded answers.

use super::recording::{Line, Recording, asked, replace, sheet, theirs};
use crate::github_payloads::difference::{Expected, Sheet, compare, plain};
use crate::github_payloads::rows;
use paceline::collect::jira::map::{self, States};
use paceline::collect::jira::payload::{History, Issue, Status, User};
use paceline::collect::observation::Observation;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static RECORDING: LazyLock<Option<Recording>> = LazyLock::new(|| Recording::of("jira"));

/// The states of the statuses that Jira lists.
fn states(recording: &Recording) -> States {
    let statuses = recording.raw::<Status>("status");
    map::states(statuses.iter().map(|(status, _)| status))
}

#[test]
fn statuses() {
    let Some(recording) = &*RECORDING else { return };
    let states = states(recording);
    let row = |(id, state): (&String, &&'static str)| (id.clone(), [("status_category", (*state).to_owned())].into());
    let mine: Sheet = states.iter().map(row).collect();
    let mut expected = theirs(&recording.expected("statuses"), "id", &[("status_category", "")]);
    replace(&mut expected, "status_category", |category| {
        match category {
            "new" => "open",
            "indeterminate" => "active",
            other => other,
        }
        .to_owned()
    });
    compare("statuses", &mine, &expected, STATUSES);
}

const STATUSES: &[Expected] = &[("row", "there", "missing", 17, "DevLake leaves out the statuses of single projects")];

#[test]
fn issues() {
    let Some(recording) = &*RECORDING else { return };
    let raw = recording.raw::<Issue>("issues");
    let said = asked(raw.iter().map(|(issue, _)| map::ticket(issue)));
    let columns = [
        ("issue_key", "source_key"),
        ("summary", "subject"),
        ("type", "kind"),
        ("status_name", "status"),
        ("status_key", "state"),
        ("priority_name", "priority"),
        ("creator_account_id", "requester_id"),
        ("assignee_account_id", "assignee_id"),
        ("created", "opened_at"),
        ("updated", "updated_at"),
        ("resolution_date", "resolved_at"),
    ];
    let mine = sheet(&said, "tickets", "ticket_id", &columns);
    let mut expected = theirs(&recording.expected("issues"), "issue_id", &columns);
    replace(&mut expected, "status_key", |key| if key == "new" { "open".to_owned() } else { key.to_owned() });
    compare("issues", &mine, &expected, ISSUES);

    let mut labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in recording.expected("issue_labels") {
        labels.entry(line["issue_id"].clone()).or_default().push(line["label_name"].clone());
    }
    for row in rows(&said, "tickets") {
        let mut expected = labels.get(row["ticket_id"].as_str().unwrap()).cloned().unwrap_or_default();
        expected.sort();
        assert_eq!(row["labels"], expected.join(","), "{}", row["ticket_id"]);
        let (url, key) = (row["url"].as_str().unwrap(), row["source_key"].as_str().unwrap());
        assert_eq!(url, format!("https://merico.atlassian.net/browse/{key}"));
    }
}

const ISSUES: &[Expected] =
    &[("row", "there", "missing", 3, "they are of another Jira, which this table is not about")];

/// Changes by history and field, as DevLake knows them.
fn changes(said: &[Observation]) -> Sheet {
    let columns = [("from_string", "from_value"), ("to_string", "to_value")];
    let mut mine = sheet(said, "ticket_events", "event_id", &columns);
    let mut named = Sheet::new();
    for values in rows(said, "ticket_events") {
        let row = mine.remove(values["event_id"].as_str().unwrap()).unwrap();
        let (history, field) = (values["source_key"].as_str().unwrap(), values["field"].as_str().unwrap());
        named.insert(format!("{history} {field}"), row);
    }
    named
}

fn expected_changes(lines: &[Line]) -> Sheet {
    let row = |line: &Line| {
        // What people write stays at the source.
        let is_prose = ["RemoteIssueLink", "description"].contains(&line["field"].as_str());
        let value = |words: &str, id: &str| match plain(&line[words]).as_str() {
            _ if is_prose => "NULL".to_owned(),
            "NULL" => plain(&line[id]),
            words => words.to_owned(),
        };
        let values =
            [("from_string", value("from_string", "from_value")), ("to_string", value("to_string", "to_value"))];
        (format!("{} {}", line["changelog_id"], line["field"]), values.into())
    };
    lines.iter().map(row).collect()
}

#[test]
fn changes_that_were_asked_for_by_issue() {
    let Some(recording) = &*RECORDING else { return };
    let states = states(recording);
    let raw = recording.raw::<History>("issue_changelogs");
    let said: Vec<Observation> = raw
        .iter()
        .flat_map(|(history, of)| asked(map::history(&of["issue_id"].to_string(), history, &states)))
        .collect();
    let theirs_all = recording.expected("issue_changelog_items_extractor");
    compare("changes", &changes(&said), &expected_changes(&theirs_all), CHANGES);

    let columns = [("issue_id", "ticket_id"), ("author_account_id", "actor_id"), ("created", "happened_at")];
    let mine = sheet(&said, "ticket_events", "source_key", &columns);
    let expected = theirs(&recording.expected("issue_changelogs_extractor"), "changelog_id", &columns);
    compare("histories", &mine, &expected, HISTORIES);
}

const OTHERS: &str = "they are of other Jiras, which this table is not about";
const CHANGES: &[Expected] = &[("row", "there", "missing", 3, OTHERS)];
const HISTORIES: &[Expected] = &[("row", "there", "missing", 3, OTHERS)];

#[test]
fn changes_that_came_with_the_issues() {
    let Some(recording) = &*RECORDING else { return };
    let states = states(recording);
    let raw = recording.raw::<Issue>("issues");
    let said: Vec<Observation> = raw
        .iter()
        .flat_map(|(issue, _)| {
            let histories = issue.changelog.iter().flat_map(|log| &log.histories);
            histories.flat_map(|history| asked(map::history(&issue.id, history, &states))).collect::<Vec<_>>()
        })
        .collect();
    crate::github_payloads::check(&said);
    let events = rows(&said, "ticket_events");
    let count = |word: &str| events.iter().filter(|row| row["event"] == word).count();
    eprintln!("{:?}", ["resolved", "reopened", "assigned", "unassigned", "changed"].map(|word| (word, count(word))));
    // Nobody's name is in a value.
    for event in events.iter().filter(|row| row["field"] == "assignee") {
        assert!(!event.contains_key("from_value") && !event.contains_key("to_value"), "{event:?}");
    }
    let comments: Vec<Observation> = raw
        .iter()
        .flat_map(|(issue, _)| {
            let comments = issue.fields.comment.iter().flat_map(|all| &all.comments);
            comments.map(|comment| map::comment(&issue.id, comment).asked()).collect::<Vec<_>>()
        })
        .collect();
    crate::github_payloads::check(&comments);
    assert!(rows(&comments, "ticket_events").iter().all(|row| row["event"] == "commented"));
}

#[test]
fn accounts() {
    let Some(recording) = &*RECORDING else { return };
    let mine: Sheet = recording
        .raw::<User>("users")
        .into_iter()
        .map(|(user, _)| {
            let text = |text: Option<String>| plain(&text.unwrap_or_default());
            let row = [
                ("account_type", text(user.account_type)),
                ("name", text(user.display_name)),
                ("email", text(user.email_address)),
            ];
            (user.account_id.unwrap(), row.into())
        })
        .collect();
    let columns = [("account_type", ""), ("name", ""), ("email", "")];
    compare("accounts", &mine, &theirs(&recording.expected("accounts"), "account_id", &columns), &[]);
}
