//! Analyses of experiments, kept until something that they follow from changes: redrawing a lottery takes longer than a page may.
//!
//! One rule: what is kept is what would be computed, from the same tables, people, files and day.

use super::App;
use crate::experiment::{self, Analysis, ExperimentError};
use crate::project::Experiment;
use crate::query::QueryError;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What an analysis follows from.
type Key = (Vec<(&'static str, u64)>, i64, String, NaiveDate);

/// The newest analysis of each experiment.
#[derive(Default)]
pub(super) struct Analyses(Mutex<BTreeMap<String, (Key, Arc<Analysis>)>>);

/// The analysis of an experiment; `None` before its start.
pub(super) async fn analysis(
    app: &App,
    experiment: &Experiment,
    now: DateTime<Utc>,
) -> Result<Option<Arc<Analysis>>, ExperimentError> {
    let store = app.engine.store();
    let versions = store.versions().map_err(QueryError::from)?;
    let people = store.state().and_then(|state| state.identities_version()).map_err(QueryError::from)?;
    let key = (versions, people, experiment::definition_hash(&experiment.text), now.date_naive());
    let kept = || app.analyses.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, analysis)) = kept().get(&experiment.name).filter(|(known, _)| *known == key) {
        return Ok(Some(analysis.clone()));
    }
    let analysis = match experiment::analyse(&app.engine, experiment, now).await {
        Ok(analysis) => Arc::new(analysis),
        Err(ExperimentError::NotStarted { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    kept().insert(experiment.name.clone(), (key, analysis.clone()));
    Ok(Some(analysis))
}
