//! Apache DevLake's recorded answers and the tables that its tests expect of them.

use super::difference::{Sheet, compare, ours, plain};
use super::{check, output, rows, shared, table};
use paceline::collect::github::map::{self, Voice};
use paceline::collect::github::payload::{Comment, Commit, Event, Issue, Job, PullRequest, Review, Run, User, parse};
use paceline::collect::observation::{Observation, Values};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;

const NAME: &str = "panjf2000/ants";

/// The unpacked recording.
struct Recording {
    _folder: tempfile::TempDir,
    e2e: PathBuf,
}

static RECORDING: LazyLock<Option<Recording>> = LazyLock::new(|| {
    let archive = shared("devlake-e2e/github-e2e.tar.xz")?;
    let folder = tempfile::tempdir().unwrap();
    output(Command::new("tar").arg("-xJf").arg(archive).arg("-C").arg(folder.path()))?;
    let e2e = folder.path().join("devlake-e2e/github/e2e");
    Some(Recording { _folder: folder, e2e })
});

impl Recording {
    /// The recorded objects of one kind, with what was asked for.
    fn raw<T: DeserializeOwned>(&self, kind: &str) -> Vec<(T, Value)> {
        let path = self.e2e.join(format!("raw_tables/_raw_github_api_{kind}.csv"));
        let read = |row: &BTreeMap<String, String>| {
            let object = parse(row["data"].as_bytes()).unwrap_or_else(|error| panic!("{kind} {}: {error}", row["id"]));
            (object, serde_json::from_str(&row["input"]).unwrap())
        };
        let found: Vec<(T, Value)> = table::read(&path).iter().map(read).collect();
        assert!(!found.is_empty(), "{kind}");
        found
    }

    fn expected(&self, kind: &str) -> Vec<BTreeMap<String, String>> {
        table::read(&self.e2e.join(format!("snapshot_tables/_tool_github_{kind}.csv")))
    }

    /// The number of a pull request by the id that DevLake knows it by.
    fn numbers(&self) -> BTreeMap<String, String> {
        let pulls = self.raw::<PullRequest>("pull_requests");
        let issues = self.raw::<Issue>("issues").into_iter().map(|(issue, _)| (issue.id, issue.number));
        let events = self.raw::<Event>("events").into_iter().filter_map(|(event, _)| event.issue);
        let events = events.map(|issue| (issue.id, issue.number));
        let all = pulls.into_iter().map(|(pull, _)| (pull.id, pull.number)).chain(issues).chain(events);
        all.map(|(id, number)| (id.unwrap().to_string(), number.to_string())).collect()
    }
}

