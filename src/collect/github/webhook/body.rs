//! The bodies of webhooks, as far as they are read.

use crate::collect::github::payload::{
    Comment, Deployment, DeploymentStatus, Issue, Job, PullRequest, Release, Repository, Review, Run, Team, User,
};
use serde::Deserialize;

#[derive(Deserialize)]
pub struct OfPullRequest {
    pub action: String,
    pub repository: Named,
    pub pull_request: PullRequest,
    pub requested_reviewer: Option<User>,
    pub requested_team: Option<Team>,
    pub sender: Option<User>,
}

#[derive(Deserialize)]
pub struct OfReview {
    pub repository: Named,
    pub pull_request: PullRequest,
    pub review: Review,
}

#[derive(Deserialize)]
pub struct OfReviewComment {
    pub action: String,
    pub repository: Named,
    pub pull_request: PullRequest,
    pub comment: Comment,
}

#[derive(Deserialize)]
pub struct OfIssueComment {
    pub action: String,
    pub repository: Named,
    pub issue: Issue,
    pub comment: Comment,
}

#[derive(Deserialize)]
pub struct OfIssue {
    pub action: String,
    pub repository: Named,
    pub issue: Issue,
    pub sender: Option<User>,
    pub changes: Option<IssueChanges>,
}

#[derive(Deserialize)]
pub struct IssueChanges {
    pub title: Option<Former>,
    pub new_issue: Option<Issue>,
    pub new_repository: Option<Named>,
}

#[derive(Deserialize)]
pub struct OfRun {
    pub repository: Named,
    pub workflow_run: Run,
}

#[derive(Deserialize)]
pub struct OfJob {
    pub repository: Named,
    pub workflow_job: Job,
}

#[derive(Deserialize)]
pub struct OfDeployment {
    pub repository: Named,
    pub deployment: Deployment,
}

#[derive(Deserialize)]
pub struct OfDeploymentStatus {
    pub repository: Named,
    pub deployment: Deployment,
    pub deployment_status: DeploymentStatus,
}

#[derive(Deserialize)]
pub struct OfRelease {
    pub action: String,
    pub repository: Named,
    pub release: Release,
    pub changes: Option<ReleaseChanges>,
}

#[derive(Deserialize)]
pub struct ReleaseChanges {
    pub tag_name: Option<Former>,
}

/// What a field was before.
#[derive(Deserialize)]
pub struct Former {
    pub from: Option<String>,
}

#[derive(Deserialize)]
pub struct OfRepository {
    pub action: String,
    pub repository: Repository,
    pub changes: Option<RepositoryChanges>,
}

#[derive(Deserialize)]
pub struct RepositoryChanges {
    pub repository: Option<FormerRepository>,
    pub owner: Option<FormerOwner>,
}

#[derive(Deserialize)]
pub struct FormerRepository {
    pub name: Option<Former>,
}

#[derive(Deserialize)]
pub struct FormerOwner {
    pub from: Option<Owner>,
}

#[derive(Deserialize)]
pub struct Owner {
    pub user: Option<Organisation>,
    pub organization: Option<Organisation>,
}

#[derive(Deserialize)]
pub struct Organisation {
    pub login: String,
}

#[derive(Deserialize)]
pub struct OfOrganisation {
    pub action: String,
    pub organization: Organisation,
    pub changes: Option<OrganisationChanges>,
}

#[derive(Deserialize)]
pub struct OrganisationChanges {
    pub login: Option<Former>,
}

#[derive(Deserialize)]
pub struct OfTeam {
    pub action: String,
    pub team: Team,
    pub organization: Organisation,
}

#[derive(Deserialize)]
pub struct OfMembership {
    pub organization: Organisation,
}

/// A repository by its name.
#[derive(Deserialize)]
pub struct Named {
    pub full_name: String,
}
