//! Noncentral t. The one rule: an integral of positive terms, so that nothing cancels.

use super::distribution::normal_upper_tail;
use statrs::function::gamma::gamma_lr;

/// Terms below this part of the largest are left out.
const NEGLIGIBLE: f64 = 1e-22;
/// Steps per standard deviation of the sharpest factor: the error of the trapezoidal rule is e^(−2π²/0.36), below 10⁻²³.
const STEP: f64 = 0.6;
/// The widest step: the integrand is analytic and falls off within π/4 of the real line.
const WIDEST_STEP: f64 = 0.1;
/// P(Z ≥ t s − δ) is over this far above δ.
const DEVIATIONS: f64 = 4.0;
/// From here on Z is too small beside δ to matter.
const FAR: f64 = 5000.0;

/// P(T ≥ t) for T = (Z + δ)/s with Z standard normal, δ the `noncentrality` and s² = χ²/`df`, `df` not far below 1: the
/// mean of P(Z ≥ t s − δ) over s (Owen 1968), by the trapezoidal rule in ln s, whose density is proportional to
/// exp(df (u − e²ᵘ/2)) at u = ln s. Good to 10⁻¹³; beyond |δ| = 5,000, where it is P(s ≤ δ/t), to 10⁻⁷.
pub(super) fn noncentral_t_upper_tail(t: f64, df: f64, noncentrality: f64) -> f64 {
    if noncentrality < -FAR {
        return 1.0 - noncentral_t_upper_tail(-t, df, -noncentrality);
    }
    if noncentrality > FAR {
        if t <= 0.0 {
            return 1.0;
        }
        let ratio = noncentrality / t;
        return gamma_lr(df / 2.0, (df * ratio * ratio / 2.0).clamp(f64::MIN_POSITIVE, FAR * FAR));
    }
    let deviation = 1.0 / (2.0 * df).sqrt();
    // In u the normal tail falls within 1/(t s), where t s is about δ; a large t only moves the place.
    let steepness = t.abs().max(noncentrality.abs()).min(noncentrality.abs() + DEVIATIONS).max(1.0);
    let step = (STEP * deviation.min(1.0 / steepness)).min(WIDEST_STEP);
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

    #[test]
    fn far_out_it_stays_exact_and_fast() {
        // Boost's noncentral t, by way of scipy 1.17.
        let boost = [
            (1000.0, 1.0, 3.0, 2.393_953_810_121_300_7e-3),
            (63.7, 1.0, 100.0, 0.883_507_003_369_688_3),
            (1e5, 2.0, 40.0, 1.600_999_871_519_854_4e-7),
            (12.706, 1.0, 0.5, 4.369_514_052_755_395e-2),
            (30.0, 0.5, 8.0, 0.400_589_324_712_867_46),
            (250.0, 3.0, 260.0, 0.644_591_879_013_293_7),
        ];
        for (t, df, noncentrality, expected) in boost {
            let actual = noncentral_t_upper_tail(t, df, noncentrality);
            assert!((actual - expected).abs() < 1e-12 + 1e-10 * expected, "{t} {df}: {actual} is not {expected}");
        }
        for (t, noncentrality) in [(2.0, 1e300), (1e300, 1e6), (-1e300, -1e300), (1e12, 3.0)] {
            assert!((0.0..=1.0).contains(&noncentral_t_upper_tail(t, 2.0, noncentrality)));
        }
        let (near, far) = (noncentral_t_upper_tail(4000.0, 5.0, 4999.9), noncentral_t_upper_tail(4000.0, 5.0, 5000.1));
        assert!((near - far).abs() < 1e-4);
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
