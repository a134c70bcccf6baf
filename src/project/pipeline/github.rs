//! `type = "github"`: which repositories of which GitHub, and who asks.

use super::super::diagnostic::Diagnostic;
use super::super::files::Content;
use super::super::toml_text;
use super::Every;
use chrono::{DateTime, Utc};
use glob::{MatchOptions, Pattern};
use serde::Deserialize;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// One GitHub pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GithubPipeline {
    /// Where the answers come from.
    pub from: GithubSource,
    /// Repositories that are read, as globs over `owner/name`.
    pub repositories: Vec<String>,
    /// Repositories whose issues are support tickets, as globs over `owner/name`. Their issues are read also where
    /// `repositories` does not name them.
    pub tickets: Vec<String>,
    /// Organisations whose teams are read with their members, which takes the permission `read:org`.
    pub teams: Vec<String>,
    /// Organisations whose use of Copilot is read.
    pub copilot: Vec<String>,
    /// Pull requests that last changed before this moment are left out, and what else was created before it.
    pub since: Option<DateTime<Utc>>,
    /// What the API is not asked for.
    pub leave_out: Vec<GithubList>,
    /// What GitHub signs its webhook deliveries with.
    pub webhook_secret: Option<Secret>,
}

impl GithubPipeline {
    /// Whether `repositories` names this one, given as `owner/name`. Saved answers that name none are read whole.
    pub fn reads(&self, repository: &str) -> bool {
        let is_whole = self.repositories.is_empty() && matches!(self.from, GithubSource::Saved(_));
        is_whole || is_named(&self.repositories, repository)
    }

    /// Whether the issues of a repository, given as `owner/name`, are support tickets: whether `tickets` names it. It need not
    /// be among those that are read otherwise.
    pub fn takes_tickets_of(&self, repository: &str) -> bool {
        is_named(&self.tickets, repository)
    }
}

/// Owners and names differ in more than the case of letters, so that does not count. A `*` stays on its side of the `/`.
const MATCHING: MatchOptions =
    MatchOptions { case_sensitive: false, require_literal_separator: true, require_literal_leading_dot: false };

fn is_named(globs: &[String], repository: &str) -> bool {
    globs.iter().any(|glob| names_repository(glob, repository))
}

/// Whether a glob names a repository, given as `owner/name`.
pub fn names_repository(glob: &str, repository: &str) -> bool {
    Pattern::new(glob).is_ok_and(|glob| glob.matches_with(repository, MATCHING))
}

/// What is wrong with a glob.
fn problem(glob: &str) -> Option<String> {
    if !glob.split_once('/').is_some_and(|(owner, name)| !owner.is_empty() && !name.is_empty()) {
        return Some("not of the form OWNER/NAME, where NAME may have wildcards".to_owned());
    }
    Pattern::new(glob).err().map(|error| error.msg.to_owned())
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

/// What a pipeline can leave out.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum GithubList {
    /// Runs of workflows, and with them their jobs.
    Builds,
    Jobs,
    Deployments,
    Releases,
}

impl GithubPipeline {
    /// Whether the API is asked for these.
    pub fn lists(&self, list: GithubList) -> bool {
        let is_part_of_left_out = list == GithubList::Jobs && self.leave_out.contains(&GithubList::Builds);
        !self.leave_out.contains(&list) && !is_part_of_left_out
    }
}

impl GithubList {
    /// The word in a pipeline's file.
    pub fn word(self) -> &'static str {
        match self {
            GithubList::Builds => "builds",
            GithubList::Jobs => "jobs",
            GithubList::Deployments => "deployments",
            GithubList::Releases => "releases",
        }
    }

    /// The permission of a fine-grained token or an App that reading needs:
    /// <https://docs.github.com/en/rest/authentication/permissions-required-for-fine-grained-personal-access-tokens>.
    pub fn permission(self) -> &'static str {
        match self {
            GithubList::Builds | GithubList::Jobs => "Actions: read",
            GithubList::Deployments => "Deployments: read",
            GithubList::Releases => "Contents: read",
        }
    }
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
    repositories: Vec<Spanned<String>>,
    #[serde(default)]
    tickets: Vec<Spanned<String>>,
    #[serde(default)]
    teams: Vec<String>,
    #[serde(default)]
    copilot: Vec<String>,
    since: Option<Spanned<toml::value::Datetime>>,
    #[serde(default)]
    leave_out: Vec<GithubList>,
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
    for glob in keys.repositories.iter().chain(&keys.tickets) {
        if let Some(message) = problem(glob.get_ref()) {
            return Err(wrong(glob.span(), &message));
        }
    }
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
            if keys.repositories.is_empty() && keys.tickets.is_empty() {
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
        repositories: keys.repositories.into_iter().map(Spanned::into_inner).collect(),
        tickets: keys.tickets.into_iter().map(Spanned::into_inner).collect(),
        teams: keys.teams,
        copilot: keys.copilot,
        since: since.transpose()?,
        leave_out: keys.leave_out,
        webhook_secret: keys.webhook_secret,
    };
    Ok((pipeline, keys.every))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_decide_by_repository() {
        let names = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect();
        let mut pipeline = GithubPipeline {
            from: GithubSource::Saved("answers".into()),
            repositories: Vec::new(),
            tickets: names(&["acme/support*", "other/help"]),
            teams: Vec::new(),
            copilot: Vec::new(),
            since: None,
            leave_out: Vec::new(),
            webhook_secret: None,
        };
        let takes = |name| pipeline.takes_tickets_of(name);
        assert!(takes("acme/support") && takes("Acme/Support-EU") && takes("other/help"));
        assert!(!takes("acme/app") && !takes("other/support") && !takes("other/helper"));
        assert!(pipeline.reads("acme/app"), "a folder of answers is read whole");
        pipeline.repositories = names(&["acme/*"]);
        assert!(pipeline.reads("acme/app") && pipeline.reads("acme/.github") && !pipeline.reads("other/help"));
        pipeline.repositories = names(&["*"]);
        assert!(!pipeline.reads("acme/app"), "an owner is not a name");
    }
}
