//! What a session defines beforehand and works out when it is read: views are planned then, and tables filled.
//!
//! One rule: what nobody asks for costs no more than its name. A session is made for many questions that each read little of it,
//! and planning and deriving everything takes longer than most of them.

use super::empty::has_no_rows;
use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{SchemaProvider, Session, TableProvider};
use datafusion::common::{TableReference, exec_err, plan_err};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::{MemTable, TableType, ViewTable};
use datafusion::error::Result;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionContext;
use futures::future::BoxFuture;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Metrics that read metrics are planned within each other; a circle has no end. `paceline check` names it.
const MOST_WITHIN: usize = 16;

tokio::task_local! {
    static WITHIN: usize;
}

/// Gives the SQL of a view.
type Write = Box<dyn Fn(SessionContext) -> BoxFuture<'static, Result<String>> + Send + Sync>;

/// Gives the rows of a table.
pub(super) type Fill = Arc<dyn Fn(SessionContext) -> BoxFuture<'static, Result<Vec<RecordBatch>>> + Send + Sync>;

/// The kept facts of a metric whose SQL has this plan, where there are any that are up to date.
pub(super) type Kept = Box<dyn Fn(&str, &LogicalPlan) -> Option<Arc<dyn TableProvider>> + Send + Sync>;

enum Definition {
    View(Cow<'static, str>),
    /// A view whose SQL depends on which tables have rows.
    Written(Write),
    /// What this SQL answers, asked once; without rows in any of these stored tables it answers nothing.
    Asked {
        sql: &'static str,
        driving: &'static [&'static str],
        rows: Arc<OnceCell<MemTable>>,
    },
    Metric(String),
}

/// The definitions of a session, gathered before there is one.
#[derive(Default)]
pub(super) struct Definitions {
    public: BTreeMap<String, Definition>,
    stored: BTreeMap<String, Definition>,
}

impl Definitions {
    /// A view for everybody.
    pub fn view(&mut self, name: &str, sql: impl Into<Cow<'static, str>>) {
        self.public.insert(name.to_owned(), Definition::View(sql.into()));
    }

    /// A view whose SQL is written when it is first read, since it depends on which tables have rows.
    pub fn written<F, W>(&mut self, name: &str, write: W)
    where
        F: Future<Output = Result<String>> + Send + 'static,
        W: Fn(SessionContext) -> F + Send + Sync + 'static,
    {
        self.public.insert(name.to_owned(), Definition::Written(Box::new(move |session| Box::pin(write(session)))));
    }

