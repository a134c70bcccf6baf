//! Figures of rows that count in part, such as the work of somebody who is split between teams. The one rule: with all
//! weights 1 they are the figures without weights, and n stays the number of rows.

use super::distribution::normal_quantile;
use super::error::{check_finite, check_length, check_weights, computed};
use super::quantile::{Sorted, check_probability, rank_bounds};
use super::share::wilson;
use super::{Estimate, Interval, Level, RatioRows, StatsError, rate, ratio};

/// The mean Σwv / Σw: a ratio of sums, with the interval of [`ratio`](super::ratio()) (Hájek 1971).
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::Weight`] for a weight that is not above 0 and at most 1.
pub fn weighted_mean(values: &[f64], weights: &[f64], level: Level) -> Result<Estimate, StatsError> {
    check(values.len(), weights)?;
    check_finite("value", values)?;
    if is_whole(weights) {
        return super::mean(values, level);
    }
    let products = products(values, weights);
    ratio(RatioRows { numerators: &products, denominators: weights }, level)
}

/// The geometric mean exp(Σ w ln v / Σw) of positive values, with the interval of [`weighted_mean`] on the log scale.
///
/// # Errors
/// As [`weighted_mean`]; [`StatsError::NotPositive`] for values of zero or below.
pub fn weighted_geometric_mean(values: &[f64], weights: &[f64], level: Level) -> Result<Estimate, StatsError> {
    super::mean::on_log_scale(values, |logs| weighted_mean(logs, weights, level))
}

/// The share Σ w over the successes / Σw, with Wilson's interval for the (Σw)² / Σw² rows of full weight that carry as
/// much (Kish 1965).
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::Weight`].
pub fn weighted_share(successes: &[bool], weights: &[f64], level: Level) -> Result<Estimate, StatsError> {
    check(successes.len(), weights)?;
    let n = successes.len() as u64;
    if n == 0 {
        return Ok(Estimate::absent(0, level));
    }
    let mut hits: Vec<f64> =
        weights.iter().zip(successes).filter(|(_, hit)| **hit).map(|(weight, _)| *weight).collect();
    let mut all = weights.to_vec();
    // Summed in the order of size, so that the order of rows changes no digit.
    hits.sort_by(f64::total_cmp);
    all.sort_by(f64::total_cmp);
    let value = if hits.len() == all.len() { 1.0 } else { hits.iter().sum::<f64>() / all.iter().sum::<f64>() };
    let bounds = wilson(value, effective_rows(weights), normal_quantile(level.upper_probability()));
    Estimate::with_bounds(value, bounds, n, level)
}

/// The ratio of sums Σwy / Σwx: [`ratio`](super::ratio()) of the rows times their weights.
///
/// # Errors
/// As [`ratio`](super::ratio()); [`StatsError::Weight`].
pub fn weighted_ratio(rows: RatioRows, weights: &[f64], level: Level) -> Result<Estimate, StatsError> {
    let (numerators, denominators) = weigh(rows, weights)?;
    ratio(RatioRows { numerators: &numerators, denominators: &denominators }, level)
}

/// Events per exposure of rows that count in part: [`rate`](super::rate()) of the rows times their weights.
///
/// # Errors
/// As [`rate`](super::rate()); [`StatsError::Weight`].
pub fn weighted_rate(rows: RatioRows, weights: &[f64], level: Level) -> Result<Estimate, StatsError> {
    let (numerators, denominators) = weigh(rows, weights)?;
    rate(RatioRows { numerators: &numerators, denominators: &denominators }, level)
}

/// The sum of the weights: how many rows there are when each counts its part. Without interval.
///
/// # Errors
/// [`StatsError::Weight`].
pub fn weighted_count(weights: &[f64], level: Level) -> Result<Estimate, StatsError> {
    check_weights(weights)?;
    let mut sorted = weights.to_vec();
    sorted.sort_by(f64::total_cmp);
    // The sum of nothing is −0.
    Estimate::point(0.0 + sorted.iter().sum::<f64>(), weights.len() as u64, level)
}

