//! The effect of a treatment that comes to units over time: stepped wedge and crossover, by redrawing the sequences.
//!
//! One rule: each unit is compared with itself and each period with itself, so that neither a unit's level nor a common season can
//! look like an effect.

mod complete;
mod least_squares;
#[cfg(test)]
mod tests;

use super::primary::{Analysed, MINIMUM_UNITS, Sample};
use super::{Finding, Method, Outcome, Randomization, Result, TrialError};
use crate::stats::{
    Level, Mechanism, PanelRows, RandomizationOptions, Sequences, Unit, panel_randomization_test, switchback,
};
pub(super) use complete::Complete;

/// A period compared with none says nothing.
const MINIMUM_PERIODS: usize = 2;

/// The analysis of any design.
#[derive(Clone, Debug, PartialEq)]
pub struct DesignAnalysed {
    pub analysed: Analysed,
    /// Sentences.
    pub warnings: Vec<String>,
}

/// The effect in a stepped wedge or crossover, on the outcome's scale, from [`Outcome::periods`]: the coefficient of treatment beside
/// effects of periods and units, tested by redrawing the sequences (Ji et al. 2017). It presumes for the interval, not for the test,
/// that the effect is the same whenever and however long a unit is treated.
///
/// Where cells are unknown, the unit or the period with the largest part unknown is left out, again and again until none is, units
/// before periods: no figure is looked at in that, so the test stays exact where the treatment does not decide what is known.
///
/// # Errors
/// [`TrialError::Design`] for another lottery than one of sequences and for another number of periods, [`TrialError::UnknownCells`]
/// where too little is complete, [`TrialError::TooFewUnits`], [`TrialError::TooCoarse`], [`TrialError::NoVariation`],
/// [`TrialError::Stats`].
pub fn analyse_panel(sample: Sample<'_>, level: Level) -> Result<DesignAnalysed> {
    let options = RandomizationOptions { draws: sample.draws, level, ..RandomizationOptions::with_seed(sample.seed) };
    analyse_with(sample, options)
}

fn analyse_with(sample: Sample<'_>, options: RandomizationOptions) -> Result<DesignAnalysed> {
    let Sample { randomization, arms, outcome, .. } = sample;
    let sequences = sequences(randomization)?;
    let complete = complete_cells(sequences, outcome)?;
    let (smallest, alpha) = (randomization.smallest_p(), options.level.alpha());
    if complete.units.len() < MINIMUM_UNITS {
        let (name, units) = (outcome.name.clone(), complete.units.len());
        return Err(TrialError::TooFewUnits { outcome: name, units, needed: MINIMUM_UNITS, smallest });
    }
    if smallest > alpha {
        return Err(TrialError::TooCoarse { assignments: randomization.assignments(), smallest, level: alpha });
    }
    let figures: Vec<f64> = complete.figures.concat();
    if figures.iter().all(|figure| *figure == figures[0]) {
        return Err(TrialError::NoVariation { outcome: outcome.name.clone() });
    }
    let kept = of_periods(sequences, &complete.periods)?;
    let mut known = vec![false; arms.len()];
    let mut rows = vec![Vec::new(); arms.len()];
    for (unit, figures) in complete.units.iter().zip(&complete.figures) {
        known[*unit] = true;
        rows[*unit] = figures.clone();
    }
    let rows = PanelRows { outcome: &rows, arms, unit_effects: true, known: &known };
    let test = panel_randomization_test(&kept, rows, options)?;
    let primary = Finding { n: complete.units.len() as u64, ..Finding::of_test(Method::PanelRandomization, &test) };
    let beside = least_squares::finding(&kept, arms, &complete, options.level).into_iter().collect();
    let warnings = complete.warning(&unit_ids(sequences)).into_iter().collect();
    Ok(DesignAnalysed { analysed: Analysed { primary, beside }, warnings })
}

/// The means of the cells that were not treated and of those that were, in the unit of the metric, geometric for the log scales;
/// `None` where there is none. Cells that the test leaves out count here.
///
/// # Errors
/// [`TrialError::Design`].
pub fn panel_means(randomization: &Randomization, arms: &[usize], outcome: &Outcome) -> Result<[Option<f64>; 2]> {
    let sequences = sequences(randomization)?;
    let mut sums = [(0.0, 0.0); 2];
    for (arm, periods) in arms.iter().zip(&outcome.periods) {
        for (figure, is_treated) in periods.iter().zip(&sequences.schedules()[*arm]) {
            if let Some(figure) = figure {
                let (sum, count) = &mut sums[usize::from(*is_treated)];
                *sum += figure;
                *count += 1.0;
            }
        }
    }
    Ok(sums.map(|(sum, count)| (count > 0.0).then(|| outcome.scale.shown(sum / count))))
}

/// The units of a switchback for [`Randomization::new`]: each system's blocks of time, with strata of `balanced_over` consecutive
/// blocks within which both arms occur as often. The figures of a block go into [`Outcome::during`]; leave out what an earlier block
/// may still bear on, its first part, before taking them.
///
/// # Errors
/// [`TrialError::Stats`] for fewer than two blocks or systems named twice.
pub fn switchback_units(systems: &[String], blocks: usize, balanced_over: usize) -> Result<Vec<Unit>> {
    Ok(switchback(systems, blocks, balanced_over)?.units().to_vec())
}

fn sequences(randomization: &Randomization) -> Result<&Sequences> {
    match randomization {
        Randomization::Sequences(sequences) => Ok(sequences),
        Randomization::Plain(_) | Randomization::Rerandomized(_) => {
            let needed = "a lottery of sequences".to_owned();
            Err(TrialError::Design {
                design: "a comparison over time",
                needed,
                actual: "arms that do not change".to_owned(),
            })
        }
    }
}

fn complete_cells(sequences: &Sequences, outcome: &Outcome) -> Result<Complete> {
    let (units, periods) = (sequences.lottery().units().len(), sequences.periods());
    let fits = outcome.periods.len() == units && outcome.periods.iter().all(|it| it.len() == periods);
    if !fits {
        let actual = format!("{} units", outcome.periods.len());
        let needed = format!("{} of {units} units in {periods} periods", outcome.name);
        return Err(TrialError::Design { design: "a comparison over time", needed, actual });
    }
    let complete = Complete::of(&outcome.periods);
    if complete.units.is_empty() || complete.periods.len() < MINIMUM_PERIODS {
        return Err(TrialError::UnknownCells {
            outcome: outcome.name.clone(),
            unknown: complete.unknown,
            cells: units * periods,
            units: complete.units.len(),
            periods: complete.periods.len(),
        });
    }
    Ok(complete)
}

/// The same lottery, of which only some periods are looked at.
fn of_periods(sequences: &Sequences, periods: &[usize]) -> Result<Sequences> {
    if periods.len() == sequences.periods() {
        return Ok(sequences.clone());
    }
    let lottery = sequences.lottery();
    let schedules =
        lottery.variants().iter().zip(sequences.schedules()).map(|(variant, schedule)| {
            (variant.name.clone(), periods.iter().map(|period| schedule[*period]).collect())
        });
    Ok(Sequences::new(lottery.units().to_vec(), schedules.collect())?)
}

fn unit_ids(sequences: &Sequences) -> Vec<String> {
    sequences.lottery().units().iter().map(|unit| unit.id.clone()).collect()
}
