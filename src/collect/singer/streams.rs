//! Which statements make rows of which stream.

use crate::collect::files::{RowReader, row_reader};
use crate::collect::mapping::{Sql, stream};
use crate::model::Table;
use crate::project::{self, Diagnostic, closest};
use std::collections::BTreeMap;

/// Every stream that some statement reads.
pub(super) struct Streams {
    by_name: BTreeMap<String, Stream>,
    /// Stands for all statements.
    pub hash: String,
}

/// One stream.
pub(super) struct Stream {
    pub reader: RowReader,
    pub tables: Vec<&'static Table>,
    sqls: Vec<Sql>,
}

impl Streams {
    /// Plans every statement.
    ///
    /// # Errors
    /// What is wrong with one, at its place.
    pub async fn of(mappings: &[project::Mapping]) -> Result<Streams, Diagnostic> {
        let mut sqls: BTreeMap<String, Vec<Sql>> = BTreeMap::new();
        for mapping in mappings {
            let sql = Sql::parse(mapping)?;
            let name = stream(&sql).await?;
            sqls.entry(name).or_default().push(sql);
        }
        let mut by_name = BTreeMap::new();
        for (name, sqls) in sqls {
            let (reader, tables) = row_reader(&sqls).await?;
            by_name.insert(name, Stream { reader, tables, sqls });
        }
        let texts: Vec<(&str, &str)> = mappings.iter().map(|it| (it.table.as_str(), it.sql.text.as_str())).collect();
        let hash = blake3::hash(format!("{texts:?}").as_bytes()).to_hex().to_string();
        Ok(Streams { by_name, hash })
    }

    pub fn get(&self, name: &str) -> Option<&Stream> {
        self.by_name.get(name)
    }

    /// Every table that gets rows, as often as a stream makes rows of it.
    pub fn tables(&self) -> impl Iterator<Item = &'static Table> {
        self.by_name.values().flat_map(|stream| stream.tables.iter().copied())
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

impl Stream {
    /// One line for each column that a statement reads and the stream does not have.
    pub fn missing(&self, name: &str, properties: &[String]) -> Vec<String> {
        let known: Vec<&str> = properties.iter().map(String::as_str).collect();
        let mut found = Vec::new();
        for sql in &self.sqls {
            for column in sql.columns().filter(|column| !known.contains(column)) {
                let meant = closest(column, &known).map(|meant| format!("; did you mean {meant}?"));
                let file = &sql.content.file;
                found.push(format!("{file}: stream {name} has no {column}, it is NULL{}", meant.unwrap_or_default()));
            }
        }
        found
    }
}
