//! Units side by side: those of a sample that count for one question, as columns for `stats`.
//!
//! One rule: a unit without the figure is left out of the columns, and its absence is somebody else's to report.

use super::{Relative, Sample, Scale};
use crate::stats::{Covariance, Effect, Interval, Level, Mechanism, StatsError, UnitRows, ancova, lin, welch};

/// Columns with an entry for each unit that counts.
#[derive(Clone, Debug)]
pub(super) struct Compared {
    /// Places in the lottery's order.
    pub places: Vec<usize>,
    /// On the outcome's scale.
    pub figures: Vec<f64>,
    pub treated: Vec<bool>,
    pub covariates: Vec<Vec<f64>>,
    pub strata: Vec<String>,
}

impl Compared {
    /// Units with a figure during the experiment of which `keeps` says yes.
    pub(super) fn of(sample: &Sample<'_>, keeps: impl Fn(usize) -> bool) -> Compared {
        Compared::with_figures(sample, &sample.outcome.during, keeps)
    }

    /// The same with other figures than those of the whole experiment.
    pub(super) fn with_figures(
        sample: &Sample<'_>,
        figures: &[Option<f64>],
        keeps: impl Fn(usize) -> bool,
    ) -> Compared {
        let all = figures.iter().enumerate().filter(|(place, _)| keeps(*place));
        let known = all.filter_map(|(place, figure)| figure.map(|figure| (place, figure)));
        let (places, figures): (Vec<usize>, Vec<f64>) = known.unzip();
        let units = sample.randomization.lottery().units();
        Compared {
            treated: places.iter().map(|place| sample.arms[*place] == 1).collect(),
            covariates: sample.outcome.covariates(&places),
            strata: places.iter().map(|place| units[*place].stratum.clone()).collect(),
            places,
            figures,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// Units of the arm.
    pub(super) fn count(&self, treated: bool) -> usize {
        self.treated.iter().filter(|it| **it == treated).count()
    }

    /// The mean of the control units in the unit of the metric.
    pub(super) fn control_mean(&self, scale: Scale) -> Option<f64> {
        let (_, control) = self.arms();
        let mean = control.iter().sum::<f64>() / control.len() as f64;
        Some(scale.shown(mean)).filter(|mean| mean.is_finite())
    }

    /// Figures of the treated and of the control units.
    pub(super) fn arms(&self) -> (Vec<f64>, Vec<f64>) {
        let of = |arm: bool| -> Vec<f64> {
            let units = self.figures.iter().zip(&self.treated);
            units.filter(|(_, treated)| **treated == arm).map(|(figure, _)| *figure).collect()
        };
        (of(true), of(false))
    }

    /// With history and strata, HC3. A stratum of which one unit is left has no comparison in it; without strata the model still
    /// holds.
    pub(super) fn ancova(&self, level: Level) -> Result<Effect, StatsError> {
        self.with_or_without_strata(|rows| ancova(rows, Covariance::Hc3, level))
    }

    pub(super) fn ancova_without_strata(&self, level: Level) -> Result<Effect, StatsError> {
        ancova(self.rows(&[]), Covariance::Hc3, level)
    }

    /// With slopes of each arm.
    pub(super) fn lin(&self, level: Level) -> Result<Effect, StatsError> {
        self.with_or_without_strata(|rows| lin(rows, Covariance::Hc3, level))
    }

    /// Neither history nor strata.
    pub(super) fn welch(&self, level: Level) -> Result<Effect, StatsError> {
        let (treated, control) = self.arms();
        welch(&treated, &control, level)
    }

    fn with_or_without_strata(
        &self,
        fit: impl Fn(UnitRows<'_>) -> Result<Effect, StatsError>,
    ) -> Result<Effect, StatsError> {
        match fit(self.rows(&self.strata)) {
            Err(StatsError::FullLeverage { .. } | StatsError::TooFewRows { .. } | StatsError::Collinear { .. }) => {
                fit(self.rows(&[]))
            }
            effect => effect,
        }
    }

    fn rows<'a>(&'a self, strata: &'a [String]) -> UnitRows<'a> {
        UnitRows { outcome: &self.figures, treated: &self.treated, covariates: &self.covariates, strata }
    }

    /// The stratum of each unit by number, empty where all are in one.
    pub(super) fn stratum_numbers(&self) -> Vec<usize> {
        let mut labels: Vec<&String> = self.strata.iter().collect();
        labels.sort();
        labels.dedup();
        if labels.len() < 2 {
            return Vec::new();
        }
        self.strata.iter().map(|it| labels.binary_search(&it).unwrap_or(0)).collect()
    }
}

/// How a number on the outcome's scale becomes a [`Relative`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Saying<'a> {
    pub label: &'a str,
    pub method: &'a str,
    pub scale: Scale,
    /// In the unit of the metric.
    pub control: Option<f64>,
}

impl Saying<'_> {
    /// `None` where the control's mean is zero.
    pub(super) fn effect(self, effect: &Effect) -> Option<Relative> {
        let Effect { estimate, interval, p, degrees_of_freedom, n, level, .. } = *effect;
        let said = self.estimate(estimate, Some(interval), level, n)?;
        Some(Relative { p: Some(p), degrees_of_freedom: Some(degrees_of_freedom), ..said })
    }

    pub(super) fn estimate(self, estimate: f64, interval: Option<Interval>, level: Level, n: u64) -> Option<Relative> {
        let relative = |value: f64| self.scale.relative(value, self.control);
        let bounds = interval.and_then(|it| Some((relative(it.low)?, relative(it.high)?)));
        Some(Relative {
            label: self.label.to_owned(),
            estimate: relative(estimate)?,
            low: bounds.map(|(low, _)| low),
            high: bounds.map(|(_, high)| high),
            level: level.fraction(),
            p: None,
            method: self.method.to_owned(),
            degrees_of_freedom: None,
            n,
        })
    }
}
