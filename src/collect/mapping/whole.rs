//! Mappings that need all rows: they aggregate, join, order or number.
//!
//! One rule: the rows come in a stream that can be begun again, since a statement may read them more than once.

use super::sql::Sql;
use super::{Misfit, Outputs};
use crate::project::one_line;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use arrow::util::display::array_value_to_string;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::TableReference;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::{StreamExt, stream};
use std::fmt;
use std::sync::Arc;
use tokio::sync::mpsc::Receiver;

/// Begins to read all rows again.
pub(in crate::collect) type Batches = Arc<dyn Fn() -> Receiver<Result<RecordBatch, DataFusionError>> + Send + Sync>;

/// All rows of a source.
struct Rows {
    schema: SchemaRef,
    batches: Batches,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows of a source")
    }
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = (self.batches)();
        let batches = stream::unfold(rows, |mut rows| async { rows.recv().await.map(|batch| (batch, rows)) });
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), batches))
    }
}

/// The columns that a source gives, of every row of the result.
///
/// # Errors
/// One line: why there is no result.
pub(in crate::collect) async fn whole(
    sql: &Sql,
    schema: &SchemaRef,
    batches: &Batches,
    misfits: &mut Vec<Misfit>,
) -> Result<Vec<Vec<ArrayRef>>, String> {
    let at = |error: DataFusionError| format!("{}: {}", sql.content.file, one_line(&error));
    let (session, _) = sql.plan(schema).await.map_err(|diagnostic| diagnostic.to_string())?;
    for name in &sql.reads {
        let rows = Rows { schema: schema.clone(), batches: batches.clone() };
        let table = StreamingTable::try_new(schema.clone(), vec![Arc::new(rows)]).map_err(at)?;
        let name = TableReference::bare(name.as_str());
        session.deregister_table(name.clone()).map_err(at)?;
        session.register_table(name, Arc::new(table)).map_err(at)?;
    }
    let frame = session.sql(&sql.content.text).await.map_err(at)?;
    let mut results = frame.execute_stream().await.map_err(at)?;
    let outputs = Outputs::of(sql.table, &results.schema());
    let mut found = Vec::new();
    while let Some(batch) = results.next().await {
        let batch = batch.map_err(at)?;
        add(sql, &outputs, &batch, &mut found, misfits);
    }
    Ok(found)
}

fn add(sql: &Sql, outputs: &Outputs, batch: &RecordBatch, into: &mut Vec<Vec<ArrayRef>>, misfits: &mut Vec<Misfit>) {
    if batch.num_rows() == 0 {
        return;
    }
    match outputs.columns(batch) {
        Ok(columns) => into.push(columns),
        Err(reason) if batch.num_rows() == 1 => {
            let key = sql.table.key.iter().map(|name| {
                let array = batch.column_by_name(name);
                array.and_then(|array| array_value_to_string(array, 0).ok()).unwrap_or_default()
            });
            let key: Vec<String> = key.collect();
            let place = format!("table {}, {}", sql.table.name, serde_json::json!(key));
            misfits.push(Misfit::new(place, reason, words(batch).as_bytes()));
        }
        Err(_) => {
            let middle = batch.num_rows() / 2;
            add(sql, outputs, &batch.slice(0, middle), into, misfits);
            add(sql, outputs, &batch.slice(middle, batch.num_rows() - middle), into, misfits);
        }
    }
}

/// The row, as `name=value` by column.
fn words(row: &RecordBatch) -> String {
    let schema = row.schema();
    let parts = schema
        .fields()
        .iter()
        .zip(row.columns())
        .map(|(field, array)| format!("{}={}", field.name(), array_value_to_string(array, 0).unwrap_or_default()));
    parts.collect::<Vec<_>>().join(" ")
}
