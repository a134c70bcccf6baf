//! Reading a Delta table: a schema and the snapshot's own list of files, scanned as plain Parquet.
//!
//! The provider is ours because Delta's own does not travel to Ballista, and because the folder also holds files that are
//! no longer, or not yet, part of the table. The schema is always the model's, since files of one table mix string types.

use super::{Result, Store, StoreError};
use crate::model::Table;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::Result as DataFusionResult;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{SessionContext, col, lit};
use deltalake::DeltaTable;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use std::sync::Arc;

/// One version of a stored table, ready to be registered in a DataFusion session.
#[derive(Clone, Debug)]
pub struct Snapshot {
    schema: SchemaRef,
    files: Vec<DataFile>,
    version: Option<u64>,
}

/// One Parquet file of the snapshot.
#[derive(Clone, Debug)]
struct DataFile {
    /// Path in the object store, from its root.
    path: String,
    bytes: u64,
    rows: Option<usize>,
}

impl Store {
    /// The newest version of a table; a table that was never written is empty.
    ///
    /// # Errors
    /// [`StoreError::Delta`] when the log cannot be read.
    pub async fn snapshot(&self, table: &'static Table) -> Result<Snapshot> {
        match self.open_delta(table).await? {
            Some(delta) => self.snapshot_of(table, &delta),
            None => Ok(Snapshot::never_written(table)),
        }
    }

    pub(super) fn snapshot_of(&self, table: &'static Table, delta: &DeltaTable) -> Result<Snapshot> {
        let state =
            delta.snapshot().map_err(|source| StoreError::Delta { table: table.name, source: Box::new(source) })?;
        let folder = object_store::path::Path::from_url_path(self.table_url(table)?.path());
        let folder = folder.map_err(|error| StoreError::Io {
            path: self.table_folder(table.name),
            source: std::io::Error::other(error),
        })?;
        let mut files: Vec<DataFile> = state
            .log_data()
            .iter()
            .map(|file| DataFile {
                path: format!("{folder}/{}", file.object_store_path()),
                bytes: file.size().unsigned_abs(),
                rows: file.num_records(),
            })
            .collect();
        // The log lists files in no promised order; ours must not depend on it.
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Snapshot { schema: table.schema(), files, version: delta.version() })
    }

    /// Columns of the newest version of a table, in no order.
    ///
    /// # Errors
    /// [`StoreError`] when the log or a file cannot be read.
    pub async fn read(&self, table: &'static Table, columns: &[&str]) -> Result<Vec<RecordBatch>> {
        let snapshot = self.snapshot(table).await?;
        let read =
            async { SessionContext::new().read_table(Arc::new(snapshot))?.select_columns(columns)?.collect().await };
        read.await.map_err(|source| StoreError::DataFusion { table: table.name, source: Box::new(source) })
    }

    /// Whether the newest version of a table has rows of a source.
    ///
    /// # Errors
    /// [`StoreError`] when the log or a file cannot be read.
    pub async fn has_rows_of(&self, table: &'static Table, source: &str) -> Result<bool> {
        let snapshot = self.snapshot(table).await?;
        let read = async {
            let rows = SessionContext::new().read_table(Arc::new(snapshot))?.select_columns(&["source"])?;
            rows.filter(col("source").eq(lit(source)))?.limit(0, Some(1))?.count().await
        };
        let found = read.await;
        Ok(found.map_err(|source| StoreError::DataFusion { table: table.name, source: Box::new(source) })? > 0)
    }

    /// The newest version number of each table, cheaply: the state of the whole store for a cache key.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn versions(&self) -> Result<Vec<(&'static str, u64)>> {
        let mut versions = Vec::new();
        for table in crate::model::TABLES {
            let log = self.table_folder(table.name).join("_delta_log");
            let Ok(entries) = std::fs::read_dir(&log) else { continue };
            let newest = entries
                .flatten()
                .filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".json")?.parse::<u64>().ok())
                .max();
            versions.extend(newest.map(|version| (table.name, version)));
        }
        Ok(versions)
    }
}

impl Snapshot {
    /// The Delta version, or `None` for a table that was never written.
    pub fn version(&self) -> Option<u64> {
        self.version
    }

    /// A table that has no version and no rows.
    pub fn never_written(table: &Table) -> Snapshot {
        Snapshot { schema: table.schema(), files: Vec::new(), version: None }
    }

    /// Whether every file is still there.
    pub(super) fn is_whole(&self) -> bool {
        let disk = LocalFileSystem::new();
        let place = |file: &DataFile| disk.path_to_filesystem(&Location::parse(&file.path).ok()?).ok();
        self.files.iter().all(|file| place(file).is_some_and(|path| path.is_file()))
    }

    /// The rows of files that this version has and the other has not.
    pub fn beside(&self, other: &Snapshot) -> Snapshot {
        let is_other = |file: &DataFile| other.files.iter().any(|it| it.path == file.path);
        let files = self.files.iter().filter(|file| !is_other(file)).cloned().collect();
        Snapshot { schema: self.schema.clone(), files, version: self.version }
    }

    /// Whether it has no files, and so no rows.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Rows, where every file's statistics say how many it has.
    pub fn rows(&self) -> Option<usize> {
        self.files.iter().map(|file| file.rows).sum()
    }

    fn groups(&self, partitions: usize) -> Vec<FileGroup> {
        let count = partitions.clamp(1, self.files.len().max(1));
        let mut groups = vec![Vec::new(); count];
        for (index, file) in self.files.iter().enumerate() {
            let mut part = PartitionedFile::new(file.path.clone(), file.bytes);
            part.statistics = Some(Arc::new(self.statistics_of(file.rows)));
            groups[index % count].push(part);
        }
        groups.into_iter().map(FileGroup::new).collect()
    }

    fn statistics_of(&self, rows: Option<usize>) -> Statistics {
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = rows.map_or(Precision::Absent, Precision::Exact);
        statistics
    }
}

#[async_trait]
impl TableProvider for Snapshot {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(self.statistics_of(self.rows()))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> DataFusionResult<Vec<TableProviderFilterPushDown>> {
        // Row groups are skipped by their statistics; what remains is filtered again above the scan.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> DataFusionResult<Arc<dyn ExecutionPlan>> {
        let mut source = ParquetSource::new(self.schema.clone());
        if let Some(filter) = conjunction(filters.to_vec()) {
            let schema = DFSchema::try_from(self.schema.clone())?;
            source = source.with_predicate(session.create_physical_expr(filter, &schema)?);
        }
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_groups(self.groups(session.config().target_partitions()))
            .with_statistics(self.statistics_of(self.rows()))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}
