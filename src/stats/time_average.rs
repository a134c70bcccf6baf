//! How many things are open on average over a window of time. The one rule: the integral is exact, in whole ticks.

use super::distribution::gamma_quantile;
use super::error::{check_length, check_weights};
use super::{Estimate, Level, StatsError};
use std::ops::Range;

/// One row per thing that is open from `from[i]` until `until[i]`, exclusive; `None` while it goes on. In ticks of any
/// length, such as microseconds, on the clock of the window.
#[derive(Debug, Clone, Copy)]
pub struct Spans<'a> {
    pub from: &'a [i64],
    pub until: &'a [Option<i64>],
}

/// The number of open things, averaged over all moments of `window`: the sum of the parts of the spans within the window,
/// over its length. `n` is the number of spans with a part in it.
///
/// The interval takes what arrives as random: things arrive by themselves, and each stays as long as it happens to. The
/// sum S = Σ dᵢ of the parts is then a weighted sum of Poisson counts with variance V = Σ dᵢ², and its interval is the
/// gamma interval for such sums of Fay & Feuer (1997) in its middle form: shape S²/V + ½, scale V/S. Where arrivals come
/// in bursts, V grows by (φ − 1)⁺ · S²/N, with φ the variance of the arrivals in the window's `parts` over their mean.
/// Nothing is sampled at moments: how long one thing stays makes neighbouring moments alike, and takes nothing from this.
///
/// No value without spans at all would be wrong: an empty window has 0 open, with a value and without an interval.
///
/// # Errors
/// [`StatsError::Length`]; [`StatsError::Reversed`] for a span that ends before it begins;
/// [`StatsError::EmptyWindow`].
pub fn time_average(spans: Spans, window: Range<i64>, parts: usize, level: Level) -> Result<Estimate, StatsError> {
    average(spans, |_| 1.0, &window, parts, level)
}

/// As [`time_average`], of rows that count in part: weights above 0 and at most 1.
///
/// # Errors
/// As [`time_average`]; [`StatsError::Weight`].
pub fn weighted_time_average(
    spans: Spans,
    weights: &[f64],
    window: Range<i64>,
    parts: usize,
    level: Level,
) -> Result<Estimate, StatsError> {
    check_length("weights", spans.from.len(), weights.len())?;
    check_weights(weights)?;
    average(spans, |row| weights[row], &window, parts, level)
}

#[expect(clippy::cast_precision_loss, reason = "ticks and counts are far below 2^53, or lose only their last digit")]
fn average(
    spans: Spans,
    weight: impl Fn(usize) -> f64,
    window: &Range<i64>,
    parts: usize,
    level: Level,
) -> Result<Estimate, StatsError> {
    check_length("ends of spans", spans.from.len(), spans.until.len())?;
    if window.is_empty() {
        return Err(StatsError::EmptyWindow { from: window.start, until: window.end });
    }
    let length = (i128::from(window.end) - i128::from(window.start)) as f64;
    let mut arrivals = vec![0.0; parts.max(1)];
    // Whole ticks of rows that count in full are summed as such, whatever their order.
    let (mut ticks, mut n, mut fractions, mut squares) = (0_i128, 0_u64, Vec::new(), Vec::new());
    for (index, (from, until)) in spans.from.iter().copied().zip(spans.until.iter().copied()).enumerate() {
        if let Some(until) = until.filter(|until| *until < from) {
            return Err(StatsError::Reversed { index, from, until });
        }
        let until = until.unwrap_or(i64::MAX).min(window.end);
        let part = i128::from(until) - i128::from(from.max(window.start));
        if part <= 0 {
            continue;
        }
        n += 1;
        let (weight, share) = (weight(index), part as f64 / length);
        if weight < 1.0 {
            fractions.push(weight * share);
        } else {
            ticks += part;
        }
        squares.push((weight * share).powi(2));
        if from >= window.start {
            let place = (from - window.start) as f64 / length * arrivals.len() as f64;
            let last = arrivals.len() - 1;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the place lies within")]
            let place = (place as usize).min(last);
            arrivals[place] += 1.0;
        }
    }
    fractions.sort_by(f64::total_cmp);
    squares.sort_by(f64::total_cmp);
    let value = ticks as f64 / length + fractions.iter().sum::<f64>();
    if n == 0 {
        return Estimate::point(0.0, 0, level);
    }
    let bursts = (dispersion(&arrivals) - 1.0).max(0.0) * value * value / n as f64;
    let scale = (squares.iter().sum::<f64>() + bursts) / value;
    let shape = value / scale + 0.5;
    let bound = |probability| gamma_quantile(probability, shape) * scale;
    let (low, high) = (bound(1.0 - level.upper_probability()), bound(level.upper_probability()));
    Estimate::with_bounds(value, (low.min(value), high.max(value)), n, level)
}