/// Our rows by their key column, in DevLake's names: theirs, ours.
fn sheet(said: &[Observation], name: &str, key: &str, columns: &[(&'static str, &str)]) -> Sheet {
    check(said);
    let row = |values: &&Values| columns.iter().map(|(theirs, column)| (*theirs, ours(values.get(*column)))).collect();
    rows(said, name).iter().map(|values| (ours(values.get(key)), row(values))).collect()
}

/// Their rows by key column, as far as the columns are compared.
fn expected(table: &[BTreeMap<String, String>], key: &str, columns: &[(&'static str, &str)]) -> Sheet {
    let row = |row: &BTreeMap<String, String>| columns.iter().map(|(name, _)| (*name, plain(&row[*name]))).collect();
    table.iter().map(|it| (it[key].clone(), row(it))).collect()
}

/// Replaces a column's values.
fn replace(sheet: &mut Sheet, column: &str, with: impl Fn(&str) -> String) {
    for row in sheet.values_mut() {
        if let Some(value) = row.get_mut(column) {
            *value = with(value);
        }
    }
}

#[test]
fn pull_requests() {
    let Some(recording) = &*RECORDING else { return };
    let said: Vec<Observation> = recording
        .raw::<PullRequest>("pull_requests")
        .iter()
        .map(|(pull, _)| {
            assert_eq!(pull.repository().as_deref(), Some(NAME));
            assert!(!pull.is_full(), "a list has no sizes");
            map::pull_request(NAME, pull, Voice::Asked)
        })
        .collect();
    let columns = [
        ("title", "title"),
        ("author_name", "author_id"),
        ("state", "state"),
        ("github_created_at", "created_at"),
        ("github_updated_at", "updated_at"),
        ("closed_at", "closed_at"),
        ("merged_at", "merged_at"),
        ("merge_commit_sha", "merge_sha"),
        ("base_ref", "base_branch"),
        ("is_draft", "is_draft"),
        ("additions", "lines_added"),
        ("deletions", "lines_deleted"),
        ("commits", "commits"),
    ];
    let mine = sheet(&said, "pull_requests", "number", &columns);
    let mut theirs = expected(&recording.expected("pull_requests"), "number", &columns);
    for row in theirs.values_mut() {
        if row["state"] == "closed" && row["merged_at"] != "NULL" {
            row.insert("state", "merged".to_owned());
        }
        if row["merged_at"] == "NULL" {
            row.insert("merge_commit_sha", "NULL".to_owned());
        }
    }
    replace(&mut theirs, "is_draft", |text| (text == "1").to_string());
    const UNKNOWN: &str = "a list answer does not have it: NULL is unknown, and DevLake's 0 is wrong";
    compare(
        "pull requests",
        &mine,
        &theirs,
        &[
            ("additions", "NULL", "0", 49, UNKNOWN),
            ("deletions", "NULL", "0", 49, UNKNOWN),
            ("commits", "NULL", "0", 49, UNKNOWN),
        ],
    );
}

#[test]
fn reviews() {
    let Some(recording) = &*RECORDING else { return };
    let said: Vec<Observation> = recording
        .raw::<Review>("pull_request_reviews")
        .iter()
        .filter_map(|(review, asked)| {
            let number = asked["Number"].as_i64().unwrap();
            assert_eq!(review.place(), Some((NAME.to_owned(), number)));
            map::review(NAME, number, review, review.submitted_at?, Voice::Asked)
        })
        .collect();
    let columns = [
        ("pull_request_id", "pull_request"),
        ("author_username", "reviewer_id"),
        ("github_submit_at", "submitted_at"),
        ("state", "state"),
    ];
    let mine = sheet(&said, "reviews", "review_id", &columns);
    let mut theirs = expected(&recording.expected("pull_request_reviews"), "github_id", &columns);
    let numbers = recording.numbers();
    replace(&mut theirs, "pull_request_id", |id| numbers[id].clone());
    replace(&mut theirs, "state", str::to_lowercase);
    compare("reviews", &mine, &theirs, &[]);
}

#[test]
fn commits() {
    let Some(recording) = &*RECORDING else { return };
    let mut said = Vec::new();
    for (commit, asked) in recording.raw::<Commit>("pull_request_commits") {
        said.extend(map::commits(NAME, asked["Number"].as_i64().unwrap(), &[commit], chrono::DateTime::UNIX_EPOCH));
    }
    let columns = [
        ("pull_request_id", "pull_request"),
        ("commit_author_name", "name"),
        ("commit_author_email", "email"),
        ("commit_authored_date", "authored_at"),
    ];
    let mut mine = sheet(&said, "pull_request_commits", "sha", &columns);
    for values in rows(&said, "pull_request_commits") {
        let (author, row) = (&values["author_id"], mine.get_mut(&ours(values.get("sha"))).unwrap());
        row.insert("commit_author_name", ours(author.get("name")));
        row.insert("commit_author_email", ours(author.get("email")));
    }
    let mut theirs = expected(&recording.expected("pull_request_commits"), "commit_sha", &columns);
    let numbers = recording.numbers();
    replace(&mut theirs, "pull_request_id", |id| numbers[id].clone());
    compare("commits of pull requests", &mine, &theirs, &[]);

    let columns = [("authored_date", "authored_at"), ("committed_date", "committed_at")];
    let mine = sheet(&said, "pull_request_commits", "sha", &columns);
    let theirs = expected(&recording.expected("commits"), "sha", &columns);
    compare("dates of commits", &mine, &theirs, &[]);
}

#[test]
fn comments() {
    let Some(recording) = &*RECORDING else { return };
    let whole = recording.raw::<Comment>("comments");
    let on_code = recording.raw::<Comment>("pull_request_review_comments");
    let (mut on_pulls, mut on_issues) = (Vec::new(), Vec::new());
    for (comment, _) in whole.iter().chain(&on_code) {
        let (name, number) = comment.place().unwrap();
        assert_eq!(name, NAME);
        if comment.is_on_pull_request() {
            on_pulls.push(map::comment(NAME, number, comment).asked());
        } else {
            on_issues.push(
                map::ticket_comment(&map::ticket_id(NAME, number), comment)
                    .set("source_key", comment.id.to_string())
                    .asked(),
            );
        }
    }
    let columns = [
        ("type", "place"),
        ("author_username", "author_id"),
        ("github_created_at", "created_at"),
        ("github_updated_at", "updated_at"),
        ("review_id", "review_id"),
        ("pull_request_id", "pull_request"),
    ];
    let mine = sheet(&on_pulls, "review_comments", "comment_id", &columns);
    let mut theirs = expected(&recording.expected("pull_request_comments"), "github_id", &columns);
    replace(&mut theirs, "type", |kind| (if kind == "DIFF" { "code" } else { "conversation" }).to_owned());
    replace(&mut theirs, "review_id", |id| if id == "0" { "NULL".to_owned() } else { id.to_owned() });
    let numbers = recording.numbers();
    replace(&mut theirs, "pull_request_id", |id| numbers.get(id).unwrap_or(&id.to_owned()).clone());
    compare("comments on pull requests", &mine, &theirs, &[]);

    let columns = [("author_username", "actor_id"), ("github_created_at", "happened_at"), ("issue_id", "ticket_id")];
    let mut mine = sheet(&on_issues, "ticket_events", "source_key", &columns);
    replace(&mut mine, "issue_id", |id| id.rsplit_once('#').unwrap().1.to_owned());
    let mut theirs = expected(&recording.expected("issue_comments"), "github_id", &columns);
    replace(&mut theirs, "issue_id", |id| numbers.get(id).unwrap_or(&id.to_owned()).clone());
    compare("comments on issues", &mine, &theirs, &[]);
}

#[test]
fn issues() {
    let Some(recording) = &*RECORDING else { return };
    let raw = recording.raw::<Issue>("issues");
    let said: Vec<Observation> = raw
        .iter()
        .filter_map(|(issue, _)| {
            assert_eq!(issue.repository().as_deref(), Some(NAME));
            map::ticket(NAME, issue, Voice::Asked)
        })
        .collect();
    let columns = [
        ("author_name", "requester_id"),
        ("github_created_at", "opened_at"),
        ("closed_at", "resolved_at"),
        ("github_updated_at", "updated_at"),
    ];
    let mine: Sheet = sheet(&said, "tickets", "ticket_id", &columns)
        .into_iter()
        .map(|(id, row)| (id.rsplit_once('#').unwrap().1.to_owned(), row))
        .collect();
    let theirs = expected(&recording.expected("issues"), "number", &columns);
    compare("issues", &mine, &theirs, &[]);
}

#[test]
fn events() {
    let Some(recording) = &*RECORDING else { return };
    let mut said = Vec::new();
    for (event, _) in recording.raw::<Event>("events") {
        let issue = event.issue.clone().unwrap();
        let row = if issue.is_pull_request() {
            map::pull_request_event(NAME, issue.number, &event, Voice::Asked)
        } else {
            map::ticket_event(&map::ticket_id(NAME, issue.number), &event, Voice::Asked)
        };
        said.extend(row);
    }
    check(&said);
    // DevLake knows an event by its number, we by its global id.
    let numbers: BTreeMap<String, String> = recording
        .raw::<Event>("events")
        .into_iter()
        .map(|(event, _)| (event.node_id.unwrap(), event.id.unwrap().to_string()))
        .collect();
    let columns =
        |issue| [("type", "event"), ("author_username", "actor_id"), ("github_created_at", "happened_at"), issue];
    let mut mine = sheet(&said, "pull_request_events", "event_id", &columns(("issue_id", "pull_request")));
    mine.extend(sheet(&said, "ticket_events", "event_id", &columns(("issue_id", "ticket_id"))));
    let mut mine: Sheet = mine.into_iter().map(|(id, row)| (numbers[&id].clone(), row)).collect();
    replace(&mut mine, "issue_id", |id| id.rsplit('#').next().unwrap().to_owned());
    let mut theirs = expected(&recording.expected("issue_events"), "github_id", &columns(("issue_id", "")));
    let numbers = recording.numbers();
    replace(&mut theirs, "issue_id", |id| numbers[id].clone());
    compare(
        "events",
        &mine,
        &theirs,
        &[
            ("row", "missing", "there", 2, "who was mentioned or subscribed is no moment of the pull request"),
            ("type", "head_force_pushed", "head_ref_force_pushed", 6, "the table's word"),
            ("type", "resolved", "closed", 10, "the table's word for tickets"),
        ],
    );
}

const FAILED: &str = "the table has one word for all that did not pass";
const RUNNING: &str = "the table's word for what has no result";

#[test]
fn runs() {
    let Some(recording) = &*RECORDING else { return };
    let said: Vec<Observation> = recording
        .raw::<Run>("runs")
        .iter()
        .map(|(run, _)| {
            assert_eq!(run.repository().as_deref(), Some(NAME));
            map::run(NAME, run, Voice::Asked)
        })
        .collect();
    let columns = [
        ("name", "workflow"),
        ("head_sha", "sha"),
        ("event", "trigger"),
        ("conclusion", "status"),
        ("run_attempt", "attempt"),
        ("run_started_at", "started_at"),
        ("github_updated_at", "updated_at"),
    ];
    let mine = sheet(&said, "builds", "build_id", &columns);
    let theirs = expected(&recording.expected("runs"), "id", &columns);
    compare(
        "runs",
        &mine,
        &theirs,
        &[
            ("conclusion", "failure", "timed_out", 1, FAILED),
            ("conclusion", "failure", "startup_failure", 1, FAILED),
            ("conclusion", "cancelled", "stale", 1, "GitHub gave it up"),
            ("conclusion", "success", "neutral", 1, "GitHub counts it as passed"),
            ("conclusion", "running", "action_required", 1, "it waits for leave and has no result"),
            ("conclusion", "running", "NULL", 7, RUNNING),
        ],
    );
    let finished = rows(&said, "builds").iter().filter(|values| values.contains_key("finished_at")).count();
    let running = rows(&said, "builds").iter().filter(|values| values["status"] == "running").count();
    assert_eq!(finished + running, said.len(), "what has a result is finished");
}

#[test]
fn jobs() {
    let Some(recording) = &*RECORDING else { return };
    let said: Vec<Observation> =
        recording.raw::<Job>("jobs").iter().filter_map(|(job, _)| map::job(NAME, job, Voice::Asked)).collect();
    let columns = [
        ("run_id", "build_id"),
        ("name", "name"),
        ("conclusion", "status"),
        ("started_at", "started_at"),
        ("completed_at", "finished_at"),
    ];
    let mine = sheet(&said, "build_jobs", "job_id", &columns);
    let mut theirs = expected(&recording.expected("jobs"), "id", &columns);
    replace(&mut theirs, "conclusion", str::to_lowercase);
    const LATER: &str = "what has no result is not finished, whatever time a recording was given by hand";
    compare(
        "jobs",
        &mine,
        &theirs,
        &[
            ("conclusion", "failure", "timed_out", 1, FAILED),
            ("conclusion", "failure", "startup_failure", 1, FAILED),
            ("conclusion", "cancelled", "stale", 1, "GitHub gave it up"),
            ("conclusion", "success", "neutral", 1, "GitHub counts it as passed"),
            ("conclusion", "running", "action_required", 1, "it waits for leave and has no result"),
            ("conclusion", "running", "null", 7, RUNNING),
            ("started_at", "NULL", "2021-03-02T09:24:49Z", 5, "GitHub fills in the creation of what has not started"),
            ("completed_at", "NULL", "2021-02-18T07:04:44Z", 1, LATER),
            ("completed_at", "NULL", "2021-02-18T07:05:57Z", 1, LATER),
            ("completed_at", "NULL", "2021-03-02T09:25:11Z", 6, LATER),
        ],
    );
}

#[test]
fn accounts() {
    let Some(recording) = &*RECORDING else { return };
    let columns = [("login", ""), ("name", ""), ("email", ""), ("type", "")];
    let mine: Sheet = recording
        .raw::<User>("accounts")
        .into_iter()
        .map(|(user, _)| {
            let text = |text: Option<String>| plain(&text.unwrap_or_default());
            let row = [("login", user.login), ("name", user.name), ("email", user.email), ("type", user.kind)];
            (user.id.unwrap().to_string(), row.map(|(name, value)| (name, text(value))).into())
        })
        .collect();
    compare("accounts", &mine, &expected(&recording.expected("account"), "id", &columns), &[]);
}

/// Two further recordings are about robots, who are marked by their logins alone.
#[test]
fn robots() {
    let Some(recording) = &*RECORDING else { return };
    let pulls = recording.raw::<PullRequest>("pull_requests_bot_filter");
    let said: Vec<Observation> =
        pulls.iter().map(|(pull, _)| map::pull_request("test/repo", pull, Voice::Asked)).collect();
    check(&said);
    let of = |values: &&Values, column: &str| values.get(column).cloned().unwrap_or_default();
    let found: Vec<_> = rows(&said, "pull_requests")
        .iter()
        .map(|values| (of(values, "author_id")["is_bot"] == true, of(values, "state"), of(values, "lines_added")))
        .collect();
    assert_eq!(found, [(true, "merged".into(), 10.into()), (false, "open".into(), 100.into())]);
    assert!(pulls.iter().all(|(pull, _)| pull.is_full()));

    let reviews = recording.raw::<Review>("pr_reviews_bot_filter");
    let is_bot = |review: &Review| {
        let row = map::review("test/repo", 1, review, review.submitted_at.unwrap(), Voice::Asked).unwrap();
        check(std::slice::from_ref(&row));
        rows(&[row], "reviews")[0]["reviewer_id"]["is_bot"] == true
    };
    assert_eq!(reviews.iter().map(|(review, _)| is_bot(review)).collect::<Vec<_>>(), [true, false]);
}
