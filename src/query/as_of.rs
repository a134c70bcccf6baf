//! The same answer tomorrow: which versions of the tables a question is asked of.
//!
//! One rule: facts are those of the versions; who is who, and the project's files, are today's.

use super::{Engine, QueryError, Result};
use crate::model;
use crate::project::closest;
use crate::store::Versions;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The tables as they were.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum AsOf {
    /// The newest versions that were committed by then.
    Moment(DateTime<Utc>),
    /// These versions, and of the other tables the newest.
    Versions(BTreeMap<String, u64>),
}

impl FromStr for AsOf {
    type Err = String;

    /// `2026-10-01` (the start of that day, UTC), `2026-10-01T12:00:00Z`, or `pull_requests=12,teams=3`.
    fn from_str(text: &str) -> Result<AsOf, String> {
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Ok(AsOf::Moment(day.and_time(NaiveTime::MIN).and_utc()));
        }
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Ok(AsOf::Moment(moment.to_utc()));
        }
        let mut versions = BTreeMap::new();
        for part in text.split(',').map(str::trim) {
            let version = part.split_once('=').and_then(|(table, version)| Some((table, version.parse().ok()?)));
            let Some((table, version)) = version else {
                return Err(format!(
                    "{part:?} is neither a moment such as 2026-10-01 or 2026-10-01T12:00:00Z nor a version such as \
                     pull_requests=12"
                ));
            };
            if model::table(table).is_none() {
                let names: Vec<&str> = model::TABLES.iter().map(|table| table.name).collect();
                let meant = closest(table, &names).map(|meant| format!("; did you mean {meant}?"));
                return Err(format!("there is no table {table}{}", meant.unwrap_or_default()));
            }
            if versions.insert(table.to_owned(), version).is_some() {
                return Err(format!("table {table} is named twice: name one version of it"));
            }
        }
        Ok(AsOf::Versions(versions))
    }
}

impl TryFrom<String> for AsOf {
    type Error = String;

    fn try_from(text: String) -> Result<AsOf, String> {
        text.parse()
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AsOf::Moment(moment) => write!(f, "{}", moment.format("%Y-%m-%dT%H:%M:%SZ")),
            AsOf::Versions(versions) => {
                write!(f, "{}", written(versions.iter().map(|(table, version)| (table, *version))))
            }
        }
    }
}

impl Engine {
    /// An engine over the same data folder and project that answers as of then.
    ///
    /// # Errors
    /// [`QueryError::Store`] when a version is not, or no longer, there.
    pub async fn as_of(&self, as_of: &AsOf) -> Result<Engine> {
        let versions = match as_of {
            AsOf::Moment(moment) => self.store.versions_at(*moment)?,
            AsOf::Versions(named) => {
                let mut versions: Versions = self.store.versions()?.into_iter().collect();
                for table in model::TABLES {
                    if let Some(version) = named.get(table.name) {
                        versions.insert(table.name, *version);
                    }
                }
                versions
            }
        };
        // Found out here, and not in the middle of an answer.
        for table in model::TABLES {
            if let Some(version) = versions.get(table.name) {
                self.store.snapshot_at(table, *version).await?;
            }
        }
        Ok(Engine { as_of: Some(versions), ..Engine::new(self.store.clone(), Arc::clone(&self.project)) })
    }

    /// The versions of all tables that this engine answers from.
    ///
    /// # Errors
    /// [`QueryError::Store`].
    pub fn versions(&self) -> Result<Versions> {
        Ok(match &self.as_of {
            Some(versions) => versions.clone(),
            None => self.store.versions()?.into_iter().collect(),
        })
    }

    /// The versions of the tables that a statement reads, such as `pull_requests=12,teams=3`: asked as of these it has the
    /// same answer again.
    ///
    /// # Errors
    /// As [`Engine::sql`].
    pub async fn versions_read(&self, scope: &super::Scope, sql: &str) -> Result<String> {
        let session = self.session(scope).await?;
        let plan = super::guard::plan(&session, sql).await?;
        let inputs = super::inputs::of(&session, &plan).await.map_err(QueryError::from)?;
        let read = self.versions()?.into_iter().filter(|(table, _)| inputs.tables.contains(table));
        Ok(written(read))
    }
}

fn written(versions: impl Iterator<Item = (impl fmt::Display, u64)>) -> String {
    let parts: Vec<String> = versions.map(|(table, version)| format!("{table}={version}")).collect();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_a_moment_or_versions() {
        let said = |text: &str| text.parse::<AsOf>().map(|as_of| as_of.to_string());
        assert_eq!(said("2026-10-01").unwrap(), "2026-10-01T00:00:00Z");
        assert_eq!(said("2026-10-01T02:00:00+02:00").unwrap(), "2026-10-01T00:00:00Z");
        assert_eq!(said("teams=3, pull_requests=12").unwrap(), "pull_requests=12,teams=3");
        assert_eq!(said("pull_request=1").unwrap_err(), "there is no table pull_request; did you mean pull_requests?");
        assert_eq!(said("teams=1,teams=2").unwrap_err(), "table teams is named twice: name one version of it");
        for wrong in ["", "yesterday", "teams", "teams=", "teams=-1", "2026-13-01"] {
            assert!(said(wrong).unwrap_err().contains("is neither a moment"), "{wrong}");
        }
    }
}
