//! The simulated organisation as plain data.
//!
//! One rule: only `change` writes here, so that every row was brought about by something that can happen on GitHub and
//! every `updated_at` moved as GitHub moves it.

pub mod chance;
pub mod change;
pub mod clock;
pub mod generate;
pub mod issue;
mod item;
pub mod minimum;
mod project;
mod review;

use super::webhooks::Delivery;
use chance::Chance;
use chrono::{DateTime, Utc};
use clock::Clock;
use issue::Deed;

/// UTC at one second's granularity, as GitHub states it.
pub type Time = DateTime<Utc>;

/// Everything that can be asked for.
#[derive(Clone, Debug)]
pub struct World {
    pub clock: Clock,
    pub organization: Organization,
    pub users: Vec<User>,
    pub teams: Vec<Team>,
    pub repositories: Vec<Repository>,
    pub copilot: Vec<CopilotDay>,
    /// What GitHub would have sent to a webhook, oldest first.
    pub deliveries: Vec<Delivery>,
    /// Where the addresses within answers lead; the server sets its own.
    pub api: String,
    chance: Chance,
    next_id: u64,
    next_large_id: u64,
    /// The size of steps of the clock before a change, at most, in seconds.
    pace_seconds: u64,
    announces: bool,
}

#[derive(Clone, Debug)]
pub struct Organization {
    pub id: u64,
    pub login: String,
    pub created_at: Time,
    pub updated_at: Time,
}

#[derive(Clone, Debug)]
pub struct User {
    pub id: u64,
    pub login: String,
    pub name: Option<String>,
    pub email: String,
    pub is_bot: bool,
    /// Gone from GitHub: what the user wrote stays, with no author or the author `ghost`.
    pub is_deleted: bool,
    pub created_at: Time,
    pub updated_at: Time,
}

#[derive(Clone, Debug)]
pub struct Team {
    pub id: u64,
    pub slug: String,
    pub name: String,
    pub parent: Option<u64>,
    pub members: Vec<u64>,
    pub created_at: Time,
    pub updated_at: Time,
}

#[derive(Clone, Debug)]
pub struct Repository {
    pub id: u64,
    pub owner: String,
    pub name: String,
    /// Owner and name under which it was known before; they redirect.
    pub former: Vec<(String, String)>,
    pub is_archived: bool,
    pub created_at: Time,
    pub updated_at: Time,
    pub pushed_at: Time,
    pub labels: Vec<Label>,
    /// Issues and pull requests by ascending number: on GitHub a pull request is an issue too.
    pub items: Vec<Item>,
    /// The numbers of items that were deleted.
    pub deleted: Vec<u64>,
    pub runs: Vec<Run>,
    pub deployments: Vec<Deployment>,
    pub releases: Vec<Release>,
    pub next_number: u64,
}

#[derive(Clone, Debug)]
pub struct Label {
    pub id: u64,
    pub name: String,
    pub color: String,
}

/// An issue, and the part of a pull request that it shares with issues.
#[derive(Clone, Debug)]
pub struct Item {
    /// The id as an issue; a pull request has another one of its own.
    pub id: u64,
    pub number: u64,
    pub title: String,
    pub body: String,
    pub author: u64,
    pub created_at: Time,
    pub updated_at: Time,
    pub closed_at: Option<Time>,
    pub edited_at: Option<Time>,
    /// The type of an issue.
    pub kind: Option<&'static str>,
    /// Who is to see to it.
    pub assignee: Option<u64>,
    /// Ids of labels of the repository.
    pub labels: Vec<u64>,
    pub comments: Vec<Comment>,
    pub events: Vec<Event>,
    pub pull: Option<Pull>,
}

#[derive(Clone, Debug)]
pub struct Pull {
    pub id: u64,
    pub is_draft: bool,
    pub merged: Option<Merge>,
    pub head_ref: String,
    pub additions: u64,
    pub deletions: u64,
    pub changed_files: u64,
    pub commits: Vec<Commit>,
    pub reviews: Vec<Review>,
    pub review_comments: Vec<ReviewComment>,
    pub requested: Vec<Reviewer>,
}

#[derive(Clone, Debug)]
pub struct Merge {
    pub at: Time,
    pub by: u64,
    pub sha: String,
}

#[derive(Clone, Debug)]
pub struct Commit {
    pub sha: String,
    pub message: String,
    pub author_name: String,
    pub author_email: String,
    /// The account that GitHub found by the e-mail address.
    pub author: Option<u64>,
    pub authored_at: Time,
    pub committed_at: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Approved,
    ChangesRequested,
    Commented,
    Dismissed,
}

#[derive(Clone, Debug)]
pub struct Review {
    pub id: u64,
    pub author: u64,
    pub verdict: Verdict,
    pub body: String,
    pub sha: String,
    pub submitted_at: Time,
    pub updated_at: Time,
    pub edited_at: Option<Time>,
}

#[derive(Clone, Debug)]
pub struct ReviewComment {
    pub id: u64,
    pub review: u64,
    /// The comment that began the thread; its own id if it did.
    pub thread: u64,
    pub author: u64,
    pub path: String,
    pub sha: String,
    pub body: String,
    pub created_at: Time,
    pub updated_at: Time,
    pub edited_at: Option<Time>,
}

