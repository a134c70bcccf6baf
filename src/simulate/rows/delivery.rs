//! Builds, deployments and incidents.

use super::Window;
use crate::simulate::Result;
use crate::simulate::build::{AFTER_MERGE, builds};
use crate::simulate::delivery::ServiceLog;
use crate::simulate::organisation::{Organisation, Repository, Team};
use crate::simulate::pull_request::PullRequest;
use crate::simulate::sheet::{Cell, Sheet};

pub const BUILDS: [&str; 7] =
    ["repository", "build_id", "pull_request", "status", "started_at", "finished_at", "updated_at"];
pub const DEPLOYMENTS: [&str; 10] = [
    "service",
    "deployment_id",
    "repository",
    "team",
    "environment",
    "status",
    "started_at",
    "finished_at",
    "is_rollback",
    "updated_at",
];
pub const INCIDENTS: [&str; 8] =
    ["incident_id", "service", "team", "deployment_id", "severity", "opened_at", "resolved_at", "updated_at"];

/// Builds are told when they finish: the table has no word for one that runs.
pub fn add_builds(
    sheet: &mut Sheet,
    organisation: &Organisation,
    repository: &Repository,
    pull_request: &PullRequest,
    window: Window,
) -> Result<()> {
    for build in builds(organisation, repository, pull_request) {
        if build.finished >= window.until {
            continue;
        }
        sheet.push(&[
            Cell::Text(Some(&repository.name)),
            Cell::Text(Some(&format!("{:07}-{:02}", pull_request.number, build.ordinal))),
            Cell::Int((build.ordinal != AFTER_MERGE).then_some(pull_request.number)),
            Cell::Text(Some(build.status)),
            Cell::Time(Some(build.started)),
            Cell::Time(Some(build.finished)),
            Cell::Time(Some(build.finished)),
        ])?;
    }
    Ok(())
}

/// Deployments, told when they finish as builds are, and incidents of a team's services.
pub fn add_logs(
    deployments: &mut Sheet,
    incidents: &mut Sheet,
    team: &Team,
    logs: &[ServiceLog],
    window: Window,
) -> Result<()> {
    for log in logs {
        add_deployments(deployments, team, log, window)?;
    }
    let mut all: Vec<_> = logs.iter().flat_map(|log| log.incidents.iter().map(move |one| (one, log))).collect();
    all.sort_by_key(|(incident, log)| (incident.opened, log.repository, log.service));
    for (ordinal, (incident, log)) in all.into_iter().enumerate() {
        if !window.shows(incident.opened, Some(incident.resolved)) {
            continue;
        }
        let resolved = window.seen(Some(incident.resolved));
        incidents.push(&[
            Cell::Text(Some(&format!("inc-{}-{:05}", team.name, ordinal + 1))),
            Cell::Text(Some(&team.repositories[log.repository].services[log.service].name)),
            Cell::Text(Some(&team.name)),
            Cell::Text(incident.cause.map(deployment_id).as_deref()),
            Cell::Text(Some(incident.severity)),
            Cell::Time(Some(incident.opened)),
            Cell::Time(resolved),
            Cell::Time(resolved.or(Some(incident.opened))),
        ])?;
    }
    Ok(())
}

fn add_deployments(sheet: &mut Sheet, team: &Team, log: &ServiceLog, window: Window) -> Result<()> {
    let repository = &team.repositories[log.repository];
    for (ordinal, deployment) in log.deployments.iter().enumerate() {
        if deployment.finished >= window.until || deployment.finished < window.begins {
            continue;
        }
        sheet.push(&[
            Cell::Text(Some(&repository.services[log.service].name)),
            Cell::Text(Some(&deployment_id(ordinal))),
            Cell::Text(Some(&repository.name)),
            Cell::Text(Some(&team.name)),
            Cell::Text(Some(deployment.environment)),
            Cell::Text(Some(if deployment.is_success { "success" } else { "failure" })),
            Cell::Time(Some(deployment.started)),
            Cell::Time(Some(deployment.finished)),
            Cell::Bool(deployment.is_rollback),
            Cell::Time(Some(deployment.finished)),
        ])?;
    }
    Ok(())
}

fn deployment_id(ordinal: usize) -> String {
    format!("{:06}", ordinal + 1)
}
