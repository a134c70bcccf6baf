//! Exact distributions of rank sums by the shift algorithm (Streitberg & Röhmel 1986): how many sets of so many units
//! have so large a sum, one unit after the other. Ranks are doubled, so that shared ones are whole.

use super::as_f64;

/// Beyond this many additions the normal approximation has to do.
const STEPS_LIMIT: usize = 100_000_000;

/// P(|sum of `treated` of the ranks − its mean| ≥ `distance`); `None` when that takes too many steps.
pub(super) fn group_tail(ranks: &[f64], treated: usize, distance: f64) -> Option<f64> {
    let doubled = doubled(ranks);
    let counts = group_counts(&doubled, treated)?;
    let mean = as_f64(treated) * as_f64(doubled.iter().sum()) / as_f64(ranks.len());
    Some(tail(&counts, mean, 2.0 * distance))
}

/// The largest rank k, from 1, with P(U < k) < `tail` for Mann–Whitney's U of two groups without ties; 0 for none, `None`
/// when that takes too many steps.
pub(super) fn group_rank(treated: usize, control: usize, tail: f64) -> Option<u64> {
    let ranks: Vec<usize> = (1..=treated + control).collect();
    let counts = group_counts(&ranks, treated)?;
    Some(rank_below(&counts, treated * (treated + 1) / 2, tail))
}

/// P(|sum of the ranks of a random half of the signs − its mean| ≥ `distance`).
pub(super) fn sign_tail(ranks: &[f64], distance: f64) -> Option<f64> {
    let doubled = doubled(ranks);
    let counts = sign_counts(&doubled)?;
    Some(tail(&counts, as_f64(doubled.iter().sum()) / 2.0, 2.0 * distance))
}

/// As [`group_rank`] for the sum of the positive ranks of `n` differences.
pub(super) fn sign_rank(n: usize, tail: f64) -> Option<u64> {
    let ranks: Vec<usize> = (1..=n).collect();
    Some(rank_below(&sign_counts(&ranks)?, 0, tail))
}

/// For every sum, the number of sets of `size` units that have it.
fn group_counts(ranks: &[usize], size: usize) -> Option<Vec<f64>> {
    let largest: usize = ranks.iter().sum();
    if ranks.len().checked_mul(size)?.checked_mul(largest)? > STEPS_LIMIT {
        return None;
    }
    let mut counts = vec![vec![0.0; largest + 1]; size + 1];
    counts[0][0] = 1.0;
    for (taken, rank) in ranks.iter().enumerate() {
        for members in (1..=size.min(taken + 1)).rev() {
            let (fewer, more) = counts.split_at_mut(members);
            let (fewer, more) = (&fewer[members - 1], &mut more[0]);
            for sum in *rank..=largest {
                more[sum] += fewer[sum - rank];
            }
        }
    }
    counts.pop()
}

/// For every sum, the number of sets of units of any size that have it.
fn sign_counts(ranks: &[usize]) -> Option<Vec<f64>> {
    let largest: usize = ranks.iter().sum();
    // Beyond a thousand units the numbers of sets leave the range of f64.
    if ranks.len() > 1000 || ranks.len().checked_mul(largest)? > STEPS_LIMIT {
        return None;
    }
    let mut counts = vec![0.0; largest + 1];
    counts[0] = 1.0;
    for rank in ranks {
        for sum in (*rank..=largest).rev() {
            counts[sum] += counts[sum - rank];
        }
    }
    Some(counts)
}

fn tail(counts: &[f64], mean: f64, distance: f64) -> f64 {
    // Sums are whole and means halves or fractions: half a unit in the last place of both cannot matter.
    let from = distance - 1e-6;
    let total: f64 = counts.iter().sum();
    let beyond: f64 =
        counts.iter().enumerate().filter(|(sum, _)| (as_f64(*sum) - mean).abs() >= from).map(|(_, count)| count).sum();
    (beyond / total).min(1.0)
}

fn rank_below(counts: &[f64], least: usize, tail: f64) -> u64 {
    let total: f64 = counts.iter().sum();
    let (mut below, mut rank) = (0.0, 0);
    for count in &counts[least..] {
        below += count / total;
        if below >= tail {
            break;
        }
        rank += 1;
    }
    rank
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "twice a midrank is a small whole number")]
fn doubled(ranks: &[f64]) -> Vec<usize> {
    ranks.iter().map(|rank| (2.0 * rank).round() as usize).collect()
}
