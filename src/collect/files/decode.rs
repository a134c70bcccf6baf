//! Lines of JSON become columns, many at a time.
//!
//! One rule: a line counts on its own. Arrow reads many at once; only where it refuses some are they read in ever smaller
//! parts, down to the one line that does not fit.

mod words;

use super::lines::Part;
use crate::collect::{CollectError, Result, rows, threads};
use crate::model::{COMMON, Column, Kind, Table};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::kernels::cast_utils::string_to_datetime;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use chrono::Utc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Text that one thread reads at a time.
const PIECE_BYTES: usize = 1 << 20;
/// Refused lines that are said; the others are counted.
const SAID: usize = 5;

/// What some lines hold.
#[derive(Default)]
pub(super) struct Decoded {
    /// The table's own columns and `updated_at`, in the order of the lines. People are still named.
    pub columns: Vec<Vec<ArrayRef>>,
    pub refused: Refused,
    pub lines: u64,
}

/// Lines that do not fit the table.
#[derive(Clone, Debug, Default)]
pub(super) struct Refused {
    pub count: u64,
    /// The first ones, as `file:line: reason`.
    pub said: Vec<String>,
}

impl Refused {
    pub fn add(&mut self, other: Refused) {
        self.count += other.count;
        self.said.extend(other.said);
        self.said.truncate(SAID);
    }
}

/// Reads lines of one table.
pub(super) struct Decoder {
    table: &'static Table,
    /// What a line may have: times are read as text, since Arrow would take numbers for times too.
    schema: SchemaRef,
}

/// A part of a [`Part`].
#[derive(Clone, Copy)]
struct Piece<'a> {
    file: &'a str,
    line: u64,
    text: &'a [u8],
}

/// The columns that a line may have.
pub(super) fn columns(table: &'static Table) -> impl Iterator<Item = &'static Column> {
    table.columns.iter().chain(COMMON.iter().filter(|column| column.name == "updated_at"))
}

impl Decoder {
    pub fn new(table: &'static Table) -> Decoder {
        let kind = |kind: Kind| if kind == Kind::Time { DataType::Utf8 } else { kind.arrow() };
        let fields: Vec<Field> = columns(table).map(|it| Field::new(it.name, kind(it.kind), true)).collect();
        Decoder { table, schema: Arc::new(Schema::new(fields)) }
    }

    /// Reads a chunk with every processor.
    ///
    /// # Errors
    /// [`CollectError::Stopped`] when a thread cannot be had.
    pub fn decode(&self, parts: &[Part]) -> Result<Decoded> {
        let pieces: Vec<Piece<'_>> = parts.iter().flat_map(pieces).collect();
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(pieces.len())));
        let work = || {
            while let Some((index, piece)) = claim(&next, &pieces) {
                let mut decoded = Decoded { lines: lines(piece.text).count() as u64, ..Decoded::default() };
                self.piece(piece, &mut decoded);
                done.lock().unwrap_or_else(PoisonError::into_inner).push((index, decoded));
            }
        };
        std::thread::scope(|scope| {
            let spawn = |_| std::thread::Builder::new().spawn_scoped(scope, work);
            let workers: Vec<_> = (0..threads().min(pieces.len())).map(spawn).collect();
            workers.into_iter().try_for_each(|it| it.map(|_| ()))
        })
        .map_err(|error| CollectError::Stopped(error.to_string()))?;
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_unstable_by_key(|(index, _)| *index);
        let mut all = Decoded::default();
        for (_, decoded) in done {
            all.columns.extend(decoded.columns);
            all.refused.add(decoded.refused);
            all.lines += decoded.lines;
        }
        Ok(all)
    }

    fn piece(&self, piece: Piece<'_>, into: &mut Decoded) {
        match self.read(piece.text) {
            Ok(Some(columns)) => into.columns.push(columns),
            Ok(None) => {}
            Err(error) => match halves(piece) {
                Some((first, second)) => {
                    self.piece(first, into);
                    self.piece(second, into);
                }
                None => {
                    let reason = words::reason(self.table, piece.text, &error);
                    let said = vec![format!("{}:{}: {reason}", piece.file, piece.line)];
                    into.refused.add(Refused { count: 1, said });
                }
            },
        }
    }

    /// All lines, or what is wrong with one of them; `None` where all are blank.
    fn read(&self, text: &[u8]) -> Result<Option<Vec<ArrayRef>>, ArrowError> {
        let expected = lines(text).count();
        if expected == 0 {
            return Ok(None);
        }
        let builder = arrow::json::ReaderBuilder::new(self.schema.clone());
        let mut decoder = builder.with_strict_mode(true).with_batch_size(expected).build_decoder()?;
        let read = decoder.decode(text)?;
        let batch = decoder.flush()?;
        let batch = batch.filter(|batch| batch.num_rows() == expected && text[read..].trim_ascii().is_empty());
        let batch = batch.ok_or_else(|| ArrowError::JsonError("a line is not exactly one object".to_owned()))?;
        self.typed(&batch).map(Some)
    }

    fn typed(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>, ArrowError> {
        let typed = columns(self.table).zip(batch.columns()).map(|(column, array)| {
            if column.required && array.null_count() > 0 {
                return Err(ArrowError::JsonError(format!("{} is missing", column.name)));
            }
            if column.kind != Kind::Time {
                return Ok(array.clone());
            }
            let texts = array.as_string::<i32>();
            let micros = texts.iter().map(|text| text.map(micros).transpose()).collect::<Result<Vec<_>, _>>()?;
            Ok(rows::times(micros.into_iter()))
        });
        typed.collect()
    }
}