    /// A table among the stored ones that this SQL fills, at most once. Without rows in any of the `driving` stored tables it
    /// has none, and is not asked.
    pub fn asked(&mut self, name: impl Into<String>, sql: &'static str, driving: &'static [&'static str]) {
        self.stored.insert(name.into(), Definition::Asked { sql, driving, rows: Arc::default() });
    }

    /// A metric, which a table or view of the same name hides.
    pub fn metric(&mut self, name: &str, sql: &str) {
        self.public.entry(name.to_owned()).or_insert_with(|| Definition::Metric(sql.to_owned()));
    }

    /// Puts everything beside the tables that a session has, which hide what is defined under their names.
    pub fn install(self, session: &SessionContext, kept: Option<Kept>) -> Result<()> {
        let public = session.state().config().options().catalog.default_schema.clone();
        define(session, &public, self.public, kept)?;
        define(session, super::views::STORED, self.stored, None)
    }
}

fn define(
    session: &SessionContext,
    schema: &str,
    mut definitions: BTreeMap<String, Definition>,
    kept: Option<Kept>,
) -> Result<()> {
    let name = session.state().config().options().catalog.default_catalog.clone();
    let Some(catalog) = session.catalog(&name) else { return plan_err!("the session has no catalog {name}") };
    let Some(tables) = catalog.schema(schema) else { return plan_err!("the session has no schema {schema}") };
    definitions.retain(|name, _| !tables.table_exist(name));
    let weak = session.state_weak_ref();
    let session = Box::new(move || weak.upgrade().map(|state| state.read().clone()));
    catalog.register_schema(schema, Arc::new(Defined { tables, definitions, kept, session }))?;
    Ok(())
}

/// Whether a table may have rows, by what is known of it without reading it.
pub(super) async fn may_have_rows(session: &SessionContext, table: impl Into<TableReference>) -> Result<bool> {
    Ok(!has_no_rows(session.table_provider(table).await?.as_ref()))
}

/// The tables of a schema, and its definitions among them.
struct Defined {
    /// Those that were there, and what was worked out.
    tables: Arc<dyn SchemaProvider>,
    definitions: BTreeMap<String, Definition>,
    kept: Option<Kept>,
    /// The session, which has this in its catalog and must not be kept alive by it.
    session: Box<dyn Fn() -> Option<SessionState> + Send + Sync>,
}

impl Defined {
    async fn work_out(&self, name: &str, definition: &Definition) -> Result<Arc<dyn TableProvider>> {
        let Some(state) = (self.session)() else { return plan_err!("the session of {name} has ended") };
        let sql = match definition {
            Definition::View(sql) => sql.as_ref().to_owned(),
            Definition::Written(write) => write(SessionContext::new_with_state(state.clone())).await?,
            Definition::Asked { sql, driving, rows } => {
                let plan = state.create_logical_plan(sql).await?;
                let schema = Arc::new(plan.schema().as_arrow().clone());
                if !is_driven(&SessionContext::new_with_state(state), driving).await? {
                    return Ok(Arc::new(EmptyTable::new(schema)));
                }
                let fill: Fill = Arc::new(move |session: SessionContext| {
                    Box::pin(DataFrame::new(session.state(), plan.clone()).collect())
                });
                return Ok(Arc::new(Filled { schema, fill, rows: rows.clone() }));
            }
            Definition::Metric(sql) => {
                let within = within() + 1;
                if within > MOST_WITHIN {
                    return plan_err!("metric {name} reads itself through others, run `paceline check`");
                }
                let plan = Box::pin(WITHIN.scope(within, state.create_logical_plan(sql))).await?;
                let kept = self.kept.as_ref().filter(|_| within == 1).and_then(|kept| kept(name, &plan));
                return Ok(kept.unwrap_or_else(|| Arc::new(ViewTable::new(plan, None))));
            }
        };
        Ok(Arc::new(ViewTable::new(state.create_logical_plan(&sql).await?, None)))
    }
}

/// How many metrics are being planned around this one.
fn within() -> usize {
    WITHIN.try_with(|within| *within).unwrap_or_default()
}

async fn is_driven(session: &SessionContext, driving: &[&str]) -> Result<bool> {
    for table in driving {
        if may_have_rows(session, super::views::stored(table)).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[async_trait]
impl SchemaProvider for Defined {
    fn table_names(&self) -> Vec<String> {
        let mut names = self.tables.table_names();
        names.extend(self.definitions.keys().filter(|name| !self.tables.table_exist(name)).cloned());
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let definition = self.definitions.get(name);
        // Kept facts are those of a plan without any: a metric that reads another is planned over that one's view.
        let is_apart = matches!(definition, Some(Definition::Metric(_))) && self.kept.is_some() && within() > 0;
        if !is_apart && let Some(table) = self.tables.table(name).await? {
            return Ok(Some(table));
        }
        let Some(definition) = definition else { return Ok(None) };
        let table = self.work_out(name, definition).await?;
        // Somebody else may have worked it out meanwhile.
        if !is_apart && !self.tables.table_exist(name) {
            self.tables.register_table(name.to_owned(), table.clone())?;
        }
        Ok(Some(table))
    }

    async fn table_type(&self, name: &str) -> Result<Option<TableType>> {
        match self.definitions.get(name) {
            Some(Definition::Asked { .. }) => Ok(Some(TableType::Temporary)),
            Some(_) => Ok(Some(TableType::View)),
            None => self.tables.table_type(name).await,
        }
    }

    fn register_table(&self, name: String, table: Arc<dyn TableProvider>) -> Result<Option<Arc<dyn TableProvider>>> {
        self.tables.register_table(name, table)
    }

    fn deregister_table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        self.tables.deregister_table(name)
    }

    fn table_exist(&self, name: &str) -> bool {
        self.definitions.contains_key(name) || self.tables.table_exist(name)
    }
}

impl fmt::Debug for Defined {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Defined").field("definitions", &self.definitions.keys()).finish_non_exhaustive()
    }
}

/// A table that is filled when it is first read.
pub(super) struct Filled {
    schema: SchemaRef,
    fill: Fill,
    rows: Arc<OnceCell<MemTable>>,
}

impl Filled {
    /// A table of these columns.
    pub fn new(schema: SchemaRef, fill: Fill) -> Filled {
        Filled { schema, fill, rows: Arc::default() }
    }
}

impl fmt::Debug for Filled {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Filled").field("schema", &self.schema).finish_non_exhaustive()
    }
}

#[async_trait]
impl TableProvider for Filled {
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
        let fill = async || {
            let rows = (self.fill)(context_of(session)?).await?;
            MemTable::try_new(self.schema.clone(), vec![rows])
        };
        self.rows.get_or_try_init(fill).await?.scan(session, projection, filters, limit).await
    }
}

/// The session in which something is planned, to ask it more.
pub(super) fn context_of(session: &dyn Session) -> Result<SessionContext> {
    match session.as_any().downcast_ref::<SessionState>() {
        Some(state) => Ok(SessionContext::new_with_state(state.clone())),
        None => exec_err!("a table that is derived can only be read in a session of ours"),
    }
}
