//! Analyses of experiments, kept until something that they follow from changes: redrawing a lottery takes longer than a page may.
//!
//! One rule: what is kept is what would be computed, from the same tables, people, files and day.

use super::App;
use crate::experiment::{self, Analysis, ExperimentError};
use crate::project::{Experiment, Rollout, Schedule};
use chrono::{DateTime, NaiveDate, Utc};
use quick_cache::sync::Cache;
use std::sync::Arc;

/// What an analysis follows from.
type Key = (Vec<(&'static str, u64)>, i64, String, NaiveDate);

/// Analyses that are kept, of whatever was asked for last.
const KEPT: usize = 64;

/// Analyses by experiment and by what they follow from; `None` before an experiment's start.
pub(super) struct Analyses(Cache<(String, Key), Option<Arc<Analysis>>>);

impl Default for Analyses {
    fn default() -> Analyses {
        Analyses(Cache::new(KEPT))
    }
}

/// What a page is about.
#[derive(Clone, Debug)]
pub(super) enum Subject {
    Experiment(Box<Experiment>),
    Rollout(Box<Rollout>),
}

impl Subject {
    /// Everything in the folder of experiments, by name.
    pub(super) fn all(app: &App) -> Vec<Subject> {
        let project = app.engine.project();
        let experiments = project.experiments.values().cloned().map(|it| Subject::Experiment(Box::new(it)));
        let rollouts = project.rollouts.values().cloned().map(|it| Subject::Rollout(Box::new(it)));
        experiments.chain(rollouts).collect()
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Subject::Experiment(it) => &it.name,
            Subject::Rollout(it) => &it.name,
        }
    }

    pub(super) fn title(&self) -> &str {
        match self {
            Subject::Experiment(it) => &it.title,
            Subject::Rollout(it) => &it.title,
        }
    }

    pub(super) fn hypothesis(&self) -> &str {
        match self {
            Subject::Experiment(it) => &it.hypothesis,
            Subject::Rollout(it) => &it.hypothesis,
        }
    }

    pub(super) fn schedule(&self) -> Schedule {
        match self {
            Subject::Experiment(it) => it.schedule,
            Subject::Rollout(it) => it.schedule,
        }
    }

    /// The file and what it says.
    pub(super) fn definition(&self) -> (&str, &str) {
        match self {
            Subject::Experiment(it) => (&it.file, &it.text),
            Subject::Rollout(it) => (&it.file, &it.text),
        }
    }

    /// It comes with the binary.
    pub(super) fn is_embedded(&self) -> bool {
        match self {
            Subject::Experiment(it) => it.embedded,
            Subject::Rollout(it) => it.embedded,
        }
    }
}

/// The analysis of what a page is about; `None` before an experiment's start. Whoever asks meanwhile waits for the one that is made.
pub(super) async fn analysis(
    app: &App,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Option<Arc<Analysis>>, ExperimentError> {
    let stamp = app.engine.stamp()?;
    let follows = (stamp.tables, stamp.people, experiment::definition_hash(subject.definition().1), now.date_naive());
    let key = (subject.name().to_owned(), follows);
    app.analyses.0.get_or_insert_async(&key, async { analysed(app, subject, now).await }).await
}

async fn analysed(app: &App, subject: &Subject, now: DateTime<Utc>) -> Result<Option<Arc<Analysis>>, ExperimentError> {
    let analysed = match subject {
        Subject::Experiment(it) => experiment::analyse(&app.engine, it, now).await,
        Subject::Rollout(it) => experiment::analyse_rollout(&app.engine, it, now).await,
    };
    match analysed {
        Ok(analysis) => Ok(Some(Arc::new(analysis))),
        Err(ExperimentError::NotStarted { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
