//! Exact permutation tests of means. The one rule: every assignment counts, though none is formed.
//!
//! The units are split into two halves whose subsets are summed up and sorted; how many pairs of a left and a right
//! subset lie beyond the observed sum is then counted in one pass (Horowitz & Sahni 1974; van de Wiel 2001). So 40 units
//! take 2 × 2²⁰ sums instead of 10¹¹ assignments. Under strata, other mechanisms or for more units, use
//! [`super::randomization_test`].

use super::StatsError;
use super::error::check_finite;

/// More units are refused.
const UNITS_LIMIT: usize = 44;
/// Sums count as at least the observed one from this part of it on.
const TIES_FROM: f64 = 1.0 - 1e-9;
/// Rounding of the sums, relative to the sum of all sizes.
const ROUNDING: f64 = 1e-14;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PermutationTest {
    /// Mean of the treated minus mean of the control units, or the mean difference within pairs; unit of the outcome.
    pub estimate: f64,
    /// Two-sided, over all assignments; ties included.
    pub p: f64,
}

/// All ways to treat so many of the units are equally likely (Fisher 1935; Pitman 1937).
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::ArmTooSmall`] for an empty arm, [`StatsError::TooManyAssignments`] for more
/// than 44 units.
pub fn permutation_test(treated: &[f64], control: &[f64]) -> Result<PermutationTest, StatsError> {
    check_finite("treated outcome", treated)?;
    check_finite("control outcome", control)?;
    if treated.is_empty() || control.is_empty() {
        return Err(StatsError::ArmTooSmall { treated: treated.len(), control: control.len(), needed: 1 });
    }
    let mean_of = |values: &[f64]| values.iter().sum::<f64>() / as_f64(values.len());
    let outcome = [treated, control].concat();
    let mean = super::error::computed("mean", mean_of(&outcome))?;
    let centred: Vec<f64> = outcome.iter().map(|value| value - mean).collect();
    let observed: f64 = centred[..treated.len()].iter().sum();
    let halves = Halves::of(&centred)?;
    let (beyond, all) = halves.count(threshold(observed, &centred), |left, right| left + right == treated.len());
    Ok(PermutationTest { estimate: mean_of(treated) - mean_of(control), p: beyond / all })
}

/// All ways to swap the units within pairs are equally likely: the signs of the differences, treated minus control, are
/// drawn anew.
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::TooFew`] without pairs, [`StatsError::TooManyAssignments`] for more than 44.
pub fn sign_flip_test(differences: &[f64]) -> Result<PermutationTest, StatsError> {
    check_finite("difference", differences)?;
    if differences.is_empty() {
        return Err(StatsError::TooFew { what: "pairs", needed: 1, actual: 0 });
    }
    // Σ ±d is twice the sum over the positive signs less Σ d.
    let sum: f64 = super::error::computed("sum", differences.iter().sum())?;
    let halves = Halves::of(differences)?;
    let threshold = threshold(sum, differences);
    let (beyond, all) = halves.count_around(sum / 2.0, threshold / 2.0, |_, _| true);
    Ok(PermutationTest { estimate: sum / as_f64(differences.len()), p: beyond / all })
}

fn threshold(observed: f64, values: &[f64]) -> f64 {
    observed.abs() * TIES_FROM - ROUNDING * values.iter().map(|value| value.abs()).sum::<f64>()
}

/// The sums of all subsets of either half, by size and in ascending order.
struct Halves([Vec<Vec<f64>>; 2]);

impl Halves {
    fn of(values: &[f64]) -> Result<Halves, StatsError> {
        if values.len() > UNITS_LIMIT {
            let (count, limit) = (1 << values.len().min(127), 1 << UNITS_LIMIT);
            return Err(StatsError::TooManyAssignments { count, limit });
        }
        let (left, right) = values.split_at(values.len() / 2);
        Ok(Halves([subset_sums(left), subset_sums(right)]))
    }

    fn count(&self, threshold: f64, is_possible: impl Fn(usize, usize) -> bool) -> (f64, f64) {
        self.count_around(0.0, threshold, is_possible)
    }

