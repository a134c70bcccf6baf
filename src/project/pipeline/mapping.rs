//! `map = …`: which SQL files make rows of which tables.
//!
//! One rule: a mapping is content like any other. A user's file takes the place of the embedded one with the same path.

use super::super::diagnostic::{Diagnostic, closest};
use super::super::files::Content;
use crate::model;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::{Spanned, Value};

/// Folder of the ready mappings.
const READY: &str = "pipelines/mappings/";

/// One SQL file whose result is rows of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Name of the table; there is one of that name.
    pub table: String,
    pub sql: Content,
}

/// Every mapping that is there, by its path from the project folder.
pub type Mappings = BTreeMap<String, Content>;

/// Where the rows of a pipeline go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// What is read has the columns of this table.
    Table(String),
    /// SQL makes rows of it.
    Map(Vec<Mapping>),
}

/// Reads `table = "…"` or `map = …`, of which there must be one.
pub(super) fn target(
    content: &Content,
    kind: Range<usize>,
    table: Option<Spanned<String>>,
    map: Option<Spanned<Value>>,
    mappings: &Mappings,
) -> Result<Target, Diagnostic> {
    match (table, map) {
        (Some(table), None) => {
            known_table(content, table.span(), table.get_ref())?;
            Ok(Target::Table(table.into_inner()))
        }
        (None, Some(map)) => Ok(Target::Map(read(content, &map, mappings)?)),
        (Some(table), Some(_)) => {
            Err(content.diagnostic(table.span(), "takes table or map, not both".to_owned(), None))
        }
        (None, None) => {
            let message = "needs table = \"…\" or map = { TABLE = \"FILE.sql\" }";
            Err(content.diagnostic(kind, message.to_owned(), None))
        }
    }
}

/// The mappings that `map` names: a ready set, or files by table.
pub(super) fn read(content: &Content, map: &Spanned<Value>, mappings: &Mappings) -> Result<Vec<Mapping>, Diagnostic> {
    let wrong = |message: String, meant| content.diagnostic(map.span(), message, meant);
    match map.get_ref() {
        Value::String(name) => ready(name, mappings).map_err(|(message, meant)| wrong(message, meant)),
        Value::Table(tables) => {
            let mut found = Vec::new();
            for (table, files) in tables {
                known_table(content, map.span(), table)?;
                for file in texts(files).ok_or_else(|| wrong(format!("{table} names no SQL file"), None))? {
                    let sql = find(file, mappings).map_err(|(message, meant)| wrong(message, meant))?;
                    found.push(Mapping { table: table.clone(), sql: sql.clone() });
                }
            }
            if found.is_empty() {
                return Err(wrong("names no table".to_owned(), None));
            }
            found.sort_by(|a, b| (&a.table, &a.sql.file).cmp(&(&b.table, &b.sql.file)));
            Ok(found)
        }
        _ => Err(wrong("is neither the name of a ready mapping nor { TABLE = \"FILE.sql\" }".to_owned(), None)),
    }
}

/// One text, or several.
fn texts(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(all) => all.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// Every file of a ready mapping. Their names begin with their tables'.
fn ready(name: &str, mappings: &Mappings) -> Result<Vec<Mapping>, (String, Option<String>)> {
    let folder = format!("{READY}{}/", name.trim_end_matches('/'));
    let mut found = Vec::new();
    for (path, sql) in mappings {
        let Some(file) = path.strip_prefix(&folder) else { continue };
        let table = file.split('.').next().unwrap_or(file);
        if model::table(table).is_none() {
            return Err((format!("{path}: a file of a ready mapping is named after its table; {table} is none"), None));
        }
        found.push(Mapping { table: table.to_owned(), sql: sql.clone() });
    }
    if !found.is_empty() {
        return Ok(found);
    }
    let mut names: Vec<&str> =
        mappings.keys().filter_map(|path| path.strip_prefix(READY)?.rsplit_once('/').map(|(name, _)| name)).collect();
    names.dedup();
    let (meant, mut message) = (closest(name, &names), format!("unknown mapping {name}"));
    if meant.is_none() {
        message = format!("{message}; ready ones are {}", names.join(", "));
    }
    Err((message, meant))
}

/// A file by its path from `pipelines/`, or one of a ready mapping.
fn find<'a>(file: &str, mappings: &'a Mappings) -> Result<&'a Content, (String, Option<String>)> {
    let own = format!("pipelines/{file}");
    let found = mappings.get(&own).or_else(|| mappings.get(&format!("{READY}{file}.sql")));
    found.ok_or_else(|| {
        let names: Vec<&str> = mappings.keys().filter_map(|path| path.strip_prefix("pipelines/")).collect();
        (format!("there is no file {own}"), closest(file, &names))
    })
}

fn known_table(content: &Content, at: Range<usize>, table: &str) -> Result<(), Diagnostic> {
    if model::table(table).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = model::TABLES.iter().map(|table| table.name).collect();
    let (meant, mut message) = (closest(table, &names), format!("unknown table {table}"));
    if meant.is_none() {
        message = format!("{message}; expected one of {}", names.join(", "));
    }
    Err(content.diagnostic(at, message, meant))
}
