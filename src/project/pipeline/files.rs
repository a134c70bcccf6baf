//! `type = "files"`: which files, how they are written, and what becomes of their rows.

use super::super::diagnostic::Diagnostic;
use super::super::files::Content;
use super::super::toml_text;
use super::Every;
use super::mapping::{Mappings, Target, target};
use serde::Deserialize;
use std::ops::Range;
use toml::{Spanned, Value};

/// One pipeline of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesPipeline {
    /// Glob of the files, relative to the project folder.
    pub path: String,
    pub target: Target,
    /// How the files are written, where their names do not say it.
    pub format: Option<FileFormat>,
    /// What stands between two fields of a CSV file, where its first line does not show it.
    pub delimiter: Option<u8>,
    /// The columns of CSV files without a header.
    pub columns: Option<Vec<String>>,
    /// How text is encoded where it is not UTF-8, by a label of the WHATWG's Encoding Standard
    /// (<https://encoding.spec.whatwg.org/#names-and-labels>).
    pub encoding: Option<String>,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// Values between commas or another sign, RFC 4180.
    Csv,
    /// One JSON object a line.
    Ndjson,
    Parquet,
}

impl FilesPipeline {
    /// Files of JSON lines.
    pub fn of_lines(path: String, target: Target) -> FilesPipeline {
        FilesPipeline { path, target, format: Some(FileFormat::Ndjson), delimiter: None, columns: None, encoding: None }
    }
}

impl FilesPipeline {
    /// Whether files may have columns that are no text.
    pub fn may_be_typed(&self) -> bool {
        match self.format {
            Some(format) => format == FileFormat::Parquet,
            None => self.path.contains("parquet"),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(rename = "type")]
    kind: Spanned<String>,
    path: Spanned<String>,
    table: Option<Spanned<String>>,
    map: Option<Spanned<Value>>,
    format: Option<FileFormat>,
    delimiter: Option<Spanned<String>>,
    columns: Option<Spanned<Vec<String>>>,
    encoding: Option<Spanned<String>>,
    every: Option<Every>,
}

pub(super) fn parse(
    content: &Content,
    whole: Range<usize>,
    mappings: &Mappings,
) -> Result<(FilesPipeline, Option<Every>), Diagnostic> {
    let keys: Keys = toml_text::parse(content, whole)?;
    let path = keys.path.get_ref().clone();
    if let Err(error) = glob::Pattern::new(&path) {
        return Err(content.diagnostic(keys.path.span(), format!("not a glob: {}", error.msg), None));
    }
    let delimiter = match &keys.delimiter {
        None => None,
        Some(text) => match text.get_ref().as_bytes() {
            [sign] if !b"\"\r\n".contains(sign) && sign.is_ascii() => Some(*sign),
            _ => return Err(content.diagnostic(text.span(), "not one sign such as ;".to_owned(), None)),
        },
    };
    if let Some(columns) = &keys.columns {
        let names = columns.get_ref();
        if let Some((_, twice)) = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name)) {
            return Err(content.diagnostic(columns.span(), format!("has {twice} twice"), None));
        }
    }
    if let Some(label) = &keys.encoding
        && encoding_rs::Encoding::for_label(label.get_ref().as_bytes()).is_none()
    {
        let message = format!("unknown encoding {}; write one such as windows-1252 or utf-16le", label.get_ref());
        return Err(content.diagnostic(label.span(), message, None));
    }
    let target = target(content, keys.kind.span(), keys.table, keys.map, mappings)?;
    let encoding = keys.encoding.map(Spanned::into_inner);
    let columns = keys.columns.map(Spanned::into_inner);
    let pipeline = FilesPipeline { path, target, format: keys.format, delimiter, columns, encoding };
    Ok((pipeline, keys.every))
}
