//! Apache DevLake's recordings: bodies in CSV files, and the tables that its tests expect of them.

use crate::github_payloads::difference::{Sheet, ours, plain};
use crate::github_payloads::{check, output, rows, shared, table};
use paceline::collect::github::payload::parse;
use paceline::collect::observation::{Observation, Row, Values};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// One unpacked recording.
pub struct Recording {
    _folder: tempfile::TempDir,
    e2e: PathBuf,
    plugin: &'static str,
}

/// A row of a CSV file by column name.
pub type Line = BTreeMap<String, String>;

impl Recording {
    /// The recording of one of DevLake's plugins; `None` where it is not here.
    pub fn of(plugin: &'static str) -> Option<Recording> {
        let archive = shared(&format!("devlake-e2e/{plugin}-e2e.tar.xz"))?;
        let folder = tempfile::tempdir().unwrap();
        output(Command::new("tar").arg("-xJf").arg(archive).arg("-C").arg(folder.path()))?;
        let e2e = folder.path().join(format!("devlake-e2e/{plugin}/e2e"));
        Some(Recording { _folder: folder, e2e, plugin })
    }

    /// The recorded objects of one kind, with what was asked for.
    pub fn raw<T: DeserializeOwned>(&self, kind: &str) -> Vec<(T, Value)> {
        let path = self.e2e.join(format!("raw_tables/_raw_{}_api_{kind}.csv", self.plugin));
        let read = |row: &Line| {
            let object = parse(row["data"].as_bytes()).unwrap_or_else(|error| panic!("{kind} {}: {error}", row["id"]));
            (object, serde_json::from_str(&row["input"]).unwrap_or_default())
        };
        let found: Vec<(T, Value)> = table::read(&path).iter().map(read).collect();
        assert!(!found.is_empty(), "{kind}");
        found
    }

    /// A table of DevLake's own form of the vendor's objects.
    pub fn expected(&self, kind: &str) -> Vec<Line> {
        table::read(&self.e2e.join(format!("snapshot_tables/_tool_{}_{kind}.csv", self.plugin)))
    }
}

/// Rows as answers.
pub fn asked(rows: impl IntoIterator<Item = Row>) -> Vec<Observation> {
    rows.into_iter().map(Row::asked).collect()
}

/// Our rows by their key column, in DevLake's names: theirs, ours.
pub fn sheet(said: &[Observation], name: &str, key: &str, columns: &[(&'static str, &str)]) -> Sheet {
    check(said);
    let row = |values: &&Values| columns.iter().map(|(theirs, column)| (*theirs, ours(values.get(*column)))).collect();
    rows(said, name).iter().map(|values| (ours(values.get(key)), row(values))).collect()
}

/// Their rows by key column, as far as the columns are compared.
pub fn theirs(table: &[Line], key: &str, columns: &[(&'static str, &str)]) -> Sheet {
    let row = |row: &Line| columns.iter().map(|(name, _)| (*name, plain(&row[*name]))).collect();
    table.iter().map(|it| (it[key].clone(), row(it))).collect()
}

/// Replaces a column's values.
pub fn replace(sheet: &mut Sheet, column: &str, with: impl Fn(&str) -> String) {
    for row in sheet.values_mut() {
        if let Some(value) = row.get_mut(column) {
            *value = with(value);
        }
    }
}

/// 1 and 0 as words.
pub fn flag(text: &str) -> String {
    (text == "1").to_string()
}
