//! Pipelines as builds, and their jobs.

use super::version;
use crate::collect::gitlab::payload::{Job, Pipeline};
use crate::collect::observation::Row;
use crate::model::delivery::{BUILD_JOBS, BUILDS};
use chrono::{DateTime, Utc};

/// A pipeline: one row however often its jobs were run again, since that changes its `updated_at`. A list's does not say when it
/// finished: that is unknown then.
pub fn pipeline(repository: &str, pipeline: &Pipeline) -> Row {
    let result = result(&pipeline.status);
    Row::of(&BUILDS)
        .set("repository", repository)
        .set("build_id", pipeline.id.to_string())
        .set("pull_request", pipeline.reference.as_deref().and_then(merge_request))
        .set("workflow", &pipeline.name)
        .set("sha", &pipeline.sha)
        .set("trigger", &pipeline.source)
        .set("status", result.unwrap_or("running"))
        .set("started_at", pipeline.started_at.unwrap_or(pipeline.created_at))
        .set("finished_at", pipeline.finished_at.filter(|_| result.is_some()))
        .set("source_key", pipeline.id.to_string())
        .set("updated_at", pipeline_version(pipeline))
}

/// The version of a pipeline.
pub fn pipeline_version(pipeline: &Pipeline) -> DateTime<Utc> {
    version(pipeline.updated_at.unwrap_or(pipeline.created_at), !is_running(pipeline))
}

/// Whether a pipeline has no result yet, so that it will change.
pub fn is_running(pipeline: &Pipeline) -> bool {
    result(&pipeline.status).is_none()
}

/// A job.
pub fn job(repository: &str, job: &Job) -> Row {
    let result = result(&job.status);
    let newest = [job.started_at, job.finished_at].into_iter().flatten().fold(job.created_at, DateTime::max);
    Row::of(&BUILD_JOBS)
        .set("repository", repository)
        .set("job_id", job.id.to_string())
        .set("build_id", job.pipeline.id.to_string())
        .set("name", job.name.as_deref().unwrap_or_default())
        .set("status", result.unwrap_or("running"))
        .set("started_at", job.started_at)
        .set("finished_at", job.finished_at.filter(|_| result.is_some()))
        .set("source_key", job.id.to_string())
        .set("updated_at", version(newest, result.is_some()))
}

/// The table's word for a result; `None` while there is none. `manual` waits for somebody and `scheduled` for its time.
fn result(status: &str) -> Option<&'static str> {
    match status {
        "success" => Some("success"),
        "failed" => Some("failure"),
        "canceled" => Some("cancelled"),
        "skipped" => Some("skipped"),
        _ => None,
    }
}

/// The merge request of `refs/merge-requests/5394/head`, or of its `merge` and `train`.
fn merge_request(reference: &str) -> Option<i64> {
    reference.strip_prefix("refs/merge-requests/")?.split('/').next()?.parse().ok()
}
