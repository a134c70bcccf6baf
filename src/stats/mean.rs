//! Arithmetic and geometric means. The one rule: an interval knows of skewness, since durations and sizes are skewed.

use super::distribution::student_t_quantile;
use super::error::{check_finite, computed};
use super::{Estimate, Level, StatsError};

/// The mean of `values` (any length, any unit) with an interval that knows of skewness: Student's (1908) t(n−1) quantiles
/// taken back through the cubic transformation of Hall (1992), which removes what skewness does to the t statistic. For
/// symmetric values it is mean ± t s/√n; a long tail to the right moves both bounds to the right.
///
/// No value without rows, no interval with fewer than two.
///
/// # Errors
/// [`StatsError::NotFinite`] for NaN or infinite values, [`StatsError::Overflow`] when sums leave the range of f64.
pub fn mean(values: &[f64], level: Level) -> Result<Estimate, StatsError> {
    check_finite("value", values)?;
    let n = values.len() as u64;
    let Some(moments) = Moments::of(values) else {
        return Ok(Estimate::absent(n, level));
    };
    let Some(variance) = moments.variance() else {
        return Estimate::point(moments.mean, n, level);
    };
    let standard_error = computed("variance", variance / moments.n)?.sqrt();
    let quantile = student_t_quantile(level.upper_probability(), moments.n - 1.0);
    let skewness = skewness(values, &moments);
    let bound = |t: f64| moments.mean - unskewed(t, skewness, moments.n) * standard_error;
    let (low, high) = (bound(quantile).min(moments.mean), bound(-quantile).max(moments.mean));
    Estimate::with_bounds(moments.mean, (low, high), n, level)
}

/// The t that Hall's (1992) g(t) = t + γt²/(3√n) + γ²t³/(27n) + γ/(6√n) takes to `quantile`, for skewness γ.
fn unskewed(quantile: f64, skewness: f64, n: f64) -> f64 {
    let bend = skewness / n.sqrt();
    // Near symmetry the formula divides nothing by nothing, and the transformation is the identity.
    if bend.abs() < 1e-6 {
        return quantile;
    }
    3.0 / bend * ((1.0 + bend * (quantile - bend / 6.0)).cbrt() - 1.0)
}

/// The mean of cubed deviations over the cubed deviation: between −√n and √n, and 0 for constant values.
fn skewness(values: &[f64], moments: &Moments) -> f64 {
    let deviation = (moments.sum_of_squares / moments.n).sqrt();
    if deviation <= 0.0 {
        return 0.0;
    }
    // Scaled first, so that the cube of a large deviation does not overflow.
    values.iter().map(|value| ((value - moments.mean) / deviation).powi(3)).sum::<f64>() / moments.n
}

/// The sample variance with divisor n − 1 (unit of `values` squared); `None` with fewer than two rows.
///
/// # Errors
/// As [`mean`].
pub fn variance(values: &[f64]) -> Result<Option<f64>, StatsError> {
    check_finite("value", values)?;
    Moments::of(values)
        .and_then(|moments| moments.variance())
        .map(|variance| computed("variance", variance))
        .transpose()
}

/// The geometric mean of positive `values` (any length, any unit), exp of the mean of logs, with the interval of the
/// [`mean`] of logs mapped back by exp.
///
/// Zero has no logarithm: a geometric mean of rows with a zero is zero whatever the others say, and of negative ones it
/// is no number. Whoever asks says what such a row means: unknown (leave it out), or a value of another size.
///
/// # Errors
/// [`StatsError::NotPositive`] for values of zero or below, else as [`mean`].
pub fn geometric_mean(values: &[f64], level: Level) -> Result<Estimate, StatsError> {
    on_log_scale(values, |logs| mean(logs, level))
}

