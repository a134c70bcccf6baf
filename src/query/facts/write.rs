//! Facts to files: sorted, cut into months, each written in one way.
//!
//! One rule: the bytes of a month follow from its rows alone, not from how a plan delivered them.

use super::{external, table};
use crate::store::{FactsFolder, Part};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, SchemaRef, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, Datelike, Months, NaiveDate};
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::prelude::{DataFrame, col};
use futures::StreamExt;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

/// Rows that are given to the writer at once. Where pages end depends on it.
const ROWS: usize = 8_192;

/// The month of facts without a time.
pub(super) const UNKNOWN: &str = "unknown";

/// Writes the facts of a frame and says which files they are, in the order of months.
pub(super) async fn write(folder: &FactsFolder, metric: &str, frame: DataFrame) -> Result<Vec<Part>> {
    let schema = table::schema(frame.logical_plan());
    let mut stream = frame.sort(order(&schema))?.execute_stream().await?;
    let mut parts = Vec::new();
    let mut open: Option<Month> = None;
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        let at = moments(&batch)?;
        let mut begin = 0;
        while begin < batch.num_rows() {
            let month = Month::of(at.is_valid(begin).then(|| at.value(begin)));
            let rest = begin..batch.num_rows();
            let end =
                rest.clone().find(|row| !month.holds(at.is_valid(*row).then(|| at.value(*row)))).unwrap_or(rest.end);
            if open.as_ref().is_none_or(|open| open.name != month.name)
                && let Some(full) = open.replace(month.begin(&schema)?)
            {
                parts.push(full.finish(folder, metric)?);
            }
            if let Some(open) = &mut open {
                open.take(&schema, &batch.slice(begin, end - begin), &at.slice(begin, end - begin))?;
            }
            begin = end;
        }
    }
    if let Some(last) = open {
        parts.push(last.finish(folder, metric)?);
    }
    Ok(parts)
}

/// By time, then by every other column: of equal rows it does not matter which is first.
fn order(schema: &SchemaRef) -> Vec<datafusion::logical_expr::SortExpr> {
    let others = schema.fields().iter().map(|field| field.name().as_str()).filter(|name| *name != "at");
    let column = |name: &str| Expr::Column(datafusion::common::Column::from_name(name)).sort(true, true);
    std::iter::once(col("at").sort(true, true)).chain(others.map(column)).collect()
}

/// The months of the facts in some batches.
pub(super) fn months(batches: &[RecordBatch]) -> Result<std::collections::BTreeSet<String>> {
    let mut months = std::collections::BTreeSet::new();
    for batch in batches {
        let at = moments(batch)?;
        months.extend((0..at.len()).map(|row| Month::of(at.is_valid(row).then(|| at.value(row))).name));
    }
    Ok(months)
}

fn moments(batch: &RecordBatch) -> Result<arrow::array::TimestampMicrosecondArray> {
    let at = batch
        .column_by_name("at")
        .ok_or_else(|| datafusion::error::DataFusionError::Plan("the facts have no column at".to_owned()))?;
    let at = cast(at, &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())))?;
    Ok(at.as_primitive::<TimestampMicrosecondType>().clone())
}

/// A month that is being written.
pub(super) struct Month {
    pub name: String,
    /// From and to before, microseconds since 1970; `None` where there is no time.
    pub bounds: Option<(i64, i64)>,
    span: Option<(i64, i64)>,
    rows: usize,
    waiting: Vec<RecordBatch>,
    writer: Option<ArrowWriter<Vec<u8>>>,
}

impl Month {
    pub fn of(at: Option<i64>) -> Month {
        let first = at.and_then(DateTime::from_timestamp_micros).and_then(|at| at.date_naive().with_day(1));
        let bounds =
            first.and_then(|first| Some((midnight(first), midnight(first.checked_add_months(Months::new(1))?))));
        let name = match (first, bounds) {
            (Some(first), Some(_)) => first.format("%Y-%m").to_string(),
            _ => UNKNOWN.to_owned(),
        };
        Month { name, bounds, span: None, rows: 0, waiting: Vec::new(), writer: None }
    }

    fn holds(&self, at: Option<i64>) -> bool {
        match (self.bounds, at) {
            (Some((from, to)), Some(at)) => from <= at && at < to,
            (None, at) => Month::of(at).bounds.is_none(),
            (Some(_), None) => false,
        }
    }

    fn begin(mut self, schema: &SchemaRef) -> Result<Month> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_created_by("paceline".to_owned())
            .build();
        self.writer = Some(ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties))?);
        Ok(self)
    }

    fn take(
        &mut self,
        schema: &SchemaRef,
        rows: &RecordBatch,
        at: &arrow::array::TimestampMicrosecondArray,
    ) -> Result<()> {
        let columns = rows.columns().iter().zip(schema.fields()).map(|(column, field)| cast(column, field.data_type()));
        let rows = RecordBatch::try_new(schema.clone(), columns.collect::<Result<_, _>>()?)?;
        if let (Some(_), Some(first), Some(last)) = (self.bounds, at.values().first(), at.values().last()) {
            self.span = Some((self.span.map_or(*first, |span| span.0), *last));
        }
        self.rows += rows.num_rows();
        self.waiting.push(rows);
        let waiting: usize = self.waiting.iter().map(RecordBatch::num_rows).sum();
        if waiting >= ROWS {
            let all = concat_batches(schema, &self.waiting)?;
            let full = waiting - waiting % ROWS;
            for begin in (0..full).step_by(ROWS) {
                self.put(&all.slice(begin, ROWS))?;
            }
            self.waiting = if full < waiting { vec![all.slice(full, waiting - full)] } else { Vec::new() };
        }
        Ok(())
    }

    fn put(&mut self, rows: &RecordBatch) -> Result<()> {
        if let Some(writer) = &mut self.writer {
            writer.write(rows)?;
        }
        Ok(())
    }

    fn finish(mut self, folder: &FactsFolder, metric: &str) -> Result<Part> {
        let waiting = std::mem::take(&mut self.waiting);
        if let Some(first) = waiting.first() {
            self.put(&concat_batches(&first.schema(), &waiting)?)?;
        }
        let bytes = self.writer.map(ArrowWriter::into_inner).transpose()?.unwrap_or_default();
        let mut part = folder.put(metric, &self.name, self.rows as u64, &bytes).map_err(external)?;
        part.span = self.span;
        Ok(part)
    }
}

fn midnight(day: NaiveDate) -> i64 {
    day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros()
}
