//! Bodies of webhooks: the examples that GitHub's community collects, and a few written here for what those lack.

use super::{check, rows};
use chrono::{DateTime, Utc};
use paceline::collect::github::webhook::{News, news};
use paceline::collect::observation::Observation;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

fn received_at() -> DateTime<Utc> {
    "2024-07-01T12:00:00Z".parse().unwrap()
}

fn told(event: &str, body: &Value) -> News {
    news(event, body, received_at(), true).unwrap_or_else(|error| panic!("{event}: {error}"))
}

fn told_rows(event: &str, body: &Value) -> Vec<Observation> {
    match told(event, body) {
        News::Rows(said) => {
            check(&said);
            said
        }
        other => panic!("{event}: {other:?}"),
    }
}

/// The folder of the examples, one subfolder for each version of GitHub; installed when missing.
pub fn examples() -> Option<PathBuf> {
    static INSTALLED: OnceLock<Option<PathBuf>> = OnceLock::new();
    INSTALLED.get_or_init(install).clone()
}

fn install() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/webhooks");
    let installed = folder.join("node_modules/@octokit/webhooks-examples");
    if !installed.is_dir() {
        match Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).output() {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                eprintln!("skipped: npm ci in {}: {}", folder.display(), String::from_utf8_lossy(&output.stderr));
                return None;
            }
            Err(error) => {
                eprintln!("skipped: npm: {error}");
                return None;
            }
        }
    }
    Some(installed)
}

/// Event and body of every example of one version.
pub fn bodies(folder: &Path) -> Vec<(String, Value)> {
    let path = folder.join("index.json");
    let events: Vec<Value> = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let examples = |event: &Value| {
        let name = event["name"].as_str().unwrap().to_owned();
        event["examples"].as_array().unwrap().iter().map(move |body| (name.clone(), body.clone())).collect::<Vec<_>>()
    };
    events.iter().flat_map(examples).collect()
}

/// What became of one event's examples: rows by table, and the other news by name.
type Tally = BTreeMap<String, usize>;

fn tally(event: &str, body: &Value, tallies: &mut BTreeMap<String, Tally>) {
    let tally = tallies.entry(event.to_owned()).or_default();
    let mut add = |name: String| *tally.entry(name).or_default() += 1;
    match told(event, body) {
        News::Rows(said) => {
            check(&said);
            for observation in &said {
                match observation {
                    Observation::Row { table, asked, .. } => {
                        assert!(!asked, "{event}: a webhook was not asked for");
                        add(table.clone());
                    }
                    Observation::Gone { table, .. } => add(format!("gone {table}")),
                    Observation::Whole { .. } => panic!("{event}: no webhook lists everything"),
                }
            }
        }
        News::Renamed { .. } => add("renamed".to_owned()),
        News::OwnerRenamed { .. } => add("owner renamed".to_owned()),
        News::TeamsChanged { .. } => add("teams".to_owned()),
        News::Ignored(_) => add("ignored".to_owned()),
    }
}

#[test]
fn every_example_means_something_or_is_ignored_for_a_reason() {
    let Some(folder) = examples() else { return };
    let mut versions: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    versions.retain(|path| path.is_dir());
    assert_eq!(versions.len(), 6, "{versions:?}");
    for version in &versions {
        let mut tallies = BTreeMap::new();
        for (event, body) in bodies(version) {
            tally(&event, &body, &mut tallies);
        }
        if version.ends_with("api.github.com") {
            let read: Vec<String> = tallies
                .iter()
                .filter(|(_, tally)| tally.keys().any(|name| name != "ignored"))
                .map(|(event, tally)| {
                    let parts: Vec<String> = tally.iter().map(|(name, count)| format!("{count} {name}")).collect();
                    format!("{event}: {}", parts.join(", "))
                })
                .collect();
            assert_eq!(read, READ);
            assert_eq!(tallies.len(), 58);
        }
    }
}

/// What GitHub's own examples amount to; every other event has nothing for the tables.
const READ: [&str; 14] = [
    "deployment: 4 deployments",
    "deployment_status: 4 deployment_statuses, 3 deployments",
    "issue_comment: 2 gone ticket_events, 7 ticket_events",
    "issues: 2 gone tickets, 4 ignored, 16 ticket_events, 24 tickets",
    "membership: 5 teams",
    "organization: 4 ignored, 1 owner renamed",
    "pull_request: 12 pull_request_events, 29 pull_requests",
    "pull_request_review: 4 reviews",
    "pull_request_review_comment: 1 gone review_comments, 4 review_comments",
    "release: 2 gone releases, 11 releases",
    "repository: 4 renamed, 9 repositories",
    "team: 1 gone teams, 3 ignored, 2 teams",
    "workflow_job: 8 build_jobs",
    "workflow_run: 5 builds",
];

