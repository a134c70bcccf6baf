//! `type = "gitlab"`: which projects of which GitLab, and who asks.

use super::super::diagnostic::Diagnostic;
use super::super::files::Content;
use super::super::toml_text;
use super::api::{address, since};
use super::github::names_repository;
use super::{Every, Secret};
use chrono::{DateTime, Utc};
use glob::Pattern;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// One GitLab pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitlabPipeline {
    /// Where its pages are, without a trailing slash.
    pub url: String,
    /// A token with the scope `read_api`.
    pub token: Secret,
    /// Projects that are read, as globs over their paths: `*` stays within a group and `**` does not.
    pub projects: Vec<String>,
    /// Projects whose issues are support tickets, as globs. Their issues are read also where `projects` does not name them.
    pub tickets: Vec<String>,
    /// What last changed before this moment is left out.
    pub since: Option<DateTime<Utc>>,
    /// What the API is not asked for.
    pub leave_out: Vec<GitlabList>,
    /// What GitLab signs its webhook deliveries with.
    pub webhook_secret: Option<Secret>,
}

impl GitlabPipeline {
    /// Whether `projects` names this one, given by its path.
    pub fn reads(&self, project: &str) -> bool {
        self.projects.iter().any(|glob| names_repository(glob, project))
    }

    /// Whether `tickets` names this one, given by its path.
    pub fn takes_tickets_of(&self, project: &str) -> bool {
        self.tickets.iter().any(|glob| names_repository(glob, project))
    }

    /// Whether the API is asked for these.
    pub fn lists(&self, list: GitlabList) -> bool {
        let is_part_of_left_out = list == GitlabList::Jobs && self.leave_out.contains(&GitlabList::Builds);
        !self.leave_out.contains(&list) && !is_part_of_left_out
    }
}

/// What a pipeline can leave out.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum GitlabList {
    /// Pipelines, and with them their jobs.
    Builds,
    Jobs,
    Deployments,
    Releases,
}

impl GitlabList {
    /// The word in a pipeline's file.
    pub fn word(self) -> &'static str {
        match self {
            GitlabList::Builds => "builds",
            GitlabList::Jobs => "jobs",
            GitlabList::Deployments => "deployments",
            GitlabList::Releases => "releases",
        }
    }
}

const URL: &str = "https://gitlab.com";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(rename = "type")]
    kind: Spanned<String>,
    url: Option<Spanned<String>>,
    token: Option<Secret>,
    #[serde(default)]
    projects: Vec<Spanned<String>>,
    #[serde(default)]
    tickets: Vec<Spanned<String>>,
    since: Option<Spanned<toml::value::Datetime>>,
    #[serde(default)]
    leave_out: Vec<GitlabList>,
    every: Option<Every>,
    webhook_secret: Option<Secret>,
}

pub(super) fn parse(content: &Content, whole: Range<usize>) -> Result<(GitlabPipeline, Option<Every>), Diagnostic> {
    let keys: Keys = toml_text::parse(content, whole)?;
    let wrong = |at: Range<usize>, message: &str| content.diagnostic(at, message.to_owned(), None);
    for glob in keys.projects.iter().chain(&keys.tickets) {
        if let Some(message) = problem(glob.get_ref()) {
            return Err(wrong(glob.span(), &message));
        }
    }
    let Some(token) = keys.token else {
        return Err(wrong(keys.kind.span(), "needs token = { env = \"GITLAB_TOKEN\" } with the scope read_api"));
    };
    if keys.projects.is_empty() && keys.tickets.is_empty() {
        return Err(wrong(keys.kind.span(), "needs projects = [\"GROUP/*\"]"));
    }
    let pipeline = GitlabPipeline {
        url: keys.url.as_ref().map_or(Ok(URL.to_owned()), |url| address(content, url))?,
        token,
        projects: keys.projects.into_iter().map(Spanned::into_inner).collect(),
        tickets: keys.tickets.into_iter().map(Spanned::into_inner).collect(),
        since: since(content, keys.since.as_ref())?,
        leave_out: keys.leave_out,
        webhook_secret: keys.webhook_secret,
    };
    Ok((pipeline, keys.every))
}

/// What is wrong with a glob.
fn problem(glob: &str) -> Option<String> {
    let group = glob.split('/').next().unwrap_or_default();
    if !glob.contains('/') || glob.split('/').any(str::is_empty) || group.contains(['*', '?', '[']) {
        return Some("not of the form GROUP/PROJECT, where all but the first group may have wildcards".to_owned());
    }
    Pattern::new(glob).err().map(|error| error.msg.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_name_projects_by_their_paths() {
        for wrong in ["acme", "*/app", "acme//app", "acme/", "acme/[a"] {
            assert!(problem(wrong).is_some(), "{wrong}");
        }
        for right in ["acme/app", "acme/*", "acme/**", "acme/tools/*-api"] {
            assert_eq!(problem(right), None, "{right}");
        }
        let names = |glob: &str, path: &str| names_repository(glob, path);
        assert!(names("acme/*", "Acme/App") && !names("acme/*", "acme/tools/app"));
        assert!(names("acme/**", "acme/app") && names("acme/**", "acme/tools/app"));
        assert!(!names("acme/**", "acmes/app"));
    }
}
