//! What holds for series and summaries of any facts.

use super::numbers::{header, moment, named};
use chrono::Duration;
use paceline::metric::{Facts, Point, Values, Window, series, summary};
use paceline::project::{Grain, Statistic};
use proptest::prelude::*;

const WEEK_MICROS: i64 = 7 * 24 * 3600 * 1_000_000;

/// A Monday, some weeks before the end of a leap year's February.
fn begin() -> i64 {
    moment("2024-01-29").timestamp_micros()
}

proptest! {
    /// Wherever a window is cut, each row is in exactly one of the parts.
    #[test]
    fn parts_of_a_window_partition_its_counts(facts in facts(), cut in 0..=LENGTH_MICROS, grain in grain()) {
        let whole = whole();
        let at = chrono::DateTime::from_timestamp_micros(begin() + cut).unwrap();
        let (left, right) = (Window { to: at, ..whole }, Window { from: at, ..whole });
        let count = |window: &Window| {
            let points = series("m", &header(Statistic::Count, grain), &within(&facts, window), window).unwrap();
            points.iter().map(|point| point.estimate.value.unwrap()).sum::<f64>()
        };
        prop_assert_eq!(count(&left) + count(&right), count(&whole));
        prop_assert_eq!(count(&whole), within(&facts, &whole).at.len() as f64);
    }

    /// Cut between two weeks, the parts are the series itself, whatever the statistic.
    #[test]
    fn parts_between_weeks_are_the_series(facts in facts(), week in 0..WEEKS, statistic in statistic()) {
        let whole = whole();
        let at = whole.from + Duration::weeks(week);
        let points = |window: Window| series("m", &header(statistic, Grain::Week), &facts, &window).unwrap();
        let parts = [points(Window { to: at, ..whole }), points(Window { from: at, ..whole })].concat();
        prop_assert_eq!(parts, points(whole));
    }

    /// Time moved by whole weeks moves the points and changes no number.
    #[test]
    fn whole_weeks_shift_the_series_and_nothing_else(facts in facts(), weeks in -600..600_i64, statistic in statistic()) {
        let header = header(statistic, Grain::Week);
        let (window, by) = (whole(), Duration::weeks(weeks));
        let shifted = Facts { at: facts.at.iter().map(|at| at + weeks * WEEK_MICROS).collect(), ..facts.clone() };
        let later = Window { from: window.from + by, to: window.to + by };
        let expected: Vec<Point> = series("m", &header, &facts, &window)
            .unwrap()
            .into_iter()
            .map(|point| Point { start: point.start + by, ..point })
            .collect();
        prop_assert_eq!(series("m", &header, &shifted, &later).unwrap(), expected);
        prop_assert_eq!(
            summary("m", &header, &shifted, &later).unwrap(),
            summary("m", &header, &facts, &window).unwrap()
        );
    }
}

/// Nine weeks from [`begin`], the last of them cut after four days.
const WEEKS: i64 = 9;
const LENGTH_MICROS: i64 = WEEKS * WEEK_MICROS - 3 * WEEK_MICROS / 7;

fn whole() -> Window {
    let from = moment("2024-01-29");
    Window { from, to: from + Duration::microseconds(LENGTH_MICROS) }
}

fn within(facts: &Facts, window: &Window) -> Facts {
    let inside = window.from.timestamp_micros()..window.to.timestamp_micros();
    let rows: Vec<usize> = (0..facts.at.len()).filter(|row| inside.contains(&facts.at[*row])).collect();
    picked(facts, &rows)
}

/// These rows of numbers, in this order.
pub fn picked(facts: &Facts, rows: &[usize]) -> Facts {
    let Values::Numbers(numbers) = &facts.values else { panic!("{:?}", facts.values) };
    let values = rows.iter().map(|row| numbers.get(*row)).collect();
    Facts { at: rows.iter().map(|row| facts.at[*row]).collect(), values: Values::Numbers(values), ..Facts::default() }
}

/// Rows with whole numbers, whose sums are exact in any order, or unknown; many of them in the first moment of a week.
fn facts() -> impl Strategy<Value = Facts> {
    let offset = prop_oneof![0..WEEKS * WEEK_MICROS, (0..WEEKS).prop_map(|week| week * WEEK_MICROS)];
    let value = prop::option::weighted(0.9, (0..100_u8).prop_map(f64::from));
    prop::collection::vec((offset, value), 0..120).prop_map(|rows| {
        let (offsets, values): (Vec<i64>, Vec<Option<f64>>) = rows.into_iter().unzip();
        Facts {
            at: offsets.iter().map(|it| begin() + it).collect(),
            values: Values::Numbers(values.into_iter().collect()),
            ..Facts::default()
        }
    })
}

fn grain() -> impl Strategy<Value = Grain> {
    prop_oneof![Just(Grain::Week), Just(Grain::Month)]
}

fn statistic() -> impl Strategy<Value = Statistic> {
    let all = [Statistic::Count, named("median"), named("p90"), Statistic::Mean, Statistic::Share];
    prop::sample::select(all.to_vec())
}
