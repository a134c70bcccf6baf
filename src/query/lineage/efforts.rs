//! What each person did to each file in the year before a sample.
//!
//! One rule: a commit is one revision of a file, whatever paths of it the commit touches.

use super::changes::{Change, History};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::error::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) fn schema() -> SchemaRef {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    Arc::new(Schema::new(vec![
        Field::new("repository", DataType::Utf8, false),
        Field::new("sampled_at", time, false),
        Field::new("path", DataType::Utf8, false),
        Field::new("author_id", DataType::Utf8, true),
        Field::new("revisions", DataType::Int64, false),
        Field::new("lines_added", DataType::Int64, true),
        Field::new("lines_deleted", DataType::Int64, true),
        Field::new("source", DataType::Utf8, false),
    ]))
}

#[derive(Default)]
struct Effort<'h> {
    commits: BTreeSet<&'h str>,
    lines_added: Option<i64>,
    lines_deleted: Option<i64>,
}

impl<'h> Effort<'h> {
    fn add(&mut self, change: &'h Change) {
        self.commits.insert(&change.sha);
        for (sum, lines) in
            [(&mut self.lines_added, change.lines_added), (&mut self.lines_deleted, change.lines_deleted)]
        {
            if let Some(lines) = lines {
                *sum = Some(sum.unwrap_or(0).saturating_add(lines));
            }
        }
    }
}

struct Line {
    place: (String, String),
    sampled_at: i64,
    path: String,
    author: Option<String>,
    revisions: i64,
    lines_added: Option<i64>,
    lines_deleted: Option<i64>,
}

pub(super) fn efforts(history: &History) -> Result<RecordBatch> {
    let mut lines = Vec::new();
    for (place, sampled_at) in &history.samples {
        let seen = history.before(place, *sampled_at);
        let mut efforts: BTreeMap<(&str, Option<&str>), Effort<'_>> = BTreeMap::new();
        for it in &seen {
            efforts.entry((it.path, it.change.author.as_deref())).or_default().add(it.change);
        }
        lines.extend(efforts.into_iter().map(|((path, author), effort)| Line {
            place: place.clone(),
            sampled_at: *sampled_at,
            path: path.to_owned(),
            author: author.map(str::to_owned),
            revisions: effort.commits.len() as i64,
            lines_added: effort.lines_added,
            lines_deleted: effort.lines_deleted,
        }));
    }
    let times: TimestampMicrosecondArray = lines.iter().map(|line| Some(line.sampled_at)).collect();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(lines.iter().map(|line| &line.place.1))),
        Arc::new(times.with_timezone("UTC")),
        Arc::new(StringArray::from_iter_values(lines.iter().map(|line| &line.path))),
        Arc::new(lines.iter().map(|line| line.author.as_deref()).collect::<StringArray>()),
        Arc::new(Int64Array::from_iter_values(lines.iter().map(|line| line.revisions))),
        Arc::new(lines.iter().map(|line| line.lines_added).collect::<Int64Array>()),
        Arc::new(lines.iter().map(|line| line.lines_deleted).collect::<Int64Array>()),
        Arc::new(StringArray::from_iter_values(lines.iter().map(|line| &line.place.0))),
    ];
    Ok(RecordBatch::try_new(schema(), columns)?)
}
