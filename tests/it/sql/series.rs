//! Series: one point a week or month, with value, interval and n.

use super::numbers::{
    figures, header, keys, moment, named, numbers, numbers_at, pairs, rounded, rows, stock, texts, window,
};
use chrono_tz::UTC;
use paceline::metric::{Facts, Values, Window, grain_starts};
use paceline::project::{Grain, Header, Statistic};

type Rounded = (Option<f64>, Option<(f64, f64)>, u64);

#[test]
fn weeks_are_iso_weeks_across_the_end_of_a_year() {
    // 30 December 2024 is the Monday of week 1 of 2025. The last week is cut on Wednesday.
    let window = window("2024-12-16", "2025-01-08T12:00:00Z");
    let starts: Vec<String> = grain_starts(Grain::Week, &window).iter().map(|it| it.date_naive().to_string()).collect();
    assert_eq!(starts, ["2024-12-16", "2024-12-23", "2024-12-30", "2025-01-06"]);
    let facts = rows(&[
        "2024-12-16T00:00:00Z",
        "2024-12-22T23:59:59.999999Z",
        "2024-12-31T23:59:59Z",
        "2025-01-01T00:00:00Z",
        "2025-01-05T23:59:59Z",
        "2025-01-06T00:00:00Z",
    ]);
    assert_eq!(counts(&header(Statistic::Count, Grain::Week), &facts, &window), [2, 0, 3, 1]);
}

#[test]
fn a_week_is_complete_when_the_window_has_all_of_it() {
    let complete = |from: &str, to: &str| -> Vec<bool> {
        let points = figures(&header(Statistic::Count, Grain::Week), &rows(&[]), &window(from, to)).unwrap().series;
        points.iter().map(|point| point.is_complete).collect()
    };
    assert_eq!(complete("2024-12-30", "2025-01-13"), [true, true]);
    assert_eq!(complete("2024-12-30T00:00:00.000001Z", "2025-01-13"), [false, true]);
    assert_eq!(complete("2024-12-30", "2025-01-12T23:59:59.999999Z"), [true, false]);
}

#[test]
fn weeks_keep_seven_days_when_clocks_change_and_february_has_its_leap_day() {
    let week = header(Statistic::Count, Grain::Week);
    let facts = rows(&["2024-03-25T00:00:00Z", "2024-03-31T01:30:00Z", "2024-03-31T23:59:59Z", "2024-04-01T00:00:00Z"]);
    assert_eq!(counts(&week, &facts, &window("2024-03-25", "2024-04-08")), [3, 1]);
    let month = header(Statistic::Count, Grain::Month);
    let facts =
        rows(&["2024-01-31T23:59:59Z", "2024-02-01T00:00:00Z", "2024-02-29T23:59:59.999999Z", "2024-03-01T00:00:00Z"]);
    assert_eq!(counts(&month, &facts, &window("2024-01-15", "2024-03-02")), [1, 2, 1]);
}

#[test]
fn an_empty_week_is_zero_for_counts_and_absent_for_the_rest() {
    let window = window("2024-01-01", "2024-01-08");
    let empty = |statistic, values| {
        let facts = Facts { values, ..Facts::default() };
        points(&header(statistic, Grain::Week), &facts, &window)
    };
    assert_eq!(empty(Statistic::Count, Values::Rows), [(Some(0.0), None, 0)]);
    assert_eq!(empty(Statistic::Distinct, Values::of(Statistic::Distinct)), [(Some(0.0), None, 0)]);
    for statistic in [named("median"), named("p90"), Statistic::Mean, Statistic::Share] {
        assert_eq!(empty(statistic, Values::of(Statistic::Mean)), [(None, None, 0)], "{statistic:?}");
    }
    assert_eq!(empty(Statistic::Ratio, Values::of(Statistic::Ratio)), [(None, None, 0)]);
}

#[test]
fn rows_outside_of_the_window_are_in_no_point() {
    let facts = rows(&["2023-12-31T23:59:59Z", "2024-01-01T00:00:00Z", "2024-01-08T00:00:00Z"]);
    assert_eq!(counts(&header(Statistic::Count, Grain::Week), &facts, &window("2024-01-01", "2024-01-08")), [1]);
}

