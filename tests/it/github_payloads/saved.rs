//! Folders of saved answers as backup tools write them, small and written here.

use super::{check, rows};
use paceline::collect::github::saved;
use paceline::collect::observation::Observation;
use serde_json::{Value, json};
use std::path::Path;

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn read(folder: &Path) -> Vec<Observation> {
    let mut said = Vec::new();
    for file in saved::files(folder).unwrap() {
        said.extend(saved::read_file(&file, &|_| true).unwrap_or_else(|error| panic!("{error}")));
    }
    check(&said);
    said
}

const API: &str = "https://api.github.com/repos/acme/shop";

fn user(login: &str) -> Value {
    json!({"login": login, "id": login.len(), "type": "User"})
}

fn pull(more: Value) -> Value {
    let mut pull = json!({
        "url": format!("{API}/pulls/12"), "id": 5, "node_id": "PR_5", "number": 12, "title": "Sell tea", "state": "open",
        "user": user("ada"), "created_at": "2024-06-01T08:00:00Z", "updated_at": "2024-06-05T08:00:00Z",
        "base": {"ref": "main", "repo": null},
    });
    pull.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    pull
}

fn comment(id: i64, login: &str, more: Value) -> Value {
    let mut comment = json!({"id": id, "node_id": format!("C_{id}"), "user": user(login), "created_at": "2024-06-03T08:00:00Z",
        "updated_at": "2024-06-03T08:00:00Z"});
    comment.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    comment
}

fn issue() -> Value {
    json!({"url": format!("{API}/issues/4"), "events_url": format!("{API}/issues/4/events"), "id": 40, "node_id": "I_4",
        "number": 4, "title": "No tea", "user": user("bob"), "labels": ["tea"], "created_at": "2024-06-01T08:00:00Z",
        "updated_at": "2024-06-02T08:00:00Z", "closed_at": "2024-06-02T08:00:00Z"})
}

fn keys_of_whole<'a>(said: &'a [Observation], name: &str) -> Option<&'a Vec<Value>> {
    said.iter().find_map(|observation| match observation {
        Observation::Whole { table, keys, .. } if table == name => Some(keys),
        _ => None,
    })
}

