//! Tail probabilities and quantiles. The one rule: tails are computed as tails, never as one minus the rest.

use super::erfc::erfc;
use statrs::distribution::{ContinuousCDF, Gamma, Normal};
use statrs::function::beta::beta_reg;
use statrs::function::gamma::gamma_ur;

/// Above this many degrees of freedom the incomplete beta function loses digits and Wallace's approximation gains them.
const MANY_DEGREES: f64 = 1e5;

/// P(|T| ≥ |t|) of Student's t with `df` > 0 degrees of freedom: I(df/2, 1/2; df / (df + t²)) (Abramowitz & Stegun
/// 1964, 26.7.1). From 100,000 degrees on Wallace (1959): a normal tail at (8df+1)/(8df+3) √(df ln(1 + t²/df)), good to
/// nine digits up to |t| = 5.
pub(super) fn student_t_two_sided_p(t: f64, df: f64) -> f64 {
    if df >= MANY_DEGREES {
        let z = (8.0 * df + 1.0) / (8.0 * df + 3.0) * (df * (t * t / df).ln_1p()).sqrt();
        return erfc(z / std::f64::consts::SQRT_2).min(1.0);
    }
    beta_reg(df / 2.0, 0.5, df / (df + t * t)).clamp(0.0, 1.0)
}

/// P(F ≥ f) of the F distribution with `numerator` and `denominator` > 0 degrees of freedom, for f ≥ 0: I(d₂/2, d₁/2;
/// d₂ / (d₂ + d₁f)) (Abramowitz & Stegun 1964, 26.6.2).
pub(super) fn f_upper_p(f: f64, numerator: f64, denominator: f64) -> f64 {
    beta_reg(denominator / 2.0, numerator / 2.0, denominator / (denominator + numerator * f)).clamp(0.0, 1.0)
}

/// The t with P(T ≤ t) = `probability`, for 0.5 < `probability` < 1 and `df` > 0. Bisection of the tail, to full
/// precision.
pub(super) fn student_t_quantile(probability: f64, df: f64) -> f64 {
    upper_t_beyond_zero(1.0 - probability, df)
}

/// The t > 0 with P(T ≥ t) = `tail` below one half.
fn upper_t_beyond_zero(tail: f64, df: f64) -> f64 {
    let tail = 2.0 * tail;
    let mut low = 0.0;
    let mut high = 2.0;
    while student_t_two_sided_p(high, df) > tail && high < f64::MAX / 2.0 {
        low = high;
        high *= 2.0;
    }
    bisect(low, high, |t| student_t_two_sided_p(t, df) > tail)
}

/// P(T ≥ t) with `df` > 0 degrees of freedom.
pub(super) fn student_t_upper_tail(t: f64, df: f64) -> f64 {
    let half = student_t_two_sided_p(t, df) / 2.0;
    if t >= 0.0 { half } else { 1.0 - half }
}

/// The t with P(T ≥ t) = `tail`, for 0 < `tail` < 1 and `df` > 0.
pub(super) fn student_t_upper_quantile(tail: f64, df: f64) -> f64 {
    match tail.total_cmp(&0.5) {
        std::cmp::Ordering::Less => upper_t_beyond_zero(tail, df),
        std::cmp::Ordering::Equal => 0.0,
        std::cmp::Ordering::Greater => -upper_t_beyond_zero(1.0 - tail, df),
    }
}

/// P(Z ≥ z).
pub(super) fn normal_upper_tail(z: f64) -> f64 {
    erfc(z / std::f64::consts::SQRT_2) / 2.0
}

