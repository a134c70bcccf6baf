//! What a webhook's body means, given the name of its event. Receiving and checking it is elsewhere.
//!
//! One rule: news are said as told, so that they never overwrite an answer of the same moment; a deletion is of the moment
//! it was received, since GitHub does not say when it was, or where a key may live again just after what it was last.

mod body;

use self::body::{
    OfDeployment, OfDeploymentStatus, OfIssue, OfIssueComment, OfJob, OfMembership, OfOrganisation, OfPullRequest,
    OfRelease, OfRepository, OfReview, OfReviewComment, OfRun, OfTeam,
};
use super::map::{self, Voice};
use super::payload::{Event, PayloadError, User, read};
use crate::collect::observation::{Observation, Row};
use crate::model::{code, people, support};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// What a webhook said.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// Rows of tables.
    Rows(Vec<Observation>),
    /// A repository has another name: its rows are to be known by the new one. Names are `owner/name`.
    Renamed { from: String, to: String, node_id: Option<String> },
    /// An organisation or user has another login, and all of its repositories with it another name.
    OwnerRenamed { from: String, to: String },
    /// Teams or their members changed. A body holds one membership, and a row needs all of a person's: ask again.
    TeamsChanged { organisation: String },
    /// Nothing for the tables, and why.
    Ignored(&'static str),
}

/// Reads the body of one webhook. `event` is the header `X-GitHub-Event`; with `tickets`, issues are support requests.
///
/// # Errors
/// [`PayloadError`] when the body of an event that is read here has another form.
pub fn news(event: &str, body: &Value, received_at: DateTime<Utc>, tickets: bool) -> Result<News, PayloadError> {
    Ok(match event {
        "pull_request" => pull_request(&read(body)?),
        "pull_request_review" => review(&read(body)?),
        "pull_request_review_comment" => review_comment(&read(body)?, received_at),
        "issue_comment" => issue_comment(&read(body)?, received_at, tickets),
        "issues" if tickets => issue(&read(body)?, received_at),
        "issues" => News::Ignored("issues are not collected as tickets"),
        "workflow_run" => workflow_run(&read(body)?),
        "workflow_job" => workflow_job(&read(body)?),
        "deployment" => deployment(&read(body)?),
        "deployment_status" => deployment_status(&read(body)?),
        "release" => release(&read(body)?, received_at),
        "repository" => repository(read(body)?, received_at),
        "organization" => organisation(read(body)?),
        "team" => team(&read(body)?, received_at),
        "membership" => News::TeamsChanged { organisation: read::<OfMembership>(body)?.organization.login },
        other => News::Ignored(ignored(other).unwrap_or("it is not read")),
    })
}

/// Why an event has nothing for the tables, whatever its body says; `None` for one that may have.
pub fn ignored(event: &str) -> Option<&'static str> {
    Some(match event {
        "pull_request"
        | "pull_request_review"
        | "pull_request_review_comment"
        | "issue_comment"
        | "issues"
        | "workflow_run"
        | "workflow_job"
        | "deployment"
        | "deployment_status"
        | "release"
        | "repository"
        | "organization"
        | "team"
        | "membership" => return None,
        "push" | "create" | "delete" => "commits, branches and tags are read from the repository itself",
        "check_run" | "check_suite" | "status" => "runs and jobs of workflows say it in more detail",
        "merge_group" => "what a merge queue merges is told by the pull request",
        "pull_request_review_thread" => "no table holds whether a thread is resolved",
        "commit_comment" => "comments outside of pull requests are no review",
        "ping" | "meta" | "installation" | "installation_repositories" | "github_app_authorization" => {
            "it is about the webhook or the app and not about work"
        }
        "deployment_review" | "deployment_protection_rule" => {
            "waiting for leave to deploy is a report on the deployment"
        }
        "workflow_dispatch" | "repository_dispatch" => "the run that it starts is told by itself",
        _ => "no table holds what this event is about",
    })
}

