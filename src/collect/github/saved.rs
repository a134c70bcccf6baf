//! A folder of answers of GitHub's API that were saved before, such as a backup.
//!
//! One rule: an object is recognised by its fields and not by its file's name, so that every layout of folders can be read:
//! files of list answers, the files of python-github-backup (an issue or pull request with `comment_data`, `review_data`
//! and so on inside) and those of github-metadata-backup (`type`, `pull` or `issue`, `events`, `comments`).

use super::client::PRODUCT;
use super::map::{self, Voice};
use super::payload::{
    Comment, Commit, Deployment, Event, Issue, Job, PayloadError, PullRequest, Release, Repository, Review, Run, parse,
    read,
};
use crate::collect::observation::Observation;
use crate::collect::{CollectError, Result};
use crate::model::flow;
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Whether the issues of a repository, named as `owner/name`, are support tickets.
pub type TakesTickets<'a> = &'a dyn Fn(&str) -> bool;

/// The JSON files at `path`, a folder or one file, sorted.
///
/// # Errors
/// [`CollectError::Source`] when a folder cannot be listed or no JSON file is there.
pub fn files(path: &Path) -> Result<Vec<PathBuf>> {
    crate::collect::saved::files(path, PRODUCT)
}

/// What one file says; nothing where it holds none of the objects that are read here. Issues are support requests where
/// `tickets` says so.
///
/// A pull request without sizes, as lists have it, is said as told: a full one of the same moment stands.
///
/// # Errors
/// [`CollectError::Source`] with the file and the place in it, when it is no JSON or a field has another type. Other files
/// can be read all the same.
pub fn read_file(file: &Path, tickets: TakesTickets<'_>) -> Result<Vec<Observation>> {
    let text = std::fs::read(file).map_err(|error| problem(file, error))?;
    let json = parse(&text).map_err(|error| problem(file, error))?;
    said(&json, tickets).map_err(|error| problem(file, error))
}

fn problem(path: &Path, message: impl std::fmt::Display) -> CollectError {
    CollectError::Source { path: path.to_owned(), message: message.to_string() }
}

fn said(json: &Value, tickets: TakesTickets<'_>) -> Result<Vec<Observation>, PayloadError> {
    match json {
        Value::Array(objects) => list(objects, "", tickets),
        Value::Object(fields) => {
            // Lists of runs and jobs come with their number.
            for name in ["workflow_runs", "jobs"] {
                if let Some(Value::Array(objects)) = fields.get(name) {
                    return list(objects, name, tickets);
                }
            }
            object(json, tickets)
        }
        _ => Ok(Vec::new()),
    }
}

fn list(objects: &[Value], name: &str, tickets: TakesTickets<'_>) -> Result<Vec<Observation>, PayloadError> {
    let mut rows = Vec::new();
    for (index, json) in objects.iter().enumerate() {
        let within = |error: PayloadError| {
            let dot = if error.path.is_empty() || error.path.starts_with('[') { "" } else { "." };
            PayloadError { path: format!("{name}[{index}]{dot}{}", error.path), message: error.message }
        };
        rows.extend(object(json, tickets).map_err(within)?);
    }
    Ok(rows)
}

