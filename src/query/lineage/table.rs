//! A table whose rows are computed by the one who reads it.
//!
//! One rule: the questions it asks run under the limits of the query that reads it, in its runtime.

use super::changes::History;
use arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::dataframe::DataFrame;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::SessionContext;
use std::fmt;
use std::sync::Arc;

/// What a history is read by.
#[derive(Debug)]
pub(super) struct Plans {
    pub changes: LogicalPlan,
    pub samples: LogicalPlan,
}

/// From a history to rows.
type Compute = Arc<dyn Fn(&History) -> Result<RecordBatch> + Send + Sync>;

pub(super) struct Computed {
    schema: SchemaRef,
    plans: Arc<Plans>,
    compute: Compute,
}

impl fmt::Debug for Computed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Computed").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Computed {
    pub fn table(schema: SchemaRef, plans: Arc<Plans>, compute: Compute) -> Result<Arc<dyn TableProvider>> {
        let computed = Arc::new(Computed { schema: schema.clone(), plans, compute });
        Ok(Arc::new(StreamingTable::try_new(schema, vec![computed])?))
    }
}

impl PartitionStream for Computed {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (plans, compute) = (self.plans.clone(), self.compute.clone());
        let rows = async move {
            let session = SessionContext::new_with_config_rt(context.session_config().clone(), context.runtime_env());
            let collect = |plan: &LogicalPlan| DataFrame::new(session.state(), plan.clone()).collect();
            let history = History::of(&collect(&plans.changes).await?, &collect(&plans.samples).await?)?;
            compute(&history)
        };
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), futures::stream::once(rows)))
    }
}
