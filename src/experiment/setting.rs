//! What was recorded of an experiment, put back together: the definition that holds, the lottery that was drawn, its units and times.

use super::assignment::{self, Recorded};
use super::record::{self, Action, Assigned, Drawing, Event};
use super::study::{self, Study};
use super::{ExperimentError, Result, panel};
use crate::metric;
use crate::project::Experiment;
use crate::query::{Engine, Scope, quoted};
use crate::trial::{Design, Randomization};
use chrono::{DateTime, Days, Duration, Utc};
use std::collections::BTreeMap;

/// What was recorded of an experiment.
pub(super) struct Setting {
    pub experiment: Experiment,
    pub events: Vec<Event>,
    pub drawing: Drawing,
    pub assigned: Vec<Assigned>,
    pub randomization: Randomization,
    /// The variant of each unit, in the order of the lottery.
    pub arms: Vec<usize>,
    pub study: Study,
    /// The data reach the end, or the moment it was stopped at, and what was opened by then could be followed.
    pub is_complete: bool,
    pub data_through: Option<DateTime<Utc>>,
}

impl Setting {
    /// Reads what was recorded.
    ///
    /// # Errors
    /// [`ExperimentError::NotStarted`] without a recorded start, [`ExperimentError::Record`] for what cannot be read.
    pub(super) async fn read(engine: &Engine, name: &str, now: DateTime<Utc>) -> Result<Setting> {
        let events = record::events(engine, name).await?;
        let Some(experiment) = record::held(name, &events)? else {
            return Err(ExperimentError::NotStarted { experiment: name.to_owned() });
        };
        let drawing = record::drawing(name, &events)?;
        let assigned = assignment::assignments(engine, name).await?;
        let failed = |source| ExperimentError::Trial { experiment: name.to_owned(), source };
        let Recorded { randomization, arms, units: ids } =
            assignment::recorded(&experiment, &assigned, &drawing).map_err(failed)?;
        let data_through = metric::data_span(engine, &Scope::default(), now).await?.map(|span| span.to);
        let stopped = events.iter().find(|event| event.action == Action::Stop).map(|event| event.happened_at);
        let end = study::end(&experiment.schedule);
        let until = stopped.map_or(end, |stopped| stopped.min(end));
        let follow = Duration::days(i64::from(experiment.schedule.followup_days.unwrap_or(0)));
        let is_complete = data_through.is_some_and(|through| through >= until + follow);
        let units: Vec<String> = match drawing.design {
            // The units of a switchback are blocks of time of systems; rows are of systems.
            Design::Switchback => {
                let mut systems: Vec<String> = ids.iter().map(|block| system_of(block).to_owned()).collect();
                systems.dedup();
                systems
            }
            _ => ids,
        };
        let study = Study {
            name: name.to_owned(),
            kind: experiment.assignment.drawn(),
            sizes: sizes(engine, &experiment, &units).await?,
            units,
            schedule: experiment.schedule,
            period_days: experiment.assignment.period_days,
            until: until.min(data_through.unwrap_or(until)),
            scope: study::frozen(&experiment),
        };
        Ok(Setting { experiment, events, drawing, assigned, randomization, arms, study, is_complete, data_through })
    }

    /// The same as it stood at the end of a day.
    pub(super) fn at(&self, last_day: chrono::NaiveDate) -> Study {
        let end = study::midnight(last_day).checked_add_days(Days::new(1)).unwrap_or(self.study.until);
        Study { until: end.min(self.study.until), ..self.study.clone() }
    }
}

/// The system of a block of a switchback, whose number stands behind it.
pub(super) fn system_of(block: &str) -> &str {
    block.rsplit_once(' ').map_or(block, |(system, _)| system)
}

/// Members of each unit when it was drawn; 1 where units have none.
async fn sizes(engine: &Engine, experiment: &Experiment, units: &[String]) -> Result<Vec<f64>> {
    let sql = format!("SELECT unit FROM experiment_rosters WHERE experiment = {}", quoted(&experiment.name));
    let mut members: BTreeMap<String, f64> = BTreeMap::new();
    for unit in panel::texts(&panel::collect(engine, &sql).await?, 0) {
        *members.entry(unit).or_default() += 1.0;
    }
    Ok(units.iter().map(|unit| members.get(unit).copied().unwrap_or(1.0)).collect())
}
