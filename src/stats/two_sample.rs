//! Two groups of randomised units without covariates.

use super::error::{check_finite, computed};
use super::mean::Moments;
use super::{Effect, Level, StatsError};

/// Difference in means, treated minus control (unit of the outcome), with unequal variances: standard error
/// √(s₁²/n₁ + s₀²/n₀) and the degrees of freedom of Satterthwaite (1946) and Welch (1947).
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::ArmTooSmall`] under two rows in an arm, [`StatsError::NoVariation`] when
/// both arms are constant.
pub fn welch(treated: &[f64], control: &[f64], level: Level) -> Result<Effect, StatsError> {
    check_arms(treated.len(), control.len())?;
    let (treated, control) = (Group::of(treated)?, Group::of(control)?);
    let n = treated.rows + control.rows;
    welch_satterthwaite(treated.mean - control.mean, treated.squared_error(), control.squared_error(), n, level)
}

/// Difference in means, treated minus control, with one pooled variance and n₁ + n₀ − 2 degrees of freedom (Student
/// 1908).
///
/// # Errors
/// As [`welch`].
pub fn student(treated: &[f64], control: &[f64], level: Level) -> Result<Effect, StatsError> {
    check_arms(treated.len(), control.len())?;
    let (treated, control) = (Group::of(treated)?, Group::of(control)?);
    let df = treated.n + control.n - 2.0;
    let pooled = ((treated.n - 1.0) * treated.variance + (control.n - 1.0) * control.variance) / df;
    let standard_error = (pooled * (1.0 / treated.n + 1.0 / control.n)).sqrt();
    Effect::from_t(treated.mean - control.mean, standard_error, df, treated.rows + control.rows, level)
}

/// A squared standard error and the degrees of freedom it was estimated with.
#[derive(Debug, Clone, Copy)]
pub(super) struct SquaredError {
    pub(super) value: f64,
    pub(super) df: f64,
}

/// t inference for a difference of two independent figures; degrees of freedom by Satterthwaite (1946):
/// (v₁ + v₀)² / (v₁²/d₁ + v₀²/d₀).
pub(super) fn welch_satterthwaite(
    difference: f64,
    treated: SquaredError,
    control: SquaredError,
    n: usize,
    level: Level,
) -> Result<Effect, StatsError> {
    let sum = computed("the variance of the difference", treated.value + control.value)?;
    if sum <= 0.0 {
        return Err(StatsError::NoVariation { what: "the outcome", n });
    }
    // Shares of the sum, so that squares of very small or very large variances stay in range.
    let (treated_share, control_share) = (treated.value / sum, control.value / sum);
    let df = 1.0 / (treated_share * treated_share / treated.df + control_share * control_share / control.df);
    Effect::from_t(difference, sum.sqrt(), df, n, level)
}

/// Refuses arms of fewer than two units, from which no variance can be estimated.
pub(super) fn check_arms(treated: usize, control: usize) -> Result<(), StatsError> {
    if treated < 2 || control < 2 {
        return Err(StatsError::ArmTooSmall { treated, control, needed: 2 });
    }
    Ok(())
}

struct Group {
    rows: usize,
    n: f64,
    mean: f64,
    variance: f64,
}

impl Group {
    fn of(values: &[f64]) -> Result<Group, StatsError> {
        check_finite("outcome", values)?;
        let moments = Moments::of(values);
        let Some((moments, variance)) = moments.and_then(|moments| Some((moments, moments.variance()?))) else {
            return Err(StatsError::TooFewRows { rows: values.len(), columns: 1 });
        };
        Ok(Group { rows: values.len(), n: moments.n, mean: moments.mean, variance })
    }

    fn squared_error(&self) -> SquaredError {
        SquaredError { value: self.variance / self.n, df: self.n - 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_and_constant_arms_are_refused() {
        let error = welch(&[1.0], &[1.0, 2.0], Level::NINETY_FIVE).unwrap_err();
        assert_eq!(error.to_string(), "1 treated and 2 control units, expected at least 2 of each");
        assert!(matches!(
            welch(&[1.0, 1.0], &[2.0, 2.0], Level::NINETY_FIVE),
            Err(StatsError::NoVariation { n: 4, .. })
        ));
    }

    proptest! {
        #[test]
        fn the_estimate_moves_with_a_shift_and_the_error_stays(
            treated in prop::collection::vec(-1e3..1e3_f64, 3..20),
            control in prop::collection::vec(-1e3..1e3_f64, 3..20),
            shift in -1e3..1e3_f64,
        ) {
            let before = welch(&treated, &control, Level::NINETY_FIVE).unwrap();
            let moved: Vec<f64> = treated.iter().map(|value| value + shift).collect();
            let after = welch(&moved, &control, Level::NINETY_FIVE).unwrap();
            prop_assert!((after.estimate - before.estimate - shift).abs() < 1e-8);
            prop_assert!((after.standard_error - before.standard_error).abs() < 1e-8 * before.standard_error.max(1.0));
            prop_assert!((0.0..=1.0).contains(&before.p));
        }
    }
}
