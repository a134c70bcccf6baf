//! DataFusion over the stored tables: one session for every door, with the canonical tables, the facts of each metric and
//! our functions.
//!
//! One rule: whatever reads data, a dashboard, an experiment or an analyst, reads it through [`Engine::session`].

mod boundaries;
mod bounds;
mod calendar;
mod catalogue;
mod changes;
mod components;
mod engineer_weeks;
mod functions;
mod golden_paths;
mod guard;
pub mod people;
mod tool_weeks;
mod topics;
mod views;

use crate::model;
use crate::project::{Diagnostic, Metric, Project, closest, one_line, sql_diagnostic};
use crate::store::{Identity, Store, StoreError};
use arrow::array::RecordBatch;
use datafusion::catalog::TableProvider;
use datafusion::common::SchemaReference;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

pub use catalogue::{Budget, Catalogue, Collector, Drift};
pub use changes::TeamChanges;
pub use guard::Limits;

/// What can go wrong between a question and its rows.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Refused(String),
    #[error("{}", one_line(.0))]
    DataFusion(#[from] DataFusionError),
}

impl QueryError {
    /// Whether a decision contradicts an earlier one, or is about nobody.
    pub fn is_contradiction(&self) -> bool {
        matches!(self, QueryError::Store(StoreError::Decision(_)))
    }
}

/// The result of a query.
pub type Result<T, E = QueryError> = std::result::Result<T, E>;

/// Which rows a session sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// Only these sources; all of them when `None`.
    pub sources: Option<Vec<String>>,
    /// The sources whose teams apply to those rows; all of them when `None`.
    pub teams: Option<Vec<String>>,
}

/// Sessions over one data folder and one project.
pub struct Engine {
    store: Store,
    project: Arc<Project>,
    sessions: Mutex<BTreeMap<Scope, Cached>>,
}

struct Cached {
    versions: Vec<(&'static str, u64)>,
    /// Of the identities.
    people: i64,
    session: SessionContext,
}

impl Engine {
    /// An engine over a data folder that holds something.
    pub fn new(store: Store, project: Arc<Project>) -> Engine {
        Engine { store, project, sessions: Mutex::default() }
    }

    /// The definitions this engine answers with.
    pub fn project(&self) -> &Arc<Project> {
        &self.project
    }

    /// The data folder.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// A session over the newest tables. It is kept until a table changes, or who is who, since planning all views takes longer
    /// than most questions.
    ///
    /// # Errors
    /// [`QueryError::Store`] when a table cannot be opened.
    pub async fn session(&self, scope: &Scope) -> Result<SessionContext> {
        let state = self.store.state()?;
        let (versions, people) = (self.store.versions()?, state.identities_version()?);
        let sessions = || self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = sessions().get(scope)
            && (&cached.versions, cached.people) == (&versions, people)
        {
            return Ok(cached.session.clone());
        }
        let session = self.new_session(scope).await?;
        sessions().insert(scope.clone(), Cached { versions, people, session: session.clone() });
        Ok(session)
    }

    async fn new_session(&self, scope: &Scope) -> Result<SessionContext> {
        let mut tables = Tables::new();
        for table in model::TABLES {
            tables.insert(table.name, Arc::new(self.store.snapshot(table).await?));
        }
        let state = self.store.state()?;
        let mut identities = state.identities()?;
        identities.extend(state.erased()?);
        session_over(&tables, &identities, scope, &self.project).await
    }

    /// Answers one read-only statement.
    ///
    /// # Errors
    /// [`QueryError::Refused`] for anything but a query, [`QueryError::DataFusion`] for a wrong one.
    pub async fn sql(&self, scope: &Scope, sql: &str) -> Result<SendableRecordBatchStream> {
        guard::stream(&self.session(scope).await?, sql).await
    }

