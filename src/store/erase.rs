//! Removing words from what is stored: rows are written again without them, and what still holds the old ones goes.
//!
//! One rule: a table has the same rows before and after. Old files and old log entries are removed at once and not after a
//! retention, since an erasure that waits is none.

use super::delta::{at, parquet_properties};
use super::identity::ErasedWords;
use super::{Refused, Result, Store, StoreError, durable};
use crate::model::Table;
use arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use datafusion::common::cast::as_string_array;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use datafusion::prelude::{Expr, cast, col};
use deltalake::DeltaTable;
use deltalake::protocol::checkpoints;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl ErasedWords {
    /// A batch of a table with a mark in place of each erased word.
    ///
    /// # Errors
    /// None where the batch has the table's columns.
    pub fn clean_batch(&self, table: &Table, batch: RecordBatch) -> Result<RecordBatch, ArrowError> {
        if self.is_empty() {
            return Ok(batch);
        }
        let schema = batch.schema();
        let mut columns = batch.columns().to_vec();
        for column in table.free_texts() {
            let Some((index, _)) = schema.column_with_name(column) else { continue };
            if let Some(cleaned) = columns[index].as_string_opt::<i32>().and_then(|texts| self.clean_array(texts)) {
                columns[index] = cleaned;
            }
        }
        RecordBatch::try_new(schema, columns)
    }

    /// `None` where there is nothing to clean.
    fn clean_array(&self, texts: &StringArray) -> Option<ArrayRef> {
        let cleaned: Vec<Option<String>> = texts.iter().map(|text| self.clean(text?)).collect();
        let any = cleaned.iter().any(Option::is_some);
        let values = cleaned.iter().zip(texts).map(|(cleaned, text)| cleaned.as_deref().or(text));
        any.then(|| Arc::new(StringArray::from_iter(values)) as ArrayRef)
    }

    /// JSON with a mark in place of each erased word, and without the numbers of an object that had one: they are the
    /// account's. Whether anything was replaced.
    pub fn clean_json(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => match self.clean(text) {
                Some(cleaned) => {
                    *text = cleaned;
                    true
                }
                None => false,
            },
            Value::Array(values) => {
                let mut any = false;
                for value in values {
                    any |= self.clean_json(value);
                }
                any
            }
            Value::Object(fields) => {
                let named: Vec<String> = fields.keys().filter(|name| self.clean(name).is_some()).cloned().collect();
                for name in &named {
                    if let (Some(value), Some(cleaned)) = (fields.remove(name), self.clean(name)) {
                        fields.insert(cleaned, value);
                    }
                }
                let is_theirs = ["login", "email", "username"].iter().any(|name| {
                    fields.get(*name).and_then(Value::as_str).is_some_and(|text| self.clean(text).is_some())
                });
                let mut any = !named.is_empty();
                for (name, value) in fields.iter_mut() {
                    any |= self.clean_json(value);
                    if is_theirs && ["id", "node_id", "number"].contains(&name.as_str()) {
                        *value = Value::Null;
                    }
                }
                any
            }
            _ => false,
        }
    }
}

impl Refused {
    /// What was put aside, with a mark in place of each erased word.
    #[must_use]
    pub fn without(mut self, words: &ErasedWords) -> Refused {
        if words.is_empty() {
            return self;
        }
        for text in [&mut self.place, &mut self.reason] {
            if let Some(cleaned) = words.clean(text) {
                *text = cleaned;
            }
        }
        match serde_json::from_slice::<Value>(&self.words) {
            Ok(mut value) => {
                if words.clean_json(&mut value) {
                    self.words = value.to_string().into_bytes();
                }
            }
            Err(_) => {
                if let Some(cleaned) = words.clean(&String::from_utf8_lossy(&self.words)) {
                    self.words = cleaned.into_bytes();
                }
            }
        }
        self
    }
}

