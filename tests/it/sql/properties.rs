//! What holds for series and summaries of any facts.

use super::numbers::{figures, header, moment, named};
use chrono::Duration;
use chrono_tz::{America, Asia, Europe, Pacific, Tz, UTC};
use paceline::metric::{Calendar, Facts, Groups, Measure, Point, Texts, Values, Window};
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
            let points = figures(&header(Statistic::Count, grain), &within(&facts, window), window).unwrap().series;
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
        let points = |window: Window| figures(&header(statistic, Grain::Week), &facts, &window).unwrap().series;
        let parts = [points(Window { to: at, ..whole }), points(Window { from: at, ..whole })].concat();
        prop_assert_eq!(parts, points(whole));
    }

    /// The order in which rows are read changes no digit of any number.
    #[test]
    fn the_order_of_rows_does_not_matter(facts in fractions(), places in order(), statistic in statistic()) {
        let header = header(statistic, Grain::Week);
        let places: Vec<usize> = places.into_iter().filter(|place| *place < facts.len()).collect();
        let shuffled = picked(&facts, &places);
        let of = |facts: &Facts| Measure::of("m", &header).figures(facts, &whole()).unwrap();
        // Debug writes every digit that tells a number from its neighbours.
        prop_assert_eq!(format!("{:?}", of(&shuffled)), format!("{:?}", of(&facts)));
    }

    /// Another zone moves rows between grains, and none away.
    #[test]
    fn zones_move_rows_between_grains_only(facts in facts(), zone in zone()) {
        let header = header(Statistic::Count, Grain::Day);
        let window = whole();
        let measure = Measure { calendar: Calendar { grain: Grain::Day, zone }, ..Measure::of("m", &header) };
        let found = measure.figures(&facts, &window).unwrap();
        let rows: u64 = found.series.iter().map(|point| point.rows).sum();
        prop_assert_eq!(rows, within(&facts, &window).len() as u64);
        prop_assert_eq!(found.summary.rows, rows);
        for point in &found.series {
            let local = point.start.with_timezone(&zone).time();
            prop_assert!(local == chrono::NaiveTime::MIN || local == chrono::NaiveTime::from_hms_opt(1, 0, 0).unwrap());
        }
    }

    /// Groups part the rows of each grain.
    #[test]
    fn groups_part_the_counts(facts in facts(), teams in prop::collection::vec(prop::option::of(0..3_usize), 120)) {
        let names = ["core", "edge", "web"];
        let teams: Texts = teams[..facts.len()].iter().map(|team| team.map(|team| names[team])).collect();
        let facts = Facts { groups: Some(Groups::of_texts(&teams)), ..facts };
        let header = header(Statistic::Count, Grain::Week);
        let measure = Measure::of("m", &header);
        let all = measure.figures(&facts, &whole()).unwrap();
        let groups = measure.figures_by_group(&facts, &whole()).unwrap();
        for (grain, point) in all.series.iter().enumerate() {
            let parts: u64 = groups.iter().map(|group| group.series[grain].rows).sum();
            prop_assert_eq!(parts, point.rows);
        }
        prop_assert_eq!(groups.iter().map(|group| group.summary.rows).sum::<u64>(), all.summary.rows);
    }

    /// Two people who turn out to be one never raise a headcount.
    #[test]
    fn merged_people_never_raise_a_headcount(people in prop::collection::vec((0..WEEKS, 0..6_u8), 0..60)) {
        let at: Vec<i64> = people.iter().map(|(week, _)| begin() + week * WEEK_MICROS).collect();
        let count = |merge: bool| {
            let name = |who: u8| format!("p{}", if merge && who == 5 { 0 } else { who });
            let names: Vec<String> = people.iter().map(|(_, who)| name(*who)).collect();
            let values = Values::Keys(names.iter().map(|name| Some(name.as_str())).collect());
            let facts = Facts { at: at.clone(), values, ..Facts::default() };
            let header = header(Statistic::Distinct, Grain::Week);
            let found = Measure::of("m", &header).figures(&facts, &whole()).unwrap();
            let value = |estimate: &paceline::stats::Estimate| estimate.value.unwrap();
            found.series.iter().map(|it| value(&it.estimate)).chain([value(&found.summary.estimate)]).collect::<Vec<_>>()
        };
        prop_assert!(count(true).iter().zip(count(false)).all(|(merged, apart)| *merged <= apart));
    }

    /// Time moved by whole weeks moves the points and changes no number.
    #[test]
    fn whole_weeks_shift_the_series_and_nothing_else(facts in facts(), weeks in -600..600_i64, statistic in statistic()) {
        let header = header(statistic, Grain::Week);
        let (window, by) = (whole(), Duration::weeks(weeks));
        let shifted = Facts { at: facts.at.iter().map(|at| at + weeks * WEEK_MICROS).collect(), ..facts.clone() };
        let later = Window { from: window.from + by, to: window.to + by };
        let expected: Vec<Point> = figures(&header, &facts, &window).unwrap().series
            .into_iter()
            .map(|point| Point { start: point.start + by, ..point })
            .collect();
        prop_assert_eq!(figures(&header, &shifted, &later).unwrap().series, expected);
        prop_assert_eq!(
            figures(&header, &shifted, &later).unwrap().summary,
            figures(&header, &facts, &window).unwrap().summary
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

/// The same with values whose sums depend on their order.
fn fractions() -> impl Strategy<Value = Facts> {
    facts().prop_map(|facts| {
        let Values::Numbers(numbers) = &facts.values else { panic!("{:?}", facts.values) };
        let value = |row: usize| numbers.get(row).map(|value| (value + 0.1) / 3.0 * (1.0 + (row % 7) as f64 * 1e6));
        Facts { values: Values::Numbers((0..facts.len()).map(value).collect()), ..facts }
    })
}

/// The places of as many rows as there may be, in any order.
fn order() -> impl Strategy<Value = Vec<usize>> {
    Just((0..120).collect::<Vec<usize>>()).prop_shuffle()
}

fn zone() -> impl Strategy<Value = Tz> {
    let zones = [UTC, Europe::Stockholm, America::St_Johns, Asia::Kathmandu, Pacific::Apia, America::Santiago];
    prop::sample::select(zones.to_vec())
}

fn grain() -> impl Strategy<Value = Grain> {
    prop_oneof![Just(Grain::Week), Just(Grain::Month)]
}

fn statistic() -> impl Strategy<Value = Statistic> {
    let all = [Statistic::Count, named("median"), named("p90"), Statistic::Mean, Statistic::Share];
    prop::sample::select(all.to_vec())
}
