//! Ratios of sums over rows, such as hours per pull request with teams as rows.

mod relative;

use super::distribution::student_t_quantile;
use super::error::{check_finite, check_length, computed};
use super::mean::variance;
use super::two_sample::{SquaredError, check_arms, welch_satterthwaite};
use super::{Effect, Estimate, Level, StatsError};
pub use relative::{relative_ratio_effect, relative_ratio_set};

/// One row per independent unit: `numerators[i]` and `denominators[i]` are the sums of unit i, denominators zero or
/// more.
#[derive(Debug, Clone, Copy)]
pub struct RatioRows<'a> {
    pub numerators: &'a [f64],
    pub denominators: &'a [f64],
}

/// The ratio of sums Σy / Σx (unit of y per unit of x) with the interval of Fieller (1954) at t(k−1) over k rows: all
/// ratios r at which the mean of y − rx is no further from zero than t of its standard errors. Both bounds know that the
/// denominators vary too, which the delta method forgets where rows are few.
///
/// No value when the denominators sum to zero. No interval with fewer than two rows, and where the denominators vary so
/// much that their mean could be zero: no ratio is then ruled out.
///
/// # Errors
/// [`StatsError::Length`] for columns of different length, [`StatsError::NotFinite`], [`StatsError::Negative`] for a
/// negative denominator, [`StatsError::Overflow`].
#[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
pub fn ratio(rows: RatioRows, level: Level) -> Result<Estimate, StatsError> {
    let n = rows.numerators.len() as u64;
    let Some(Linearised { value, squared_error }) = Linearised::of(rows)? else {
        return Ok(Estimate::absent(n, level));
    };
    let Some(error) = squared_error else {
        return Estimate::point(value, n, level);
    };
    let k = n as f64;
    let t = student_t_quantile(level.upper_probability(), error.df);
    let mean = rows.denominators.iter().sum::<f64>() / k;
    let residuals = || rows.numerators.iter().zip(rows.denominators).map(|(y, x)| y - value * x);
    let spread = |pairs: &mut dyn Iterator<Item = f64>| pairs.sum::<f64>() / (error.df * k * mean * mean);
    // In units of the mean denominator, and with y replaced by its residual from the ratio, whose mean is zero.
    let denominators = spread(&mut rows.denominators.iter().map(|x| (x - mean) * (x - mean)));
    let covariance = spread(&mut residuals().zip(rows.denominators).map(|(e, x)| e * (x - mean)));
    let bend = 1.0 - t * t * denominators;
    if bend <= 0.0 {
        return Estimate::point(value, n, level);
    }
    let centre = -t * t * covariance;
    let half_width = (centre * centre + bend * t * t * error.value).sqrt();
    let (low, high) = ((centre - half_width) / bend, (centre + half_width) / bend);
    Estimate::with_bounds(value, (value + low.min(0.0), value + high.max(0.0)), n, level)
}

/// The difference of two ratios of sums, treated minus control (unit of the ratio), by the delta method with Welch
/// degrees of freedom from k₁ − 1 and k₀ − 1.
///
/// # Errors
/// As [`ratio`]; [`StatsError::ArmTooSmall`] under two rows in an arm; [`StatsError::NotPositive`] when the
/// denominators of an arm sum to zero.
pub fn ratio_effect(treated: RatioRows, control: RatioRows, level: Level) -> Result<Effect, StatsError> {
    let ((r1, v1), (r0, v0)) = both_arms(treated, control)?;
    welch_satterthwaite(r1 - r0, v1, v0, rows_of(treated, control), level)
}

/// The log of the ratio of two ratios of sums, ln(treated / control), by the delta method: variance v₁/r₁² + v₀/r₀².
/// The degrees of freedom are Welch's on the scale of the ratios, v₁ and v₀. Map estimate and interval by exp for a
/// relative effect.
///
/// # Errors
/// As [`ratio_effect`]; [`StatsError::NotPositive`] when a ratio is not above zero.
pub fn log_ratio_effect(treated: RatioRows, control: RatioRows, level: Level) -> Result<Effect, StatsError> {
    let ((r1, v1), (r0, v0)) = both_arms(treated, control)?;
    for (index, value) in [r1, r0].into_iter().enumerate() {
        if value <= 0.0 {
            return Err(StatsError::NotPositive { what: "ratio of the arm (treated, control)", index, value });
        }
    }
    let n = rows_of(treated, control);
    let df = welch_satterthwaite(r1 - r0, v1, v0, n, level)?.degrees_of_freedom;
    let standard_error = (v1.value / (r1 * r1) + v0.value / (r0 * r0)).sqrt();
    Effect::from_t((r1 / r0).ln(), standard_error, df, n, level)
}

pub(super) struct Linearised {
    pub(super) value: f64,
    pub(super) squared_error: Option<SquaredError>,
}