#[test]
fn the_files_of_python_github_backup() {
    let folder = tempfile::tempdir().unwrap();
    let commit = json!({"sha": "abc", "node_id": "C_abc", "author": {}, "commit": {
        "author": {"name": "Ada", "email": "ada@acme.example", "date": "2024-05-31T08:00:00Z"},
        "committer": {"name": "Ada", "email": "ada@acme.example", "date": "2024-06-01T07:00:00Z"}}});
    let reviews = json!([
        {"id": 80, "user": user("bob"), "state": "APPROVED", "submitted_at": "2024-06-04T08:00:00Z"},
        {"id": 81, "user": user("bob"), "state": "PENDING"},
    ]);
    let embedded = pull(json!({
        "comment_regular_data": [comment(1, "bob", json!({"issue_url": format!("{API}/issues/12")}))],
        "comment_data": [comment(2, "bob", json!({"pull_request_review_id": 80, "pull_request_url": format!("{API}/pulls/12")}))],
        "commit_data": [commit], "review_data": reviews,
    }));
    write(folder.path(), "repositories/shop/pulls/12.json", &embedded.to_string());
    let mut ticket = issue();
    ticket["comment_data"] = json!([comment(3, "ada", json!({}))]);
    ticket["event_data"] = json!([
        {"id": 7, "node_id": "CE_7", "event": "closed", "actor": null, "created_at": "2024-06-02T08:00:00Z"},
        {"id": 8, "node_id": "SE_8", "event": "subscribed", "actor": user("bob"), "created_at": "2024-06-02T08:00:00Z"},
    ]);
    write(folder.path(), "repositories/shop/issues/4.json", &ticket.to_string());
    let release = json!({"url": format!("{API}/releases/6"), "id": 6, "tag_name": "v1", "draft": false,
        "published_at": "2024-06-01T08:00:00Z"});
    write(folder.path(), "repositories/shop/releases/v1.json", &release.to_string());
    // What else such a tool writes has nothing for the tables.
    write(folder.path(), "repositories/shop/labels/labels.json", r#"[{"id": 1, "name": "tea", "color": "fff"}]"#);
    let milestone =
        json!({"url": format!("{API}/milestones/1"), "number": 1, "title": "v1", "created_at": "2024-06-01T08:00:00Z"});
    write(folder.path(), "repositories/shop/milestones/1.json", &milestone.to_string());
    write(folder.path(), "repositories/shop/issues/attachments/4/any.json", "not JSON at all");

    let said = read(folder.path());
    let one = |name: &str| {
        let found = rows(&said, name);
        assert_eq!(found.len(), 1, "{name}");
        found[0]
    };
    assert_eq!(
        (&one("pull_requests")["repository"], &one("pull_requests")["number"]),
        (&json!("acme/shop"), &json!(12))
    );
    assert!(
        said.iter().any(|it| matches!(it, Observation::Row { table, asked: false, .. } if table == "pull_requests")),
        "it has no sizes"
    );
    let commit = one("pull_request_commits");
    assert_eq!(commit["author_id"], json!({"name": "Ada", "email": "ada@acme.example"}));
    assert_eq!(
        commit["updated_at"], "2024-06-05T08:00:00Z",
        "of the pull request: a commit may leave it and come back"
    );
    let review = one("reviews");
    assert_eq!((&review["review_id"], &review["state"]), (&json!("80"), &json!("approved")));
    let places: Vec<_> = rows(&said, "review_comments").iter().map(|values| &values["place"]).collect();
    assert_eq!(places, ["code", "conversation"]);
    assert_eq!(keys_of_whole(&said, "reviews").unwrap(), &["80"]);
    assert_eq!(keys_of_whole(&said, "review_comments").unwrap(), &["2", "1"]);
    assert_eq!(keys_of_whole(&said, "pull_request_commits").unwrap(), &["abc"]);
    let ticket = one("tickets");
    assert_eq!((&ticket["ticket_id"], &ticket["topic"]), (&json!("acme/shop#4"), &json!("tea")));
    let events: Vec<_> =
        rows(&said, "ticket_events").iter().map(|values| (&values["event"], &values["event_id"])).collect();
    assert_eq!(events, [(&json!("commented"), &json!("C_3")), (&json!("resolved"), &json!("CE_7"))]);
    assert_eq!(one("releases")["tag"], "v1");
}

#[test]
fn the_files_of_github_metadata_backup() {
    let folder = tempfile::tempdir().unwrap();
    let event = |event: &str, more: Value| {
        let mut entry = json!({"event": event, "id": 100, "node_id": format!("E_{event}"), "actor": user("bob"),
            "created_at": "2024-06-02T08:00:00Z"});
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        entry
    };
    let signature = json!({"name": "Ada", "email": "ada@acme.example", "date": "2024-06-01T07:00:00Z"});
    let timeline = json!([
        {"event": "committed", "sha": "abc", "node_id": "C_abc", "author": signature, "committer": signature},
        event("review_requested", json!({"requested_team": {"slug": "till", "name": "Till", "id": 3}})),
        event("convert_to_draft", json!({})),
        event("head_ref_force_pushed", json!({})),
        event("labeled", json!({"label": {"name": "tea"}})),
        {"event": "reviewed", "id": 80, "node_id": "PRR_80", "user": user("bob"), "state": "changes_requested",
            "submitted_at": "2024-06-04T08:00:00Z"},
        event("commented", json!({"user": user("bob"), "updated_at": "2024-06-02T09:00:00Z"})),
    ]);
    let full = pull(json!({"commits": 1, "additions": 3, "deletions": 0, "changed_files": 1}));
    let file = json!({"type": "pull", "pull": full, "events": timeline, "comments": [
        comment(2, "bob", json!({"pull_request_review_id": 80, "pull_request_url": format!("{API}/pulls/12")}))]});
    write(folder.path(), "pulls/12.json", &file.to_string());
    let file = json!({"type": "issue", "issue": issue(), "events": [event("reopened", json!({}))]});
    write(folder.path(), "issues/4.json", &file.to_string());

    let said = read(folder.path());
    let words: Vec<_> = rows(&said, "pull_request_events").iter().map(|values| &values["event"]).collect();
    assert_eq!(words, ["review_requested", "converted_to_draft", "head_force_pushed"]);
    assert_eq!(rows(&said, "pull_request_events")[0]["subject_team"], "acme/till");
    assert_eq!(
        keys_of_whole(&said, "pull_request_events").unwrap(),
        &["E_review_requested", "E_convert_to_draft", "E_head_ref_force_pushed"]
    );
    assert_eq!(rows(&said, "reviews")[0]["state"], "changes_requested");
    assert_eq!(rows(&said, "pull_request_commits")[0]["committed_at"], "2024-06-01T07:00:00Z");
    let comments: Vec<_> =
        rows(&said, "review_comments").iter().map(|values| (&values["place"], &values["updated_at"])).collect();
    assert_eq!(
        comments,
        [(&json!("conversation"), &json!("2024-06-02T09:00:00Z")), (&json!("code"), &json!("2024-06-03T08:00:00Z"))]
    );
    let bob = json!({"number": 3, "login": "bob"});
    assert_eq!(rows(&said, "review_comments")[0]["author_id"], bob);
    assert_eq!(rows(&said, "reviews")[0]["reviewer_id"], bob);
    assert!(
        said.iter().any(|it| matches!(it, Observation::Row { table, asked: true, .. } if table == "pull_requests"))
    );
    assert_eq!(rows(&said, "ticket_events")[0]["event"], "reopened");
}

#[test]
fn lists_of_runs_jobs_reviews_comments_events_and_deployments() {
    let folder = tempfile::tempdir().unwrap();
    let at = "2024-06-02T08:00:00Z";
    let run = json!({"id": 2, "url": format!("{API}/actions/runs/2"), "workflow_id": 1, "run_number": 7, "event": "push",
        "status": "queued", "conclusion": null, "created_at": at, "updated_at": at});
    write(folder.path(), "runs.json", &json!({"total_count": 1, "workflow_runs": [run]}).to_string());
    let job = json!({"id": 3, "url": format!("{API}/actions/jobs/3"), "run_url": format!("{API}/actions/runs/2"), "run_id": 2,
        "name": "test", "status": "queued", "conclusion": null, "created_at": at, "started_at": at});
    write(folder.path(), "jobs.json", &json!({"total_count": 1, "jobs": [job]}).to_string());
    let review = json!({"id": 80, "user": null, "state": "APPROVED", "submitted_at": at, "pull_request_url": format!("{API}/pulls/12")});
    let on_pull = json!({"issue_url": format!("{API}/issues/12"), "html_url": "https://github.com/acme/shop/pull/12#issuecomment-1"});
    let on_issue = json!({"issue_url": format!("{API}/issues/4"), "html_url": "https://github.com/acme/shop/issues/4#issuecomment-2"});
    let reopened = json!({"id": 9, "node_id": "RE_9", "event": "reopened", "actor": user("bob"), "created_at": at, "issue": issue()});
    let deployment = json!({"id": 3, "url": format!("{API}/deployments/3"), "sha": "abc", "task": "deploy", "payload": {},
        "environment": "production", "created_at": at, "updated_at": at});
    let mut with_reports = deployment.clone();
    with_reports["id"] = json!(4);
    with_reports["statuses"] = json!([
        {"id": 1, "state": "inactive", "creator": null, "created_at": "2024-06-09T08:00:00Z"},
        {"id": 2, "state": "success", "creator": null, "created_at": "2024-06-02T08:02:00Z"},
        {"id": 3, "state": "failure", "creator": null, "created_at": "2024-06-02T08:03:00Z"},
    ]);
    let all =
        json!([review, comment(1, "bob", on_pull), comment(2, "bob", on_issue), reopened, deployment, with_reports]);
    write(folder.path(), "all.json", &all.to_string());

    let said = read(folder.path());
    assert_eq!(
        (&rows(&said, "builds")[0]["status"], rows(&said, "builds")[0].get("finished_at")),
        (&json!("running"), None)
    );
    assert_eq!(rows(&said, "build_jobs")[0].get("started_at"), None, "GitHub fills in the creation of what is queued");
    assert_eq!(rows(&said, "reviews")[0].get("reviewer_id"), None, "a deleted account is nobody");
    assert_eq!(rows(&said, "review_comments")[0]["comment_id"], "1");
    let events: Vec<_> = rows(&said, "ticket_events").iter().map(|values| &values["event"]).collect();
    assert_eq!(events, ["commented", "reopened"]);
    let deployments = rows(&said, "deployments");
    assert_eq!(deployments.len(), 1, "one without reports does not say how it went");
    assert_eq!(
        (&deployments[0]["status"], &deployments[0]["finished_at"]),
        (&json!("success"), &json!("2024-06-02T08:02:00Z"))
    );
    assert_eq!(rows(&said, "deployment_statuses").len(), 3);
}

#[test]
fn a_malformed_file_is_one_line_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.json", &json!([pull(json!({})), pull(json!({"number": "12"}))]).to_string());
    write(folder.path(), "b.json", "[{\"number\": 1,\n]");
    write(folder.path(), "c.json", &pull(json!({})).to_string());
    let files = saved::files(folder.path()).unwrap();
    let results: Vec<_> = files.iter().map(|file| saved::read_file(file, &|_| false)).collect();
    let shown = |index: usize| results[index].as_ref().unwrap_err().to_string();
    let begins = |index: usize| format!("{}: ", files[index].display());
    assert!(shown(0).starts_with(&(begins(0) + "[1].number: invalid type: string \"12\"")), "{}", shown(0));
    assert!(shown(1).starts_with(&begins(1)) && shown(1).contains("line 2 column 1"), "{}", shown(1));
    assert_eq!(results[2].as_ref().unwrap().len(), 1);
    assert!((0..2).all(|index| !shown(index).contains('\n')));
}

#[test]
fn a_folder_without_json_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "readme.md", "");
    let error = saved::files(folder.path()).unwrap_err().to_string();
    assert!(error.contains("no .json file"), "{error}");
    assert!(saved::files(&folder.path().join("missing")).is_err());
    let file = folder.path().join("readme.md");
    assert_eq!(saved::files(&file).unwrap(), [file], "a file that is named is read whatever its name");
}
