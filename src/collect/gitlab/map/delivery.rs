//! Deployments and releases.

use super::{version, who};
use crate::collect::gitlab::payload::{Deployment, Release};
use crate::collect::observation::Row;
use crate::model::code::RELEASES;
use crate::model::delivery::{DEPLOYMENT_STATUSES, DEPLOYMENTS};
use chrono::{DateTime, Utc};

/// A deployment of the project to an environment. One that was cancelled or skipped did not come to be, which the table has one
/// word for. It finished when its job did; where something else reports it, at that report.
pub fn deployment(repository: &str, deployment: &Deployment) -> Row {
    let result = result(deployment);
    let job = deployment.deployable.as_ref();
    let is_rollback =
        job.and_then(|job| job.name.as_deref()).is_some_and(|name| name.to_lowercase().contains("rollback"));
    let environment = deployment.environment.as_ref().and_then(|it| it.name.as_deref());
    Row::of(&DEPLOYMENTS)
        .set("service", repository)
        .set("deployment_id", deployment.id.to_string())
        .set("repository", repository)
        .set("environment", environment.unwrap_or_default())
        .set("sha", &deployment.sha)
        .set("status", result.unwrap_or("running"))
        .set("started_at", deployment.created_at)
        .set("finished_at", finished_at(deployment))
        .set("is_rollback", is_rollback)
        .set("source_key", deployment.id.to_string())
        .set("updated_at", deployment_version(deployment))
}

/// How it ended, as the one report that GitLab keeps of a deployment; `None` while it goes on.
pub fn deployment_status(repository: &str, deployment: &Deployment) -> Option<Row> {
    let row = Row::of(&DEPLOYMENT_STATUSES)
        .set("service", repository)
        .set("deployment_id", deployment.id.to_string())
        .set("status_id", "end")
        .set("status", &deployment.status)
        .set("reporter_id", who(deployment.user.as_ref()))
        .set("reported_at", finished_at(deployment)?)
        .set("updated_at", deployment_version(deployment));
    Some(row)
}

/// Whether a deployment came to an end.
fn is_deployed(deployment: &Deployment) -> bool {
    result(deployment).is_some()
}

/// A release; `None` for one that is planned for later than `now`.
pub fn release(repository: &str, release: &Release, now: DateTime<Utc>) -> Option<Row> {
    let released_at = release.released_at.or(release.created_at).filter(|at| *at <= now)?;
    let row = Row::of(&RELEASES)
        .set("repository", repository)
        .set("tag", &release.tag_name)
        .set("sha", release.commit.as_ref().and_then(|commit| commit.id.as_ref()))
        .set("released_at", released_at)
        // When it was last edited is not said, and its day may be set to an earlier one: what was answered last counts.
        .set("updated_at", release.created_at.unwrap_or(released_at));
    Some(row)
}

fn result(deployment: &Deployment) -> Option<&'static str> {
    match deployment.status.as_str() {
        "success" => Some("success"),
        "failed" | "canceled" | "skipped" => Some("failure"),
        _ => None,
    }
}

fn finished_at(deployment: &Deployment) -> Option<DateTime<Utc>> {
    result(deployment)?;
    deployment.deployable.as_ref().and_then(|job| job.finished_at).or(deployment.updated_at)
}

/// The version of a deployment.
pub fn deployment_version(deployment: &Deployment) -> DateTime<Utc> {
    version(deployment.updated_at.unwrap_or(deployment.created_at), is_deployed(deployment))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_release_whose_day_is_set_back_is_not_older_than_before() {
        let version = |released_at: &str| {
            let said = json!({ "tag_name": "v1", "created_at": "2026-01-05T08:00:00Z", "released_at": released_at });
            let row = release("a/b", &serde_json::from_value(said).unwrap(), "2026-09-01T00:00:00Z".parse().unwrap());
            row.unwrap().values()["updated_at"].clone()
        };
        assert_eq!(version("2026-05-01T00:00:00Z"), version("2026-03-01T00:00:00Z"));
    }
}
