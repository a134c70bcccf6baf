//! Ratios of sums compared relative to control, without the logarithm.

use super::{RatioRows, both_arms, rows_of};
use crate::stats::distribution::student_t_quantile;
use crate::stats::two_sample::welch_satterthwaite;
use crate::stats::{ConfidenceSet, Effect, Level, StatsError};

/// The relative change of a ratio of sums, treated / control − 1, by the delta method: variance v₁/r₀² + v₀r₁²/r₀⁴
/// (Deng, Knoblich & Lu 2018). The degrees of freedom are Welch's on the scale of the ratios. Its interval
/// is symmetric, which ratios of few rows are not: prefer [`super::log_ratio_effect`] or [`relative_ratio_set`].
///
/// # Errors
/// As [`super::ratio_effect`]; [`StatsError::NotPositive`] when the ratio of control is not above zero.
pub fn relative_ratio_effect(treated: RatioRows, control: RatioRows, level: Level) -> Result<Effect, StatsError> {
    let ((r1, v1), (r0, v0)) = both_arms(treated, control)?;
    if r0 <= 0.0 {
        return Err(StatsError::NotPositive { what: "ratio of the control arm", index: 0, value: r0 });
    }
    let n = rows_of(treated, control);
    let df = welch_satterthwaite(r1 - r0, v1, v0, n, level)?.degrees_of_freedom;
    let relative = r1 / r0;
    let standard_error = (v1.value + v0.value * relative * relative).sqrt() / r0;
    Effect::from_t(relative - 1.0, standard_error, df, n, level)
}

/// The relative changes q − 1 with which two ratios of sums agree: all q at which r₁ − q r₀ is no further from zero than
/// t of its standard errors √(v₁ + q²v₀) (Fieller 1954), with Welch's degrees of freedom on the scale of the ratios.
/// Not an interval when the ratio of control could be zero.
///
/// # Errors
/// As [`super::ratio_effect`].
pub fn relative_ratio_set(treated: RatioRows, control: RatioRows, level: Level) -> Result<ConfidenceSet, StatsError> {
    let ((r1, v1), (r0, v0)) = both_arms(treated, control)?;
    let df = welch_satterthwaite(r1 - r0, v1, v0, rows_of(treated, control), level)?.degrees_of_freedom;
    let t = student_t_quantile(level.upper_probability(), df);
    let square = t * t;
    let set = ConfidenceSet::of_quadratic(r0 * r0 - square * v0.value, r1 * r0, r1 * r1 - square * v1.value)?;
    Ok(set.less_one())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_that_could_be_zero_bounds_nothing_on_one_side() {
        let treated = RatioRows { numerators: &[10.0, 12.0, 11.0], denominators: &[1.0; 3] };
        let control = RatioRows { numerators: &[-1.0, 2.0, 0.5], denominators: &[1.0; 3] };
        let set = relative_ratio_set(treated, control, Level::NINETY_FIVE).unwrap();
        assert!(matches!(set, ConfidenceSet::Outside { until, from } if until < -1.0 && from > 0.0), "{set:?}");
        assert!(set.contains(11.0 / 0.5 - 1.0) && !set.contains(0.0));
        let zero = RatioRows { numerators: &[-1.0, 2.0, -1.0], denominators: &[1.0; 3] };
        let refused = relative_ratio_effect(treated, zero, Level::NINETY_FIVE);
        assert!(matches!(refused, Err(StatsError::NotPositive { .. })));
    }
}
