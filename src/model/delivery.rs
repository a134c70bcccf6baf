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
        required("status", Kind::Text, "success, failure or cancelled"),
        required("started_at", Kind::Time, "started"),
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
        required("status", Kind::Text, "success or failure"),
        required("started_at", Kind::Time, "started"),
        optional("finished_at", Kind::Time, "finished"),
        required("is_rollback", Kind::Bool, "returns to an earlier version"),
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
        required("opened_at", Kind::Time, "opened"),
        optional("resolved_at", Kind::Time, "resolved; NULL while open"),
    ],
};
