//! Pieces of files become columns, many at a time.
//!
//! One rule: a line counts on its own. Arrow reads many at once; only where it refuses some are they read in ever smaller
//! parts, down to the one line that does not fit.

mod words;

use super::csv;
use super::lines::{Part, Shape};
use crate::collect::mapping::{Input, Misfit, RowWise, objects};
use crate::collect::rows::{self, given as columns};
use crate::collect::{CollectError, Result, threads};
use crate::model::{Kind, Table};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::kernels::cast_utils::string_to_datetime;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use chrono::Utc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What some lines hold.
#[derive(Default)]
pub(super) struct Decoded {
    /// For each target the columns that a source gives, in the order of the lines. People are still named.
    pub targets: Vec<Vec<Vec<ArrayRef>>>,
    pub misfits: Vec<Misfit>,
    pub lines: u64,
}

/// Something that is read by one thread at a time.
pub(super) enum Piece<'a> {
    Text(Text<'a>),
    /// Rows as they were stored; the first has this number.
    Rows {
        file: &'a str,
        line: u64,
        batch: &'a RecordBatch,
    },
}

/// Whole records of one file.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    file: &'a str,
    shape: &'a Shape,
    line: u64,
    text: &'a [u8],
}

/// Reads pieces.
pub(super) trait Reads: Sync {
    fn piece(&self, piece: &Piece<'_>, into: &mut Decoded);
}

/// Reads pieces with every processor; what they hold is in their order.
///
/// # Errors
/// [`CollectError::Stopped`] when a thread cannot be had.
pub(super) fn decode(reads: &dyn Reads, pieces: &[Piece<'_>]) -> Result<Decoded> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(pieces.len())));
    let work = || {
        while let Some((index, piece)) = claim(&next, pieces) {
            let mut decoded = Decoded::default();
            reads.piece(piece, &mut decoded);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((index, decoded));
        }
    };
    std::thread::scope(|scope| {
        // DataFusion's expressions are nested as deep as a statement is.
        let spawn = |_| std::thread::Builder::new().stack_size(8 << 20).spawn_scoped(scope, work);
        let workers: Vec<_> = (0..threads().min(pieces.len())).map(spawn).collect();
        workers.into_iter().try_for_each(|it| it.map(|_| ()))
    })
    .map_err(|error| CollectError::Stopped(error.to_string()))?;
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    let mut all = Decoded::default();
    for (_, decoded) in done {
        for (target, columns) in decoded.targets.into_iter().enumerate() {
            if all.targets.len() <= target {
                all.targets.resize_with(target + 1, Vec::new);
            }
            all.targets[target].extend(columns);
        }
        all.misfits.extend(decoded.misfits);
        all.lines += decoded.lines;
    }
    Ok(all)
}

/// The pieces of a part.
pub(super) fn pieces(part: &Part) -> Vec<Piece<'_>> {
    let (mut found, mut start, mut line) = (Vec::new(), 0, part.line);
    for end in &part.cuts {
        let text = &part.text[start..*end];
        found.push(Piece::Text(Text { file: &part.file, shape: &part.shape, line, text }));
        line += memchr::memchr_iter(b'\n', text).count() as u64;
        start = *end;
    }
    found
}

/// Some lines as one piece.
pub(super) fn text<'a>(file: &'a str, shape: &'a Shape, text: &'a [u8]) -> Piece<'a> {
    Piece::Text(Text { file, shape, line: 1, text })
}

/// Makes rows of what is read by SQL.
pub(super) struct Mapping {
    pub schema: SchemaRef,
    /// Each with the number of its target.
    pub maps: Vec<(usize, RowWise)>,
}

impl Reads for Mapping {
    fn piece(&self, piece: &Piece<'_>, into: &mut Decoded) {
        let input = input(piece, &self.schema, into);
        for (target, map) in &self.maps {
            if into.targets.len() <= *target {
                into.targets.resize_with(target + 1, Vec::new);
            }
            map.rows(&input, &mut into.targets[*target], &mut into.misfits);
        }
    }
}

