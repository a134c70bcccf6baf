//! What pipelines that ask an API have in common.

use super::super::diagnostic::Diagnostic;
use super::super::files::Content;
use super::super::toml_text;
use chrono::{DateTime, Utc};
use std::path::PathBuf;
use toml::Spanned;

/// Where the answers of an API come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiSource<C> {
    /// The API itself.
    Api {
        /// Base address, without a trailing slash.
        url: String,
        credential: C,
    },
    /// A file or folder of saved answers.
    Saved(PathBuf),
}

/// The base address of an API, without a trailing slash.
pub(super) fn address(content: &Content, url: &Spanned<String>) -> Result<String, Diagnostic> {
    let text = url.get_ref().trim_end_matches('/');
    let parsed = url::Url::parse(text).ok();
    let Some(parsed) = parsed.filter(|it| ["http", "https"].contains(&it.scheme()) && it.has_host()) else {
        return Err(content.diagnostic(url.span(), "not an address such as https://HOST".to_owned(), None));
    };
    // It is written into tables and messages, and nothing but its host and path is asked.
    let has_more = parsed.query().is_some() || parsed.fragment().is_some();
    if has_more || !parsed.username().is_empty() || parsed.password().is_some() {
        let message = "an address without a name, password or query; the credential has a key of its own";
        return Err(content.diagnostic(url.span(), message.to_owned(), None));
    }
    Ok(text.to_owned())
}

/// From when on things are read.
pub(super) fn since(
    content: &Content,
    since: Option<&Spanned<toml::value::Datetime>>,
) -> Result<Option<DateTime<Utc>>, Diagnostic> {
    let moment = |it: &Spanned<toml::value::Datetime>| {
        toml_text::moment(it.get_ref())
            .ok_or_else(|| content.diagnostic(it.span(), "not a day or moment".to_owned(), None))
    };
    since.map(moment).transpose()
}
