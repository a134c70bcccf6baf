//! A pull request of GraphQL as rows: itself and all its parts, each part as a complete list.

use super::{Actor, Comment, Event, Pull, Review};
use crate::collect::git::pulls::is_revert;
use crate::collect::observation::{Observation, Row, Who};
use crate::model::flow::{PULL_REQUEST_COMMITS, PULL_REQUEST_EVENTS, PULL_REQUESTS, REVIEW_COMMENTS, REVIEWS};
use serde_json::Value;

/// Events by their GraphQL type, in the words of the table.
const EVENTS: [(&str, &str); 8] = [
    ("ReadyForReviewEvent", "ready_for_review"),
    ("ConvertToDraftEvent", "converted_to_draft"),
    ("HeadRefForcePushedEvent", "head_force_pushed"),
    ("ClosedEvent", "closed"),
    ("ReopenedEvent", "reopened"),
    ("MergedEvent", "merged"),
    ("ReviewRequestedEvent", "review_requested"),
    ("ReviewRequestRemovedEvent", "review_request_removed"),
];

/// Everything the tables hold of one pull request.
pub(in crate::collect::github) fn observations(repository: &str, pull: &Pull) -> Vec<Observation> {
    let of = Of { repository, pull };
    let mut all = vec![of.pull_request()];
    all.extend(of.commits());
    all.extend(of.reviews());
    all.extend(of.comments());
    all.extend(of.events());
    all
}

struct Of<'a> {
    repository: &'a str,
    pull: &'a Pull,
}

