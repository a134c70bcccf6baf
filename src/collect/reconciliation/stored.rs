//! What a table holds of one scope, as far as a comparison needs it: keys and times, not rows.

use super::{Entity, Scope};
use crate::collect::Result;
use crate::collect::session::Session;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// A row, or what is left of a deleted one.
pub(super) struct Stored {
    /// The values of the table's key.
    pub key: Vec<Value>,
    pub is_deleted: bool,
    /// The source's own id.
    pub node_id: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
}

/// By the last column of the key, as text.
pub(super) async fn of<C>(
    session: &Session<'_, '_, C>,
    entity: &Entity,
    scope: Scope<'_>,
) -> Result<BTreeMap<String, Stored>> {
    let table = entity.table;
    let has_repository = table.columns.iter().any(|column| column.name == "repository");
    let mut columns = vec!["source", entity.created_at, "updated_at", "deleted_at", "source_key"];
    columns.extend(has_repository.then_some("repository"));
    let place = columns.len();
    columns.extend(table.key.iter().filter(|name| **name != "repository"));
    let mut found = BTreeMap::new();
    for batch in session.collecting.store.read(table, &columns).await? {
        for row in 0..batch.num_rows() {
            let named = batch.columns()[place..].iter().map(|column| value(column, row));
            let Some(last) = named.clone().next_back().map(text) else { continue };
            let is_ours = match (scope, has_repository.then(|| string(&batch, 5, row)).flatten()) {
                (Scope::Source(_), _) => true,
                (Scope::Repository(repository), Some(named)) => named == repository,
                // What is left of a deleted row has its key alone, which may begin with the repository.
                (Scope::Repository(repository), None) => {
                    last.strip_prefix(repository).is_some_and(|rest| rest.starts_with('#'))
                }
            };
            if string(&batch, 0, row) != Some(session.source) || !is_ours {
                continue;
            }
            let mut named = named;
            let key = table.key.iter().map(|name| match *name {
                "repository" => Value::from(scope.name()),
                _ => named.next().unwrap_or_default(),
            });
            let stored = Stored {
                key: key.collect(),
                is_deleted: time(&batch, 3, row).is_some(),
                node_id: string(&batch, 4, row).map(str::to_owned),
                created_at: time(&batch, 1, row),
                updated_at: time(&batch, 2, row),
            };
            found.insert(last, stored);
        }
    }
    Ok(found)
}

fn string(batch: &RecordBatch, column: usize, row: usize) -> Option<&str> {
    let texts = batch.column(column).as_string::<i32>();
    texts.is_valid(row).then(|| texts.value(row))
}

fn time(batch: &RecordBatch, column: usize, row: usize) -> Option<DateTime<Utc>> {
    let times = batch.column(column).as_primitive::<TimestampMicrosecondType>();
    times.is_valid(row).then(|| times.value(row)).and_then(DateTime::from_timestamp_micros)
}

/// A value of a key: text, or a number.
fn value(column: &ArrayRef, row: usize) -> Value {
    match column.as_string_opt::<i32>() {
        Some(texts) => texts.value(row).into(),
        None => column.as_primitive_opt::<Int64Type>().map(|numbers| numbers.value(row)).into(),
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
