//! Collectors: they read a source and bring rows into the tables, each row once.
//!
//! One rule: a collector writes its plan into the store before its first row and derives every row from that plan, so that
//! a second run after a crash writes the same bytes.

mod apply;
mod backstage;
pub mod catalog;
pub mod cdevents;
mod command;
mod content;
mod dated;
pub mod deliveries;
pub mod erasure;
pub mod events;
mod files;
pub mod git;
pub mod github;
pub mod gitlab;
mod http;
pub mod jira;
mod mapping;
pub mod observation;
mod pagerduty;
mod program;
mod reconciliation;
mod roster;
mod rows;
pub mod sample;
mod saved;
pub mod schedule;
mod session;
mod simulation;
mod singer;
mod teams;
mod zendesk;

pub use self::http::{Denied, HttpError, Patience};

use crate::ambient::Ambient;
use crate::model::{self, Table};
use crate::project::{Diagnostic, Pipeline, PipelineKind};
use crate::store::landing::LandingError;
use crate::store::{
    Change, Compacted, ErasedWords, Identity, Lock, Mark, Origin, Outcome, Refused, Run, State, Store, StoreError,
};
use arrow::array::RecordBatch;
use chrono::{DateTime, TimeDelta, Utc};
use deliveries::Deliveries;
pub use mapping::check as check_mappings;
use std::path::{Path, PathBuf};

/// What can go wrong while collecting.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Landing(#[from] LandingError),
    #[error(transparent)]
    Git(#[from] git::GitError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error("{path}: {message}")]
    Source { path: PathBuf, message: String },
    #[error("{refused} of {all} lines were refused; the others are stored")]
    BadLines { refused: u64, all: u64 },
    #[error("{bad} of {all} files cannot be read; what the others hold is stored")]
    BadFiles { bad: usize, all: usize },
    #[error("{0}")]
    File(Diagnostic),
    #[error("the reading thread stopped: {0}")]
    Stopped(String),
}

impl CollectError {
    /// Whether it is the source that cannot be had or read, and not the data folder.
    pub fn is_of_source(&self) -> bool {
        !matches!(self, CollectError::Store(_) | CollectError::Landing(_) | CollectError::Stopped(_))
    }
}

/// The result of collecting.
pub type Result<T, E = CollectError> = std::result::Result<T, E>;

/// What a run brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub source: String,
    /// Rows written by table, in the order written; empty when nothing was new.
    pub rows: Vec<(&'static str, u64)>,
    /// What no table could take and was put aside.
    pub refused: usize,
}

/// Hears how far a long run is.
pub trait Progress: Send + Sync {
    /// A new stage begins; `total` steps where known.
    fn stage(&self, name: &str, total: Option<u64>);
    /// So many further steps are done.
    fn advance(&self, steps: u64);
    /// Something was left out, and the run goes on: one line.
    fn warn(&self, line: &str);
}

/// Tells nobody; what goes wrong is in the log.
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _name: &str, _total: Option<u64>) {}
    fn advance(&self, _steps: u64) {}
    fn warn(&self, line: &str) {
        tracing::warn!("{line}");
    }
}

/// A data folder that is open for writing by this process.
pub struct Collecting<'a> {
    store: Store,
    state: State,
    secret: [u8; 32],
    ambient: &'a Ambient,
    progress: &'a dyn Progress,
    patience: Patience,
    reconciles: bool,
    deliveries: Option<&'a Deliveries>,
    /// The words that named erased people. They are not stored again.
    erased: ErasedWords,
    /// What the run brought so far.
    report: Report,
    _lock: Lock,
}

