//! Many tests at once. The one rule: an adjusted p-value is compared with the level that holds for all tests together.

use super::StatsError;
use super::error::check_p;

/// What is held at the level when several hypotheses are tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Multiplicity {
    /// The chance of any false rejection, whatever the dependence: m p (Bonferroni 1936; Dunn 1961).
    Bonferroni,
    /// As Bonferroni, never less powerful: step-down (Holm 1979). The default for several success metrics.
    Holm,
    /// As Holm, step-up; presumes independent or positively dependent tests (Hochberg 1988).
    Hochberg,
    /// As Hochberg, never less powerful (Hommel 1988).
    Hommel,
    /// The expected share of false among all rejections; presumes independent or positively dependent tests (Benjamini
    /// & Hochberg 1995).
    BenjaminiHochberg,
    /// As Benjamini–Hochberg, whatever the dependence (Benjamini & Yekutieli 2001).
    BenjaminiYekutieli,
}

/// The p-values adjusted for being many, in the order given: hypothesis i is rejected at level α when the i-th answer is
/// at most α. Adjusted p-values as in Wright (1992).
///
/// # Errors
/// [`StatsError::OutOfRange`] for a p-value outside 0 to 1.
pub fn adjusted_p_values(p_values: &[f64], correction: Multiplicity) -> Result<Vec<f64>, StatsError> {
    for p in p_values {
        check_p("p-value", *p)?;
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let ascending: Vec<f64> = order.iter().map(|index| p_values[*index]).collect();
    let m = as_f64(ascending.len());
    let adjusted = match correction {
        Multiplicity::Bonferroni => ascending.iter().map(|p| m * p).collect(),
        Multiplicity::Holm => step_down(&ascending, |rank| m - rank + 1.0),
        Multiplicity::Hochberg => step_up(&ascending, |rank| m - rank + 1.0),
        Multiplicity::Hommel => hommel(&ascending),
        Multiplicity::BenjaminiHochberg => step_up(&ascending, |rank| m / rank),
        Multiplicity::BenjaminiYekutieli => {
            let harmonic: f64 = (1..=ascending.len()).map(|rank| 1.0 / as_f64(rank)).sum();
            step_up(&ascending, |rank| harmonic * m / rank)
        }
    };
    let mut answers = vec![0.0; p_values.len()];
    for (index, p) in order.into_iter().zip(adjusted) {
        answers[index] = p.min(1.0);
    }
    Ok(answers)
}

/// The running maximum of factor × p from the smallest p on; ranks count from 1.
fn step_down(ascending: &[f64], factor: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut largest = 0.0_f64;
    let mut adjusted = Vec::with_capacity(ascending.len());
    for (index, p) in ascending.iter().enumerate() {
        largest = largest.max(factor(as_f64(index + 1)) * p);
        adjusted.push(largest);
    }
    adjusted
}

/// The running minimum of factor × p from the largest p on; ranks count from 1.
fn step_up(ascending: &[f64], factor: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut smallest = f64::INFINITY;
    let mut adjusted = vec![0.0; ascending.len()];
    for (index, p) in ascending.iter().enumerate().rev() {
        smallest = smallest.min(factor(as_f64(index + 1)) * p);
        adjusted[index] = smallest;
    }
    adjusted
}

/// Hypothesis i is rejected when every set of hypotheses that holds it is rejected by Simes' (1986) test. The worst set of
/// size k holds, beside i, the k − 1 largest p-values: its Simes p is the least of k p₍ⱼ₎ / j over its members.
fn hommel(ascending: &[f64]) -> Vec<f64> {
    let m = ascending.len();
    let mut adjusted = ascending.to_vec();
    for size in 2..=m {
        // The `size` largest p-values; j is the rank within the set.
        let simes_of_largest = |from: usize| {
            let members = ascending[m - size..].iter().enumerate().skip(from);
            members.map(|(index, p)| as_f64(size) * p / as_f64(index + 1)).fold(f64::INFINITY, f64::min)
        };
        let (with_all, without_first) = (simes_of_largest(0), simes_of_largest(1));
        for (index, worst) in adjusted.iter_mut().enumerate() {
            let own = if index < m - size { without_first.min(as_f64(size) * ascending[index]) } else { with_all };
            *worst = worst.max(own);
        }
    }
    adjusted
}

#[expect(clippy::cast_precision_loss, reason = "a number of tests is far below 2^53")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Multiplicity; 6] = [
        Multiplicity::Bonferroni,
        Multiplicity::Holm,
        Multiplicity::Hochberg,
        Multiplicity::Hommel,
        Multiplicity::BenjaminiHochberg,
        Multiplicity::BenjaminiYekutieli,
    ];

    #[test]
    fn one_test_needs_no_correction_and_none_has_none() {
        for correction in ALL {
            assert_eq!(adjusted_p_values(&[0.03], correction).unwrap(), [0.03]);
            assert!(adjusted_p_values(&[], correction).unwrap().is_empty());
            for bad in [-0.1, 1.5, f64::NAN] {
                assert!(matches!(adjusted_p_values(&[bad], correction), Err(StatsError::OutOfRange { .. })));
            }
        }
    }

    proptest! {
        #[test]
        fn each_is_as_strict_as_it_says_whatever_the_order(
            p in prop::collection::vec(0.0..=1.0_f64, 1..9),
        ) {
            let of = |p: &[f64], correction| adjusted_p_values(p, correction).unwrap();
            let [bonferroni, holm, hochberg, hommel, bh, by] = ALL.map(|correction| of(&p, correction));
            for i in 0..p.len() {
                let chain = [p[i], bh[i], hommel[i], hochberg[i], holm[i], bonferroni[i]];
                prop_assert!(chain.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12), "{chain:?}");
                prop_assert!(by[i] >= bh[i] && by[i] <= 1.0);
            }
            let reversed: Vec<f64> = p.iter().rev().copied().collect();
            for (correction, forward) in ALL.into_iter().zip([bonferroni, holm, hochberg, hommel, bh, by]) {
                let mut back = of(&reversed, correction);
                back.reverse();
                prop_assert_eq!(back, forward);
            }
        }

        /// By the definition: the largest Simes p over all sets that hold the hypothesis.
        #[test]
        fn hommel_is_the_closed_simes_test(p in prop::collection::vec(0.0..=1.0_f64, 1..7)) {
            let adjusted = adjusted_p_values(&p, Multiplicity::Hommel).unwrap();
            for (i, adjusted) in adjusted.iter().enumerate() {
                let mut worst = 0.0_f64;
                for set in (1_u32..1 << p.len()).filter(|set| set >> i & 1 == 1) {
                    let mut members: Vec<f64> = (0..p.len()).filter(|j| set >> j & 1 == 1).map(|j| p[j]).collect();
                    members.sort_by(f64::total_cmp);
                    let k = members.len() as f64;
                    let simes = members.iter().enumerate().map(|(j, p)| k * p / (j + 1) as f64);
                    worst = worst.max(simes.fold(f64::INFINITY, f64::min));
                }
                prop_assert!((worst - adjusted).abs() < 1e-12, "{worst} is not {adjusted}");
            }
        }
    }
}
