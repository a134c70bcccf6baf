//! Outcomes adjusted by the same units' pre-period. The one rule: the slope is estimated, so with few units the
//! coefficient of [`ancova`](super::ancova()) is the safer figure.

use super::error::{check_finite, check_length, computed};
use super::mean::{Moments, variance};
use super::ratio::{Linearised, RatioRows};
use super::two_sample::{SquaredError, check_arms, welch_satterthwaite};
use super::{Effect, Level, StatsError};

/// The units of one arm before and after treatment began, in the same order.
#[derive(Debug, Clone, Copy)]
pub struct BeforeAfter<'a> {
    pub before: &'a [f64],
    pub after: &'a [f64],
}

/// The numerators and denominators of one arm before and after treatment began, one entry per independent unit.
#[derive(Debug, Clone, Copy)]
pub struct RatiosBeforeAfter<'a> {
    pub before: RatioRows<'a>,
    pub after: RatioRows<'a>,
}

/// Over which units the slope of after on before is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CupedSlope {
    /// Covariance over variance within the arms, the slope of [`ancova`](super::ancova()). The default: an effect of
    /// treatment does not enter it.
    #[default]
    WithinArms,
    /// Over all units as one group (Deng, Xu, Kohavi & Walker 2013).
    Pooled,
}

/// A comparison of adjusted figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cuped {
    /// Units of after per unit of before.
    pub slope: f64,
    /// The figures of the arms if both had had the pre-period of all units.
    pub treated: f64,
    pub control: f64,
    /// Their difference, with Welch's degrees of freedom.
    pub effect: Effect,
    /// ln(treated / control) by the delta method, with Welch's degrees of freedom on the log scale; `None` unless both
    /// figures are above zero. Map estimate and interval by exp for a relative effect.
    pub log_ratio: Option<Effect>,
}

/// The difference in means of after − θ (before − mean of before), treated minus control (Deng, Xu, Kohavi & Walker
/// 2013), with the unequal variances of the adjusted values. θ counts as known, so errors are slightly too small.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::ArmTooSmall`] under two units in an arm,
/// [`StatsError::NoVariation`] when before is constant or the adjusted values are.
pub fn cuped(treated: BeforeAfter, control: BeforeAfter, slope: CupedSlope, level: Level) -> Result<Cuped, StatsError> {
    check_arms(treated.after.len(), control.after.len())?;
    for arm in [treated, control] {
        check_length("before", arm.after.len(), arm.before.len())?;
        check_finite("before", arm.before)?;
        check_finite("after", arm.after)?;
    }
    let pooled = [[treated.before, control.before].concat(), [treated.after, control.after].concat()];
    let pooled = BeforeAfter { before: &pooled[0], after: &pooled[1] };
    let groups = match slope {
        CupedSlope::WithinArms => vec![treated, control],
        CupedSlope::Pooled => vec![pooled],
    };
    let slope = common_slope(&groups)?;
    let before = mean_of(pooled.before)?;
    let figure = |arm: BeforeAfter| {
        let value = mean_of(arm.after)? - slope * (mean_of(arm.before)? - before);
        Figure::adjusted(value, arm, slope)
    };
    compare(slope, figure(treated)?, figure(control)?, pooled.after.len(), level)
}

