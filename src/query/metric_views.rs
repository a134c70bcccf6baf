//! Metrics as tables of a session.
//!
//! One rule: a metric is planned when it is first read, and once. A session is made for many questions that read one metric or
//! none, and planning them all takes most of its time.

use crate::project::Project;
use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::common::plan_err;
use datafusion::datasource::ViewTable;
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::TableType;
use datafusion::prelude::SessionContext;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Metrics that read metrics are planned within each other; a circle has no end. `paceline check` names it.
const MOST_WITHIN: usize = 16;

tokio::task_local! {
    static WITHIN: usize;
}

/// The tables of a session, and its metrics among them.
struct MetricViews {
    tables: Arc<dyn SchemaProvider>,
    /// The SQL of each metric.
    metrics: BTreeMap<String, String>,
    /// The session, which has this in its catalog and must not be kept alive by it.
    session: Box<dyn Fn() -> Option<SessionState> + Send + Sync>,
}

/// Puts the metrics of a project beside the tables of a session. One that has a table's name is hidden by it.
pub(super) fn register(session: &SessionContext, project: &Project) -> Result<()> {
    let state = session.state();
    let options = &state.config().options().catalog;
    let catalog = session.catalog(&options.default_catalog);
    let Some((catalog, tables)) = catalog.and_then(|it| Some((it.clone(), it.schema(&options.default_schema)?))) else {
        return plan_err!("the session has no schema {}", options.default_schema);
    };
    let weak = session.state_weak_ref();
    let views = MetricViews {
        tables,
        metrics: project.metrics.values().map(|metric| (metric.name.clone(), metric.sql.clone())).collect(),
        session: Box::new(move || weak.upgrade().map(|state| state.read().clone())),
    };
    catalog.register_schema(&options.default_schema, Arc::new(views))?;
    Ok(())
}

#[async_trait]
impl SchemaProvider for MetricViews {
    fn table_names(&self) -> Vec<String> {
        let mut names = self.tables.table_names();
        names.extend(self.metrics.keys().filter(|name| !self.tables.table_exist(name)).cloned());
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some(table) = self.tables.table(name).await? {
            return Ok(Some(table));
        }
        let Some(sql) = self.metrics.get(name) else { return Ok(None) };
        let Some(session) = (self.session)() else { return plan_err!("the session of {name} has ended") };
        let within = WITHIN.try_with(|within| *within).unwrap_or_default() + 1;
        if within > MOST_WITHIN {
            return plan_err!("metric {name} reads itself through others, run `paceline check`");
        }
        let plan = Box::pin(WITHIN.scope(within, session.create_logical_plan(sql))).await?;
        let view = Arc::new(ViewTable::new(plan, None));
        // Somebody else may have planned it meanwhile.
        if !self.tables.table_exist(name) {
            self.tables.register_table(name.to_owned(), view.clone())?;
        }
        Ok(Some(view))
    }

    async fn table_type(&self, name: &str) -> Result<Option<TableType>> {
        if self.metrics.contains_key(name) && !self.tables.table_exist(name) {
            return Ok(Some(TableType::View));
        }
        self.tables.table_type(name).await
    }

    fn register_table(&self, name: String, table: Arc<dyn TableProvider>) -> Result<Option<Arc<dyn TableProvider>>> {
        self.tables.register_table(name, table)
    }

    fn deregister_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        self.tables.deregister_table(name)
    }

    fn table_exist(&self, name: &str) -> bool {
        self.metrics.contains_key(name) || self.tables.table_exist(name)
    }
}

impl std::fmt::Debug for MetricViews {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricViews").field("metrics", &self.metrics.keys()).finish_non_exhaustive()
    }
}
