//! What the newest collections of teams changed, in numbers.

use super::{Engine, Result, Scope};
use arrow::array::AsArray;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What one collection found changed, by word and in the order of the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamChanges {
    pub at: DateTime<Utc>,
    /// `joined`, `left`, `created`, … with how often.
    pub counts: BTreeMap<String, i64>,
}

const NEWEST: &str = "SELECT source, changed_at, change, count(*)
    FROM (SELECT *, max(changed_at) OVER (PARTITION BY source) AS newest FROM team_changes)
    WHERE changed_at = newest GROUP BY source, changed_at, change";

impl Engine {
    /// The newest changes of teams of each source, by name. A source whose teams never changed is not among them.
    ///
    /// # Errors
    /// [`super::QueryError`] when the tables cannot be read.
    pub async fn team_changes(&self) -> Result<BTreeMap<String, TeamChanges>> {
        let mut found: BTreeMap<String, TeamChanges> = BTreeMap::new();
        for batch in self.session(&Scope::default()).await?.sql(NEWEST).await?.collect().await? {
            let (sources, words) = (batch.column(0).as_string::<i32>(), batch.column(2).as_string::<i32>());
            let times = batch.column(1).as_primitive::<TimestampMicrosecondType>();
            let counts = batch.column(3).as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                let at = DateTime::from_timestamp_micros(times.value(row)).unwrap_or_default();
                let changes = found.entry(sources.value(row).to_owned());
                let changes = changes.or_insert_with(|| TeamChanges { at, counts: BTreeMap::new() });
                changes.counts.insert(words.value(row).to_owned(), counts.value(row));
            }
        }
        Ok(found)
    }
}