impl Store {
    /// Writes the rows of a table that hold erased words again without them, in one transaction. To do so again changes
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::Delta`] when Delta or the disk refuses; the table is whole whenever this stops.
    pub async fn clean(&self, table: &'static Table, words: &ErasedWords) -> Result<()> {
        let Some(delta) = self.open_delta(table).await? else { return Ok(()) };
        let (holds, cleaned) = (holds(words), cleaned(words));
        let text = |column: &str| cast(col(column), DataType::Utf8);
        let any = table.free_texts().map(|column| holds.call(vec![text(column)])).reduce(Expr::or);
        let Some(any) = any else { return Ok(()) };
        let mut update = delta.update().with_predicate(any).with_writer_properties(parquet_properties());
        for column in table.free_texts() {
            update = update.with_update(column, cleaned.call(vec![text(column)]));
        }
        update.await.map(|_| ()).map_err(|source| at(table, source))
    }

    /// Leaves the newest version of a table alone: files that it does not need, and log entries before it, are removed. The
    /// caller holds the lock; who reads an older version finds its files gone.
    ///
    /// # Errors
    /// [`StoreError::Delta`], [`StoreError::Io`]; then it may be done again.
    pub async fn drop_history(&self, table: &'static Table) -> Result<()> {
        let Some(delta) = self.open_delta(table).await? else { return Ok(()) };
        let Some(newest) = delta.version() else { return Ok(()) };
        checkpoints::create_checkpoint(&delta, None).await.map_err(|source| at(table, source))?;
        let folder = self.table_folder(table.name);
        let kept = needed(table, &delta)?;
        let is_data = |name: &str| name.ends_with(".parquet") && !kept.contains(name);
        // Of the newest version its commit stays: the number of the version is read from its name.
        let is_old = |name: &str| {
            let version = name.split('.').next().filter(|it| it.len() == 20).and_then(|it| it.parse::<u64>().ok());
            version.is_some_and(|version| version < newest)
        };
        remove(&folder, is_data)?;
        remove(&folder.join("_delta_log"), is_old)
    }

    /// How often erased words stand in columns that are left as they are, by table and column: names of things that the
    /// project itself names.
    ///
    /// # Errors
    /// [`StoreError`] when a table cannot be read.
    pub async fn left_over(&self, table: &'static Table, words: &ErasedWords) -> Result<Vec<(&'static str, usize)>> {
        let mut found = Vec::new();
        for column in table.texts().filter(|column| !table.free_texts().any(|free| free == *column)) {
            let holds = |batch: &RecordBatch| {
                let texts = batch.column(0).as_string::<i32>();
                texts.iter().flatten().filter(|text| words.clean(text).is_some()).count()
            };
            let count: usize = self.read(table, &[column]).await?.iter().map(holds).sum();
            if count > 0 {
                found.push((column, count));
            }
        }
        Ok(found)
    }

    /// Removes the clones of remote repositories: they hold the names of all who wrote their commits.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn remove_clones(&self) -> Result<()> {
        remove_whole(self.clones())
    }

    /// Removes what programs printed and no table has taken: it is as they said it, people and all. They are asked again.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn remove_spool(&self) -> Result<()> {
        remove_whole(self.spool())
    }
}

fn remove_whole(path: PathBuf) -> Result<()> {
    match std::fs::remove_dir_all(&path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(StoreError::Io { path, source }),
        _ => Ok(()),
    }
}

/// Names of the files that the newest version has.
fn needed(table: &'static Table, delta: &DeltaTable) -> Result<BTreeSet<String>> {
    let state = delta.snapshot().map_err(|source| at(table, source))?;
    let name = |path: String| path.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(state.log_data().iter().map(|file| name(file.object_store_path().to_string())).collect())
}

fn remove(folder: &Path, is_meant: impl Fn(&str) -> bool) -> Result<()> {
    let io = |source| StoreError::Io { path: folder.into(), source };
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        if entry.path().is_file() && is_meant(&entry.file_name().to_string_lossy()) {
            std::fs::remove_file(entry.path()).map_err(|source| StoreError::Io { path: entry.path(), source })?;
        }
    }
    durable::sync_folder(folder).map_err(io)
}

/// SQL function: whether a text holds an erased word. Words do not stand in the statement, so they are in no log either.
fn holds(words: &ErasedWords) -> ScalarUDF {
    let words = words.clone();
    let holds = move |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let texts = as_string_array(&arrays[0])?;
        let found = texts.iter().map(|text| Some(text.is_some_and(|text| words.clean(text).is_some())));
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::from_iter(found))))
    };
    create_udf("holds_erased", vec![DataType::Utf8], DataType::Boolean, Volatility::Immutable, Arc::new(holds))
}

/// SQL function: the text without erased words.
fn cleaned(words: &ErasedWords) -> ScalarUDF {
    let words = words.clone();
    let cleaned = move |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let texts = as_string_array(&arrays[0])?;
        Ok(ColumnarValue::Array(words.clean_array(texts).unwrap_or_else(|| Arc::clone(&arrays[0]))))
    };
    create_udf("without_erased", vec![DataType::Utf8], DataType::Utf8, Volatility::Immutable, Arc::new(cleaned))
}