/// The interpolated quantile of rows with weights. A row lies at the share of the other rows' weight that is below it,
/// which with equal weights is the position of type 7 (Hyndman & Fan 1996); between rows it is linear.
///
/// The interval goes between the quantiles at the probabilities that bound it for as many rows of full weight as carry
/// as much, (Σw)² / Σw² (Kish 1965).
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::Weight`], [`StatsError::Probability`].
pub fn weighted_quantile(
    values: &[f64],
    weights: &[f64],
    probability: f64,
    level: Level,
) -> Result<Estimate, StatsError> {
    check(values.len(), weights)?;
    check_probability(probability)?;
    check_finite("value", values)?;
    let n = values.len() as u64;
    if n == 0 {
        return Ok(Estimate::absent(0, level));
    }
    if is_whole(weights) {
        return Sorted::new(values.to_vec())?.estimate(probability, level);
    }
    let mut rows: Vec<(f64, f64)> = values.iter().copied().zip(weights.iter().copied()).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let total: f64 = rows.iter().map(|row| row.1).sum();
    let mut below = 0.0;
    let mut positions = Vec::with_capacity(rows.len());
    for (_, weight) in &rows {
        let rest = total - weight;
        positions.push(if rest > 0.0 { (below / rest).min(1.0) } else { 0.0 });
        below += weight;
    }
    let at = |probability: f64| interpolate(&rows, &positions, probability);
    let value = at(probability);
    let bounds = probability_bounds(effective_rows(weights), probability, level)?;
    let interval = bounds.map(|(low, high)| Interval { low: at(low).min(value), high: at(high).max(value) });
    Ok(Estimate { value: Some(computed("value", value)?), interval, n, level })
}

/// The value at a probability, between rows at ascending positions from 0 to 1.
fn interpolate(rows: &[(f64, f64)], positions: &[f64], probability: f64) -> f64 {
    let above = positions.partition_point(|position| *position < probability).min(rows.len() - 1);
    let below = above.saturating_sub(1);
    let width = positions[above] - positions[below];
    let fraction = if width > 0.0 { ((probability - positions[below]) / width).clamp(0.0, 1.0) } else { 1.0 };
    rows[below].0 * (1.0 - fraction) + rows[above].0 * fraction
}

/// The ranks of [`rank_bounds`] for a number of rows, as shares of the way from the first row to the last.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of rows is positive and far below 2^53"
)]
fn probability_bounds(rows: f64, probability: f64, level: Level) -> Result<Option<(f64, f64)>, StatsError> {
    // Rounded down: a part of a row bounds nothing.
    let rows = (rows + 1e-9).floor() as usize;
    let share = |rank: f64| (rank - 1.0) / (rows - 1) as f64;
    Ok(rank_bounds(rows, probability, level)?.filter(|_| rows > 1).map(|(low, high)| (share(low), share(high))))
}

/// How many rows of full weight carry as much as these: (Σw)² / Σw² (Kish 1965).
fn effective_rows(weights: &[f64]) -> f64 {
    let mut sorted = weights.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (sum, squares) =
        sorted.iter().fold((0.0, 0.0), |(sum, squares), weight| (sum + weight, squares + weight * weight));
    sum * sum / squares
}

fn check(rows: usize, weights: &[f64]) -> Result<(), StatsError> {
    check_length("weights", rows, weights.len())?;
    check_weights(weights)
}

fn is_whole(weights: &[f64]) -> bool {
    weights.iter().all(|weight| *weight >= 1.0)
}

fn products(values: &[f64], weights: &[f64]) -> Vec<f64> {
    values.iter().zip(weights).map(|(value, weight)| value * weight).collect()
}

fn weigh(rows: RatioRows, weights: &[f64]) -> Result<(Vec<f64>, Vec<f64>), StatsError> {
    check(rows.numerators.len(), weights)?;
    check_length("denominators", rows.numerators.len(), rows.denominators.len())?;
    Ok((products(rows.numerators, weights), products(rows.denominators, weights)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats;
    use proptest::prelude::*;

    const LEVEL: Level = Level::NINETY_FIVE;

    #[test]
    fn by_hand() {
        let mean = weighted_mean(&[2.0, 6.0, 10.0], &[1.0, 0.5, 0.5], LEVEL).unwrap();
        assert_eq!((mean.value, mean.n), (Some(5.0), 3));
        let share = weighted_share(&[true, false, false], &[0.5, 1.0, 0.5], LEVEL).unwrap();
        assert_eq!((share.value, share.n), (Some(0.25), 3));
        let rows = RatioRows { numerators: &[4.0, 2.0], denominators: &[2.0, 2.0] };
        assert!((weighted_ratio(rows, &[0.5, 1.0], LEVEL).unwrap().value.unwrap() - 4.0 / 3.0).abs() < 1e-15);
        assert_eq!(weighted_count(&[0.4, 0.6, 1.0], LEVEL).unwrap().value, Some(2.0));
        let geometric = weighted_geometric_mean(&[2.0, 8.0, 8.0], &[1.0, 0.5, 0.5], LEVEL).unwrap();
        assert!((geometric.value.unwrap() - 4.0).abs() < 1e-14);
        // The second row lies at 1 of the 1.5 that are not itself, so a third of the way back is at 4/3 rows' weight.
        let median = weighted_quantile(&[1.0, 2.0, 3.0], &[1.0, 0.5, 0.5], 0.5, LEVEL).unwrap();
        assert!((median.value.unwrap() - 1.75).abs() < 1e-12, "{median:?}");
    }

    #[test]
    fn nothing_and_wrong_weights() {
        assert_eq!(weighted_mean(&[], &[], LEVEL).unwrap().value, None);
        assert!(weighted_count(&[], LEVEL).unwrap().value.unwrap().is_sign_positive());
        assert_eq!(weighted_share(&[], &[], LEVEL).unwrap().value, None);
        assert_eq!(weighted_quantile(&[], &[], 0.5, LEVEL).unwrap().value, None);
        assert_eq!(weighted_quantile(&[7.0], &[0.4], 0.5, LEVEL).unwrap().value, Some(7.0));
        for wrong in [0.0, -0.5, 1.5, f64::NAN] {
            let error = weighted_mean(&[1.0, 2.0], &[1.0, wrong], LEVEL).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("weight at position 1 is {wrong}, expected a number above 0 and at most 1")
            );
        }
        assert!(weighted_mean(&[1.0], &[1.0, 1.0], LEVEL).is_err());
    }

    proptest! {
        #[test]
        fn whole_rows_are_the_figures_without_weights(
            values in prop::collection::vec(0.1..1e3_f64, 1..40),
            probability in 0.05..0.95_f64,
        ) {
            let whole = vec![1.0; values.len()];
            prop_assert_eq!(weighted_mean(&values, &whole, LEVEL), stats::mean(&values, LEVEL));
            prop_assert_eq!(weighted_quantile(&values, &whole, probability, LEVEL), stats::quantile(&values, probability, LEVEL));
            prop_assert_eq!(weighted_geometric_mean(&values, &whole, LEVEL), stats::geometric_mean(&values, LEVEL));
            let hits: Vec<bool> = values.iter().map(|value| *value < 500.0).collect();
            let successes = hits.iter().filter(|hit| **hit).count() as u64;
            let (weighted, plain) = (weighted_share(&hits, &whole, LEVEL).unwrap(), stats::share(successes, hits.len() as u64, LEVEL).unwrap());
            prop_assert!((weighted.value.unwrap() - plain.value.unwrap()).abs() < 1e-15);
            prop_assert!((weighted.interval.unwrap().high - plain.interval.unwrap().high).abs() < 1e-12);
        }

        #[test]
        fn equal_parts_have_the_quantile_of_whole_rows(
            values in prop::collection::vec(0.1..1e3_f64, 1..40),
            probability in 0.0..1.0_f64,
            part in 0.1..0.9_f64,
        ) {
            let parts = vec![part; values.len()];
            let weighted = weighted_quantile(&values, &parts, probability, LEVEL).unwrap();
            let plain = stats::quantile(&values, probability, LEVEL).unwrap();
            prop_assert!((weighted.value.unwrap() - plain.value.unwrap()).abs() < 1e-9);
            prop_assert_eq!(weighted.interval.is_some(), plain.interval.is_some());
        }

        #[test]
        fn the_order_of_rows_changes_nothing(rows in prop::collection::vec((0.1..1e3_f64, 1_u8..=10), 1..40)) {
            let (values, weights): (Vec<f64>, Vec<f64>) = rows.iter().map(|(value, weight)| (*value, f64::from(*weight) / 10.0)).unzip();
            let (back, parts): (Vec<f64>, Vec<f64>) = values.iter().copied().zip(weights.iter().copied()).rev().unzip();
            prop_assert_eq!(weighted_quantile(&values, &weights, 0.9, LEVEL), weighted_quantile(&back, &parts, 0.9, LEVEL));
            prop_assert_eq!(weighted_count(&weights, LEVEL), weighted_count(&parts, LEVEL));
        }
    }
}
