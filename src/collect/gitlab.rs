//! `type = "gitlab"`: merge requests, pipelines, deployments, releases and issues of GitLab's projects.
//!
//! One rule: a project is known by its number, which it keeps when it is renamed or moved; its path is what its rows are
//! called by at present.

pub mod map;
pub mod payload;