fn pull_request(body: &OfPullRequest) -> News {
    let pull = &body.pull_request;
    let mut rows = Vec::new();
    if pull.is_full() {
        rows.push(map::pull_request(&body.repository.full_name, pull, Voice::Told));
    }
    // The event itself has no time: it is what last changed the pull request.
    let mut moments = vec![(body.action.as_str(), Some(pull.updated_at))];
    if body.action == "closed" {
        moments = vec![("closed", pull.closed_at), ("merged", pull.merged_at)];
    }
    rows.extend(moments.into_iter().filter_map(|(action, at)| {
        let event = Event {
            requested_reviewer: body.requested_reviewer.clone(),
            requested_team: body.requested_team.clone(),
            ..event(action, at?, body.sender.as_ref())
        };
        map::pull_request_event(&body.repository.full_name, pull.number, &event, Voice::Told)
    }));
    rows_or(rows, "the pull request is not told in full")
}

fn review(body: &OfReview) -> News {
    let (pull, name) = (&body.pull_request, &body.repository.full_name);
    let row = map::review(name, pull.number, &body.review, pull.updated_at, Voice::Told);
    rows_or(row.into_iter().collect(), "the review is pending")
}

fn review_comment(body: &OfReviewComment, received_at: DateTime<Utc>) -> News {
    let row = map::comment(&body.repository.full_name, body.pull_request.number, &body.comment);
    News::Rows(vec![said_or_gone(row, &body.action, received_at)])
}

fn issue_comment(body: &OfIssueComment, received_at: DateTime<Utc>, tickets: bool) -> News {
    let (name, number) = (&body.repository.full_name, body.issue.number);
    let row = if body.issue.is_pull_request() {
        map::comment(name, number, &body.comment)
    } else if tickets {
        map::ticket_comment(&map::ticket_id(name, number), &body.comment)
    } else {
        return News::Ignored("issues are not collected as tickets");
    };
    News::Rows(vec![said_or_gone(row, &body.action, received_at)])
}

fn issue(body: &OfIssue, received_at: DateTime<Utc>) -> News {
    let (name, issue) = (&body.repository.full_name, &body.issue);
    if issue.is_pull_request() {
        return News::Ignored("what happens to a pull request is told by itself");
    }
    let id = map::ticket_id(name, issue.number);
    let gone = || Row::of(&support::TICKETS).set("ticket_id", &id).set("updated_at", received_at).gone();
    if body.action == "deleted" {
        return News::Rows(vec![gone()]);
    }
    if body.action == "transferred" {
        let changes = body.changes.as_ref();
        let moved = changes.and_then(|it| Some((it.new_repository.as_ref()?, it.new_issue.as_ref()?)));
        let row = moved.and_then(|(to, issue)| map::ticket(&to.full_name, issue, Voice::Told));
        return News::Rows(std::iter::once(gone()).chain(row).collect());
    }
    let mut rows: Vec<Observation> = map::ticket(name, issue, Voice::Told).into_iter().collect();
    let at = issue.closed_at.filter(|_| body.action == "closed").unwrap_or(issue.updated_at);
    let event = timeline_word(body).map(|word| event(word, at, body.sender.as_ref()));
    rows.extend(event.and_then(|event| map::ticket_event(&id, &event, Voice::Told)));
    News::Rows(rows)
}

/// What the timeline calls what was done to an issue; `None` for what is no event of it.
fn timeline_word(body: &OfIssue) -> Option<&str> {
    let title = body.changes.as_ref().and_then(|changes| changes.title.as_ref());
    match body.action.as_str() {
        // Opening is in the ticket itself.
        "opened" => None,
        // Another text is no event; another title is one.
        "edited" => title.map(|_| "renamed"),
        "typed" => Some("issue_type_added"),
        "untyped" => Some("issue_type_removed"),
        action => Some(action),
    }
}

fn workflow_run(body: &OfRun) -> News {
    News::Rows(vec![map::run(&body.repository.full_name, &body.workflow_run, Voice::Told)])
}

fn workflow_job(body: &OfJob) -> News {
    let row = map::job(&body.repository.full_name, &body.workflow_job, Voice::Told);
    rows_or(row.into_iter().collect(), "the job has no time at all")
}

fn deployment(body: &OfDeployment) -> News {
    News::Rows(vec![map::deployment(&body.repository.full_name, &body.deployment, &[], Voice::Told)])
}

