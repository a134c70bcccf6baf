//! `type = "backstage"`: which Backstage server's catalog, and who asks.

use super::super::diagnostic::Diagnostic;
use super::super::files::Content;
use super::super::toml_text;
use super::{Every, Secret};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// One Backstage pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackstagePipeline {
    /// Where the backend is, without a trailing slash.
    pub url: String,
    /// A token of Backstage's service-to-service authentication, where the server wants one.
    pub token: Option<Secret>,
    /// Which entities are read, in Backstage's form such as `kind=component,spec.type=service`; those of any of them are.
    pub filter: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(rename = "type")]
    kind: Spanned<String>,
    url: Option<Spanned<String>>,
    token: Option<Secret>,
    #[serde(default)]
    filter: Filter,
    every: Option<Every>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "must be a text or a list of texts")]
enum Filter {
    One(String),
    Many(Vec<String>),
}

impl Default for Filter {
    fn default() -> Filter {
        Filter::Many(Vec::new())
    }
}

pub(super) fn parse(content: &Content, whole: Range<usize>) -> Result<(BackstagePipeline, Option<Every>), Diagnostic> {
    let keys: Keys = toml_text::parse(content, whole)?;
    let Some(url) = keys.url else {
        let message = "needs url = \"https://backstage.example.com\", the address of the backend".to_owned();
        return Err(content.diagnostic(keys.kind.span(), message, None));
    };
    let text = url.get_ref().trim_end_matches('/').trim_end_matches("/api/catalog").to_owned();
    let parsed = url::Url::parse(&text).ok().filter(|it| ["http", "https"].contains(&it.scheme()) && it.has_host());
    if parsed.is_none() {
        let message = "not an address such as https://backstage.example.com".to_owned();
        return Err(content.diagnostic(url.span(), message, None));
    }
    let filter = match keys.filter {
        Filter::One(one) => vec![one],
        Filter::Many(many) => many,
    };
    Ok((BackstagePipeline { url: text, token: keys.token, filter }, keys.every))
}
