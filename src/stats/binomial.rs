//! Exact binomial inference. The one rule: small samples get exact tails, never a normal approximation.

use super::distribution::bisect;
use super::error::check_p;
use super::quantile::{binomial_mass, mass_one_higher, mass_one_lower};
use super::{Interval, Level, StatsError};
use statrs::function::beta::beta_reg;

/// Masses this close (relative) count as equal, so that rounding cannot drop the mirror of the count observed.
const TIES_WITHIN: f64 = 1e-7;

/// The two-sided p-value of `successes` in `trials` against a success probability of `probability`: the chance of all
/// counts that are no more likely than the one observed (Sterne 1954; ties within 10⁻⁷).
///
/// # Errors
/// [`StatsError::ShareAboveOne`], [`StatsError::OutOfRange`] for a probability outside 0 to 1.
pub fn binomial_test(successes: u64, trials: u64, probability: f64) -> Result<f64, StatsError> {
    check(successes, trials)?;
    check_p("success probability", probability)?;
    let (count, n) = (as_usize(successes), as_usize(trials));
    if probability <= 0.0 || probability >= 1.0 {
        // Only one count is possible.
        let certain = if probability <= 0.0 { 0 } else { trials };
        return Ok(if successes == certain { 1.0 } else { 0.0 });
    }
    let observed = binomial_mass(n, count, probability) * (1.0 + TIES_WITHIN);
    let odds = probability / (1.0 - probability);
    // Outwards from the mode: everything that is too likely is left out of one.
    let mode = mode(n, probability);
    let largest = binomial_mass(n, mode, probability);
    if largest <= observed {
        return Ok(1.0);
    }
    let below = tail(observed, mode, largest, |k, mass| (k > 0).then(|| (k - 1, mass_one_lower(n, k, odds, mass))));
    let above = tail(observed, mode, largest, |k, mass| (k < n).then(|| (k + 1, mass_one_higher(n, k, odds, mass))));
    Ok((below + above).min(1.0))
}

/// The sum of the masses on one side of the mode that are no larger than `observed`.
fn tail(observed: f64, mode: usize, largest: f64, next: impl Fn(usize, f64) -> Option<(usize, f64)>) -> f64 {
    let (mut k, mut mass, mut sum) = (mode, largest, 0.0);
    while let Some((further, smaller)) = next(k, mass) {
        (k, mass) = (further, smaller);
        if mass <= observed {
            sum += mass;
            // What follows falls faster than geometrically.
            if mass < sum * 1e-18 {
                break;
            }
        }
    }
    sum
}

/// The exact interval of a success probability (Clopper & Pearson 1934): from the quantile α/2 of Beta(x, n − x + 1) to
/// the quantile 1 − α/2 of Beta(x + 1, n − x). Coverage is at least the level.
///
/// # Errors
/// [`StatsError::ShareAboveOne`].
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 do not occur")]
pub fn clopper_pearson(successes: u64, trials: u64, level: Level) -> Result<Interval, StatsError> {
    check(successes, trials)?;
    let (x, rest, tail) = (successes as f64, (trials - successes) as f64, level.alpha() / 2.0);
    let low = if successes == 0 { 0.0 } else { bisect(0.0, 1.0, |p| beta_reg(x, rest + 1.0, p) < tail) };
    let high = if successes == trials { 1.0 } else { bisect(0.0, 1.0, |p| beta_reg(rest, x + 1.0, 1.0 - p) > tail) };
    Ok(Interval { low, high })
}

fn check(successes: u64, trials: u64) -> Result<(), StatsError> {
    if successes > trials { Err(StatsError::ShareAboveOne { successes, trials }) } else { Ok(()) }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the mode lies between 0 and n, which is far below 2^53"
)]
fn mode(n: usize, probability: f64) -> usize {
    (((n + 1) as f64 * probability).floor() as usize).min(n)
}

#[expect(clippy::cast_possible_truncation, reason = "counts fit the address space")]
fn as_usize(count: u64) -> usize {
    count as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn by_hand() {
        // 0, 1, 3 and 4 of 4 at one half: (1 + 4 + 4 + 1) / 16.
        assert!((binomial_test(1, 4, 0.5).unwrap() - 10.0 / 16.0).abs() < 1e-14);
        assert!((binomial_test(2, 4, 0.5).unwrap() - 1.0).abs() < 1e-14);
        assert_eq!(binomial_test(0, 0, 0.5).unwrap(), 1.0);
        assert_eq!((binomial_test(0, 3, 0.0).unwrap(), binomial_test(1, 3, 0.0).unwrap()), (1.0, 0.0));
        let none = clopper_pearson(0, 10, Level::NINETY_FIVE).unwrap();
        assert!(none.low == 0.0 && (none.high - (1.0 - 0.025_f64.powf(0.1))).abs() < 1e-12);
        assert!(binomial_test(5, 4, 0.5).is_err() && clopper_pearson(5, 4, Level::NINETY).is_err());
        assert!(binomial_test(1, 4, f64::NAN).is_err());
    }

    proptest! {
        #[test]
        fn is_the_sum_over_all_counts_and_mirrors(n in 1_u64..60, k in 0_u64..60, probability in 0.01..0.99_f64) {
            let k = k.min(n);
            let mass = |j: u64| binomial_mass(n as usize, j as usize, probability);
            let sum: f64 = (0..=n).map(mass).filter(|other| *other <= mass(k) * (1.0 + TIES_WITHIN)).sum();
            let p = binomial_test(k, n, probability).unwrap();
            prop_assert!((p - sum).abs() < 1e-10, "{p} is not {sum}");
            let mirrored = binomial_test(n - k, n, 1.0 - probability).unwrap();
            prop_assert!((p - mirrored).abs() < 1e-9);
        }
    }
}