/// The body has one report and not those before it, so only a final one says how the deployment stands. A second final one
/// moves the end until the reports are asked for.
fn deployment_status(body: &OfDeploymentStatus) -> News {
    let (name, deployment, status) = (&body.repository.full_name, &body.deployment, &body.deployment_status);
    let mut rows = vec![map::deployment_status(name, deployment, status, Voice::Told)];
    if map::is_final(status) {
        rows.push(map::deployment(name, deployment, std::slice::from_ref(status), Voice::Told));
    }
    News::Rows(rows)
}

fn release(body: &OfRelease, received_at: DateTime<Utc>) -> News {
    let name = &body.repository.full_name;
    // A tag may be released again before this is heard of: what is gone is the release as it was.
    let last = body.release.updated_at.or(body.release.published_at).map(|at| at + TimeDelta::milliseconds(1));
    let at = last.unwrap_or(received_at);
    let gone =
        |tag: &str| Row::of(&code::RELEASES).set("repository", name).set("tag", tag).set("updated_at", at).gone();
    if ["deleted", "unpublished"].contains(&body.action.as_str()) {
        return News::Rows(vec![gone(&body.release.tag_name)]);
    }
    let former = body.changes.as_ref().and_then(|changes| changes.tag_name.as_ref()?.from.as_deref());
    let rows = former.map(gone).into_iter().chain(map::release(name, &body.release, Voice::Told));
    rows_or(rows.collect(), "the release is a draft")
}

fn repository(body: OfRepository, received_at: DateTime<Utc>) -> News {
    let Some(to) = body.repository.full_name.clone() else { return News::Ignored("the repository is not named") };
    let (owner, name) = to.split_once('/').unwrap_or_default();
    let former_name = || body.changes.as_ref()?.repository.as_ref()?.name.as_ref()?.from.clone();
    let former_owner = || {
        let from = body.changes.as_ref()?.owner.as_ref()?.from.as_ref()?;
        Some(from.user.as_ref().or(from.organization.as_ref())?.login.clone())
    };
    let from = match body.action.as_str() {
        "renamed" => former_name().map(|name| format!("{owner}/{name}")),
        "transferred" => former_owner().map(|owner| format!("{owner}/{name}")),
        "deleted" => {
            let last = body.repository.updated_at.map(|at| at + TimeDelta::milliseconds(1));
            let row =
                Row::of(&code::REPOSITORIES).set("repository", &to).set("updated_at", last.unwrap_or(received_at));
            return News::Rows(vec![row.gone()]);
        }
        _ => {
            let row = map::repository(&body.repository, Voice::Told);
            return News::Rows(row.into_iter().collect());
        }
    };
    match from {
        Some(from) => News::Renamed { from, to, node_id: body.repository.node_id },
        None => News::Ignored("the former name is not told"),
    }
}

fn organisation(body: OfOrganisation) -> News {
    let to = body.organization.login;
    match body.action.as_str() {
        "renamed" => match body.changes.and_then(|changes| changes.login?.from) {
            Some(from) => News::OwnerRenamed { from, to },
            None => News::Ignored("the former name is not told"),
        },
        // Who leaves an organisation leaves its teams.
        "member_removed" => News::TeamsChanged { organisation: to },
        _ => News::Ignored("who may join an organisation is in no table"),
    }
}

fn team(body: &OfTeam, received_at: DateTime<Utc>) -> News {
    let organisation = &body.organization.login;
    match (body.action.as_str(), map::team_name(organisation, &body.team)) {
        ("added_to_repository" | "removed_from_repository", _) => News::Ignored("no table holds who may change what"),
        ("deleted", Some(team)) => {
            News::Rows(vec![Row::of(&people::TEAMS).set("team", team).set("updated_at", received_at).gone()])
        }
        _ => News::TeamsChanged { organisation: organisation.clone() },
    }
}

fn rows_or(rows: Vec<Observation>, reason: &'static str) -> News {
    if rows.is_empty() { News::Ignored(reason) } else { News::Rows(rows) }
}

fn said_or_gone(row: Row, action: &str, received_at: DateTime<Utc>) -> Observation {
    if action == "deleted" { row.set("updated_at", received_at).gone() } else { row.told() }
}

fn event(action: &str, at: DateTime<Utc>, actor: Option<&User>) -> Event {
    Event { event: Some(action.to_owned()), actor: actor.cloned(), created_at: Some(at), ..Event::default() }
}
