//! Observations become rows: the newest of each key, names put away, deletions as tombstones, one Delta transaction a table.
//!
//! What the tables hold afterwards depends on the versions of the observations alone and not on how they were split or
//! ordered: within a batch the same rule decides as [`crate::store::Change::Upsert`] applies against the stored rows.

mod names;
mod stored;
mod told;

use super::observation::{Observation, Values};
use super::{Collecting, Result};
use crate::model::{self, Kind, Table};
use crate::store::{Change, Mark, OVERWRITES, Refused};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use chrono::{DateTime, SecondsFormat, Utc};
pub(super) use names::{Names, keys};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
pub(super) use stored::{Within, stored, values_of};
pub(super) use told::drop_known;

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
/// A row without a key, or with a value of another type than its column, is put aside and holds up no other.
///
/// # Errors
/// [`CollectError::Store`]; then it may be done again.
pub(super) async fn apply(
    collecting: &mut Collecting<'_>,
    source: &str,
    host: Option<&str>,
    mark: &Mark,
    at: DateTime<Utc>,
    observations: Vec<Observation>,
) -> Result<()> {
    let secret = collecting.secret;
    let mut names = Names::new(source, host, &secret);
    let mut refused = Refusals { source, at, all: Vec::new() };
    let mut tables: Vec<(&'static Table, Pending)> = fold(&mut refused, &mut names, observations);
    for (table, pending) in &mut tables {
        delete_unlisted(collecting, table, pending, source).await?;
    }
    let batches = tables.into_iter().map(|(table, pending)| (table, batches(table, pending, &mut refused)));
    let batches: Vec<(&Table, Vec<RecordBatch>)> = batches.collect();
    collecting.put_aside(&refused.all)?;
    collecting.put_identities(&names.identities())?;
    for (table, batches) in batches {
        collecting.write(table, &Change::Upsert, mark, batches).await?;
    }
    Ok(())
}

/// What is put aside.
struct Refusals<'a> {
    source: &'a str,
    at: DateTime<Utc>,
    all: Vec<Refused>,
}

impl Refusals<'_> {
    fn put(&mut self, table: &str, key: &str, reason: String, words: &impl Serialize) {
        let words = serde_json::to_vec(words).unwrap_or_default();
        // Without a key its words tell it from others.
        let key = if key.is_empty() { blake3::hash(&words).to_hex()[..16].to_owned() } else { key.to_owned() };
        let (source, place) = (self.source.to_owned(), format!("table {table}, {key}"));
        self.all.push(Refused { source, place, reason, at: self.at, words });
    }
}

/// The newest of each key. Names are put away in the order of the words, so that of two that are equally new the later counts.
fn fold(
    refused: &mut Refusals<'_>,
    names: &mut Names<'_>,
    observations: Vec<Observation>,
) -> Vec<(&'static Table, Pending)> {
    let mut tables: BTreeMap<&'static str, (&'static Table, Pending)> = BTreeMap::new();
    for observation in observations {
        let (name, values) = observation.subject();
        let table = model::table(name).ok_or_else(|| "there is no such table".to_owned());
        match table.and_then(|table| Ok((table, time(values, "updated_at")?))) {
            Ok((table, updated_at)) => {
                let (_, pending) = tables.entry(table.name).or_insert_with(|| (table, Pending::default()));
                pending.hear(table, observation, updated_at, refused, names);
            }
            Err(reason) => refused.put(name, "", reason, &observation),
        }
    }
    tables.into_values().collect()
}

impl Pending {
    fn hear(
        &mut self,
        table: &Table,
        observation: Observation,
        updated_at: Option<DateTime<Utc>>,
        refused: &mut Refusals<'_>,
        names: &mut Names<'_>,
    ) {
        let (mut values, asked, deleted) = match observation {
            Observation::Row { values, asked, .. } => (values, asked, false),
            Observation::Gone { values, .. } => (values, true, true),
            Observation::Whole { mut within, keys, .. } => {
                within.remove("updated_at");
                let keys = keys.iter().map(Value::to_string).collect();
                return self.list(table, List { within, as_of: updated_at, keys });
            }
        };
        // An answer is of the moment it was given, and news may be late.
        let said_at = updated_at.filter(|time| !asked && *time < refused.at).unwrap_or(refused.at);
        names.put_away(table, &mut values, said_at);
        match key(table, &values) {
            Ok(key) => self.take(key, Version { updated_at, asked, deleted, values }),
            Err(reason) => refused.put(table.name, "", reason, &values),
        }
    }

