//! How many people know the code of a repository: `truck_factors`, one row a repository and sampled moment.
//!
//! One rule: it is worked out when somebody asks and at most once a session, since it reads the whole history.

mod authorship;
mod history;

use super::definitions::{Fill, Filled};
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit, TimestampMicrosecondType};
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use history::{Change, History, What};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Changes of source files by people, in the order of time. What a bot did moves files and makes no author.
const CHANGES: &str = "
SELECT f.source, f.repository, f.path, f.previous_path, f.change,
       CASE WHEN c.is_bot THEN NULL ELSE c.author_id END AS person_id, f.committed_at
FROM commit_files f
JOIN commits c ON c.source = f.source AND c.repository = f.repository AND c.sha = f.sha
WHERE f.language IS NOT NULL AND NOT f.is_generated
ORDER BY f.source, f.repository, f.committed_at, f.sha, f.path";

const SAMPLES: &str = "
SELECT DISTINCT source, repository, sampled_at FROM snapshot_files ORDER BY source, repository, sampled_at";

/// Registers the table.
pub(super) fn register(session: &SessionContext) -> Result<()> {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let schema = Arc::new(Schema::new(vec![
        Field::new("repository", DataType::Utf8, false),
        Field::new("sampled_at", time, false),
        Field::new("factor", DataType::Int64, true),
        Field::new("files", DataType::Int64, false),
        Field::new("source", DataType::Utf8, false),
    ]));
    let columns = schema.clone();
    let fill: Fill = Arc::new(move |session| Box::pin(fill(session, columns.clone())));
    session.register_table("truck_factors", Arc::new(Filled::new(schema, fill)))?;
    Ok(())
}

/// One repository of one source.
type Place = (String, String);

async fn fill(session: SessionContext, schema: SchemaRef) -> Result<Vec<RecordBatch>> {
    let mut moments: BTreeMap<Place, Vec<i64>> = BTreeMap::new();
    for batch in session.sql(SAMPLES).await?.collect().await? {
        let times = batch.column(2).as_primitive::<TimestampMicrosecondType>();
        for (row, at) in times.values().iter().enumerate() {
            moments.entry(place(&batch, row)).or_default().push(*at);
        }
    }
    let mut rows = Rows::default();
    let mut changes = session.sql(CHANGES).await?.execute_stream().await?;
    let mut open: Option<(Place, History)> = None;
    while let Some(batch) = changes.next().await {
        let batch = batch?;
        let times = batch.column(6).as_primitive::<TimestampMicrosecondType>();
        for row in 0..batch.num_rows() {
            let here = place(&batch, row);
            if open.as_ref().is_none_or(|(place, _)| *place != here) {
                rows.take(open.take());
                let samples = moments.remove(&here).unwrap_or_default();
                open = Some((here, History::new(samples)));
            }
            if let Some((_, history)) = &mut open {
                history.take(times.value(row), &change(&batch, row));
            }
        }
    }
    rows.take(open);
    Ok(vec![rows.batch(&schema)?])
}

fn place(batch: &RecordBatch, row: usize) -> Place {
    (text(batch, 0, row).unwrap_or_default().to_owned(), text(batch, 1, row).unwrap_or_default().to_owned())
}

fn change(batch: &RecordBatch, row: usize) -> Change<'_> {
    let what = match (text(batch, 4, row), text(batch, 3, row)) {
        (Some("deleted"), _) => What::Deleted,
        (Some("added"), _) => What::Added,
        (_, Some(previous)) => What::Renamed(previous),
        _ => What::Modified,
    };
    Change { path: text(batch, 2, row).unwrap_or_default(), what, person: text(batch, 5, row) }
}

fn text(batch: &RecordBatch, column: usize, row: usize) -> Option<&str> {
    let column = batch.column(column).as_string::<i32>();
    column.is_valid(row).then(|| column.value(row))
}

#[derive(Default)]
struct Rows {
    places: Vec<Place>,
    at: Vec<i64>,
    factors: Vec<Option<i64>>,
    files: Vec<i64>,
}

impl Rows {
    fn take(&mut self, finished: Option<(Place, History)>) {
        let Some((place, history)) = finished else { return };
        for sampled in history.finish() {
            self.places.push(place.clone());
            self.at.push(sampled.at);
            self.factors.push(sampled.factor.map(|factor| factor as i64));
            self.files.push(sampled.files as i64);
        }
    }

    fn batch(self, schema: &SchemaRef) -> Result<RecordBatch> {
        let texts = |pick: fn(&Place) -> &str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(self.places.iter().map(pick)))
        };
        let columns = vec![
            texts(|place| &place.1),
            Arc::new(TimestampMicrosecondArray::from(self.at.clone()).with_timezone("UTC")),
            Arc::new(Int64Array::from(self.factors.clone())),
            Arc::new(Int64Array::from(self.files.clone())),
            texts(|place| &place.0),
        ];
        Ok(RecordBatch::try_new(schema.clone(), columns)?)
    }
}
