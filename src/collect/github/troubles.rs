//! What goes wrong with one repository or one list, so that the others go on.
//!
//! One rule: whatever was not read fails the run in the end, in one line that says what to do.

use super::client::GithubError;
use super::repositories::Repository;
use crate::collect::{CollectError, Progress, Result};
use crate::project::GithubList;
use http::StatusCode;
use std::collections::BTreeMap;

/// A list that the token may not read.
#[derive(Clone, Debug)]
pub struct Denied {
    /// What it lists, and the key's word for leaving it out.
    pub list: &'static str,
    /// The permission that GitHub wants.
    pub permission: &'static str,
    pub repositories: Vec<String>,
    /// What GitHub answered for the first of them.
    pub answer: String,
}

/// What may not be read, in one line.
pub(super) fn line(lists: &[Denied]) -> String {
    let words = |it: &Denied| {
        let Denied { list, permission, repositories, answer } = it;
        let others = match repositories.len() {
            0 | 1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let first = repositories.first().map(String::as_str).unwrap_or_default();
        format!(
            "{list} of {first}{others} cannot be read ({answer}); give the token {permission}, or leave them out with \
             leave_out = [\"{list}\"]"
        )
    };
    lists.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// What went wrong with single repositories and lists, which does not stop the others.
pub(super) struct Troubles<'p> {
    progress: &'p dyn Progress,
    /// The last is what the run fails with; those before it are said.
    last: Option<GithubError>,
    denied: BTreeMap<GithubList, Denied>,
}

impl<'p> Troubles<'p> {
    pub fn new(progress: &'p dyn Progress) -> Troubles<'p> {
        Troubles { progress, last: None, denied: BTreeMap::new() }
    }

    /// Whether something could be read. An error that would be everyone's is given back.
    pub fn pass(&mut self, read: Result<()>) -> Result<bool> {
        match read {
            Err(CollectError::Github(
                error @ (GithubError::Refused { .. } | GithubError::Malformed { .. } | GithubError::Endless { .. }),
            )) => {
                self.put(error);
                Ok(false)
            }
            other => other.map(|()| true),
        }
    }

    fn put(&mut self, error: GithubError) {
        if let Some(former) = self.last.replace(error) {
            self.progress.warn(&former.to_string());
        }
    }

    /// The same for a list that may need a permission of its own.
    pub fn pass_list(&mut self, repository: &Repository, list: GithubList, read: Result<()>) -> Result<bool> {
        match read {
            Err(CollectError::Github(GithubError::Refused {
                status: status @ (StatusCode::FORBIDDEN | StatusCode::NOT_FOUND),
                message,
                ..
            })) => {
                let denied = self.denied.entry(list).or_insert_with(|| Denied {
                    list: list.word(),
                    permission: list.permission(),
                    repositories: Vec::new(),
                    answer: format!("{status}: {message}"),
                });
                denied.repositories.push(repository.full_name.clone());
                Ok(false)
            }
            other => self.pass(other),
        }
    }

    pub fn end(mut self) -> Result<()> {
        let denied: Vec<Denied> = std::mem::take(&mut self.denied).into_values().collect();
        if !denied.is_empty() {
            self.put(GithubError::Denied(denied));
        }
        self.last.map_or(Ok(()), |error| Err(error.into()))
    }
}
