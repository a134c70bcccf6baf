//! The effect on one metric: intention to treat, one figure a team, adjusted for the team's own history.
//!
//! With 8 to 30 teams the p-value and the interval come from re-drawing the lottery (Fisher 1935; studentised on ANCOVA
//! residuals), above that from the ANCOVA itself with HC3 (Long & Ervin 2000). Both are shown.

use super::assignment::{Assigned, seed};
use super::decision::Verdict;
use super::panel::{Panel, Scale};
use super::{ExperimentError, MINIMUM_TEAMS, Result};
use crate::project::{Experiment, Metric, Role};
use crate::stats::randomization::LotteryRows;
use crate::stats::{self, Covariance, Interval, Level, Lottery, RandomizationOptions, Statistic, StatsError, UnitRows};
use std::collections::BTreeMap;

/// Up to this many teams the lottery itself is the reference.
const RANDOMIZATION_TEAMS: usize = 30;

/// Redraws beyond a million possible assignments.
const DRAWS: u32 = 20_000;

/// One metric's result.
#[derive(Clone, Debug)]
pub struct OutcomeResult {
    pub metric: String,
    pub role: Role,
    pub margin: f64,
    pub scale: Scale,
    /// Means over teams in the metric's own unit (geometric for durations, per engineer-week for counts).
    pub control: Option<f64>,
    pub treatment: Option<f64>,
    /// Relative: −0.1 is 10 % less.
    pub effect: Option<f64>,
    pub interval: Option<Interval>,
    pub level: Level,
    pub p: Option<f64>,
    pub method: String,
    /// The other method's p, for comparison.
    pub other_p: Option<(String, f64)>,
    pub rows: u64,
    pub teams: usize,
    pub verdict: Verdict,
    pub note: Option<String>,
    /// Values by variant, for their distribution.
    pub values: BTreeMap<String, Vec<f64>>,
}

/// One metric of one experiment.
pub(super) struct Study<'a> {
    pub experiment: &'a Experiment,
    pub lottery: &'a Lottery,
    pub assigned: &'a [Assigned],
    pub metric: &'a Metric,
    pub panel: &'a Panel,
}

/// A relative effect with its inference.
struct Inference {
    effect: f64,
    interval: Option<Interval>,
    p: f64,
    method: String,
    other_p: Option<(String, f64)>,
}

