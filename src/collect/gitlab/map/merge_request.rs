//! Merge requests as pull requests, their commits and what happened to them.

use super::{labels, mentioned, who};
use crate::collect::git::pulls::is_revert;
use crate::collect::gitlab::payload::{Commit, MergeRequest, Note, Size, StateEvent};
use crate::collect::observation::{Row, Who};
use crate::model::flow::{PULL_REQUEST_COMMITS, PULL_REQUEST_EVENTS, PULL_REQUESTS};
use chrono::{DateTime, Utc};

/// A merge request.
pub fn merge_request(repository: &str, merge: &MergeRequest, size: Size) -> Row {
    let state = match merge.state.as_str() {
        "merged" => "merged",
        "closed" => "closed",
        _ => "open",
    };
    let is_merged = state == "merged";
    let merged_by = [&merge.merge_commit_sha, &merge.squash_commit_sha, &merge.sha];
    // Without a commit of the merge's own the branch was moved forward to its newest one.
    let merge_sha = merged_by.into_iter().flatten().find(|sha| !sha.is_empty()).filter(|_| is_merged);
    let method = match (&merge.squash_commit_sha, &merge.merge_commit_sha) {
        _ if !is_merged => None,
        (Some(_), _) => Some("squash"),
        (None, Some(_)) => Some("merge"),
        (None, None) => None,
    };
    Row::of(&PULL_REQUESTS)
        .set("repository", repository)
        .set("number", merge.iid)
        .set("title", &merge.title)
        .set("author_id", who(merge.author.as_ref()))
        .set("state", state)
        .set("merge_method", method)
        .set("merge_sha", merge_sha)
        .set("created_at", merge.created_at)
        .set("merged_at", merge.merged_at.filter(|_| is_merged))
        // One that was opened again keeps the moment it was closed at.
        .set("closed_at", merge.closed_at.or(merge.merged_at).filter(|_| state != "open"))
        .set("commits", size.commits)
        .set("files_changed", size.files)
        .set("lines_added", size.lines_added)
        .set("lines_deleted", size.lines_deleted)
        .set("is_draft", merge.draft.or(merge.work_in_progress))
        .set("base_branch", &merge.target_branch)
        .set("labels", labels(merge.labels.as_ref(), "\n"))
        .set("is_revert", merge.title.as_deref().is_some_and(is_revert))
        .set("source_key", merge.id.map(|id| id.to_string()))
        .set("updated_at", merge_request_version(merge))
}

/// The version of a merge request. GitLab writes down the merge a moment after the change that it counts as the last: the later
/// moment counts.
pub fn merge_request_version(merge: &MergeRequest) -> DateTime<Utc> {
    [merge.merged_at, merge.closed_at].into_iter().flatten().fold(merge.updated_at, DateTime::max)
}

/// The commits of a merge request as it stood at `as_of`, its `updated_at`: a commit may leave it and come back.
pub fn commits(repository: &str, number: i64, commits: &[Commit], as_of: DateTime<Utc>) -> Vec<Row> {
    let row = |commit: &Commit| {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let author = Who { name: text(&commit.author_name), email: text(&commit.author_email), ..Who::default() };
        Row::of(&PULL_REQUEST_COMMITS)
            .set("repository", repository)
            .set("pull_request", number)
            .set("sha", &commit.id)
            .set("author_id", (author != Who::default()).then_some(author))
            .set("authored_at", commit.authored_date)
            .set("committed_at", commit.committed_date)
            .set("updated_at", as_of)
    };
    commits.iter().map(row).collect()
}

