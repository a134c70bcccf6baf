//! What cannot be simulated.

use super::{Covariate, Planning};
use crate::trial::{MINIMUM_UNITS, Result, TrialError};

/// Refuses outcomes without units or weeks, a history that is too short, and designs over time.
pub(super) fn check(planning: &Planning) -> Result<()> {
    let refuse = |what: String, needed: String| Err(TrialError::Plan { what, needed });
    let units = planning.units.len();
    if planning.design.is_over_time() {
        let what = format!("the design is {}", planning.design.words());
        return refuse(what, "one whose units keep their variant".to_owned());
    }
    if planning.outcomes.is_empty() || planning.simulations == 0 || planning.weeks == 0 {
        let (outcomes, simulations, weeks) = (planning.outcomes.len(), planning.simulations, planning.weeks);
        let what = format!("there are {outcomes} outcomes, {simulations} simulations and {weeks} weeks");
        return refuse(what, "at least one of each".to_owned());
    }
    if units < MINIMUM_UNITS {
        return refuse(format!("there are {units} units"), format!("at least {}", MINIMUM_UNITS));
    }
    for history in &planning.outcomes {
        if history.weeks.len() != units {
            let what = format!("{} has the history of {} units", history.metric, history.weeks.len());
            return refuse(what, format!("that of each of the {units}"));
        }
        if !(history.margin >= 0.0 && history.margin < 1.0) {
            return refuse(
                format!("the margin of {} is {}", history.metric, history.margin),
                "one from 0 to 1".to_owned(),
            );
        }
    }
    for covariate in &planning.covariates {
        let is_known = match covariate {
            Covariate::Outcome(place) => *place < planning.outcomes.len(),
            Covariate::Fixed { values, .. } => values.len() == units && values.iter().all(|it| it.is_finite()),
        };
        if !is_known {
            return refuse(
                format!("the covariate {covariate:?} does not fit"),
                format!("an entry for each of {units} units"),
            );
        }
    }
    if !planning.fits(planning.weeks) {
        let needed = format!("{} before and {} during", planning.history_weeks, planning.weeks);
        return refuse(format!("the history has {} weeks", planning.history_length()), needed);
    }
    Ok(())
}
