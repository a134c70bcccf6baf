//! How much one estimate differs from another that was made of other rows. The one rule: what either lacks, the change lacks.

use super::estimate::{Estimate, Interval};
use super::{Level, StatsError};

/// `now` − `before` with an interval made of both intervals: value ± √(distance² + distance²), each distance from an
/// estimate to its own bound on the side that matters, so that lopsided intervals stay lopsided. Zou & Donner (2008), "method of
/// variance estimates recovery"; of two shares with Wilson's intervals it is method 10 of Newcombe (1998). The two must
/// be independent and of the same level. `n` is the rows of both.
///
/// # Errors
/// [`StatsError::Overflow`].
pub fn difference(now: &Estimate, before: &Estimate) -> Result<Estimate, StatsError> {
    let n = now.n + before.n;
    let (Some(to), Some(from)) = (now.value, before.value) else {
        return Ok(Estimate::absent(n, level(now, before)));
    };
    let (Some(of_now), Some(of_before)) = (now.interval, before.interval) else {
        return Estimate::point(to - from, n, level(now, before));
    };
    let bounds = bounds((to, of_now), (from, of_before));
    Estimate::with_bounds(to - from, bounds, n, level(now, before))
}

/// `now` / `before`, found as the [`difference`] of logarithms. Without a value unless both are above zero, and without
/// an interval unless both intervals are.
///
/// # Errors
/// [`StatsError::Overflow`].
pub fn quotient(now: &Estimate, before: &Estimate) -> Result<Estimate, StatsError> {
    let n = now.n + before.n;
    let positive = now.value.zip(before.value).filter(|(to, from)| *to > 0.0 && *from > 0.0);
    let Some((to, from)) = positive else { return Ok(Estimate::absent(n, level(now, before))) };
    let intervals = now.interval.zip(before.interval).filter(|(now, before)| now.low > 0.0 && before.low > 0.0);
    let Some((of_now, of_before)) = intervals else { return Estimate::point(to / from, n, level(now, before)) };
    let ln = |it: Interval| Interval { low: it.low.ln(), high: it.high.ln() };
    let (low, high) = bounds((to.ln(), ln(of_now)), (from.ln(), ln(of_before)));
    let value = to / from;
    Estimate::with_bounds(value, (low.exp().min(value), high.exp().max(value)), n, level(now, before))
}

fn bounds((to, of_now): (f64, Interval), (from, of_before): (f64, Interval)) -> (f64, f64) {
    let below = (to - of_now.low).hypot(of_before.high - from);
    let above = (of_now.high - to).hypot(from - of_before.low);
    (to - from - below, to - from + above)
}

fn level(now: &Estimate, before: &Estimate) -> Level {
    debug_assert_eq!(now.level, before.level);
    now.level
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{mean, share};
    use proptest::prelude::*;

    const LEVEL: Level = Level::NINETY_FIVE;

    fn estimate(value: f64, low: f64, high: f64) -> Estimate {
        Estimate { value: Some(value), interval: Some(Interval { low, high }), n: 10, level: LEVEL }
    }

    #[test]
    fn matches_the_published_differences_of_shares() {
        // Newcombe (1998), Statistics in Medicine 17, 873–890, table II, method 10.
        let published = [
            ((56, 70), (48, 80), (0.0524, 0.3339)),
            ((9, 10), (3, 10), (0.1705, 0.8090)),
            ((10, 10), (0, 20), (0.6791, 1.0)),
            ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ];
        for ((a, m), (b, n), (low, high)) in published {
            let found = difference(&share(a, m, LEVEL).unwrap(), &share(b, n, LEVEL).unwrap()).unwrap();
            let interval = found.interval.unwrap();
            assert!((interval.low - low).abs() < 6e-5 && (interval.high - high).abs() < 6e-5, "{interval:?}");
        }
    }

    #[test]
    fn what_either_lacks_the_change_lacks() {
        let (whole, absent) = (estimate(2.0, 1.0, 4.0), Estimate::absent(3, LEVEL));
        assert_eq!((difference(&whole, &absent).unwrap().value, difference(&whole, &absent).unwrap().n), (None, 13));
        let point = Estimate { interval: None, ..whole };
        assert_eq!(difference(&whole, &point).unwrap().interval, None);
        assert_eq!(quotient(&whole, &point).unwrap().value, Some(1.0));
        let zero = estimate(0.0, 0.0, 1.0);
        assert_eq!(quotient(&whole, &zero).unwrap().value, None);
        assert_eq!(quotient(&whole, &estimate(2.0, 0.0, 3.0)).unwrap().interval, None);
    }

    #[test]
    fn a_quotient_is_a_difference_of_logarithms() {
        // Both within a factor of 2 of their bounds: ln 2 × √2 on either side of ln 1.
        let one = estimate(2.0, 1.0, 4.0);
        let interval = quotient(&one, &one).unwrap().interval.unwrap();
        let factor = (2_f64.ln() * 2_f64.sqrt()).exp();
        assert!((interval.high - factor).abs() < 1e-12 && (interval.low - 1.0 / factor).abs() < 1e-12);
    }

    proptest! {
        /// Against Welch's interval of the same two samples, which it is close to when both are large.
        #[test]
        fn of_large_samples_it_is_welchs(shift in -5.0..5.0_f64, spread in 0.5..3.0_f64) {
            let sample = |offset: f64, spread: f64| -> Vec<f64> {
                (0..400).map(|i| offset + spread * f64::from(i * 7919 % 401) / 401.0).collect()
            };
            let (a, b) = (sample(shift, spread), sample(0.0, 1.0));
            let found = difference(&mean(&a, LEVEL).unwrap(), &mean(&b, LEVEL).unwrap()).unwrap();
            let welch = crate::stats::welch(&a, &b, LEVEL).unwrap();
            let (found, welch) = (found.interval.unwrap(), welch.interval);
            let width = welch.high - welch.low;
            prop_assert!((found.low - welch.low).abs() < 0.01 * width && (found.high - welch.high).abs() < 0.01 * width);
        }
    }
}
