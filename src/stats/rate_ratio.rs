//! Two Poisson rates compared exactly. The one rule: only for events that do not cluster; else compare rows.

use super::error::check_positive;
use super::{Estimate, Level, StatsError, binomial_test, clopper_pearson};

/// Events counted during an exposure (any unit, above zero), for example incidents in team-weeks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Events {
    pub count: u64,
    pub exposure: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateRatio {
    /// The rate of the treated over that of the control; `n` is the events of both. No value without control events, no
    /// interval where it has no upper bound.
    pub ratio: Estimate,
    /// Two-sided, against equal rates.
    pub p: f64,
}

/// Compares two rates given the sum of their events, of which the treated have a binomial part (Przyborowski & Wilenski
/// 1940): the p-value is that of [`binomial_test`], the interval that of [`clopper_pearson`] taken back to the ratio.
///
/// # Errors
/// [`StatsError::OutOfRange`] unless both exposures are above zero, [`StatsError::Overflow`].
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 do not occur")]
pub fn poisson_rate_ratio(treated: Events, control: Events, level: Level) -> Result<RateRatio, StatsError> {
    check_positive("exposure of the treated", treated.exposure)?;
    check_positive("exposure of the control", control.exposure)?;
    let events = treated.count + control.count;
    let exposure_ratio = super::error::computed("ratio of exposures", treated.exposure / control.exposure)?;
    let p = binomial_test(treated.count, events, exposure_ratio / (1.0 + exposure_ratio))?;
    if control.count == 0 {
        return Ok(RateRatio { ratio: Estimate::absent(events, level), p });
    }
    let value = treated.count as f64 / control.count as f64 / exposure_ratio;
    let share = clopper_pearson(treated.count, events, level)?;
    let bound = |share: f64| share / (1.0 - share) / exposure_ratio;
    let ratio = Estimate::with_bounds(value, (bound(share.low), bound(share.high)), events, level)?;
    Ok(RateRatio { ratio, p })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn swapped_arms_invert_the_ratio() {
        let (a, b) = (Events { count: 12, exposure: 30.0 }, Events { count: 5, exposure: 28.0 });
        let forward = poisson_rate_ratio(a, b, Level::NINETY).unwrap();
        let back = poisson_rate_ratio(b, a, Level::NINETY).unwrap();
        assert!((forward.p - back.p).abs() < 1e-12);
        assert!((forward.ratio.interval.unwrap().low * back.ratio.interval.unwrap().high - 1.0).abs() < 1e-10);
    }

    #[test]
    fn no_events_are_not_a_ratio_of_zero() {
        let none = Events { count: 0, exposure: 10.0 };
        let some = Events { count: 3, exposure: 10.0 };
        let unbounded = poisson_rate_ratio(some, none, Level::NINETY_FIVE).unwrap();
        assert_eq!((unbounded.ratio.value, unbounded.ratio.interval), (None, None));
        assert!((unbounded.p - 0.25).abs() < 1e-12);
        let zero = poisson_rate_ratio(none, some, Level::NINETY_FIVE).unwrap().ratio;
        assert!(zero.value == Some(0.0) && zero.interval.unwrap().low == 0.0);
        assert!(poisson_rate_ratio(some, Events { exposure: 0.0, ..none }, Level::NINETY_FIVE).is_err());
    }
}
