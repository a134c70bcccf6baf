//! Reading what a table holds, as values by column name.
//!
//! One rule: only rows that can be meant become values, since tables are large and questions about them small.

use crate::collect::observation::Values;
use crate::collect::{Collecting, Result};
use crate::model::Table;
use crate::store::StoreError;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The values that columns of text or whole numbers may have.
#[derive(Clone, Debug, Default)]
pub(in crate::collect) struct Within {
    columns: BTreeMap<String, HashSet<String>>,
}

impl Within {
    /// No row yet, by these columns.
    pub fn of<'a>(columns: impl Iterator<Item = &'a str>) -> Within {
        Within { columns: columns.map(|name| (name.to_owned(), HashSet::new())).collect() }
    }

    /// Rows with these values too.
    pub fn add(&mut self, values: &Values) {
        for (name, allowed) in &mut self.columns {
            allowed.extend(values.get(name).map(|value| match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }));
        }
    }

    fn holds(&self, batch: &RecordBatch) -> Vec<bool> {
        let mut all = vec![true; batch.num_rows()];
        for (name, allowed) in &self.columns {
            if let Some(array) = batch.column_by_name(name) {
                all.iter_mut().enumerate().for_each(|(row, it)| *it = *it && is_in(array, row, allowed));
            }
        }
        all
    }
}

fn is_in(array: &ArrayRef, row: usize, allowed: &HashSet<String>) -> bool {
    if array.is_null(row) {
        return false;
    }
    if let Some(texts) = array.as_string_opt::<i32>() {
        return allowed.contains(texts.value(row));
    }
    array.as_primitive_opt::<Int64Type>().is_none_or(|numbers| allowed.contains(&numbers.value(row).to_string()))
}

/// Some columns of the rows of a source that are not deleted; NULLs are left out.
pub(in crate::collect) async fn stored(
    collecting: &Collecting<'_>,
    table: &'static Table,
    columns: &[&str],
    source: &str,
    within: &Within,
) -> Result<Vec<Values>> {
    let asked = columns.iter().copied().chain(within.columns.keys().map(String::as_str));
    let columns: BTreeSet<&str> = asked.chain(["source", "deleted_at"]).collect();
    let columns: Vec<&str> = columns.into_iter().collect();
    let mut found = Vec::new();
    for batch in collecting.store.read(table, &columns).await? {
        let (sources, deleted) = (batch.column_by_name("source"), batch.column_by_name("deleted_at"));
        let is_shown = |row: usize| {
            sources.is_some_and(|it| it.as_string::<i32>().value(row) == source)
                && deleted.is_some_and(|it| it.is_null(row))
        };
        let mask: Vec<bool> =
            within.holds(&batch).into_iter().enumerate().map(|(row, holds)| holds && is_shown(row)).collect();
        let read = filter_record_batch(&batch, &BooleanArray::from(mask)).and_then(|batch| values_of(&batch));
        found.extend(read.map_err(|source| StoreError::Arrow { table: table.name, source })?);
    }
    found.iter_mut().for_each(|values| drop(values.remove("source")));
    Ok(found)
}

/// Rows as values by column name; NULLs are left out.
pub(in crate::collect) fn values_of(batch: &RecordBatch) -> Result<Vec<Values>, ArrowError> {
    let mut writer = arrow::json::ArrayWriter::new(Vec::new());
    writer.write(batch)?;
    writer.finish()?;
    let text = writer.into_inner();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(&text).map_err(|error| ArrowError::JsonError(error.to_string()))
}
