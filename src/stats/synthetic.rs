//! A comparison built from untreated units for few treated ones, all treated from one period on. The one rule: it is only
//! as good as its fit before treatment, so the fit is part of the answer.
//!
//! It is used where nobody drew lots. Placebos, the same figure for units that were not treated, show how large it gets
//! without any effect.

mod placebo;
mod simplex;

#[cfg(test)]
mod tests;

use super::StatsError;
use super::error::{check_finite, check_length, computed};
use super::mean::Moments;
pub use placebo::{PlaceboOptions, PlaceboTest, placebo_error, placebo_test};
use simplex::{Points, SimplexWeights};

/// Units over periods, some treated from period `before` on and all others never.
#[derive(Debug, Clone, Copy)]
pub struct BlockPanel<'a> {
    /// One row a unit, each with one outcome a period; any unit of measure.
    pub outcomes: &'a [Vec<f64>],
    pub treated: &'a [bool],
    /// How many periods come before treatment.
    pub before: usize,
}

/// How the comparison is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Comparison {
    /// Weights of control units, none negative and 1 in sum, with which their outcomes before treatment come nearest to the
    /// mean of the treated (Abadie, Diamond & Hainmueller 2010, with all outcomes before treatment as predictors of
    /// equal weight). The effect is the mean gap from then on. Where many weights fit exactly, as with more controls than
    /// periods, it takes the most even ones.
    SyntheticControl,
    /// Synthetic difference-in-differences (Arkhangelsky, Athey, Hirshberg, Imbens & Wager 2021): weights of units up to a
    /// constant with their penalty, weights of periods, and the difference-in-differences under both.
    #[default]
    DifferenceInDifferences,
}

/// The mean effect on the treated over the periods of treatment, in the unit of the outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Synthetic {
    pub effect: f64,
    /// Treated less comparison in each period. Before treatment near zero if the comparison is good; with
    /// [`Comparison::DifferenceInDifferences`] the constant between them is taken off by the weighted periods.
    pub gaps: Vec<f64>,
    /// One a control unit, in the order of the panel.
    pub unit_weights: Vec<f64>,
    /// One a period before treatment; only with [`Comparison::DifferenceInDifferences`].
    pub period_weights: Option<Vec<f64>>,
    /// Root of the mean square of the gaps before treatment.
    pub fit_before: f64,
    /// The same from treatment on.
    pub gap_after: f64,
    /// How far the weights are from the best: the duality gap over the largest squared distance from a control to the
    /// target. Zero but for rounding.
    pub optimality_gap: f64,
}

/// The weights of periods have this part of the spread of changes as their penalty, so that they are unique (Arkhangelsky
/// et al. 2021, footnote 3).
const PERIOD_PENALTY: f64 = 1e-6;

/// Builds the comparison and takes the difference.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`]; [`StatsError::ArmTooSmall`] without treated or with under two
/// control units; [`StatsError::Periods`] unless two periods come before treatment and one after;
/// [`StatsError::NotConverged`].
pub fn synthetic(panel: BlockPanel, comparison: Comparison) -> Result<Synthetic, StatsError> {
    panel.check()?;
    let arms: Vec<usize> = panel.treated.iter().map(|treated| usize::from(*treated)).collect();
    estimate(panel, &arms, comparison)
}

impl BlockPanel<'_> {
    fn check(&self) -> Result<(), StatsError> {
        let periods = self.outcomes.first().map_or(0, Vec::len);
        check_length("treated", self.outcomes.len(), self.treated.len())?;
        for row in self.outcomes {
            check_length("outcomes of a unit", periods, row.len())?;
            check_finite("outcome", row)?;
        }
        if self.before < 2 || self.before >= periods {
            return Err(StatsError::Periods { before: self.before, periods });
        }
        let treated = self.treated.iter().filter(|treated| **treated).count();
        let control = self.treated.len() - treated;
        if treated < 1 || control < 2 {
            return Err(StatsError::ArmTooSmall { treated, control, needed: if treated < 1 { 1 } else { 2 } });
        }
        Ok(())
    }
}

