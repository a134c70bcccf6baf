//! Analyses of experiments, kept until something that they follow from changes: redrawing a lottery takes longer than a page may.
//!
//! One rule: what is kept is what would be computed, from the same tables, people, files and day.

use super::App;
use crate::experiment::{self, Analysis, ExperimentError};
use crate::project::{Experiment, Rollout, Schedule};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What an analysis follows from.
type Key = (Vec<(&'static str, u64)>, i64, String, NaiveDate);

/// The newest analysis of each experiment.
#[derive(Default)]
pub(super) struct Analyses(Mutex<BTreeMap<String, (Key, Arc<Analysis>)>>);

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

/// The analysis of what a page is about; `None` before an experiment's start.
pub(super) async fn analysis(
    app: &App,
    subject: &Subject,
    now: DateTime<Utc>,
) -> Result<Option<Arc<Analysis>>, ExperimentError> {
    let stamp = app.engine.stamp()?;
    let key = (stamp.tables, stamp.people, experiment::definition_hash(subject.definition().1), now.date_naive());
    let kept = || app.analyses.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, analysis)) = kept().get(subject.name()).filter(|(known, _)| *known == key) {
        return Ok(Some(analysis.clone()));
    }
    let analysed = match subject {
        Subject::Experiment(it) => experiment::analyse(&app.engine, it, now).await,
        Subject::Rollout(it) => experiment::analyse_rollout(&app.engine, it, now).await,
    };
    let analysis = match analysed {
        Ok(analysis) => Arc::new(analysis),
        Err(ExperimentError::NotStarted { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    kept().insert(subject.name().to_owned(), (key, analysis.clone()));
    Ok(Some(analysis))
}
