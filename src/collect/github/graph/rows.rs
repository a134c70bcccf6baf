//! A pull request of GraphQL as rows: itself and all its parts, each part as a complete list.
//!
//! GraphQL's objects are turned into those of REST, so that one mapping decides what they mean.

use super::{Actor, Comment, Commit, Event, Pull, Review, Reviewer};
use crate::collect::github::map::{self, Voice};
use crate::collect::github::payload;
use crate::collect::observation::{Observation, Row};
use crate::model::Table;
use crate::model::flow::{PULL_REQUEST_COMMITS, PULL_REQUEST_EVENTS, REVIEW_COMMENTS, REVIEWS};
use serde_json::Value;

/// Events by their GraphQL type, in the words of REST.
const EVENTS: [(&str, &str); 8] = [
    ("ReadyForReviewEvent", "ready_for_review"),
    ("ConvertToDraftEvent", "convert_to_draft"),
    ("HeadRefForcePushedEvent", "head_ref_force_pushed"),
    ("ClosedEvent", "closed"),
    ("ReopenedEvent", "reopened"),
    ("MergedEvent", "merged"),
    ("ReviewRequestedEvent", "review_requested"),
    ("ReviewRequestRemovedEvent", "review_request_removed"),
];

/// Everything the tables hold of one pull request.
pub(in crate::collect::github) fn observations(repository: &str, pull: &Pull) -> Vec<Observation> {
    let (number, as_of) = (pull.number, pull.updated_at);
    let mut all = vec![map::pull_request(repository, &itself(pull), Voice::Asked)];
    let mut part = |table: &'static Table, rows: Vec<Observation>| {
        let last = table.key.last().copied().unwrap_or_default();
        let keys: Vec<Value> = rows.iter().filter_map(|row| row.subject().1.get(last).cloned()).collect();
        let of = Row::of(table).set("repository", repository).set("pull_request", number);
        all.extend(rows);
        all.push(of.set("updated_at", as_of).whole(keys));
    };
    let commits: Vec<payload::Commit> = pull.commits.items().map(|node| commit(&node.commit)).collect();
    part(&PULL_REQUEST_COMMITS, map::commits(repository, number, &commits, as_of));
    let reviews = pull.reviews.iter().flat_map(|reviews| reviews.items()).filter_map(review);
    let row = |review| map::review(repository, number, &review, as_of, Voice::Asked);
    part(&REVIEWS, reviews.filter_map(row).collect());
    let on_code = pull.review_threads.items().flat_map(|thread| thread.comments.items());
    let comments = on_code.chain(pull.comments.items()).filter_map(comment);
    part(&REVIEW_COMMENTS, comments.map(|comment| map::comment(repository, number, &comment).asked()).collect());
    let events = pull.timeline_items.items().filter_map(event);
    let row = |event| map::pull_request_event(repository, number, &event, Voice::Asked);
    part(&PULL_REQUEST_EVENTS, events.filter_map(row).collect());
    all
}

fn itself(pull: &Pull) -> payload::PullRequest {
    let label = |label: &super::Label| payload::Label::Name(label.name.clone());
    payload::PullRequest {
        id: None,
        node_id: Some(pull.id.clone()),
        url: None,
        number: pull.number,
        title: Some(pull.title.clone()),
        user: pull.author.as_ref().map(user),
        state: None,
        draft: Some(pull.is_draft),
        labels: Some(pull.labels.iter().flat_map(|labels| labels.items()).map(label).collect()),
        created_at: Some(pull.created_at),
        updated_at: pull.updated_at,
        closed_at: pull.closed_at,
        merged_at: pull.merged_at,
        merge_commit_sha: pull.merge_commit.as_ref().map(|commit| commit.oid.clone()),
        base: Some(payload::Branch { name: Some(pull.base_ref_name.clone()), repo: None }),
        commits: pull.commits.total_count,
        additions: Some(pull.additions),
        deletions: Some(pull.deletions),
        changed_files: Some(pull.changed_files),
    }
}

fn commit(commit: &Commit) -> payload::Commit {
    let author = commit.author.as_ref();
    let signature = |date, author: Option<&super::GitActor>| payload::Signature {
        name: author.and_then(|author| author.name.clone()),
        email: author.and_then(|author| author.email.clone()),
        date: Some(date),
    };
    payload::Commit {
        sha: commit.oid.clone(),
        node_id: Some(commit.id.clone()),
        commit: payload::GitCommit {
            author: Some(signature(commit.authored_date, author)),
            committer: Some(signature(commit.committed_date, None)),
        },
        author: author.and_then(|author| author.user.as_ref()).map(user),
    }
}

fn review(review: &Review) -> Option<payload::Review> {
    Some(payload::Review {
        id: number(review.full_database_id.as_ref())?,
        node_id: Some(review.id.clone()),
        user: review.author.as_ref().map(user),
        state: Some(review.state.clone()),
        submitted_at: review.submitted_at,
        pull_request_url: None,
    })
}

fn comment(comment: &Comment) -> Option<payload::Comment> {
    let review = comment.pull_request_review.as_ref();
    Some(payload::Comment {
        id: number(comment.full_database_id.as_ref())?,
        node_id: Some(comment.id.clone()),
        user: comment.author.as_ref().map(user),
        created_at: comment.created_at,
        updated_at: Some(comment.updated_at),
        pull_request_review_id: review.and_then(|review| number(review.full_database_id.as_ref())),
        pull_request_url: None,
        issue_url: None,
        html_url: None,
    })
}

fn event(event: &Event) -> Option<payload::Event> {
    let word = EVENTS.iter().find(|(kind, _)| *kind == event.kind)?.1;
    let (person, team) = match &event.requested_reviewer {
        Some(Reviewer::Account(account)) => (Some(user(account)), None),
        Some(Reviewer::Team { slug }) => (None, Some(slug.clone())),
        Some(Reviewer::Other {}) | None => (None, None),
    };
    Some(payload::Event {
        node_id: event.id.clone(),
        event: Some(word.to_owned()),
        actor: event.actor.as_ref().map(user),
        created_at: event.created_at,
        requested_reviewer: person,
        requested_team: team.map(|slug| payload::Team { slug: Some(slug), ..payload::Team::default() }),
        ..payload::Event::default()
    })
}

/// GraphQL leaves out the brackets that every other door puts behind a bot's login.
pub(super) fn user(actor: &Actor) -> payload::User {
    let is_bare_bot = actor.kind.as_deref() == Some("Bot") && !actor.login.ends_with("[bot]");
    let login = if is_bare_bot { format!("{}[bot]", actor.login) } else { actor.login.clone() };
    payload::User { id: actor.database_id, login: Some(login), kind: actor.kind.clone(), ..payload::User::default() }
}

/// A `BigInt` comes as text or as a number.
fn number(value: Option<&Value>) -> Option<i64> {
    let value = value?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}
