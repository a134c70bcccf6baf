//! From a collector's values to batches with a table's exact schema.

use super::observation::Values;
use super::{CollectError, Result};
use crate::model::{COMMON, Column, Kind, Table};
use crate::store::StoreError;
use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    new_null_array,
};
use chrono::{DateTime, SecondsFormat, Utc};
use std::sync::Arc;

/// Builds a batch of `table` from its own columns, in the schema's order, adding the common ones.
///
/// `updated_at` is the moment each row last changed at its source.
///
/// # Errors
/// [`StoreError::Arrow`] when a column is missing, has another type, another length, or is NULL where it may not be.
pub(super) fn batch(
    table: &'static Table,
    own: Vec<ArrayRef>,
    source: &str,
    updated_at: ArrayRef,
    ingested_at: DateTime<Utc>,
) -> Result<RecordBatch> {
    let rows = updated_at.len();
    let mut columns = own;
    columns.push(texts(std::iter::repeat_n(source, rows)));
    columns.push(new_null_array(&Kind::Text.arrow(), rows));
    columns.push(updated_at);
    columns.push(new_null_array(&Kind::Time.arrow(), rows));
    columns.push(times(std::iter::repeat_n(Some(ingested_at.timestamp_micros()), rows)));
    RecordBatch::try_new(table.schema(), columns)
        .map_err(|source| CollectError::Store(StoreError::Arrow { table: table.name, source }))
}

/// Builds batches of `table` from values by column name, in which people are ids already; the common columns but `updated_at`
/// are added.
///
/// # Errors
/// [`StoreError::Arrow`] when a value does not fit its column.
pub(super) fn of_values(
    table: &'static Table,
    mut rows: Vec<Values>,
    source: &str,
    ingested_at: DateTime<Utc>,
) -> Result<Vec<RecordBatch>> {
    if rows.is_empty() {
        return Ok(vec![RecordBatch::new_empty(table.schema())]);
    }
    for row in &mut rows {
        row.insert("source".to_owned(), source.into());
        row.insert("ingested_at".to_owned(), ingested_at.to_rfc3339_opts(SecondsFormat::Micros, true).into());
    }
    let decode = || {
        let mut decoder =
            arrow::json::ReaderBuilder::new(table.schema()).with_batch_size(rows.len()).build_decoder()?;
        decoder.serialize(&rows)?;
        decoder.flush()
    };
    let batch = decode().map_err(|source| CollectError::Store(StoreError::Arrow { table: table.name, source }))?;
    Ok(batch.into_iter().collect())
}

/// The columns that a source may give: the table's own and `updated_at`.
pub(super) fn given(table: &'static Table) -> impl Iterator<Item = &'static Column> {
    table.columns.iter().chain(COMMON.iter().filter(|column| column.name == "updated_at"))
}

pub(super) fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    // Not from_iter_values, which wants to know the length beforehand.
    Arc::new(StringArray::from_iter(values.map(Some)))
}

pub(super) fn optional_texts<T: AsRef<str>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(StringArray::from_iter(values))
}

pub(super) fn bools(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(BooleanArray::from_iter(values.map(Some)))
}

pub(super) fn ints(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from_iter(values))
}

pub(super) fn floats(values: impl Iterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(Float64Array::from_iter(values))
}

/// Microseconds since 1970.
pub(super) fn times(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from_iter(values).with_timezone("UTC"))
}
