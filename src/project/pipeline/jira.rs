//! `type = "jira"`: which projects of which Jira, and who asks.

use super::super::diagnostic::Diagnostic;
use super::super::files::Content;
use super::super::toml_text;
use super::api::{address, since};
use super::{Every, Secret};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// One Jira pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraPipeline {
    /// Where its pages are, without a trailing slash.
    pub url: String,
    /// Whose token it is on Atlassian's cloud; a server's token says so itself.
    pub email: Option<String>,
    pub token: Secret,
    /// Keys of the projects that are read.
    pub projects: Vec<String>,
    /// Which of their issues are read, in Jira's own query language and without `ORDER BY`.
    pub jql: Option<String>,
    /// Issues that last changed before this moment are left out.
    pub since: Option<DateTime<Utc>>,
    /// What Jira signs its webhook deliveries with.
    pub webhook_secret: Option<Secret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(rename = "type")]
    kind: Spanned<String>,
    url: Option<Spanned<String>>,
    email: Option<String>,
    token: Option<Secret>,
    #[serde(default)]
    projects: Vec<Spanned<String>>,
    jql: Option<Spanned<String>>,
    since: Option<Spanned<toml::value::Datetime>>,
    every: Option<Every>,
    webhook_secret: Option<Secret>,
}

pub(super) fn parse(content: &Content, whole: Range<usize>) -> Result<(JiraPipeline, Option<Every>), Diagnostic> {
    let keys: Keys = toml_text::parse(content, whole)?;
    let wrong = |at: Range<usize>, message: &str| content.diagnostic(at, message.to_owned(), None);
    let Some(url) = &keys.url else {
        return Err(wrong(keys.kind.span(), "needs url = \"https://NAME.atlassian.net\", or that of a server"));
    };
    let url = address(content, url)?;
    let Some(token) = keys.token else {
        let message = "needs token = { env = \"JIRA_TOKEN\" }, and on Atlassian's cloud the email whose token it is";
        return Err(wrong(keys.kind.span(), message));
    };
    if keys.projects.is_empty() && keys.jql.is_none() {
        return Err(wrong(keys.kind.span(), "needs projects = [\"KEY\"], or a jql that says which issues"));
    }
    if let Some(project) = keys.projects.iter().find(|project| !is_key(project.get_ref())) {
        return Err(wrong(project.span(), "not the key of a project, such as OPS"));
    }
    if let Some(jql) = keys.jql.as_ref().filter(|jql| jql.get_ref().to_lowercase().contains("order by")) {
        return Err(wrong(jql.span(), "the order of the issues is decided here: leave ORDER BY out"));
    }
    let pipeline = JiraPipeline {
        url,
        email: keys.email,
        token,
        projects: keys.projects.into_iter().map(Spanned::into_inner).collect(),
        jql: keys.jql.map(Spanned::into_inner),
        since: since(content, keys.since.as_ref())?,
        webhook_secret: keys.webhook_secret,
    };
    Ok((pipeline, keys.every))
}

/// Letters, digits and underscores: <https://confluence.atlassian.com/adminjiraserver/changing-the-project-key-format-938847081.html>.
fn is_key(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
