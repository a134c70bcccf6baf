//! What a delivered webhook means for one pipeline.
//!
//! One rule: a repository is the one with its node id, under the name that its rows have. Deliveries are late and repositories
//! are renamed; giving rows another name is the collector's business alone.

use super::webhook::{News, news};
use super::{Cursor, payload};
use crate::collect::deliveries::Letter;
use crate::collect::observation::Observation;
use crate::collect::{Collecting, Result, session};
use crate::project::{GithubPipeline, GithubSource};
use chrono::{DateTime, Utc};
use payload::PayloadError;
use serde_json::Value;
use std::collections::BTreeMap;

/// Reads the deliveries of one pipeline.
pub(in crate::collect) struct Reader<'a> {
    keys: &'a GithubPipeline,
    /// The names that rows are stored under, by node id.
    names: BTreeMap<String, String>,
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
        let cursor: Cursor = session::cursor(&collecting.state, &super::application(source))?;
        let names = cursor.repositories.into_iter().map(|(id, repository)| (id, repository.name)).collect();
        Ok(Reader { keys, names })
    }

    /// What one delivery means.
    ///
    /// # Errors
    /// [`PayloadError`] when its body is not what GitHub documents.
    pub fn read(&self, letter: Letter<'_>, received_at: DateTime<Utc>) -> Result<Read, PayloadError> {
        let mut body: Value = payload::parse(letter.body)?;
        let told = body.pointer("/repository/full_name").and_then(Value::as_str).map(str::to_owned);
        let id = body.pointer("/repository/node_id").and_then(Value::as_str);
        let known = id.and_then(|id| self.names.get(id)).cloned();
        let (mut tickets, mut asks) = (false, false);
        if let Some(name) = known.as_ref().or(told.as_ref()) {
            tickets = self.keys.takes_tickets_of(name);
            if known.is_none() && !tickets && !self.keys.reads(name) {
                return Ok(Read::default());
            }
            // What came before its first delivery.
            asks = known.is_none();
            body["repository"]["full_name"] = Value::from(name.as_str());
        }
        let (observations, asks) = match news(letter.event, &body, received_at, tickets)? {
            News::Rows(observations) => (observations, asks),
            News::Renamed { .. } | News::OwnerRenamed { .. } | News::TeamsChanged { .. } => (Vec::new(), true),
            News::Ignored(_) => (Vec::new(), asks),
        };
        // Saved answers say nothing new.
        let asks = asks && matches!(self.keys.from, GithubSource::Api { .. });
        Ok(Read { observations, asks })
    }
}