    /// How many unions of subsets of possible sizes have a sum at least `threshold` from `centre`, and how many there are.
    fn count_around(&self, centre: f64, threshold: f64, is_possible: impl Fn(usize, usize) -> bool) -> (f64, f64) {
        let (mut beyond, mut all) = (0.0, 0.0);
        for (left_size, left) in self.0[0].iter().enumerate() {
            for (right_size, right) in self.0[1].iter().enumerate() {
                if !is_possible(left_size, right_size) {
                    continue;
                }
                all += as_f64(left.len()) * as_f64(right.len());
                if threshold <= 0.0 {
                    beyond += as_f64(left.len()) * as_f64(right.len());
                    continue;
                }
                let (mut above, mut below) = (right.len(), right.len());
                for sum in left {
                    // As the left sum rises, more right sums reach above and fewer stay below.
                    while above > 0 && sum + right[above - 1] - centre >= threshold {
                        above -= 1;
                    }
                    while below > 0 && sum + right[below - 1] - centre > -threshold {
                        below -= 1;
                    }
                    beyond += as_f64(right.len() - above + below);
                }
            }
        }
        (beyond, all)
    }
}

fn subset_sums(values: &[f64]) -> Vec<Vec<f64>> {
    let mut sums: Vec<Vec<f64>> = vec![Vec::new(); values.len() + 1];
    sums[0].push(0.0);
    for (taken, value) in values.iter().enumerate() {
        for size in (0..=taken).rev() {
            let longer: Vec<f64> = sums[size].iter().map(|sum| sum + value).collect();
            sums[size + 1].extend(longer);
        }
    }
    for group in &mut sums {
        group.sort_by(f64::total_cmp);
    }
    sums
}

#[expect(clippy::cast_precision_loss, reason = "counts of subsets are far below 2^53")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn by_hand() {
        let test = permutation_test(&[10.0, 11.0, 12.0], &[1.0, 2.0, 3.0]).unwrap();
        assert_eq!((test.estimate, test.p), (9.0, 0.1));
        assert_eq!(permutation_test(&[2.0, 2.0], &[2.0]).unwrap().p, 1.0);
        assert_eq!(sign_flip_test(&[1.0, 2.0, 3.0]).unwrap(), PermutationTest { estimate: 2.0, p: 0.25 });
        assert!(matches!(permutation_test(&[], &[1.0]), Err(StatsError::ArmTooSmall { .. })));
        assert!(matches!(sign_flip_test(&[]), Err(StatsError::TooFew { .. })));
        assert!(matches!(sign_flip_test(&[1.0; 45]), Err(StatsError::TooManyAssignments { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        /// Small whole numbers tie often.
        #[test]
        fn is_the_enumeration(values in prop::collection::vec(-4..4_i8, 2..10), treated in 1_usize..9) {
            let values: Vec<f64> = values.into_iter().map(|value| f64::from(value) / 10.0).collect();
            let treated = treated.min(values.len() - 1);
            let (n, total) = (values.len(), values.iter().sum::<f64>());
            let sum_of = |set: u32| (0..n).filter(|unit| set >> unit & 1 == 1).map(|unit| values[unit]).sum::<f64>();
            let expected = total * treated as f64 / n as f64;
            let distance = |set: u32| (sum_of(set) - expected).abs();
            let first = (1_u32 << treated) - 1;
            let sets: Vec<u32> = (0..1_u32 << n).filter(|set| set.count_ones() as usize == treated).collect();
            let beyond = sets.iter().filter(|set| distance(**set) >= distance(first) - 1e-9).count();
            let (left, right) = values.split_at(treated);
            let test = permutation_test(left, right).unwrap();
            prop_assert!((test.p - beyond as f64 / sets.len() as f64).abs() < 1e-12);
            let flipped = |set: u32| (2.0 * sum_of(set) - total).abs();
            let beyond = (0..1_u32 << n).filter(|set| flipped(*set) >= total.abs() - 1e-9).count();
            let test = sign_flip_test(&values).unwrap();
            prop_assert!((test.p - beyond as f64 / f64::from(1_u32 << n)).abs() < 1e-12);
        }
    }
}
