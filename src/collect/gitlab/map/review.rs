//! Approvals and comments on code as reviews, and all comments.

use super::who;
use crate::collect::gitlab::payload::{Approvals, Note, User};
use crate::collect::observation::Row;
use crate::model::flow::{REVIEW_COMMENTS, REVIEWS};
use chrono::{DateTime, Utc};

/// The reviews of a merge request as it stood at `as_of`, its `updated_at`, from all of its notes and, where they are known, the
/// approvals that stand.
///
/// An approval is `approved` at the moment that GitLab's sentence about it says, and `dismissed` when a later sentence takes it
/// back or it no longer stands. A comment on lines is a review `commented` of its own: GitLab does not say which of them were
/// sent together.
pub fn reviews(
    repository: &str,
    number: i64,
    notes: &[Note],
    approvals: Option<&Approvals>,
    as_of: DateTime<Utc>,
) -> Vec<Row> {
    let row = |id: String, user: Option<&User>, state: &str, at: DateTime<Utc>| {
        Row::of(&REVIEWS)
            .set("repository", repository)
            .set("pull_request", number)
            .set("review_id", id)
            .set("reviewer_id", who(user))
            .set("state", state)
            .set("submitted_at", at)
            .set("updated_at", as_of.max(at))
    };
    let mut rows = Vec::new();
    let mut told = Vec::new();
    for note in notes {
        let id = review_id(note);
        if is_on_code(note) {
            rows.push(row(id, note.author.as_ref(), "commented", note.created_at));
        } else if says(note, "approved this merge request") {
            let stands = stands(note, notes, approvals);
            told.extend(account(note.author.as_ref()).filter(|_| stands));
            rows.push(row(id, note.author.as_ref(), if stands { "approved" } else { "dismissed" }, note.created_at));
        } else if says(note, "requested changes") {
            rows.push(row(id, note.author.as_ref(), "changes_requested", note.created_at));
        }
    }
    // One that no sentence tells of, where it at least says when.
    for approval in approvals.into_iter().flat_map(|approvals| &approvals.approved_by) {
        if let (Some(id), Some(at)) = (account(approval.user.as_ref()), approval.approved_at)
            && !told.contains(&id)
        {
            rows.push(row(format!("approval-{id}"), approval.user.as_ref(), "approved", at));
        }
    }
    rows
}

/// What people wrote on a merge request.
pub fn comments(repository: &str, number: i64, notes: &[Note]) -> Vec<Row> {
    let row = |note: &Note| {
        Row::of(&REVIEW_COMMENTS)
            .set("repository", repository)
            .set("pull_request", number)
            .set("comment_id", note.id.to_string())
            .set("place", if is_on_code(note) { "code" } else { "conversation" })
            .set("review_id", is_on_code(note).then(|| review_id(note)))
            .set("author_id", who(note.author.as_ref()))
            .set("created_at", note.created_at)
            .set("source_key", note.id.to_string())
            .set("updated_at", note.updated_at.unwrap_or(note.created_at))
    };
    notes.iter().filter(|note| !note.system).map(row).collect()
}

fn review_id(note: &Note) -> String {
    format!("note-{}", note.id)
}

fn is_on_code(note: &Note) -> bool {
    !note.system && note.kind.as_deref() == Some("DiffNote")
}

fn says(note: &Note, sentence: &str) -> bool {
    note.system && note.body.as_deref().is_some_and(|body| body.starts_with(sentence))
}

/// Whether an approval holds: nobody took it back, and GitLab lists it where it lists any.
fn stands(note: &Note, notes: &[Note], approvals: Option<&Approvals>) -> bool {
    let account = account(note.author.as_ref());
    let is_later = |other: &&Note| (other.created_at, other.id) > (note.created_at, note.id);
    let is_taken_back =
        |other: &Note| says(other, "unapproved this merge request") && self::account(other.author.as_ref()) == account;
    let is_listed =
        |approvals: &Approvals| approvals.approved_by.iter().any(|it| self::account(it.user.as_ref()) == account);
    !notes.iter().filter(is_later).any(is_taken_back) && approvals.is_none_or(is_listed)
}

fn account(user: Option<&User>) -> Option<i64> {
    user.and_then(|user| user.id)
}
