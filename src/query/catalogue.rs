//! What is known of the sources themselves: where they are, how their runs went, what they allow, what they lack.

use super::{Engine, Result, Scope};
pub use crate::store::Budget;

use crate::store::{Origin, Received, Run};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What the data folder holds, beside the tables.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub origins: Vec<Origin>,
    pub runs: Vec<Run>,
    /// What sources said is left of their budgets.
    pub budgets: Vec<Budget>,
    /// Until when a source asked to be left alone, by source.
    pub waits: BTreeMap<String, DateTime<Utc>>,
    /// What came in by itself.
    pub received: Vec<Received>,
    /// How much of what a source said was put aside, by source.
    pub refused: BTreeMap<String, u64>,
}

/// How the collection of one source stands.
#[derive(Clone, Debug)]
pub struct Collector<'a> {
    pub origin: &'a Origin,
    pub last: Option<&'a Run>,
    /// When the newest run began that did not fail: the source is known up to then.
    pub complete_until: Option<DateTime<Utc>>,
    /// Runs that failed since then.
    pub failures: usize,
    /// What the source said is left of its budgets.
    pub budgets: Vec<&'a Budget>,
    /// When the source may be asked again, where a run is waiting for that.
    pub waits_until: Option<DateTime<Utc>>,
    /// What came in by itself, where anything did.
    pub received: Option<&'a Received>,
    /// How much of what it said no table could take.
    pub refused: u64,
}

/// What the newest comparison of a source with the tables found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Rows at the source.
    pub at_source: i64,
    /// Of these, rows that the tables lacked, or had in an old version.
    pub missed: i64,
    /// Rows of the tables that the source no longer had.
    pub gone: i64,
}

impl Catalogue {
    /// Every source with its runs, by name, as it stands at `now`.
    pub fn collectors(&self, now: DateTime<Utc>) -> impl Iterator<Item = Collector<'_>> {
        self.origins.iter().map(move |origin| {
            let runs = || self.runs.iter().rev().filter(|run| run.source == origin.source);
            Collector {
                origin,
                last: runs().next(),
                complete_until: runs().find(|run| run.error.is_none()).map(|run| run.started_at),
                failures: runs().take_while(|run| run.error.is_some()).count(),
                budgets: self.budgets.iter().filter(|budget| budget.source == origin.source).collect(),
                waits_until: self.waits.get(&origin.source).copied().filter(|until| *until > now),
                received: self.received.iter().find(|it| it.source == origin.source),
                refused: self.refused.get(&origin.source).copied().unwrap_or_default(),
            }
        })
    }

    /// What a question is about unless it says otherwise: the source of that name, or all real ones, or the simulated ones
    /// where nothing is real. The two are never mixed. Teams are about people: those of every real source apply to each of
    /// them, while a simulated organisation has its own.
    pub fn scope(&self, source: Option<&str>) -> Scope {
        let any_real = self.origins.iter().any(|origin| !origin.simulated);
        let is_meant = |origin: &&Origin| match source {
            Some(source) => origin.source == source,
            None => origin.simulated != any_real,
        };
        let meant: Vec<&Origin> = self.origins.iter().filter(is_meant).collect();
        let names = |origins: &[&Origin]| Some(origins.iter().map(|origin| origin.source.clone()).collect());
        let real: Vec<&Origin> = self.origins.iter().filter(|origin| !origin.simulated).collect();
        let teams = if meant.iter().any(|origin| !origin.simulated) { names(&real) } else { names(&meant) };
        Scope { sources: names(&meant), teams, roster: None }
    }

    /// Whether a scope shows an organisation that does not exist.
    pub fn is_simulated(&self, scope: &Scope) -> bool {
        let shown = |origin: &Origin| scope.sources.as_ref().is_none_or(|sources| sources.contains(&origin.source));
        self.origins.iter().any(|origin| origin.simulated && shown(origin))
    }
}

/// Each thing that is compared counts as it was at its own newest comparison.
const DRIFT: &str = "SELECT source, sum(at_source), sum(at_source - found), sum(gone)
    FROM (SELECT *, max(checked_at) OVER (PARTITION BY source, repository, entity) AS newest FROM source_counts)
    WHERE checked_at = newest GROUP BY source";

impl Engine {
    /// Sources, runs and limits.
    ///
    /// # Errors
    /// [`super::QueryError::Store`].
    pub fn catalogue(&self) -> Result<Catalogue> {
        let state = self.store.state()?;
        let (origins, runs) = (state.origins()?, state.runs()?);
        let (received, refused) = (state.received()?, state.refused_by_source()?);
        Ok(Catalogue { origins, runs, budgets: state.budgets()?, waits: state.waits()?, received, refused })
    }

    /// What the newest comparison of each source found, by name. A source that was never compared is not among them.
    ///
    /// # Errors
    /// [`super::QueryError`] when the tables cannot be read.
    pub async fn drift(&self) -> Result<BTreeMap<String, Drift>> {
        let mut found = BTreeMap::new();
        for batch in self.session(&Scope::default()).await?.sql(DRIFT).await?.collect().await? {
            let number = |column: usize, row: usize| batch.column(column).as_primitive::<Int64Type>().value(row);
            for (row, source) in batch.column(0).as_string::<i32>().iter().enumerate() {
                let drift = Drift { at_source: number(1, row), missed: number(2, row), gone: number(3, row) };
                found.insert(source.unwrap_or_default().to_owned(), drift);
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_and_simulated_sources_are_never_mixed() {
        let origin = |source: &str, simulated| Origin {
            source: source.to_owned(),
            kind: String::new(),
            address: String::new(),
            simulated,
        };
        let of = |origins: &[Origin], source| {
            let catalogue = Catalogue { origins: origins.to_vec(), ..Catalogue::default() };
            let scope = catalogue.scope(source);
            (catalogue.is_simulated(&scope), scope.sources.unwrap())
        };
        let teams = |source| {
            let origins = [origin("acme", true), origin("app", false), origin("people", false), origin("other", true)];
            let catalogue = Catalogue { origins: origins.to_vec(), ..Catalogue::default() };
            catalogue.scope(source).teams.unwrap()
        };
        assert_eq!([teams(None), teams(Some("app"))], [["app", "people"], ["app", "people"]]);
        assert_eq!(teams(Some("acme")), ["acme"]);
        let both = [origin("acme", true), origin("app", false), origin("web", false)];
        assert_eq!(of(&both, None), (false, vec!["app".to_owned(), "web".to_owned()]));
        assert_eq!(of(&both, Some("acme")), (true, vec!["acme".to_owned()]));
        assert_eq!(of(&both, Some("absent")), (false, Vec::new()));
        assert_eq!(of(&both[..1], None), (true, vec!["acme".to_owned()]));
        assert_eq!(of(&[], None), (false, Vec::new()));
    }
}