/// As [`synthetic`] of a checked panel, with `arms` in the place of its treated: 1 for treated, 0 for control, anything
/// else for left out.
fn estimate(panel: BlockPanel, arms: &[usize], comparison: Comparison) -> Result<Synthetic, StatsError> {
    let of = |arm: usize| -> Vec<&[f64]> {
        let rows = panel.outcomes.iter().zip(arms).filter(|(_, other)| **other == arm);
        rows.map(|(row, _)| row.as_slice()).collect()
    };
    let (controls, treated) = (of(0), of(1));
    let target = mean_row(&treated);
    let (units, periods) = match comparison {
        Comparison::SyntheticControl => (unit_weights(&controls, &target, panel.before, None)?, None),
        Comparison::DifferenceInDifferences => {
            let spread = spread_of_changes(&controls, panel.before);
            // ζ = (treated × periods after)^(1/4) σ (eq. 5).
            let treated_cells = count(treated.len()) * count(target.len() - panel.before);
            let penalty = treated_cells.sqrt() * spread * spread * count(panel.before);
            let units = unit_weights(&controls, &target, panel.before, Some(penalty))?;
            (units, Some(period_weights(&controls, panel.before, PERIOD_PENALTY * spread)?))
        }
    };
    let mut gaps = target;
    for (weight, row) in units.weights.iter().zip(&controls) {
        gaps.iter_mut().zip(*row).for_each(|(gap, value)| *gap -= weight * value);
    }
    if let Some(periods) = &periods {
        let constant: f64 = periods.weights.iter().zip(&gaps).map(|(weight, gap)| weight * gap).sum();
        gaps.iter_mut().for_each(|gap| *gap -= constant);
    }
    let (before, after) = gaps.split_at(panel.before);
    Ok(Synthetic {
        effect: computed("effect", after.iter().sum::<f64>() / count(after.len()))?,
        fit_before: computed("fit before treatment", root_mean_square(before))?,
        gap_after: computed("gap after treatment", root_mean_square(after))?,
        optimality_gap: periods.as_ref().map_or(units.gap, |periods| periods.gap.max(units.gap)),
        period_weights: periods.map(|periods| periods.weights),
        unit_weights: units.weights,
        gaps,
    })
}

/// The weights of controls that come nearest to the target before treatment; with a penalty, up to a constant (eq. 4).
fn unit_weights(
    controls: &[&[f64]],
    target: &[f64],
    before: usize,
    penalty: Option<f64>,
) -> Result<SimplexWeights, StatsError> {
    let mut points: Vec<Vec<f64>> = Vec::with_capacity(controls.len());
    for row in controls {
        let distances: Vec<f64> = row[..before].iter().zip(target).map(|(value, target)| value - target).collect();
        points.push(if penalty.is_some() { centred(distances) } else { distances });
    }
    Points::new(&points, penalty.unwrap_or(0.0)).nearest_to_origin()
}

/// The weights of periods before treatment that come nearest to the mean of those after, up to a constant, over the
/// controls (eq. 6).
fn period_weights(controls: &[&[f64]], before: usize, penalty: f64) -> Result<SimplexWeights, StatsError> {
    let after: Vec<f64> =
        controls.iter().map(|row| row[before..].iter().sum::<f64>() / count(row.len() - before)).collect();
    let points: Vec<Vec<f64>> = (0..before)
        .map(|period| centred(controls.iter().zip(&after).map(|(row, after)| row[period] - after).collect()))
        .collect();
    Points::new(&points, penalty * penalty * count(controls.len())).nearest_to_origin()
}

/// The standard deviation of the changes from period to period of the controls before treatment, with the number of
/// changes as divisor (eq. 5).
fn spread_of_changes(controls: &[&[f64]], before: usize) -> f64 {
    let changes: Vec<f64> =
        controls.iter().flat_map(|row| row[..before].windows(2).map(|pair| pair[1] - pair[0])).collect();
    let n = count(changes.len());
    let variance = Moments::of(&changes).and_then(|moments| moments.variance()).unwrap_or(0.0);
    (variance * (n - 1.0) / n).sqrt()
}

fn mean_row(rows: &[&[f64]]) -> Vec<f64> {
    let mut mean = vec![0.0; rows.first().map_or(0, |row| row.len())];
    for row in rows {
        mean.iter_mut().zip(*row).for_each(|(mean, value)| *mean += value / count(rows.len()));
    }
    mean
}

fn centred(values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / count(values.len());
    values.into_iter().map(|value| value - mean).collect()
}

fn root_mean_square(values: &[f64]) -> f64 {
    (values.iter().map(|value| value * value).sum::<f64>() / count(values.len())).sqrt()
}

#[expect(clippy::cast_precision_loss, reason = "units and periods are far below 2^53")]
fn count(number: usize) -> f64 {
    number as f64
}
