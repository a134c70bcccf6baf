//! All integration tests in one binary: every further one would link the whole stack again.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails where it stands")]

mod catalog;
mod cli;
mod collect;
mod complexity;
mod complexity_oracle;
mod coverage;
mod crash;
mod dashboards;
mod deployed;
mod digest;
mod durability;
mod experiment;
mod experiment_report;
mod facts;
mod files;
mod flags;
mod git_fixture;
mod github;
mod github_payloads;
mod github_world;
mod gitlab;
mod gitlab_world;
mod golden_paths;
mod identity;
mod jira;
mod kept_pages;
mod landing;
mod layering;
mod mapping;
mod ofrep;
mod openapi;
mod outside;
mod pagerduty;
mod python;
mod receive;
mod rework;
mod sql;
mod stats_oracle;
mod support_requests;
mod teams;
mod vendor_payloads;
mod vendor_world;
mod zendesk;
