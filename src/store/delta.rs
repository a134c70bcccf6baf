//! Writing Delta tables: append, replace a part, upsert by key, each at most once per mark.

use super::durable::{Durable, create_folder};
use super::{Result, Store, StoreError};
use crate::model::{Kind, Table};
use arrow::array::RecordBatch;
use datafusion::prelude::{Expr, SessionContext, col, concat, contains, lit, replace, starts_with, substr};
use deltalake::kernel::transaction::CommitProperties;
use deltalake::kernel::{DataType, PrimitiveType, StructField, Transaction};
use deltalake::parquet::basic::{Compression, ZstdLevel};
use deltalake::parquet::file::properties::WriterProperties;
use deltalake::protocol::SaveMode;
use deltalake::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use std::sync::Arc;

/// How rows join a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Rows that were never there.
    Append,
    /// All rows in which this text column has this value are exchanged for the new ones.
    Replace { column: &'static str, value: String },
    /// Rows replace those with the same source and key that are older by `updated_at`, or of the same moment where
    /// [`OVERWRITES`] says so. That Boolean column follows the table's own.
    Upsert,
}

/// The column of an upsert that says whether its row overwrites one of the same moment.
pub const OVERWRITES: &str = "overwrites";

/// The application transaction that makes a write happen once: who writes, and which of its plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub application: String,
    pub version: i64,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Written,
    /// The table had reached the mark before.
    AlreadyThere,
}

impl Store {
    /// Brings rows into a table in one Delta transaction together with the mark.
    ///
    /// The caller holds the folder's [`super::Lock`]: Delta itself does not refuse a repeated application transaction.
    /// Batches have the table's schema and, for an upsert, at most one row a key.
    ///
    /// # Errors
    /// [`StoreError::Delta`] when Delta or the disk refuses; then nothing of this write is visible.
    pub async fn commit(
        &self,
        table: &'static Table,
        change: &Change,
        mark: &Mark,
        mut batches: Vec<RecordBatch>,
    ) -> Result<Outcome> {
        let delta = self.open_or_create(table).await?;
        if reached(table, &delta, mark).await? {
            return Ok(Outcome::AlreadyThere);
        }
        let transaction = Transaction::new(&mark.application, mark.version);
        let properties = CommitProperties::default().with_application_transaction(transaction);
        let replaces = *change == Change::Upsert && !batches.is_empty() && holds_rows(&delta);
        if !replaces {
            let own: Vec<usize> = (0..table.all_columns().count()).collect();
            let without_order = batches.iter().map(|batch| batch.project(&own)).collect::<Result<_, _>>();
            batches = without_order.map_err(|source| StoreError::Arrow { table: table.name, source })?;
        }
        if batches.is_empty() {
            // The mark is left also where there is nothing to write, and Delta wants to see a schema.
            batches.push(RecordBatch::new_empty(table.schema()));
        }
        let written = match change {
            Change::Upsert if replaces => upsert(table, delta, batches, properties).await,
            Change::Append | Change::Upsert => write(delta, batches, properties, None).await,
            Change::Replace { column, value } => write(delta, batches, properties, Some((column, value))).await,
        };
        written.map_err(|source| at(table, source))?;
        Ok(Outcome::Written)
    }

    /// Whether a table has taken the rows of this mark or a later one.
    ///
    /// # Errors
    /// [`StoreError::Delta`].
    pub async fn has(&self, table: &'static Table, mark: &Mark) -> Result<bool> {
        match self.open_delta(table).await? {
            Some(delta) => reached(table, &delta, mark).await,
            None => Ok(false),
        }
    }

    /// Gives a text column another value in the rows of a source that have this one. To do so again changes nothing, so it
    /// needs no mark.
    ///
    /// # Errors
    /// [`StoreError::Delta`].
    pub async fn rename(&self, table: &'static Table, source: &str, column: &str, from: &str, to: &str) -> Result<()> {
        self.update(table, source, column, col(column).eq(lit(from)), lit(to)).await
    }

    /// Gives a text column another beginning in the rows of a source in which it begins with this one. To do so again changes
    /// nothing, as long as what begins with the one does not begin with the other, so it needs no mark.
    ///
    /// # Errors
    /// [`StoreError::Delta`].
    pub async fn rename_beginning(
        &self,
        table: &'static Table,
        source: &str,
        column: &str,
        from: &str,
        to: &str,
    ) -> Result<()> {
        // SQL counts characters, from 1.
        let after = i64::try_from(from.chars().count() + 1).unwrap_or(i64::MAX);
        let renamed = concat(vec![lit(to), substr(col(column), lit(after))]);
        self.update(table, source, column, starts_with(col(column), lit(from)), renamed).await
    }

    /// Gives a part of a text column another form in the rows of a source that have this part. To do so again changes nothing,
    /// as long as the one is no part of the other, so it needs no mark.
    ///
    /// # Errors
    /// [`StoreError::Delta`].
    pub async fn rename_part(
        &self,
        table: &'static Table,
        source: &str,
        column: &str,
        from: &str,
        to: &str,
    ) -> Result<()> {
        let renamed = replace(col(column), lit(from), lit(to));
        self.update(table, source, column, contains(col(column), lit(from)), renamed).await
    }

    async fn update(&self, table: &'static Table, source: &str, column: &str, which: Expr, value: Expr) -> Result<()> {
        let Some(delta) = self.open_delta(table).await? else { return Ok(()) };
        let update = delta
            .update()
            .with_predicate(col("source").eq(lit(source)).and(which))
            .with_update(column, value)
            .with_writer_properties(parquet_properties());
        update.await.map(|_| ()).map_err(|source| at(table, source))
    }

