//! One number with its interval from some rows.
//!
//! One rule: values are put in order before they are summed, so that the order of rows changes no digit.

use super::compare::is_census;
use super::facts::{Facts, Values};
use super::{LEVEL, MINIMUM_ROWS};
use crate::project::{Header, Permille, Statistic};
use crate::stats::{self, Durations, Estimate, RatioRows, Spans, StatsError};
use std::collections::BTreeMap;
use std::ops::Range;

/// Some rows of some facts, perhaps with how much of each counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample<'a> {
    pub facts: &'a Facts,
    pub rows: &'a [u32],
    /// Absent where every row counts in full.
    pub weights: Option<&'a [f64]>,
    /// The time they stand for, in microseconds since 1970.
    pub span: (i64, i64),
    /// Into how many parts of about a grain it divides.
    pub parts: usize,
}

/// A number and the rows it was made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Counted {
    pub estimate: Estimate,
    /// Those with an unknown value included.
    pub rows: u64,
    pub unknown: u64,
}

/// The number of a sample; of a stock that of the newest sample of each thing in it.
pub(super) fn estimate(header: &Header, sample: &Sample<'_>) -> Result<Counted, StatsError> {
    if header.is_stock {
        let (rows, weights) = newest(sample);
        return of_rows(header, &Sample { rows: &rows, weights: weights.as_deref(), ..*sample });
    }
    of_rows(header, sample)
}

/// The known numbers that a window's number is made of, in no particular order.
pub fn numbers_behind(header: &Header, facts: &Facts) -> Vec<f64> {
    let Values::Numbers(numbers) = &facts.values else { return Vec::new() };
    let all: Vec<u32> = (0..facts.len() as u32).collect();
    let sample = Sample { facts, rows: &all, weights: None, span: (0, 0), parts: 1 };
    let rows = if header.is_stock { newest(&sample).0 } else { all };
    let known = rows.into_iter().filter_map(|row| numbers.get(row as usize));
    known.filter(|value| has_part(header.statistic, *value)).collect()
}

/// Whether a known value can be in a number: what is not above zero has no logarithm for a geometric mean.
fn has_part(statistic: Statistic, value: f64) -> bool {
    statistic != Statistic::GeometricMean || value > 0.0
}

/// The rows of the newest sample of each thing that is sampled: the newest commits of repositories differ in their time.
fn newest(sample: &Sample<'_>) -> (Vec<u32>, Option<Vec<f64>>) {
    let facts = sample.facts;
    let sampled = |row: u32| facts.sampled.as_ref().map(|sampled| sampled.code(row as usize));
    let mut newest: BTreeMap<Option<u32>, i64> = BTreeMap::new();
    for row in sample.rows {
        let at = facts.at[*row as usize];
        let latest = newest.entry(sampled(*row)).or_insert(at);
        *latest = (*latest).max(at);
    }
    let is_newest = |row: u32| newest.get(&sampled(row)) == Some(&facts.at[row as usize]);
    let places: Vec<usize> = (0..sample.rows.len()).filter(|place| is_newest(sample.rows[*place])).collect();
    let rows = places.iter().map(|place| sample.rows[*place]).collect();
    (rows, sample.weights.map(|weights| places.iter().map(|place| weights[*place]).collect()))
}

fn of_rows(header: &Header, sample: &Sample<'_>) -> Result<Counted, StatsError> {
    let statistic = header.statistic;
    let rows = sample.rows.len() as u64;
    let known = |n: usize| rows - n as u64;
    let (estimate, unknown) = match (statistic, &sample.facts.values) {
        (Statistic::Count, _) => (count(sample)?, 0),
        (Statistic::Distinct, Values::Keys(keys)) => distinct(sample, keys.codes())?,
        (Statistic::TimeAverage, Values::Ends(ends)) => time_average(sample, ends)?,
        (Statistic::Ratio | Statistic::Rate | Statistic::Survival, Values::Pairs(_, _)) => {
            let pairs = Pairs::of(sample);
            let smallest = pairs.first.first().copied();
            (possible(header, smallest, pairs.estimate(statistic)?), known(pairs.first.len()))
        }
        (_, Values::Numbers(_)) => {
            let numbers = Weighted::of(statistic, sample);
            let (n, smallest) = (numbers.values.len(), numbers.values.first().copied());
            (possible(header, smallest, numbers.estimate(statistic, is_census(header))?), known(n))
        }
        // Facts are read with the columns of their statistic.
        (_, _) => (Estimate::absent(rows, LEVEL), 0),
    };
    Ok(Counted { estimate, rows, unknown })
}

