//! Rates of counted events. The one rule: the variance of a count comes from the rows where there are rows.

use super::distribution::{gamma_quantile, normal_quantile, student_t_quantile};
use super::error::check_not_negative;
use super::mean::{Moments, mean};
use super::ratio::{Linearised, RatioRows};
use super::{Estimate, Level, StatsError};

/// The rate `events / exposure` (events per unit of exposure, for example incidents per team-week) with the exact
/// Poisson interval of Garwood (1936): from χ²(α/2; 2x)/2 to χ²(1−α/2; 2x+2)/2, both divided by the exposure.
///
/// No value at zero exposure; `n` of the estimate is the number of events. Exact means that coverage is at least the
/// level; it presumes events that do not cluster. Where there are rows to tell how they cluster, ask [`rate`].
///
/// # Errors
/// [`StatsError::NotFinite`] or [`StatsError::Negative`] for an exposure that is not finite or is below zero.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 do not occur and would lose only their last digit")]
pub fn poisson_rate(events: u64, exposure: f64, level: Level) -> Result<Estimate, StatsError> {
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

/// Events per exposure, Σy / Σx, of rows that each counted `numerators[i]` events during `denominators[i]` of exposure,
/// zero or more. Counts may cluster: rows differ more than Poisson's would, or less.
///
/// The interval is of quasi-Poisson counts (McCullagh & Nelder 1989, 6.2): the dispersion φ, the variance of the ratio
/// by linearisation over that of Poisson's, says how many independent events Σy are worth, and the gamma interval of
/// Jeffreys, shape Σy/φ + ½, is the middle of Garwood's exact one. φ is widened by (t/z)² since it is estimated from
/// k rows. Without any event φ is 1. `n` is the number of rows.
///
/// No value without exposure, no interval with fewer than two rows.
///
/// # Errors
/// As [`ratio`](super::ratio()), and [`StatsError::Negative`] for a negative count.
#[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
pub fn rate(rows: RatioRows, level: Level) -> Result<Estimate, StatsError> {
    check_not_negative("count", rows.numerators)?;
    let n = rows.numerators.len() as u64;
    let Some(Linearised { value, squared_error }) = Linearised::of(rows)? else {
        return Ok(Estimate::absent(n, level));
    };
    let Some(error) = squared_error else {
        return Estimate::point(value, n, level);
    };
    let exposure: f64 = rows.denominators.iter().sum();
    let events = value * exposure;
    let widening =
        student_t_quantile(level.upper_probability(), n as f64 - 1.0) / normal_quantile(level.upper_probability());
    let dispersion = if events > 0.0 { error.value * exposure * exposure / events * widening * widening } else { 1.0 };
    // Rows that are all alike are no proof that there is no chance in them.
    let dispersion = dispersion.max(LEAST_DISPERSION);
    let (low, high) = jeffreys(events, dispersion, level);
    Estimate::with_bounds(value, ((low / exposure).min(value), (high / exposure).max(value)), n, level)
}

/// The mean of what equal periods counted, zero or more each, such as deployments a week. `n` is the number of periods.
///
/// The interval is that of quasi-Poisson counts as in [`rate`], except that few periods cannot show how regular they are:
/// two weeks that happen to count the same are no proof of a third. So the dispersion starts from Poisson's, which is
/// believed as much as one further period, φ = ((k − 1) φ̂ + 1) / k with k degrees of freedom (the conjugate prior of a
/// variance, Gelman et al. 2013, 2.6). Where that is more, the upper bound is that of the [`mean`](super::mean()): rare
/// bursts are a skewness that the gamma distribution does not have.
///
/// No value without periods, no interval with fewer than two.
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::Negative`], [`StatsError::Overflow`].
pub fn mean_count(counts: &[f64], level: Level) -> Result<Estimate, StatsError> {
    check_not_negative("count", counts)?;
    let of_mean = mean(counts, level)?;
    let (Some(value), Some(interval)) = (of_mean.value, of_mean.interval) else { return Ok(of_mean) };
    let Some((moments, variance)) = Moments::of(counts).and_then(|it| Some((it, it.variance()?))) else {
        return Ok(of_mean);
    };
    let periods = moments.n;
    let dispersion = if value > 0.0 {
        let quantile = student_t_quantile(level.upper_probability(), periods);
        let widening = quantile / normal_quantile(level.upper_probability());
        ((periods - 1.0) * variance / value + 1.0) / periods * widening * widening
    } else {
        1.0
    };
    let (low, high) = jeffreys(value * periods, dispersion, level);
    let bounds = ((low / periods).min(value), (high / periods).max(interval.high));
    Estimate::with_bounds(value, bounds, of_mean.n, level)
}

/// The bounds of the expectation behind so many events, each worth 1 / `dispersion` independent ones. Nothing is below zero.
fn jeffreys(events: f64, dispersion: f64, level: Level) -> (f64, f64) {
    let bound = |probability| gamma_quantile(probability, events / dispersion + 0.5) * dispersion;
    let low = if events > 0.0 { bound(1.0 - level.upper_probability()) } else { 0.0 };
    (low, bound(level.upper_probability()))
}

/// Counts that vary less than a twentieth of Poisson's are taken for that.
const LEAST_DISPERSION: f64 = 0.05;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn matches_the_published_limits() {
        // The limits of Garwood (1936) for 0, 1 and 10 events at 95 %.
        for (events, low, high) in [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)] {
            let interval = poisson_rate(events, 1.0, Level::NINETY_FIVE).unwrap().interval.unwrap();
            assert!((interval.low - low).abs() < 5e-5 && (interval.high - high).abs() < 5e-5, "{interval:?}");
        }
    }

    #[test]
    fn no_exposure_no_rate() {
        let estimate = poisson_rate(3, 0.0, Level::NINETY_FIVE).unwrap();
        assert_eq!((estimate.value, estimate.interval, estimate.n), (None, None, 3));
        assert!(poisson_rate(3, -1.0, Level::NINETY_FIVE).is_err());
        assert!(poisson_rate(3, f64::NAN, Level::NINETY_FIVE).is_err());
    }

    #[test]
    fn clusters_widen_the_interval_and_no_events_bound_it() {
        let of = |numerators: &[f64]| {
            let denominators = vec![1.0; numerators.len()];
            rate(RatioRows { numerators, denominators: &denominators }, Level::NINETY_FIVE).unwrap()
        };
        let width = |estimate: Estimate| estimate.interval.map(|it| it.high - it.low).unwrap();
        let (spread, clustered) = (of(&[2.0, 1.0, 3.0, 2.0, 2.0, 2.0]), of(&[0.0, 0.0, 0.0, 12.0, 0.0, 0.0]));
        assert_eq!((spread.value, clustered.value, spread.n), (Some(2.0), Some(2.0), 6));
        assert!(width(clustered) > 3.0 * width(spread), "{clustered:?} {spread:?}");
        let none = of(&[0.0; 10]);
        let interval = none.interval.unwrap();
        // Half of the χ² quantile with one degree of freedom, over the exposure.
        assert_eq!((none.value, interval.low), (Some(0.0), 0.0));
        assert!((interval.high - 5.023_886_187_314_888 / 20.0).abs() < 1e-9, "{interval:?}");
        assert_eq!(of(&[]).value, None);
        assert_eq!(of(&[4.0]).interval, None);
        let refused = rate(RatioRows { numerators: &[-1.0], denominators: &[1.0] }, Level::NINETY_FIVE);
        assert!(matches!(refused, Err(StatsError::Negative { what: "count", .. })));
    }

    #[test]
    fn few_periods_that_count_alike_are_no_proof() {
        let of = |counts: &[f64]| mean_count(counts, Level::NINETY_FIVE).unwrap();
        // φ = ½ × (4.302653 / 1.959964)² = 2.40963; the gamma quantiles of shape 6 / φ + ½, times φ / 2.
        let alike = of(&[3.0, 3.0]);
        let interval = alike.interval.unwrap();
        assert_eq!((alike.value, alike.n), (Some(3.0), 2));
        assert!((interval.low - 0.7402).abs() < 5e-5 && (interval.high - 8.6853).abs() < 5e-5, "{interval:?}");
        // The regularity of many is believed.
        let many = of(&[3.0; 100]).interval.unwrap();
        assert!(many.low > 2.9 && many.high < 3.1, "{many:?}");
        let none = of(&[0.0; 4]).interval.unwrap();
        assert!(none.low == 0.0 && (none.high - 5.023_886_187_314_888 / 8.0).abs() < 1e-9, "{none:?}");
        assert_eq!((of(&[]).value, of(&[4.0]).value, of(&[4.0]).interval), (None, Some(4.0), None));
        assert!(mean_count(&[-1.0], Level::NINETY_FIVE).is_err());
    }

    proptest! {
        #[test]
        fn a_count_has_bounds_on_either_side_and_none_below_zero(
            counts in prop::collection::vec(0_u16..2_000, 2..40),
        ) {
            let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
            let estimate = mean_count(&counts, Level::NINETY_FIVE).unwrap();
            let (value, interval) = (estimate.value.unwrap(), estimate.interval.unwrap());
            prop_assert!(interval.low >= 0.0 && interval.low <= value && value < interval.high);
            prop_assert!(value == 0.0 || interval.low > 0.0);
        }

        #[test]
        fn contains_the_rate_and_scales_with_exposure(events in 0_u64..5_000, exposure in 0.1..1e4_f64) {
            let estimate = poisson_rate(events, exposure, Level::NINETY_FIVE).unwrap();
            let interval = estimate.interval.unwrap();
            prop_assert!(interval.low >= 0.0 && interval.contains(estimate.value.unwrap()));
            let doubled = poisson_rate(events, 2.0 * exposure, Level::NINETY_FIVE).unwrap().interval.unwrap();
            prop_assert!((doubled.high * 2.0 - interval.high).abs() <= 1e-9 * interval.high);
        }
    }
}
