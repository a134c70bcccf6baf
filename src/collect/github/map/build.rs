//! Runs of GitHub Actions as builds, and their jobs.

use super::{Voice, key, version};
use crate::collect::github::payload::{Job, Run};
use crate::collect::observation::{Observation, Row};
use crate::model::delivery::{BUILD_JOBS, BUILDS};
use chrono::{DateTime, TimeDelta, Utc};

/// A run: one row whatever the number of attempts, since an attempt changes the run's `updated_at`.
///
/// GitHub does not say when a run finished. `finished_at` is the `updated_at` of a run that has a result, which is when it got
/// its result unless somebody changed the run later.
pub fn run(repository: &str, run: &Run, voice: Voice) -> Observation {
    let result = result(run.status.as_deref(), run.conclusion.as_deref());
    let row = Row::of(&BUILDS)
        .set("repository", repository)
        .set("build_id", run.id.to_string())
        .set("pull_request", pull_request(repository, run))
        .set("workflow", &run.name)
        .set("sha", &run.head_sha)
        .set("trigger", &run.event)
        .set("attempt", run.run_attempt)
        .set("status", result.as_deref().unwrap_or("running"))
        .set("started_at", run.run_started_at.unwrap_or(run.created_at))
        .set("finished_at", result.is_some().then_some(run.updated_at))
        .set("source_key", key(run.node_id.as_deref(), Some(run.id)))
        .set("updated_at", run_version(run));
    voice.say(row)
}

/// The version of a run. GitHub's times are whole seconds, and within one a run may begin, end and be run again: of one
/// second the later attempt is newer, and of one attempt the later state. There are 50 attempts at most:
/// <https://docs.github.com/en/actions/reference/limits>.
pub fn run_version(run: &Run) -> DateTime<Utc> {
    let state = match run.status.as_deref() {
        _ if !is_running(run) => 2,
        Some("in_progress") => 1,
        _ => 0,
    };
    run.updated_at + TimeDelta::milliseconds(3 * (run.run_attempt.unwrap_or(1) - 1) + state)
}

/// Whether a run has no result yet, so that it will change.
pub fn is_running(run: &Run) -> bool {
    result(run.status.as_deref(), run.conclusion.as_deref()).is_none()
}

/// A job; `None` for one without a moment, which the webhook of no real job is.
pub fn job(repository: &str, job: &Job, voice: Voice) -> Option<Observation> {
    let result = result(job.status.as_deref(), job.conclusion.as_deref());
    // GitHub fills in the time of creation for a job that has not started.
    let has_started = result.is_some() || job.status.as_deref() == Some("in_progress");
    let newest = [job.created_at, job.started_at, job.completed_at].into_iter().flatten().max()?;
    let row = Row::of(&BUILD_JOBS)
        .set("repository", repository)
        .set("job_id", job.id.to_string())
        .set("build_id", job.run_id.to_string())
        .set("name", job.name.as_deref().unwrap_or_default())
        .set("attempt", job.run_attempt)
        .set("status", result.as_deref().unwrap_or("running"))
        .set("started_at", job.started_at.filter(|_| has_started))
        .set("finished_at", job.completed_at.filter(|_| result.is_some()))
        .set("source_key", key(job.node_id.as_deref(), Some(job.id)))
        .set("updated_at", version(newest, result.is_some()));
    Some(voice.say(row))
}

/// The table's word for a result; `None` while there is none.
///
/// `timed_out` and `startup_failure` are failures: the change is not known to be good. `neutral` counts as passed wherever
/// GitHub asks whether checks passed. `stale` is a run that GitHub gave up after 14 days. `action_required` waits for a
/// person before anything runs, so it is no result. A word that is not known here is kept.
fn result(status: Option<&str>, conclusion: Option<&str>) -> Option<String> {
    let status = status.unwrap_or_default().to_lowercase();
    if ["queued", "in_progress", "waiting", "pending", "requested"].contains(&status.as_str()) {
        return None;
    }
    let conclusion = conclusion.unwrap_or_default().to_lowercase();
    match conclusion.as_str() {
        "" | "action_required" => None,
        "neutral" => Some("success".to_owned()),
        "timed_out" | "startup_failure" => Some("failure".to_owned()),
        "stale" => Some("cancelled".to_owned()),
        _ => Some(conclusion),
    }
}

/// The pull request of this repository that the run's commit is the head of, where it is one.
fn pull_request(repository: &str, run: &Run) -> Option<i64> {
    let is_ours = |url: Option<&str>| {
        let place = url.and_then(super::super::payload::place_of);
        place.is_none_or(|(name, _)| name.eq_ignore_ascii_case(repository))
    };
    let mut ours = run.pull_requests.iter().flatten().filter(|pull| is_ours(pull.url.as_deref()));
    let first = ours.next()?;
    ours.next().is_none().then_some(first.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results() {
        let cases = [
            ("completed", Some("success"), Some("success")),
            ("completed", Some("neutral"), Some("success")),
            ("completed", Some("failure"), Some("failure")),
            ("completed", Some("timed_out"), Some("failure")),
            ("completed", Some("startup_failure"), Some("failure")),
            ("completed", Some("cancelled"), Some("cancelled")),
            ("completed", Some("stale"), Some("cancelled")),
            ("completed", Some("skipped"), Some("skipped")),
            ("COMPLETED", Some("SUCCESS"), Some("success")),
            ("completed", Some("unheard_of"), Some("unheard_of")),
            ("completed", Some("action_required"), None),
            ("completed", None, None),
            ("queued", None, None),
            ("in_progress", Some(""), None),
            ("waiting", None, None),
            // A new attempt keeps the last one's conclusion for a moment.
            ("queued", Some("failure"), None),
        ];
        for (status, conclusion, expected) in cases {
            assert_eq!(result(Some(status), conclusion).as_deref(), expected, "{status} {conclusion:?}");
        }
    }

    #[test]
    fn versions_of_one_second_are_in_order() {
        let version = |attempt: i64, status: &str, conclusion: Option<&str>| {
            let run = serde_json::json!({
                "id": 1, "created_at": "2026-01-05T08:00:00Z", "updated_at": "2026-01-05T08:00:00Z",
                "run_attempt": attempt, "status": status, "conclusion": conclusion,
            });
            run_version(&serde_json::from_value(run).unwrap())
        };
        let versions = [
            version(1, "queued", None),
            version(1, "in_progress", None),
            version(1, "completed", Some("failure")),
            // It keeps the last attempt's conclusion for a moment.
            version(2, "queued", Some("failure")),
            version(2, "completed", Some("success")),
            version(51, "completed", Some("success")),
        ];
        assert!(versions.is_sorted_by(|one, other| one < other), "{versions:?}");
        assert_eq!(versions[5].timestamp(), versions[0].timestamp());
    }
}
