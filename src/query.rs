//! DataFusion over the stored tables: one session for every door, with the canonical tables, the facts of each metric and
//! our functions.
//!
//! One rule: whatever reads data, a dashboard, an experiment or an analyst, reads it through [`Engine::session`].

mod boundaries;
mod bounds;
mod functions;
mod guard;
mod views;

use crate::model;
use crate::project::{Diagnostic, Metric, Project};
use crate::store::{Identity, Origin, Run, Store, StoreError};
use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;
use datafusion::common::SchemaReference;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

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
    session: SessionContext,
}

/// What the data folder holds, beside the tables.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub origins: Vec<Origin>,
    pub runs: Vec<Run>,
}

/// How the collection of one source stands.
#[derive(Clone, Debug)]
pub struct Collector<'a> {
    pub origin: &'a Origin,
    pub last: Option<&'a Run>,
    /// When the newest run began that did not fail: the source is known up to then.
    pub complete_until: Option<DateTime<Utc>>,
    /// Runs that failed since then.
    pub failures: usize,
}

impl Catalogue {
    /// Every source with its runs, by name.
    pub fn collectors(&self) -> impl Iterator<Item = Collector<'_>> {
        self.origins.iter().map(|origin| {
            let runs = || self.runs.iter().rev().filter(|run| run.source == origin.source);
            Collector {
                origin,
                last: runs().next(),
                complete_until: runs().find(|run| run.error.is_none()).map(|run| run.started_at),
                failures: runs().take_while(|run| run.error.is_some()).count(),
            }
        })
    }

    /// What a question is about unless it says otherwise: the source of that name, or all real ones, or the simulated ones
    /// where nothing is real. The two are never mixed. Teams are about people: those of every real source apply to each of
    /// them, while a simulated organisation has its own.
    pub fn scope(&self, source: Option<&str>) -> Scope {
        let any_real = self.origins.iter().any(|origin| !origin.simulated);
        let is_meant = |origin: &&Origin| match source {
            Some(source) => origin.source == source,
            None => origin.simulated != any_real,
        };
        let meant: Vec<&Origin> = self.origins.iter().filter(is_meant).collect();
        let names = |origins: &[&Origin]| Some(origins.iter().map(|origin| origin.source.clone()).collect());
        let real: Vec<&Origin> = self.origins.iter().filter(|origin| !origin.simulated).collect();
        let teams = if meant.iter().any(|origin| !origin.simulated) { names(&real) } else { names(&meant) };
        Scope { sources: names(&meant), teams }
    }

    /// Whether a scope shows an organisation that does not exist.
    pub fn is_simulated(&self, scope: &Scope) -> bool {
        let shown = |origin: &Origin| scope.sources.as_ref().is_none_or(|sources| sources.contains(&origin.source));
        self.origins.iter().any(|origin| origin.simulated && shown(origin))
    }
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

    /// Sources and runs.
    ///
    /// # Errors
    /// [`QueryError::Store`].
    pub fn catalogue(&self) -> Result<Catalogue> {
        let state = self.store.state()?;
        Ok(Catalogue { origins: state.origins()?, runs: state.runs()? })
    }

    /// A session over the newest tables. It is kept until a table changes, since planning all views takes longer than most
    /// questions.
    ///
    /// # Errors
    /// [`QueryError::Store`] when a table cannot be opened.
    pub async fn session(&self, scope: &Scope) -> Result<SessionContext> {
        let versions = self.store.versions()?;
        let sessions = || self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = sessions().get(scope)
            && cached.versions == versions
        {
            return Ok(cached.session.clone());
        }
        let session = self.new_session(scope).await?;
        sessions().insert(scope.clone(), Cached { versions, session: session.clone() });
        Ok(session)
    }

    async fn new_session(&self, scope: &Scope) -> Result<SessionContext> {
        let mut tables = Tables::new();
        for table in model::TABLES {
            tables.insert(table.name, Arc::new(self.store.snapshot(table).await?));
        }
        let identities = self.store.state()?.identities()?;
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
    let session = canonical_session(tables, identities, scope).await?;
    for metric in project.metrics.values() {
        // A broken metric is reported where it is used and by `paceline check`; the others work.
        if let Err(error) = register_metric(&session, metric).await {
            tracing::warn!("{}: {}", metric.file, one_line(&error));
        }
    }
    Ok(session)
}

/// Checks every metric's query against empty tables: it must plan, and have the columns its statistic needs.
///
/// # Errors
/// [`QueryError`] when no session can be had at all; what is wrong in the files is in the list.
pub async fn check_metrics(project: &Project) -> Result<Vec<Diagnostic>> {
    let empty = |table: &&model::Table| Arc::new(EmptyTable::new(table.schema())) as Arc<dyn TableProvider>;
    let tables = model::TABLES.iter().map(|table| (table.name, empty(table))).collect();
    let session = canonical_session(&tables, &[], &Scope::default()).await?;
    let mut found = Vec::new();
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
        Err(error) => return vec![guard::diagnostic(&metric.file, &metric.sql, &error)],
    };
    let names: Vec<&str> = frame.schema().fields().iter().map(|field| field.name().as_str()).collect();
    let needed: Vec<&str> = ["at"].into_iter().chain(metric.header.columns()).collect();
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
) -> Result<SessionContext> {
    let session = empty_session()?;
    for (name, table) in tables {
        session.register_table(views::stored(name), table.clone())?;
    }
    views::register(&session, identities, scope).await?;
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

/// DataFusion's errors carry backtraces and context over several lines; a user needs the sentence.
fn one_line(error: &DataFusionError) -> String {
    let text = error.find_root().strip_backtrace();
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_and_simulated_sources_are_never_mixed() {
        let origin = |source: &str, simulated| Origin {
            source: source.to_owned(),
            kind: String::new(),
            address: String::new(),
            simulated,
        };
        let of = |origins: &[Origin], source| {
            let catalogue = Catalogue { origins: origins.to_vec(), runs: Vec::new() };
            let scope = catalogue.scope(source);
            (catalogue.is_simulated(&scope), scope.sources.unwrap())
        };
        let teams = |source| {
            let origins = [origin("acme", true), origin("app", false), origin("people", false), origin("other", true)];
            Catalogue { origins: origins.to_vec(), runs: Vec::new() }.scope(source).teams.unwrap()
        };
        assert_eq!([teams(None), teams(Some("app"))], [["app", "people"], ["app", "people"]]);
        assert_eq!(teams(Some("acme")), ["acme"]);
        let both = [origin("acme", true), origin("app", false), origin("web", false)];
        assert_eq!(of(&both, None), (false, vec!["app".to_owned(), "web".to_owned()]));
        assert_eq!(of(&both, Some("acme")), (true, vec!["acme".to_owned()]));
        assert_eq!(of(&both, Some("absent")), (false, Vec::new()));
        assert_eq!(of(&both[..1], None), (true, vec!["acme".to_owned()]));
        assert_eq!(of(&[], None), (false, Vec::new()));
    }
}
