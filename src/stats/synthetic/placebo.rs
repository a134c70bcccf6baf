//! The same figure for units that were not treated. The one rule: placebos go through all that the treated went through.

use super::{BlockPanel, Comparison, Synthetic, estimate, synthetic};
use crate::stats::mean::Moments;
use crate::stats::{Asymptotic, Level, Lottery, ReferenceSet, StatsError, Unit, Variant};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

/// A placebo counts as at least as extreme from this part of the figure on.
const TIES_FROM: f64 = 1.0 - 1e-9;
/// A fit below this part of the gap after treatment is exact but for rounding and the least penalty of the weights.
const EXACT_FIT_BELOW: f64 = 1e-8;
/// Marks a unit that a placebo leaves out.
const LEFT_OUT: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceboOptions {
    /// Go through all choices of placebo units up to this many, draw beyond.
    pub exact_limit: u128,
    pub draws: u32,
    pub seed: [u8; 32],
}

impl PlaceboOptions {
    /// Exact up to 2,000 choices, else 1,000 draws.
    #[must_use]
    pub fn with_seed(seed: [u8; 32]) -> PlaceboOptions {
        PlaceboOptions { exact_limit: 2_000, draws: 1_000, seed }
    }
}

/// Where the treated stand among all choices of as many units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaceboTest {
    /// Of the treated, see [`placebo_test`].
    pub statistic: f64,
    /// The share of choices with a figure as large.
    pub p: f64,
    pub at_least: u64,
    pub reference: ReferenceSet,
}

/// Ranks the treated among all choices of as many units, the treated ones included. The statistic is |effect| for
/// [`Comparison::DifferenceInDifferences`] and the ratio of the gap after to the fit before treatment for
/// [`Comparison::SyntheticControl`] (Abadie, Diamond & Hainmueller 2010, section 3.4). p is exact if the treated were
/// drawn by lot, and a description otherwise (Firpo & Possebom 2018).
///
/// # Errors
/// As [`synthetic`]; [`StatsError::ExactFit`] with [`Comparison::SyntheticControl`] when a choice is fitted exactly, so
/// that its ratio is infinite; [`StatsError::ArmTooSmall`] unless two units remain as controls.
pub fn placebo_test(
    panel: BlockPanel,
    comparison: Comparison,
    options: PlaceboOptions,
) -> Result<PlaceboTest, StatsError> {
    let statistic = statistic(&synthetic(panel, comparison)?, comparison)?;
    let treated = panel.treated.iter().filter(|treated| **treated).count();
    let choices = Choices::new(panel.treated.len(), treated)?;
    let mut at_least = 0;
    let reference = choices.each(options, |arms| {
        let placebo = self::statistic(&estimate(panel, arms, comparison)?, comparison)?;
        at_least += u64::from(placebo >= statistic * TIES_FROM);
        Ok(())
    })?;
    Ok(PlaceboTest { statistic, p: reference.p(at_least), at_least, reference })
}

/// The effect with the standard error of placebos among the controls alone, as many as were treated (Arkhangelsky et al.
/// 2021, algorithm 4), and normal inference. It presumes that the treated vary like the controls.
///
/// # Errors
/// As [`synthetic`]; [`StatsError::ArmTooSmall`] unless there are two control units more than treated ones;
/// [`StatsError::NoVariation`] when all placebos agree.
pub fn placebo_error(
    panel: BlockPanel,
    comparison: Comparison,
    options: PlaceboOptions,
    level: Level,
) -> Result<Asymptotic, StatsError> {
    let effect = synthetic(panel, comparison)?.effect;
    let controls: Vec<usize> = (0..panel.treated.len()).filter(|unit| !panel.treated[*unit]).collect();
    let treated = panel.treated.len() - controls.len();
    let choices = Choices::new(controls.len(), treated)?;
    let mut arms = vec![LEFT_OUT; panel.treated.len()];
    let mut placebos = Vec::new();
    choices.each(options, |choice| {
        for (unit, arm) in controls.iter().zip(choice) {
            arms[*unit] = *arm;
        }
        placebos.push(estimate(panel, &arms, comparison)?.effect);
        Ok(())
    })?;
    let moments = Moments::of(&placebos);
    let variance = moments.and_then(|moments| Some(moments.variance()? * (moments.n - 1.0) / moments.n));
    Asymptotic::new(effect, variance.unwrap_or(0.0).sqrt(), panel.treated.len(), level)
}

fn statistic(found: &Synthetic, comparison: Comparison) -> Result<f64, StatsError> {
    match comparison {
        Comparison::DifferenceInDifferences => Ok(found.effect.abs()),
        Comparison::SyntheticControl if found.fit_before <= EXACT_FIT_BELOW * found.gap_after => {
            Err(StatsError::ExactFit { units: found.unit_weights.len(), periods: found.gaps.len() })
        }
        Comparison::SyntheticControl => Ok(found.gap_after / found.fit_before),
    }
}

/// Which units could have been the treated ones.
struct Choices(Lottery);

impl Choices {
    fn new(units: usize, treated: usize) -> Result<Choices, StatsError> {
        let control = units.saturating_sub(treated);
        if control < 2 {
            return Err(StatsError::ArmTooSmall { treated, control, needed: 2 });
        }
        // Ids of one length keep their order.
        let unit = |index: usize| Unit { stratum: String::new(), id: format!("{index:020}") };
        let weight = |count: usize| u32::try_from(count).map_err(|_| StatsError::Overflow { what: "number of units" });
        let control = Variant { name: "control".to_owned(), weight: weight(control)? };
        let treated = Variant { name: "treated".to_owned(), weight: weight(treated)? };
        Ok(Choices(Lottery::new((0..units).map(unit).collect(), vec![control, treated])?))
    }

    fn each(
        &self,
        options: PlaceboOptions,
        mut visit: impl FnMut(&[usize]) -> Result<(), StatsError>,
    ) -> Result<ReferenceSet, StatsError> {
        if self.0.assignments_count() <= options.exact_limit {
            let mut choices = self.0.assignments(options.exact_limit)?;
            let mut assignments = 0;
            while let Some(arms) = choices.advance() {
                visit(arms)?;
                assignments += 1;
            }
            return Ok(ReferenceSet::Exact { assignments });
        }
        let mut rng = ChaCha20Rng::from_seed(options.seed);
        for _ in 0..options.draws {
            visit(&self.0.draw(&mut rng))?;
        }
        Ok(ReferenceSet::MonteCarlo { draws: u64::from(options.draws) })
    }
}
