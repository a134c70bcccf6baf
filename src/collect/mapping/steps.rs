//! A statement that only picks and filters, as steps over a batch, without a query engine around them.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::compute::{filter_record_batch, prep_null_mask_filter};
use arrow::datatypes::{Field, Schema};
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_expr::PhysicalExpr;
use std::sync::Arc;

/// What is done to a batch, one after the other.
pub(super) struct Steps(Vec<Step>);

enum Step {
    /// These columns.
    Take(Vec<usize>),
    Filter(Arc<dyn PhysicalExpr>),
    Compute(Vec<(String, Arc<dyn PhysicalExpr>)>),
}

impl Steps {
    /// The steps of a plan; `None` where a row of its result may come of more than one.
    ///
    /// # Errors
    /// What DataFusion says of an expression.
    pub fn of(state: &SessionState, plan: &LogicalPlan) -> Result<Option<Steps>> {
        let mut steps = Vec::new();
        Ok(add(state, plan, &mut steps)?.then_some(Steps(steps)))
    }

    pub fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let mut batch = batch.clone();
        for step in &self.0 {
            batch = match step {
                Step::Take(columns) => batch.project(columns)?,
                Step::Filter(condition) => {
                    let holds = condition.evaluate(&batch)?.into_array(batch.num_rows())?;
                    let holds = holds.as_boolean();
                    let holds = if Array::nulls(holds).is_some() { &prep_null_mask_filter(holds) } else { holds };
                    filter_record_batch(&batch, holds)?
                }
                Step::Compute(columns) => computed(&batch, columns)?,
            };
        }
        Ok(batch)
    }
}

fn computed(batch: &RecordBatch, columns: &[(String, Arc<dyn PhysicalExpr>)]) -> Result<RecordBatch> {
    let rows = batch.num_rows();
    let arrays = columns.iter().map(|(_, expression)| expression.evaluate(batch)?.into_array(rows));
    let arrays: Vec<ArrayRef> = arrays.collect::<Result<_>>()?;
    let fields =
        columns.iter().zip(&arrays).map(|((name, _), array)| Field::new(name, array.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    Ok(RecordBatch::try_new_with_options(schema, arrays, &RecordBatchOptions::new().with_row_count(Some(rows)))?)
}

fn add(state: &SessionState, plan: &LogicalPlan, steps: &mut Vec<Step>) -> Result<bool> {
    match plan {
        LogicalPlan::TableScan(scan) if scan.filters.is_empty() && scan.fetch.is_none() => {
            steps.extend(scan.projection.clone().map(Step::Take));
        }
        LogicalPlan::SubqueryAlias(alias) => return add(state, &alias.input, steps),
        LogicalPlan::Filter(filter) => {
            if !add(state, &filter.input, steps)? {
                return Ok(false);
            }
            let schema = filter.input.schema();
            steps.push(Step::Filter(state.create_physical_expr(filter.predicate.clone(), schema)?));
        }
        LogicalPlan::Projection(projection) => {
            if !add(state, &projection.input, steps)? {
                return Ok(false);
            }
            let mut columns = Vec::new();
            for (expression, field) in projection.expr.iter().zip(projection.schema.fields()) {
                let computed = state.create_physical_expr(expression.clone(), projection.input.schema())?;
                columns.push((field.name().clone(), computed));
            }
            steps.push(Step::Compute(columns));
        }
        _ => return Ok(false),
    }
    Ok(true)
}
