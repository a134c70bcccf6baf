//! Looking at any time at units that keep coming (Lindon, Ham, Tingley & Bojinov 2022).

use super::{LookQuestion, Monitored, NORMAL, Seen};
use crate::stats::{AnytimeTuning, Effect, Level, Sides, StatsError, anytime_t, anytime_t_radius, mixture_precision};
use crate::trial::Result;

pub(super) fn look(planned_units: u32, question: LookQuestion<'_>) -> Result<Monitored> {
    let level = Level::new(1.0 - question.alpha())?;
    // Equal arms have n/4 as n₁n₀/(n₁ + n₀); other arms are as valid, and tightest a little elsewhere.
    let precision = mixture_precision(f64::from(planned_units) / 4.0, level.alpha(), Sides::Both)?;
    let mut smallest = 1.0_f64;
    for look in question.seen.iter().chain([question.now]) {
        smallest = smallest.min(anytime_t(&effect(look, level)?, tuning(look, precision))?.p);
    }
    let half_width = anytime_t_radius(&effect(question.now, level)?, tuning(question.now, precision))?;
    let stop = (smallest <= level.alpha()).then(|| question.clear());
    let look = question.seen.len() + 1;
    let units: u64 = question.now.units.iter().sum();
    let words = match stop {
        Some(stop) => format!("After {units} units the p that holds at every look is {smallest:.4}: {}.", stop.words()),
        None => {
            format!("After {units} units the p that holds at every look is {smallest:.4}; it may be looked at again.")
        }
    };
    Ok(Monitored {
        may_show: true,
        look,
        looks: None,
        level: Some(level.fraction()),
        half_width,
        p: smallest,
        p_needed: Some(level.alpha()),
        stop,
        // Ville's inequality spends at no look in particular.
        spent: 0.0,
        left: level.alpha(),
        words,
    })
}

/// n₁n₀/(n₁ + n₀).
fn tuning(look: &Seen, mixture_precision: f64) -> AnytimeTuning {
    let [control, treated] = look.units.map(|units| units as f64);
    AnytimeTuning { information: control * treated / (control + treated), mixture_precision }
}

fn effect(look: &Seen, level: Level) -> Result<Effect> {
    let n = usize::try_from(look.units.iter().sum::<u64>()).unwrap_or(usize::MAX);
    let Some(standard_error) = look.standard_error else {
        return Err(StatsError::NoVariation { what: "the outcome", n }.into());
    };
    let df = look.degrees_of_freedom.unwrap_or(NORMAL);
    Ok(Effect::from_t(look.estimate, standard_error, df, n, level)?)
}
