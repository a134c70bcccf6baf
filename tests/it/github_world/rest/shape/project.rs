//! Workflow runs, deployments, releases and the use of Copilot.

use super::{html_url, repository_url, user, with};
use crate::github_world::world::clock::text;
use crate::github_world::world::{
    CopilotDay, Deployment, DeploymentStatus, Job, Release, Repository, Run, World, node_id,
};
use serde_json::{Value, json};

pub fn run(world: &World, repository: &Repository, it: &Run) -> Value {
    let base = repository_url(world, repository);
    let url = format!("{base}/actions/runs/{}", it.id);
    let workflow = if it.name == "build" { 71 } else { 72 };
    let author = json!({ "name": "Dev", "email": "dev@example.com" });
    let previous = (it.attempt > 1).then(|| format!("{url}/attempts/{}", it.attempt - 1));
    let own = json!({
        "id": it.id, "name": it.name, "node_id": node_id("WFR", it.id), "head_branch": it.branch, "head_sha": it.sha,
        "path": format!(".github/workflows/{}.yml", it.name), "display_title": it.name, "run_number": it.number,
        "event": it.event, "status": it.status, "conclusion": it.conclusion, "workflow_id": workflow,
        "check_suite_id": it.id + 1, "check_suite_node_id": node_id("CS", it.id + 1), "url": url,
        "html_url": format!("{}/actions/runs/{}", html_url(repository), it.id), "pull_requests": [],
        "created_at": text(it.created_at), "updated_at": text(it.updated_at), "actor": user(world, it.actor),
        "triggering_actor": user(world, it.actor), "run_attempt": it.attempt, "referenced_workflows": [],
    });
    let links = json!({
        "run_started_at": text(it.started_at), "previous_attempt_url": previous, "jobs_url": format!("{url}/jobs"),
        "logs_url": format!("{url}/logs"), "check_suite_url": format!("{base}/check-suites/{}", it.id + 1),
        "artifacts_url": format!("{url}/artifacts"), "cancel_url": format!("{url}/cancel"),
        "rerun_url": format!("{url}/rerun"), "workflow_url": format!("{base}/actions/workflows/{workflow}"),
        "head_commit": { "id": it.sha, "tree_id": it.sha, "message": "Work", "timestamp": text(it.created_at),
            "author": author, "committer": author },
        "repository": super::repository(world, repository), "head_repository": super::repository(world, repository),
    });
    with(own, links)
}

pub fn job(world: &World, repository: &Repository, run: &Run, it: &Job) -> Value {
    let base = repository_url(world, repository);
    let run_url = format!("{base}/actions/runs/{}", run.id);
    json!({
        "id": it.id, "run_id": run.id, "run_url": run_url, "run_attempt": it.attempt, "workflow_name": run.name,
        "node_id": node_id("CR", it.id), "head_branch": run.branch, "head_sha": run.sha, "name": it.name,
        "url": format!("{base}/actions/jobs/{}", it.id), "html_url": format!("{}/job/{}", html_url(repository), it.id),
        "status": it.status, "conclusion": it.conclusion, "created_at": text(it.created_at),
        "started_at": text(it.started_at), "completed_at": it.completed_at.map(text), "steps": [],
        "check_run_url": format!("{base}/check-runs/{}", it.id), "labels": ["ubuntu-latest"], "runner_id": null,
        "runner_name": null, "runner_group_id": null, "runner_group_name": null,
    })
}

pub fn deployment(world: &World, repository: &Repository, it: &Deployment) -> Value {
    let base = repository_url(world, repository);
    let url = format!("{base}/deployments/{}", it.id);
    json!({
        "id": it.id, "node_id": node_id("DE", it.id), "url": url, "sha": it.sha, "ref": it.branch, "task": "deploy",
        "payload": {}, "original_environment": it.environment, "environment": it.environment, "description": null,
        "creator": user(world, it.creator), "created_at": text(it.created_at), "updated_at": text(it.updated_at),
        "statuses_url": format!("{url}/statuses"), "repository_url": base, "transient_environment": false,
        "production_environment": it.environment == "production", "performed_via_github_app": null,
    })
}

