//! Gauss–Legendre nodes and weights.

use std::f64::consts::PI;

/// Nodes and weights that integrate polynomials of degree 2n − 1 over −1 to 1, by Newton's method from Tricomi's
/// approximation (Abramowitz & Stegun 1964, 25.4.29 and 22.16.6).
pub(super) fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let mut rule = vec![(0.0, 0.0); n];
    for index in 0..n.div_ceil(2) {
        let mut x = (PI * (as_f64(index) + 0.75) / (as_f64(n) + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (value, derivative) = legendre(n, x);
            slope = derivative;
            let step = value / derivative;
            x -= step;
            if step.abs() <= 1e-16 {
                break;
            }
        }
        let weight = 2.0 / ((1.0 - x * x) * slope * slope);
        rule[index] = (-x, weight);
        rule[n - 1 - index] = (x, weight);
    }
    rule
}

/// The Legendre polynomial of degree n and its derivative.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (0.0, 1.0);
    for degree in 1..=n {
        let k = as_f64(degree);
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, as_f64(n) * (x * value - before) / (x * x - 1.0))
}

#[expect(clippy::cast_precision_loss, reason = "a number of nodes is small")]
pub(super) fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrates_polynomials_and_exponentials() {
        for n in [1, 2, 5, 40, 161] {
            let rule = gauss_legendre(n);
            let integral = |f: &dyn Fn(f64) -> f64| rule.iter().map(|(x, weight)| weight * f(*x)).sum::<f64>();
            assert!((integral(&|_| 1.0) - 2.0).abs() < 1e-13);
            assert!(n < 2 || (integral(&|x| x * x) - 2.0 / 3.0).abs() < 1e-13);
            assert!(n < 40 || (integral(&f64::exp) - 2.0 * 1.0_f64.sinh()).abs() < 1e-13);
        }
    }
}
