//! Experiments of one exclusive group, which never share a unit while they run.

use super::assignment::assignments;
use super::record::{self, Action};
use super::study::midnight;
use super::{ExperimentError, Result, panel};
use crate::project::Experiment;
use crate::query::{Engine, quoted};
use std::collections::{BTreeMap, BTreeSet};

/// Refuses units that an experiment of the same exclusive group has at the time.
pub(super) async fn refuse_shared(
    engine: &Engine,
    experiment: &Experiment,
    candidates: &BTreeMap<String, String>,
    roster: &[(String, String)],
) -> Result<()> {
    for other in engine.project().experiments.values().filter(|other| experiment.excludes(other)) {
        let events = record::events(engine, &other.name).await?;
        let is_over = events.last().is_none_or(|event| {
            event.action == Action::Stop && event.happened_at <= midnight(experiment.schedule.start)
        });
        if is_over {
            continue;
        }
        let taken: BTreeSet<String> = assignments(engine, &other.name).await?.into_iter().map(|it| it.unit).collect();
        let people = people_of(engine, &other.name).await?;
        let units = taken.iter().filter(|unit| candidates.contains_key(*unit)).count();
        let shared = roster.iter().filter(|(person, _)| people.contains(person)).count();
        if units > 0 || shared > 0 {
            return Err(ExperimentError::Exclusive {
                experiment: experiment.name.clone(),
                group: experiment.exclusive.clone().unwrap_or_default(),
                other: other.name.clone(),
                start: other.schedule.start,
                end: other.schedule.end,
                units,
            });
        }
    }
    Ok(())
}

async fn people_of(engine: &Engine, experiment: &str) -> Result<BTreeSet<String>> {
    let sql = format!("SELECT person_id FROM stored.experiment_rosters WHERE experiment = {}", quoted(experiment));
    Ok(panel::texts(&panel::collect(engine, &sql).await?, 0).into_iter().collect())
}
