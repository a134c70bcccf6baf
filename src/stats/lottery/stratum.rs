//! One stratum: how many places each variant may get in it.

use crate::stats::StatsError;

/// More ways to hand out the leftover places of one stratum are refused.
const CHOICES_LIMIT: usize = 10_000;

/// The places of a stratum: `base` for certain, and one more for each variant of one of the `choices`.
#[derive(Debug, Clone)]
pub(super) struct Stratum {
    base: Vec<usize>,
    choices: Vec<Vec<usize>>,
}

impl Stratum {
    pub(super) fn new(size: usize, weights: &[u32]) -> Result<Stratum, StatsError> {
        let quotas = quotas(size, weights);
        let base: Vec<usize> = quotas.iter().map(|quota| quota.whole).collect();
        let rounded: Vec<usize> = (0..quotas.len()).filter(|variant| quotas[*variant].remainder > 0).collect();
        let leftover = size - base.iter().sum::<usize>();
        Ok(Stratum { choices: subsets(&rounded, leftover)?, base })
    }

    pub(super) fn size(&self) -> usize {
        self.base.iter().sum::<usize>() + self.choices[0].len()
    }

    pub(super) fn base(&self) -> &[usize] {
        &self.base
    }

    pub(super) fn choices(&self) -> &[Vec<usize>] {
        &self.choices
    }

    /// The places of each variant under a choice.
    pub(super) fn counts(&self, choice: usize) -> Vec<usize> {
        let mut counts = self.base.clone();
        for variant in &self.choices[choice] {
            counts[*variant] += 1;
        }
        counts
    }

    /// Appends the variants of a choice in ascending order, each as often as it has places.
    pub(super) fn extend_sorted(&self, choice: usize, arms: &mut Vec<usize>) {
        for (variant, count) in self.counts(choice).into_iter().enumerate() {
            arms.extend(std::iter::repeat_n(variant, count));
        }
    }

    /// Adds to `extra` the places each variant has beyond its base; false when the counts are none of the choices.
    pub(super) fn add_extra(&self, arms: &[usize], extra: &mut [usize]) -> bool {
        let mut counts = vec![0; self.base.len()];
        for arm in arms {
            counts[*arm] += 1;
        }
        let Some(choice) = (0..self.choices.len()).find(|choice| self.counts(*choice) == counts) else {
            return false;
        };
        for variant in &self.choices[choice] {
            extra[*variant] += 1;
        }
        true
    }
}

/// size × weight / Σ weights as a whole number and the numerator of the rest.
pub(super) struct Quota {
    pub(super) whole: usize,
    pub(super) remainder: u128,
}

pub(super) fn quotas(size: usize, weights: &[u32]) -> Vec<Quota> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let quota = |weight: &u32| {
        let product = size as u128 * u128::from(*weight);
        Quota { whole: (product / sum) as usize, remainder: product % sum }
    };
    weights.iter().map(quota).collect()
}

/// All subsets of `items` of one size, in lexicographic order.
fn subsets(items: &[usize], size: usize) -> Result<Vec<Vec<usize>>, StatsError> {
    let mut partial: Vec<(Vec<usize>, usize)> = vec![(Vec::new(), 0)];
    for _ in 0..size {
        let mut longer = Vec::new();
        for (subset, next) in &partial {
            for (index, item) in items.iter().enumerate().skip(*next) {
                let mut extended = subset.clone();
                extended.push(*item);
                longer.push((extended, index + 1));
            }
            if longer.len() > CHOICES_LIMIT {
                return Err(StatsError::LotteryTooLarge { strata: 1, limit: CHOICES_LIMIT });
            }
        }
        partial = longer;
    }
    Ok(partial.into_iter().map(|(subset, _)| subset).collect())
}
