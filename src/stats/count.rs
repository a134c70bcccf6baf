//! Rates of counted events.

use super::distribution::gamma_quantile;
use super::{Estimate, Level, StatsError};

/// The rate `events / exposure` (events per unit of exposure, for example incidents per team-week) with the exact
/// Poisson interval of Garwood (1936): from χ²(α/2; 2x)/2 to χ²(1−α/2; 2x+2)/2, both divided by the exposure.
///
/// No value at zero exposure; `n` of the estimate is the number of events. Exact means that coverage is at least the
/// level; it presumes events that do not cluster.
///
/// # Errors
/// [`StatsError::NotFinite`] or [`StatsError::Negative`] for an exposure that is not finite or is below zero.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 do not occur and would lose only their last digit")]
pub fn rate(events: u64, exposure: f64, level: Level) -> Result<Estimate, StatsError> {
    super::error::check_finite("exposure", &[exposure])?;
    if exposure < 0.0 {
        return Err(StatsError::Negative { what: "exposure", index: 0, value: exposure });
    }
    if exposure == 0.0 {
        return Ok(Estimate::absent(events, level));
    }
    let count = events as f64;
    let high = gamma_quantile(level.upper_probability(), count + 1.0);
    let low = if events == 0 { 0.0 } else { gamma_quantile(1.0 - level.upper_probability(), count) };
    Estimate::with_bounds(count / exposure, (low / exposure, high / exposure), events, level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn matches_the_published_limits() {
        // The limits of Garwood (1936) for 0, 1 and 10 events at 95 %.
        for (events, low, high) in [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)] {
            let interval = rate(events, 1.0, Level::NINETY_FIVE).unwrap().interval.unwrap();
            assert!((interval.low - low).abs() < 5e-5 && (interval.high - high).abs() < 5e-5, "{interval:?}");
        }
    }

    #[test]
    fn no_exposure_no_rate() {
        let estimate = rate(3, 0.0, Level::NINETY_FIVE).unwrap();
        assert_eq!((estimate.value, estimate.interval, estimate.n), (None, None, 3));
        assert!(rate(3, -1.0, Level::NINETY_FIVE).is_err());
        assert!(rate(3, f64::NAN, Level::NINETY_FIVE).is_err());
    }

    proptest! {
        #[test]
        fn contains_the_rate_and_scales_with_exposure(events in 0_u64..5_000, exposure in 0.1..1e4_f64) {
            let estimate = rate(events, exposure, Level::NINETY_FIVE).unwrap();
            let interval = estimate.interval.unwrap();
            prop_assert!(interval.low >= 0.0 && interval.contains(estimate.value.unwrap()));
            let doubled = rate(events, 2.0 * exposure, Level::NINETY_FIVE).unwrap().interval.unwrap();
            prop_assert!((doubled.high * 2.0 - interval.high).abs() <= 1e-9 * interval.high);
        }
    }
}
