//! Sample quantiles with distribution-free intervals.

use super::error::check_finite;
use super::{Estimate, Interval, Level, StatsError};
use statrs::function::gamma::ln_gamma;

/// The quantile of `values` (any length, any unit) at `probability` with its order-statistic interval, see
/// [`Sorted::quantile`] and [`Sorted::estimate`]. Sort once with [`Sorted`] when several quantiles of one sample are
/// needed.
///
/// # Errors
/// [`StatsError::NotFinite`] for NaN or infinite values, [`StatsError::Probability`] outside 0 to 1.
pub fn quantile(values: &[f64], probability: f64, level: Level) -> Result<Estimate, StatsError> {
    Sorted::new(values.to_vec())?.estimate(probability, level)
}

/// Finite values in ascending order.
#[derive(Debug, Clone, PartialEq)]
pub struct Sorted(Vec<f64>);

impl Sorted {
    /// # Errors
    /// [`StatsError::NotFinite`] for NaN or infinite values.
    pub fn new(mut values: Vec<f64>) -> Result<Sorted, StatsError> {
        check_finite("value", &values)?;
        values.sort_by(f64::total_cmp);
        Ok(Sorted(values))
    }

    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.0
    }

    /// The interpolated quantile of type 7 of Hyndman & Fan (1996): linear between order statistics at (n − 1)p + 1.
    /// `None` without values.
    ///
    /// # Errors
    /// [`StatsError::Probability`] outside 0 to 1.
    pub fn quantile(&self, probability: f64) -> Result<Option<f64>, StatsError> {
        check_probability(probability)?;
        if self.0.is_empty() {
            return Ok(None);
        }
        let position = type_7_position(self.0.len(), probability);
        let below = self.0[position.below - 1];
        let above = self.0[position.above - 1];
        // This form stays within the two order statistics and does not overflow between extremes of opposite sign.
        let value = below * (1.0 - position.fraction) + above * position.fraction;
        Ok(Some(value.clamp(below, above)))
    }

    /// The quantile with the interval between the interpolated order statistics of [`rank_bounds`], which is distribution
    /// free and near its level instead of above it. The interval always contains the value; it is absent when the sample
    /// is too small to reach the level (six rows for a median at 95 %, 36 for a 90th percentile).
    ///
    /// # Errors
    /// [`StatsError::Probability`] outside 0 to 1.
    pub fn estimate(&self, probability: f64, level: Level) -> Result<Estimate, StatsError> {
        let value = self.quantile(probability)?;
        let bounds = rank_bounds(self.0.len(), probability, level)?;
        let interval = bounds.zip(value).map(|((low, high), value)| Interval {
            low: self.at_rank(low).min(value),
            high: self.at_rank(high).max(value),
        });
        Ok(Estimate { value, interval, n: self.0.len() as u64, level })
    }

    /// Linear between the order statistics around a rank from 1 to the number of values.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank lies within the sample, whose size is far below 2^53"
    )]
    pub(super) fn at_rank(&self, rank: f64) -> f64 {
        let below = (rank.floor() as usize).clamp(1, self.0.len());
        let above = (below + 1).min(self.0.len());
        let fraction = (rank - below as f64).clamp(0.0, 1.0);
        self.0[below - 1] * (1.0 - fraction) + self.0[above - 1] * fraction
    }
}

/// Ranks (from 1) of the two order statistics that bound a quantile, and the chance that they do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankInterval {
    pub low: usize,
    pub high: usize,
    /// P(low ≤ B < high) for B binomial(n, p): exact for continuous data, a lower bound with ties.
    pub coverage: f64,
}

