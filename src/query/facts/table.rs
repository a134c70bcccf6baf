//! Kept facts as a table: the files of a manifest, scanned as plain Parquet.

use crate::query::inputs::Inputs;
use crate::store::{FactsFolder, Manifest};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::stats::Precision;
use datafusion::common::{DFSchema, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlan, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::scalar::ScalarValue;
use object_store::path::Path as Location;
use std::path::PathBuf;
use std::sync::Arc;

/// The kept facts of a metric, or some months of them.
#[derive(Clone, Debug)]
pub(in crate::query) struct FactsTable {
    schema: SchemaRef,
    files: Vec<File>,
    inputs: Inputs,
}

#[derive(Clone, Debug)]
struct File {
    path: PathBuf,
    bytes: u64,
    rows: u64,
    /// Earliest and latest `at`.
    span: Option<(i64, i64)>,
}

impl FactsTable {
    /// All facts of a manifest, with the columns of the plan that made them.
    pub fn new(folder: &FactsFolder, metric: &str, plan: &LogicalPlan, manifest: &Manifest) -> FactsTable {
        FactsTable::of_parts(folder, metric, schema(plan), manifest, |_| true)
    }

    /// The facts of some months.
    pub fn of_parts(
        folder: &FactsFolder,
        metric: &str,
        schema: SchemaRef,
        manifest: &Manifest,
        is_meant: impl Fn(&str) -> bool,
    ) -> FactsTable {
        let parts = manifest.parts.iter().filter(|part| is_meant(&part.month));
        let file = |part: &crate::store::Part| File {
            path: folder.path_of(metric, part),
            bytes: part.bytes,
            rows: part.rows,
            span: part.span,
        };
        FactsTable { schema, files: parts.map(file).collect(), inputs: Inputs::kept(manifest) }
    }

    /// What the facts follow from.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn statistics_of(&self, files: &[File]) -> Statistics {
        let mut statistics = Statistics::new_unknown(&self.schema);
        let rows: u64 = files.iter().map(|file| file.rows).sum();
        statistics.num_rows = usize::try_from(rows).map_or(Precision::Absent, Precision::Exact);
        let spans: Option<Vec<(i64, i64)>> = files.iter().map(|file| file.span).collect();
        let (Some(spans), Ok(at)) = (spans, self.schema.index_of("at")) else { return statistics };
        let moment = |at: Option<i64>| match at {
            Some(at) => Precision::Exact(ScalarValue::TimestampMicrosecond(Some(at), Some("UTC".into()))),
            None => Precision::Absent,
        };
        if *self.schema.field(at).data_type() == DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())) {
            let of_at = &mut statistics.column_statistics[at];
            of_at.min_value = moment(spans.iter().map(|span| span.0).min());
            of_at.max_value = moment(spans.iter().map(|span| span.1).max());
            of_at.null_count = Precision::Exact(0);
        }
        statistics
    }

    fn groups(&self, partitions: usize) -> Result<Vec<FileGroup>> {
        let count = partitions.clamp(1, self.files.len().max(1));
        let mut groups = vec![Vec::new(); count];
        for (index, file) in self.files.iter().enumerate() {
            let location =
                Location::from_absolute_path(&file.path).map_err(|error| DataFusionError::External(Box::new(error)))?;
            let mut part = PartitionedFile::new(location.to_string(), file.bytes);
            part.statistics = Some(Arc::new(self.statistics_of(std::slice::from_ref(file))));
            groups[index % count].push(part);
        }
        Ok(groups.into_iter().map(FileGroup::new).collect())
    }
}

/// The columns of facts as they are kept: the plan's, any of which may be NULL, and nothing that a plan notes beside them.
pub(super) fn schema(plan: &LogicalPlan) -> SchemaRef {
    let fields = plan.schema().fields().iter();
    let fields: Vec<Field> = fields.map(|field| Field::new(field.name(), field.data_type().clone(), true)).collect();
    Arc::new(Schema::new(fields))
}

#[async_trait]
impl TableProvider for FactsTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn statistics(&self) -> Option<Statistics> {
        Some(self.statistics_of(&self.files))
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        // Files, row groups and pages are skipped by their statistics; what remains is filtered again above the scan.
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut source = ParquetSource::new(self.schema.clone());
        if let Some(filter) = conjunction(filters.to_vec()) {
            let schema = DFSchema::try_from(self.schema.clone())?;
            source = source.with_predicate(session.create_physical_expr(filter, &schema)?);
        }
        let config = FileScanConfigBuilder::new(ObjectStoreUrl::local_filesystem(), Arc::new(source))
            .with_file_groups(self.groups(session.config().target_partitions())?)
            .with_statistics(self.statistics_of(&self.files))
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}
