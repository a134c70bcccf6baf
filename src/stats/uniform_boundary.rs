//! Boundaries that a sum of independent parts crosses at any time with a chance of at most α. The one rule: time is
//! intrinsic, the variance v gathered so far, and the boundary is in the unit of the sum.
//!
//! All are of Howard, Ramdas, McAuliffe & Sekhon (2021), "Time-uniform, nonparametric, nonasymptotic confidence
//! sequences".

use super::StatsError;
use super::always_valid::optimal_log;
use super::distribution::{bisect, normal_upper_tail};
use super::error::{check_finite, check_positive, computed};
use super::group_sequential::Sides;
use statrs::function::gamma::{gamma_lr, ln_gamma};

/// Searches for boundaries end here, in the unit of the sum.
const SUM_LIMIT: f64 = 1e150;
/// The incomplete gamma function takes some √shape steps.
const SHAPE_LIMIT: f64 = 1e10;
/// The evidence of such a sum is beyond every level.
const MOVED_LIMIT: f64 = 1e15;

/// The mixture precision ρ of [`normal_mixture_boundary`] and [`gamma_exponential_boundary`] (with [`Sides::Upper`]) that
/// makes the boundary tightest near the variance `tightest_at` when the chance is `alpha` (section 3.5).
///
/// # Errors
/// [`StatsError::OutOfRange`].
pub fn mixture_precision(tightest_at: f64, alpha: f64, sides: Sides) -> Result<f64, StatsError> {
    check_positive("variance to be tightest at", tightest_at)?;
    check_alpha(alpha)?;
    let alpha = match sides {
        Sides::Both => alpha,
        Sides::Upper => (2.0 * alpha).min(1.0 - f64::EPSILON),
    };
    Ok(tightest_at / optimal_log(alpha))
}