/// An estimate whose interval ends where its quantity does. Of rows of which none is below zero the mean is not either, and a
/// share of a whole is at most one; Student's and Fieller's intervals know neither. What is cut off has no truth in it, so
/// that the interval holds the truth as often as before.
fn possible(header: &Header, smallest: Option<f64>, estimate: Estimate) -> Estimate {
    let (Some(value), Some(mut interval)) = (estimate.value, estimate.interval) else { return estimate };
    if smallest.is_some_and(|smallest| smallest >= 0.0) {
        interval.low = interval.low.max(0.0);
    }
    if header.unit == "share" && value <= 1.0 {
        interval.high = interval.high.min(1.0);
    }
    Estimate { interval: Some(interval), ..estimate }
}

fn count(sample: &Sample<'_>) -> Result<Estimate, StatsError> {
    match sample.weights {
        Some(weights) => stats::weighted_count(weights, LEVEL),
        None => {
            let n = sample.rows.len() as u64;
            Ok(Estimate { value: Some(n as f64), interval: None, n, level: LEVEL })
        }
    }
}

/// Different keys. One that is split counts as much as the largest part that any of its rows has here: of the same person's
/// work in one team, the person's share in it.
fn distinct(sample: &Sample<'_>, codes: &[u32]) -> Result<(Estimate, u64), StatsError> {
    let weight = |place: usize| sample.weights.map_or(1.0, |weights| weights[place]);
    let mut keys: Vec<(u32, f64)> =
        sample.rows.iter().enumerate().map(|(place, row)| (codes[*row as usize], weight(place))).collect();
    let before = keys.len();
    keys.retain(|(code, _)| *code != super::facts::UNKNOWN);
    let unknown = (before - keys.len()) as u64;
    // The largest part of each key first.
    keys.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    keys.dedup_by_key(|(code, _)| *code);
    let parts: Vec<f64> = keys.into_iter().map(|(_, part)| part).collect();
    Ok((Estimate { n: before as u64, ..stats::weighted_count(&parts, LEVEL)? }, unknown))
}

fn time_average(sample: &Sample<'_>, ends: &[i64]) -> Result<(Estimate, u64), StatsError> {
    let (mut from, mut until, mut weights) = (Vec::new(), Vec::new(), Vec::new());
    for (place, row) in sample.rows.iter().enumerate() {
        let row = *row as usize;
        if sample.facts.is_known(row) {
            from.push(sample.facts.at[row]);
            until.push(Some(ends[row]).filter(|end| *end < i64::MAX));
            weights.extend(sample.weights.map(|weights| weights[place]));
        }
    }
    let unknown = (sample.rows.len() - from.len()) as u64;
    let spans = Spans { from: &from, until: &until };
    let span: Range<i64> = sample.span.0..sample.span.1;
    // In no time nothing was open on average, which is not zero.
    if span.is_empty() {
        return Ok((Estimate::absent(0, LEVEL), unknown));
    }
    let estimate = if sample.weights.is_some() {
        stats::weighted_time_average(spans, &weights, span, sample.parts, LEVEL)?
    } else {
        stats::time_average(spans, span, sample.parts, LEVEL)?
    };
    Ok((estimate, unknown))
}

