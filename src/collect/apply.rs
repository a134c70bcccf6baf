//! Observations become rows: the newest of each key, names put away, deletions as tombstones, one Delta transaction a table.
//!
//! What the tables hold afterwards depends on the versions of the observations alone and not on how they were split or
//! ordered: within a batch the same rule decides as [`crate::store::Change::Upsert`] applies against the stored rows.

mod names;

use super::observation::{Observation, Values};
use super::{CollectError, Collecting, Report, Result};
use crate::model::{self, Kind, Table};
use crate::store::{Change, Mark, OVERWRITES, StoreError};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use chrono::{DateTime, SecondsFormat, Utc};
pub(super) use names::Names;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Rows of one Arrow batch.
const ROWS: usize = 16_384;

/// What one table is to take.
#[derive(Default)]
struct Pending {
    /// The newest version by key, as JSON.
    versions: BTreeMap<String, Version>,
    /// Complete lists.
    lists: Vec<List>,
}

/// What a source said about one row at one moment.
struct Version {
    updated_at: Option<DateTime<Utc>>,
    asked: bool,
    deleted: bool,
    values: Values,
}

/// All rows within some values of columns, by their last key column.
struct List {
    within: Values,
    as_of: Option<DateTime<Utc>>,
    keys: HashSet<String>,
}

/// Brings observations of `source`, made at `at` or before, into the tables under one mark. Its accounts are those of `host`,
/// where it has one.
///
/// # Errors
/// [`CollectError::Row`] when a row has no key, or a value of another type than its column; then no table has changed.
pub(super) async fn apply(
    collecting: &mut Collecting<'_>,
    report: &mut Report,
    source: &str,
    host: Option<&str>,
    mark: &Mark,
    at: DateTime<Utc>,
    observations: Vec<Observation>,
) -> Result<()> {
    let secret = collecting.secret;
    let mut names = Names::new(source, host, &secret);
    let mut tables: Vec<(&'static Table, Pending)> = fold(source, at, observations, &mut names)?;
    for (table, pending) in &mut tables {
        delete_unlisted(collecting, table, pending, source).await?;
    }
    let batches = tables.into_iter().map(|(table, pending)| Ok((table, batches(table, pending, source, at)?)));
    let batches = batches.collect::<Result<Vec<_>>>()?;
    collecting.put_identities(&names.identities())?;
    for (table, batches) in batches {
        collecting.write(report, table, &Change::Upsert, mark, batches).await?;
    }
    Ok(())
}

/// The newest of each key. Names are put away in the order of the words, so that of two that are equally new the later counts.
fn fold(
    source: &str,
    at: DateTime<Utc>,
    observations: Vec<Observation>,
    names: &mut Names<'_>,
) -> Result<Vec<(&'static Table, Pending)>> {
    let mut tables: BTreeMap<&'static str, (&'static Table, Pending)> = BTreeMap::new();
    for observation in observations {
        let (name, values) = observation.subject();
        let name = name.to_owned();
        let wrong = |reason: String| CollectError::Row { source_name: source.to_owned(), table: name.clone(), reason };
        let table = model::table(&name).ok_or_else(|| wrong("there is no such table".to_owned()))?;
        let updated_at = time(values, "updated_at").map_err(wrong)?;
        let (_, pending) = tables.entry(table.name).or_insert_with(|| (table, Pending::default()));
        match observation {
            Observation::Row { mut values, asked, .. } => {
                // An answer is of the moment it was given, and news may be late.
                let said_at = updated_at.filter(|time| !asked && *time < at).unwrap_or(at);
                names.put_away(table, &mut values, said_at);
                pending.take(table, Version { updated_at, asked, deleted: false, values }).map_err(wrong)?;
            }
            Observation::Gone { mut values, .. } => {
                names.put_away(table, &mut values, at);
                pending.take(table, Version { updated_at, asked: true, deleted: true, values }).map_err(wrong)?;
            }
            Observation::Whole { mut within, keys, .. } => {
                within.remove("updated_at");
                let keys = keys.iter().map(Value::to_string).collect();
                pending.list(table, List { within, as_of: updated_at, keys });
            }
        }
    }
    Ok(tables.into_values().collect())
}

