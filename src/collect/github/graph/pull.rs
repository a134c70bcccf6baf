//! A pull request of GraphQL as rows: itself and all its parts, each part as a complete list.

use super::Item;
use super::nested::{Connection, Nested};
use super::parts::{self, Actor, Comment, Event, Label, user};
use crate::collect::github::map::{self, Voice};
use crate::collect::github::{ListCursor, RepositoryCursor, payload};
use crate::collect::observation::{Observation, Row};
use crate::model::Table;
use crate::model::flow::{PULL_REQUEST_COMMITS, PULL_REQUEST_EVENTS, REVIEW_COMMENTS, REVIEWS};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// A pull request with all its parts.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::collect::github) struct Pull {
    id: String,
    number: i64,
    title: String,
    is_draft: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    closed_at: Option<DateTime<Utc>>,
    merged_at: Option<DateTime<Utc>>,
    base_ref_name: String,
    additions: i64,
    deletions: i64,
    changed_files: i64,
    merge_commit: Option<Oid>,
    author: Option<Actor>,
    labels: Option<Connection<Label>>,
    commits: Connection<CommitNode>,
    reviews: Option<Connection<Review>>,
    comments: Connection<Comment>,
    review_threads: Connection<Thread>,
    timeline_items: Connection<Event>,
}

#[derive(Clone, Debug, Deserialize)]
struct Oid {
    oid: String,
}

#[derive(Clone, Debug, Deserialize)]
struct CommitNode {
    commit: Commit,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Commit {
    id: String,
    oid: String,
    authored_date: DateTime<Utc>,
    committed_date: DateTime<Utc>,
    author: Option<GitActor>,
}

#[derive(Clone, Debug, Deserialize)]
struct GitActor {
    name: Option<String>,
    email: Option<String>,
    user: Option<Actor>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review {
    id: String,
    full_database_id: Option<Value>,
    state: String,
    submitted_at: Option<DateTime<Utc>>,
    author: Option<Actor>,
}

#[derive(Clone, Debug, Deserialize)]
struct Thread {
    id: String,
    comments: Connection<Comment>,
}

impl Item for Pull {
    const NAME: &'static str = "pull requests";
    const FIELD: &'static str = "pullRequests";
    const FRAGMENT: &'static str = "pull";
    const PATH: &'static str = "pulls";

    fn cursor(repository: &mut RepositoryCursor) -> &mut ListCursor {
        &mut repository.pulls
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    fn lists(&mut self) -> Vec<Nested<'_>> {
        let (id, kind) = (&self.id, "PullRequest");
        let mut lists = Vec::new();
        if let Some(list) = &mut self.labels {
            lists.push(Nested::of(id, kind, "labels", "labels", list));
        }
        lists.push(Nested::of(id, kind, "commits", "commits", &mut self.commits));
        if let Some(list) = &mut self.reviews {
            lists.push(Nested::of(id, kind, "reviews", "reviews", list));
        }
        lists.push(Nested::of(id, kind, "comments", "comments", &mut self.comments));
        lists.push(Nested::of(id, kind, "timelineItems", "pullEvents", &mut self.timeline_items).typed());
        // All threads are known when their comments are read on.
        if self.review_threads.page_info.has_next_page {
            lists.push(Nested::of(id, kind, "reviewThreads", "threads", &mut self.review_threads));
        } else {
            let threads = self.review_threads.nodes.iter_mut().flatten();
            lists.extend(threads.map(|thread| {
                let list = &mut thread.comments;
                Nested::of(&thread.id, "PullRequestReviewThread", "comments", "threadComments", list)
            }));
        }
        lists
    }

    fn observations(&self, repository: &str) -> Vec<Observation> {
        let (number, as_of) = (self.number, self.updated_at);
        let mut all = vec![map::pull_request(repository, &self.itself(), Voice::Asked)];
        let mut part = |table: &'static Table, rows: Vec<Observation>| {
            let of = Row::of(table).set("repository", repository).set("pull_request", number);
            let whole = of.set("updated_at", as_of).whole_of(&rows);
            all.extend(rows.into_iter().chain([whole]));
        };
        let commits: Vec<payload::Commit> = self.commits.items().map(|node| commit(&node.commit)).collect();
        part(&PULL_REQUEST_COMMITS, map::commits(repository, number, &commits, as_of));
        let reviews = self.reviews.iter().flat_map(|reviews| reviews.items()).filter_map(review);
        let row = |review| map::review(repository, number, &review, as_of, Voice::Asked);
        part(&REVIEWS, reviews.filter_map(row).collect());
        let on_code = self.review_threads.items().flat_map(|thread| thread.comments.items());
        let comments = on_code.chain(self.comments.items()).filter_map(parts::comment);
        part(&REVIEW_COMMENTS, comments.map(|comment| map::comment(repository, number, &comment).asked()).collect());
        let events = self.timeline_items.items().filter_map(parts::event);
        let row = |event| map::pull_request_event(repository, number, &event, Voice::Asked);
        part(&PULL_REQUEST_EVENTS, events.filter_map(row).collect());
        all
    }
}

impl Pull {
    fn itself(&self) -> payload::PullRequest {
        payload::PullRequest {
            id: None,
            node_id: Some(self.id.clone()),
            url: None,
            number: self.number,
            title: Some(self.title.clone()),
            user: self.author.as_ref().map(user),
            state: None,
            draft: Some(self.is_draft),
            labels: Some(self.labels.iter().flat_map(|labels| labels.items()).map(parts::label).collect()),
            created_at: Some(self.created_at),
            updated_at: self.updated_at,
            closed_at: self.closed_at,
            merged_at: self.merged_at,
            merge_commit_sha: self.merge_commit.as_ref().map(|commit| commit.oid.clone()),
            base: Some(payload::Branch { name: Some(self.base_ref_name.clone()), repo: None }),
            commits: self.commits.total_count,
            additions: Some(self.additions),
            deletions: Some(self.deletions),
            changed_files: Some(self.changed_files),
        }
    }
}

fn commit(commit: &Commit) -> payload::Commit {
    let author = commit.author.as_ref();
    let signature = |date, author: Option<&GitActor>| payload::Signature {
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
        id: parts::number(review.full_database_id.as_ref())?,
        node_id: Some(review.id.clone()),
        user: review.author.as_ref().map(user),
        state: Some(review.state.clone()),
        submitted_at: review.submitted_at,
        pull_request_url: None,
    })
}
