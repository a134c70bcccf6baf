//! Rows that were sent instead of being found in files: checked as lines are, stored as lines are.
//!
//! One rule: of a body all rows fit, or none is stored.

use super::decode::{Decoder, decode, text};
use super::lines::Shape;
use super::newest;
use super::people::People;
use super::reader::{overwriting, stored};
use crate::collect::{CollectError, Collecting, Result};
use crate::model::Table;
use crate::store::{Change, Mark, StoreError};
use arrow::array::{ArrayRef, RecordBatch};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What the place of a line begins with.
const FILE: &str = "body";

/// Lines that do not fit of which something is said; the others are counted.
const SAID: usize = 5;

/// Lines that do not fit: what is said of the first ones, and how many they are.
pub(in crate::collect) struct Misfits {
    pub said: Vec<String>,
    pub refused: u64,
}

/// The columns that lines hold, piece by piece; or the first lines that do not fit, and how many do not.
///
/// # Errors
/// [`CollectError::Stopped`].
pub(in crate::collect) fn lines(table: &'static Table, body: &[u8]) -> Result<Result<Vec<Vec<ArrayRef>>, Misfits>> {
    let decoded = decode(&Decoder::new(table), &[text(FILE, &Shape::Json, body)])?;
    if decoded.misfits.is_empty() {
        return Ok(Ok(decoded.targets.into_iter().flatten().collect()));
    }
    let refused = decoded.misfits.len() as u64;
    let said = decoded.misfits.into_iter().take(SAID).map(|misfit| {
        let line = misfit.place.trim_start_matches("body:");
        format!("line {line}: {}", misfit.reason)
    });
    Ok(Err(Misfits { said: said.collect(), refused }))
}

/// The rows of one source that are written together.
pub(in crate::collect) struct Sent {
    source: String,
    people: People,
    tables: BTreeMap<&'static str, (&'static Table, Vec<RecordBatch>)>,
}

impl Sent {
    pub fn new(source: &str, secret: [u8; 32]) -> Sent {
        Sent { source: source.to_owned(), people: People::new(source, secret), tables: BTreeMap::new() }
    }

    /// Adds rows that came in at a moment; people in them are still named.
    ///
    /// # Errors
    /// [`StoreError::Arrow`] when they are not those of the table.
    pub fn take(&mut self, table: &'static Table, columns: Vec<ArrayRef>, at: DateTime<Utc>) -> Result<()> {
        let batch = stored(table, columns, &mut self.people, &self.source, at)?;
        self.tables.entry(table.name).or_insert_with(|| (table, Vec::new())).1.push(batch);
        Ok(())
    }

    /// Brings the rows into their tables. What was sent later stands, unless it is of an earlier moment.
    ///
    /// # Errors
    /// [`CollectError::Store`]; then it may be done again.
    pub async fn write(mut self, collecting: &mut Collecting<'_>, mark: &Mark) -> Result<()> {
        collecting.put_identities(&self.people.take_new())?;
        for (table, batches) in self.tables.into_values() {
            let wrong = |source| CollectError::Store(StoreError::Arrow { table: table.name, source });
            let mut standing = Vec::new();
            for (batch, (_, stands)) in batches.iter().zip(newest::standing(table, &batches)) {
                let batch = newest::only(batch, &stands).map_err(wrong)?;
                standing.extend(batch.map(|batch| overwriting(&batch)).transpose().map_err(wrong)?);
            }
            collecting.write(table, &Change::Upsert, mark, standing).await?;
        }
        Ok(())
    }
}
