//! `type = "pagerduty"`: whose incidents are read.

use super::super::diagnostic::Diagnostic;
use super::super::files::Content;
use super::super::toml_text;
use super::api::{self, ApiSource};
use super::{Every, Secret};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;

/// One PagerDuty pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagerdutyPipeline {
    /// Where the answers come from; the credential is an API key.
    pub from: ApiSource<Secret>,
    /// Ids of the services whose incidents are read; all where none is named.
    pub services: Vec<String>,
    /// Incidents that began before this moment are left out.
    pub since: Option<DateTime<Utc>>,
    /// What PagerDuty signs its webhook deliveries with.
    pub webhook_secret: Option<Secret>,
}

/// Accounts of the European region have <https://api.eu.pagerduty.com>.
const API: &str = "https://api.pagerduty.com";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(rename = "type")]
    kind: Spanned<String>,
    url: Option<Spanned<String>>,
    token: Option<Secret>,
    path: Option<Spanned<PathBuf>>,
    #[serde(default)]
    services: Vec<String>,
    since: Option<Spanned<toml::value::Datetime>>,
    every: Option<Every>,
    webhook_secret: Option<Secret>,
}

pub(super) fn parse(content: &Content, whole: Range<usize>) -> Result<(PagerdutyPipeline, Option<Every>), Diagnostic> {
    let keys: Keys = toml_text::parse(content, whole)?;
    let wrong = |at: Range<usize>, message: &str| Err(content.diagnostic(at, message.to_owned(), None));
    let from = match (keys.path, keys.token) {
        (Some(path), None) if keys.url.is_some() => return wrong(path.span(), "saved answers need no url"),
        (Some(path), None) => ApiSource::Saved(path.into_inner()),
        (Some(path), Some(_)) => return wrong(path.span(), "saved answers need no token"),
        (None, None) => {
            let message = "needs token = { env = \"PAGERDUTY_TOKEN\" }, or path = \"…\" of saved answers";
            return wrong(keys.kind.span(), message);
        }
        (None, Some(credential)) => {
            let url = keys.url.as_ref().map(|url| api::address(content, url)).transpose()?;
            ApiSource::Api { url: url.unwrap_or_else(|| API.to_owned()), credential }
        }
    };
    let since = api::since(content, keys.since.as_ref())?;
    Ok((PagerdutyPipeline { from, services: keys.services, since, webhook_secret: keys.webhook_secret }, keys.every))
}
