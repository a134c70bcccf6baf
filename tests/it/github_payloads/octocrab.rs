//! The answers that octocrab, the HTTP client used here, keeps for its own tests.

use super::{check, rows};
use chrono::{DateTime, Utc};
use paceline::collect::github::map::{self, Voice};
use paceline::collect::github::payload::{
    Comment, Commit, Deployment, DeploymentStatus, Event, Issue, PullRequest, Release, Repository, Review, Seats, Team,
    User, parse,
};
use paceline::collect::github::webhook::{News, news};
use paceline::collect::observation::Observation;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

const NAME: &str = "acme/shop";

fn at() -> DateTime<Utc> {
    "2024-07-01T12:00:00Z".parse().unwrap()
}

/// The folder of answers in the crate as cargo unpacked it.
fn answers() -> Option<PathBuf> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version", "1", "--offline", "--manifest-path"]);
    let output = command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).output().ok()?;
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let octocrab = packages.iter().find(|package| package["name"] == "octocrab");
    let manifest = octocrab.and_then(|package| package["manifest_path"].as_str()).map(PathBuf::from);
    let folder = manifest.map(|manifest| manifest.with_file_name("tests").join("resources")).filter(|it| it.is_dir());
    if folder.is_none() {
        eprintln!("skipped: cargo does not know where octocrab's tests are");
    }
    folder
}

/// A file's objects: it is a list, or has one under `items`, or is one object.
fn objects<T: DeserializeOwned>(folder: &Path, name: &str) -> Vec<T> {
    let text = std::fs::read(folder.join(name)).unwrap();
    let json: Value = parse(&text).unwrap();
    let list = match &json {
        Value::Array(list) => list.clone(),
        json if json["items"].is_array() => json["items"].as_array().unwrap().clone(),
        json => vec![json.clone()],
    };
    let read = |json: &Value| parse(json.to_string().as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
    list.iter().map(read).collect()
}

#[test]
fn every_kind_of_answer_is_read() {
    let Some(folder) = answers() else { return };
    let mut said: Vec<Observation> = Vec::new();
    for pull in objects::<PullRequest>(&folder, "pull_requests_list.json") {
        said.push(map::pull_request(NAME, &pull, Voice::Asked));
    }
    for name in
        ["pull_request_commits.json", "pull_request_commits_empty_author_object.json", "repos_list_commits.json"]
    {
        said.extend(map::commits(NAME, 1, &objects::<Commit>(&folder, name), at()));
    }
    for review in objects::<Review>(&folder, "get_pull_request_review.json") {
        said.extend(map::review(NAME, 1, &review, at(), Voice::Asked));
    }
    for name in ["get_pull_request_review_comments.json", "pull_request_review_comment.json"] {
        said.extend(objects::<Comment>(&folder, name).iter().map(|comment| map::comment(NAME, 1, comment).asked()));
    }
    said.extend(map::timeline(NAME, 1, &objects::<Event>(&folder, "issues_list_timeline_events.json"), at()));
    for issue in objects::<Issue>(&folder, "search_issues.json") {
        said.extend(map::ticket(NAME, &issue, Voice::Asked));
    }
    for name in ["list", "get_by_id", "get_by_tag", "get_latest"] {
        let releases = objects::<Release>(&folder, &format!("repos_releases_{name}.json"));
        said.extend(releases.iter().filter_map(|release| map::release(NAME, release, Voice::Asked)));
    }
    let statuses = objects::<DeploymentStatus>(&folder, "repo_deployment_statuses.json");
    for deployment in objects::<Deployment>(&folder, "repo_deployments.json") {
        said.push(map::deployment(NAME, &deployment, &statuses, Voice::Asked));
        said.extend(statuses.iter().map(|status| map::deployment_status(NAME, &deployment, status, Voice::Asked)));
    }
    for name in ["search_repositories.json", "user_repositories.json"] {
        let repositories = objects::<Repository>(&folder, name);
        said.extend(repositories.iter().filter_map(|repository| map::repository(repository, Voice::Asked)));
    }
    let teams = objects::<Team>(&folder, "user_teams.json");
    said.extend(map::teams("acme", &teams, at()));
    let users = ["org_members.json", "team_members.json"].iter().flat_map(|name| objects::<User>(&folder, name));
    said.extend(map::members("acme", &[(teams[0].clone(), users.collect())], at()));
    let days = objects::<Value>(&folder, "org_copilot_metrics.json");
    said.extend(map::copilot_metrics("acme", &days).unwrap());
    for seats in objects::<Seats>(&folder, "org_copilot_billing_seats.json") {
        said.push(map::copilot_seats("acme", &seats, at()));
    }
    check(&said);

    let count = |table: &str| rows(&said, table).len();
    let tables =
        ["pull_requests", "pull_request_commits", "pull_request_events", "reviews", "review_comments", "tickets"];
    assert_eq!(tables.map(count), [1, 31, 2, 1, 8, 1]);
    let tables =
        ["releases", "deployments", "deployment_statuses", "repositories", "teams", "team_members", "tool_usage"];
    assert_eq!(tables.map(count), [5, 2, 4, 2, 1, 2, 49]);
}

#[test]
fn webhooks_and_public_events_are_read() {
    let Some(folder) = answers() else { return };
    let mut found = Vec::new();
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with("_event.json"))
        .collect();
    names.sort();
    for name in names {
        let stem = name.trim_end_matches("_event.json").trim_end_matches("_webhook");
        for json in objects::<Value>(&folder, &name) {
            // The public feed of events has a webhook's body without the repository.
            let mut body = if json["payload"].is_object() { json["payload"].clone() } else { json.clone() };
            if body["repository"].is_null() && json["repo"]["name"].is_string() {
                body["repository"] = json!({"full_name": json["repo"]["name"]});
            }
            let events = [
                "pull_request_review_comment",
                "pull_request_review",
                "pull_request",
                "issue_comment",
                "issues",
                "release",
                "workflow_run",
                "repository",
            ];
            let event = events.into_iter().find(|event| stem.starts_with(*event)).unwrap_or(stem);
            match news(event, &body, at(), true) {
                Ok(News::Rows(said)) => {
                    check(&said);
                    found.push(format!("{name}: {}", said.len()));
                }
                Ok(News::Ignored(_)) => {}
                other => panic!("{name}: {other:?}"),
            }
        }
    }
    assert_eq!(found, ROWS);
}

/// Files with something for the tables, and how many rows.
const ROWS: [&str; 16] = [
    "issue_comment_created_webhook_event.json: 1",
    "issue_comment_deleted_webhook_event.json: 1",
    "issue_comment_edited_webhook_event.json: 1",
    "issue_comment_event.json: 1",
    "issues_event.json: 1",
    "issues_labeled_webhook_event.json: 2",
    "issues_opened_webhook_event.json: 1",
    "pull_request_closed_webhook_event.json: 2",
    "pull_request_event.json: 1",
    "pull_request_opened_webhook_event.json: 1",
    "pull_request_review_comment_event.json: 1",
    "pull_request_review_event.json: 1",
    "pull_request_synchronize_webhook_event.json: 1",
    "release_event.json: 1",
    "repository_deleted_webhook_event.json: 1",
    "workflow_run_event.json: 1",
];