/// The logarithm of the two-sided normal mixture martingale at a sum s and variance v: ½ ln(ρ/(v + ρ)) + s²/(2(v + ρ)).
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::OutOfRange`].
pub fn normal_mixture_log_evidence(sum: f64, variance: f64, precision: f64) -> Result<f64, StatsError> {
    check_finite("sum", &[sum])?;
    check_positive("variance", variance)?;
    check_positive("mixture precision", precision)?;
    let whole = variance + precision;
    computed("evidence", (precision / whole).ln() / 2.0 + sum / whole * sum / 2.0)
}

/// The normal mixture boundary for sub-Gaussian sums: √((v + ρ)(ln(1 + v/ρ) + 2 ln(1/α))) for |sum|, and for
/// the sum alone the root of ½ ln(4ρ/(v + ρ)) + s²/(2(v + ρ)) + ln Φ(s/√(v + ρ)) = ln(1/α) (propositions 4 and 5).
///
/// # Errors
/// [`StatsError::OutOfRange`], [`StatsError::Overflow`].
pub fn normal_mixture_boundary(variance: f64, precision: f64, alpha: f64, sides: Sides) -> Result<f64, StatsError> {
    check_positive("variance", variance)?;
    check_positive("mixture precision", precision)?;
    check_alpha(alpha)?;
    let whole = computed("variance", variance + precision)?;
    let needed = -alpha.ln();
    if sides == Sides::Both {
        return computed("boundary", (whole * ((variance / precision).ln_1p() + 2.0 * needed)).sqrt());
    }
    let constant = (4.0 * precision / whole).ln() / 2.0;
    let evidence = |sum: f64| constant + sum * sum / (2.0 * whole) + normal_upper_tail(-sum / whole.sqrt()).ln();
    root(whole.sqrt(), |sum| evidence(sum) < needed)
}

/// How a stitched boundary is cut into epochs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stitching {
    /// The variance from which on the boundary is tight.
    pub from_variance: f64,
    /// c of sub-gamma sums; 0 for sub-Gaussian ones.
    pub scale: f64,
    /// The exponent s > 1 of the epochs' parts of α, usually 1.4.
    pub exponent: f64,
    /// The ratio η > 1 between epochs, usually 2.
    pub ratio: f64,
}

/// The polynomial stitched boundary, of the order of the law of the iterated logarithm (theorem 1): with ℓ =
/// s ln ln(ηv/m) + ln(ζ(s)/(α lnˢ η)), k₁ = (η^¼ + η^(−¼))/√2 and k₂ = (√η + 1)/2 it is √(k₁² v ℓ + k₂² c² ℓ²) + k₂ c ℓ,
/// at v no less than m.
///
/// # Errors
/// [`StatsError::OutOfRange`], [`StatsError::Overflow`].
pub fn stitched_boundary(variance: f64, stitching: Stitching, alpha: f64) -> Result<f64, StatsError> {
    let Stitching { from_variance, scale, exponent, ratio } = stitching;
    check_positive("variance", variance)?;
    check_positive("variance to start from", from_variance)?;
    check_alpha(alpha)?;
    if !(scale >= 0.0 && scale.is_finite()) {
        return Err(StatsError::OutOfRange { what: "scale", value: scale, expected: "zero or more" });
    }
    for (what, value) in [("exponent", exponent), ("ratio of epochs", ratio)] {
        if !(value > 1.0 && value.is_finite()) {
            return Err(StatsError::OutOfRange { what, value, expected: "more than 1" });
        }
    }
    let variance = variance.max(from_variance);
    let epochs = exponent * (ratio * variance / from_variance).ln().ln();
    let log = epochs + (zeta(exponent) / (alpha * ratio.ln().powf(exponent))).ln();
    let k1 = (ratio.powf(0.25) + ratio.powf(-0.25)) / std::f64::consts::SQRT_2;
    let linear = (ratio.sqrt() + 1.0) / 2.0 * scale * log;
    computed("boundary", (k1 * k1 * variance * log + linear * linear).sqrt() + linear)
}

/// The gamma-exponential mixture boundary for sub-exponential sums of scale c (proposition 8): the root s of the log of
/// the mixture at ln(1/α).
///
/// # Errors
/// [`StatsError::OutOfRange`], [`StatsError::Overflow`].
pub fn gamma_exponential_boundary(variance: f64, precision: f64, scale: f64, alpha: f64) -> Result<f64, StatsError> {
    check_positive("variance", variance)?;
    check_positive("mixture precision", precision)?;
    check_positive("scale", scale)?;
    check_alpha(alpha)?;
    let square = scale * scale;
    let (rho, shape) = (precision / square, computed("variance", (variance + precision) / square)?);
    if shape > SHAPE_LIMIT {
        let expected = "at most 10¹⁰ times the squared scale, else take the normal mixture";
        return Err(StatsError::OutOfRange { what: "variance", value: variance, expected });
    }
    let constant = rho * rho.ln() - ln_gamma(rho) - gamma_lr(rho, rho).ln() + ln_gamma(shape);
    let evidence = |sum: f64| {
        let moved = (scale * sum + variance) / square;
        if moved > MOVED_LIMIT {
            return f64::INFINITY;
        }
        constant + gamma_lr(shape, moved + rho).ln() - shape * (moved + rho).ln() + moved
    };
    let needed = -alpha.ln();
    root((variance + precision).sqrt(), |sum| evidence(sum) < needed)
}

/// Where the evidence, rising with the sum, is no longer too small.
fn root(scale: f64, is_too_small: impl Fn(f64) -> bool) -> Result<f64, StatsError> {
    let mut high = scale;
    while is_too_small(high) {
        high *= 2.0;
        if high > SUM_LIMIT {
            return Err(StatsError::Overflow { what: "boundary" });
        }
    }
    Ok(bisect(0.0, high, is_too_small))
}

/// Riemann's ζ for s > 1: the first terms, and the rest by Euler and Maclaurin (Abramowitz & Stegun 1964, 23.2).
fn zeta(s: f64) -> f64 {
    const TERMS: u32 = 20;
    let n = f64::from(TERMS);
    let head: f64 = (1..TERMS).map(|term| f64::from(term).powf(-s)).sum();
    let mut sum = head + n.powf(1.0 - s) / (s - 1.0) + n.powf(-s) / 2.0;
    // B₂ₖ/(2k)! for k = 1, 2, …
    let mut rising = s;
    for (k, coefficient) in
        [1.0 / 12.0, -1.0 / 720.0, 1.0 / 30_240.0, -1.0 / 1_209_600.0, 1.0 / 47_900_160.0].into_iter().enumerate()
    {
        let odd = 2.0 * f64::from(u32::try_from(k).unwrap_or(0)) + 1.0;
        sum += coefficient * rising * n.powf(-s - odd);
        rising *= (s + odd) * (s + odd + 1.0);
    }
    sum
}

fn check_alpha(alpha: f64) -> Result<(), StatsError> {
    if alpha > 0.0 && alpha < 1.0 {
        Ok(())
    } else {
        Err(StatsError::OutOfRange { what: "chance to cross", value: alpha, expected: "between 0 and 1" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::PI;

    #[test]
    fn zeta_has_its_closed_forms() {
        assert!((zeta(2.0) - PI * PI / 6.0).abs() < 1e-14);
        assert!((zeta(4.0) - PI.powi(4) / 90.0).abs() < 1e-14);
        assert!((zeta(1.4) - 3.105_547_277_977_58).abs() < 1e-12, "{}", zeta(1.4));
    }

    #[test]
    fn refuses_what_is_no_boundary() {
        assert!(mixture_precision(0.0, 0.05, Sides::Both).is_err());
        for alpha in [0.0, 1.0, f64::NAN] {
            assert!(normal_mixture_boundary(1.0, 1.0, alpha, Sides::Both).is_err());
        }
        let stitching = Stitching { from_variance: 1.0, scale: 0.0, exponent: 1.0, ratio: 2.0 };
        assert!(matches!(
            stitched_boundary(1.0, stitching, 0.05),
            Err(StatsError::OutOfRange { what: "exponent", .. })
        ));
        assert!(gamma_exponential_boundary(1.0, 1.0, 0.0, 0.05).is_err());
        for scale in [1e-6, 1e-150, 1e-300] {
            assert!(gamma_exponential_boundary(1.0, 1.0, scale, 0.05).is_err());
        }
    }

    #[test]
    fn small_steps_make_the_gamma_mixture_normal() {
        let normal = normal_mixture_boundary(1.0, 1.0, 0.05, Sides::Upper).unwrap();
        for scale in [1e-3, 1e-4] {
            let gamma = gamma_exponential_boundary(1.0, 1.0, scale, 0.05).unwrap();
            assert!((gamma / normal - 1.0).abs() < 2.0 * scale, "{gamma} and {normal}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn boundaries_rise_with_variance_and_confidence(variance in 0.1..1e4_f64, alpha in 1e-4..0.4_f64) {
            let stitching = Stitching { from_variance: 1.0, scale: 0.5, exponent: 1.4, ratio: 2.0 };
            let all = |variance: f64, alpha: f64| {
                [
                    normal_mixture_boundary(variance, 5.0, alpha, Sides::Both).unwrap(),
                    normal_mixture_boundary(variance, 5.0, alpha, Sides::Upper).unwrap(),
                    stitched_boundary(variance, stitching, alpha).unwrap(),
                    gamma_exponential_boundary(variance, 5.0, 1.0, alpha).unwrap(),
                ]
            };
            let (here, later, stricter) = (all(variance, alpha), all(variance * 2.0 + 1.0, alpha), all(variance, alpha / 2.0));
            for index in 0..4 {
                prop_assert!(here[index] < later[index] && here[index] < stricter[index]);
            }
            prop_assert!(here[1] < here[0]);
            let evidence = normal_mixture_log_evidence(here[0], variance, 5.0).unwrap();
            prop_assert!((evidence + alpha.ln()).abs() < 1e-9);
        }
    }
}