    /// Answers one read-only statement within limits on rows and time.
    ///
    /// # Errors
    /// As [`Engine::sql`], and [`QueryError::Refused`] past the deadline.
    pub async fn sql_limited(&self, scope: &Scope, sql: &str, limits: &Limits) -> Result<(Vec<RecordBatch>, bool)> {
        guard::collect(self.session(scope).await?, sql, limits).await
    }
}

/// The stored tables by name, wherever their rows lie: one for each of [`model::TABLES`].
pub type Tables = BTreeMap<&'static str, Arc<dyn TableProvider>>;

/// The session that [`Engine::session`] answers with, over tables from elsewhere than a data folder.
///
/// # Errors
/// [`QueryError::DataFusion`] when a table is missing or has not its model's columns.
pub async fn session_over(
    tables: &Tables,
    identities: &[(String, String, Identity)],
    scope: &Scope,
    project: &Project,
) -> Result<SessionContext> {
    let identities = people::flagged(identities.to_vec(), project);
    let session = canonical_session(tables, &identities, scope, project).await?;
    for metric in project.metrics.values() {
        // A broken metric is reported where it is used and by `paceline check`; the others work.
        if let Err(error) = register_metric(&session, metric).await {
            tracing::warn!("{}: {}", metric.file, one_line(&error));
        }
    }
    Ok(session)
}

/// Checks the query of every metric and of every check of golden paths against empty tables: it must plan, and have the columns
/// that it needs.
///
/// # Errors
/// [`QueryError`] when no session can be had at all; what is wrong in the files is in the list.
pub async fn check_metrics(project: &Project) -> Result<Vec<Diagnostic>> {
    let empty = |table: &&model::Table| Arc::new(EmptyTable::new(table.schema())) as Arc<dyn TableProvider>;
    let tables = model::TABLES.iter().map(|table| (table.name, empty(table))).collect();
    let session = canonical_session(&tables, &[], &Scope::default(), project).await?;
    let mut found = Vec::new();
    found.extend(golden_paths::check(&session, project).await);
    for metric in project.metrics.values() {
        found.extend(check_metric(&session, metric).await);
    }
    Ok(found)
}

async fn check_metric(session: &SessionContext, metric: &Metric) -> Vec<Diagnostic> {
    if session.table_exist(metric.name.as_str()).unwrap_or(false) {
        return vec![Diagnostic {
            file: metric.file.clone(),
            line: 1,
            column: 1,
            message: format!("there is a table {} already; a metric's name is a table in SQL too", metric.name),
            suggestion: None,
        }];
    }
    let frame = match session.sql(&metric.sql).await {
        Ok(frame) => frame,
        Err(error) => return vec![sql_diagnostic(&metric.file, &metric.sql, &error)],
    };
    let names: Vec<&str> = frame.schema().fields().iter().map(|field| field.name().as_str()).collect();
    let entity = metric.header.entity.as_deref();
    let table = entity.and_then(model::table);
    if let (Some(entity), None) = (entity, table) {
        let names: Vec<&str> = model::TABLES.iter().map(|table| table.name).collect();
        return vec![Diagnostic {
            file: metric.file.clone(),
            line: 1,
            column: 1,
            message: format!("there is no table {entity}"),
            suggestion: closest(entity, &names),
        }];
    }
    let key = table.map(|table| table.key.iter().copied().chain(["source"])).into_iter().flatten();
    let needed: Vec<&str> = ["at"].into_iter().chain(metric.header.columns()).chain(key).collect();
    let dimensions = metric.header.dimensions.iter().map(String::as_str);
    let line = metric.sql.find("*/").map_or(1, |end| metric.sql[..end].matches('\n').count() + 2);
    needed
        .into_iter()
        .chain(dimensions)
        .filter(|column| !names.contains(column))
        .map(|column| Diagnostic {
            file: metric.file.clone(),
            line,
            column: 1,
            message: format!("the facts have no column {column}; they have {}", names.join(", ")),
            suggestion: None,
        })
        .collect()
}

async fn register_metric(session: &SessionContext, metric: &Metric) -> Result<(), DataFusionError> {
    let frame = session.sql(&metric.sql).await?;
    session.register_table(metric.name.as_str(), frame.into_view())?;
    Ok(())
}

/// A session with the canonical tables and no metrics.
async fn canonical_session(
    tables: &Tables,
    identities: &[(String, String, Identity)],
    scope: &Scope,
    project: &Project,
) -> Result<SessionContext> {
    let session = empty_session()?;
    for (name, table) in tables {
        session.register_table(views::stored(name), table.clone())?;
    }
    views::register(&session, identities, scope, &Arc::new(project.topics.clone())).await?;
    golden_paths::register(&session, &project.golden_paths).await?;
    Ok(session)
}

/// A session with our functions and limits and no tables.
fn empty_session() -> Result<SessionContext> {
    let mut config =
        SessionConfig::new().with_information_schema(true).with_default_catalog_and_schema("paceline", "public");
    config.options_mut().sql_parser.collect_spans = true;
    config.options_mut().execution.parquet.pushdown_filters = true;
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(guard::MEMORY_BYTES, 1.0).build_arc()?;
    let session = SessionContext::new_with_config_rt(config, runtime);
    let stored = SchemaReference::Bare { schema: views::STORED.into() };
    let catalog =
        session.catalog("paceline").ok_or_else(|| QueryError::Refused("the session has no catalog".into()))?;
    catalog.register_schema(stored.schema_name(), Arc::new(datafusion::catalog::MemorySchemaProvider::new()))?;
    functions::register(&session);
    guard::restrict(&session);
    Ok(session)
}