/// The order-statistic interval of a quantile (Thompson 1936; David & Nagaraja 2003, section 7.1).
///
/// Rule: starting from the two ranks around the position of the type 7 quantile, both ranks move outwards one step at a
/// time until the binomial coverage reaches the level. It is thus the smallest interval that is symmetric in ranks and
/// conservative. `None` when a rank would leave 1 to `n` first.
///
/// # Errors
/// [`StatsError::Probability`] outside 0 to 1.
pub fn rank_interval(n: usize, probability: f64, level: Level) -> Result<Option<RankInterval>, StatsError> {
    check_probability(probability)?;
    if n == 0 || probability <= 0.0 || probability >= 1.0 {
        return Ok(None);
    }
    let centre = type_7_position(n, probability);
    let (mut low, mut high) = (centre.below, centre.above);
    let mut below = binomial_mass(n, low, probability);
    let mut above = below;
    let mut coverage = if low < high { below } else { 0.0 };
    let odds = probability / (1.0 - probability);
    // `below` is the mass at `low`, `above` the mass at `high − 1`, the last count that is covered.
    if low == high {
        above = mass_one_lower(n, low, odds, below);
    }
    while coverage < level.fraction() {
        if low == 1 || high == n {
            return Ok(None);
        }
        below = mass_one_lower(n, low, odds, below);
        above = mass_one_higher(n, high - 1, odds, above);
        low -= 1;
        high += 1;
        coverage += below + above;
    }
    Ok(Some(RankInterval { low, high, coverage: coverage.min(1.0) }))
}

/// Fractional ranks (from 1) between which a quantile lies with each tail at half of what `level` leaves out: order
/// statistics interpolated by the rule of Hettmansperger & Sheather (1986) for medians and of Nyblom (1992) for every
/// quantile, which is near the level for continuous data of any shape. `None` when a tail cannot be made so small: for
/// samples under six rows for a median at 95 %.
///
/// # Errors
/// [`StatsError::Probability`] outside 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a sample size is far below 2^53")]
pub fn rank_bounds(n: usize, probability: f64, level: Level) -> Result<Option<(f64, f64)>, StatsError> {
    check_probability(probability)?;
    if n == 0 || probability <= 0.0 || probability >= 1.0 {
        return Ok(None);
    }
    let tail = level.alpha() / 2.0;
    let low = lower_rank(n, probability, tail);
    // The upper bound is the lower one of the mirrored sample.
    let high = lower_rank(n, 1.0 - probability, tail).map(|rank| (n + 1) as f64 - rank);
    Ok(low.zip(high))
}

/// The fractional rank below which the quantile lies with probability `tail`: between the last rank r with
/// P(B < r) ≤ `tail`, B binomial(n, p), and the next.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sample size is far below 2^53 and a rank lies within it"
)]
fn lower_rank(n: usize, probability: f64, tail: f64) -> Option<f64> {
    let (size, odds) = (n as f64, probability / (1.0 - probability));
    // Ten standard deviations below the middle there is no mass that counts.
    let first = (size * probability - 10.0 * (size * probability * (1.0 - probability)).sqrt()).max(0.0) as usize;
    let mut mass = binomial_mass(n, first, probability);
    // `below` is P(B < rank), `mass` is P(B = rank).
    let (mut below, mut rank) = (0.0, first);
    while below + mass <= tail && rank < n {
        below += mass;
        mass = mass_one_higher(n, rank, odds, mass);
        rank += 1;
    }
    if rank == 0 {
        return None;
    }
    let r = rank as f64;
    let (inside, outside) = (tail - below, below + mass - tail);
    if inside <= 0.0 || rank == n {
        return Some(r);
    }
    let fraction = 1.0 / (1.0 + r * (1.0 - probability) * outside / ((size - r) * probability * inside));
    Some(r + fraction)
}

/// Ranks (from 1) of the order statistics around (n − 1)p + 1 and the way between them; equal ranks when it is a whole
/// number.
struct Position {
    below: usize,
    above: usize,
    fraction: f64,
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sample size is far below 2^53 and the position lies within it"
)]
fn type_7_position(n: usize, probability: f64) -> Position {
    let offset = (n - 1) as f64 * probability;
    let whole = offset.floor();
    // (n − 1)p is a whole number up to rounding for round p: 0.9 × 10 must not become 9 and a hair.
    let nearest = offset.round();
    let snapped = if (offset - nearest).abs() <= 4.0 * f64::EPSILON * nearest { nearest } else { whole };
    let fraction = (offset - snapped).max(0.0);
    let below = (snapped as usize).min(n - 1) + 1;
    if fraction <= 4.0 * f64::EPSILON * nearest {
        return Position { below, above: below, fraction: 0.0 };
    }
    Position { below, above: (below + 1).min(n), fraction }
}

