//! `type = "zendesk"`: whose tickets are read, and who asks.

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

/// One Zendesk pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZendeskPipeline {
    /// Where the answers come from.
    pub from: ApiSource<ZendeskCredential>,
    /// Tickets that were opened before this moment are left out.
    pub since: Option<DateTime<Utc>>,
    /// What Zendesk signs its webhook deliveries with.
    pub webhook_secret: Option<Secret>,
}

/// Who asks: an administrator, which the exports take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZendeskCredential {
    /// An API token of the account, used by the agent with this e-mail address.
    ApiToken { email: String, token: Secret },
    /// An OAuth access token with the scope `read`.
    Bearer(Secret),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(rename = "type")]
    kind: Spanned<String>,
    subdomain: Option<Spanned<String>>,
    url: Option<Spanned<String>>,
    email: Option<String>,
    token: Option<Secret>,
    path: Option<Spanned<PathBuf>>,
    since: Option<Spanned<toml::value::Datetime>>,
    every: Option<Every>,
    webhook_secret: Option<Secret>,
}

pub(super) fn parse(content: &Content, whole: Range<usize>) -> Result<(ZendeskPipeline, Option<Every>), Diagnostic> {
    let keys: Keys = toml_text::parse(content, whole)?;
    let wrong = |at: Range<usize>, message: &str| Err(content.diagnostic(at, message.to_owned(), None));
    let has_account = keys.subdomain.is_some() || keys.url.is_some() || keys.email.is_some();
    let from = match (keys.path, keys.token) {
        (Some(path), None) if has_account => {
            return wrong(path.span(), "saved answers need no subdomain, url or email");
        }
        (Some(path), None) => ApiSource::Saved(path.into_inner()),
        (Some(path), Some(_)) => return wrong(path.span(), "saved answers need no token"),
        (None, None) => {
            let message = "needs token = { env = \"ZENDESK_TOKEN\" }, with email = \"…\" unless it is an OAuth token, or \
                           path = \"…\" of saved answers";
            return wrong(keys.kind.span(), message);
        }
        (None, Some(token)) => {
            let url = match (&keys.subdomain, &keys.url) {
                (Some(subdomain), None) => match host(subdomain.get_ref()) {
                    Some(host) => format!("https://{host}"),
                    None => return wrong(subdomain.span(), "not a subdomain such as acme"),
                },
                (None, Some(url)) => api::address(content, url)?,
                (None, None) => return wrong(keys.kind.span(), "needs subdomain = \"ACCOUNT\""),
                (Some(_), Some(url)) => return wrong(url.span(), "takes a subdomain or a url, not both"),
            };
            let credential = match keys.email {
                Some(email) => ZendeskCredential::ApiToken { email, token },
                None => ZendeskCredential::Bearer(token),
            };
            ApiSource::Api { url, credential }
        }
    };
    let since = api::since(content, keys.since.as_ref())?;
    Ok((ZendeskPipeline { from, since, webhook_secret: keys.webhook_secret }, keys.every))
}

/// The host of an account. Nothing that ends in a host of somebody else's gets the token.
fn host(subdomain: &str) -> Option<String> {
    let is_label = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_label(subdomain).then(|| format!("{subdomain}.zendesk.com"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subdomain_is_one_label() {
        assert_eq!(host("acme-support"), Some("acme-support.zendesk.com".to_owned()));
        for wrong in ["", "evil.example/", "acme.zendesk.com", "a b", "evil.example#"] {
            assert_eq!(host(wrong), None, "{wrong}");
        }
    }
}
