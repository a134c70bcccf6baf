//! Randomization tests of units measured in several periods. The one rule: whole sequences are redrawn, so that what a
//! unit's periods have in common cannot look like an effect.

use super::draw::{Draw, SCALE_TO, spread};
use super::{RandomizationOptions, RandomizationTest, compare, reference_set};
use crate::stats::StatsError;
use crate::stats::error::{check_finite, check_length};
use crate::stats::lottery::{Mechanism, Sequences};

/// A treatment that varies less than this part of its cells after period and unit effects does not vary.
const NEGLIGIBLE: f64 = 1e-12;

#[derive(Debug, Clone, Copy)]
pub struct PanelRows<'a> {
    /// The outcome of each unit, in the order of [`super::super::Lottery::units`], in each period; any unit of measure.
    pub outcome: &'a [Vec<f64>],
    /// The sequence drawn for each unit.
    pub arms: &'a [usize],
    /// Whether units are compared with themselves (unit effects) beside being compared within periods.
    pub unit_effects: bool,
    /// Which units' outcomes are known, or empty for all; what stands in the outcome of the others is not looked at. The
    /// sequences of all units are redrawn, the known units compared: exact where the treatment does not decide whose outcome
    /// is known.
    pub known: &'a [bool],
}

impl PanelRows<'_> {
    fn is_known(&self, unit: usize) -> bool {
        self.known.is_empty() || self.known[unit]
    }
}

/// Tests no effect on any unit in any period by redrawing the sequences, and inverts the test over constant additive
/// effects. The statistic is the coefficient of treatment in least squares with period effects (Hussey & Hughes 2007,
/// without random effects) and, if asked for, unit effects: Σ z̃y / Σ z̃z, with z̃ the treatment of the
/// assignment less its period means (and unit means). The model need not be true for the test to be exact (Ji et al. 2017;
/// Wang & De Gruttola 2017).
///
/// # Errors
/// [`StatsError::NotDrawable`], [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::Overflow`],
/// [`StatsError::NoVariation`] when the outcome, or the treatment that was drawn after period and unit effects, does not vary. A possible assignment whose
/// treatment does not vary shows no effect, a statistic of zero.
pub fn panel_randomization_test(
    sequences: &Sequences,
    rows: PanelRows,
    options: RandomizationOptions,
) -> Result<RandomizationTest, StatsError> {
    let units = sequences.lottery().units().len();
    check_length("outcome", units, rows.outcome.len())?;
    if !rows.known.is_empty() {
        check_length("known", units, rows.known.len())?;
    }
    let mut all = Vec::with_capacity(units * sequences.periods());
    for (unit, outcome) in rows.outcome.iter().enumerate() {
        if rows.is_known(unit) {
            check_length("periods of a unit", sequences.periods(), outcome.len())?;
            check_finite("outcome", outcome)?;
            all.extend_from_slice(outcome);
        }
    }
    if all.is_empty() {
        return Err(StatsError::NoUnits { what: "known" });
    }
    sequences.check(rows.arms)?;
    let scale = spread(&all);
    if scale <= 0.0 {
        return Err(StatsError::NoVariation { what: "the outcome", n: all.len() });
    }
    if scale > SCALE_TO {
        return Err(StatsError::Overflow { what: "the outcome" });
    }
    let panel = Panel { sequences, rows };
    let observed = panel.draw(rows.arms);
    let (draws, reference) =
        reference_set(sequences, |arms| panel.draw(arms).unwrap_or(Draw::plain(0.0, 0.0)), &options)?;
    let Some(observed) = observed else {
        return Err(StatsError::NoVariation { what: "the treatment within periods", n: all.len() });
    };
    Ok(compare(&observed, &draws, reference, scale, all.len(), options.level))
}

struct Panel<'a> {
    sequences: &'a Sequences,
    rows: PanelRows<'a>,
}

impl Panel<'_> {
    /// The coefficient of an assignment as a function of the effect that is taken off the cells treated in the one drawn;
    /// `None` where treatment does not vary beside the effects of periods and units.
    fn draw(&self, arms: &[usize]) -> Option<Draw> {
        let (schedules, periods) = (self.sequences.schedules(), self.sequences.periods());
        let known: Vec<usize> = (0..arms.len()).filter(|unit| self.rows.is_known(*unit)).collect();
        let units = as_f64(known.len());
        let treated_in: Vec<f64> = (0..periods)
            .map(|period| known.iter().map(|unit| indicator(schedules[arms[*unit]][period])).sum::<f64>() / units)
            .collect();
        let overall = treated_in.iter().sum::<f64>() / as_f64(periods);
        let (mut with_outcome, mut with_drawn, mut with_itself) = (0.0, 0.0, 0.0);
        for unit in known {
            let (schedule, drawn) = (&schedules[arms[unit]], &schedules[self.rows.arms[unit]]);
            let outcome = &self.rows.outcome[unit];
            let of_unit = schedule.iter().map(|treated| indicator(*treated)).sum::<f64>() / as_f64(periods);
            let centre = if self.rows.unit_effects { of_unit - overall } else { 0.0 };
            for period in 0..periods {
                let rest = indicator(schedule[period]) - treated_in[period] - centre;
                with_outcome += rest * outcome[period];
                with_drawn += rest * indicator(drawn[period]);
                with_itself += rest * indicator(schedule[period]);
            }
        }
        let varies = with_itself > NEGLIGIBLE * units * as_f64(periods);
        varies.then(|| Draw::plain(with_outcome / with_itself, with_drawn / with_itself))
    }
}

fn indicator(is_treated: bool) -> f64 {
    f64::from(u8::from(is_treated))
}

#[expect(clippy::cast_precision_loss, reason = "numbers of units and periods are far below 2^53")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