/// Gives what is read as it is, for a statement that needs all of it.
pub(super) struct AsRead {
    pub schema: SchemaRef,
}

impl Reads for AsRead {
    fn piece(&self, piece: &Piece<'_>, into: &mut Decoded) {
        let input = input(piece, &self.schema, into);
        into.targets.push(vec![input.batch.columns().to_vec()]);
    }
}

/// A piece as SQL sees it. Its lines are counted.
fn input<'a>(piece: &Piece<'a>, schema: &SchemaRef, into: &mut Decoded) -> Input<'a> {
    let misfits = into.misfits.len();
    let input = match piece {
        Piece::Text(Text { file, shape: Shape::Json, line, text }) => {
            objects(schema, file, *line, text, &mut into.misfits)
        }
        Piece::Text(Text { file, shape: Shape::Csv(sheet), line, text }) => {
            csv::rows(sheet, schema, file, *line, text, &mut into.misfits)
        }
        Piece::Rows { file, line, batch } => {
            let lines = (0..batch.num_rows() as u64).map(|row| line + row).collect();
            Input { file, batch: (*batch).clone(), lines, text: b"", words: Vec::new() }
        }
    };
    into.lines += input.lines.len() as u64 + (into.misfits.len() - misfits) as u64;
    input
}

/// Reads lines of JSON by one table's own column names.
pub(super) struct Decoder {
    table: &'static Table,
    /// What a line may have: times are read as text, since Arrow would take numbers for times too.
    schema: SchemaRef,
}

impl Reads for Decoder {
    fn piece(&self, piece: &Piece<'_>, into: &mut Decoded) {
        let Piece::Text(text) = piece else { return };
        into.lines += lines(text.text).count() as u64;
        into.targets.push(Vec::new());
        self.part(*text, into);
    }
}

impl Decoder {
    pub fn new(table: &'static Table) -> Decoder {
        let kind = |kind: Kind| if kind == Kind::Time { DataType::Utf8 } else { kind.arrow() };
        let fields: Vec<Field> = columns(table).map(|it| Field::new(it.name, kind(it.kind), true)).collect();
        Decoder { table, schema: Arc::new(Schema::new(fields)) }
    }

    fn part(&self, piece: Text<'_>, into: &mut Decoded) {
        match self.read(piece.text) {
            Ok(Some(columns)) => into.targets[0].push(columns),
            Ok(None) => {}
            Err(error) => match halves(piece) {
                Some((first, second)) => {
                    self.part(first, into);
                    self.part(second, into);
                }
                None => {
                    let reason = words::reason(self.table, piece.text, &error);
                    // A half may begin with blank lines.
                    let place = format!("{}:{}", piece.file, piece.line);
                    into.misfits.push(Misfit::new(place, reason, piece.text.trim_ascii()));
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

fn claim<'a, 'p>(next: &AtomicUsize, pieces: &'a [Piece<'p>]) -> Option<(usize, &'a Piece<'p>)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    pieces.get(index).map(|piece| (index, piece))
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

/// Two parts of whole lines; `None` of a single line.
fn halves(piece: Text<'_>) -> Option<(Text<'_>, Text<'_>)> {
    let text = piece.text.trim_ascii_end();
    let middle = text.len() / 2;
    let end = memchr::memchr(b'\n', &text[middle..]).map(|newline| middle + newline);
    cut(piece, end.or_else(|| memchr::memrchr(b'\n', &text[..middle]))? + 1)
}

fn cut(piece: Text<'_>, end: usize) -> Option<(Text<'_>, Text<'_>)> {
    let (first, second) = piece.text.split_at_checked(end)?;
    let line = piece.line + memchr::memchr_iter(b'\n', first).count() as u64;
    Some((Text { text: first, ..piece }, Text { line, text: second, ..piece }))
}

#[cfg(test)]
mod tests;
