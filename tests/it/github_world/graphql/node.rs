//! The objects of the world under GitHub's field names: what each says itself, and where it leads.

use super::Meter;
use crate::github_world::rest::{shape, viewer};
use crate::github_world::world::clock::text;
use crate::github_world::world::{
    Comment, Commit, Deployment, DeploymentStatus, Event, Item, Label, Pull, Release, Repository, Review,
    ReviewComment, Reviewer, Run, Team, Time, User, World, node_id, of_node_id,
};
use serde_json::{Map, Value, json};

mod leaves;
mod links;

/// Where a row stands in an order: what it is sorted by, then its id.
pub type Place = (String, u64);

/// An object that can be asked.
#[derive(Clone, Copy)]
pub enum Node<'w> {
    Root {
        meter: Meter,
        cost: u64,
        nodes: u64,
    },
    RateLimit {
        meter: Meter,
        cost: u64,
        nodes: u64,
    },
    Organization(&'w str),
    Team(&'w Team),
    User(&'w User),
    /// Stands for a deleted user where GitHub must name somebody.
    Ghost,
    Repository(&'w Repository),
    Branch(&'w Repository, &'w str),
    Item(&'w Repository, &'w Item),
    Label(&'w Label),
    IssueType(&'static str),
    Request(&'w Item, Reviewer, u64),
    PullCommit(&'w Item, &'w Commit, u64),
    Commit(&'w Commit),
    /// A commit of which no more is known than that it was there at a time.
    Sha(&'w str, Time),
    GitActor(&'w Commit, Time),
    Review(&'w Item, &'w Review),
    Thread(&'w Item, &'w ReviewComment),
    ReviewComment(&'w Item, &'w ReviewComment),
    Comment(&'w Comment),
    Event(&'w Repository, &'w Item, &'w Event),
    Release(&'w Release),
    Deployment(&'w Repository, &'w Deployment),
    Status(&'w Deployment, &'w DeploymentStatus),
    Run(&'w Repository, &'w Run),
    /// What a run's checks are gathered in.
    CheckSuite(&'w Run),
}

/// The order of lists that begin with what has the highest id.
pub const NEWEST_FIRST: &str = "NEWEST_FIRST";

/// Where a field leads.
pub enum Found<'w> {
    One(Option<Node<'w>>),
    /// Something was named that does not exist: the error's message.
    Missing(String),
    /// A list that is no connection.
    Each(Vec<Result<Node<'w>, String>>),
    /// The rows of a connection and the order they are in unless another is asked for.
    Many(Vec<Node<'w>>, &'static str),
}

impl<'w> Node<'w> {
    pub fn type_name(self) -> &'static str {
        use crate::github_world::world::What;
        match self {
            Node::Root { .. } => "Query",
            Node::RateLimit { .. } => "RateLimit",
            Node::Organization(_) => "Organization",
            Node::Team(_) => "Team",
            Node::User(user) if user.is_bot => "Bot",
            Node::User(_) | Node::Ghost => "User",
            Node::Repository(_) => "Repository",
            Node::Branch(..) => "Ref",
            Node::Item(_, item) if item.pull.is_some() => "PullRequest",
            Node::Item(..) => "Issue",
            Node::Label(_) => "Label",
            Node::IssueType(_) => "IssueType",
            Node::Request(..) => "ReviewRequest",
            Node::PullCommit(..) => "PullRequestCommit",
            Node::Commit(_) | Node::Sha(..) => "Commit",
            Node::GitActor(..) => "GitActor",
            Node::Review(..) => "PullRequestReview",
            Node::Thread(..) => "PullRequestReviewThread",
            Node::ReviewComment(..) => "PullRequestReviewComment",
            Node::Comment(_) => "IssueComment",
            Node::Event(_, _, event) => match event.what {
                What::ReadyForReview => "ReadyForReviewEvent",
                What::ConvertToDraft => "ConvertToDraftEvent",
                What::ReviewRequested(_) => "ReviewRequestedEvent",
                What::ReviewRequestRemoved(_) => "ReviewRequestRemovedEvent",
                What::HeadRefForcePushed { .. } => "HeadRefForcePushedEvent",
                What::Closed => "ClosedEvent",
                What::Reopened => "ReopenedEvent",
                What::Merged(_) => "MergedEvent",
                What::Labeled(_) => "LabeledEvent",
                What::Unlabeled(_) => "UnlabeledEvent",
                What::Renamed { .. } => "RenamedTitleEvent",
                What::ReviewDismissed { .. } => "ReviewDismissedEvent",
                What::Done(deed) => deed.type_name,
            },
            Node::Release(_) => "Release",
            Node::Deployment(..) => "Deployment",
            Node::Status(..) => "DeploymentStatus",
            Node::Run(..) => "WorkflowRun",
            Node::CheckSuite(_) => "CheckSuite",
        }
    }

    /// The place in an order of GitHub's (`UPDATED_AT` …), or by id when it is empty.
    pub fn place(self, order: &str) -> Place {
        let (id, created, updated, name) = self.sorted_by();
        let by = match order {
            "" | NEWEST_FIRST => String::new(),
            "UPDATED_AT" => text(updated),
            "PUSHED_AT" => match self {
                Node::Repository(it) => text(it.pushed_at),
                _ => String::new(),
            },
            "NAME" | "LOGIN" => name,
            "COMMENTS" => match self {
                Node::Item(_, item) => format!("{:08}", item.comments.len()),
                _ => String::new(),
            },
            _ => text(created),
        };
        (by, id)
    }

    /// Id, created at, updated at and name.
    fn sorted_by(self) -> (u64, Time, Time, String) {
        let no_name = String::new();
        match self {
            Node::Team(it) => (it.id, it.created_at, it.updated_at, it.name.clone()),
            Node::User(it) => (it.id, it.created_at, it.updated_at, it.login.clone()),
            Node::Repository(it) => (it.id, it.created_at, it.updated_at, it.name.clone()),
            Node::Item(_, it) => (it.number, it.created_at, it.updated_at, no_name),
            Node::Label(it) => (it.id, Time::MIN_UTC, Time::MIN_UTC, it.name.clone()),
            Node::Request(item, _, index) => (index, item.created_at, item.created_at, no_name),
            Node::PullCommit(_, it, index) => (index, it.committed_at, it.committed_at, no_name),
            Node::Review(_, it) => (it.id, it.submitted_at, it.updated_at, no_name),
            Node::Thread(_, it) | Node::ReviewComment(_, it) => (it.id, it.created_at, it.updated_at, no_name),
            Node::Comment(it) => (it.id, it.created_at, it.updated_at, no_name),
            Node::Event(_, _, it) => (it.id, it.at, it.at, no_name),
            Node::Release(it) => (it.id, it.created_at, it.updated_at, it.tag.clone()),
            Node::Deployment(_, it) => (it.id, it.created_at, it.updated_at, no_name),
            Node::Status(_, it) => (it.id, it.created_at, it.created_at, no_name),
            _ => (0, Time::MIN_UTC, Time::MIN_UTC, no_name),
        }
    }
}

/// Who did it; nobody when the user was deleted.
fn actor(world: &World, id: u64) -> Found<'_> {
    Found::One(world.user(id).map(Node::User))
}

/// Who did it, where GitHub's schema promises somebody.
fn somebody(world: &World, id: u64) -> Found<'_> {
    Found::One(Some(world.user(id).map_or(Node::Ghost, Node::User)))
}