impl Pending {
    fn take(&mut self, table: &Table, version: Version) -> Result<(), String> {
        let key = key(table, &version.values)?;
        match self.versions.get(&key) {
            Some(known) if !version.overwrites(known) => {}
            _ => drop(self.versions.insert(key, version)),
        }
        Ok(())
    }

    /// Rows of this batch that were said to exist before the list was read.
    fn list(&mut self, table: &Table, list: List) {
        for version in self.versions.values_mut().filter(|version| !version.deleted) {
            if list.lacks(table, &version.values, version.updated_at) {
                version.deleted = true;
                version.asked = true;
            }
        }
        self.lists.push(list);
    }
}

impl Version {
    /// The rule of [`crate::store::Change::Upsert`].
    fn overwrites(&self, known: &Version) -> bool {
        match (self.updated_at, known.updated_at) {
            (Some(new), Some(known)) => new > known || (new == known && self.asked),
            (Some(_), None) => true,
            (None, None) => self.asked,
            (None, Some(_)) => false,
        }
    }
}

impl List {
    fn lacks(&self, table: &Table, values: &Values, updated_at: Option<DateTime<Utc>>) -> bool {
        let last = table.key.last().and_then(|name| values.get(*name));
        let listed = last.is_some_and(|value| self.keys.contains(&value.to_string()));
        let within = self.within.iter().all(|(name, value)| values.get(name) == Some(value));
        let later = matches!((updated_at, self.as_of), (Some(changed), Some(as_of)) if changed > as_of);
        within && !listed && !later
    }
}

fn key(table: &Table, values: &Values) -> Result<String, String> {
    let parts: Option<Vec<&Value>> = table.key.iter().map(|name| values.get(*name)).collect();
    match parts {
        Some(parts) => Ok(json!(parts).to_string()),
        None => Err(format!("its key {} is not complete in {}", table.key.join(", "), json!(values))),
    }
}

fn time(values: &Values, column: &str) -> Result<Option<DateTime<Utc>>, String> {
    match values.get(column) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => DateTime::parse_from_rfc3339(text)
            .map(|time| Some(time.to_utc()))
            .map_err(|error| format!("{column} is {text:?}: {error}")),
        Some(other) => Err(format!("{column} is {other}, not a time such as 2026-01-31T12:00:00Z")),
    }
}

/// Finds the stored rows that the source no longer lists, and makes tombstones of them.
async fn delete_unlisted(
    collecting: &Collecting<'_>,
    table: &'static Table,
    pending: &mut Pending,
    source: &str,
) -> Result<()> {
    if pending.lists.is_empty() {
        return Ok(());
    }
    // By what they are within, so that each stored row is looked up once for each set of columns.
    let mut lists: HashMap<String, Vec<&List>> = HashMap::new();
    let mut shapes: BTreeSet<Vec<&str>> = BTreeSet::new();
    for list in &pending.lists {
        lists.entry(json!(list.within).to_string()).or_default().push(list);
        shapes.insert(list.within.keys().map(String::as_str).collect());
    }
    let own = table.key.iter().copied().chain(["updated_at"]);
    let columns: Vec<&str> = own.chain(shapes.iter().flatten().copied()).collect();
    let mut gone = Vec::new();
    for values in stored(collecting, table, &columns, source).await? {
        let updated_at = time(&values, "updated_at").ok().flatten();
        let is_unlisted = shapes.iter().any(|shape| {
            let within: Values =
                shape.iter().filter_map(|name| Some(((*name).to_owned(), values.get(*name)?.clone()))).collect();
            let lists = lists.get(&json!(within).to_string());
            lists.into_iter().flatten().any(|list| list.lacks(table, &values, updated_at))
        });
        if is_unlisted {
            gone.push(Version { updated_at, asked: true, deleted: true, values });
        }
    }
    for version in gone {
        let key = key(table, &version.values).map_err(|reason| CollectError::Row {
            source_name: source.to_owned(),
            table: table.name.to_owned(),
            reason,
        })?;
        pending.versions.entry(key).or_insert(version);
    }
    Ok(())
}

