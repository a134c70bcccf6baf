//! `type = "files"`: which files, and which table their lines are rows of.

use super::super::diagnostic::{Diagnostic, closest};
use super::super::files::Content;
use super::super::toml_text;
use super::Every;
use crate::model;
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// One pipeline of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesPipeline {
    /// Glob of the files, relative to the project folder.
    pub path: String,
    /// Name of the table that each line is a row of; there is one of that name.
    pub table: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(rename = "type")]
    _kind: String,
    path: Spanned<String>,
    table: Spanned<String>,
    every: Option<Every>,
}

pub(super) fn parse(content: &Content, whole: Range<usize>) -> Result<(FilesPipeline, Option<Every>), Diagnostic> {
    let keys: Keys = toml_text::parse(content, whole)?;
    let (path, table) = (keys.path.get_ref().clone(), keys.table.get_ref().clone());
    if let Err(error) = glob::Pattern::new(&path) {
        return Err(content.diagnostic(keys.path.span(), format!("not a glob: {}", error.msg), None));
    }
    if model::table(&table).is_none() {
        let names: Vec<&str> = model::TABLES.iter().map(|table| table.name).collect();
        let (meant, mut message) = (closest(&table, &names), format!("unknown table {table}"));
        if meant.is_none() {
            message = format!("{message}; expected one of {}", names.join(", "));
        }
        return Err(content.diagnostic(keys.table.span(), message, meant));
    }
    Ok((FilesPipeline { path, table }, keys.every))
}
