//! Pull requests and their reviews.

use super::{Window, newest};
use crate::simulate::Result;
use crate::simulate::names::{self, login};
use crate::simulate::organisation::Repository;
use crate::simulate::pull_request::PullRequest;
use crate::simulate::review::Review;
use crate::simulate::sheet::{Cell, Sheet};

pub const PULL_REQUESTS: [&str; 21] = [
    "repository",
    "number",
    "title",
    "author_id",
    "state",
    "merge_method",
    "first_commit_at",
    "created_at",
    "ready_at",
    "first_review_at",
    "approved_at",
    "merged_at",
    "closed_at",
    "deployed_at",
    "commits",
    "files_changed",
    "lines_added",
    "lines_deleted",
    "review_comments",
    "is_revert",
    "updated_at",
];
pub const REVIEWS: [&str; 8] =
    ["repository", "pull_request", "review_id", "reviewer_id", "state", "submitted_at", "comments", "updated_at"];

pub fn add_pull_request(
    sheet: &mut Sheet,
    repository: &Repository,
    pull_request: &PullRequest,
    reviews: &[Review],
    window: Window,
) -> Result<()> {
    let schedule = &pull_request.schedule;
    let is_bot = pull_request.author.is_none();
    let title = names::title(is_bot, pull_request.is_revert, pull_request.title_choice);
    let author = pull_request.author.map_or_else(|| names::BOT.into(), login);
    let ready = window.seen(Some(schedule.ready));
    let first_review = window.seen(schedule.first_review);
    let approved = window.seen(schedule.approved);
    let merged = window.seen(schedule.merged);
    let closed = window.seen(Some(schedule.closed));
    let deployed = window.seen(pull_request.deployed);
    let seen = reviews.iter().filter(|review| review.submitted < window.until);
    let last_review = seen.clone().map(|review| review.submitted).max();
    let state = match (merged, closed) {
        (Some(_), _) => "merged",
        (None, Some(_)) => "closed",
        (None, None) => "open",
    };
    sheet.push(&[
        Cell::Text(Some(&repository.name)),
        Cell::Int(Some(pull_request.number)),
        Cell::Text(Some(&title)),
        Cell::Text(Some(&author)),
        Cell::Text(Some(state)),
        Cell::Text(merged.map(|_| repository.merge_method)),
        Cell::Time(Some(schedule.first_commit)),
        Cell::Time(Some(schedule.created)),
        Cell::Time(ready),
        Cell::Time(first_review),
        Cell::Time(approved),
        Cell::Time(merged),
        Cell::Time(closed),
        Cell::Time(deployed),
        Cell::Int(Some(pull_request.commits)),
        Cell::Int(Some(pull_request.files)),
        Cell::Int(Some(pull_request.lines_added)),
        Cell::Int(Some(pull_request.lines_deleted)),
        Cell::Int(Some(seen.map(|review| review.comments).sum())),
        Cell::Bool(pull_request.is_revert),
        newest(&[Some(schedule.created), ready, last_review, approved, closed, deployed]),
    ])
}

pub fn add_reviews(
    sheet: &mut Sheet,
    repository: &Repository,
    pull_request: &PullRequest,
    reviews: &[Review],
    window: Window,
) -> Result<()> {
    for (ordinal, review) in reviews.iter().enumerate().filter(|(_, review)| review.submitted < window.until) {
        sheet.push(&[
            Cell::Text(Some(&repository.name)),
            Cell::Int(Some(pull_request.number)),
            Cell::Text(Some(&format!("{:03}", ordinal + 1))),
            Cell::Text(review.reviewer.map(login).as_deref()),
            Cell::Text(Some(review.state)),
            Cell::Time(Some(review.submitted)),
            Cell::Int(Some(review.comments)),
            Cell::Time(Some(review.submitted)),
        ])?;
    }
    Ok(())
}