#[test]
fn medians() {
    // Four rows are too few to be shown, five have no interval. Of six the smallest bounds the median from below but for
    // 1/64, and the second smallest but for 7/64: 0.025 lies at 1 / (1 + (7/64 − 0.025) / 5 (0.025 − 1/64)) = 0.3571 of the way.
    assert_eq!(point(named("median"), &[1.0, 2.0, 3.0, 4.0]), (None, None, 4));
    assert_eq!(point(named("median"), &[100.0, 1.0, 3.0, 2.0, 4.0]), (Some(3.0), None, 5));
    assert_eq!(point(named("median"), &[6.0, 1.0, 2.0, 3.0, 4.0, 5.0]), (Some(3.5), Some((1.3571, 5.6429)), 6));
    assert_eq!(point(named("median"), &[7.0; 6]), (Some(7.0), Some((7.0, 7.0)), 6));
}

#[test]
fn ninetieth_percentiles_are_interpolated() {
    // (5 − 1) × 0.9 = 3.6: from the fourth, 0.6 of the way to the fifth. Of eleven it is the tenth.
    assert_eq!(point(named("p90"), &[10.0, 20.0, 30.0, 40.0, 50.0]), (Some(46.0), None, 5));
    let eleven: Vec<f64> = (0..11).map(f64::from).collect();
    assert_eq!(point(named("p90"), &eleven), (Some(9.0), None, 11));
}

#[test]
fn means() {
    // s = √2.5, t(4) = 2.776445: 3 ± 2.776445 × √(2.5 / 5) = 3 ± 1.963243.
    assert_eq!(point(Statistic::Mean, &[1.0, 2.0, 3.0, 4.0, 5.0]), (Some(3.0), Some((1.0368, 4.9632)), 5));
    assert_eq!(point(Statistic::Mean, &[1.0, 2.0, 3.0, 4.0]), (None, None, 4));
}

#[test]
fn shares() {
    // Wilson, z² = 3.841459: centre 0.2 + z²/10 = 0.584146, half width z √(0.2 × 0.8 / 5 + z²/100) = 0.520091, both by
    // 1 + z²/5 = 1.768292.
    assert_eq!(point(Statistic::Share, &[0.0, 0.0, 1.0, 0.0, 0.0]), (Some(0.2), Some((0.0362, 0.6245)), 5));
    assert_eq!(point(Statistic::Share, &[0.0, 1.0, 0.0, 0.0]), (None, None, 4));
}

#[test]
fn ratios_are_ratios_of_sums() {
    // 8 / 20. The rows miss 0.4 of their denominator by 0.2, −0.8, 0.6, −0.8, 0.8, squares 2.32; their denominators miss 4 by
    // −2, −2, 2, −2, 4, squares 32, products 7.2. By 4 × 5 × 4²: 0.00725, 0.1 and 0.0225. With t² = 7.708647 Fieller's bounds
    // are 0.4 + (−0.0225 t² ± √(0.0225² t⁴ + 0.00725 t² (1 − 0.1 t²))) / (1 − 0.1 t²), of which the lower is −1.2608: no row is
    // below zero, and so neither is their ratio.
    let five = [(1.0, 2.0), (0.0, 2.0), (3.0, 6.0), (0.0, 2.0), (4.0, 8.0)].map(Some);
    let facts = Facts { values: pairs(&five), ..rows(&["2024-01-03"; 5]) };
    let week = window("2024-01-01", "2024-01-08");
    let found = points(&header(Statistic::Ratio, Grain::Week), &facts, &week);
    assert_eq!(found, [(Some(0.4), Some((0.0, 0.5469)), 5)]);
    // Nothing to divide by.
    let facts = Facts { values: pairs(&[Some((0.0, 0.0)); 5]), ..facts };
    assert_eq!(points(&header(Statistic::Ratio, Grain::Week), &facts, &week), [(None, None, 5)]);
}

#[test]
fn distinct_values_are_counted_once_a_week_and_the_unknown_never() {
    let ada = Some("ada");
    let mut facts = rows(&["2024-01-03"; 4]);
    facts.at.extend([moment("2024-01-09").timestamp_micros(); 2]);
    facts.values = keys(&[ada, ada, Some("bo"), ada, ada, None]);
    let found = points(&header(Statistic::Distinct, Grain::Week), &facts, &window("2024-01-01", "2024-01-15"));
    assert_eq!(found, [(Some(2.0), None, 4), (Some(1.0), None, 2)]);
}

