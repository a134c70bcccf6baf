//! What the files of a pipeline are and which columns they have, before any of them is read.
//!
//! One rule: the columns that SQL sees are those of all files that are read together, so that no row depends on its neighbours.

use super::csv::Sheet;
use super::lines::{File, Shape};
use super::open;
use super::tables;
use crate::collect::content::Content;
use crate::collect::mapping::{FILE, JSON, LINE, Misfit, Sql};
use crate::project::{FileFormat, FilesPipeline};
use arrow::datatypes::{DataType, Field, FieldRef, Schema, SchemaRef};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Files to read, each of its kind in the order of the names.
#[derive(Clone, Debug, Default)]
pub(super) struct Survey {
    pub texts: Vec<File>,
    pub parquet: Vec<Content>,
    /// Files that cannot be read at all.
    pub misfits: Vec<Misfit>,
    columns: Vec<FieldRef>,
    /// Some are JSON, which may have any column.
    has_json: bool,
}

/// Looks at every file.
pub(super) fn survey(folder: &Path, keys: &FilesPipeline, files: &[Content]) -> Survey {
    let mut survey = Survey::default();
    for content in files {
        let looked = match format(keys, &content.name) {
            FileFormat::Ndjson => {
                survey.has_json = true;
                survey.text(keys, content, Shape::Json);
                Ok(())
            }
            FileFormat::Csv => sheet(folder, keys, content).map(|sheet| {
                survey.add(sheet.names.iter().map(|name| Arc::new(Field::new(name, DataType::Utf8, true))));
                survey.text(keys, content, Shape::Csv(Arc::new(sheet)));
            }),
            FileFormat::Parquet => tables::columns(&folder.join(&content.name)).map(|columns| {
                survey.add(columns.into_iter());
                survey.parquet.push(content.clone());
            }),
        };
        if let Err(reason) = looked {
            survey.misfits.push(Misfit::new(content.name.clone(), reason, b""));
        }
    }
    survey
}

impl Survey {
    fn text(&mut self, keys: &FilesPipeline, content: &Content, shape: Shape) {
        self.texts.push(File { content: content.clone(), shape, encoding: keys.encoding.clone() });
    }

    fn add(&mut self, columns: impl Iterator<Item = FieldRef>) {
        for column in columns {
            // Where a row is from is ours to say.
            let is_ours = [FILE, LINE].contains(&column.name().as_str());
            if !is_ours && !self.columns.iter().any(|known| known.name() == column.name()) {
                self.columns.push(column);
            }
        }
    }

    /// Whether nothing but JSON lines is read.
    pub fn is_json(&self) -> bool {
        self.columns.is_empty() && self.parquet.is_empty()
    }

    /// Every column that the statements may name.
    pub fn schema(&self, sqls: &[Sql]) -> SchemaRef {
        let text = |name: &str| Arc::new(Field::new(name, DataType::Utf8, true));
        let mut columns = self.columns.clone();
        if !self.texts.is_empty() {
            // Beside files of text a column can only be text.
            columns.iter_mut().for_each(|column| *column = text(column.name()));
        }
        if self.has_json {
            let names = sqls.iter().flat_map(|sql| &sql.names).map(String::as_str).chain([JSON]);
            for name in names.filter(|name| ![FILE, LINE].contains(name)) {
                if !columns.iter().any(|known| known.name() == name) {
                    columns.push(text(name));
                }
            }
        }
        let named: BTreeSet<&str> = sqls.iter().flat_map(|sql| &sql.names).map(String::as_str).collect();
        if named.contains(FILE) {
            columns.push(text(FILE));
        }
        if named.contains(LINE) {
            columns.push(Arc::new(Field::new(LINE, DataType::Int64, true)));
        }
        Arc::new(Schema::new(columns))
    }

    /// Of all columns those that the statements take.
    pub fn taken(&self, sqls: &[Sql]) -> SchemaRef {
        let schema = self.schema(sqls);
        if sqls.iter().any(|sql| sql.takes_all) {
            return schema;
        }
        let is_named = |field: &&FieldRef| sqls.iter().any(|sql| sql.names.contains(field.name()));
        Arc::new(Schema::new(schema.fields().iter().filter(is_named).cloned().collect::<Vec<_>>()))
    }
}

/// How a file is written, by the pipeline or else by its name.
fn format(keys: &FilesPipeline, name: &str) -> FileFormat {
    if let Some(format) = keys.format {
        return format;
    }
    let name = name.strip_suffix(".gz").unwrap_or(name).to_lowercase();
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("csv" | "tsv" | "psv") => FileFormat::Csv,
        Some("parquet") => FileFormat::Parquet,
        _ => FileFormat::Ndjson,
    }
}

fn sheet(folder: &Path, keys: &FilesPipeline, content: &Content) -> Result<Sheet, String> {
    let text = open::text(folder, content, keys.encoding.as_deref()).map_err(|error| error.to_string())?;
    Sheet::of(text, keys.delimiter, keys.columns.as_deref())
}
