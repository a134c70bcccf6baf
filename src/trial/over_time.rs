//! The effect period by period, and whether it began otherwise than it went on.
//!
//! One rule: periods are looked at for how the effect moves, not for one in which it is clear.

use super::aside::Aside;
use super::compared::{Compared, Saying};
use super::redrawn::difference_in_means;
use super::words::{p_value, percent};
use super::{MINIMUM_UNITS, Method, Question, Sample};

/// The first of so many equal parts of the time may be novelty.
const PARTS: usize = 4;

/// The effect in each period, adjusted for history, where both arms have the units for it; and a sentence where the first quarter differs
/// from the rest.
pub(super) fn over_time(sample: &Sample<'_>, question: &Question<'_>) -> Aside {
    let mut aside = Aside::default();
    let outcome = sample.outcome;
    if outcome.periods.len() != sample.arms.len() {
        return aside;
    }
    let periods = outcome.periods.iter().map(Vec::len).max().unwrap_or(0);
    let at = |period: usize| -> Vec<Option<f64>> {
        let figure = |unit: &Vec<Option<f64>>| unit.get(period).copied().flatten().filter(|it| it.is_finite());
        outcome.periods.iter().map(figure).collect()
    };
    for period in 0..periods {
        let units = Compared::with_figures(sample, &at(period), |_| true);
        if units.len() < MINIMUM_UNITS {
            continue;
        }
        let Ok(effect) = units.ancova(question.level) else { continue };
        let label = question.periods.get(period).cloned().unwrap_or_else(|| format!("period {}", period + 1));
        let control = units.control_mean(outcome.scale);
        let saying = Saying { label: &label, method: Method::AncovaHc3.words(), scale: outcome.scale, control };
        aside.push(saying.effect(&effect));
    }
    aside.warnings.extend(novelty(sample, question, periods));
    aside
}

/// Tests by redrawing the lottery whether the arms differ in how far each unit's mean of the rest is from its mean of the first quarter.
fn novelty(sample: &Sample<'_>, question: &Question<'_>, periods: usize) -> Option<String> {
    if periods < PARTS {
        return None;
    }
    let first = periods.div_ceil(PARTS);
    let change = |unit: &Vec<Option<f64>>| -> Option<f64> {
        let (early, late) = unit.split_at_checked(first)?;
        Some(mean(late)? - mean(early)?)
    };
    let changes: Vec<Option<f64>> = sample.outcome.periods.iter().map(change).collect();
    if changes.iter().flatten().count() < MINIMUM_UNITS {
        return None;
    }
    let test = difference_in_means(sample.randomization, sample.arms, &changes, sample.seed).ok()?;
    if test.p > question.level.alpha() {
        return None;
    }
    let relative = sample.outcome.scale.relative(test.estimate, sample.outcome.mean(sample.arms, 0))?;
    Some(format!(
        "The effect changed over time: after the first {first} of {periods} periods it moved by {} ({}), so that the whole is an average of unlike parts.",
        percent(relative),
        p_value(test.p)
    ))
}

fn mean(figures: &[Option<f64>]) -> Option<f64> {
    let known: Vec<f64> = figures.iter().flatten().copied().filter(|it| it.is_finite()).collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    mean.is_finite().then_some(mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Level;
    use crate::trial::Role;
    use crate::trial::planted::{Planted, planted};

    fn question(labels: &[String]) -> Question<'_> {
        let question = Question::new("Cycle time", "hours", Role::Goal, 0.1, Level::NINETY_FIVE);
        Question { periods: labels, ..question }
    }

    /// Eight periods with the unit's level, a wiggle, and the effect of each period.
    fn with_periods(effects: [f64; 8]) -> Planted {
        let mut planted = planted(&[40; 24], 4, 0.0, "periods");
        let level = planted.outcome.during.clone();
        planted.outcome.periods = (0..24)
            .map(|unit| {
                let figure = |period: usize| {
                    let wiggle = 0.1 * ((unit * 7 + period * 5) % 11) as f64 / 11.0;
                    level[unit].map(|it| it + wiggle + effects[period] * planted.arms[unit] as f64)
                };
                (0..8).map(figure).collect()
            })
            .collect();
        planted
    }

    #[test]
    fn each_period_has_its_own_effect_under_its_own_name() {
        let labels: Vec<String> = (38..46).map(|week| format!("2026-W{week}")).collect();
        let planted = with_periods([-0.3; 8]);
        let aside = over_time(&planted.sample(), &question(&labels));
        assert_eq!((aside.relatives.len(), aside.relatives[7].label.as_str()), (8, "2026-W45"));
        let fall = (-0.3_f64).exp() - 1.0;
        assert!(aside.relatives.iter().all(|it| it.low.unwrap() < fall && fall < it.high.unwrap()), "{aside:?}");
        assert!(aside.warnings.is_empty(), "{:?}", aside.warnings);
    }

    #[test]
    fn an_effect_that_wears_off_is_said() {
        let planted = with_periods([-0.5, -0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let aside = over_time(&planted.sample(), &question(&[]));
        assert_eq!(aside.relatives[0].label, "period 1");
        assert!(aside.warnings[0].starts_with("The effect changed over time: after the first 2 of 8"), "{aside:?}");
    }

    /// Of 100 samples whose effect lasts a test at 5 % finds a change in about five.
    #[test]
    fn an_effect_that_lasts_is_rarely_said_to_change() {
        let mut found = 0;
        for sample in 0..100 {
            let mut planted = planted(&[3; 16], 4, -0.5, &format!("lasting {sample}"));
            // The rows of a unit are its periods.
            let logs = |values: &Vec<f64>| (0..4).map(|row| values.get(row % 3).map(|it| it.ln())).collect();
            planted.outcome.periods = planted.outcome.values.iter().map(logs).collect();
            found += over_time(&planted.sample(), &question(&[])).warnings.len();
        }
        assert!((1..=12).contains(&found), "{found} of 100");
    }

    #[test]
    fn unknown_periods_are_left_out_and_not_zero() {
        let mut planted = with_periods([0.0; 8]);
        for unit in &mut planted.outcome.periods {
            unit[3] = None;
            unit.pop();
        }
        let aside = over_time(&planted.sample(), &question(&[]));
        let labels: Vec<&str> = aside.relatives.iter().map(|it| it.label.as_str()).collect();
        assert_eq!(labels, ["period 1", "period 2", "period 3", "period 5", "period 6", "period 7"]);
        planted.outcome.periods.clear();
        assert_eq!(over_time(&planted.sample(), &question(&[])), Aside::default());
    }
}