/// Variance over mean of counts: 1 for Poisson's, also where there is too little to tell.
fn dispersion(counts: &[f64]) -> f64 {
    match super::mean::Moments::of(counts) {
        Some(moments) if moments.mean > 0.0 => moments.variance().map_or(1.0, |variance| variance / moments.mean),
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value(from: &[i64], until: &[Option<i64>], window: Range<i64>) -> f64 {
        time_average(Spans { from, until }, window, 1, Level::NINETY_FIVE).unwrap().value.unwrap()
    }

    #[test]
    fn by_hand() {
        // In the window of 10 ticks: all of it, 3 of it, 2 of it since it goes on, none, and none since it is over at once.
        let from = [-5, 2, 8, 10, 4];
        let until = [Some(15), Some(5), None, None, Some(4)];
        let average = time_average(Spans { from: &from, until: &until }, 0..10, 5, Level::NINETY_FIVE).unwrap();
        assert_eq!((average.value, average.n), (Some(1.5), 3));
        assert!(average.interval.unwrap().contains(1.5));
        let half = weighted_time_average(
            Spans { from: &from, until: &until },
            &[0.5, 1.0, 1.0, 1.0, 1.0],
            0..10,
            5,
            Level::NINETY_FIVE,
        );
        assert_eq!(half.unwrap().value, Some(1.0));
    }

    #[test]
    fn nothing_open_is_none_open() {
        let none = time_average(Spans { from: &[], until: &[] }, 0..10, 5, Level::NINETY_FIVE).unwrap();
        assert_eq!((none.value, none.interval, none.n), (Some(0.0), None, 0));
    }

    #[test]
    fn refuses_an_empty_window_and_a_span_that_ends_before_it_begins() {
        let reversed = time_average(Spans { from: &[3], until: &[Some(2)] }, 0..10, 1, Level::NINETY_FIVE).unwrap_err();
        assert_eq!(reversed.to_string(), "span at position 0 ends at 2, before it begins at 3");
        assert!(time_average(Spans { from: &[], until: &[] }, 5..5, 1, Level::NINETY_FIVE).is_err());
    }

    proptest! {
        /// Little (1961): on a window that begins and ends with nothing open, the average number open is the rate of
        /// arrivals times the average stay, exactly.
        #[test]
        fn littles_law_holds_on_a_closed_window(stays in prop::collection::vec((0_i64..1000, 1_i64..500), 1..40)) {
            let from: Vec<i64> = stays.iter().map(|(from, _)| *from).collect();
            let until: Vec<Option<i64>> = stays.iter().map(|(from, stay)| Some(from + stay)).collect();
            let arrivals_per_tick = stays.len() as f64 / 1500.0;
            let mean_stay_ticks = stays.iter().map(|(_, stay)| *stay as f64).sum::<f64>() / stays.len() as f64;
            let average = value(&from, &until, 0..1500);
            prop_assert!((average - arrivals_per_tick * mean_stay_ticks).abs() < 1e-12 * average.max(1.0));
        }

        #[test]
        fn two_halves_make_the_whole(stays in prop::collection::vec((-500_i64..1000, prop::option::of(0_i64..900)), 0..40)) {
            let from: Vec<i64> = stays.iter().map(|(from, _)| *from).collect();
            let until: Vec<Option<i64>> = stays.iter().map(|(from, stay)| stay.map(|stay| from + stay)).collect();
            let halves = (value(&from, &until, 0..400) * 400.0 + value(&from, &until, 400..1000) * 600.0) / 1000.0;
            prop_assert!((halves - value(&from, &until, 0..1000)).abs() < 1e-12 * halves.max(1.0));
        }
    }
}
