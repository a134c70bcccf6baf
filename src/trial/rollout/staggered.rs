//! Staggered difference-in-differences (Callaway & Sant'Anna 2021): each unit's change beside that of units not treated yet.

use super::{Found, Panel, STAGGERED_UNITS};
use crate::stats::staggered::{Adjustment, Aggregation, Controls, Panel as Cells};
use crate::stats::{Asymptotic, Effect, GroupTimeEffects, StatsError, group_time_effects};
use crate::trial::{Finding, Grade, Method, Result};

/// An arm of one has no spread.
const MINIMUM_IN_ARM: usize = 2;

/// The joint test of 13 placebos rejected at 10 % in 35 % of 400 roll-outs of 24 units that moved alike, and in 19 % of 60 units.
const UNITS_PER_PLACEBO: usize = 10;

/// The mean over groups by their size (equations 3.7 and 3.8); `None` where too few are treated or left to compare with.
///
/// As published, errors come without a correction for few units and are referred to the normal distribution. Here the squared error is
/// taken times m/(m − 1) and referred to t with m − 1 degrees of freedom, m being the smaller of the number of treated and of
/// units that were not treated when the first ones were. Coverage of 95 % intervals over 1,000 simulated roll-outs, noise that
/// remembers 70 % of a period, two waves: 10 treated and 10 others 96.5 %, 15 and 15 96.7 %, 30 and 30 95.8 %, 10 and 40 96.4 %,
/// 24 and 4 92.3 %; 24 treated in four waves and nobody else 95.2 %.
pub(super) fn found(panel: &Panel<'_>) -> Result<Option<Found>> {
    let treated = panel.treated().len();
    let earliest = panel.cohorts()[0];
    let others = panel.first.iter().filter(|first| first.is_none_or(|first| first > earliest)).count();
    let smaller = treated.min(others);
    if smaller < MINIMUM_IN_ARM {
        return Ok(None);
    }
    let cells = Cells { outcomes: &panel.figures, first_treated: &panel.first, covariates: &[] };
    let effects = match group_time_effects(cells, Controls::NotYetTreated, Adjustment::Regression, panel.rollout.level)
    {
        Err(StatsError::NoUnits { .. }) => return Ok(None),
        effects => effects?,
    };
    let finding = |it: &Asymptotic| by_t(it, smaller, panel.first.len());
    let overall = finding(&effects.average(Aggregation::Group)?.overall)?;
    let mut event_study = Vec::new();
    for (time, part) in effects.average(Aggregation::EventTime)?.parts {
        event_study.push((time, finding(&part)?));
    }
    Ok(Some(Found {
        grade: Grade::StaggeredDifferenceInDifferences,
        finding: overall,
        event_study,
        joint_p: joint_p(&effects, panel.first.len()),
        placebo_p: None,
        warnings: warnings(&effects, treated, others),
    }))
}

fn by_t(asymptotic: &Asymptotic, smaller: usize, units: usize) -> Result<Finding> {
    let m = smaller as f64;
    let standard_error = asymptotic.standard_error * (m / (m - 1.0)).sqrt();
    let effect = Effect::from_t(asymptotic.estimate, standard_error, m - 1.0, units, asymptotic.level)?;
    Ok(Finding::of_effect(Method::Staggered, &effect))
}

/// Of all placebos before treatment at once, where [`UNITS_PER_PLACEBO`] units can carry each.
fn joint_p(effects: &GroupTimeEffects, units: usize) -> Option<f64> {
    let test = effects.pre_trend().ok().flatten()?;
    (units >= UNITS_PER_PLACEBO * test.estimates).then_some(test.p_few_units)
}

fn warnings(effects: &GroupTimeEffects, treated: usize, others: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    if treated < STAGGERED_UNITS || others < STAGGERED_UNITS {
        warnings.push(format!(
            "{treated} treated units and {others} to compare with: intervals of fewer than {STAGGERED_UNITS} are rough."
        ));
    }
    let compared = effects.effects.iter().filter(|it| it.is_post()).count();
    let alone = effects.without_controls.iter().filter(|(group, period)| period >= group).count();
    if alone > 0 {
        let all = compared + alone;
        warnings.push(format!(
            "Of {alone} of {all} groups' treated periods nobody was left to compare with; they do not count."
        ));
    }
    warnings
}