impl<'a> Collecting<'a> {
    /// Claims the data folder.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process writes into it.
    pub fn begin(store: &Store, ambient: &'a Ambient, progress: &'a dyn Progress) -> Result<Collecting<'a>> {
        let lock = store.lock()?;
        let state = store.state()?;
        let secret = state.secret(|| ambient.secret())?;
        let (patience, erased) = (Patience::default(), state.erased_words(&secret)?);
        let (store, reconciles, deliveries, report) = (store.clone(), false, None, Report::default());
        Ok(Collecting {
            store,
            state,
            secret,
            ambient,
            progress,
            patience,
            reconciles,
            deliveries,
            erased,
            report,
            _lock: lock,
        })
    }

    /// Brings deliveries into the tables too, while a long run is under way.
    #[must_use]
    pub fn with_deliveries(mut self, deliveries: Option<&'a Deliveries>) -> Self {
        self.deliveries = deliveries;
        self
    }

    /// Compares the tables with the source in this run, also where that is not due.
    #[must_use]
    pub fn with_reconciliation(mut self) -> Self {
        self.reconciles = true;
        self
    }

    /// Waits this long where a source does not say how long.
    #[must_use]
    pub fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Runs one pipeline; relative paths in it are taken from `folder`.
    ///
    /// # Errors
    /// [`CollectError`]; the failed run is recorded, with the rows that it stored before.
    pub async fn run(&mut self, pipeline: &Pipeline, folder: &Path) -> Result<Report> {
        self.finish_erasing().await?;
        let started_at = self.ambient.now();
        self.report = Report { source: pipeline.name.clone(), ..Report::default() };
        let result = match &pipeline.kind {
            PipelineKind::Backstage(keys) => backstage::collect(self, &pipeline.name, keys, folder).await,
            PipelineKind::Files(keys) => files::collect(self, &pipeline.name, keys, folder).await,
            PipelineKind::Git(keys) => git::collect(self, &pipeline.name, keys, folder).await,
            PipelineKind::Github(keys) => github::collect(self, &pipeline.name, keys, folder).await,
            PipelineKind::Gitlab(keys) => gitlab::collect(self, &pipeline.name, keys, folder).await,
            PipelineKind::Jira(keys) => jira::collect(self, &pipeline.name, keys, folder).await,
            PipelineKind::Pagerduty(keys) => pagerduty::collect(self, &pipeline.name, keys, folder).await,
            PipelineKind::Command(keys) => command::collect(self, &pipeline.name, keys, folder).await,
            PipelineKind::Singer(keys) => singer::collect(self, &pipeline.name, keys, folder).await,
            PipelineKind::Teams(keys) => teams::collect(self, &pipeline.name, keys, folder).await,
            PipelineKind::Simulation(keys) => simulation::collect(self, &pipeline.name, keys, folder).await,
            // What is sent comes in through the doors of a server.
            PipelineKind::Cdevents(_) | PipelineKind::Events(_) | PipelineKind::Webhooks(_) => Ok(()),
            PipelineKind::Zendesk(keys) => zendesk::collect(self, &pipeline.name, keys, folder).await,
        };
        let report = std::mem::take(&mut self.report);
        let run = Run {
            source: pipeline.name.clone(),
            started_at,
            finished_at: self.ambient.now(),
            rows: report.total(),
            error: result.as_ref().err().map(|error| self.without_erased(error.to_string())),
        };
        // Why nothing came says more than why that could not be recorded.
        let recorded = self.state.put_run(&run);
        result?;
        recorded?;
        for table in report.rows.iter().filter_map(|(name, _)| model::table(name)) {
            self.compact(table).await?;
        }
        Ok(report)
    }

    /// Brings in what waits from the doors, where there are any.
    ///
    /// # Errors
    /// [`CollectError`]; it is offered again.
    pub async fn take_deliveries(&mut self) -> Result<()> {
        let Some(deliveries) = self.deliveries else { return Ok(()) };
        // What is delivered is no part of the run that it comes in during.
        let run = std::mem::take(&mut self.report);
        let applied = deliveries.apply(self).await;
        let brought = std::mem::replace(&mut self.report, run);
        tracing::info!("{} rows were delivered", brought.total());
        applied
    }

    async fn compact(&self, table: &'static Table) -> Result<()> {
        if let Some(Compacted { files_before, files_after, removed, .. }) =
            self.store.compact(table, &self.store.compaction()).await?
        {
            tracing::info!("table {}: {files_before} files became {files_after}, {removed} removed", table.name);
        }
        Ok(())
    }

    /// Keeps what no table can take, so that it holds up nothing.
    fn put_aside(&mut self, refused: &[Refused]) -> Result<()> {
        let cleaned: Vec<Refused> = refused.iter().map(|it| it.clone().without(&self.erased)).collect();
        if !cleaned.is_empty() {
            self.state.put_refused(&cleaned)?;
        }
        for Refused { source, place, reason, .. } in refused {
            self.progress.warn(&format!("{source}: {place}: {reason}; put aside"));
        }
        self.report.refused += refused.len();
        Ok(())
    }

    fn put_origin(&self, source: &str, kind: &str, address: String, simulated: bool) -> Result<()> {
        let origin = Origin { source: source.to_owned(), kind: kind.to_owned(), address, simulated };
        Ok(self.state.put_origin(&origin)?)
    }

    fn put_identities(&mut self, identities: &[Identity]) -> Result<()> {
        Ok(self.state.put_identities(&self.secret, identities)?)
    }

    /// Gives the rows of a repository another name, in every table. To do so again changes nothing.
    async fn rename_repository(&self, source: &str, from: &str, to: &str) -> Result<()> {
        for table in model::TABLES {
            for column in table.columns.iter().filter(|column| ["repository", "service"].contains(&column.name)) {
                self.store.rename(table, source, column.name, from, to).await?;
            }
        }
        // Its issues name it as what they were filed in, and in their address.
        let tickets = &model::support::TICKETS;
        self.store.rename(tickets, source, "project", from, to).await?;
        self.store.rename_part(tickets, source, "url", &format!("/{from}/"), &format!("/{to}/")).await?;
        // The ids of its issues begin with its name.
        let (from, to) = (github::map::ticket_ids(from), github::map::ticket_ids(to));
        for table in [&model::support::TICKETS, &model::support::TICKET_EVENTS] {
            self.store.rename_beginning(table, source, "ticket_id", &from, &to).await?;
        }
        Ok(())
    }

    /// Whether something last compared at this moment is to be compared with its source again: once a day, and on demand.
    fn is_reconciled_now(&self, last: Option<DateTime<Utc>>) -> bool {
        let now = self.ambient.now();
        self.reconciles || last.is_none_or(|last| last > now || now - last >= TimeDelta::days(1))
    }

    async fn write(
        &mut self,
        table: &'static Table,
        change: &Change,
        mark: &Mark,
        batches: Vec<RecordBatch>,
    ) -> Result<()> {
        let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        let batches = batches.into_iter().map(|batch| self.erased.clean_batch(table, batch)).collect::<Result<_, _>>();
        let batches = batches.map_err(|source| StoreError::Arrow { table: table.name, source })?;
        if self.store.commit(table, change, mark, batches).await? == Outcome::Written {
            match self.report.rows.iter_mut().find(|(name, _)| *name == table.name) {
                Some((_, before)) => *before += rows,
                None => self.report.rows.push((table.name, rows)),
            }
        }
        Ok(())
    }
}

impl Report {
    /// Rows over all tables.
    pub fn total(&self) -> u64 {
        self.rows.iter().map(|(_, rows)| rows).sum()
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Whether a name or login is a machine's: `[bot]` accounts and the well-known merge and update robots.
fn is_bot(name: &str, email: &str) -> bool {
    const NAMES: [&str; 12] = [
        "bors",
        "dependabot",
        "renovate",
        "renovate bot",
        "github actions",
        "github-actions",
        "greenkeeper",
        "mergify",
        "rust-bors",
        "rust-timer",
        "semantic-release-bot",
        "web-flow",
    ];
    let name = name.to_lowercase();
    NAMES.contains(&name.as_str())
        || name.ends_with("[bot]")
        || name.ends_with("-bot")
        || email.to_lowercase().contains("[bot]@")
}
