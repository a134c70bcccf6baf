//! Where an API is, as a pipeline's file says it.

use super::super::diagnostic::Diagnostic;
use super::super::files::Content;
use toml::Spanned;

/// The address without a slash at its end, which must be one of HTTP; `like` is an example of one.
pub(super) fn address(content: &Content, url: &Spanned<String>, like: &str) -> Result<String, Diagnostic> {
    let text = url.get_ref().trim_end_matches('/');
    let parsed = url::Url::parse(text).ok().filter(|it| ["http", "https"].contains(&it.scheme()) && it.has_host());
    match parsed {
        Some(_) => Ok(text.to_owned()),
        None => Err(content.diagnostic(url.span(), format!("not an address such as {like}"), None)),
    }
}
