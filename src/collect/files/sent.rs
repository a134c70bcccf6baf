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

/// Lines that do not fit after which no more are looked at: each takes more time and memory than its bytes.
const REFUSED: u64 = 1_000;

/// Bytes of whole lines that are read at a time.
const PIECE_BYTES: usize = 256 << 10;

/// Lines that do not fit: what is said of the first ones, and how many were found.
#[derive(Debug, Default, PartialEq)]
pub(in crate::collect) struct Misfits {
    pub said: Vec<String>,
    pub refused: u64,
}

/// The columns that lines hold, piece by piece; or the first lines that do not fit, and how many do not.
///
/// # Errors
/// [`CollectError::Stopped`].
pub(in crate::collect) fn lines(table: &'static Table, body: &[u8]) -> Result<Result<Vec<Vec<ArrayRef>>, Misfits>> {
    let decoder = Decoder::new(table);
    let (mut pieces, mut misfits) = (Vec::new(), Misfits::default());
    let (mut rest, mut before) = (body, 0);
    while !rest.is_empty() && misfits.refused < REFUSED {
        let least = PIECE_BYTES.min(rest.len());
        let end = memchr::memchr(b'\n', &rest[least..]).map_or(rest.len(), |newline| least + newline + 1);
        let (piece, after) = rest.split_at(end);
        let decoded = decode(&decoder, &[text(FILE, &Shape::Json, piece)])?;
        for misfit in decoded.misfits {
            misfits.refused += 1;
            if misfits.said.len() < SAID {
                let line =
                    misfit.place.rsplit(':').next().and_then(|line| line.parse::<u64>().ok()).unwrap_or_default();
                misfits.said.push(format!("line {}: {}", before + line, misfit.reason));
            }
        }
        pieces.extend(decoded.targets.into_iter().flatten());
        before += memchr::memchr_iter(b'\n', piece).count() as u64;
        rest = after;
    }
    if misfits.refused == 0 {
        return Ok(Ok(pieces));
    }
    if !rest.is_empty() {
        misfits.said.push(format!("what comes after line {before} was not looked at"));
    }
    Ok(Err(misfits))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::delivery::BUILDS;

    fn build(id: usize) -> String {
        let more = "\"status\": \"success\", \"started_at\": \"2026-02-01T10:00:00Z\"";
        format!("{{\"repository\": \"acme/shop\", \"build_id\": \"{id}\", {more}}}\n")
    }

    #[test]
    fn lines_are_numbered_through_all_pieces() {
        let good: String = (0..5_000).map(build).collect();
        assert!(good.len() > PIECE_BYTES);
        let pieces = lines(&BUILDS, good.as_bytes()).unwrap().unwrap_or_else(|it| panic!("{it:?}"));
        assert_eq!(pieces.iter().map(|columns| columns[0].len()).sum::<usize>(), 5_000);
        assert!(pieces.len() > 1);
        let misfits = lines(&BUILDS, format!("{good}7\n{}", build(1)).as_bytes()).unwrap().unwrap_err();
        assert_eq!((misfits.refused, misfits.said.len()), (1, 1));
        assert!(misfits.said[0].starts_with("line 5001: "), "{misfits:?}");
    }

    #[test]
    fn a_body_of_wrong_lines_is_not_read_to_its_end() {
        let wrong = format!("{}\n", "x".repeat(200));
        let misfits = lines(&BUILDS, wrong.repeat(20_000).as_bytes()).unwrap().unwrap_err();
        assert!((REFUSED..2_000).contains(&misfits.refused), "{}", misfits.refused);
        let last = format!("what comes after line {} was not looked at", misfits.refused);
        assert_eq!((misfits.said.len(), misfits.said.last()), (SAID + 1, Some(&last)));
    }
}
