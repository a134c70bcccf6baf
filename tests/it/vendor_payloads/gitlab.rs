//! GitLab's recorded answers.

use super::recording::{Recording, asked, flag, replace, sheet, theirs};
use crate::github_payloads::difference::{Expected, Sheet, compare};
use crate::github_payloads::rows;
use paceline::collect::gitlab::map;
use paceline::collect::gitlab::payload::{Commit, Deployment, Issue, Job, MergeRequest, Note, Pipeline, Size, User};
use paceline::collect::observation::Observation;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const NAME: &str = "gitlab-data/snowflake_spend";

static RECORDING: LazyLock<Option<Recording>> = LazyLock::new(|| Recording::of("gitlab"));

#[test]
fn merge_requests() {
    let Some(recording) = &*RECORDING else { return };
    let raw = recording.raw::<MergeRequest>("merge_requests");
    let said = asked(raw.iter().map(|(merge, _)| map::merge_request(NAME, merge, Size::default())));
    let columns = [
        ("title", "title"),
        ("author_username", "author_id"),
        ("state", "state"),
        ("gitlab_created_at", "created_at"),
        ("gitlab_updated_at", "updated_at"),
        ("closed_at", "closed_at"),
        ("merged_at", "merged_at"),
        ("merge_commit_sha", "merge_sha"),
        ("target_branch", "base_branch"),
        ("work_in_progress", "is_draft"),
    ];
    let mine = sheet(&said, "pull_requests", "number", &columns);
    let mut expected = theirs(&recording.expected("merge_requests"), "iid", &columns);
    replace(&mut expected, "work_in_progress", flag);
    for row in expected.values_mut().filter(|row| row["state"] == "merged") {
        // The table's `closed_at` is the end of every kind.
        let merged = row["merged_at"].clone();
        row.insert("closed_at", merged);
    }
    const LATER: &str = "the merge is written down a second after the last change";
    compare(
        "merge requests",
        &mine,
        &expected,
        &[
            ("state", "open", "opened", 5, "the table's word"),
            ("gitlab_updated_at", "2019-06-28T14:32:06Z", "2019-06-28T14:32:05Z", 1, LATER),
            ("gitlab_updated_at", "2019-08-26T15:37:50Z", "2019-08-26T15:37:49Z", 1, LATER),
            ("gitlab_updated_at", "2020-04-08T20:52:11Z", "2020-04-08T20:52:10Z", 1, LATER),
            ("gitlab_updated_at", "2020-07-24T21:13:35Z", "2020-07-24T21:13:34Z", 1, LATER),
        ],
    );
    let methods: Vec<_> =
        rows(&said, "pull_requests").iter().filter_map(|row| row.get("merge_method")?.as_str()).collect();
    assert_eq!(methods.iter().filter(|method| **method == "squash").count(), 1, "{methods:?}");
}

#[test]
fn commits() {
    let Some(recording) = &*RECORDING else { return };
    let mut said = Vec::new();
    for (commit, of) in recording.raw::<Commit>("merge_request_commits") {
        let number = of["Iid"].as_i64().unwrap();
        said.extend(asked(map::commits(NAME, number, &[commit], chrono::DateTime::UNIX_EPOCH)));
    }
    let columns = [
        ("merge_request_id", "pull_request"),
        ("commit_author_name", "name"),
        ("commit_author_email", "email"),
        ("commit_authored_date", "authored_at"),
    ];
    let mut mine = sheet(&said, "pull_request_commits", "sha", &columns);
    for values in rows(&said, "pull_request_commits") {
        let (author, row) = (&values["author_id"], mine.get_mut(values["sha"].as_str().unwrap()).unwrap());
        row.insert("commit_author_name", author["name"].as_str().unwrap().to_owned());
        row.insert("commit_author_email", author["email"].as_str().unwrap().to_owned());
    }
    let mut expected = theirs(&recording.expected("mr_commits"), "commit_sha", &columns);
    let numbers = numbers(recording, "merge_request_commits");
    replace(&mut expected, "merge_request_id", |id| numbers.get(id).unwrap_or(&id.to_owned()).clone());
    compare("commits of merge requests", &mine, &expected, &[]);
}

