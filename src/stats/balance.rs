//! How alike two arms were before the treatment.

use super::StatsError;
use super::error::{check_finite, computed};
use super::mean::Moments;

/// The standardised mean difference of a pre-period covariate, treated minus control, in pooled standard deviations:
/// (x̄₁ − x̄₀) / √((s₁² + s₀²)/2) (Rosenbaum & Rubin 1985; Austin 2009).
///
/// Zero when both arms are constant at the same value. `None` with fewer than two units in an arm, or when both arms
/// are constant at different values, where no scale exists.
///
/// # Errors
/// [`StatsError::NotFinite`] for NaN or infinite values, [`StatsError::Overflow`] when they are too large.
pub fn standardised_mean_difference(treated: &[f64], control: &[f64]) -> Result<Option<f64>, StatsError> {
    check_finite("treated covariate", treated)?;
    check_finite("control covariate", control)?;
    let (Some(treated), Some(control)) = (Moments::of(treated), Moments::of(control)) else {
        return Ok(None);
    };
    let (Some(treated_variance), Some(control_variance)) = (treated.variance(), control.variance()) else {
        return Ok(None);
    };
    let difference = computed("difference", treated.mean - control.mean)?;
    if difference == 0.0 {
        return Ok(Some(0.0));
    }
    let deviation = computed("variance", f64::midpoint(treated_variance, control_variance))?.sqrt();
    if deviation == 0.0 {
        return Ok(None);
    }
    computed("standardised mean difference", difference / deviation).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn by_hand() {
        // Means 3 and 2, variances 1 and 1.
        assert_eq!(standardised_mean_difference(&[2.0, 3.0, 4.0], &[1.0, 2.0, 3.0]).unwrap(), Some(1.0));
        assert_eq!(standardised_mean_difference(&[2.0, 2.0], &[2.0, 2.0]).unwrap(), Some(0.0));
        assert_eq!(standardised_mean_difference(&[2.0, 2.0], &[3.0, 3.0]).unwrap(), None);
        assert_eq!(standardised_mean_difference(&[2.0], &[3.0, 4.0]).unwrap(), None);
        assert!(standardised_mean_difference(&[f64::NAN, 1.0], &[3.0, 4.0]).is_err());
    }

    proptest! {
        #[test]
        fn does_not_depend_on_the_unit(
            treated in prop::collection::vec(-1e3..1e3_f64, 3..20),
            control in prop::collection::vec(-1e3..1e3_f64, 3..20),
            scale in 0.01..100.0_f64,
        ) {
            let scaled = |values: &[f64]| values.iter().map(|value| value * scale).collect::<Vec<_>>();
            let before = standardised_mean_difference(&treated, &control).unwrap().unwrap();
            let after = standardised_mean_difference(&scaled(&treated), &scaled(&control)).unwrap().unwrap();
            prop_assert!((before - after).abs() < 1e-9 * before.abs().max(1.0));
        }
    }
}