impl Linearised {
    /// `None` when the denominators sum to zero.
    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    pub(super) fn of(rows: RatioRows) -> Result<Option<Linearised>, StatsError> {
        check_length("denominators", rows.numerators.len(), rows.denominators.len())?;
        check_finite("numerator", rows.numerators)?;
        check_finite("denominator", rows.denominators)?;
        if let Some(index) = rows.denominators.iter().position(|value| *value < 0.0) {
            return Err(StatsError::Negative { what: "denominator", index, value: rows.denominators[index] });
        }
        let total = computed("sum of denominators", rows.denominators.iter().sum())?;
        if total == 0.0 {
            return Ok(None);
        }
        let value = computed("ratio", rows.numerators.iter().sum::<f64>() / total)?;
        let pairs = rows.numerators.iter().zip(rows.denominators);
        let linearised: Vec<f64> = pairs.map(|(numerator, denominator)| numerator - value * denominator).collect();
        let k = linearised.len() as f64;
        let mean_denominator = total / k;
        let squared_error = variance(&linearised)?
            .map(|variance| SquaredError { value: variance / k / (mean_denominator * mean_denominator), df: k - 1.0 });
        Ok(Some(Linearised { value, squared_error }))
    }
}

type RatioWithError = (f64, SquaredError);

fn both_arms(treated: RatioRows, control: RatioRows) -> Result<(RatioWithError, RatioWithError), StatsError> {
    check_arms(treated.numerators.len(), control.numerators.len())?;
    Ok((one_arm("sum of treated denominators", treated)?, one_arm("sum of control denominators", control)?))
}

fn one_arm(what: &'static str, rows: RatioRows) -> Result<RatioWithError, StatsError> {
    match Linearised::of(rows)? {
        Some(Linearised { value, squared_error: Some(error) }) => Ok((value, error)),
        _ => Err(StatsError::NotPositive { what, index: 0, value: 0.0 }),
    }
}

fn rows_of(treated: RatioRows, control: RatioRows) -> usize {
    treated.numerators.len() + control.numerators.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::mean;
    use proptest::prelude::*;

    #[test]
    fn with_equal_denominators_it_is_the_mean() {
        let numerators = [1.0, 4.0, 2.0, 5.0]; // Symmetric around 3, so that the mean's interval is Student's.
        let estimate =
            ratio(RatioRows { numerators: &numerators, denominators: &[1.0; 4] }, Level::NINETY_FIVE).unwrap();
        let expected = mean(&numerators, Level::NINETY_FIVE).unwrap();
        assert!((estimate.value.unwrap() - expected.value.unwrap()).abs() < 1e-15);
        assert!((estimate.interval.unwrap().low - expected.interval.unwrap().low).abs() < 1e-12);
    }

    #[test]
    fn nothing_to_divide_by_is_absent() {
        let estimate =
            ratio(RatioRows { numerators: &[0.0, 0.0], denominators: &[0.0, 0.0] }, Level::NINETY_FIVE).unwrap();
        assert_eq!((estimate.value, estimate.interval, estimate.n), (None, None, 2));
        let one = ratio(RatioRows { numerators: &[3.0], denominators: &[2.0] }, Level::NINETY_FIVE).unwrap();
        assert_eq!((one.value, one.interval), (Some(1.5), None));
        assert!(ratio(RatioRows { numerators: &[3.0], denominators: &[] }, Level::NINETY_FIVE).is_err());
        assert!(ratio(RatioRows { numerators: &[3.0], denominators: &[-1.0] }, Level::NINETY_FIVE).is_err());
    }

    #[test]
    fn the_bounds_are_fiellers_by_hand() {
        // Means 3 and 2; variances of the means 1/3 and 1/3, their covariance 1/6; t(2) = 4.302652729911275. The bounds
        // solve (4 − t²/3) r² − 2 (6 − t²/6) r + (9 − t²/3) = 0, here with a negative leading term: nothing is ruled out.
        let rows = RatioRows { numerators: &[2.0, 4.0, 3.0], denominators: &[1.0, 2.0, 3.0] };
        let estimate = ratio(rows, Level::NINETY_FIVE).unwrap();
        assert_eq!((estimate.value, estimate.interval), (Some(1.5), None));
        // At 80 % t(2) = 1.885618083164127: leading 2.814814…, middle 10.814814…, last 7.814814….
        let interval = ratio(rows, Level::new(0.8).unwrap()).unwrap().interval.unwrap();
        let (a, b, c): (f64, f64, f64) = (4.0 - 32.0 / 27.0, 6.0 - 16.0 / 27.0, 9.0 - 32.0 / 27.0);
        let root = (b * b - a * c).sqrt();
        assert!((interval.low - (b - root) / a).abs() < 1e-9, "{interval:?}");
        assert!((interval.high - (b + root) / a).abs() < 1e-9, "{interval:?}");
    }

    proptest! {
        #[test]
        fn lies_between_the_ratios_of_the_rows(rows in prop::collection::vec((0.0..1e3_f64, 0.1..1e3_f64), 2..30)) {
            let (numerators, denominators): (Vec<f64>, Vec<f64>) = rows.iter().copied().unzip();
            let value = ratio(RatioRows { numerators: &numerators, denominators: &denominators }, Level::NINETY_FIVE);
            let value = value.unwrap().value.unwrap();
            let ratios = rows.iter().map(|(numerator, denominator)| numerator / denominator);
            let (low, high) = ratios.fold((f64::INFINITY, 0.0_f64), |(low, high), r| (low.min(r), high.max(r)));
            prop_assert!(low * (1.0 - 1e-12) <= value && value <= high * (1.0 + 1e-12));
        }
    }
}