impl Of<'_> {
    fn pull_request(&self) -> Observation {
        let pull = self.pull;
        let state = match (&pull.merged_at, &pull.closed_at) {
            (Some(_), _) => "merged",
            (None, Some(_)) => "closed",
            (None, None) => "open",
        };
        let mut labels: Vec<&str> =
            pull.labels.iter().flat_map(|it| it.nodes.iter().flatten()).map(|it| it.name.as_str()).collect();
        labels.sort_unstable();
        Row::of(&PULL_REQUESTS)
            .set("repository", self.repository)
            .set("number", pull.number)
            .set("title", &pull.title)
            .set("author_id", pull.author.as_ref().map(who))
            .set("state", state)
            .set("merge_sha", pull.merged_at.as_ref().and(pull.merge_commit.as_ref()).map(|it| &it.oid))
            .set("created_at", &pull.created_at)
            .set("merged_at", &pull.merged_at)
            .set("closed_at", &pull.closed_at)
            .set("commits", pull.commits.total_count)
            .set("files_changed", pull.changed_files)
            .set("lines_added", pull.additions)
            .set("lines_deleted", pull.deletions)
            .set("is_draft", pull.is_draft)
            .set("base_branch", &pull.base_ref_name)
            .set("labels", (!labels.is_empty()).then(|| labels.join("\n")))
            .set("is_revert", is_revert(&pull.title))
            .set("source_key", &pull.id)
            .set("updated_at", &pull.updated_at)
            .asked()
    }

    /// A part of the pull request. Parts without a version of their own have that of the whole.
    fn part(&self, table: &'static crate::model::Table) -> Row {
        Row::of(table).set("repository", self.repository).set("pull_request", self.pull.number)
    }

    fn whole(&self, table: &'static crate::model::Table, keys: Vec<Value>) -> Observation {
        self.part(table).set("updated_at", &self.pull.updated_at).whole(keys)
    }

    fn commits(&self) -> Vec<Observation> {
        let commits = || self.pull.commits.nodes.iter().flatten().map(|node| &node.commit);
        let mut all: Vec<Observation> = commits()
            .map(|commit| {
                let author = commit.author.as_ref().map(|author| Who {
                    login: author.user.as_ref().map(|user| user.login.clone()).unwrap_or_default(),
                    name: author.name.clone().unwrap_or_default(),
                    email: author.email.clone().unwrap_or_default(),
                    is_bot: false,
                });
                self.part(&PULL_REQUEST_COMMITS)
                    .set("sha", &commit.oid)
                    .set("author_id", author)
                    .set("authored_at", &commit.authored_date)
                    .set("committed_at", &commit.committed_date)
                    .set("updated_at", &self.pull.updated_at)
                    .asked()
            })
            .collect();
        all.push(self.whole(&PULL_REQUEST_COMMITS, commits().map(|it| it.oid.as_str().into()).collect()));
        all
    }

    fn reviews(&self) -> Vec<Observation> {
        // A pending review is its author's secret.
        let reviews = || {
            let all = self.pull.reviews.iter().flat_map(|it| it.nodes.iter().flatten());
            all.filter_map(|review| review.submitted_at.as_ref().map(|at| (review, at)))
        };
        let id = |review: &Review| id(review.full_database_id.as_ref(), &review.id);
        let mut all: Vec<Observation> = reviews()
            .map(|(review, submitted_at)| {
                self.part(&REVIEWS)
                    .set("review_id", id(review))
                    .set("reviewer_id", review.author.as_ref().map(who))
                    .set("state", review.state.to_lowercase())
                    .set("submitted_at", submitted_at)
                    .set("comments", review.comments.total_count)
                    .set("source_key", &review.id)
                    .set("updated_at", &review.updated_at)
                    .asked()
            })
            .collect();
        all.push(self.whole(&REVIEWS, reviews().map(|(review, _)| id(review).into()).collect()));
        all
    }

    fn comments(&self) -> Vec<Observation> {
        let on_code = || {
            let threads = self.pull.review_threads.nodes.iter().flatten();
            threads.flat_map(|thread| thread.comments.nodes.iter().flatten()).map(|comment| ("code", comment))
        };
        let comments = || on_code().chain(self.pull.comments.nodes.iter().flatten().map(|it| ("conversation", it)));
        let id_of = |comment: &Comment| id(comment.full_database_id.as_ref(), &comment.id);
        let mut all: Vec<Observation> = comments()
            .map(|(place, comment)| {
                let review = comment.pull_request_review.as_ref().and_then(|it| it.full_database_id.as_ref());
                self.part(&REVIEW_COMMENTS)
                    .set("comment_id", id_of(comment))
                    .set("place", place)
                    .set("review_id", review.map(plain))
                    .set("author_id", comment.author.as_ref().map(who))
                    .set("created_at", &comment.created_at)
                    .set("source_key", &comment.id)
                    .set("updated_at", &comment.updated_at)
                    .asked()
            })
            .collect();
        all.push(self.whole(&REVIEW_COMMENTS, comments().map(|(_, comment)| id_of(comment).into()).collect()));
        all
    }

    fn events(&self) -> Vec<Observation> {
        let events = || {
            let all = self.pull.timeline_items.nodes.iter().flatten();
            all.filter_map(|event: &Event| {
                let word = EVENTS.iter().find(|(kind, _)| *kind == event.kind)?.1;
                Some((event, word, event.id.as_ref()?, event.created_at.as_ref()?))
            })
        };
        let mut all: Vec<Observation> = events()
            .map(|(event, word, id, at)| {
                let reviewer = event.requested_reviewer.as_ref();
                let person = reviewer.and_then(|it| {
                    it.login.as_ref().map(|login| who(&Actor { kind: it.kind.clone(), login: login.clone() }))
                });
                self.part(&PULL_REQUEST_EVENTS)
                    .set("event_id", id)
                    .set("event", word)
                    .set("actor_id", event.actor.as_ref().map(who))
                    .set("subject_id", person)
                    .set("subject_team", reviewer.and_then(|it| it.slug.as_ref()))
                    .set("happened_at", at)
                    .set("updated_at", at)
                    .asked()
            })
            .collect();
        all.push(self.whole(&PULL_REQUEST_EVENTS, events().map(|(_, _, id, _)| id.as_str().into()).collect()));
        all
    }
}

fn who(actor: &Actor) -> Who {
    Who { login: actor.login.clone(), is_bot: actor.kind == "Bot", ..Who::default() }
}

/// The number that REST and webhooks use as well, as text.
fn id(number: Option<&Value>, node: &str) -> String {
    number.map_or_else(|| node.to_owned(), plain)
}

/// `BigInt` comes as text or as a number.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
