//! A table whose rows are computed by the one who reads it.
//!
//! One rule: the questions it asks run under the limits of the query that reads it, in its runtime.

use super::changes::History;
use super::{CHANGES, SAMPLES};
use crate::query::definitions::context_of;
use arrow::array::RecordBatch;
use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::catalog::{Session, TableProvider};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::TableType;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::SessionContext;
use std::fmt;
use std::sync::Arc;

/// From a history to rows.
type Compute = Arc<dyn Fn(&History) -> Result<RecordBatch> + Send + Sync>;

#[derive(Clone)]
pub(super) struct Computed {
    pub schema: SchemaRef,
    pub compute: Compute,
}

impl fmt::Debug for Computed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Computed").field("schema", &self.schema).finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for Computed {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let state = context_of(session)?.state();
        let (changes, samples) = (state.create_logical_plan(CHANGES).await?, state.create_logical_plan(SAMPLES).await?);
        let reading = Reading { computed: self.clone(), changes, samples };
        let table = StreamingTable::try_new(self.schema.clone(), vec![Arc::new(reading)])?;
        table.scan(session, projection, filters, limit).await
    }
}

/// One reading of the table.
#[derive(Debug)]
struct Reading {
    computed: Computed,
    changes: LogicalPlan,
    samples: LogicalPlan,
}

impl PartitionStream for Reading {
    fn schema(&self) -> &SchemaRef {
        &self.computed.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (changes, samples, compute) = (self.changes.clone(), self.samples.clone(), self.computed.compute.clone());
        let rows = async move {
            let session = SessionContext::new_with_config_rt(context.session_config().clone(), context.runtime_env());
            let collect = |plan: LogicalPlan| DataFrame::new(session.state(), plan).collect();
            let history = History::of(&collect(changes).await?, &collect(samples).await?)?;
            compute(&history)
        };
        Box::pin(RecordBatchStreamAdapter::new(self.computed.schema.clone(), futures::stream::once(rows)))
    }
}