/// As [`cuped`] for ratios of sums, such as tickets per developer with teams as units: both ratios are linearised (the
/// delta method) at those of all units for the slope, and at those of the arm for its figure and variance (Deng, Xu,
/// Kohavi & Walker 2013; Budylin, Drutsa, Katsev & Tsoy 2018).
///
/// # Errors
/// As [`cuped`]; [`StatsError::Negative`] for a negative denominator, [`StatsError::NotPositive`] when denominators of
/// an arm sum to zero.
pub fn ratio_cuped(treated: RatiosBeforeAfter, control: RatiosBeforeAfter, level: Level) -> Result<Cuped, StatsError> {
    check_arms(treated.after.numerators.len(), control.after.numerators.len())?;
    for arm in [treated, control] {
        check_length("before", arm.after.numerators.len(), arm.before.numerators.len())?;
    }
    let pool = |one: &[f64], other: &[f64]| [one, other].concat();
    let columns = [
        pool(treated.before.numerators, control.before.numerators),
        pool(treated.before.denominators, control.before.denominators),
        pool(treated.after.numerators, control.after.numerators),
        pool(treated.after.denominators, control.after.denominators),
    ];
    let before = influences(RatioRows { numerators: &columns[0], denominators: &columns[1] })?;
    let after = influences(RatioRows { numerators: &columns[2], denominators: &columns[3] })?;
    let slope = common_slope(&[BeforeAfter { before: &before.of_units, after: &after.of_units }])?;
    let figure = |arm: RatiosBeforeAfter| {
        let (then, now) = (influences(arm.before)?, influences(arm.after)?);
        let value = now.ratio - slope * (then.ratio - before.ratio);
        Figure::adjusted(value, BeforeAfter { before: &then.of_units, after: &now.of_units }, slope)
    };
    compare(slope, figure(treated)?, figure(control)?, after.of_units.len(), level)
}

/// Of one arm.
struct Figure {
    value: f64,
    error: SquaredError,
}

impl Figure {
    /// With the error of the mean of after − slope × before.
    #[expect(clippy::cast_precision_loss, reason = "a number of units is far below 2^53")]
    fn adjusted(value: f64, arm: BeforeAfter, slope: f64) -> Result<Figure, StatsError> {
        let adjusted: Vec<f64> =
            arm.after.iter().zip(arm.before).map(|(after, before)| after - slope * before).collect();
        let n = adjusted.len() as f64;
        let error = SquaredError { value: variance(&adjusted)?.unwrap_or(0.0) / n, df: n - 1.0 };
        Ok(Figure { value: computed("adjusted figure", value)?, error })
    }
}

fn compare(slope: f64, treated: Figure, control: Figure, n: usize, level: Level) -> Result<Cuped, StatsError> {
    let effect = welch_satterthwaite(treated.value - control.value, treated.error, control.error, n, level)?;
    let relative = |figure: &Figure| SquaredError {
        value: figure.error.value / (figure.value * figure.value),
        df: figure.error.df,
    };
    let log_ratio = if treated.value > 0.0 && control.value > 0.0 {
        let log = (treated.value / control.value).ln();
        Some(welch_satterthwaite(log, relative(&treated), relative(&control), n, level)?)
    } else {
        None
    };
    Ok(Cuped { slope, treated: treated.value, control: control.value, effect, log_ratio })
}

/// Σ (x − x̄)(y − ȳ) / Σ (x − x̄)², both summed over all groups.
fn common_slope(groups: &[BeforeAfter]) -> Result<f64, StatsError> {
    let (mut products, mut squares, mut raw_squares, mut n) = (0.0, 0.0, 0.0, 0);
    for group in groups {
        let (before_mean, after_mean) = (mean_of(group.before)?, mean_of(group.after)?);
        for (before, after) in group.before.iter().zip(group.after) {
            products += (before - before_mean) * (after - after_mean);
            squares += (before - before_mean) * (before - before_mean);
            raw_squares += before * before;
            n += 1;
        }
    }
    // What is left of a constant is rounding.
    if squares <= 1e-24 * raw_squares {
        return Err(StatsError::NoVariation { what: "the pre-period", n });
    }
    computed("slope", products / squares)
}

struct Influences {
    ratio: f64,
    /// (y − ratio × x) / mean of x for each unit.
    of_units: Vec<f64>,
}

#[expect(clippy::cast_precision_loss, reason = "a number of units is far below 2^53")]
fn influences(rows: RatioRows) -> Result<Influences, StatsError> {
    let Some(Linearised { value: ratio, .. }) = Linearised::of(rows)? else {
        return Err(StatsError::NotPositive { what: "sum of denominators", index: 0, value: 0.0 });
    };
    let mean = rows.denominators.iter().sum::<f64>() / rows.denominators.len() as f64;
    let pairs = rows.numerators.iter().zip(rows.denominators);
    Ok(Influences { ratio, of_units: pairs.map(|(y, x)| (y - ratio * x) / mean).collect() })
}