fn object(json: &Value, tickets: TakesTickets<'_>) -> Result<Vec<Observation>, PayloadError> {
    let has = |name: &str| json.get(name).is_some();
    let is = |kind: &str| has(kind) && json.get("type").and_then(Value::as_str) == Some(kind);
    Ok(if is("pull") {
        mirrored_pull(&read(json)?)
    } else if is("issue") {
        mirrored_issue(&read(json)?, tickets)
    } else if has("base") && has("number") && has("title") {
        pull(&read(json)?, &read(json)?)
    } else if has("number") && has("title") && has("events_url") {
        issue(&read(json)?, &read(json)?, tickets)
    } else if has("tag_name") {
        let release: Release = read(json)?;
        release.repository().and_then(|name| map::release(&name, &release, Voice::Asked)).into_iter().collect()
    } else if has("diff_hunk") || has("pull_request_review_id") || (has("issue_url") && !has("event")) {
        comment(&read(json)?, tickets)
    } else if has("pull_request_url") && has("state") {
        let found: Review = read(json)?;
        let row = found.place().zip(found.submitted_at).and_then(|((name, number), at)| {
            // Whoever saved it did not save when: a review that came with its pull request is newer.
            map::review(&name, number, &found, at, Voice::Asked)
        });
        row.into_iter().collect()
    } else if has("event") && has("issue") {
        repository_event(&read(json)?, tickets)
    } else if has("workflow_id") && has("run_number") {
        let run: Run = read(json)?;
        run.repository().map(|name| map::run(&name, &run, Voice::Asked)).into_iter().collect()
    } else if has("run_id") && has("run_url") {
        let job: Job = read(json)?;
        job.repository().and_then(|name| map::job(&name, &job, Voice::Asked)).into_iter().collect()
    } else if has("task") && has("environment") {
        deployment(&read(json)?)
    } else if has("full_name") && has("default_branch") {
        map::repository(&read::<Repository>(json)?, Voice::Asked).into_iter().collect()
    } else {
        Vec::new()
    })
}

/// What python-github-backup puts into an issue or pull request.
#[derive(Deserialize)]
struct Embedded {
    commit_data: Option<Vec<Commit>>,
    review_data: Option<Vec<Review>>,
    /// Comments on lines in a pull request, on the whole in an issue.
    comment_data: Option<Vec<Comment>>,
    comment_regular_data: Option<Vec<Comment>>,
    event_data: Option<Vec<Event>>,
    timeline_data: Option<Vec<Event>>,
}

/// GitHub lists no more commits of a pull request: <https://docs.github.com/en/rest/pulls/pulls>.
const MOST_COMMITS: usize = 250;

fn pull(pull: &PullRequest, embedded: &Embedded) -> Vec<Observation> {
    let Some(name) = pull.repository() else { return Vec::new() };
    let (number, as_of) = (pull.number, pull.updated_at);
    let mut rows = vec![pull_row(&name, pull)];
    if let Some(commits) = &embedded.commit_data {
        let found = map::commits(&name, number, commits, as_of);
        let whole =
            (commits.len() < MOST_COMMITS).then(|| map::whole(&flow::PULL_REQUEST_COMMITS, &name, number, &found));
        rows.extend(found.into_iter().chain(whole));
    }
    if let Some(reviews) = &embedded.review_data {
        let found = reviews.iter().filter_map(|review| map::review(&name, number, review, as_of, Voice::Asked));
        let found: Vec<Observation> = found.collect();
        let whole = map::whole(&flow::REVIEWS, &name, number, &found);
        rows.extend(found.into_iter().chain([whole]));
    }
    let comments = |comments: &Option<Vec<Comment>>| {
        let rows = comments.iter().flatten().map(|comment| map::comment(&name, number, comment).asked());
        rows.collect::<Vec<Observation>>()
    };
    let found = [comments(&embedded.comment_data), comments(&embedded.comment_regular_data)].concat();
    let is_whole = embedded.comment_data.is_some() && embedded.comment_regular_data.is_some();
    let whole = is_whole.then(|| map::whole(&flow::REVIEW_COMMENTS, &name, number, &found));
    rows.extend(found.into_iter().chain(whole));
    for events in [&embedded.event_data, &embedded.timeline_data].into_iter().flatten() {
        rows.extend(timeline(&name, pull, events));
    }
    rows
}

fn pull_row(name: &str, pull: &PullRequest) -> Observation {
    map::pull_request(name, pull, if pull.is_full() { Voice::Asked } else { Voice::Told })
}

/// The timeline, and the statement that no further event is known.
fn timeline(name: &str, pull: &PullRequest, events: &[Event]) -> Vec<Observation> {
    let mut rows = map::timeline(name, pull.number, events, pull.updated_at);
    rows.push(map::whole(&flow::PULL_REQUEST_EVENTS, name, pull.number, &rows));
    rows
}

