//! What a metric reads, and which metrics read it.

use super::check::Text;
use super::{Engine, Result, Scope, views};
use crate::project::Metric;
use arrow::array::AsArray;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::DataFrame;
use std::collections::BTreeSet;

/// What stands behind a metric's facts. All by name, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// The tables and metrics that the query names.
    pub tables: Vec<String>,
    /// The stored tables behind them, such as the accounts that say whose a commit is.
    pub stored: Vec<String>,
    /// The sources with a row in one of the tables.
    pub sources: Vec<String>,
    /// The metrics that read this one.
    pub readers: Vec<String>,
}

impl Engine {
    /// What a metric reads within a scope.
    ///
    /// # Errors
    /// [`super::QueryError::DataFusion`] when the metric is wrong.
    pub async fn reads(&self, scope: &Scope, metric: &Metric) -> Result<Reads> {
        let session = self.session(scope).await?;
        let named = |metric: &Metric| {
            let text = Text::parse(&session, metric);
            text.iter().flat_map(Text::tables).map(|(name, _)| name).collect::<BTreeSet<String>>()
        };
        let tables = named(metric);
        let frame = session.sql(&metric.sql).await?;
        let mut stored = BTreeSet::new();
        frame.logical_plan().apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node
                && scan.table_name.schema() == Some(views::STORED)
            {
                // What is derived from a table is of that table.
                stored.insert(scan.table_name.table().trim_end_matches("_derived").to_owned());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        let mut sources = BTreeSet::new();
        for table in &tables {
            // What a function returns is known by the facts alone.
            let is_table = session.table_exist(table.as_str())?;
            let rows = if is_table { session.table(table).await? } else { frame.clone() };
            sources.extend(sources_of(rows).await?);
        }
        let all = self.project().metrics.values();
        let readers = all.filter(|other| named(other).contains(&metric.name)).map(|other| other.name.clone()).collect();
        let sorted = |names: BTreeSet<String>| names.into_iter().collect();
        Ok(Reads { tables: sorted(tables), stored: sorted(stored), sources: sorted(sources), readers })
    }
}

/// The sources with a row, none where the rows do not say.
async fn sources_of(frame: DataFrame) -> Result<Vec<String>> {
    if frame.schema().field_with_unqualified_name("source").is_err() {
        return Ok(Vec::new());
    }
    let frame = frame.select_columns(&["source"])?.distinct()?;
    let mut sources = Vec::new();
    for batch in frame.collect().await? {
        let column = arrow::compute::cast(batch.column(0), &arrow::datatypes::DataType::Utf8)
            .map_err(datafusion::error::DataFusionError::from)?;
        sources.extend(column.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    Ok(sources)
}