    pub(super) async fn open_delta(&self, table: &'static Table) -> Result<Option<DeltaTable>> {
        let folder = self.table_folder(table.name);
        if !folder.join("_delta_log").is_dir() {
            return Ok(None);
        }
        let mut delta = self.unopened(table)?;
        match delta.load().await {
            Ok(()) => Ok(Some(delta)),
            // A crash before the first commit leaves a folder without a table.
            Err(DeltaTableError::NotATable(_)) => Ok(None),
            Err(source) => Err(at(table, source)),
        }
    }

    /// The table on files that are written durably. Whatever Delta writes goes through it: data, commits, checkpoints.
    pub(super) fn unopened(&self, table: &'static Table) -> Result<DeltaTable> {
        let url = self.table_url(table)?;
        let builder = DeltaTableBuilder::from_url(url.clone()).map_err(|source| at(table, source))?;
        let builder = builder.with_storage_backend(Arc::new(Durable::default()), url);
        builder.build().map_err(|source| at(table, source))
    }

    pub(super) fn table_url(&self, table: &'static Table) -> Result<url::Url> {
        let folder = self.table_folder(table.name);
        url::Url::from_directory_path(&folder).map_err(|()| StoreError::Io {
            path: folder,
            source: std::io::Error::other("the path has no URL form; name an absolute folder with --data"),
        })
    }

    async fn open_or_create(&self, table: &'static Table) -> Result<DeltaTable> {
        if let Some(delta) = self.open_delta(table).await? {
            return Ok(delta);
        }
        let folder = self.table_folder(table.name);
        create_folder(&folder).map_err(|source| StoreError::Io { path: folder, source })?;
        let columns = table.all_columns().map(|column| StructField::nullable(column.name, delta_type(column.kind)));
        self.unopened(table)?
            .create()
            .with_table_name(table.name)
            .with_comment(table.about)
            .with_columns(columns)
            .with_configuration([("delta.dataSkippingStatsColumns", Some(statistics_columns(table)))])
            .await
            .map_err(|source| at(table, source))
    }
}

/// Statistics are kept for numbers, times and the repository: free text in the log's minima and maxima would outlive an
/// erasure.
fn statistics_columns(table: &Table) -> String {
    let kept = |kind, name| !matches!(kind, Kind::Text | Kind::Person) || name == "repository";
    let names: Vec<&str> =
        table.all_columns().filter(|column| kept(column.kind, column.name)).map(|column| column.name).collect();
    names.join(",")
}

fn delta_type(kind: Kind) -> DataType {
    DataType::Primitive(match kind {
        Kind::Text | Kind::Person => PrimitiveType::String,
        Kind::Bool => PrimitiveType::Boolean,
        Kind::Int => PrimitiveType::Long,
        Kind::Float => PrimitiveType::Double,
        Kind::Time => PrimitiveType::Timestamp,
    })
}

fn holds_rows(delta: &DeltaTable) -> bool {
    delta.snapshot().is_ok_and(|snapshot| snapshot.log_data().iter().next().is_some())
}

async fn reached(table: &'static Table, delta: &DeltaTable, mark: &Mark) -> Result<bool> {
    let read = async { delta.snapshot()?.transaction_version(delta.log_store().as_ref(), &mark.application).await };
    let version: Option<i64> = read.await.map_err(|source| at(table, source))?;
    Ok(version.is_some_and(|version| version >= mark.version))
}

async fn write(
    delta: DeltaTable,
    batches: Vec<RecordBatch>,
    properties: CommitProperties,
    replaced: Option<(&str, &str)>,
) -> Result<DeltaTable, DeltaTableError> {
    let write = delta.write(batches).with_commit_properties(properties).with_writer_properties(parquet_properties());
    match replaced {
        None => write.with_save_mode(SaveMode::Append).await,
        Some((column, value)) => {
            write.with_save_mode(SaveMode::Overwrite).with_replace_where(col(column).eq(lit(value))).await
        }
    }
}

async fn upsert(
    table: &'static Table,
    delta: DeltaTable,
    batches: Vec<RecordBatch>,
    properties: CommitProperties,
) -> Result<DeltaTable, DeltaTableError> {
    let column = |side: &str, name: &str| col(format!("{side}.{name}"));
    let same = |name: &str| column("target", name).eq(column("source", name));
    let same_key = table.key.iter().map(|name| same(name)).fold(same("source"), |all, one| all.and(one));
    let (stored, new) = (column("target", "updated_at"), column("source", "updated_at"));
    let overwrites = new.clone().eq(stored.clone()).or(stored.clone().is_null()).and(column("source", OVERWRITES));
    let is_newer = stored.clone().is_null().and(new.clone().is_not_null()).or(new.gt(stored)).or(overwrites);
    let source = SessionContext::new().read_batches(batches)?;
    let (delta, _) = delta
        .merge(source, same_key)
        .with_source_alias("source")
        .with_target_alias("target")
        .with_commit_properties(properties)
        .with_writer_properties(parquet_properties())
        .when_matched_update(|update| {
            // The first time a row was seen stays.
            let names = table.all_columns().map(|it| it.name).filter(|name| *name != "ingested_at");
            names.fold(update.predicate(is_newer), |update, name| update.update(name, column("source", name)))
        })?
        .when_not_matched_insert(|insert| {
            table.all_columns().fold(insert, |insert, it| insert.set(it.name, column("source", it.name)))
        })?
        .await?;
    Ok(delta)
}

pub(super) fn parquet_properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by("paceline".to_owned())
        .build()
}

pub(super) fn at(table: &'static Table, source: DeltaTableError) -> StoreError {
    StoreError::Delta { table: table.name, source: Box::new(source) }
}
