//! Summaries: one number for a window, with interval, n and coverage.

use super::numbers::{figures, header, keys, named, numbers, numbers_at, pairs, rounded, rows, stock, texts, window};
use paceline::metric::{Facts, Summary, Values, Window};
use paceline::project::{Grain, Header, Statistic};

#[test]
fn a_count_is_the_mean_of_the_complete_weeks() {
    // 2, 0 and 4, and five in a week that is cut. φ = (2 × 2 + 1) / 3 × (t(3) / z)² = 1.66667 × (3.182446 / 1.959964)² = 4.39415:
    // the gamma quantiles of shape 6 / φ + ½, times φ / 3.
    let mut at = vec!["2024-01-01"; 2];
    at.extend(["2024-01-15"; 4]);
    at.extend(["2024-01-22"; 5]);
    let found = summarise(&header(Statistic::Count, Grain::Week), &rows(&at), &window("2024-01-01", "2024-01-25"));
    assert_eq!(rounded(&found.estimate), (Some(2.0), Some((0.2955, 7.8162)), 6));
    assert_eq!((found.rows, found.unknown, found.coverage()), (11, 0, Some(1.0)));
}

#[test]
fn a_week_that_the_window_begins_or_ends_within_is_not_complete() {
    let week = header(Statistic::Count, Grain::Week);
    let facts = rows(&["2024-01-04", "2024-01-08", "2024-01-09", "2024-01-15"]);
    let found = summarise(&week, &facts, &window("2024-01-04", "2024-01-16"));
    assert_eq!(rounded(&found.estimate), (Some(2.0), None, 2));
    // The week is complete with its last microsecond.
    let cut = summarise(&week, &facts, &window("2024-01-08", "2024-01-14T23:59:59.999999Z"));
    assert_eq!(cut.estimate.value, None);
    let whole = summarise(&week, &facts, &window("2024-01-08", "2024-01-15"));
    assert_eq!(whole.estimate.value, Some(2.0));
}

#[test]
fn without_rows_a_count_is_zero_and_a_median_absent() {
    let window = window("2024-01-01", "2024-01-15");
    let found = summarise(&header(Statistic::Count, Grain::Week), &rows(&[]), &window);
    // Two weeks without any do not say that there never are: half of the χ² quantile with one degree of freedom, over two.
    assert_eq!(rounded(&found.estimate), (Some(0.0), Some((0.0, 1.256)), 0));
    assert_eq!(found.coverage(), None);
    let found = summarise(&header(named("median"), Grain::Week), &numbers(&[]), &window);
    assert_eq!(rounded(&found.estimate), (None, None, 0));
    assert_eq!(found.coverage(), None);
}

#[test]
fn a_median_is_of_all_rows_and_not_of_the_weeks_medians() {
    // The weeks' medians would be 1 and 20. Of the eight rows together it is 1. Below the second there is 9/256 of chance, below
    // the first 1/256: 0.025 lies at 1 / (1 + (9/256 − 0.025) / 7 (0.025 − 1/256)) = 0.93564 of the way, and from above as far.
    let mut facts = numbers_at("2024-01-03", &[1.0; 5]);
    let more = numbers_at("2024-01-10", &[10.0, 20.0, 30.0]);
    facts.at.extend(more.at);
    facts.values = numbers_at("2024-01-10", &[1.0, 1.0, 1.0, 1.0, 1.0, 10.0, 20.0, 30.0]).values;
    let found = summarise(&header(named("median"), Grain::Week), &facts, &window("2024-01-01", "2024-01-15"));
    assert_eq!(rounded(&found.estimate), (Some(1.0), Some((1.0, 20.6436)), 8));
}

#[test]
fn coverage_is_the_share_of_known_values() {
    let at = "2024-01-03";
    let known = Some(1.0);
    let facts = numbers(&[(at, known), (at, None), (at, known), (at, None), (at, known)]);
    let found = summarise(&header(named("median"), Grain::Week), &facts, &window("2024-01-01", "2024-01-08"));
    // Three known values are too few for a median.
    assert_eq!(rounded(&found.estimate), (None, None, 3));
    assert_eq!((found.rows, found.unknown, found.coverage()), (5, 2, Some(0.6)));
}

