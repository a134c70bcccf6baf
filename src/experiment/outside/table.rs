//! A CSV file as texts.

use super::{OutsideError, Result};
use std::path::Path;

/// What people write for a value that is not known.
const UNKNOWN: [&str; 4] = ["", "NA", "N/A", "null"];

/// A table of texts with a header. Fields are separated by commas, or by the semicolons or tabs of a header that has more of them.
#[derive(Clone, Debug)]
pub struct OutcomeTable {
    /// As people named it.
    pub file: String,
    /// BLAKE3 of its bytes.
    pub hash: String,
    names: Vec<String>,
    rows: Vec<csv::StringRecord>,
    /// The line of each row in the file, from 1.
    lines: Vec<u64>,
}

impl OutcomeTable {
    /// Reads a file.
    ///
    /// # Errors
    /// [`OutsideError::Unreadable`], and those of [`OutcomeTable::parse`].
    pub fn read(path: &Path) -> Result<OutcomeTable> {
        let file = path.to_string_lossy().replace('\\', "/");
        let bytes = std::fs::read(path)
            .map_err(|error| OutsideError::Unreadable { file: file.clone(), source: error.into() })?;
        OutcomeTable::parse(&file, &bytes)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// [`OutsideError::Unreadable`] for lines of another number of fields and for what is not UTF-8, [`OutsideError::Table`] without
    /// rows and for a column that is there twice.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<OutcomeTable> {
        let unreadable = |source| OutsideError::Unreadable { file: file.to_owned(), source };
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter(text)).trim(csv::Trim::All).from_reader(text);
        let names: Vec<String> = reader.headers().map_err(unreadable)?.iter().map(str::to_owned).collect();
        let (mut rows, mut lines) = (Vec::new(), Vec::new());
        for record in reader.records() {
            let record = record.map_err(unreadable)?;
            lines.push(record.position().map_or(0, csv::Position::line));
            rows.push(record);
        }
        let table =
            OutcomeTable { file: file.to_owned(), hash: blake3::hash(bytes).to_hex().to_string(), names, rows, lines };
        if table.rows.is_empty() {
            return Err(table.problem("it has no rows"));
        }
        let twice = table.names.iter().enumerate().find(|(index, name)| table.names[..*index].contains(name));
        match twice {
            Some((_, name)) => Err(table.problem(format!("it has two columns {name}"))),
            None => Ok(table),
        }
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A column of texts, `None` where the value is not known. Empty for a column that is not there.
    pub(super) fn column(&self, name: &str) -> Vec<Option<&str>> {
        let Some(column) = self.names.iter().position(|it| it == name) else { return Vec::new() };
        self.rows.iter().map(|row| Some(&row[column]).filter(|it| !UNKNOWN.contains(it))).collect()
    }

    pub(super) fn line(&self, row: usize) -> u64 {
        self.lines[row]
    }

    pub(super) fn problem(&self, problem: impl Into<String>) -> OutsideError {
        OutsideError::Table { file: self.file.clone(), problem: problem.into() }
    }

    pub(super) fn problem_at(&self, row: usize, problem: impl Into<String>) -> OutsideError {
        OutsideError::Line { file: self.file.clone(), line: self.lines[row], problem: problem.into() }
    }
}

/// What separates the fields of the header.
fn delimiter(text: &[u8]) -> u8 {
    let header = text.split(|it| *it == b'\n').next().unwrap_or_default();
    let count = |it: u8| header.iter().filter(|other| **other == it).count();
    // The first of several that are there as often.
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|it| count(*it)).unwrap_or(b',')
}