/// Some columns of the rows of a source that are not deleted; NULLs are left out.
pub(super) async fn stored(
    collecting: &Collecting<'_>,
    table: &'static Table,
    columns: &[&str],
    source: &str,
) -> Result<Vec<Values>> {
    let columns: BTreeSet<&str> = columns.iter().copied().chain(["source", "deleted_at"]).collect();
    let columns: Vec<&str> = columns.into_iter().collect();
    let mut found = Vec::new();
    for batch in collecting.store.read(table, &columns).await? {
        found.extend(rows(table, &batch)?.into_iter().filter_map(|mut values| {
            let is_of_source = values.remove("source") == Some(Value::String(source.to_owned()));
            (is_of_source && !values.contains_key("deleted_at")).then_some(values)
        }));
    }
    Ok(found)
}

/// The rows of a batch by column name; NULLs are left out.
fn rows(table: &'static Table, batch: &RecordBatch) -> Result<Vec<Values>> {
    let read = || -> Result<Vec<Values>, arrow::error::ArrowError> {
        let mut writer = arrow::json::ArrayWriter::new(Vec::new());
        writer.write(batch)?;
        writer.finish()?;
        let text = writer.into_inner();
        if text.is_empty() {
            return Ok(Vec::new());
        }
        serde_json::from_slice(&text).map_err(|error| arrow::error::ArrowError::JsonError(error.to_string()))
    };
    Ok(read().map_err(|source| StoreError::Arrow { table: table.name, source })?)
}

/// The table's columns and the one that orders an upsert.
fn batches(table: &'static Table, pending: Pending, source: &str, at: DateTime<Utc>) -> Result<Vec<RecordBatch>> {
    let moment = |time: DateTime<Utc>| Value::String(time.to_rfc3339_opts(SecondsFormat::Micros, true));
    let finished: Vec<Values> = pending
        .versions
        .into_values()
        .map(|version| {
            let mut values = if version.deleted { tombstone(table, &version.values) } else { version.values };
            if version.deleted {
                values.insert("deleted_at".to_owned(), moment(version.updated_at.unwrap_or(at)));
            }
            version.updated_at.map(|time| values.insert("updated_at".to_owned(), moment(time)));
            values.insert("source".to_owned(), source.into());
            values.insert("ingested_at".to_owned(), moment(at));
            values.insert(OVERWRITES.to_owned(), version.asked.into());
            values
        })
        .collect();
    let mut fields: Vec<Arc<Field>> = table.schema().fields().iter().cloned().collect();
    fields.push(Arc::new(Field::new(OVERWRITES, DataType::Boolean, false)));
    let schema = Arc::new(Schema::new(fields));
    let wrong =
        |reason: String| CollectError::Row { source_name: source.to_owned(), table: table.name.to_owned(), reason };
    let mut batches = Vec::new();
    for part in finished.chunks(ROWS) {
        let decoded = decode(&schema, part).map_err(|error| {
            // Only to say which row it was.
            let first =
                part.iter().find_map(|row| decode(&schema, std::slice::from_ref(row)).err().map(|it| (row, it)));
            let (row, error) = first.map_or((None, error), |(row, error)| (Some(row), error));
            let key = row.and_then(|row| key(table, row).ok()).unwrap_or_default();
            wrong(format!("{} {key}: {error}", table.key.join(", ")))
        })?;
        batches.extend(decoded);
    }
    Ok(batches)
}

fn decode(schema: &Arc<Schema>, rows: &[Values]) -> Result<Option<RecordBatch>, arrow::error::ArrowError> {
    let mut decoder = arrow::json::ReaderBuilder::new(schema.clone()).with_batch_size(rows.len()).build_decoder()?;
    decoder.serialize(rows)?;
    decoder.flush()
}

/// What stays of a deleted row: its key. Columns that may not be NULL are blank.
fn tombstone(table: &Table, values: &Values) -> Values {
    let blank = |kind: Kind| match kind {
        Kind::Text | Kind::Person => "".into(),
        Kind::Bool => false.into(),
        Kind::Int => 0.into(),
        Kind::Float => 0.0.into(),
        Kind::Time => "1970-01-01T00:00:00Z".into(),
    };
    let kept = table.columns.iter().filter(|column| column.required).map(|column| {
        let value = values.get(column.name).filter(|_| table.key.contains(&column.name)).cloned();
        (column.name.to_owned(), value.unwrap_or_else(|| blank(column.kind)))
    });
    kept.collect()
}
