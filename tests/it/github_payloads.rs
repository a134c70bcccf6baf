//! What GitHub says and what becomes of it, against bodies and tables that others recorded.
//!
//! The recorded data are not part of the project: a test without them says so and passes.

mod delivery;
mod devlake;
pub mod difference;
mod octocrab;
mod quic;
mod saved;
pub mod table;
pub mod webhooks;

use paceline::collect::observation::{Observation, Values};
use paceline::model::{COMMON, Kind, Table, table};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Data beside the project; `None`, and a word about it, where they are not.
pub fn shared(path: &str) -> Option<PathBuf> {
    let elsewhere = std::env::var_os("PACELINE_SHARED_DATA").map(PathBuf::from);
    let folder = elsewhere.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"));
    let path = folder.join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not here", path.display());
    None
}

/// The output of a command; `None`, and a word about it, where it cannot be run.
pub fn output(command: &mut Command) -> Option<Vec<u8>> {
    let shown = format!("{command:?}");
    match command.output() {
        Ok(output) if output.status.success() => Some(output.stdout),
        Ok(output) => panic!("{shown}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            eprintln!("skipped: {shown}: {error}");
            None
        }
    }
}

pub fn rows<'a>(said: &'a [Observation], name: &str) -> Vec<&'a Values> {
    let row = |observation: &'a Observation| match observation {
        Observation::Row { table, values, .. } if table == name => Some(values),
        _ => None,
    };
    said.iter().filter_map(row).collect()
}

/// Fails unless the table could store every observation: known columns, right types, nothing required missing.
pub fn check(said: &[Observation]) {
    for observation in said {
        match observation {
            Observation::Row { table: name, values, .. } => {
                let table = typed(name, values);
                for column in table.columns.iter().filter(|column| column.required) {
                    assert!(values.contains_key(column.name), "{name}.{} is missing: {observation:?}", column.name);
                }
                assert!(values.contains_key("updated_at"), "no version: {observation:?}");
            }
            Observation::Gone { table: name, values } => {
                let table = typed(name, values);
                for key in table.key.iter().chain(&["updated_at"]) {
                    assert!(values.contains_key(*key), "{name}.{key} is missing: {observation:?}");
                }
            }
            Observation::Whole { table: name, within, keys } => {
                let table = typed(name, within);
                let (last, others) = table.key.split_last().unwrap();
                assert!(others.iter().all(|key| within.contains_key(*key)), "{observation:?}");
                assert!(keys.iter().all(|key| is_of(kind(table, last), key)), "{observation:?}");
            }
        }
    }
}

fn typed(name: &str, values: &Values) -> &'static Table {
    let table = table(name).unwrap_or_else(|| panic!("no table {name}"));
    for (column, value) in values {
        assert!(is_of(kind(table, column), value), "{name}.{column} is {value}");
    }
    table
}

fn kind(table: &Table, name: &str) -> Kind {
    let column = table.columns.iter().chain(COMMON).find(|column| column.name == name);
    column.unwrap_or_else(|| panic!("{} has no column {name}", table.name)).kind
}

fn is_of(kind: Kind, value: &Value) -> bool {
    match kind {
        Kind::Text => value.is_string(),
        Kind::Person => value["login"].is_string() || value["name"].is_string() || value["email"].is_string(),
        Kind::Bool => value.is_boolean(),
        Kind::Int => value.is_i64(),
        Kind::Float => value.is_number(),
        Kind::Time => value.as_str().is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok()),
    }
}