/// A comment in the conversation of an issue or a pull request.
#[derive(Clone, Debug)]
pub struct Comment {
    pub id: u64,
    pub author: u64,
    pub body: String,
    pub created_at: Time,
    pub updated_at: Time,
    pub edited_at: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reviewer {
    User(u64),
    Team(u64),
}

#[derive(Clone, Debug)]
pub struct Event {
    pub id: u64,
    pub at: Time,
    pub actor: u64,
    pub what: What,
}

/// What happened to an issue or a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    ReadyForReview,
    ConvertToDraft,
    ReviewRequested(Reviewer),
    ReviewRequestRemoved(Reviewer),
    HeadRefForcePushed { before: String, after: String },
    Closed,
    Reopened,
    Merged(String),
    Labeled(u64),
    Unlabeled(u64),
    Renamed { from: String, to: String },
    ReviewDismissed { review: u64, was: Verdict },
    Done(&'static Deed),
}

/// A workflow run; its latest attempt is the one shown.
#[derive(Clone, Debug)]
pub struct Run {
    pub id: u64,
    pub name: String,
    pub number: u64,
    pub attempt: u64,
    pub event: &'static str,
    pub status: &'static str,
    pub conclusion: Option<&'static str>,
    pub branch: String,
    pub sha: String,
    pub actor: u64,
    pub created_at: Time,
    pub updated_at: Time,
    /// When the latest attempt began.
    pub started_at: Time,
    /// Jobs of every attempt.
    pub jobs: Vec<Job>,
}

#[derive(Clone, Debug)]
pub struct Job {
    pub id: u64,
    pub attempt: u64,
    pub name: String,
    pub status: &'static str,
    pub conclusion: Option<&'static str>,
    pub created_at: Time,
    pub started_at: Time,
    pub completed_at: Option<Time>,
}

#[derive(Clone, Debug)]
pub struct Deployment {
    pub id: u64,
    pub environment: String,
    pub sha: String,
    pub branch: String,
    pub creator: u64,
    pub created_at: Time,
    pub updated_at: Time,
    pub statuses: Vec<DeploymentStatus>,
}

#[derive(Clone, Debug)]
pub struct DeploymentStatus {
    pub id: u64,
    /// In the words of REST: `in_progress`, `success` …
    pub state: &'static str,
    pub creator: u64,
    pub created_at: Time,
}

#[derive(Clone, Debug)]
pub struct Release {
    pub id: u64,
    pub tag: String,
    pub sha: String,
    pub is_draft: bool,
    pub is_prerelease: bool,
    pub author: u64,
    pub created_at: Time,
    pub updated_at: Time,
    pub published_at: Option<Time>,
}

/// Use of Copilot on one day, in people and counts.
#[derive(Clone, Debug)]
pub struct CopilotDay {
    pub day: chrono::NaiveDate,
    pub active_users: u64,
    pub engaged_users: u64,
    pub suggestions: u64,
    pub acceptances: u64,
}

/// Where an issue or a pull request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    pub repository: u64,
    pub number: u64,
}

impl World {
    /// The user, unless there is none any more.
    pub fn user(&self, id: u64) -> Option<&User> {
        self.users.iter().find(|user| user.id == id && !user.is_deleted)
    }

    pub fn team(&self, id: u64) -> Option<&Team> {
        self.teams.iter().find(|team| team.id == id)
    }

    /// The members of a team and of the teams below it, as GitHub lists them unless asked for a team's own.
    pub fn members(&self, team: &Team) -> Vec<u64> {
        let below = self.teams.iter().filter(|it| it.parent == Some(team.id)).flat_map(|it| self.members(it));
        team.members.iter().copied().chain(below).collect::<std::collections::BTreeSet<u64>>().into_iter().collect()
    }

    pub fn repository(&self, id: u64) -> Option<&Repository> {
        self.repositories.iter().find(|repository| repository.id == id)
    }

    /// The repository that has this name now, whatever the case of letters.
    pub fn repository_named(&self, owner: &str, name: &str) -> Option<&Repository> {
        let is = |it: &&Repository| it.owner.eq_ignore_ascii_case(owner) && it.name.eq_ignore_ascii_case(name);
        self.repositories.iter().find(is)
    }

    /// The repository that had this name before.
    pub fn repository_formerly(&self, owner: &str, name: &str) -> Option<&Repository> {
        let was = |it: &(String, String)| it.0.eq_ignore_ascii_case(owner) && it.1.eq_ignore_ascii_case(name);
        self.repositories.iter().find(|repository| repository.former.iter().any(was))
    }
}

impl Repository {
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    pub fn item(&self, number: u64) -> Option<&Item> {
        self.items.iter().find(|item| item.number == number)
    }

    pub fn label(&self, id: u64) -> Option<&Label> {
        self.labels.iter().find(|label| label.id == id)
    }

    /// Pull requests by ascending number.
    pub fn pulls(&self) -> impl Iterator<Item = (&Item, &Pull)> {
        self.items.iter().filter_map(|item| Some((item, item.pull.as_ref()?)))
    }

    /// Issues that are no pull requests, by ascending number.
    pub fn issues(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|item| item.pull.is_none())
    }
}

impl Pull {
    /// The commit at the head of the branch.
    pub fn head(&self) -> &str {
        self.commits.last().map_or("", |commit| commit.sha.as_str())
    }

    /// Comments that began a thread.
    pub fn threads(&self) -> impl Iterator<Item = &ReviewComment> {
        self.review_comments.iter().filter(|comment| comment.thread == comment.id)
    }
}

/// The node id of GraphQL: it stays when the thing is renamed or moved.
pub fn node_id(prefix: &str, id: u64) -> String {
    format!("{prefix}_kwDO{id:012x}")
}

/// The prefix and the number within a node id.
pub fn of_node_id(text: &str) -> Option<(&str, u64)> {
    let (prefix, rest) = text.split_once("_kwDO")?;
    Some((prefix, u64::from_str_radix(rest, 16).ok()?))
}