/// The density of Z at z.
pub(super) fn normal_density(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// The z with P(Z ≥ z) = `tail`, for 0 ≤ `tail` < 1; z of the smallest tail that a double can hold for less, about 38.
pub(super) fn normal_upper_quantile(tail: f64) -> f64 {
    -normal_quantile(tail.max(f64::MIN_POSITIVE))
}

/// P(χ² ≥ x) with `df` > 0 degrees of freedom.
pub(super) fn chi_square_upper_tail(x: f64, df: f64) -> f64 {
    if x <= 0.0 { 1.0 } else { gamma_ur(df / 2.0, x / 2.0).clamp(0.0, 1.0) }
}

/// The z with P(Z ≤ z) = `probability`, for 0 < `probability` < 1.
pub(super) fn normal_quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

/// P(|Z| ≥ |z|) of the standard normal.
pub(super) fn normal_two_sided_p(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// Half the chi-square quantile with 2 × `shape` degrees of freedom, which is the gamma quantile of that shape and
/// scale 1.
pub(super) fn gamma_quantile(probability: f64, shape: f64) -> f64 {
    Gamma::new(shape, 1.0).map_or(f64::NAN, |gamma| gamma.inverse_cdf(probability))
}

/// Where `is_left` turns false between `low` (true) and `high` (false), to the last bit that bisection can tell.
pub(super) fn bisect(mut low: f64, mut high: f64, is_left: impl Fn(f64) -> bool) -> f64 {
    loop {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            return middle;
        }
        if is_left(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(actual: f64, expected: f64, relative: f64) {
        assert!((actual - expected).abs() <= relative * expected.abs(), "{actual} is not {expected}");
    }

    #[test]
    fn t_quantiles_have_closed_forms_at_one_and_two_degrees() {
        check(student_t_quantile(0.975, 1.0), (std::f64::consts::PI * 0.475).tan(), 1e-12);
        let p: f64 = 0.975;
        check(student_t_quantile(p, 2.0), (2.0 * p - 1.0) / (2.0 * p * (1.0 - p)).sqrt(), 1e-12);
        check(student_t_two_sided_p(5.0, 2.0), 1.0 - 5.0 / 27_f64.sqrt(), 1e-12);
    }

    #[test]
    fn t_approaches_the_normal_without_a_step_at_the_switch() {
        let below = student_t_two_sided_p(1.96, MANY_DEGREES * (1.0 - 1e-12));
        check(below, student_t_two_sided_p(1.96, MANY_DEGREES), 1e-9);
        check(student_t_quantile(0.975, 1e12), normal_quantile(0.975), 1e-10);
    }

    #[test]
    fn normal_tails_and_quantiles_are_inverses_also_far_out() {
        for tail in [1e-300, 1e-100, 1e-12, 0.001, 0.3, 0.5, 0.9, 0.999] {
            check(normal_upper_tail(normal_upper_quantile(tail)), tail, 1e-11);
        }
        check(normal_upper_quantile(0.025), 1.959_963_984_540_054, 1e-15);
        assert!(normal_upper_quantile(0.0) > 37.0 && normal_upper_quantile(0.0).is_finite());
    }

    #[test]
    fn t_tails_and_quantiles_are_inverses() {
        for df in [0.7, 1.0, 4.5, 300.0, 1e7] {
            for tail in [1e-9, 0.025, 0.5, 0.6, 0.99] {
                check(student_t_upper_tail(student_t_upper_quantile(tail, df), df), tail, 1e-9);
            }
        }
    }

    #[test]
    fn squares_of_normal_and_t_have_the_tails_of_chi_square_and_f() {
        for x in [0.3_f64, 1.7, 4.2] {
            check(chi_square_upper_tail(x * x, 1.0), normal_two_sided_p(x), 1e-10);
            check(f_upper_p(x * x, 1.0, 7.0), student_t_two_sided_p(x, 7.0), 1e-12);
            check(chi_square_upper_tail(x, 2.0), (-x / 2.0).exp(), 1e-12);
        }
    }

    #[test]
    fn gamma_quantile_of_shape_one_is_the_exponential() {
        check(gamma_quantile(0.975, 1.0), -(0.025_f64.ln()), 1e-12);
    }
}