/// What GitLab's own sentences tell: drafts and requests for review. One sentence may name several people, and each is a row.
pub fn events(repository: &str, number: i64, notes: &[Note]) -> Vec<Row> {
    let mut rows = Vec::new();
    for note in notes.iter().filter(|note| note.system) {
        let Some(sentence) = note.body.as_deref() else { continue };
        for (part, event, subjects) in told(sentence) {
            let row = |subject: Option<Who>| {
                let whom = subject.as_ref().map(|who| format!(":{}", who.login)).unwrap_or_default();
                Row::of(&PULL_REQUEST_EVENTS)
                    .set("repository", repository)
                    .set("pull_request", number)
                    .set("event_id", format!("note-{}{part}{whom}", note.id))
                    .set("event", event)
                    .set("actor_id", who(note.author.as_ref()))
                    .set("subject_id", subject)
                    .set("happened_at", note.created_at)
                    .set("source_key", note.id.to_string())
                    .set("updated_at", note.created_at)
            };
            match subjects {
                None => rows.push(row(None)),
                Some(subjects) => rows.extend(subjects.into_iter().map(|subject| row(Some(subject)))),
            }
        }
    }
    rows
}

/// Closed, opened again or merged; `None` for a lock, which is a part of merging.
pub fn state_event(repository: &str, number: i64, event: &StateEvent) -> Option<Row> {
    let word = ["closed", "reopened", "merged"].into_iter().find(|word| *word == event.state)?;
    let row = Row::of(&PULL_REQUEST_EVENTS)
        .set("repository", repository)
        .set("pull_request", number)
        .set("event_id", format!("state-{}", event.id))
        .set("event", word)
        .set("actor_id", who(event.user.as_ref()))
        .set("happened_at", event.created_at)
        .set("source_key", event.id.to_string())
        .set("updated_at", event.created_at);
    Some(row)
}

/// The events in one sentence, which is in English whatever language people see:
/// <https://gitlab.com/gitlab-org/gitlab/-/blob/master/app/services/system_notes/merge_requests_service.rb> and
/// `issuables_service.rb` beside it. Each has a suffix that tells it from another of the same sentence.
fn told(sentence: &str) -> Vec<(&'static str, &'static str, Option<Vec<Who>>)> {
    let draft = ["marked this merge request as **draft**", "marked as a **Work In Progress**"];
    let ready = ["marked this merge request as **ready**", "unmarked as a **Work In Progress**"];
    if draft.iter().any(|it| sentence.starts_with(it)) {
        return vec![("", "converted_to_draft", None)];
    }
    if ready.iter().any(|it| sentence.starts_with(it)) {
        return vec![("", "ready_for_review", None)];
    }
    let (requested, removed) = ("requested review from ", "removed review request for ");
    let mut found = Vec::new();
    // "requested review from @a and removed review request for @b" is one sentence.
    let (mut asked, mut taken) = (sentence, "");
    if let Some(at) = sentence.find(removed) {
        (asked, taken) = sentence.split_at(at);
    }
    if asked.starts_with(requested) {
        found.push(("", "review_requested", Some(mentioned(asked))));
    }
    if !taken.is_empty() && (asked.is_empty() || asked.starts_with(requested)) {
        found.push(("-removed", "review_request_removed", Some(mentioned(taken))));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_events() {
        let told = |sentence: &str| {
            let words = |(part, event, people): (&str, &str, Option<Vec<Who>>)| {
                let people: Vec<String> = people.unwrap_or_default().into_iter().map(|it| it.login).collect();
                format!("{event}{part} {}", people.join(","))
            };
            told(sentence).into_iter().map(words).collect::<Vec<_>>()
        };
        assert_eq!(told("marked this merge request as **draft** from abc123"), ["converted_to_draft "]);
        assert_eq!(told("unmarked as a **Work In Progress**"), ["ready_for_review "]);
        assert_eq!(told("requested review from @a and @b"), ["review_requested a,b"]);
        assert_eq!(told("removed review request for @a"), ["review_request_removed-removed a"]);
        assert_eq!(
            told("requested review from @a and removed review request for @b"),
            ["review_requested a", "review_request_removed-removed b"]
        );
        assert_eq!(told("approved this merge request"), [""; 0]);
        assert_eq!(told("mentioned in issue: removed review request for @b"), [""; 0]);
    }
}