fn issue(issue: &Issue, embedded: &Embedded, tickets: TakesTickets<'_>) -> Vec<Observation> {
    let Some(name) = issue.repository() else { return Vec::new() };
    let events = embedded.event_data.iter().chain(&embedded.timeline_data).flatten();
    let comments = embedded.comment_data.iter().flatten();
    if issue.is_pull_request() {
        let comments = comments.map(|comment| map::comment(&name, issue.number, comment).asked());
        let events = events.filter_map(|event| map::pull_request_event(&name, issue.number, event, Voice::Asked));
        return comments.chain(events).collect();
    }
    if !tickets(&name) {
        return Vec::new();
    }
    let id = map::ticket_id(&name, issue.number);
    let row = map::ticket(&name, issue, Voice::Asked).into_iter();
    let comments = comments.map(|comment| map::ticket_comment(&id, comment).asked());
    row.chain(comments).chain(events.filter_map(|event| map::ticket_event(&id, event, Voice::Asked))).collect()
}

/// A file of github-metadata-backup.
#[derive(Deserialize)]
struct MirroredPull {
    pull: PullRequest,
    /// The timeline.
    events: Option<Vec<Event>>,
    /// Comments on lines.
    comments: Option<Vec<Comment>>,
}

fn mirrored_pull(file: &MirroredPull) -> Vec<Observation> {
    let Some(name) = file.pull.repository() else { return Vec::new() };
    let mut rows = vec![pull_row(&name, &file.pull)];
    rows.extend(file.events.iter().flat_map(|events| timeline(&name, &file.pull, events)));
    let comments = file.comments.iter().flatten();
    rows.extend(comments.map(|comment| map::comment(&name, file.pull.number, comment).asked()));
    rows
}

/// A file of github-metadata-backup.
#[derive(Deserialize)]
struct MirroredIssue {
    issue: Issue,
    events: Option<Vec<Event>>,
}

fn mirrored_issue(file: &MirroredIssue, tickets: TakesTickets<'_>) -> Vec<Observation> {
    let Some(name) = file.issue.repository().filter(|name| tickets(name)) else { return Vec::new() };
    let id = map::ticket_id(&name, file.issue.number);
    let events = file.events.iter().flatten().filter_map(|event| map::ticket_event(&id, event, Voice::Asked));
    map::ticket(&name, &file.issue, Voice::Asked).into_iter().chain(events).collect()
}

fn comment(comment: &Comment, tickets: TakesTickets<'_>) -> Vec<Observation> {
    let Some((name, number)) = comment.place() else { return Vec::new() };
    let row = if comment.is_on_pull_request() {
        Some(map::comment(&name, number, comment))
    } else {
        tickets(&name).then(|| map::ticket_comment(&map::ticket_id(&name, number), comment))
    };
    row.map(|row| row.asked()).into_iter().collect()
}

fn repository_event(event: &Event, tickets: TakesTickets<'_>) -> Vec<Observation> {
    let Some((issue, name)) = event.issue.as_ref().and_then(|issue| Some((issue, issue.repository()?))) else {
        return Vec::new();
    };
    let row = if issue.is_pull_request() {
        map::pull_request_event(&name, issue.number, event, Voice::Asked)
    } else {
        tickets(&name).then(|| map::ticket_event(&map::ticket_id(&name, issue.number), event, Voice::Asked)).flatten()
    };
    row.into_iter().collect()
}

/// A deployment says nothing of how it went: without its reports it gives no row.
fn deployment(deployment: &Deployment) -> Vec<Observation> {
    let Some((name, statuses)) = deployment.repository().zip(deployment.statuses.as_ref()) else { return Vec::new() };
    let reports = statuses.iter().map(|status| map::deployment_status(&name, deployment, status, Voice::Asked));
    std::iter::once(map::deployment(&name, deployment, statuses, Voice::Asked)).chain(reports).collect()
}