impl Study<'_> {
    pub fn result(&self, role: Role, margin: f64) -> Result<OutcomeResult> {
        let scale = Scale::of(self.metric);
        let goals = self.experiment.metrics.iter().filter(|it| it.role == Role::Goal).count().max(1);
        let alpha = if role == Role::Goal { self.experiment.alpha / goals as f64 } else { self.experiment.alpha };
        let failed = |source| ExperimentError::Stats { experiment: self.experiment.name.clone(), source };
        let level = Level::new(1.0 - alpha).map_err(failed)?;
        let teams = self.assigned.iter().filter(|it| self.panel.during.contains_key(&it.unit)).count();
        let (inference, note) = match self.inference(scale, level) {
            Ok(inference) => (Some(inference), None),
            Err(why) => (None, Some(why)),
        };
        let interval = inference.as_ref().and_then(|it| it.interval);
        Ok(OutcomeResult {
            metric: self.metric.name.clone(),
            role,
            margin,
            scale,
            control: self.mean(scale, false),
            treatment: self.mean(scale, true),
            effect: inference.as_ref().map(|it| it.effect),
            interval,
            level,
            p: inference.as_ref().map(|it| it.p),
            method: inference.as_ref().map_or_else(|| "not tested".to_owned(), |it| it.method.clone()),
            other_p: inference.and_then(|it| it.other_p),
            rows: self.panel.rows,
            teams,
            verdict: Verdict::of(role, self.metric.header.better, margin, interval),
            note,
            values: self.values_by_variant(),
        })
    }

    fn is_treated(&self, assigned: &Assigned) -> bool {
        assigned.variant == self.experiment.assignment.treatment.0
    }

    fn mean(&self, scale: Scale, treated: bool) -> Option<f64> {
        let arm = self.assigned.iter().filter(|it| self.is_treated(it) == treated);
        let figures: Vec<f64> = arm.filter_map(|it| self.panel.during.get(&it.unit).copied()).collect();
        let mean = figures.iter().sum::<f64>() / figures.len() as f64;
        let mean = if scale == Scale::Linear { mean } else { mean.exp() };
        mean.is_finite().then_some(mean)
    }

    fn values_by_variant(&self) -> BTreeMap<String, Vec<f64>> {
        let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for assigned in self.assigned {
            let of_team = self.panel.values.get(&assigned.unit).cloned().unwrap_or_default();
            values.entry(assigned.variant.clone()).or_default().extend(of_team);
        }
        values
    }

    /// The effect, or why there is none.
    fn inference(&self, scale: Scale, level: Level) -> Result<Inference, String> {
        // The order of the lottery's units, which the randomization test wants.
        let by_unit: BTreeMap<&str, &Assigned> = self.assigned.iter().map(|it| (it.unit.as_str(), it)).collect();
        let units: Vec<&Assigned> =
            self.lottery.units().iter().filter_map(|unit| by_unit.get(unit.id.as_str()).copied()).collect();
        let with_outcome: Vec<&Assigned> =
            units.iter().copied().filter(|it| self.panel.during.contains_key(&it.unit)).collect();
        if with_outcome.len() < MINIMUM_TEAMS {
            return Err(format!("{} teams with data; a test needs {MINIMUM_TEAMS}", with_outcome.len()));
        }
        let outcome: Vec<f64> = with_outcome.iter().filter_map(|it| self.panel.during.get(&it.unit).copied()).collect();
        let treated: Vec<bool> = with_outcome.iter().map(|it| self.is_treated(it)).collect();
        let strata: Vec<String> = with_outcome.iter().map(|it| it.stratum.clone()).collect();
        let covariates = self.covariates(&with_outcome);
        let rows = UnitRows { outcome: &outcome, treated: &treated, covariates: &covariates, strata: &strata };
        let ancova = stats::ancova(rows, Covariance::Hc3, level).map_err(|error| error.to_string())?;
        let relative = |value: f64| self.relative(scale, value);
        let bounds =
            |interval: Interval| Some(Interval { low: relative(interval.low)?, high: relative(interval.high)? });
        let ancova_words = format!("team ANCOVA, HC3, t with {} df", ancova.degrees_of_freedom);
        if with_outcome.len() == units.len() && units.len() <= RANDOMIZATION_TEAMS {
            let test = self.randomization(&outcome, &covariates, level).map_err(|error| error.to_string())?;
            return Ok(Inference {
                effect: relative(test.estimate).ok_or("the control's mean is zero")?,
                interval: test.interval.and_then(bounds),
                p: test.p,
                method: "randomization under the stratified lottery, studentised, adjusted for the team's history"
                    .into(),
                other_p: Some((ancova_words, ancova.p)),
            });
        }
        Ok(Inference {
            effect: relative(ancova.estimate).ok_or("the control's mean is zero")?,
            interval: bounds(ancova.interval),
            p: ancova.p,
            method: format!("{ancova_words}, adjusted for the team's history"),
            other_p: None,
        })
    }

    /// The team's own figure before the start, where all teams have one.
    fn covariates(&self, units: &[&Assigned]) -> Vec<Vec<f64>> {
        let before: Option<Vec<f64>> = units.iter().map(|it| self.panel.before.get(&it.unit).copied()).collect();
        let varies = |column: &Vec<f64>| column.iter().any(|value| Some(value) != column.first());
        before.into_iter().filter(varies).collect()
    }

    fn randomization(
        &self,
        outcome: &[f64],
        covariates: &[Vec<f64>],
        level: Level,
    ) -> Result<stats::RandomizationTest, StatsError> {
        let variant: BTreeMap<&str, &str> =
            self.assigned.iter().map(|it| (it.unit.as_str(), it.variant.as_str())).collect();
        let treatment = self.experiment.assignment.treatment.0.as_str();
        let units = self.lottery.units().iter();
        let arms: Vec<usize> =
            units.map(|unit| usize::from(variant.get(unit.id.as_str()) == Some(&treatment))).collect();
        // Another stream than the lottery's own.
        let seed = *blake3::hash(&seed(self.experiment)).as_bytes();
        let options = RandomizationOptions { draws: DRAWS, level, ..RandomizationOptions::with_seed(seed) };
        let rows = LotteryRows { outcome, arms: &arms, covariates, known: &[] };
        stats::randomization_test(self.lottery, rows, Statistic::StudentisedResidual, options)
    }

    fn relative(&self, scale: Scale, value: f64) -> Option<f64> {
        match scale {
            Scale::LogMean | Scale::LogRate => Some(value.exp() - 1.0),
            Scale::Linear => self.mean(scale, false).filter(|mean| *mean != 0.0).map(|mean| value / mean),
        }
    }
}