#[test]
fn an_unknown_value_is_in_no_number() {
    let at = "2024-01-03";
    let facts =
        numbers(&[(at, Some(1.0)), (at, None), (at, Some(2.0)), (at, Some(3.0)), (at, Some(4.0)), (at, Some(5.0))]);
    let found = points(&header(named("median"), Grain::Week), &facts, &window("2024-01-01", "2024-01-08"));
    assert_eq!(found, [(Some(3.0), None, 5)]);
}

#[test]
fn a_stock_is_the_newest_sample_of_every_repository() {
    // January: one sample. February: of app the later of two, of lib the only one, which is older than app's.
    let mut facts = numbers_at("2024-01-31", &[1.0; 5]);
    let mut sampled = vec!["app"; 5];
    for (at, value, repository) in
        [("2024-02-20", 100.0, "app"), ("2024-02-29", 2.0, "app"), ("2024-02-10", 8.0, "lib")]
    {
        let more = numbers_at(at, &[value; 3]);
        facts.at.extend(&more.at);
        let Values::Numbers(values) = &mut facts.values else { unreachable!() };
        values.extend([Some(value); 3]);
        sampled.extend([repository; 3]);
    }
    facts.sampled = Some(texts(&sampled));
    let window = window("2024-01-01", "2024-03-01");
    let found = points(&stock(named("median")), &facts, &window);
    assert_eq!(found, [(Some(1.0), None, 5), (Some(5.0), Some((2.0, 8.0)), 6)]);
    // A flow over the same rows takes them all: 2, 2, 2, 8, 8, 8, 100, 100, 100.
    let found = points(&header(named("median"), Grain::Month), &facts, &window);
    assert_eq!(found[1].0, Some(8.0));
}

#[test]
fn values_that_are_no_numbers_are_refused() {
    let facts = numbers_at("2024-01-03", &[1.0, 2.0, 3.0, 4.0, f64::NAN]);
    let week = window("2024-01-01", "2024-01-08");
    let error = figures(&header(Statistic::Mean, Grain::Week), &facts, &week).unwrap_err();
    assert_eq!(error.to_string(), "m: value at position 4 is NaN, expected a finite number");
}

#[test]
fn windows_end_with_the_data_and_follow_each_other() {
    // Wednesday: this week and the two before it, then the three before those.
    let this = Window::weeks_to(moment("2025-01-08T12:00:00Z"), 3, UTC);
    assert_eq!(this, window("2024-12-23", "2025-01-08T12:00:00.000001Z"));
    assert_eq!(this.before(UTC), window("2024-12-02", "2024-12-23"));
    assert_eq!(this.weeks_earlier(UTC), window("2024-12-02", "2024-12-18T12:00:00.000001Z"));
    // The week is over to the last microsecond, and it is still three weeks and not four.
    let this = Window::weeks_to(moment("2025-01-12T23:59:59.999999Z"), 3, UTC);
    assert_eq!(this, window("2024-12-23", "2025-01-13"));
    assert_eq!(this.before(UTC), window("2024-12-02", "2024-12-23"));
    // Data that begin on a Friday are shown from their Monday; nothing is shown from before.
    assert_eq!(this.since(moment("2025-01-03"), UTC).from, moment("2024-12-30"));
    assert_eq!(this.since(moment("2024-01-03"), UTC), this);
}

/// The point of one week with these values.
fn point(statistic: Statistic, values: &[f64]) -> Rounded {
    let facts = numbers_at("2024-01-03", values);
    points(&header(statistic, Grain::Week), &facts, &window("2024-01-01", "2024-01-08"))[0]
}

fn points(header: &Header, facts: &Facts, window: &Window) -> Vec<Rounded> {
    let points = figures(header, facts, window).unwrap().series;
    assert_eq!(points.iter().map(|it| it.start).collect::<Vec<_>>(), grain_starts(header.grain, window));
    points.iter().map(|point| rounded(&point.estimate)).collect()
}

/// The counts, each of which is its own n.
fn counts(header: &Header, facts: &Facts, window: &Window) -> Vec<u64> {
    let points = points(header, facts, window);
    points.iter().for_each(|(value, _, n)| assert_eq!(*value, Some(*n as f64)));
    points.into_iter().map(|(_, _, n)| n).collect()
}