pub fn deployment_status(world: &World, repository: &Repository, of: &Deployment, it: &DeploymentStatus) -> Value {
    let base = repository_url(world, repository);
    let url = format!("{base}/deployments/{}", of.id);
    json!({
        "id": it.id, "node_id": node_id("DES", it.id), "url": format!("{url}/statuses/{}", it.id), "state": it.state,
        "creator": user(world, it.creator), "description": "", "environment": of.environment, "target_url": "",
        "created_at": text(it.created_at), "updated_at": text(it.created_at), "deployment_url": url,
        "repository_url": base, "environment_url": "", "log_url": "", "performed_via_github_app": null,
    })
}

pub fn release(world: &World, repository: &Repository, it: &Release) -> Value {
    let base = repository_url(world, repository);
    let url = format!("{base}/releases/{}", it.id);
    json!({
        "id": it.id, "node_id": node_id("RE", it.id), "url": url, "assets_url": format!("{url}/assets"),
        "upload_url": format!("{url}/assets{{?name,label}}"), "assets": [], "tag_name": it.tag, "name": it.tag,
        "html_url": format!("{}/releases/tag/{}", html_url(repository), it.tag), "target_commitish": "main",
        "draft": it.is_draft, "prerelease": it.is_prerelease, "author": user(world, it.author), "body": "",
        "created_at": text(it.created_at), "updated_at": text(it.updated_at),
        "published_at": it.published_at.map(text), "tarball_url": format!("{base}/tarball/{}", it.tag),
        "zipball_url": format!("{base}/zipball/{}", it.tag),
    })
}

/// The tag of a release; a draft has none yet.
pub fn tag(world: &World, repository: &Repository, it: &Release) -> Value {
    let base = repository_url(world, repository);
    json!({
        "name": it.tag, "node_id": node_id("REF", it.id),
        "commit": { "sha": it.sha, "url": format!("{base}/commits/{}", it.sha) },
        "tarball_url": format!("{base}/tarball/refs/tags/{}", it.tag),
        "zipball_url": format!("{base}/zipball/refs/tags/{}", it.tag),
    })
}

/// Where the files of the report of the last 28 days are: one on another host, one on this.
pub fn copilot_report(world: &World) -> Value {
    let elsewhere = world.api.replace("127.0.0.1", "localhost");
    let days = || world.copilot.iter().rev().take(28).map(|it| it.day.to_string());
    json!({
        "download_links": [format!("{elsewhere}/signed/old.json?signature=1"), format!("{}/signed/new.json?signature=2", world.api)],
        "report_start_day": days().next_back(), "report_end_day": days().next(),
    })
}

/// A day in a file of that report.
pub fn copilot_report_day(it: &CopilotDay) -> Value {
    json!({
        "day": it.day.to_string(), "organization_id": "900", "daily_active_users": it.active_users,
        "code_generation_activity_count": it.suggestions, "code_acceptance_activity_count": it.acceptances,
        "totals_by_ide": [{ "ide": "vscode", "code_acceptance_activity_count": it.acceptances }],
    })
}

/// A day of `GET /orgs/{org}/copilot/metrics`.
pub fn copilot_day(it: &CopilotDay) -> Value {
    let language = json!({ "name": "rust", "total_engaged_users": it.engaged_users,
        "total_code_suggestions": it.suggestions, "total_code_acceptances": it.acceptances,
        "total_code_lines_suggested": it.suggestions * 2, "total_code_lines_accepted": it.acceptances * 2 });
    let model = json!({ "name": "default", "is_custom_model": false, "custom_model_training_date": null,
        "total_engaged_users": it.engaged_users, "languages": [language] });
    json!({
        "date": it.day.to_string(), "total_active_users": it.active_users, "total_engaged_users": it.engaged_users,
        "copilot_ide_code_completions": { "total_engaged_users": it.engaged_users,
            "languages": [{ "name": "rust", "total_engaged_users": it.engaged_users }],
            "editors": [{ "name": "vscode", "total_engaged_users": it.engaged_users, "models": [model] }] },
        "copilot_ide_chat": null, "copilot_dotcom_chat": null, "copilot_dotcom_pull_requests": null,
    })
}
