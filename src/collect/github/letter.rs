//! What a delivered webhook means for one pipeline.
//!
//! One rule: a repository is the one with its node id, under the name that its rows have. Deliveries are late and repositories
//! are renamed; giving rows another name is the collector's business alone.

use super::payload;
use super::webhook::{News, news};
use crate::collect::deliveries::Letter;
use crate::collect::observation::Observation;
use crate::collect::{Collecting, Result, session};
use crate::project::{GithubList, GithubPipeline, GithubSource};
use chrono::{DateTime, Utc};
use payload::PayloadError;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// As much of the cursor as deliveries need; the rest is long.
#[derive(Default, Deserialize)]
struct Known {
    #[serde(default)]
    repositories: BTreeMap<String, Named>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
    is_read: bool,
    takes_tickets: bool,
}

/// Reads the deliveries of one pipeline.
pub(in crate::collect) struct Reader<'a> {
    keys: &'a GithubPipeline,
    /// What the collector knows, by node id.
    known: BTreeMap<String, Named>,
}

/// What was read.
#[derive(Debug, Default)]
pub(in crate::collect) struct Read {
    pub observations: Vec<Observation>,
    /// Something was told that only GitHub can answer.
    pub asks: bool,
}

impl<'a> Reader<'a> {
    /// A reader that knows the repositories as they are stored now.
    ///
    /// # Errors
    /// [`crate::collect::CollectError::Store`].
    pub fn new(collecting: &Collecting<'_>, source: &str, keys: &'a GithubPipeline) -> Result<Reader<'a>> {
        let cursor: Known = session::cursor(&collecting.state, &super::application(source))?;
        Ok(Reader { keys, known: cursor.repositories })
    }

    /// What one delivery means.
    ///
    /// # Errors
    /// [`PayloadError`] when its body is not what GitHub documents.
    pub fn read(&self, letter: Letter<'_>, received_at: DateTime<Utc>) -> Result<Read, PayloadError> {
        let mut body: Value = payload::parse(letter.body)?;
        let of = self.repository(&body);
        if let Some((repository, _)) = &of {
            body["repository"]["full_name"] = Value::from(repository.name.as_str());
        }
        let takes_tickets = of.as_ref().is_some_and(|(repository, _)| repository.takes_tickets);
        let (mut observations, mut asks) = match news(letter.event, &body, received_at, takes_tickets)? {
            News::Rows(observations) => (observations, false),
            News::Renamed { .. } | News::OwnerRenamed { .. } => (Vec::new(), true),
            News::TeamsChanged { organisation } => {
                (Vec::new(), self.keys.teams.iter().any(|it| it.eq_ignore_ascii_case(&organisation)))
            }
            News::Ignored(_) => (Vec::new(), false),
        };
        if let Some((repository, is_known)) = &of {
            observations.retain(|it| self.takes(repository, it));
            // What came before its first delivery is asked for.
            asks = (repository.is_read || repository.takes_tickets) && (asks || !is_known);
        }
        // Saved answers say nothing new.
        let asks = asks && matches!(self.keys.from, GithubSource::Api { .. });
        Ok(Read { observations, asks })
    }

    /// The repository that a body is about, where it is about one, and whether the collector knows it.
    fn repository(&self, body: &Value) -> Option<(Named, bool)> {
        let told = body.pointer("/repository/full_name")?.as_str()?;
        let id = body.pointer("/repository/node_id").and_then(Value::as_str);
        Some(match id.and_then(|id| self.known.get(id)) {
            Some(known) => (known.clone(), true),
            None => {
                let (is_read, takes_tickets) = (self.keys.reads(told), self.keys.takes_tickets_of(told));
                (Named { name: told.to_owned(), is_read, takes_tickets }, false)
            }
        })
    }

    /// Whether a row is of what the pipeline reads of a repository.
    fn takes(&self, repository: &Named, observation: &Observation) -> bool {
        match observation.subject().0 {
            // An issue may be moved to a repository that is another's.
            "tickets" | "ticket_events" => {
                let id = observation.subject().1.get("ticket_id").and_then(Value::as_str).unwrap_or_default();
                repository.takes_tickets && id.rsplit_once('#').is_some_and(|(name, _)| name == repository.name)
            }
            _ if !repository.is_read => false,
            "builds" => self.keys.lists(GithubList::Builds),
            "build_jobs" => self.keys.lists(GithubList::Jobs),
            "deployments" | "deployment_statuses" => self.keys.lists(GithubList::Deployments),
            "releases" => self.keys.lists(GithubList::Releases),
            _ => true,
        }
    }
}
