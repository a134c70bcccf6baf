//! Tables of building, deploying and what breaks afterwards.

use super::{Kind, Table, optional, required};

pub const BUILDS: Table = Table {
    name: "builds",
    about: "one run of a build or test pipeline",
    key: &["repository", "build_id"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("build_id", Kind::Text, "id at the source"),
        optional("pull_request", Kind::Int, "number of the pull request it ran for"),
        optional("workflow", Kind::Text, "name of the pipeline"),
        optional("sha", Kind::Text, "object id of the commit it ran on"),
        optional("trigger", Kind::Text, "what started it, such as push or pull_request"),
        optional("attempt", Kind::Int, "how often it was run, from 1"),
        required("status", Kind::Text, "success, failure, cancelled, skipped, or running while it has no result"),
        required("started_at", Kind::Time, "started"),
        optional("finished_at", Kind::Time, "finished"),
    ],
};

pub const BUILD_JOBS: Table = Table {
    name: "build_jobs",
    about: "one job of a build",
    key: &["repository", "job_id"],
    columns: &[
        required("repository", Kind::Text, "repository"),
        required("job_id", Kind::Text, "id at the source"),
        required("build_id", Kind::Text, "build it belongs to"),
        required("name", Kind::Text, "name"),
        optional("attempt", Kind::Int, "attempt of the build, from 1"),
        required("status", Kind::Text, "success, failure, cancelled, skipped, or running while it has no result"),
        optional("started_at", Kind::Time, "started"),
        optional("finished_at", Kind::Time, "finished"),
    ],
};

pub const DEPLOYMENTS: Table = Table {
    name: "deployments",
    about: "one deployment of a service to an environment",
    key: &["service", "deployment_id"],
    columns: &[
        required("service", Kind::Text, "service"),
        required("deployment_id", Kind::Text, "id at the source"),
        optional("repository", Kind::Text, "repository it was built from"),
        optional("team", Kind::Text, "team that owned the service then, where the source says"),
        required("environment", Kind::Text, "production, staging …"),
        optional("sha", Kind::Text, "object id of the commit that was deployed"),
        required("status", Kind::Text, "success, failure, or running while it has no result"),
        required("started_at", Kind::Time, "started"),
        optional("finished_at", Kind::Time, "finished; not the moment it was replaced"),
        required("is_rollback", Kind::Bool, "returns to an earlier version"),
        optional("fixes_incident_id", Kind::Text, "incident that it was made for, where the source says"),
    ],
};

pub const DEPLOYMENT_STATUSES: Table = Table {
    name: "deployment_statuses",
    about: "one report on the progress of a deployment",
    key: &["service", "deployment_id", "status_id"],
    columns: &[
        required("service", Kind::Text, "service"),
        required("deployment_id", Kind::Text, "deployment"),
        required("status_id", Kind::Text, "id at the source"),
        required("status", Kind::Text, "status in the source's words, such as in_progress, success, inactive"),
        optional("reporter_id", Kind::Person, "who reported it"),
        required("reported_at", Kind::Time, "reported"),
    ],
};

pub const INCIDENTS: Table = Table {
    name: "incidents",
    about: "one incident in production",
    key: &["incident_id"],
    columns: &[
        required("incident_id", Kind::Text, "id at the source"),
        optional("service", Kind::Text, "service"),
        optional("team", Kind::Text, "team that owned the service then, where the source says"),
        optional("deployment_id", Kind::Text, "deployment named as the cause"),
        optional("severity", Kind::Text, "severity in the source's words"),
        optional("status", Kind::Text, "status in the source's words"),
        optional("subject", Kind::Text, "first line of what is said of it"),
        optional("url", Kind::Text, "its page at the source"),
        required("opened_at", Kind::Time, "opened"),
        optional("acknowledged_at", Kind::Time, "somebody said that they look at it"),
        optional("resolved_at", Kind::Time, "resolved; NULL while open"),
    ],
};