/// P(B = k) for B binomial(n, p), 0 < p < 1.
#[expect(clippy::cast_precision_loss, reason = "a sample size is far below 2^53")]
pub(super) fn binomial_mass(n: usize, k: usize, probability: f64) -> f64 {
    let (n, k) = (n as f64, k as f64);
    let ln_choose = ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
    (ln_choose + k * probability.ln() + (n - k) * (-probability).ln_1p()).exp()
}

#[expect(clippy::cast_precision_loss, reason = "a sample size is far below 2^53")]
pub(super) fn mass_one_lower(n: usize, k: usize, odds: f64, mass: f64) -> f64 {
    mass * k as f64 / ((n - k + 1) as f64 * odds)
}

#[expect(clippy::cast_precision_loss, reason = "a sample size is far below 2^53")]
pub(super) fn mass_one_higher(n: usize, k: usize, odds: f64, mass: f64) -> f64 {
    mass * (n - k) as f64 * odds / (k + 1) as f64
}

pub(super) fn check_probability(probability: f64) -> Result<(), StatsError> {
    if (0.0..=1.0).contains(&probability) { Ok(()) } else { Err(StatsError::Probability { probability }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn interpolates_by_type_7() {
        let sorted = Sorted::new(vec![4.0, 1.0, 3.0, 2.0]).unwrap();
        let expected = [(0.0, 1.0), (0.25, 1.75), (0.5, 2.5), (0.9, 3.7), (1.0, 4.0)];
        for (probability, value) in expected {
            assert!((sorted.quantile(probability).unwrap().unwrap() - value).abs() < 1e-12);
        }
    }

    #[test]
    fn ranks_and_coverage_of_the_median_are_the_binomial_ones() {
        // Conover (1999), table of the sign test: 1 − 2 P(B ≤ low − 1) with B binomial(n, 1/2).
        let expected =
            [(6, 1, 6, 0.96875), (10, 2, 9, 0.978_515_625), (9, 2, 8, 0.9609375), (20, 6, 15, 0.958_610_534_667_968_8)];
        for (n, low, high, coverage) in expected {
            let ranks = rank_interval(n, 0.5, Level::NINETY_FIVE).unwrap().unwrap();
            assert_eq!((ranks.low, ranks.high), (low, high));
            assert!((ranks.coverage - coverage).abs() < 1e-12, "{ranks:?}");
        }
    }

    #[test]
    fn small_samples_carry_no_interval() {
        for n in 0..6 {
            assert_eq!(rank_interval(n, 0.5, Level::NINETY_FIVE).unwrap(), None);
        }
        assert_eq!(rank_interval(20, 0.9, Level::NINETY_FIVE).unwrap(), None);
        assert!(rank_interval(20, 1.5, Level::NINETY_FIVE).is_err());
        assert_eq!(quantile(&[], 0.5, Level::NINETY_FIVE).unwrap().value, None);
    }

    #[test]
    fn large_samples_keep_their_coverage() {
        let ranks = rank_interval(1_000_001, 0.9, Level::NINETY_FIVE).unwrap().unwrap();
        assert!((ranks.coverage - 0.95).abs() < 2e-3 && ranks.coverage >= 0.95, "{ranks:?}");
        assert_eq!((ranks.high - ranks.low) / 2, 588);
    }

    proptest! {
        #[test]
        fn lies_within_the_sample_and_its_interval(
            values in prop::collection::vec(-1e9..1e9_f64, 1..200),
            probability in 0.0..=1.0_f64,
        ) {
            let estimate = quantile(&values, probability, Level::NINETY).unwrap();
            let value = estimate.value.unwrap();
            prop_assert!(values.iter().any(|other| *other <= value) && values.iter().any(|other| *other >= value));
            if let Some(interval) = estimate.interval {
                prop_assert!(interval.contains(value));
            }
        }

        #[test]
        fn coverage_is_the_binomial_sum(n in 1_usize..80, probability in 0.01..0.99_f64) {
            if let Some(ranks) = rank_interval(n, probability, Level::NINETY).unwrap() {
                let sum: f64 = (ranks.low..ranks.high).map(|k| binomial_mass(n, k, probability)).sum();
                prop_assert!((sum - ranks.coverage).abs() < 1e-10 && sum >= 0.9 - 1e-10);
            }
        }
    }
}
