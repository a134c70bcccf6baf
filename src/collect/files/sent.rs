//! Rows that were sent instead of being found in files: checked as lines are, stored as lines are.
//!
//! One rule: of a body all rows fit, or none is stored.

use super::decode::{self, Decoder, Refused};
use super::lines::Part;
use super::newest;
use super::people::{self, People};
use super::{overwriting, stored};
use crate::collect::observation::Who;
use crate::collect::{CollectError, Collecting, Result};
use crate::model::{Column, Table};
use crate::store::{Change, Mark, StoreError};
use arrow::array::{ArrayRef, RecordBatch};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What the place of a line begins with.
const FILE: &str = "body";

/// The columns that a row may have: the table's own and `updated_at`.
pub(in crate::collect) fn columns(table: &'static Table) -> impl Iterator<Item = &'static Column> {
    decode::columns(table)
}

/// Lines that do not fit: what is said of the first ones, and how many they are.
pub(in crate::collect) struct Misfits {
    pub said: Vec<String>,
    pub refused: u64,
}

/// Whom a text names: a login, an e-mail address or `Name <e-mail>`.
pub(in crate::collect) fn who(text: &str) -> Option<Who> {
    let key = people::key("", text)?;
    Some(Who { login: key.login, name: key.name, email: key.email, ..Who::default() })
}

/// The columns that lines hold, piece by piece; or the first lines that do not fit, and how many do not.
///
/// # Errors
/// [`CollectError::Stopped`].
pub(in crate::collect) fn lines(table: &'static Table, text: Vec<u8>) -> Result<Result<Vec<Vec<ArrayRef>>, Misfits>> {
    let decoded = Decoder::new(table).decode(&[Part { file: FILE.to_owned(), line: 1, text }])?;
    let Refused { count, said } = decoded.refused;
    if count == 0 {
        return Ok(Ok(decoded.columns));
    }
    let say = |line: String| line.strip_prefix("body:").map_or_else(|| line.clone(), |rest| format!("line {rest}"));
    Ok(Err(Misfits { said: said.into_iter().map(say).collect(), refused: count }))
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
        let batch = stored(&mut self.people, table, columns, &self.source, at)?;
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
