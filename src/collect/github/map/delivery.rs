//! Deployments and releases.

use super::{Voice, key, version, who};
use crate::collect::github::payload::{Deployment, DeploymentStatus, Release};
use crate::collect::observation::{Observation, Row};
use crate::model::code::RELEASES;
use crate::model::delivery::{DEPLOYMENT_STATUSES, DEPLOYMENTS};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// A deployment with all its reports so far.
///
/// It is finished at its first final report. `inactive` says only that another deployment took its place, and GitHub says so
/// of successful ones alone: <https://docs.github.com/en/rest/deployments/statuses>.
pub fn deployment(
    repository: &str,
    deployment: &Deployment,
    statuses: &[DeploymentStatus],
    voice: Voice,
) -> Observation {
    let first = first_final(statuses);
    let status = match first.map(state).as_deref() {
        Some("success") => "success",
        Some(_) => "failure",
        None if is_deployed(statuses) => "success",
        None => "running",
    };
    let newest = statuses.iter().map(|status| status.created_at).max().unwrap_or(deployment.created_at);
    let updated = deployment.updated_at.unwrap_or(deployment.created_at).max(newest);
    let row = Row::of(&DEPLOYMENTS)
        .set("service", service(repository, deployment))
        .set("deployment_id", deployment.id.to_string())
        .set("repository", repository)
        .set("environment", deployment.environment.as_deref().unwrap_or_default())
        .set("sha", &deployment.sha)
        .set("status", status)
        .set("started_at", deployment.created_at)
        .set("finished_at", first.map(|status| status.created_at))
        .set("is_rollback", deployment.task.as_deref().is_some_and(|task| task.to_lowercase().contains("rollback")))
        .set("fixes_incident_id", in_payload(deployment, "incident"))
        .set("source_key", key(deployment.node_id.as_deref(), Some(deployment.id)))
        .set("updated_at", version(updated, status != "running"));
    voice.say(row)
}

/// A report on a deployment.
pub fn deployment_status(
    repository: &str,
    deployment: &Deployment,
    status: &DeploymentStatus,
    voice: Voice,
) -> Observation {
    let row = Row::of(&DEPLOYMENT_STATUSES)
        .set("service", service(repository, deployment))
        .set("deployment_id", deployment.id.to_string())
        // GraphQL does not say the number.
        .set("status_id", key(status.node_id.as_deref(), Some(status.id)))
        .set("status", state(status))
        .set("reporter_id", who(status.creator.as_ref()))
        .set("reported_at", status.created_at)
        .set("source_key", key(status.node_id.as_deref(), Some(status.id)))
        .set("updated_at", status.updated_at.unwrap_or(status.created_at));
    voice.say(row)
}

/// Whether a report says how the deployment ended.
pub fn is_final(status: &DeploymentStatus) -> bool {
    ["success", "failure", "error"].contains(&state(status).as_str())
}

/// Whether a deployment with these reports came to an end.
pub fn is_deployed(statuses: &[DeploymentStatus]) -> bool {
    statuses.iter().any(|status| is_final(status) || state(status) == "inactive")
}

fn first_final(statuses: &[DeploymentStatus]) -> Option<&DeploymentStatus> {
    statuses.iter().filter(|status| is_final(status)).min_by_key(|status| (status.created_at, status.id))
}

fn state(status: &DeploymentStatus) -> String {
    status.state.as_deref().unwrap_or_default().to_lowercase()
}

/// The service that is deployed: the `service` that the deploying tool wrote into the payload, or else the repository.
fn service(repository: &str, deployment: &Deployment) -> String {
    in_payload(deployment, "service").unwrap_or_else(|| repository.to_owned())
}

/// What the deploying tool wrote into the payload under a name.
fn in_payload(deployment: &Deployment, name: &str) -> Option<String> {
    let named = |payload: &Value| Some(payload.get(name)?.as_str()?.to_owned()).filter(|text| !text.is_empty());
    match &deployment.payload {
        // Some tools write the object as text.
        Some(Value::String(text)) => serde_json::from_str(text).ok().as_ref().and_then(named),
        Some(payload) => named(payload),
        None => None,
    }
}

/// A release; `None` for a draft, which is not released.
pub fn release(repository: &str, release: &Release, voice: Voice) -> Option<Observation> {
    let published = release.published_at.filter(|_| release.draft != Some(true))?;
    let row = Row::of(&RELEASES)
        .set("repository", repository)
        .set("tag", &release.tag_name)
        .set("released_at", published)
        .set("source_key", key(release.node_id.as_deref(), release.id))
        .set("updated_at", release_version(release)?);
    Some(voice.say(row))
}

/// The version of a release; `None` for a draft. Older servers do not say when a release was last edited.
pub fn release_version(release: &Release) -> Option<DateTime<Utc>> {
    let published = release.published_at.filter(|_| release.draft != Some(true))?;
    Some(release.updated_at.unwrap_or(published))
}
