//! Order statistics among all pairs of values, found without forming the pairs. The one rule: the answer is one of the
//! pairs, to the last bit.

use crate::stats::error::computed;
use crate::stats::quantile::Sorted;
use crate::stats::{Estimate, Level, StatsError};

/// Figures of all pairs, counted in order.
pub(super) trait Pairs {
    /// The number of pairs.
    fn count(&self) -> u64;
    /// The number of pairs whose figure is at most `value`.
    fn at_most(&self, value: f64) -> u64;
    /// The smallest and the largest figure.
    fn range(&self) -> (f64, f64);
}

/// x − y of a value of either sample.
pub(super) struct Differences {
    left: Sorted,
    right: Sorted,
}

impl Differences {
    pub(super) fn new(left: Sorted, right: Sorted) -> Differences {
        Differences { left, right }
    }
}

impl Pairs for Differences {
    fn count(&self) -> u64 {
        self.left.values().len() as u64 * self.right.values().len() as u64
    }

    fn at_most(&self, value: f64) -> u64 {
        let right = self.right.values();
        let (mut first, mut count) = (0, 0);
        for x in self.left.values() {
            // The larger x is, the larger y has to be.
            while first < right.len() && x - right[first] > value {
                first += 1;
            }
            count += (right.len() - first) as u64;
        }
        count
    }

    fn range(&self) -> (f64, f64) {
        let (left, right) = (self.left.values(), self.right.values());
        (left[0] - right[right.len() - 1], left[left.len() - 1] - right[0])
    }
}

/// (x + y)/2 of two values of one sample, each with itself included (Walsh 1949).
pub(super) struct Averages(pub(super) Sorted);

impl Pairs for Averages {
    fn count(&self) -> u64 {
        let n = self.0.values().len() as u64;
        n * (n + 1) / 2
    }

    fn at_most(&self, value: f64) -> u64 {
        let values = self.0.values();
        let (mut end, mut count) = (values.len(), 0);
        for (index, x) in values.iter().enumerate() {
            while end > 0 && f64::midpoint(*x, values[end - 1]) > value {
                end -= 1;
            }
            count += end.saturating_sub(index) as u64;
        }
        count
    }

    fn range(&self) -> (f64, f64) {
        let values = self.0.values();
        (values[0], values[values.len() - 1])
    }
}

/// The median of the pairs, between the pairs of rank `rank` from below and from above; no interval at rank 0.
pub(super) fn estimate(pairs: &impl Pairs, rank: u64, n: u64, level: Level) -> Result<Estimate, StatsError> {
    let count = pairs.count();
    let (low, high) = pairs.range();
    computed("difference", high - low)?;
    let below = of_rank(pairs, count.div_ceil(2));
    let above = if count.is_multiple_of(2) { of_rank(pairs, count / 2 + 1) } else { below };
    let median = f64::midpoint(below, above);
    if rank == 0 || rank > count / 2 {
        return Estimate::point(median, n, level);
    }
    let bounds = (of_rank(pairs, rank), of_rank(pairs, count + 1 - rank));
    Estimate::with_bounds(median, bounds, n, level)
}

/// The pair of a rank from 1, by bisection of the 64 bits of a number.
fn of_rank(pairs: &impl Pairs, rank: u64) -> f64 {
    let (low, high) = pairs.range();
    let (mut low, mut high) = (order_of(low), order_of(high));
    while low < high {
        let middle = low + (high - low) / 2;
        if pairs.at_most(number_of(middle)) >= rank {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    // Zero has two signs.
    number_of(low) + 0.0
}

const SIGN: u64 = 1 << 63;

/// A whole number that orders as the number does.
fn order_of(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn number_of(order: u64) -> f64 {
    f64::from_bits(if order & SIGN == 0 { !order } else { order & !SIGN })
}