/// Microseconds since 1970 of a time as RFC 3339 has it, which names its offset.
fn micros(text: &str) -> Result<i64, ArrowError> {
    let bytes = text.as_bytes();
    let is_offset = |at: usize| matches!(bytes.get(at), Some(b'+' | b'-')) && bytes.get(at + 3) == Some(&b':');
    let is_full = bytes.len() >= 20 && matches!(bytes[10], b'T' | b't' | b' ');
    if !is_full || !(matches!(bytes[bytes.len() - 1], b'Z' | b'z') || is_offset(bytes.len() - 6)) {
        return Err(ArrowError::ParseError(format!("{text:?} is no time")));
    }
    string_to_datetime(&Utc, text).map(|time| time.timestamp_micros())
}

fn claim<'a>(next: &AtomicUsize, pieces: &[Piece<'a>]) -> Option<(usize, Piece<'a>)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    pieces.get(index).map(|piece| (index, *piece))
}

/// The lines that are not blank.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    let all = std::iter::from_fn(move || {
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        (!line.is_empty()).then_some(line)
    });
    all.filter(|line| !line.trim_ascii().is_empty())
}

/// Cuts at the ends of lines.
fn pieces(part: &Part) -> Vec<Piece<'_>> {
    let (mut found, mut rest) = (Vec::new(), Piece { file: &part.file, line: part.line, text: &part.text });
    while rest.text.len() > PIECE_BYTES {
        let end = memchr::memchr(b'\n', &rest.text[PIECE_BYTES..]).map(|newline| PIECE_BYTES + newline + 1);
        let Some((piece, after)) = end.and_then(|end| cut(rest, end)) else { break };
        found.push(piece);
        rest = after;
    }
    found.push(rest);
    found
}

/// Two parts of whole lines; `None` of a single line.
fn halves(piece: Piece<'_>) -> Option<(Piece<'_>, Piece<'_>)> {
    let text = piece.text.trim_ascii_end();
    let middle = text.len() / 2;
    let end = memchr::memchr(b'\n', &text[middle..]).map(|newline| middle + newline);
    cut(piece, end.or_else(|| memchr::memrchr(b'\n', &text[..middle]))? + 1)
}

fn cut(piece: Piece<'_>, end: usize) -> Option<(Piece<'_>, Piece<'_>)> {
    let (first, second) = piece.text.split_at_checked(end)?;
    let line = piece.line + memchr::memchr_iter(b'\n', first).count() as u64;
    Some((Piece { text: first, ..piece }, Piece { line, text: second, ..piece }))
}

#[cfg(test)]
mod tests;
