//! A difference of means when some outcomes are not known. The one rule: what is missing is bounded, never left out
//! silently and never made up.

use super::error::{check_finite, computed};
use super::two_sample::{check_arms, welch};
use super::{Asymptotic, Effect, Interval, Level, StatsError};

/// The outcome of each randomised unit, `None` where it is not known.
#[derive(Debug, Clone, Copy)]
pub struct PartlyObserved<'a> {
    pub treated: &'a [Option<f64>],
    pub control: &'a [Option<f64>],
}

/// The least and the greatest effect that what is missing allows, in the unit of the outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorstCase {
    pub low: Effect,
    pub high: Effect,
    /// Units without outcome.
    pub missing_treated: u64,
    pub missing_control: u64,
}

impl WorstCase {
    /// From the lower limit of the least to the upper limit of the greatest effect: it covers both at the level or more.
    #[must_use]
    pub fn interval(&self) -> Interval {
        Interval { low: self.low.interval.low, high: self.high.interval.high }
    }
}

/// The bounds of Horowitz & Manski (2000) for an outcome that lies within `bounds` whatever happens: every missing
/// outcome is set to the bound that is worst, then best, for the effect. Nothing is presumed of why outcomes are missing.
/// Each bound has the inference of [`welch`].
///
/// # Errors
/// [`StatsError::OutOfBounds`] for an outcome outside, [`StatsError::NotFinite`], and those of [`welch`].
pub fn worst_case_bounds(rows: PartlyObserved, bounds: Interval, level: Level) -> Result<WorstCase, StatsError> {
    check_finite("bound", &[bounds.low, bounds.high])?;
    for (what, outcomes) in [("treated outcome", rows.treated), ("control outcome", rows.control)] {
        for (index, outcome) in outcomes.iter().enumerate() {
            if let Some(value) = outcome.filter(|value| !bounds.contains(*value)) {
                return Err(StatsError::OutOfBounds { what, index, value, low: bounds.low, high: bounds.high });
            }
        }
    }
    let filled = |outcomes: &[Option<f64>], bound: f64| -> Vec<f64> {
        outcomes.iter().map(|outcome| outcome.unwrap_or(bound)).collect()
    };
    let with =
        |treated: f64, control: f64| welch(&filled(rows.treated, treated), &filled(rows.control, control), level);
    let missing = |outcomes: &[Option<f64>]| outcomes.iter().filter(|outcome| outcome.is_none()).count() as u64;
    Ok(WorstCase {
        low: with(bounds.low, bounds.high)?,
        high: with(bounds.high, bounds.low)?,
        missing_treated: missing(rows.treated),
        missing_control: missing(rows.control),
    })
}

/// Bounds of the effect on those whose outcome would be known in either arm, in the unit of the outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrimmingBounds {
    pub low: Asymptotic,
    pub high: Asymptotic,
    /// Share of the arm's units with an outcome.
    pub known_treated: f64,
    pub known_control: f64,
    /// Share trimmed off the known outcomes of the arm that has more of them.
    pub trimmed: f64,
}

impl TrimmingBounds {
    /// From the lower limit of the lower to the upper limit of the upper bound: it covers both at the level or more.
    #[must_use]
    pub fn interval(&self) -> Interval {
        Interval { low: self.low.interval.low, high: self.high.interval.high }
    }
}

/// The bounds of Lee (2009) for unequal attrition: of the arm with more known outcomes the excess share
/// p = 1 − (smaller known share) / (larger known share) is trimmed off the top, then off the bottom. It presumes that
/// treatment moves whether an outcome is known in one direction only. An outcome that p splits counts in part. Errors are
/// Lee's proposition 3, which allows for p being estimated.
///
/// # Errors
/// [`StatsError::NotFinite`]; [`StatsError::ArmTooSmall`] under two known outcomes in an arm;
/// [`StatsError::NoVariation`] when no error is left.
pub fn trimming_bounds(rows: PartlyObserved, level: Level) -> Result<TrimmingBounds, StatsError> {
    let (treated, control) = (Arm::of(rows.treated)?, Arm::of(rows.control)?);
    check_arms(treated.known.len(), control.known.len())?;
    let n = rows.treated.len() + rows.control.len();
    let ratio = control.share() / treated.share();
    let ratio_variance = treated.log_share_variance() + control.log_share_variance();
    // The arm with more known outcomes is kept by this share, the other one whole.
    let keep = ratio.min(1.0 / ratio).min(1.0);
    let (trimmed_arm, whole_arm, sign) =
        if ratio <= 1.0 { (&treated, &control, 1.0) } else { (&control, &treated, -1.0) };
    let whole = Tail::of(&whole_arm.known, 1.0)?;
    let bound = |sorted: &[f64], mirror: f64| {
        let tail = Tail::of(sorted, keep)?;
        let distance = tail.edge - tail.mean;
        let kept = keep * count(sorted.len());
        let of_trimming = distance * distance * ((1.0 - keep) / kept + if keep < 1.0 { ratio_variance } else { 0.0 });
        let variance = tail.variance / kept + of_trimming + whole.variance / count(whole_arm.known.len());
        let estimate = sign * (mirror * tail.mean - whole.mean);
        Asymptotic::new(computed("bound", estimate)?, computed("variance", variance)?.sqrt(), n, level)
    };
    let small = bound(&trimmed_arm.known, 1.0)?;
    let mirrored: Vec<f64> = trimmed_arm.known.iter().rev().map(|value| -value).collect();
    let large = bound(&mirrored, -1.0)?;
    let (low, high) = if sign > 0.0 { (small, large) } else { (large, small) };
    Ok(TrimmingBounds {
        low,
        high,
        known_treated: treated.share(),
        known_control: control.share(),
        trimmed: 1.0 - keep,
    })
}

struct Arm {
    /// Ascending.
    known: Vec<f64>,
    units: usize,
}

impl Arm {
    fn of(outcomes: &[Option<f64>]) -> Result<Arm, StatsError> {
        let mut known: Vec<f64> = outcomes.iter().flatten().copied().collect();
        check_finite("outcome", &known)?;
        known.sort_by(f64::total_cmp);
        Ok(Arm { known, units: outcomes.len() })
    }

    fn share(&self) -> f64 {
        count(self.known.len()) / count(self.units)
    }

    /// Of the logarithm of the share: (1 − α) / (n α).
    fn log_share_variance(&self) -> f64 {
        (1.0 - self.share()) / (count(self.units) * self.share())
    }
}

/// The lower tail of sorted values that holds a share of them.
struct Tail {
    mean: f64,
    /// Divisor: the number kept.
    variance: f64,
    /// The greatest value kept.
    edge: f64,
}

impl Tail {
    fn of(sorted: &[f64], share: f64) -> Result<Tail, StatsError> {
        let kept = share * count(sorted.len());
        let weights = (0..sorted.len()).map(|index| (kept - count(index)).clamp(0.0, 1.0));
        let weighted: Vec<(f64, f64)> =
            sorted.iter().copied().zip(weights).filter(|(_, weight)| *weight > 1e-9).collect();
        let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();
        let mean = weighted.iter().map(|(value, weight)| weight / total * value).sum::<f64>();
        let variance = weighted.iter().map(|(value, weight)| weight / total * (value - mean).powi(2)).sum::<f64>();
        let edge = weighted.last().map_or(mean, |(value, _)| *value);
        Ok(Tail { mean: computed("mean", mean)?, variance, edge })
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of units is far below 2^53")]
fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