/// Known values, the smallest first; weights where any is not 1.
///
/// What is not above zero has no logarithm, so that a geometric mean does not know it: one merge within the second it was
/// opened must not make the mean of all others zero. Like every row that is unknown it counts against the coverage.
struct Weighted {
    values: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl Weighted {
    fn of(statistic: Statistic, sample: &Sample<'_>) -> Weighted {
        let Values::Numbers(numbers) = &sample.facts.values else {
            return Weighted { values: Vec::new(), weights: None };
        };
        let known = |row: u32| numbers.get(row as usize).filter(|value| has_part(statistic, *value));
        let Some(weights) = sample.weights else {
            let mut values: Vec<f64> = sample.rows.iter().filter_map(|row| known(*row)).collect();
            sort(&mut values);
            return Weighted { values, weights: None };
        };
        let rows = sample.rows.iter().zip(weights);
        let mut rows: Vec<(f64, f64)> = rows.filter_map(|(row, weight)| Some((known(*row)?, *weight))).collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let (values, weights) = rows.into_iter().unzip();
        Weighted { values, weights: Some(weights) }
    }

    /// Few rows are no number, unless they are all there is: then they are no sample, and have no interval.
    fn estimate(self, statistic: Statistic, is_census: bool) -> Result<Estimate, StatsError> {
        match self.values.len() {
            MINIMUM_ROWS.. => self.sampled(statistic),
            few @ 1.. if is_census => Ok(Estimate { interval: None, n: few as u64, ..self.sampled(statistic)? }),
            few => Ok(Estimate::absent(few as u64, LEVEL)),
        }
    }

    fn sampled(self, statistic: Statistic) -> Result<Estimate, StatsError> {
        let values = &self.values;
        let is_success = |value: &f64| *value != 0.0;
        match (statistic, &self.weights) {
            (Statistic::Quantile(at), None) => stats::Sorted::new(self.values)?.estimate(at.fraction(), LEVEL),
            (Statistic::Quantile(at), Some(weights)) => stats::weighted_quantile(values, weights, at.fraction(), LEVEL),
            (Statistic::GeometricMean, None) => stats::geometric_mean(values, LEVEL),
            (Statistic::GeometricMean, Some(weights)) => stats::weighted_geometric_mean(values, weights, LEVEL),
            (Statistic::Share, None) => {
                let successes = values.iter().filter(|value| is_success(value)).count();
                stats::share(successes as u64, values.len() as u64, LEVEL)
            }
            (Statistic::Share, Some(weights)) => {
                let successes: Vec<bool> = values.iter().map(is_success).collect();
                stats::weighted_share(&successes, weights, LEVEL)
            }
            (_, None) => stats::mean(values, LEVEL),
            (_, Some(weights)) => stats::weighted_mean(values, weights, LEVEL),
        }
    }
}

/// Known pairs, ordered by the first, then the second.
struct Pairs {
    first: Vec<f64>,
    second: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl Pairs {
    fn of(sample: &Sample<'_>) -> Pairs {
        let Values::Pairs(first, second) = &sample.facts.values else {
            return Pairs { first: Vec::new(), second: Vec::new(), weights: None };
        };
        let weight = |place: usize| sample.weights.map_or(1.0, |weights| weights[place]);
        let rows = sample.rows.iter().enumerate();
        let mut rows: Vec<(f64, f64, f64)> = rows
            .filter_map(|(place, row)| Some((first.get(*row as usize)?, second.get(*row as usize)?, weight(place))))
            .collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)));
        Pairs {
            first: rows.iter().map(|row| row.0).collect(),
            second: rows.iter().map(|row| row.1).collect(),
            weights: sample.weights.map(|_| rows.iter().map(|row| row.2).collect()),
        }
    }

    fn estimate(&self, statistic: Statistic) -> Result<Estimate, StatsError> {
        if self.first.len() < MINIMUM_ROWS {
            return Ok(Estimate::absent(self.first.len() as u64, LEVEL));
        }
        let rows = RatioRows { numerators: &self.first, denominators: &self.second };
        match (statistic, &self.weights) {
            (Statistic::Rate, None) => stats::rate(rows, LEVEL),
            (Statistic::Rate, Some(weights)) => stats::weighted_rate(rows, weights, LEVEL),
            (Statistic::Survival, weights) => self.survival(weights.as_deref()),
            (_, None) => stats::ratio(rows, LEVEL),
            (_, Some(weights)) => stats::weighted_ratio(rows, weights, LEVEL),
        }
    }

    fn survival(&self, weights: Option<&[f64]>) -> Result<Estimate, StatsError> {
        let observed: Vec<bool> = self.second.iter().map(|observed| *observed != 0.0).collect();
        let rows = Durations { durations: &self.first, observed: &observed };
        let curve = match weights {
            Some(weights) => stats::weighted_kaplan_meier(rows, weights)?,
            None => stats::kaplan_meier(rows)?,
        };
        curve.quantile(Permille::MEDIAN.fraction(), LEVEL)
    }
}

/// By total order, as whole numbers that have the same one: these are compared faster.
fn sort(values: &mut [f64]) {
    // Its own inverse. Of negative numbers all bits but the sign are turned (IEEE 754, section 5.10).
    let turned = |bits: i64| bits ^ (((bits >> 63).cast_unsigned()) >> 1).cast_signed();
    let mut keys: Vec<i64> = values.iter().map(|value| turned(value.to_bits().cast_signed())).collect();
    keys.sort_unstable();
    for (value, key) in values.iter_mut().zip(keys) {
        *value = f64::from_bits(turned(key).cast_unsigned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whole_numbers_have_the_order_of_numbers(bits in prop::collection::vec(any::<u64>(), 0..50)) {
            let mut values: Vec<f64> = bits.iter().map(|bits| f64::from_bits(*bits)).collect();
            values.extend([0.0, -0.0, f64::INFINITY, -1.5, f64::NAN]);
            let mut expected = values.clone();
            expected.sort_by(f64::total_cmp);
            sort(&mut values);
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&values), bits(&expected));
        }
    }
}
