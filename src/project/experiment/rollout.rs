//! A treatment that came to units at different times and was not drawn by lot: observational.

use super::super::files::Place;
use super::super::reading::Reading;
use super::either::TableOrSql;
use super::metrics::{self, Outcome};
use super::schedule::{self, Schedule, day};
use super::unit_kind::UnitKind;
use super::written::ExperimentFile;
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// One roll-out. Its numbers are compared over time and never called randomised.
#[derive(Clone, Debug)]
pub struct Rollout {
    pub name: String,
    pub title: String,
    pub hypothesis: String,
    /// The team or group that answers for it.
    pub owner: Option<String>,
    pub unit: UnitKind,
    pub started: Started,
    /// What is compared; the history comes before its start.
    pub schedule: Schedule,
    /// Goals first, then secondary ones, then guardrails.
    pub metrics: Vec<Outcome>,
    /// Two-sided error rate of the goals.
    pub alpha: f64,
    pub embedded: bool,
    /// The definition as it was read, for its hash and for showing.
    pub text: String,
    pub file: String,
}

/// When each unit got the treatment. Units that are not named did not.
#[derive(Clone, Debug, PartialEq)]
pub enum Started {
    /// The first day with it, by unit.
    Listed(BTreeMap<String, NaiveDate>),
    /// A query for the unit and its first day, in two columns, and its place.
    Query(String, Place),
}

impl Rollout {
    /// Every metric the file names, with its place.
    pub fn metric_references(&self) -> impl Iterator<Item = (&Place, &str)> {
        self.metrics.iter().map(|outcome| (&outcome.place, outcome.metric.as_str()))
    }
}

pub(super) fn read(file: &ExperimentFile, reading: &mut Reading<'_>) -> Option<Rollout> {
    let rollout = file.rollout.as_ref()?.get_ref();
    let analysis = &file.analysis;
    let of_lotteries = [
        ("exclusive", file.exclusive.as_ref().map(|it| it.span())),
        ("holdout", file.holdout.as_ref().map(|it| it.span())),
        ("monitoring", analysis.monitoring.as_ref().map(|it| it.span())),
        ("tool", analysis.tool.as_ref().map(|it| it.span())),
        ("segments", analysis.segments.first().map(|it| it.span())),
        ("quantiles", analysis.quantiles.first().map(|it| it.span())),
        ("flag", file.flag.as_ref().map(|it| it.span())),
    ];
    for (key, at) in of_lotteries {
        if let Some(at) = at {
            reading.refuse(at, format!("{key} is for experiments whose treatment is drawn by lot; leave it out"));
        }
    }
    let started = started(file, reading);
    let schedule = schedule::read(&file.schedule, reading);
    let metrics = metrics::read(analysis, reading);
    let (alpha, _) = super::rates(analysis, reading);
    let owner = file.owner.as_ref().map(|it| reading.filled("owner", it));
    Some(Rollout {
        name: reading.content.name(),
        title: file.title.clone(),
        hypothesis: file.hypothesis.clone(),
        owner,
        unit: rollout.unit.unwrap_or(UnitKind::Team),
        started: started?,
        schedule: schedule?,
        metrics,
        alpha,
        embedded: reading.content.embedded,
        text: reading.content.text.clone(),
        file: reading.content.file.clone(),
    })
}

fn started(file: &ExperimentFile, reading: &mut Reading<'_>) -> Option<Started> {
    let started = &file.rollout.as_ref()?.get_ref().started;
    let (place, at) = (reading.place(started), started.span());
    match started.get_ref() {
        TableOrSql::Sql(sql) if sql.trim().is_empty() => {
            reading.refuse(at, "started is empty; write a query for the unit and its first day");
            None
        }
        TableOrSql::Sql(sql) => Some(Started::Query(sql.clone(), place)),
        TableOrSql::Table(days) if days.is_empty() => {
            reading.refuse(at, "no unit has started; write each with its first day, such as { payments = 2026-05-04 }");
            None
        }
        TableOrSql::Table(days) => {
            let mut listed = BTreeMap::new();
            for (unit, value) in days {
                listed.insert(unit.get_ref().clone(), day(value, reading)?);
            }
            Some(Started::Listed(listed))
        }
    }
}