    fn take(&mut self, key: String, version: Version) {
        match self.versions.get(&key) {
            Some(known) if !version.overwrites(known) => {}
            _ => drop(self.versions.insert(key, version)),
        }
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
    // No other row can be meant.
    let common = pending.lists.iter().flat_map(|list| &list.within).map(|(name, _)| name.as_str());
    let common = common.filter(|name| shapes.iter().all(|shape| shape.contains(name)));
    let mut within = Within::of(common);
    pending.lists.iter().for_each(|list| within.add(&list.within));
    let mut gone = Vec::new();
    for values in stored(collecting, table, &columns, source, &within).await? {
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
        let Ok(key) = key(table, &version.values) else { continue };
        pending.versions.entry(key).or_insert(version);
    }
    Ok(())
}

/// The table's columns and the one that orders an upsert.
fn batches(table: &'static Table, pending: Pending, refused: &mut Refusals<'_>) -> Vec<RecordBatch> {
    let (source, at) = (refused.source, refused.at);
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
    let mut batches = Vec::new();
    for part in finished.chunks(ROWS) {
        match decode(&schema, part) {
            Ok(decoded) => batches.extend(decoded),
            // Some of them are to blame: the others go in without them.
            Err(_) => {
                let sound = part.iter().filter(|row| match decode(&schema, &[row]) {
                    Ok(_) => true,
                    Err(error) => {
                        let key = key(table, row).unwrap_or_default();
                        refused.put(table.name, &key, error.to_string(), row);
                        false
                    }
                });
                let sound: Vec<&Values> = sound.collect();
                batches.extend(decode(&schema, &sound).ok().flatten());
            }
        }
    }
    batches
}

fn decode(schema: &Arc<Schema>, rows: &[impl Serialize]) -> Result<Option<RecordBatch>, arrow::error::ArrowError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::Ambient;
    use crate::collect::Silent;
    use crate::collect::observation::Row;
    use crate::model::flow::PULL_REQUESTS;
    use crate::store::Store;

    #[tokio::test]
    async fn rows_that_a_table_refuses_hold_up_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let ambient = Ambient::fixed(DateTime::UNIX_EPOCH, "tests");
        let pull = |number: i64| {
            let row = Row::of(&PULL_REQUESTS).set("repository", "a/b").set("number", number).set("state", "open");
            row.set("is_revert", false).set("updated_at", "2026-01-01T00:00:00Z")
        };
        let no_key = Row::of(&PULL_REQUESTS).set("repository", "a/b").set("updated_at", "2026-01-01T00:00:00Z");
        let said = || {
            [pull(1), pull(2).set("commits", "many"), no_key.clone(), pull(3).set("updated_at", "yesterday"), pull(4)]
                .map(Row::asked)
                .to_vec()
        };
        let mark = Mark { application: "test".to_owned(), version: 1 };
        // Twice, as after a crash between the two.
        for _ in 0..2 {
            let mut collecting = Collecting::begin(&store, &ambient, &Silent).unwrap();
            apply(&mut collecting, "s", None, &mark, ambient.now(), said()).await.unwrap();
            assert_eq!(collecting.report.refused, 3);
        }
        let rows: usize =
            store.read(&PULL_REQUESTS, &["number"]).await.unwrap().iter().map(RecordBatch::num_rows).sum();
        assert_eq!(rows, 2);
        let aside = store.state().unwrap().refused().unwrap();
        let reasons: Vec<&str> = aside.iter().map(|it| it.reason.as_str()).collect();
        assert_eq!(reasons.len(), 3, "{reasons:?}");
        assert!(reasons.iter().any(|it| it.contains("its key repository, number is not complete")), "{reasons:?}");
        assert!(reasons.iter().any(|it| it.contains("updated_at is \"yesterday\"")), "{reasons:?}");
        assert!(aside.iter().any(|it| it.place == "table pull_requests, [\"a/b\",2]"), "{aside:?}");
    }
}
