//! Noncentral t. The one rule: an integral of positive terms, so that nothing cancels.

use super::distribution::normal_upper_tail;

/// Terms below this part of the largest are left out.
const NEGLIGIBLE: f64 = 1e-22;
/// Steps per standard deviation of the sharpest factor: the error of the trapezoidal rule is e^(−2π²/0.36), below 10⁻²³.
const STEP: f64 = 0.6;
/// The widest step: ln s is analytic within π/4 of the real line.
const WIDEST_STEP: f64 = 0.1;

/// P(T ≥ t) for T = (Z + δ)/s with Z standard normal, δ the `noncentrality` and s² = χ²/`df`, `df` > 0: the mean of
/// P(Z ≥ t s − δ) over s (Owen 1968), by the trapezoidal rule in ln s, whose density is proportional to
/// exp(df (u − e²ᵘ/2)) at u = ln s. Good to 10⁻¹³.
pub(super) fn noncentral_t_upper_tail(t: f64, df: f64, noncentrality: f64) -> f64 {
    let deviation = 1.0 / (2.0 * df).sqrt();
    let sharpest = deviation.min(1.0 / t.abs().max(noncentrality.abs()).max(1.0));
    let step = (STEP * sharpest).min(WIDEST_STEP);
    // Relative to its largest value, at u = 0.
    let density = |u: f64| (df * (u - (2.0 * u).exp_m1() / 2.0)).exp();
    let (mut mass, mut tail) = (1.0, normal_upper_tail(t - noncentrality));
    for direction in [-1.0, 1.0] {
        let mut u = direction * step;
        let mut weight = density(u);
        while weight > NEGLIGIBLE {
            mass += weight;
            tail += weight * normal_upper_tail(t * u.exp() - noncentrality);
            u += direction * step;
            weight = density(u);
        }
    }
    tail / mass
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::distribution::student_t_upper_tail;
    use proptest::prelude::*;

    #[test]
    fn without_noncentrality_it_is_students() {
        for df in [1.0, 2.0, 3.5, 8.0, 30.0, 1000.0] {
            for t in [-12.0, -1.0, 0.0, 0.3, 2.0, 5.0, 12.7] {
                let (actual, expected) = (noncentral_t_upper_tail(t, df, 0.0), student_t_upper_tail(t, df));
                assert!((actual - expected).abs() < 1e-12, "{t} {df}: {actual} is not {expected}");
            }
        }
    }

    #[test]
    fn at_zero_it_is_normal() {
        for (df, noncentrality) in [(1.0, 0.5), (7.0, -2.0), (300.0, 3.0)] {
            let expected = normal_upper_tail(-noncentrality);
            assert!((noncentral_t_upper_tail(0.0, df, noncentrality) - expected).abs() < 1e-14);
        }
    }

    proptest! {
        #[test]
        fn rises_with_the_noncentrality_and_mirrors(t in -20.0..20.0_f64, df in 1.0..200.0_f64, delta in -20.0..20.0_f64) {
            let tail = noncentral_t_upper_tail(t, df, delta);
            prop_assert!(tail <= noncentral_t_upper_tail(t, df, delta + 0.1) + 1e-14);
            prop_assert!((tail + noncentral_t_upper_tail(-t, df, -delta) - 1.0).abs() < 1e-12);
        }
    }
}
