//! Removing rows that nothing refers to any more.

use super::delta::{at, parquet_properties};
use super::{Result, Store, StoreError};
use crate::model::Table;
use arrow::array::{AsArray, RecordBatch};
use datafusion::common::JoinType;
use datafusion::error::Result as DataFusionResult;
use datafusion::prelude::{Expr, SessionContext, col, lit};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Store {
    /// Removes the rows of `table` whose values in two text columns no row of `referring` has. To do so again changes
    /// nothing, so it needs no mark.
    ///
    /// # Errors
    /// [`StoreError`] when a table cannot be read, or Delta or the disk refuses.
    pub async fn prune(&self, table: &'static Table, referring: &'static Table, columns: [&str; 2]) -> Result<()> {
        let unused = self.unused(table, referring, columns).await?;
        let (Some(predicate), Some(delta)) = (among(columns, &unused), self.open_delta(table).await?) else {
            return Ok(());
        };
        let delete = delta.delete().with_predicate(predicate).with_writer_properties(parquet_properties());
        delete.await.map(|_| ()).map_err(|source| at(table, source))
    }

    async fn unused(
        &self,
        table: &'static Table,
        referring: &'static Table,
        columns: [&str; 2],
    ) -> Result<Vec<RecordBatch>> {
        let (rows, used) = (self.snapshot(table).await?, self.snapshot(referring).await?);
        let read = async || -> DataFusionResult<Vec<RecordBatch>> {
            let session = SessionContext::new();
            let used = session.read_table(Arc::new(used))?.select_columns(&columns)?.alias("used")?;
            let rows = session.read_table(Arc::new(rows))?.select_columns(&columns)?.distinct()?;
            rows.join(used, JoinType::LeftAnti, &columns, &columns, None)?.collect().await
        };
        read().await.map_err(|source| StoreError::DataFusion { table: table.name, source: Box::new(source) })
    }
}

/// Whether both columns have the values of one of these rows; `None` for no rows.
fn among([first, second]: [&str; 2], rows: &[RecordBatch]) -> Option<Expr> {
    let mut by_second: BTreeMap<&str, Vec<Expr>> = BTreeMap::new();
    for batch in rows {
        let (firsts, seconds) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        for (first, second) in firsts.iter().flatten().zip(seconds.iter().flatten()) {
            by_second.entry(second).or_default().push(lit(first));
        }
    }
    let one = |(value, firsts)| col(second).eq(lit(value)).and(col(first).in_list(firsts, false));
    by_second.into_iter().map(one).reduce(|all: Expr, one| all.or(one))
}
