//! Means that a few extreme rows cannot move. The one rule: what is cut is declared, and the same in both arms.

use super::error::{check_finite, computed};
use super::mean::Moments;
use super::quantile::Sorted;
use super::two_sample::{SquaredError, welch_satterthwaite};
use super::{Effect, Level, StatsError};

/// `values` with everything above `cap` set to it; take the cap from both arms together, for example their 99th
/// percentile.
///
/// # Errors
/// [`StatsError::NotFinite`] for a value or a cap.
pub fn winsorised(values: &[f64], cap: f64) -> Result<Vec<f64>, StatsError> {
    check_finite("value", values)?;
    check_finite("cap", &[cap])?;
    Ok(values.iter().map(|value| value.min(cap)).collect())
}

/// The difference of trimmed means, treated minus control (unit of the outcome), where the part `trim` of the units is
/// cut at either end of each arm (Yuen 1974). With g = ⌊trim n⌋ cut at either end, h = n − 2g left and S² the sum of
/// squared deviations after setting what is cut to the nearest value left, the squared standard error of an arm is
/// S² / (h (h − 1)), with h − 1 degrees of freedom in Welch's formula.
///
/// # Errors
/// [`StatsError::OutOfRange`] unless 0 ≤ `trim` < ½, [`StatsError::NotFinite`], [`StatsError::ArmTooSmall`] where fewer
/// than two units are left in an arm, [`StatsError::NoVariation`].
pub fn yuen(treated: &[f64], control: &[f64], trim: f64, level: Level) -> Result<Effect, StatsError> {
    if !(0.0..0.5).contains(&trim) {
        let expected = "zero or more and less than one half";
        return Err(StatsError::OutOfRange { what: "trimmed part", value: trim, expected });
    }
    let (Some(treated_mean), Some(control_mean)) = (Trimmed::of(treated, trim)?, Trimmed::of(control, trim)?) else {
        return Err(StatsError::ArmTooSmall { treated: treated.len(), control: control.len(), needed: 2 });
    };
    let n = treated.len() + control.len();
    let difference = computed("difference", treated_mean.mean - control_mean.mean)?;
    welch_satterthwaite(difference, treated_mean.squared_error, control_mean.squared_error, n, level)
}

struct Trimmed {
    mean: f64,
    squared_error: SquaredError,
}

impl Trimmed {
    /// `None` where fewer than two units are left.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a part of the number of units, which is far below 2^53"
    )]
    fn of(values: &[f64], trim: f64) -> Result<Option<Trimmed>, StatsError> {
        let sorted = Sorted::new(values.to_vec())?;
        let n = values.len();
        let cut = (trim * n as f64).floor() as usize;
        let kept = &sorted.values()[cut..n - cut];
        if kept.len() < 2 {
            return Ok(None);
        }
        let (low, high) = (kept[0], kept[kept.len() - 1]);
        let pulled_in: Vec<f64> = sorted.values().iter().map(|value| value.clamp(low, high)).collect();
        let (Some(inner), Some(all)) = (Moments::of(kept), Moments::of(&pulled_in)) else { return Ok(None) };
        let Some(variance) = all.variance() else { return Ok(None) };
        let df = inner.n - 1.0;
        let squares = computed("variance", variance)? * (all.n - 1.0);
        Ok(Some(Trimmed { mean: inner.mean, squared_error: SquaredError { value: squares / (inner.n * df), df } }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::welch;
    use proptest::prelude::*;

    #[test]
    fn refuses_what_leaves_nothing() {
        let refused = yuen(&[1.0, 2.0, 3.0], &[1.0, 2.0, 5.0], 0.4, Level::NINETY_FIVE);
        assert!(matches!(refused, Err(StatsError::ArmTooSmall { .. })), "{refused:?}");
        for trim in [-0.1, 0.5, f64::NAN] {
            let refused = yuen(&[1.0, 2.0, 3.0], &[1.0, 2.0, 5.0], trim, Level::NINETY_FIVE);
            assert!(matches!(refused, Err(StatsError::OutOfRange { .. })));
        }
        assert!(winsorised(&[1.0], f64::NAN).is_err());
    }

    proptest! {
        #[test]
        fn without_trimming_it_is_welch_and_outliers_do_not_count(
            treated in prop::collection::vec(-5.0..5.0_f64, 5..12),
            control in prop::collection::vec(-5.0..5.0_f64, 5..12),
        ) {
            let (plain, welch) = (yuen(&treated, &control, 0.0, Level::NINETY).unwrap(), welch(&treated, &control, Level::NINETY).unwrap());
            prop_assert!((plain.estimate - welch.estimate).abs() < 1e-12);
            prop_assert!((plain.standard_error - welch.standard_error).abs() < 1e-12);
            let largest = treated.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let far: Vec<f64> = treated.iter().map(|value| if *value >= largest { 1e6 } else { *value }).collect();
            let trimmed = yuen(&treated, &control, 0.2, Level::NINETY).unwrap();
            prop_assert_eq!(yuen(&far, &control, 0.2, Level::NINETY).unwrap(), trimmed);
        }
    }
}
