//! What SQL may do here: read, within bounds. No files, no network, no writes, bounded text, rows and time.

use super::{QueryError, Result, bounds};
use crate::project::one_line;
use arrow::array::RecordBatch;
use datafusion::common::runtime::SpawnedTask;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use std::num::NonZeroUsize;
use std::time::Duration;

/// Memory that all queries of a process share before they spill, bytes.
pub(super) const MEMORY_BYTES: usize = 2 << 30;

/// How many of those that hold most an error names.
pub(super) const NAMED_CONSUMERS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(4);

/// Bounds on one answer.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub rows: usize,
    pub time: Duration,
}

/// Functions that make one value of any length from two numbers, past every limit on memory.
const UNBOUNDED: [&str; 4] = ["range", "generate_series", "array_repeat", "array_resize"];

/// Takes from a session what no limit holds. `generate_series` remains as a table.
pub(super) fn restrict(session: &SessionContext) {
    for name in UNBOUNDED {
        session.deregister_udf(name);
    }
}

/// Starts to answer one statement that only reads.
pub(super) async fn stream(session: &SessionContext, sql: &str) -> Result<SendableRecordBatchStream> {
    let plan = plan(session, sql).await?;
    Ok(session.execute_logical_plan(plan).await?.execute_stream().await?)
}

pub(super) async fn plan(session: &SessionContext, sql: &str) -> Result<LogicalPlan> {
    bounds::check_text(sql)?;
    let state = session.state();
    let statement = state.sql_to_statement(sql, &state.config().options().sql_parser.dialect)?;
    bounds::check_statement(&statement)?;
    let plan = state.statement_to_plan(statement).await?;
    let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    read_only
        .verify_plan(&plan)
        .map_err(|error| QueryError::Refused(format!("only queries are answered here: {}", one_line(&error))))?;
    Ok(plan)
}

/// Gathers an answer until a bound is reached; the flag says that there were more rows.
///
/// The work is a task of its own: planning does not yield, and the answer that it takes too long must not wait for it.
pub(super) async fn collect(session: SessionContext, sql: &str, limits: &Limits) -> Result<(Vec<RecordBatch>, bool)> {
    let (sql, rows) = (sql.to_owned(), limits.rows);
    let work = SpawnedTask::spawn(async move { gather(stream(&session, &sql).await?, rows).await });
    match tokio::time::timeout(limits.time, work.join()).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(stopped)) => Err(QueryError::Refused(format!("the query stopped: {stopped}"))),
        Err(_) => Err(QueryError::Refused(format!("the query took longer than {} s", limits.time.as_secs_f64()))),
    }
}

async fn gather(mut stream: SendableRecordBatchStream, limit: usize) -> Result<(Vec<RecordBatch>, bool)> {
    let (mut batches, mut rows) = (vec![RecordBatch::new_empty(stream.schema())], 0);
    while let Some(batch) = stream.next().await {
        let batch = batch?;
        if rows + batch.num_rows() > limit {
            batches.push(batch.slice(0, limit - rows));
            return Ok((batches, true));
        }
        rows += batch.num_rows();
        batches.push(batch);
    }
    Ok((batches, false))
}
