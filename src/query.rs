//! DataFusion over the stored tables: one session for every door, with the canonical tables, the facts of each metric and
//! our functions.
//!
//! One rule: whatever reads data, a dashboard, an experiment or an analyst, reads it through [`Engine::session`].

mod as_of;
mod boundaries;
mod bounds;
mod calendar;
mod catalogue;
mod changes;
mod check;
mod components;
mod definitions;
mod deployments;
mod empty;
mod engineer_weeks;
mod facts;
mod functions;
mod golden_paths;
mod guard;
mod inputs;
mod investment;
mod knowledge;
mod lineage;
mod links;
pub mod people;
mod pull_request_phases;
mod reads;
mod stamp;
mod tool_weeks;
mod topics;
mod truncated;
mod views;
mod world;

use crate::project::{Metric, Project, one_line};
use crate::store::{Identity, Store, StoreError, Versions};
use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use datafusion::catalog::TableProvider;
use datafusion::common::SchemaReference;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::{SendableRecordBatchStream, SessionStateBuilder};
use datafusion::optimizer::propagate_empty_relation::PropagateEmptyRelation;
use datafusion::optimizer::{Optimizer, OptimizerRule};
use datafusion::prelude::{SessionConfig, SessionContext};
use definitions::{Definitions, Kept};
use empty::EmptyTables;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use truncated::Truncated;
use world::World;

pub use as_of::AsOf;
pub use catalogue::{Budget, Catalogue, Collector, Drift};
pub use changes::TeamChanges;
pub use check::{check_metrics, wrong_query};
pub use facts::{Refreshed, Way};
pub use guard::Limits;
pub use reads::Reads;
pub use stamp::Stamp;
pub use views::{person_of, quoted};

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
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Scope {
    /// Only these sources; all of them when `None`.
    pub sources: Option<Vec<String>>,
    /// The sources whose teams apply to those rows; all of them when `None`.
    pub teams: Option<Vec<String>>,
    /// Whose teams stay as they were when an experiment was drawn.
    #[serde(default)]
    pub roster: Option<Roster>,
}

/// The memberships that an experiment froze: from the moment on, whoever was in a unit stays in it and nobody joins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Roster {
    pub experiment: String,
    /// Microseconds since 1970.
    pub from: i64,
}

/// Sessions over one data folder and one project.
pub struct Engine {
    store: Store,
    project: Arc<Project>,
    /// Of the tables that are read, where they are not the newest.
    as_of: Option<Versions>,
    sessions: Mutex<BTreeMap<Scope, Cached>>,
}

struct Cached {
    stamp: Stamp,
    session: SessionContext,
}

impl Engine {
    /// An engine over a data folder that holds something.
    pub fn new(store: Store, project: Arc<Project>) -> Engine {
        Engine { store, project, as_of: None, sessions: Mutex::default() }
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
        // Before anything is read, so that what changes meanwhile is noticed next time.
        let stamp = self.stamp()?;
        let sessions = || self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Cached { stamp: then, session }) = sessions().get(scope)
            && (then.people, then.refreshes) == (stamp.people, stamp.refreshes)
            && (self.as_of.is_some() || then.tables == stamp.tables)
        {
            return Ok(session.clone());
        }
        let session = self.new_session(scope).await?;
        sessions().insert(scope.clone(), Cached { stamp, session: session.clone() });
        Ok(session)
    }

    /// The zone in which the days of a team, or of the whole organisation, begin at a moment: that of the calendars in
    /// `team_calendars`, else UTC.
    ///
    /// # Errors
    /// As [`Engine::session`].
    pub async fn zone(&self, scope: &Scope, team: Option<&str>, moment: DateTime<Utc>) -> Result<Tz> {
        let session = self.session(scope).await?;
        Ok(calendar::zone(&session, scope, team, moment).await?.unwrap_or(Tz::UTC))
    }

    async fn new_session(&self, scope: &Scope) -> Result<SessionContext> {
        let world = World::of(&self.store, self.as_of.as_ref()).await?;
        let kept = self.store.refreshes().map(|_| facts::kept(&self.store, scope, &world, &self.project));
        session_with(&world.tables(), &world.identities, scope, &self.project, kept).await
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
    session_with(tables, identities, scope, project, None).await
}

async fn session_with(
    tables: &Tables,
    identities: &[(String, String, Identity)],
    scope: &Scope,
    project: &Project,
    kept: Option<Kept>,
) -> Result<SessionContext> {
    let identities = people::flagged(identities.to_vec(), project);
    let (session, mut definitions) = defined_session(tables, &identities, scope, project).await?;
    // A broken metric is reported where it is used and by `paceline check`; the others work.
    for metric in project.metrics.values() {
        definitions.metric(&metric.name, &metric.sql);
    }
    definitions.install(&session, kept)?;
    Ok(session)
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
    let (session, definitions) = defined_session(tables, identities, scope, project).await?;
    definitions.install(&session, None)?;
    Ok(session)
}

/// A session with the stored tables and our functions, and what else it is to have.
async fn defined_session(
    tables: &Tables,
    identities: &[(String, String, Identity)],
    scope: &Scope,
    project: &Project,
) -> Result<(SessionContext, Definitions)> {
    let session = empty_session()?;
    let mut definitions = Definitions::default();
    for (name, table) in tables {
        session.register_table(views::stored(name), table.clone())?;
    }
    views::register(&session, identities, scope, &Arc::new(project.topics.clone()), &mut definitions).await?;
    investment::register(&session, &Arc::new(project.investment.clone()));
    knowledge::register(&session)?;
    golden_paths::register(&session, &project.golden_paths, &mut definitions)?;
    Ok((session, definitions))
}

/// DataFusion's rules and ours. Tables without rows are left out where DataFusion itself looks for what is empty: before that,
/// where queries within queries are still to be resolved, a union of which one part remains loses the names of its columns.
fn rules() -> Vec<Arc<dyn OptimizerRule + Send + Sync>> {
    let mut rules = Optimizer::new().rules;
    let name = PropagateEmptyRelation::new().name().to_owned();
    let place = rules.iter().position(|rule| rule.name() == name).unwrap_or(rules.len());
    rules.insert(place, Arc::new(EmptyTables));
    rules.push(Arc::new(Truncated));
    rules
}

/// A session with our functions and limits and no tables.
fn empty_session() -> Result<SessionContext> {
    let mut config =
        SessionConfig::new().with_information_schema(true).with_default_catalog_and_schema("paceline", "public");
    config.options_mut().sql_parser.collect_spans = true;
    config.options_mut().execution.parquet.pushdown_filters = true;
    // Whoever can spill gets an equal part: the first sorter of a plan may not leave the second without room for its merge.
    let pool = TrackConsumersPool::new(FairSpillPool::new(guard::MEMORY_BYTES), guard::NAMED_CONSUMERS);
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc()?;
    let state = SessionStateBuilder::new().with_default_features().with_config(config).with_runtime_env(runtime);
    let session = SessionContext::new_with_state(state.with_optimizer_rules(rules()).build());
    let stored = SchemaReference::Bare { schema: views::STORED.into() };
    let catalog =
        session.catalog("paceline").ok_or_else(|| QueryError::Refused("the session has no catalog".into()))?;
    catalog.register_schema(stored.schema_name(), Arc::new(datafusion::catalog::MemorySchemaProvider::new()))?;
    functions::register(&session);
    guard::restrict(&session);
    Ok(session)
}
