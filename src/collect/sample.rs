//! What a pipeline would bring, shown before anything is stored.
//!
//! One rule: nothing is written and nothing is locked; people are shown as they are written, since they are put away only when
//! rows are stored.

use super::mapping::Misfit;
use super::rows::given;
use super::{CollectError, Result, command, files, singer};
use crate::model::Table;
use crate::project::{Pipeline, PipelineKind};
use crate::store::StoreError;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Field, Schema};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// Things put aside that are shown.
const SHOWN: usize = 20;

/// Some rows of each table.
#[derive(Default)]
pub struct Sample {
    tables: BTreeMap<&'static str, Vec<RecordBatch>>,
    /// What would be put aside, as `place: reason`; the first of them.
    pub aside: Vec<String>,
    /// All that would be put aside of what was read.
    pub aside_count: usize,
}

/// The first rows that a pipeline would bring to each table.
///
/// # Errors
/// [`CollectError`]; also where the pipeline has no mapping to show.
pub async fn sample(pipeline: &Pipeline, folder: &Path, rows: usize) -> Result<Sample> {
    let mut sample = Sample::default();
    match &pipeline.kind {
        PipelineKind::Command(keys) => command::sample(keys, folder, rows, &mut sample).await?,
        PipelineKind::Files(keys) => files::sample(keys, folder, rows, &mut sample).await?,
        PipelineKind::Singer(keys) => singer::sample(keys, folder, rows, &mut sample).await?,
        _ => {
            let message = "--sample is for pipelines of type files, command and singer".to_owned();
            return Err(CollectError::Source { path: pipeline.name.clone().into(), message });
        }
    }
    Ok(sample)
}

impl Sample {
    /// Rows by table; of columns those that some row has.
    ///
    /// # Errors
    /// [`StoreError::Arrow`] in a build whose tests fail.
    pub fn tables(&self) -> Result<Vec<(&'static str, RecordBatch)>> {
        let mut found = Vec::new();
        for (table, batches) in &self.tables {
            let wrong = |source| CollectError::Store(StoreError::Arrow { table, source });
            let Some(first) = batches.first() else { continue };
            let all = concat_batches(&first.schema(), batches).map_err(wrong)?;
            let has_some = |column: &usize| all.column(*column).null_count() < all.num_rows();
            let shown: Vec<usize> = (0..all.num_columns()).filter(has_some).collect();
            found.push((*table, all.project(&shown).map_err(wrong)?));
        }
        Ok(found)
    }

    pub(super) fn put_aside(&mut self, misfits: Vec<Misfit>) {
        self.aside_count += misfits.len();
        let room = SHOWN.saturating_sub(self.aside.len());
        self.aside.extend(misfits.into_iter().take(room).map(|it| format!("{}: {}", it.place, it.reason)));
    }

    pub(super) fn rows_of(&self, table: &Table) -> usize {
        self.tables.get(table.name).into_iter().flatten().map(RecordBatch::num_rows).sum()
    }

    /// Adds rows until there are as many as were asked for.
    pub(super) fn add(&mut self, table: &'static Table, columns: Vec<ArrayRef>, most: usize) -> Result<()> {
        let room = most.saturating_sub(self.rows_of(table));
        let fields: Vec<Field> = given(table).map(|it| Field::new(it.name, it.kind.arrow(), true)).collect();
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns);
        let batch = batch.map_err(|source| StoreError::Arrow { table: table.name, source })?;
        self.tables.entry(table.name).or_default().push(batch.slice(0, batch.num_rows().min(room)));
        Ok(())
    }
}
