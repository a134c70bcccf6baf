//! `type = "github"`: which repositories of which GitHub, and who asks.

use super::super::diagnostic::Diagnostic;
use super::super::files::Content;
use super::super::toml_text;
use super::Every;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// One GitHub pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GithubPipeline {
    /// Where the answers come from.
    pub from: GithubSource,
    /// Globs over `owner/name`.
    pub repositories: Vec<String>,
    /// Repositories whose issues are support tickets, as globs over `owner/name`.
    pub tickets: Vec<String>,
    /// Organisations whose teams are read with their members, which takes the permission `read:org`.
    pub teams: Vec<String>,
    /// Organisations whose use of Copilot is read.
    pub copilot: Vec<String>,
    /// What last changed before this moment is left out.
    pub since: Option<DateTime<Utc>>,
    /// What GitHub signs its webhook deliveries with.
    pub webhook_secret: Option<Secret>,
}

/// Where the answers of GitHub come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GithubSource {
    /// Its API.
    Api {
        /// Base of the REST API, without a trailing slash.
        url: String,
        credential: Credential,
    },
    /// A file or folder of saved responses.
    Saved(PathBuf),
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A personal access token.
    Token(Secret),
    /// An installation of a GitHub App with its private key in PEM form.
    App { id: u64, installation: u64, key: Secret },
}

/// Something that must not stand in a file of the project.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "toml::Value")]
pub enum Secret {
    /// Name of the environment variable that holds it.
    Env(String),
    /// File whose content it is, relative to the project folder; white space around it does not count.
    File(PathBuf),
}

impl TryFrom<toml::Value> for Secret {
    type Error = &'static str;

    /// The error does not repeat what was written: it may be the secret.
    fn try_from(value: toml::Value) -> Result<Secret, Self::Error> {
        let entries: Vec<(&str, &toml::Value)> =
            value.as_table().into_iter().flatten().map(|(key, value)| (key.as_str(), value)).collect();
        match entries[..] {
            [("env", toml::Value::String(name))] => Ok(Secret::Env(name.clone())),
            [("file", toml::Value::String(path))] => Ok(Secret::File(path.into())),
            _ => Err("a secret does not stand in this file: write { env = \"NAME\" } or { file = \"PATH\" }"),
        }
    }
}

impl Secret {
    /// The secret itself.
    ///
    /// # Errors
    /// A sentence that says where it was looked for, never what it is.
    pub fn read(&self, folder: &Path) -> Result<String, String> {
        let (text, place) = match self {
            Secret::Env(name) => {
                let value = std::env::var(name);
                (value.map_err(|_| format!("environment variable {name} is not set"))?, format!("variable {name}"))
            }
            Secret::File(path) => {
                let path = folder.join(path);
                let place = path.display().to_string();
                (std::fs::read_to_string(&path).map_err(|error| format!("{place}: {error}"))?, place)
            }
        };
        let text = text.trim();
        if text.is_empty() { Err(format!("{place} is empty")) } else { Ok(text.to_owned()) }
    }
}

const API: &str = "https://api.github.com";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(rename = "type")]
    kind: Spanned<String>,
    url: Option<Spanned<String>>,
    token: Option<Secret>,
    app: Option<AppKeys>,
    path: Option<Spanned<PathBuf>>,
    #[serde(default)]
    repositories: Vec<String>,
    #[serde(default)]
    tickets: Vec<String>,
    #[serde(default)]
    teams: Vec<String>,
    #[serde(default)]
    copilot: Vec<String>,
    since: Option<Spanned<toml::value::Datetime>>,
    every: Option<Every>,
    webhook_secret: Option<Secret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppKeys {
    id: u64,
    installation: u64,
    key: Secret,
}

pub(super) fn parse(content: &Content, whole: Range<usize>) -> Result<(GithubPipeline, Option<Every>), Diagnostic> {
    let keys: Keys = toml_text::parse(content, whole)?;
    let wrong = |at: Range<usize>, message: &str| content.diagnostic(at, message.to_owned(), None);
    let from = match (keys.path, keys.token, keys.app) {
        (Some(path), None, None) => GithubSource::Saved(path.into_inner()),
        (Some(path), _, _) => return Err(wrong(path.span(), "saved responses need no token or app")),
        (None, token, app) => {
            let credential = match (token, app) {
                (Some(token), None) => Credential::Token(token),
                (None, Some(app)) => Credential::App { id: app.id, installation: app.installation, key: app.key },
                (None, None) => {
                    let message =
                        "needs token = { env = \"GITHUB_TOKEN\" }, an [app], or path = \"…\" of saved responses";
                    return Err(wrong(keys.kind.span(), message));
                }
                (Some(_), Some(_)) => return Err(wrong(keys.kind.span(), "takes a token or an [app], not both")),
            };
            if keys.repositories.is_empty() {
                return Err(wrong(keys.kind.span(), "needs repositories = [\"OWNER/*\"]"));
            }
            let url = keys.url.as_ref().map_or(API, |url| url.get_ref().as_str()).trim_end_matches('/').to_owned();
            let parsed =
                url::Url::parse(&url).ok().filter(|it| ["http", "https"].contains(&it.scheme()) && it.has_host());
            match (parsed, keys.url) {
                (None, Some(url)) => {
                    return Err(wrong(url.span(), "not an address such as https://HOST/api/v3"));
                }
                _ => GithubSource::Api { url, credential },
            }
        }
    };
    let since = keys
        .since
        .map(|since| toml_text::moment(since.get_ref()).ok_or_else(|| wrong(since.span(), "not a day or moment")));
    let pipeline = GithubPipeline {
        from,
        repositories: keys.repositories,
        tickets: keys.tickets,
        teams: keys.teams,
        copilot: keys.copilot,
        since: since.transpose()?,
        webhook_secret: keys.webhook_secret,
    };
    Ok((pipeline, keys.every))
}