#[test]
fn a_pair_of_which_half_is_unknown_is_unknown() {
    let half = Some((1.0, 2.0));
    let facts = Facts { values: pairs(&[half, None, half, half, half, half]), ..rows(&["2024-01-03"; 6]) };
    let found = summarise(&header(Statistic::Ratio, Grain::Week), &facts, &window("2024-01-01", "2024-01-08"));
    assert_eq!(rounded(&found.estimate), (Some(0.5), Some((0.5, 0.5)), 5));
    assert_eq!(found.unknown, 1);
}

#[test]
fn distinct_people_of_a_window_are_counted_once() {
    let people = keys(&[Some("ada"), Some("bo"), Some("ada")]);
    let facts = Facts { values: people, ..rows(&["2024-01-03", "2024-01-03", "2024-01-10"]) };
    let found = summarise(&header(Statistic::Distinct, Grain::Week), &facts, &window("2024-01-01", "2024-01-15"));
    assert_eq!(rounded(&found.estimate), (Some(2.0), None, 3));
}

#[test]
fn a_stock_is_its_newest_sample_and_counts_its_rows_alone() {
    let mut facts = numbers_at("2024-01-31", &[1.0; 7]);
    let more = numbers(&[
        ("2024-02-29", Some(3.0)),
        ("2024-02-29", Some(4.0)),
        ("2024-02-29", None),
        ("2024-02-29", Some(5.0)),
        ("2024-02-29", Some(6.0)),
        ("2024-02-29", Some(7.0)),
    ]);
    let Values::Numbers(values) = &mut facts.values else { unreachable!() };
    values.extend([Some(3.0), Some(4.0), None, Some(5.0), Some(6.0), Some(7.0)]);
    facts.at.extend(more.at);
    let found = summarise(&stock(named("median")), &facts, &window("2024-01-01", "2024-03-01"));
    assert_eq!(rounded(&found.estimate), (Some(5.0), None, 5));
    assert_eq!((found.rows, found.unknown), (6, 1));
}

#[test]
fn a_few_repositories_are_all_there_is() {
    let facts = numbers_at("2024-02-01", &[3.0, 5.0]);
    let facts = Facts { sampled: Some(texts(&["app", "lib"])), ..facts };
    let window = window("2024-01-01", "2024-03-01");
    let of = |header: &Header| rounded(&summarise(header, &facts, &window).estimate);
    assert_eq!(of(&stock(named("median"))), (Some(4.0), None, 2));
    // Two rows about people are no number, and neither is a sample of two.
    let people = Header { sampled_of: Some("tool".to_owned()), ..stock(named("median")) };
    assert_eq!(of(&people), (None, None, 2));
    assert_eq!(of(&header(named("median"), Grain::Month)), (None, None, 2));
}

#[test]
fn repositories_of_different_ages_are_in_one_stock() {
    // The head of lib is a month older than that of app, and is the newest that there is of lib.
    let mut facts = numbers_at("2024-01-31", &[10.0; 5]);
    facts.at.extend(numbers_at("2024-02-29", &[20.0; 5]).at);
    facts.values = Values::Numbers([[Some(10.0); 5], [Some(20.0); 5]].concat().into_iter().collect());
    facts.sampled = Some(texts(&[["lib"; 5], ["app"; 5]].concat()));
    let found = summarise(&stock(Statistic::Mean), &facts, &window("2024-01-01", "2024-03-01"));
    let (value, _, n) = rounded(&found.estimate);
    assert_eq!((value, n, found.rows), (Some(15.0), 10, 10));
}

fn summarise(header: &Header, facts: &Facts, window: &Window) -> Summary {
    figures(header, facts, window).unwrap().summary
}
