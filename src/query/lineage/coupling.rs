//! Which files change together.
//!
//! One rule: pairs are counted commit by commit, so that the work grows with the changes and not with the square of the files.

use super::changes::{History, Seen};
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::error::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a pair needs to be told of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thresholds {
    /// On average of the two files.
    pub min_revisions: u64,
    pub min_shared: u64,
    /// Files of one commit.
    pub largest_changeset: usize,
}

pub(super) fn schema() -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        Field::new("repository", DataType::Utf8, false),
        Field::new("sampled_at", time, false),
        Field::new("path", DataType::Utf8, false),
        Field::new("coupled_path", DataType::Utf8, false),
        Field::new("shared", DataType::Int64, false),
        Field::new("revisions", DataType::Int64, false),
        Field::new("coupled_revisions", DataType::Int64, false),
        Field::new("coupling", DataType::Float64, false),
        Field::new("source", DataType::Utf8, false),
    ]))
}

struct Pair {
    place: (String, String),
    sampled_at: i64,
    paths: (String, String),
    shared: u64,
    revisions: (u64, u64),
}

impl Pair {
    fn average(&self) -> f64 {
        (self.revisions.0 + self.revisions.1) as f64 / 2.0
    }
}

pub(super) fn couplings(history: &History, thresholds: &Thresholds) -> Result<RecordBatch> {
    let mut pairs = Vec::new();
    for (place, sampled_at) in &history.samples {
        let seen = history.before(place, *sampled_at);
        let counted = count(&seen, thresholds.largest_changeset);
        for ((first, second), shared) in counted.shared {
            let revisions = |path: &str| counted.revisions.get(path).copied().unwrap_or(0);
            let pair = Pair {
                place: place.clone(),
                sampled_at: *sampled_at,
                paths: (first.to_owned(), second.to_owned()),
                shared,
                revisions: (revisions(first), revisions(second)),
            };
            if shared >= thresholds.min_shared && pair.average() >= thresholds.min_revisions as f64 {
                pairs.push(pair);
            }
        }
    }
    batch(&pairs)
}

#[derive(Default)]
struct Counted<'h> {
    revisions: BTreeMap<&'h str, u64>,
    shared: BTreeMap<(&'h str, &'h str), u64>,
}

fn count<'h>(seen: &[Seen<'h>], largest_changeset: usize) -> Counted<'h> {
    let mut counted = Counted::default();
    // The changes of one commit stand beside each other: they have its moment, and within a moment its object id decides.
    for commit in seen.chunk_by(|a, b| a.change.sha == b.change.sha) {
        let paths: BTreeSet<&str> = commit.iter().filter(|it| it.is_there).map(|it| it.path).collect();
        if paths.len() > largest_changeset {
            continue;
        }
        for (index, first) in paths.iter().enumerate() {
            *counted.revisions.entry(first).or_default() += 1;
            for second in paths.iter().skip(index + 1) {
                *counted.shared.entry((first, second)).or_default() += 1;
            }
        }
    }
    counted
}

fn batch(pairs: &[Pair]) -> Result<RecordBatch> {
    let integers = |pick: fn(&Pair) -> u64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(pairs.iter().map(|pair| pick(pair).cast_signed())))
    };
    let texts =
        |pick: fn(&Pair) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(pairs.iter().map(pick))) };
    let times: TimestampMicrosecondArray = pairs.iter().map(|pair| Some(pair.sampled_at)).collect();
    let columns: Vec<ArrayRef> = vec![
        texts(|pair| &pair.place.1),
        Arc::new(times.with_timezone("UTC")),
        texts(|pair| &pair.paths.0),
        texts(|pair| &pair.paths.1),
        integers(|pair| pair.shared),
        integers(|pair| pair.revisions.0),
        integers(|pair| pair.revisions.1),
        Arc::new(Float64Array::from_iter_values(pairs.iter().map(|pair| pair.shared as f64 / pair.average()))),
        texts(|pair| &pair.place.0),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}
