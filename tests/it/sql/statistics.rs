//! The statistics that need more than one column or more than a sum, from rows that can be counted by hand.

use super::numbers::{figures, header, keys, moment, named, numbers_at, pairs, rounded, rows, window};
use paceline::metric::{Facts, Measure, Point, Values};
use paceline::project::{Grain, Header, Statistic};

const MONDAY: &str = "2024-01-01";

#[test]
fn geometric_means() {
    // Logs 0, 1, 2, 3, 4 times ln 2: mean 2 ln 2, s = √2.5 ln 2, ± t(4) × √(2.5 / 5) ln 2 = ± 1.963243 ln 2.
    let facts = numbers_at("2024-01-03", &[1.0, 2.0, 4.0, 8.0, 16.0]);
    let found = week(Statistic::GeometricMean, &facts);
    assert_eq!(rounded(&found.estimate), (Some(4.0), Some((1.0258, 15.5975)), 5));
    // Zero has no logarithm: it is unknown, and neither makes all of it zero nor an error of it.
    let with_zeros = week(Statistic::GeometricMean, &numbers_at("2024-01-03", &[0.0, 1.0, 2.0, -1.0, 4.0, 8.0, 16.0]));
    assert_eq!(with_zeros.estimate, found.estimate);
    assert_eq!((with_zeros.rows, with_zeros.unknown), (7, 2));
}

#[test]
fn an_interval_ends_where_its_quantity_does() {
    let ratio = |rows: &[(f64, f64)], unit: &str| {
        let rows: Vec<_> = rows.iter().copied().map(Some).collect();
        let facts = Facts { values: pairs(&rows), ..rows_of(rows.len()) };
        let header = Header { unit: unit.to_owned(), ..header(Statistic::Ratio, Grain::Week) };
        rounded(&figures(&header, &facts, &window(MONDAY, "2024-01-08")).unwrap().summary.estimate)
    };
    // Fieller's is from −0.3553 to 0.7553, and no row is below zero.
    let mostly_none = [(0.0, 5.0), (0.0, 5.0), (0.0, 5.0), (0.0, 5.0), (5.0, 5.0)];
    assert_eq!(ratio(&mostly_none, "hours"), (Some(0.2), Some((0.0, 0.7553)), 5));
    // Where rows are below zero, so may the ratio be.
    let below = mostly_none.map(|(numerator, denominator)| (numerator - 1.0, denominator));
    assert_eq!(ratio(&below, "hours"), (Some(0.0), Some((-0.5553, 0.5553)), 5));
    let mostly_all = [(4.0, 4.0), (5.0, 5.0), (5.0, 6.0), (0.0, 7.0), (5.0, 5.0)];
    assert_eq!(ratio(&mostly_all, "hours"), (Some(0.7037), Some((0.1737, 1.5249)), 5));
    assert_eq!(ratio(&mostly_all, "share"), (Some(0.7037), Some((0.1737, 1.0)), 5));
    let mean = week(Statistic::Mean, &numbers_at("2024-01-03", &[1.0, 10.0, 10.0, 10.0, 10.0]));
    assert_eq!(mean.estimate.interval.map(|interval| interval.low), Some(0.0));
}

#[test]
fn in_no_time_nothing_is_open_on_average() {
    let facts = Facts { values: Values::Ends(vec![i64::MAX]), ..rows(&["2024-01-01"]) };
    for moment in ["2024-01-03", "2024-01-08"] {
        let found = figures(&header(Statistic::TimeAverage, Grain::Week), &facts, &window(moment, moment)).unwrap();
        assert_eq!(found.summary.estimate.value, None, "{moment}");
    }
}

fn rows_of(count: usize) -> Facts {
    rows(&vec!["2024-01-03"; count])
}

#[test]
fn rates_are_events_per_exposure() {
    let weeks = [(2.0, 4.0), (0.0, 4.0), (1.0, 2.0), (0.0, 2.0), (3.0, 8.0)].map(Some);
    let facts = Facts { values: pairs(&weeks), ..rows(&["2024-01-03"; 5]) };
    let found = week(Statistic::Rate, &facts);
    assert_eq!((found.estimate.value, found.estimate.n), (Some(0.3), 5));
    // Of events there is always an upper bound, also where there were none.
    let none = Facts { values: pairs(&[Some((0.0, 4.0)); 5]), ..facts };
    let found = week(Statistic::Rate, &none);
    assert_eq!(found.estimate.value, Some(0.0));
    assert!(found.estimate.interval.is_some_and(|interval| interval.low == 0.0 && interval.high > 0.0));
}

