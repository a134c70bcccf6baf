//! GitHub's objects, the same whether a REST answer, a webhook's body or a backup holds them.
//!
//! One rule: only fields that a table needs are named, and each that GitHub may leave out or null is optional. octocrab's
//! models are not read from: they refuse bodies that GitHub really sends, such as a status in other letters.

mod actions;
mod copilot;
mod delivery;
mod issue;
mod pull;

pub use actions::{Job, PullReference, Run};
pub use copilot::Seats;
pub use delivery::{Deployment, DeploymentStatus, Release};
pub use issue::{Event, Issue};
pub use pull::{Branch, Comment, Commit, GitCommit, PullRequest, Review, Signature};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A body that is not what GitHub's description of it says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", place(path))]
pub struct PayloadError {
    /// Where in the JSON, such as `pull_request.user.login`; empty for the whole.
    pub path: String,
    /// What was found and what was expected.
    pub message: String,
}

/// Reads one object from JSON text.
///
/// # Errors
/// [`PayloadError`] for text that is no JSON, and for a field of another type.
pub fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, PayloadError> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let object = serde_path_to_error::deserialize(&mut json).map_err(PayloadError::from)?;
    json.end().map_err(|error| PayloadError { path: String::new(), message: error.to_string() })?;
    Ok(object)
}

/// Reads one object from JSON that was parsed before.
///
/// # Errors
/// [`PayloadError`] for a field of another type.
pub fn read<T: DeserializeOwned>(json: &Value) -> Result<T, PayloadError> {
    serde_path_to_error::deserialize(json).map_err(PayloadError::from)
}

/// An account. GitHub says null where the account was deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct User {
    /// It stays when the login changes.
    pub id: Option<i64>,
    pub login: Option<String>,
    /// Only where the answer is about the account itself, as `email`.
    pub name: Option<String>,
    pub email: Option<String>,
    /// `User`, `Bot`, `Organization` or `Mannequin`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// A repository, or what an embedding object says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Repository {
    pub id: Option<i64>,
    pub node_id: Option<String>,
    pub name: Option<String>,
    /// `owner/name`.
    pub full_name: Option<String>,
    pub html_url: Option<String>,
    pub default_branch: Option<String>,
    /// Whether issues are turned on.
    pub has_issues: Option<bool>,
    pub updated_at: Option<DateTime<Utc>>,
}

/// A team of an organisation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Team {
    pub id: Option<i64>,
    pub node_id: Option<String>,
    pub name: Option<String>,
    /// Missing where the team was deleted.
    pub slug: Option<String>,
    pub parent: Option<Box<Team>>,
    pub updated_at: Option<DateTime<Utc>>,
}

/// A label, which some answers give as its bare name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Label {
    Name(String),
    Object { name: Option<String> },
}

impl Label {
    /// The label's name, where it has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Label::Name(name) => Some(name),
            Label::Object { name } => name.as_deref(),
        }
    }
}

/// `owner/name` and the last part of an address like `https://api.github.com/repos/OWNER/NAME/pulls/12`, on whatever host.
pub(super) fn place_of(url: &str) -> Option<(String, Option<i64>)> {
    let (_, path) = url.split_once("/repos/")?;
    let mut parts = path.split('/');
    let (owner, name) = (parts.next()?, parts.next()?);
    let number = parts.next_back().and_then(|last| last.parse().ok());
    (!owner.is_empty() && !name.is_empty()).then(|| (format!("{owner}/{name}"), number))
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

impl From<serde_path_to_error::Error<serde_json::Error>> for PayloadError {
    fn from(error: serde_path_to_error::Error<serde_json::Error>) -> PayloadError {
        let path = error.path().to_string();
        // A lone dot is how the crate writes the root, and a question mark a place it does not know.
        let path = if [".", "?"].contains(&path.as_str()) { String::new() } else { path };
        PayloadError { path, message: error.into_inner().to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_another_type_is_named_by_its_path() {
        let text = br#"{"number": 1, "updated_at": "2019-05-15T15:20:55Z", "user": {"login": 7}}"#;
        let error = parse::<PullRequest>(text).unwrap_err();
        assert_eq!(error.path, "user.login");
        assert!(error.to_string().starts_with("user.login: invalid type: integer `7`, expected a string"), "{error}");
    }

    #[test]
    fn text_that_is_no_json_is_named_by_line_and_column() {
        let error = parse::<User>(b"{\"login\": ").unwrap_err();
        assert!(error.to_string().contains("line 1 column 10"), "{error}");
        assert!(parse::<User>(b"{} {}").is_err());
        let whole = parse::<User>(b"7").unwrap_err().to_string();
        assert!(whole.starts_with("invalid type: integer `7`"), "the whole has no path: {whole}");
    }

    #[test]
    fn labels_are_names_or_objects() {
        let labels: Vec<Label> = parse(br#"["a", {"name": "b", "color": "fff"}, {"name": null}]"#).unwrap();
        assert_eq!(labels.iter().map(Label::name).collect::<Vec<_>>(), [Some("a"), Some("b"), None]);
    }

    #[test]
    fn addresses_name_repository_and_number() {
        let place = |url| place_of(url).unwrap();
        assert_eq!(place("https://api.github.com/repos/a/b/pulls/12"), ("a/b".to_owned(), Some(12)));
        assert_eq!(place("https://host/api/v3/repos/a/b.c"), ("a/b.c".to_owned(), None));
        assert_eq!(place_of("https://github.com/a/b/pull/12"), None);
    }
}
