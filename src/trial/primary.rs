//! The effect on one outcome: intention to treat, one figure a unit, adjusted for the unit's own history.
//!
//! Up to [`RANDOMIZATION_UNITS`] units the p-value and the interval come from redrawing the lottery (Fisher 1935; studentised on ANCOVA
//! residuals, Wu & Ding 2021), above that from the ANCOVA itself with HC3 (Long & Ervin 2000; HC2 in pairs and small strata). The other stands beside it.

use super::finding::{Finding, Method};
use super::{Outcome, Randomization, Result, TrialError};
use crate::stats::{
    Covariance, Level, LotteryRows, Mechanism, RandomizationOptions, ReferenceSet, Statistic, StatsError, UnitRows,
    ancova, randomization_test,
};
use std::collections::BTreeSet;

/// Fewer units than this are described and not tested.
pub const MINIMUM_UNITS: usize = 8;

/// Up to this many units the lottery itself is the reference. HC3 is careful there: at 40 teams in strata it finds an effect where there
/// is none in 3 to 4 % of experiments and in pairs in none, where the lottery has 5 %, and so it finds less where there is one.
const RANDOMIZATION_UNITS: usize = 200;

/// With more columns than this part of the units, HC2 in place of HC3: each unit of a pair has half of the leverage, of which HC3 makes
/// twice the variance and HC2 exactly that of the paired t test.
const SMALL_STRATA: usize = 4;

/// Every assignment is looked at up to so many times the number of draws: a million beside the usual 100,000.
const EXACT_PER_DRAW: u128 = 10;

/// Units that an arm needs.
const MINIMUM_IN_ARM: usize = 2;

/// What was drawn, and what was measured.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    pub randomization: &'a Randomization,
    /// The variant of each unit in the lottery's order: 0 is the control.
    pub arms: &'a [usize],
    pub outcome: &'a Outcome,
    /// Of draws; another than the lottery's own.
    pub seed: [u8; 32],
    /// Draws where the lottery has more than ten times as many assignments; below that every one is looked at.
    pub draws: u32,
}

/// The primary answer and those that stand beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysed {
    pub primary: Finding,
    pub beside: Vec<Finding>,
}

/// The effect of the treatment on an outcome by the method that fits the number of units, and the other beside it.
///
/// # Errors
/// [`TrialError::ArmTooSmall`], [`TrialError::NoVariation`], [`TrialError::TooFewUnits`] below [`MINIMUM_UNITS`],
/// [`TrialError::TooCoarse`] where the lottery cannot reach the level, [`TrialError::Stats`].
pub fn analyse(sample: Sample<'_>, level: Level) -> Result<Analysed> {
    let observed = Observed::of(&sample)?;
    let primary = observed.primary(level)?;
    let other = match primary.method {
        Method::Randomization => observed.ancova(level),
        _ => observed.randomization(level),
    };
    Ok(Analysed { primary, beside: other.into_iter().collect() })
}

/// The primary answer of [`analyse`] alone, which is faster where thousands are wanted.
///
/// # Errors
/// As [`analyse`].
pub fn primary(sample: Sample<'_>, level: Level) -> Result<Finding> {
    Observed::of(&sample)?.primary(level)
}

/// The units whose outcome is known.
struct Observed<'a> {
    sample: Sample<'a>,
    /// Places in the lottery's order.
    units: Vec<usize>,
    figures: Vec<f64>,
    covariates: Vec<Vec<f64>>,
}

impl<'a> Observed<'a> {
    fn of(sample: &Sample<'a>) -> Result<Observed<'a>> {
        let outcome = sample.outcome;
        let known = outcome.during.iter().enumerate().filter_map(|(unit, figure)| figure.map(|it| (unit, it)));
        let (units, figures): (Vec<usize>, Vec<f64>) = known.unzip();
        for (arm, variant) in sample.randomization.lottery().variants().iter().enumerate() {
            let in_arm = units.iter().filter(|unit| sample.arms[**unit] == arm).count();
            if in_arm < MINIMUM_IN_ARM {
                let (arm, outcome) = (variant.name.clone(), outcome.name.clone());
                return Err(TrialError::ArmTooSmall { arm, outcome, units: in_arm, needed: MINIMUM_IN_ARM });
            }
        }
        if figures.iter().all(|figure| *figure == figures[0]) {
            return Err(TrialError::NoVariation { outcome: outcome.name.clone() });
        }
        if units.len() < MINIMUM_UNITS {
            return Err(TrialError::TooFewUnits {
                outcome: outcome.name.clone(),
                units: units.len(),
                needed: MINIMUM_UNITS,
                smallest: sample.randomization.smallest_p(),
            });
        }
        let covariates = outcome.covariates(&units);
        Ok(Observed { sample: *sample, units, figures, covariates })
    }

    fn primary(&self, level: Level) -> Result<Finding> {
        if self.units.len() > RANDOMIZATION_UNITS { self.ancova(level) } else { self.randomization(level) }
    }

    fn ancova(&self, level: Level) -> Result<Finding> {
        let treated: Vec<bool> = self.units.iter().map(|unit| self.sample.arms[*unit] == 1).collect();
        let of_lottery = self.sample.randomization.lottery().units();
        let strata: Vec<String> = self.units.iter().map(|unit| of_lottery[*unit].stratum.clone()).collect();
        let columns = 2 + self.covariates.len() + strata.iter().collect::<BTreeSet<_>>().len().saturating_sub(1);
        let (covariance, method) = if columns * SMALL_STRATA > self.units.len() {
            (Covariance::Hc2, Method::AncovaHc2)
        } else {
            (Covariance::Hc3, Method::AncovaHc3)
        };
        let rows =
            |strata| UnitRows { outcome: &self.figures, treated: &treated, covariates: &self.covariates, strata };
        let effect = ancova(rows(strata.as_slice()), covariance, level);
        // A stratum of which one unit is left has no comparison in it; without strata the model still holds.
        let effect = match effect {
            Err(StatsError::FullLeverage { .. } | StatsError::TooFewRows { .. }) => {
                ancova(rows(&[]), covariance, level)
            }
            effect => effect,
        };
        Ok(Finding::of_effect(method, &effect?))
    }

    fn randomization(&self, level: Level) -> Result<Finding> {
        let Sample { randomization, arms, outcome, seed, draws } = self.sample;
        let all: Vec<usize> = (0..arms.len()).collect();
        let covariates = if self.units.len() == all.len() { self.covariates.clone() } else { outcome.covariates(&all) };
        let figures: Vec<f64> = outcome.during.iter().map(|it| it.unwrap_or(f64::NAN)).collect();
        let known: Vec<bool> = outcome.during.iter().map(Option::is_some).collect();
        let rows = LotteryRows { outcome: &figures, arms, covariates: &covariates, known: &known };
        let exact_limit = u128::from(draws) * EXACT_PER_DRAW;
        let options = RandomizationOptions { exact_limit, draws, seed, level };
        let test = randomization_test(randomization, rows, Statistic::StudentisedResidual, options)?;
        if let ReferenceSet::Exact { assignments } = test.reference {
            let (smallest, alpha) = (2.0 / assignments as f64, level.alpha());
            if smallest > alpha {
                return Err(TrialError::TooCoarse { assignments: assignments.into(), smallest, level: alpha });
            }
        }
        Ok(Finding::of_test(Method::Randomization, &test))
    }
}

#[cfg(test)]
mod tests;
