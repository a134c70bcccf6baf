//! Sums of scores over the treated, and how they vary when treatment is permuted within strata.

use super::as_f64;
use crate::stats::StatsError;
use crate::stats::distribution::normal_upper_tail;
use crate::stats::error::{check_finite, check_length};
use std::collections::BTreeMap;

/// The conditional normal test of a sum of scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreTest {
    /// The sum of the scores of the treated less its expectation, in the unit of the scores.
    pub distance: f64,
    /// The standard deviation of that sum when treatment is permuted within strata.
    pub deviation: f64,
    /// `distance / deviation`.
    pub z: f64,
    /// Two-sided, by the normal approximation.
    pub p: f64,
}

/// Compares the outcomes of treated and control units within strata by their sums: the normal approximation to the exact
/// permutation test (Strasser & Weber 1999). One stratum when `strata` is empty.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::NoVariation`] when no stratum has units of both arms
/// with different values.
pub fn stratified_score_test(outcome: &[f64], treated: &[bool], strata: &[String]) -> Result<ScoreTest, StatsError> {
    check_finite("outcome", outcome)?;
    test_of(outcome, treated, strata, |_| 1.0)
}

/// Compares treated and control units by their ranks within strata, each stratum of n units weighted by 1/(n + 1) (van
/// Elteren 1960), which is most powerful when the shift is the same in all.
///
/// # Errors
/// As [`stratified_score_test`].
pub fn van_elteren(outcome: &[f64], treated: &[bool], strata: &[String]) -> Result<ScoreTest, StatsError> {
    check_finite("outcome", outcome)?;
    let mut ranks = vec![0.0; outcome.len()];
    for units in members(outcome.len(), treated, strata)? {
        let values: Vec<f64> = units.iter().map(|unit| outcome[*unit]).collect();
        for (unit, rank) in units.iter().zip(midranks(&values)) {
            ranks[*unit] = rank;
        }
    }
    test_of(&ranks, treated, strata, |size| 1.0 / (size + 1.0))
}

/// With m of n units treated in a stratum whose scores s have mean s̄, their sum has the expectation m s̄ and the variance
/// m (n − m) / (n (n − 1)) Σ(s − s̄)².
pub(super) fn test_of(
    scores: &[f64],
    treated: &[bool],
    strata: &[String],
    weight: impl Fn(f64) -> f64,
) -> Result<ScoreTest, StatsError> {
    let (mut distance, mut variance) = (0.0, 0.0);
    for units in members(scores.len(), treated, strata)? {
        let n = as_f64(units.len());
        let mean = units.iter().map(|unit| scores[*unit]).sum::<f64>() / n;
        let (mut sum, mut count, mut squares) = (0.0, 0.0, 0.0);
        for unit in &units {
            let deviation = scores[*unit] - mean;
            squares += deviation * deviation;
            if treated[*unit] {
                sum += deviation;
                count += 1.0;
            }
        }
        let weight = weight(n);
        distance += weight * sum;
        if units.len() > 1 {
            variance += weight * weight * count * (n - count) / (n * (n - 1.0)) * squares;
        }
    }
    if variance <= 0.0 {
        return Err(StatsError::NoVariation { what: "the outcome between arms", n: scores.len() });
    }
    let deviation = crate::stats::error::computed("standard deviation", variance)?.sqrt();
    let z = distance / deviation;
    Ok(ScoreTest { distance, deviation, z, p: (2.0 * normal_upper_tail(z.abs())).min(1.0) })
}

/// The units of each stratum.
fn members(n: usize, treated: &[bool], strata: &[String]) -> Result<Vec<Vec<usize>>, StatsError> {
    check_length("treated", n, treated.len())?;
    if strata.is_empty() {
        return Ok(vec![(0..n).collect()]);
    }
    check_length("strata", n, strata.len())?;
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (unit, stratum) in strata.iter().enumerate() {
        members.entry(stratum).or_default().push(unit);
    }
    Ok(members.into_values().collect())
}

/// Ranks from 1; equal values share the mean of their ranks.
pub(in crate::stats) fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for equal in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = as_f64(below) + (as_f64(equal.len()) + 1.0) / 2.0;
        for place in equal {
            ranks[*place] = rank;
        }
        below += equal.len();
    }
    ranks
}