/// A figure of the logs of positive values, mapped back by exp.
pub(super) fn on_log_scale(
    values: &[f64],
    figure: impl Fn(&[f64]) -> Result<Estimate, StatsError>,
) -> Result<Estimate, StatsError> {
    check_finite("value", values)?;
    if let Some(index) = values.iter().position(|value| *value <= 0.0) {
        return Err(StatsError::NotPositive { what: "value", index, value: values[index] });
    }
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    let on_log_scale = figure(&logs)?;
    let value = on_log_scale.value.map(|value| computed("geometric mean", value.exp())).transpose()?;
    let interval = on_log_scale.interval.map(|interval| interval.map(f64::exp)).transpose()?;
    Ok(Estimate { value, interval, ..on_log_scale })
}

/// Count, mean and sum of squared deviations by the updating formulae of Welford (1962).
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    pub(super) n: f64,
    pub(super) mean: f64,
    sum_of_squares: f64,
}

impl Moments {
    /// `None` without values.
    pub(super) fn of(values: &[f64]) -> Option<Moments> {
        let mut moments = Moments { n: 0.0, mean: 0.0, sum_of_squares: 0.0 };
        for value in values {
            moments.n += 1.0;
            let deviation = value - moments.mean;
            moments.mean += deviation / moments.n;
            moments.sum_of_squares += deviation * (value - moments.mean);
        }
        (moments.n > 0.0).then_some(moments)
    }

    /// Divisor n − 1; `None` for a single value.
    pub(super) fn variance(&self) -> Option<f64> {
        (self.n > 1.0).then(|| self.sum_of_squares / (self.n - 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn mean_of_one_to_five_by_hand() {
        let estimate = mean(&[1.0, 2.0, 3.0, 4.0, 5.0], Level::NINETY_FIVE).unwrap();
        let interval = estimate.interval.unwrap();
        assert_eq!(estimate.value, Some(3.0));
        assert!((interval.low - 1.036_756_838_522_439).abs() < 1e-12, "{interval:?}");
        assert!((interval.high - 4.963_243_161_477_561).abs() < 1e-12, "{interval:?}");
    }

    #[test]
    fn too_few_rows_are_absent_and_not_nan() {
        let none = mean(&[], Level::NINETY_FIVE).unwrap();
        assert_eq!((none.value, none.interval, none.n), (None, None, 0));
        let one = mean(&[7.0], Level::NINETY_FIVE).unwrap();
        assert_eq!((one.value, one.interval, one.n), (Some(7.0), None, 1));
        assert_eq!(variance(&[7.0]).unwrap(), None);
    }

    #[test]
    fn refuses_what_has_no_mean() {
        let error = mean(&[1.0, f64::NAN], Level::NINETY_FIVE).unwrap_err();
        assert_eq!(error.to_string(), "value at position 1 is NaN, expected a finite number");
        let error = geometric_mean(&[1.0, 0.0], Level::NINETY_FIVE).unwrap_err();
        assert_eq!(error.to_string(), "value at position 1 is 0, expected a number above zero");
        assert!(mean(&[f64::MAX, -f64::MAX], Level::NINETY_FIVE).is_err());
    }

    #[test]
    fn geometric_mean_of_two_and_eight_is_four() {
        let estimate = geometric_mean(&[2.0, 8.0], Level::NINETY_FIVE).unwrap();
        assert!((estimate.value.unwrap() - 4.0).abs() < 1e-14);
        assert!(estimate.interval.unwrap().contains(4.0));
    }

    proptest! {
        #[test]
        fn mean_lies_between_the_extremes_and_shifts(
            values in prop::collection::vec(-1e6..1e6_f64, 2..40),
            shift in -1e3..1e3_f64,
        ) {
            let estimate = mean(&values, Level::NINETY_FIVE).unwrap();
            let value = estimate.value.unwrap();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            prop_assert!(low - 1e-6 <= value && value <= high + 1e-6);
            let moved: Vec<f64> = values.iter().map(|value| value + shift).collect();
            prop_assert!((mean(&moved, Level::NINETY_FIVE).unwrap().value.unwrap() - value - shift).abs() < 1e-6);
        }
    }
}
