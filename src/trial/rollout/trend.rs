//! Whether treated units and the others moved alike before anybody was treated.
//!
//! One rule: that no difference is found does not say that there is none, so the words give the interval.

use super::Panel;
use crate::stats::welch;
use crate::trial::{Finding, Method, Result};

/// A slope needs so many periods.
const MINIMUM_PERIODS: usize = 3;

/// Treated units beside the others before the first treatment of anybody.
#[derive(Clone, Debug, PartialEq)]
pub struct PreTrend {
    /// By how much more the treated units moved per period, on the scale, by Welch's t on the slopes of units.
    pub slope: Finding,
    /// What that slope, carried on, would alone have made of the treated periods, on the scale.
    pub carried_on: f64,
    /// Of all placebos before treatment being zero at once, where the units can carry that test.
    pub joint_p: Option<f64>,
    /// Periods before the first treatment.
    pub periods: usize,
}

impl PreTrend {
    /// Whether the groups visibly moved apart before.
    pub fn is_suspicious(&self) -> bool {
        self.slope.p < SUSPICIOUS || self.joint_p.is_some_and(|p| p < SUSPICIOUS)
    }
}

/// Checks are to warn, not to prove.
const SUSPICIOUS: f64 = 0.1;

/// The slopes of units that were treated at some time beside those that never were; where fewer than two never were, of units treated
/// in the first half of the roll-out beside the later ones. `None` where there are too few periods or units for that.
pub(super) fn pre_trend(panel: &Panel<'_>, joint_p: Option<f64>) -> Result<Option<PreTrend>> {
    let cohorts = panel.cohorts();
    let periods = cohorts[0];
    if periods < MINIMUM_PERIODS {
        return Ok(None);
    }
    let is_early = |first: Option<usize>| match first {
        None => false,
        Some(_) if panel.never_treated().len() >= 2 => true,
        Some(first) => {
            cohorts.iter().position(|it| *it == first).is_some_and(|place| place < cohorts.len().div_ceil(2))
        }
    };
    let (mut early, mut others) = (Vec::new(), Vec::new());
    for (row, first) in panel.figures.iter().zip(&panel.first) {
        if is_early(*first) { &mut early } else { &mut others }.push(slope(&row[..periods]));
    }
    if early.len() < 2 || others.len() < 2 {
        return Ok(None);
    }
    // Slopes that are all alike differ in nothing.
    let Ok(effect) = welch(&early, &others, panel.rollout.level) else { return Ok(None) };
    let slope = Finding::of_effect(Method::PreTrend, &effect);
    let carried_on = slope.estimate * mean_distance(panel);
    Ok(Some(PreTrend { slope, carried_on, joint_p, periods }))
}

/// Of least squares on the number of the period.
fn slope(figures: &[f64]) -> f64 {
    let middle = (figures.len() as f64 - 1.0) / 2.0;
    let (mut with_figure, mut with_itself) = (0.0, 0.0);
    for (period, figure) in figures.iter().enumerate() {
        let distance = period as f64 - middle;
        with_figure += distance * figure;
        with_itself += distance * distance;
    }
    with_figure / with_itself
}

/// From the last period before treatment to the treated ones, on average over treated cells.
fn mean_distance(panel: &Panel<'_>) -> f64 {
    let (mut sum, mut cells) = (0.0, 0.0);
    for (_, first) in panel.treated() {
        let after = (panel.periods() - first) as f64;
        sum += after * (after + 1.0) / 2.0;
        cells += after;
    }
    sum / cells
}
