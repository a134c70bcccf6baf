//! A folder written by `paceline simulate`: the whole state of an organisation that does not exist.

use super::content::{self, Content};
use super::{CollectError, Collecting, Result, is_bot, rows};
use crate::model::{self, Kind, Table};
use crate::project::SimulationPipeline;
use crate::store::{Change, Identity, IdentityKey, Mark};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::DataType;
use chrono::{DateTime, Utc};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &SimulationPipeline,
    folder: &Path,
) -> Result<()> {
    let path = folder.join(&keys.path);
    if !path.join("simulation.toml").is_file() {
        let message = "not a simulation; write one with `paceline simulate --out DIR`".to_owned();
        return Err(CollectError::Source { path, message });
    }
    let application = format!("simulation:{source}");
    let (plan, version) = content::plan(collecting, &application, hash(&path)?)?;
    let Some(version) = version else { return Ok(()) };
    collecting.put_origin(source, "simulation", keys.path.clone(), true)?;

    let tables: Vec<&'static Table> =
        model::TABLES.iter().copied().filter(|table| path.join(table.name).is_dir()).collect();
    collecting.progress.stage(&format!("reading {source}"), Some(tables.len() as u64));
    let mark = Mark { application: application.clone(), version };
    for table in tables {
        let batches = read(&path.join(table.name), table)?;
        let people = BTreeSet::from_iter(batches.iter().flat_map(|batch| logins(table, batch)));
        collecting.put_identities(&people.iter().map(|login| identity(source, login)).collect::<Vec<_>>())?;
        let batches = batches.iter().map(|batch| stored(collecting, table, batch, source, plan.at));
        let batches = batches.collect::<Result<Vec<_>>>()?;
        let change = Change::Replace { column: "source", value: source.to_owned() };
        collecting.write(table, &change, &mark, batches).await?;
        collecting.progress.advance(1);
    }
    Ok(collecting.state.finish(&application, version)?)
}

fn hash(folder: &Path) -> Result<String> {
    let mut paths = vec![folder.join("simulation.toml")];
    for table in model::TABLES {
        paths.extend(parts(&folder.join(table.name)));
    }
    let mut hasher = blake3::Hasher::new();
    for path in paths {
        let Content { name, bytes, hash, .. } = Content::of(folder, &path)?;
        hasher.update(format!("{name}\n{bytes}\n{hash}\n").as_bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn parts(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut parts: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    parts.sort();
    parts
}

fn read(folder: &Path, table: &'static Table) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    for path in parts(folder) {
        let file = File::open(&path).map_err(|error| at(&path, &error))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|builder| builder.with_batch_size(65_536).build())
            .map_err(|error| at(&path, &error))?;
        for batch in reader {
            batches.push(batch.map_err(|error| at(&path, &format!("table {}: {error}", table.name)))?);
        }
    }
    Ok(batches)
}

fn logins<'a>(table: &'static Table, batch: &'a RecordBatch) -> impl Iterator<Item = &'a str> {
    let people = table.columns.iter().filter(|column| column.kind == Kind::Person);
    people
        .filter_map(|column| batch.column_by_name(column.name))
        .flat_map(|array| array.as_string::<i32>().iter().flatten())
}

fn key(source: &str, login: &str) -> IdentityKey {
    IdentityKey { source: source.to_owned(), login: login.to_owned(), ..IdentityKey::default() }
}

fn identity(source: &str, login: &str) -> Identity {
    let canonical = (login.to_owned(), String::new());
    Identity { key: key(source, login), canonical, account: None, is_bot: is_bot(login, "") }
}

/// The event as the table has it: logins become identity ids, and the common columns are added.
fn stored(
    collecting: &Collecting<'_>,
    table: &'static Table,
    batch: &RecordBatch,
    source: &str,
    at: DateTime<Utc>,
) -> Result<RecordBatch> {
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    for login in logins(table, batch) {
        ids.entry(login).or_insert_with(|| key(source, login).id(&collecting.secret));
    }
    let column = |name: &str| {
        let message = format!("table {} has no column {name}", table.name);
        batch.column_by_name(name).cloned().ok_or(CollectError::Source { path: table.name.into(), message })
    };
    let mut own: Vec<ArrayRef> = Vec::new();
    for described in table.columns {
        let array = column(described.name)?;
        own.push(match described.kind {
            Kind::Person if array.data_type() == &DataType::Utf8 => {
                let id = |login: Option<&str>| login.and_then(|login| ids.get(login));
                rows::optional_texts(array.as_string::<i32>().iter().map(id))
            }
            _ => array,
        });
    }
    rows::batch(table, own, source, column("updated_at")?, at)
}

fn at(path: &Path, error: &dyn std::fmt::Display) -> CollectError {
    CollectError::Source { path: path.into(), message: error.to_string() }
}
