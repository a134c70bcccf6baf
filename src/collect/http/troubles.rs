//! What goes wrong with one repository, project or list, so that the others go on.
//!
//! One rule: whatever was not read fails the run in the end, in one line that says what to do.

use super::HttpError;
use crate::collect::{CollectError, Progress, Result};
use http::StatusCode;
use std::collections::BTreeMap;

/// A list that the token may not read.
#[derive(Clone, Debug)]
pub struct Denied {
    /// What it lists, and the key's word for leaving it out.
    pub list: &'static str,
    /// The permission that the vendor wants.
    pub permission: &'static str,
    /// Repositories or projects.
    pub places: Vec<String>,
    /// What was answered for the first of them.
    pub answer: String,
}

/// What may not be read, in one line.
pub(super) fn line(lists: &[Denied]) -> String {
    let words = |it: &Denied| {
        let Denied { list, permission, places, answer } = it;
        let others = match places.len() {
            0 | 1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let first = places.first().map(String::as_str).unwrap_or_default();
        format!(
            "{list} of {first}{others} cannot be read ({answer}); give the token {permission}, or leave them out with \
             leave_out = [\"{list}\"]"
        )
    };
    lists.iter().map(words).collect::<Vec<_>>().join("; ")
}

/// What went wrong with single places and lists, which does not stop the others.
pub(in crate::collect) struct Troubles<'p> {
    progress: &'p dyn Progress,
    /// The last is what the run fails with; those before it are said.
    last: Option<HttpError>,
    denied: BTreeMap<&'static str, Denied>,
}

impl<'p> Troubles<'p> {
    pub fn new(progress: &'p dyn Progress) -> Troubles<'p> {
        Troubles { progress, last: None, denied: BTreeMap::new() }
    }

    /// Whether something could be read. An error that would be everyone's is given back.
    pub fn pass(&mut self, read: Result<()>) -> Result<bool> {
        match read {
            Err(CollectError::Http(
                error @ (HttpError::Refused { .. } | HttpError::Malformed { .. } | HttpError::Endless { .. }),
            )) => {
                self.put(error);
                Ok(false)
            }
            other => other.map(|()| true),
        }
    }

    fn put(&mut self, error: HttpError) {
        if let Some(former) = self.last.replace(error) {
            self.progress.warn(&former.to_string());
        }
    }

    /// The same for a list that may need a permission of its own.
    pub fn pass_list(
        &mut self,
        place: &str,
        (list, permission): (&'static str, &'static str),
        read: Result<()>,
    ) -> Result<bool> {
        match read {
            Err(CollectError::Http(HttpError::Refused {
                status: status @ (StatusCode::FORBIDDEN | StatusCode::NOT_FOUND),
                message,
                ..
            })) => {
                let denied = self.denied.entry(list).or_insert_with(|| Denied {
                    list,
                    permission,
                    places: Vec::new(),
                    answer: format!("{status}: {message}"),
                });
                denied.places.push(place.to_owned());
                Ok(false)
            }
            other => self.pass(other),
        }
    }

    pub fn end(mut self) -> Result<()> {
        let denied: Vec<Denied> = std::mem::take(&mut self.denied).into_values().collect();
        if !denied.is_empty() {
            self.put(HttpError::Denied(denied));
        }
        self.last.map_or(Ok(()), |error| Err(error.into()))
    }
}