/// The number of a merge request by the id that DevLake knows it by.
fn numbers(recording: &Recording, kind: &str) -> BTreeMap<String, String> {
    let asked = recording.raw::<serde_json::Value>(kind).into_iter().map(|(_, of)| of);
    asked.map(|of| (of["GitlabId"].to_string(), of["Iid"].to_string())).collect()
}

/// The notes of each merge request.
fn notes(recording: &Recording) -> BTreeMap<i64, Vec<Note>> {
    let mut all: BTreeMap<i64, Vec<Note>> = BTreeMap::new();
    for (note, of) in recording.raw::<Note>("merge_request_notes") {
        all.entry(of["Iid"].as_i64().unwrap()).or_default().push(note);
    }
    all
}

#[test]
fn comments_and_approvals() {
    let Some(recording) = &*RECORDING else { return };
    let (mut said, mut reviews) = (Vec::new(), Vec::new());
    for (number, notes) in notes(recording) {
        said.extend(asked(map::comments(NAME, number, &notes)));
        reviews.extend(asked(map::reviews(NAME, number, &notes, None, chrono::DateTime::UNIX_EPOCH)));
    }
    let columns =
        [("merge_request_iid", "pull_request"), ("author_username", "author_id"), ("gitlab_created_at", "created_at")];
    // DevLake counts GitLab's sentences about approvals as comments; here they are reviews.
    let mut mine = sheet(&said, "review_comments", "comment_id", &columns);
    let reviewed = [
        ("merge_request_iid", "pull_request"),
        ("author_username", "reviewer_id"),
        ("gitlab_created_at", "submitted_at"),
    ];
    let approvals = sheet(&reviews, "reviews", "review_id", &reviewed);
    let approvals: Sheet = approvals.into_iter().map(|(id, row)| (id.replace("note-", ""), row)).collect();
    mine.extend(approvals);
    compare(
        "comments on merge requests",
        &mine,
        &theirs(&recording.expected("mr_comments"), "gitlab_id", &columns),
        &[("row", "missing", "there", 1, "that an approval was taken back is in the approval, and no comment")],
    );
    let states: Vec<(&str, &str)> = rows(&reviews, "reviews")
        .iter()
        .map(|row| (row["review_id"].as_str().unwrap(), row["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        states,
        [
            ("note-135100359", "approved"),
            ("note-135223089", "approved"),
            ("note-135848627", "dismissed"),
            ("note-135848654", "approved"),
            ("note-137424744", "approved"),
        ]
    );
}

#[test]
fn sentences_about_drafts() {
    let Some(recording) = &*RECORDING else { return };
    let said: Vec<Observation> =
        notes(recording).iter().flat_map(|(number, notes)| asked(map::events(NAME, *number, notes))).collect();
    crate::github_payloads::check(&said);
    let events: Vec<_> = rows(&said, "pull_request_events")
        .iter()
        .map(|row| (row["pull_request"].as_i64().unwrap(), row["event"].as_str().unwrap(), row["happened_at"].clone()))
        .collect();
    assert_eq!(events, [(1, "ready_for_review", "2019-06-28T10:55:26.170Z".into())]);
}

#[test]
fn pipelines() {
    let Some(recording) = &*RECORDING else { return };
    let raw = recording.raw::<Pipeline>("pipeline_details");
    let said = asked(raw.iter().map(|(pipeline, _)| map::pipeline(NAME, pipeline)));
    let columns = [
        ("gitlab_created_at", ""),
        ("status", "status"),
        ("sha", "sha"),
        ("started_at", "started_at"),
        ("finished_at", "finished_at"),
        ("ref", "pull_request"),
    ];
    let mut mine = sheet(&said, "builds", "build_id", &columns);
    for (pipeline, _) in &raw {
        let row = mine.get_mut(&pipeline.id.to_string()).unwrap();
        row.insert("gitlab_created_at", pipeline.created_at.format("%Y-%m-%dT%H:%M:%SZ").to_string());
    }
    let mut expected = theirs(&recording.expected("pipelines"), "gitlab_id", &columns);
    replace(&mut expected, "ref", |name| match name.split('/').nth(2) {
        Some(number) if name.starts_with("refs/merge-requests/") => number.to_owned(),
        _ => "NULL".to_owned(),
    });
    compare("pipelines", &mine, &expected, &[("status", "failure", "failed", 5, "the table's word")]);
}

#[test]
fn pipelines_of_a_list_have_every_status() {
    let Some(recording) = &*RECORDING else { return };
    let raw = recording.raw::<Pipeline>("pipeline");
    let said = asked(raw.iter().map(|(pipeline, _)| map::pipeline(NAME, pipeline)));
    crate::github_payloads::check(&said);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for ((pipeline, _), row) in raw.iter().zip(rows(&said, "builds")) {
        assert_eq!(map::is_running(pipeline), row["status"] == "running");
        *counts.entry(row["status"].as_str().unwrap().to_owned()).or_default() += 1;
        assert!(!row.contains_key("finished_at"), "a list does not say it");
    }
    let running = counts["running"];
    assert_eq!(counts.keys().collect::<Vec<_>>(), ["cancelled", "failure", "running", "skipped", "success"]);
    assert!(running > 5, "{counts:?}");
}

#[test]
fn jobs() {
    let Some(recording) = &*RECORDING else { return };
    let raw = recording.raw::<Job>("job");
    let said = asked(raw.iter().map(|(job, _)| map::job(NAME, job)));
    let columns = [
        ("pipeline_id", "build_id"),
        ("name", "name"),
        ("status", "status"),
        ("started_at", "started_at"),
        ("finished_at", "finished_at"),
    ];
    let mine = sheet(&said, "build_jobs", "job_id", &columns);
    let expected = theirs(&recording.expected("jobs"), "gitlab_id", &columns);
    compare("jobs", &mine, &expected, JOBS);
}

const WORD: &str = "the table's word";
const RUNNING: &str = "the table's word for what has no result";

const JOBS: &[Expected] = &[
    (
        "finished_at",
        "NULL",
        "2022-07-25T13:40:42Z",
        7,
        "what has no result is not finished, whatever time a recording was given by hand",
    ),
    ("status", "cancelled", "canceled", 2, WORD),
    ("status", "failure", "failed", 43, WORD),
    ("status", "running", "created", 1, RUNNING),
    ("status", "running", "manual", 1, RUNNING),
    ("status", "running", "pending", 1, RUNNING),
    ("status", "running", "preparing", 1, RUNNING),
    ("status", "running", "scheduled", 1, RUNNING),
    ("status", "running", "waiting_for_resource", 1, RUNNING),
];

#[test]
fn deployments() {
    let Some(recording) = &*RECORDING else { return };
    let raw = recording.raw::<Deployment>("deployments");
    let said = asked(raw.iter().map(|(deployment, _)| map::deployment(NAME, deployment)));
    let reports = asked(raw.iter().filter_map(|(deployment, _)| map::deployment_status(NAME, deployment)));
    crate::github_payloads::check(&reports);
    let columns = [
        ("created_date", "started_at"),
        ("updated_date", "updated_at"),
        ("status", "status"),
        ("sha", "sha"),
        ("environment", "environment"),
        ("deployable_finished_at", "finished_at"),
    ];
    let mine = sheet(&said, "deployments", "deployment_id", &columns);
    let expected = theirs(&recording.expected("deployments"), "deployment_id", &columns);
    compare("deployments", &mine, &expected, DEPLOYMENTS);
    let ended = rows(&said, "deployments").iter().filter(|row| row["status"] != "running").count();
    assert_eq!(rows(&reports, "deployment_statuses").len(), ended);
}

const BY_HAND: &str =
    "what goes on is not finished; the recording's statuses were changed by hand, and not their times";
const OF_REPORT: &str = "without a job's end it is the last report's";

const DEPLOYMENTS: &[Expected] = &[
    ("deployable_finished_at", "2019-03-13T15:02:23Z", "NULL", 1, OF_REPORT),
    ("deployable_finished_at", "NULL", "2019-03-13T14:57:58Z", 1, BY_HAND),
    ("deployable_finished_at", "NULL", "2019-03-13T15:23:55Z", 1, BY_HAND),
    ("deployable_finished_at", "NULL", "2019-03-13T15:25:41Z", 1, BY_HAND),
    ("deployable_finished_at", "NULL", "2019-03-13T15:26:37Z", 1, BY_HAND),
    ("deployable_finished_at", "NULL", "2019-03-13T15:28:32Z", 1, BY_HAND),
    ("status", "failure", "canceled", 1, "it did not come to be"),
    ("status", "failure", "failed", 1, WORD),
    ("status", "running", "blocked", 1, RUNNING),
    ("status", "running", "completed", 1, "GitLab has no such status"),
    ("status", "running", "created", 1, RUNNING),
    ("status", "running", "undeployed", 1, "GitLab has no such status"),
    ("updated_date", "2019-03-13T15:25:15Z", "NULL", 1, "what never changed is as it was created"),
];

#[test]
fn issues() {
    let Some(recording) = &*RECORDING else { return };
    let raw = recording.raw::<Issue>("issues");
    let said = asked(raw.iter().map(|(issue, _)| map::ticket(NAME, issue)));
    let columns = [
        ("title", "subject"),
        ("state", "status"),
        ("type", "kind"),
        ("severity", "priority"),
        ("creator_name", "requester_id"),
        ("assignee_name", "assignee_id"),
        ("url", "url"),
        ("gitlab_created_at", "opened_at"),
        ("closed_at", "resolved_at"),
        ("gitlab_updated_at", "updated_at"),
    ];
    let mine = sheet(&said, "tickets", "ticket_id", &columns);
    let mine: Sheet = mine.into_iter().map(|(id, row)| (id.rsplit_once('#').unwrap().1.to_owned(), row)).collect();
    let mut expected = theirs(&recording.expected("issues"), "number", &columns);
    replace(&mut expected, "type", |kind| kind.to_lowercase());
    compare("issues", &mine, &expected, ISSUES);

    let mut labels: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in recording.expected("issue_labels") {
        labels.entry(line["issue_id"].clone()).or_default().push(line["label_name"].clone());
    }
    for row in rows(&said, "tickets") {
        let mut expected = labels.get(row["source_key"].as_str().unwrap()).cloned().unwrap_or_default();
        expected.sort();
        assert_eq!(row["labels"], expected.join(","), "{}", row["ticket_id"]);
    }
}

const ISSUES: &[Expected] = &[("severity", "NULL", "UNKNOWN", 16, "unknown is NULL")];

#[test]
fn accounts() {
    let Some(recording) = &*RECORDING else { return };
    for (raw, expected) in [("users", "accounts"), ("users_direct_api", "accounts_direct_api")] {
        let mine: Sheet = recording
            .raw::<User>(raw)
            .into_iter()
            .map(|(user, _)| {
                let text = |text: Option<String>| text.filter(|it| !it.is_empty()).unwrap_or("NULL".into());
                (user.id.unwrap().to_string(), [("username", text(user.username)), ("email", text(user.email))].into())
            })
            .collect();
        let columns = [("username", ""), ("email", "")];
        compare(raw, &mine, &theirs(&recording.expected(expected), "gitlab_id", &columns), &[]);
    }
}