#[test]
fn a_time_average_is_of_what_overlaps_the_week() {
    let end = |text: &str| moment(text).timestamp_micros();
    // All week; from before it for a day; from Thursday for two days; from the last day on; over before; begun after; absurd.
    let begun = ["2024-01-01", "2023-12-01", "2024-01-04", "2024-01-07", "2023-12-01", "2024-01-08", "2024-01-03"];
    let ends = ["2024-01-08", "2024-01-02", "2024-01-06", "", "2024-01-01", "", "2024-01-02"];
    let ends = ends.iter().map(|text| if text.is_empty() { i64::MAX } else { end(text) }).collect();
    let facts = Facts { values: Values::Ends(ends), ..rows(&begun) };
    let found = week(Statistic::TimeAverage, &facts);
    // (7 + 1 + 2 + 1) days of seven; the absurd one is unknown.
    assert!((found.estimate.value.unwrap() - 11.0 / 7.0).abs() < 1e-12);
    assert_eq!((found.estimate.n, found.unknown, found.coverage()), (4, 1, Some(0.8)));
    // The whole window counts each row once, and is the mean of its weeks.
    let measured = header(Statistic::TimeAverage, Grain::Week);
    let both = Measure::of("m", &measured).figures(&facts, &window("2023-12-25", "2024-01-08")).unwrap();
    let weeks: Vec<f64> = both.series.iter().map(|point| point.estimate.value.unwrap()).collect();
    assert!((both.summary.estimate.value.unwrap() - (weeks[0] + weeks[1]) / 2.0).abs() < 1e-12);
    assert_eq!(both.summary.estimate.n, 5);
}

#[test]
fn nothing_open_is_zero_open() {
    let facts = Facts { values: Values::Ends(Vec::new()), ..Facts::default() };
    assert_eq!(rounded(&week(Statistic::TimeAverage, &facts).estimate), (Some(0.0), None, 0));
}

#[test]
fn survival_is_the_median_of_the_curve() {
    // Of ten, four after 1, 2, 3 and 4 days; then one is watched no longer; then 5: (1 − 4/10) × (1 − 1/5) = 0.48.
    let seen = [1.0, 2.0, 3.0, 4.0].map(|days| Some((days, 1.0)));
    let later = [(4.5, 0.0), (5.0, 1.0), (9.0, 0.0), (9.0, 0.0), (9.0, 0.0), (9.0, 0.0)].map(Some);
    let facts = Facts { values: pairs(&[seen.as_slice(), &later].concat()), ..rows(&["2024-01-03"; 10]) };
    let found = week(Statistic::Survival, &facts);
    assert_eq!((found.estimate.value, found.estimate.n), (Some(5.0), 10));
    // Without the last event the curve stays at 0.6, and the median is beyond what was watched.
    let mut open = [seen.as_slice(), &later].concat();
    open[5] = Some((5.0, 0.0));
    let facts = Facts { values: pairs(&open), ..facts };
    assert_eq!((week(Statistic::Survival, &facts).estimate.value, week(Statistic::Survival, &facts).rows), (None, 10));
}

#[test]
fn a_row_that_is_split_counts_its_part() {
    let weights = Some(vec![0.4, 1.0, 1.0, 0.5, 1.0]);
    let at = ["2024-01-03"; 5];
    let of = |statistic, values| week(statistic, &Facts { values, weights: weights.clone(), ..rows(&at) }).estimate;
    let numbers = || Values::Numbers([1.0, 0.0, 1.0, 0.0, 1.0].map(Some).into_iter().collect());
    let value = |statistic, values| {
        (of(statistic, values).value.map(|it| (it * 1e9).round() / 1e9), of(statistic, Values::Rows).n)
    };
    assert_eq!(value(Statistic::Count, Values::Rows), (Some(3.9), 5));
    // 2.4 of 3.9.
    assert_eq!(value(Statistic::Share, numbers()).0, Some(0.615_384_615));
    assert_eq!(value(Statistic::Mean, numbers()).0, Some(0.615_384_615));
    assert_eq!(of(named("median"), numbers()).value, Some(1.0));
    // (0.4 + 1 + 1 + 0.5 + 1 of 1 each) of twice as much.
    assert_eq!(of(Statistic::Ratio, pairs(&[Some((1.0, 2.0)); 5])).value, Some(0.5));
    // Ada by 0.4 and by 1: one whole person; Bo by half.
    let people = keys(&[Some("ada"), Some("ada"), Some("cy"), Some("bo"), None]);
    assert_eq!(of(Statistic::Distinct, people).value, Some(2.5));
}

fn week(statistic: Statistic, facts: &Facts) -> Point {
    let header = header(statistic, Grain::Week);
    let figures = Measure::of("m", &header).figures(facts, &window(MONDAY, "2024-01-08")).unwrap();
    assert_eq!(figures.series.len(), 1);
    figures.series[0].clone()
}
