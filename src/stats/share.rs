//! Shares of trials that succeed.

use super::distribution::normal_quantile;
use super::{Estimate, Level, StatsError};

/// The share `successes / trials` (0 to 1) with the score interval of Wilson (1927), without continuity correction:
/// (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n).
///
/// No value without trials; `n` of the estimate is the number of trials.
///
/// # Errors
/// [`StatsError::ShareAboveOne`] when `successes` exceeds `trials`.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 do not occur and would lose only their last digit")]
pub fn share(successes: u64, trials: u64, level: Level) -> Result<Estimate, StatsError> {
    if successes > trials {
        return Err(StatsError::ShareAboveOne { successes, trials });
    }
    if trials == 0 {
        return Ok(Estimate::absent(0, level));
    }
    let value = successes as f64 / trials as f64;
    let bounds = wilson(value, trials as f64, normal_quantile(level.upper_probability()));
    Estimate::with_bounds(value, bounds, trials, level)
}

/// Wilson's bounds of a share of `n` trials, which need not be a whole number. Rounding must not push a bound past the
/// share or out of 0 to 1: at a share of 0 the lower bound is exactly 0.
pub(super) fn wilson(value: f64, n: f64, z: f64) -> (f64, f64) {
    let centre = value + z * z / (2.0 * n);
    let half_width = z * (value * (1.0 - value) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    let low = if value <= 0.0 { 0.0 } else { ((centre - half_width) / scale).clamp(0.0, value) };
    let high = if value >= 1.0 { 1.0 } else { ((centre + half_width) / scale).clamp(value, 1.0) };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn matches_the_published_intervals() {
        // Newcombe (1998), Statistics in Medicine 17, table I, method 3.
        let published =
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)];
        for (successes, trials, low, high) in published {
            let interval = share(successes, trials, Level::NINETY_FIVE).unwrap().interval.unwrap();
            assert!((interval.low - low).abs() < 5e-5 && (interval.high - high).abs() < 5e-5, "{interval:?}");
        }
    }

    #[test]
    fn no_trials_no_share() {
        assert_eq!(share(0, 0, Level::NINETY_FIVE).unwrap().value, None);
        let error = share(3, 2, Level::NINETY_FIVE).unwrap_err();
        assert_eq!(error.to_string(), "3 successes in 2 trials: a share cannot exceed one");
    }

    proptest! {
        #[test]
        fn stays_within_zero_and_one_and_contains_the_share(
            trials in 1_u64..1_000_000,
            part in 0.0..=1.0_f64,
            level in 0.01..0.999_f64,
        ) {
            let successes = ((trials as f64) * part).round() as u64;
            let estimate = share(successes, trials, Level::new(level).unwrap()).unwrap();
            let interval = estimate.interval.unwrap();
            prop_assert!(interval.low >= 0.0 && interval.high <= 1.0);
            prop_assert!(interval.contains(estimate.value.unwrap()));
        }
    }
}