/// A body with the fields that every body has.
fn body(action: &str, more: Value) -> Value {
    let mut body = json!({
        "action": action,
        "repository": {"id": 1, "node_id": "R_1", "name": "shop", "full_name": "acme/shop", "default_branch": "main",
            "html_url": "https://github.com/acme/shop", "updated_at": "2024-06-30T00:00:00Z"},
        "organization": {"login": "acme"},
        "sender": {"login": "ada", "id": 7, "type": "User"},
    });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// A pull request in full, with other values for some fields.
fn full(more: Value) -> Value {
    let mut pull = json!({
        "id": 5, "node_id": "PR_5", "number": 12, "title": "Sell tea", "state": "open", "draft": false,
        "user": {"login": "ada", "id": 7, "type": "User"}, "labels": [{"name": "b"}, {"name": "a"}],
        "created_at": "2024-06-01T08:00:00Z", "updated_at": "2024-06-02T08:00:00Z", "closed_at": null, "merged_at": null,
        "merge_commit_sha": "aaa", "base": {"ref": "main", "repo": {"full_name": "acme/shop"}},
        "commits": 2, "additions": 10, "deletions": 3, "changed_files": 4,
    });
    for (name, value) in more.as_object().unwrap() {
        pull[name] = value.clone();
    }
    pull
}

/// The same as reviews and their comments embed it.
fn embedded() -> Value {
    let mut pull = full(json!({"updated_at": "2024-06-05T08:00:00Z"}));
    for name in ["commits", "additions", "deletions", "changed_files"] {
        pull.as_object_mut().unwrap().remove(name);
    }
    pull
}

#[test]
fn a_merge_is_the_row_and_two_events() {
    let times = json!({"state": "closed", "closed_at": "2024-06-03T09:00:00Z", "merged_at": "2024-06-03T09:00:00Z"});
    let said = told_rows("pull_request", &body("closed", json!({"number": 12, "pull_request": full(times)})));
    let row = rows(&said, "pull_requests")[0];
    let expected = json!({
        "repository": "acme/shop", "number": 12, "title": "Sell tea", "author_id": {"number": 7, "login": "ada"}, "state": "merged",
        "merge_sha": "aaa", "created_at": "2024-06-01T08:00:00Z", "merged_at": "2024-06-03T09:00:00Z",
        "closed_at": "2024-06-03T09:00:00Z", "commits": 2, "files_changed": 4, "lines_added": 10, "lines_deleted": 3,
        "is_draft": false, "base_branch": "main", "labels": "a\nb", "is_revert": false, "source_key": "PR_5",
        "updated_at": "2024-06-02T08:00:00Z",
    });
    assert_eq!(Value::Object(row.clone()), expected);
    let events: Vec<&Value> = rows(&said, "pull_request_events").iter().map(|values| &values["event_id"]).collect();
    assert_eq!(events, ["closed@2024-06-03T09:00:00Z", "merged@2024-06-03T09:00:00Z"]);
}

#[test]
fn an_unmerged_pull_request_has_no_merge_and_a_revert_says_so() {
    let said = told_rows(
        "pull_request",
        &body(
            "closed",
            json!({"pull_request": full(json!({"title": "Revert \"Sell tea\"", "closed_at": "2024-06-03T09:00:00Z"}))}),
        ),
    );
    let row = rows(&said, "pull_requests")[0];
    assert_eq!((&row["state"], &row["is_revert"]), (&json!("closed"), &json!(true)));
    assert_eq!(row.get("merge_sha"), None, "the trial merge is in no branch");
    assert_eq!(rows(&said, "pull_request_events").len(), 1);
}

#[test]
fn who_is_asked_for_a_review_is_in_the_event() {
    let asked = |more: Value| {
        let mut body = body("review_requested", json!({"pull_request": full(json!({}))}));
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let said = told_rows("pull_request", &body);
        rows(&said, "pull_request_events")[0].clone()
    };
    let person = asked(json!({"requested_reviewer": {"login": "bob", "id": 8, "type": "User"}}));
    let (bob, ada) = (json!({"number": 8, "login": "bob"}), json!({"number": 7, "login": "ada"}));
    assert_eq!((&person["subject_id"], &person["actor_id"]), (&bob, &ada));
    let team = asked(json!({"requested_team": {"name": "Till", "slug": "till", "id": 3}}));
    assert_eq!(team["subject_team"], "acme/till");
    // Asking two in one second is two events.
    assert_ne!(person["event_id"], team["event_id"]);
}

#[test]
fn a_pull_request_inside_of_a_review_gives_its_number_alone() {
    let review = |state: &str, submitted_at: Value| {
        json!({"id": 80, "node_id": "PRR_80", "user": {"login": "bob", "id": 8, "type": "User"}, "state": state,
            "submitted_at": submitted_at})
    };
    let at = json!("2024-06-04T08:00:00Z");
    let said = told_rows(
        "pull_request_review",
        &body("dismissed", json!({"pull_request": embedded(), "review": review("dismissed", at.clone())})),
    );
    assert_eq!(said.len(), 1);
    let row = rows(&said, "reviews")[0];
    assert_eq!((&row["pull_request"], &row["state"], &row["submitted_at"]), (&json!(12), &json!("dismissed"), &at));
    assert_eq!(row["updated_at"], "2024-06-05T08:00:00Z", "newer than the approval that it takes back");

    let labeled = body("labeled", json!({"pull_request": embedded()}));
    assert!(matches!(told("pull_request", &labeled), News::Ignored(_)), "a row would take the sizes away");

    let pending = body("submitted", json!({"pull_request": embedded(), "review": review("pending", at)}));
    assert!(matches!(told("pull_request_review", &pending), News::Ignored(_)));
}

#[test]
fn a_deleted_comment_is_gone_from_when_it_was_told() {
    let comment = json!({"id": 9, "user": null, "created_at": "2024-06-04T08:00:00Z", "updated_at": "2024-06-04T08:00:00Z",
        "pull_request_review_id": 80});
    let body = |action| body(action, json!({"pull_request": embedded(), "comment": comment}));
    let said = told_rows("pull_request_review_comment", &body("edited"));
    let row = rows(&said, "review_comments")[0];
    assert_eq!((&row["place"], &row["review_id"], row.get("author_id")), (&json!("code"), &json!("80"), None));

    let said = told_rows("pull_request_review_comment", &body("deleted"));
    let [Observation::Gone { table, values }] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((table.as_str(), &values["comment_id"]), ("review_comments", &json!("9")));
    assert_eq!(values["updated_at"], "2024-07-01T12:00:00Z");
}

#[test]
fn a_comment_belongs_to_a_pull_request_or_to_a_ticket() {
    let at = "2024-06-04T08:00:00Z";
    let body = |link: Value| {
        let issue = json!({"id": 4, "number": 12, "created_at": at, "updated_at": at, "pull_request": link});
        let comment = json!({"id": 9, "node_id": "IC_9", "user": {"login": "bob", "id": 8}, "created_at": at});
        body("created", json!({"issue": issue, "comment": comment}))
    };
    let on_pull = told_rows("issue_comment", &body(json!({"url": "…"})));
    assert_eq!(rows(&on_pull, "review_comments")[0]["place"], "conversation");
    let on_issue = told_rows("issue_comment", &body(Value::Null));
    assert_eq!(rows(&on_issue, "ticket_events")[0]["ticket_id"], "acme/shop#12");
    let ignored = news("issue_comment", &body(Value::Null), received_at(), false).unwrap();
    assert!(matches!(ignored, News::Ignored(_)), "issues are no tickets unless asked for");
}

#[test]
fn what_begins_and_ends_in_one_second_ends_later() {
    let at = "2024-06-04T08:00:00Z";
    let version = |status: &str, conclusion: Value| {
        let job = json!({"id": 1, "run_id": 2, "name": "test", "status": status, "conclusion": conclusion,
            "started_at": at, "completed_at": if conclusion.is_null() { Value::Null } else { json!(at) }});
        let said = told_rows("workflow_job", &body(status, json!({"workflow_job": job})));
        rows(&said, "build_jobs")[0]["updated_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap()
    };
    assert!(version("in_progress", Value::Null) < version("completed", json!("skipped")));
}

#[test]
fn a_build_names_its_pull_request_only_when_it_is_one_and_ours() {
    let pull = |number: i64, name: &str| json!({"number": number, "url": format!("https://api.github.com/repos/{name}/pulls/{number}")});
    let built_for = |pulls: Value| {
        let run = json!({"id": 2, "name": "CI", "event": "pull_request", "status": "completed", "conclusion": "success",
            "run_attempt": 2, "created_at": "2024-06-01T08:00:00Z", "run_started_at": "2024-06-02T08:00:00Z",
            "updated_at": "2024-06-02T08:05:00Z", "head_sha": "abc", "pull_requests": pulls});
        let said = told_rows("workflow_run", &body("completed", json!({"workflow_run": run})));
        let row = rows(&said, "builds")[0].clone();
        assert_eq!(
            (&row["started_at"], &row["finished_at"]),
            (&json!("2024-06-02T08:00:00Z"), &json!("2024-06-02T08:05:00Z"))
        );
        row.get("pull_request").and_then(Value::as_i64)
    };
    assert_eq!(built_for(json!([pull(12, "acme/shop"), pull(3, "fork/shop")])), Some(12));
    assert_eq!(built_for(json!([pull(12, "acme/shop"), pull(13, "acme/shop")])), None);
    assert_eq!(built_for(json!([])), None);
}

#[test]
fn a_deployment_ends_by_a_final_report_and_not_by_being_replaced() {
    let deployment = json!({"id": 3, "sha": "abc", "task": "deploy:rollback", "environment": "production",
        "payload": "{\"service\": \"till\"}", "created_at": "2024-06-01T08:00:00Z", "updated_at": "2024-06-01T08:00:00Z"});
    let began = told_rows("deployment", &body("created", json!({"deployment": deployment})));
    let row = rows(&began, "deployments")[0];
    assert_eq!((&row["status"], row.get("finished_at")), (&json!("running"), None));
    assert_eq!((&row["service"], &row["is_rollback"]), (&json!("till"), &json!(true)));

    let reported = |state: &str, at: &str| {
        let status = json!({"id": 4, "state": state, "creator": null, "created_at": at, "updated_at": at});
        told_rows("deployment_status", &body("created", json!({"deployment": deployment, "deployment_status": status})))
    };
    let ended = reported("error", "2024-06-01T08:03:00Z");
    let row = rows(&ended, "deployments")[0];
    assert_eq!((&row["status"], &row["finished_at"]), (&json!("failure"), &json!("2024-06-01T08:03:00Z")));
    for state in ["inactive", "in_progress", "queued"] {
        let said = reported(state, "2024-06-09T08:03:00Z");
        assert_eq!(rows(&said, "deployment_statuses")[0]["status"], state);
        assert_eq!(said.len(), 1, "{state} does not say how the deployment ended");
    }
}

#[test]
fn a_release_with_another_tag_takes_the_former_one_away() {
    let release =
        |draft: bool| json!({"id": 6, "tag_name": "v2", "draft": draft, "published_at": "2024-06-01T08:00:00Z"});
    let changes = json!({"release": release(false), "changes": {"tag_name": {"from": "v1"}}});
    let said = told_rows("release", &body("edited", changes));
    assert!(matches!(&said[0], Observation::Gone { values, .. } if values["tag"] == "v1"));
    assert_eq!(rows(&said, "releases")[0]["tag"], "v2");
    assert!(matches!(told("release", &body("created", json!({"release": release(true)}))), News::Ignored(_)));
}

#[test]
fn names_change_with_the_former_one_told() {
    let renamed = told("repository", &body("renamed", json!({"changes": {"repository": {"name": {"from": "store"}}}})));
    let News::Renamed { from, to, node_id } = renamed else { panic!("{renamed:?}") };
    assert_eq!((from.as_str(), to.as_str(), node_id.as_deref()), ("acme/store", "acme/shop", Some("R_1")));

    let owner = json!({"changes": {"owner": {"from": {"organization": {"login": "old"}}}}});
    let moved = told("repository", &body("transferred", owner));
    assert!(matches!(&moved, News::Renamed { from, .. } if from == "old/shop"), "{moved:?}");

    let organisation = told("organization", &body("renamed", json!({"changes": {"login": {"from": "ajax"}}})));
    assert_eq!(organisation, News::OwnerRenamed { from: "ajax".to_owned(), to: "acme".to_owned() });

    let said = told_rows("repository", &body("deleted", json!({})));
    assert!(matches!(&said[0], Observation::Gone { table, .. } if table == "repositories"));
}

#[test]
fn a_transferred_issue_is_gone_here_and_there_now() {
    let issue = |number: i64| {
        json!({"id": 4, "number": number, "user": {"login": "bob", "id": 8},
        "labels": [{"name": "build"}], "created_at": "2024-06-01T08:00:00Z", "updated_at": "2024-06-01T08:00:00Z"})
    };
    let changes = json!({"new_issue": issue(99), "new_repository": {"full_name": "acme/help"}});
    let said = told_rows("issues", &body("transferred", json!({"issue": issue(4), "changes": changes})));
    assert!(matches!(&said[0], Observation::Gone { values, .. } if values["ticket_id"] == "acme/shop#4"));
    let row = rows(&said, "tickets")[0];
    assert_eq!((&row["ticket_id"], &row["topic"]), (&json!("acme/help#99"), &json!("build")));
}

#[test]
fn a_body_of_another_form_is_an_error_that_says_where() {
    let mut body = body("opened", json!({"pull_request": full(json!({}))}));
    body["pull_request"]["user"]["login"] = json!(5);
    let error = news("pull_request", &body, received_at(), false).unwrap_err();
    assert_eq!(error.path, "pull_request.user.login");
    body["pull_request"] = Value::Null;
    assert!(news("pull_request", &body, received_at(), false).is_err());
}
