//! JSON lines of one kind as rows, for whoever is told them and does not find them in files of its own.

use super::Rows;
use super::decode::{Decoded, Mapping, Reads, decode, pieces, text};
use super::lines::{File, Lines, Shape};
use super::plan::CHUNK_BYTES;
use super::reader::Reading;
use crate::collect::Result;
use crate::collect::content::Content;
use crate::collect::mapping::{Misfit, Sql};
use crate::model::Table;
use crate::project::Diagnostic;
use arrow::array::ArrayRef;
use arrow::datatypes::{FieldRef, Schema};
use std::path::Path;
use std::sync::Arc;

/// The columns that a source gives, by target.
type Targets = Vec<Vec<Vec<ArrayRef>>>;

/// Makes rows of lines.
pub(in crate::collect) struct RowReader(Mapping);

/// Statements over the same lines, with the tables that they make rows of, in the order of the targets.
///
/// # Errors
/// What is wrong with a statement, at its place.
pub(in crate::collect) async fn row_reader(sqls: &[Sql]) -> Result<(RowReader, Vec<&'static Table>), Diagnostic> {
    let mut fields: Vec<FieldRef> = Vec::new();
    for field in sqls.iter().flat_map(|sql| sql.json_schema().fields().iter().cloned().collect::<Vec<_>>()) {
        let is_named = sqls.iter().any(|sql| sql.names.contains(field.name()));
        if is_named && !fields.iter().any(|known| known.name() == field.name()) {
            fields.push(field);
        }
    }
    let rows = Rows::Mapped(sqls.to_vec(), Arc::new(Schema::new(fields)));
    match rows.plan().await? {
        Reading::Mapped(mapping) => Ok((RowReader(mapping), rows.tables())),
        _ => Ok((RowReader(Mapping { schema: rows.schema(), maps: Vec::new() }), rows.tables())),
    }
}

/// Lines of one file, a chunk at a time.
pub(in crate::collect) struct Chunks<'r> {
    mapping: &'r Mapping,
    lines: Lines,
}

impl RowReader {
    /// The rows of some lines.
    pub fn text(&self, file: &str, lines: &[u8]) -> (Targets, Vec<Misfit>) {
        let mut decoded = Decoded::default();
        self.0.piece(&text(file, &Shape::Json, lines), &mut decoded);
        (decoded.targets, decoded.misfits)
    }

    /// The rows of a file's lines.
    ///
    /// # Errors
    /// [`crate::collect::CollectError::Source`] when it cannot be read.
    pub fn chunks(&self, folder: &Path, path: &Path) -> Result<Chunks<'_>> {
        let file = File { content: Content::of(folder, path)?, shape: Shape::Json, encoding: None };
        Ok(Chunks { mapping: &self.0, lines: Lines::new(folder, vec![file], CHUNK_BYTES) })
    }
}

impl Chunks<'_> {
    /// The next rows; `None` at the end.
    pub fn next(&mut self) -> Result<Option<(Targets, Vec<Misfit>)>> {
        let parts = self.lines.chunk()?;
        let mut misfits = self.lines.take_misfits();
        if parts.is_empty() && misfits.is_empty() {
            return Ok(None);
        }
        let pieces: Vec<_> = parts.iter().flat_map(pieces).collect();
        let decoded = decode(self.mapping, &pieces)?;
        misfits.extend(decoded.misfits);
        Ok(Some((decoded.targets, misfits)))
    }
}