fn mean_of(values: &[f64]) -> Result<f64, StatsError> {
    computed("mean", Moments::of(values).map_or(0.0, |moments| moments.mean))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TREATED: BeforeAfter = BeforeAfter { before: &[1.0, 2.0, 4.0, 3.0], after: &[2.0, 2.5, 5.5, 4.0] };
    const CONTROL: BeforeAfter = BeforeAfter { before: &[2.0, 3.0, 5.0, 1.0], after: &[3.5, 4.0, 7.5, 2.0] };

    #[test]
    fn the_slope_within_arms_gives_the_coefficient_of_ancova() {
        use crate::stats::{Covariance, UnitRows, ancova};
        let outcome = [TREATED.after, CONTROL.after].concat();
        let treated: Vec<bool> = (0..8).map(|unit| unit < 4).collect();
        let covariates = [[TREATED.before, CONTROL.before].concat()];
        let rows = UnitRows { outcome: &outcome, treated: &treated, covariates: &covariates, strata: &[] };
        let expected = ancova(rows, Covariance::Hc3, Level::NINETY_FIVE).unwrap().estimate;
        let actual = cuped(TREATED, CONTROL, CupedSlope::WithinArms, Level::NINETY_FIVE).unwrap();
        assert!((actual.effect.estimate - expected).abs() < 1e-13);
        assert!((actual.treated - actual.control - expected).abs() < 1e-13);
    }

    #[test]
    fn with_equal_denominators_a_ratio_is_a_mean() {
        let ones = [1.0; 4];
        let of = |arm: BeforeAfter<'static>| RatiosBeforeAfter {
            before: RatioRows { numerators: arm.before, denominators: &ones },
            after: RatioRows { numerators: arm.after, denominators: &ones },
        };
        let ratios = ratio_cuped(of(TREATED), of(CONTROL), Level::NINETY_FIVE).unwrap();
        let means = cuped(TREATED, CONTROL, CupedSlope::Pooled, Level::NINETY_FIVE).unwrap();
        assert!((ratios.effect.estimate - means.effect.estimate).abs() < 1e-13);
        assert!((ratios.effect.standard_error - means.effect.standard_error).abs() < 1e-13);
        assert!((ratios.slope - means.slope).abs() < 1e-13);
    }

    #[test]
    fn a_constant_pre_period_is_refused() {
        let constant = BeforeAfter { before: &[0.1; 4], ..TREATED };
        let other = BeforeAfter { before: &[0.1; 4], ..CONTROL };
        for slope in [CupedSlope::WithinArms, CupedSlope::Pooled] {
            let refused = cuped(constant, other, slope, Level::NINETY_FIVE);
            assert_eq!(refused, Err(StatsError::NoVariation { what: "the pre-period", n: 8 }));
        }
        let short = BeforeAfter { before: &[0.1; 3], ..TREATED };
        assert!(matches!(
            cuped(short, CONTROL, CupedSlope::Pooled, Level::NINETY_FIVE),
            Err(StatsError::Length { .. })
        ));
    }

    #[test]
    fn a_figure_below_zero_has_no_logarithm() {
        let below = BeforeAfter { after: &[-2.0, -2.5, -5.5, -4.0], ..TREATED };
        let compared = cuped(below, CONTROL, CupedSlope::WithinArms, Level::NINETY_FIVE).unwrap();
        assert!(compared.log_ratio.is_none() && compared.treated < 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_arms_can_be_swapped(after in prop::collection::vec(-10.0..10.0_f64, 8)) {
            let one = BeforeAfter { after: &after[..4], ..TREATED };
            let other = BeforeAfter { after: &after[4..], ..CONTROL };
            for slope in [CupedSlope::WithinArms, CupedSlope::Pooled] {
                let forth = cuped(one, other, slope, Level::NINETY_FIVE).unwrap();
                let back = cuped(other, one, slope, Level::NINETY_FIVE).unwrap();
                prop_assert!((forth.effect.estimate + back.effect.estimate).abs() < 1e-9);
                prop_assert!((forth.effect.standard_error - back.effect.standard_error).abs() < 1e-9);
            }
        }
    }
}
