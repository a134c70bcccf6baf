//! One look, as later looks remember it.

use super::NORMAL;
use crate::stats::StatsError;
use crate::trial::{Finding, Result, TrialError};
use serde::{Deserialize, Serialize};

/// One look at one outcome, made or being made. Recorded with the experiment, since later looks need it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Seen {
    /// Day of the look, `2026-09-14`.
    pub date: String,
    /// The part of the declared length that had passed: above 0, and 1 at the end.
    pub elapsed: f64,
    /// On the outcome's scale.
    pub estimate: f64,
    /// Two-sided, of the primary finding, by t or by randomization.
    pub p: f64,
    /// `None` where the finding has no interval.
    pub standard_error: Option<f64>,
    /// `None` for randomization.
    pub degrees_of_freedom: Option<f64>,
    /// Units that were compared: control and treated.
    pub units: [u64; 2],
}

impl Seen {
    /// A look from its primary finding. The standard error is the half-width of the interval in t or, for randomization, normal
    /// quantiles.
    ///
    /// # Errors
    /// [`TrialError::Elapsed`], [`TrialError::Stats`] for a p that is none.
    pub fn of(date: &str, elapsed: f64, finding: &Finding, units: [u64; 2]) -> Result<Seen> {
        let quantile = finding.level.t_quantile(finding.degrees_of_freedom.unwrap_or(NORMAL))?;
        let seen = Seen {
            date: date.to_owned(),
            elapsed,
            estimate: finding.estimate,
            p: finding.p,
            standard_error: finding.interval.map(|it| (it.high - it.low) / 2.0 / quantile),
            degrees_of_freedom: finding.degrees_of_freedom,
            units,
        };
        seen.check()?;
        Ok(seen)
    }

    pub(super) fn check(&self) -> Result<()> {
        if !(self.elapsed > 0.0 && self.elapsed <= 1.0) {
            return Err(TrialError::Elapsed { date: self.date.clone(), elapsed: self.elapsed });
        }
        if !self.estimate.is_finite() {
            let what = "estimate of a look";
            return Err(StatsError::OutOfRange { what, value: self.estimate, expected: "a finite number" }.into());
        }
        Ok(())
    }
}
