//! Days, weeks, months and quarters of a zone, counted by hand.

use super::numbers::{header, moment, rows, window};
use chrono::{DateTime, Utc};
use chrono_tz::{America, Asia, Europe, Tz, UTC};
use paceline::metric::{Calendar, Measure, Window};
use paceline::project::{Grain, Statistic};

#[test]
fn weeks_in_which_clocks_are_changed_have_167_and_169_hours() {
    let hours = |from: &str, to: &str| -> Vec<i64> {
        let window = days(from, to, Europe::Stockholm);
        let starts: Vec<_> = starts(Grain::Week, &window, Europe::Stockholm).into_iter().chain([window.to]).collect();
        starts.windows(2).map(|pair| (pair[1] - pair[0]).num_hours()).collect()
    };
    assert_eq!(hours("2024-03-18", "2024-04-07"), [168, 167, 168]);
    assert_eq!(hours("2024-10-21", "2024-11-03"), [169, 168]);
}

#[test]
fn rows_are_in_the_week_of_the_clock_on_the_wall() {
    // Sunday 31 March 2024: Monday begins at 22:00 UTC and no longer at 23:00.
    let at = ["2024-03-24T22:59:59Z", "2024-03-24T23:00:00Z", "2024-03-31T21:59:59Z", "2024-03-31T22:00:00Z"];
    assert_eq!(
        counts(Grain::Week, &at, &days("2024-03-18", "2024-04-07", Europe::Stockholm), Europe::Stockholm),
        [1, 2, 1]
    );
    assert_eq!(counts(Grain::Week, &at, &days("2024-03-18", "2024-04-07", UTC), UTC), [2, 2, 0]);
}

#[test]
fn a_leap_day_and_the_ends_of_quarters() {
    let at = ["2024-02-29T00:00:00Z", "2024-02-29T23:59:59Z", "2024-03-31T23:59:59Z", "2024-04-01T00:00:00Z"];
    let whole = window("2024-01-01", "2024-07-01");
    assert_eq!(counts(Grain::Month, &at, &whole, UTC), [0, 2, 1, 1, 0, 0]);
    assert_eq!(counts(Grain::Quarter, &at, &whole, UTC), [3, 1]);
    assert_eq!(counts(Grain::Day, &at, &window("2024-02-28", "2024-03-02"), UTC), [0, 2, 0]);
    // In Tokyo the last second of February is of March, and that of March of April.
    let tokyo = days("2024-01-01", "2024-06-30", Asia::Tokyo);
    assert_eq!(counts(Grain::Month, &at, &tokyo, Asia::Tokyo), [0, 1, 1, 2, 0, 0]);
    assert_eq!(counts(Grain::Quarter, &at, &tokyo, Asia::Tokyo), [2, 2]);
}

#[test]
fn a_day_whose_midnight_is_skipped_begins_when_clocks_go_on() {
    // In Santiago 8 September 2024 begins at 01:00.
    let begin = days("2024-09-08", "2024-09-08", America::Santiago);
    assert_eq!(begin, Window { from: moment("2024-09-08T04:00:00Z"), to: moment("2024-09-09T03:00:00Z") });
    assert_eq!(starts(Grain::Day, &begin, America::Santiago), [moment("2024-09-08T04:00:00Z")]);
}

#[test]
fn earlier_windows_have_the_same_days() {
    let zone = Europe::Stockholm;
    // Two weeks with the change of clocks in them: the two before have two hours and one day's worth of neither.
    let spring = days("2024-03-25", "2024-04-07", zone);
    assert_eq!(spring.before(zone), days("2024-03-11", "2024-03-24", zone));
    let calendar = |grain| Calendar { grain, zone };
    // 52 weeks before 25 March 2024 is Monday 27 March 2023, after the change of that year.
    assert_eq!(spring.year_before(calendar(Grain::Week)), days("2023-03-27", "2023-04-09", zone));
    let february = days("2024-02-01", "2024-02-29", zone);
    assert_eq!(february.year_before(calendar(Grain::Month)), days("2023-02-01", "2023-02-28", zone));
    let quarter = days("2024-01-01", "2024-03-31", zone);
    assert_eq!(quarter.year_before(calendar(Grain::Quarter)), days("2023-01-01", "2023-03-31", zone));
}

fn days(first: &str, last: &str, zone: Tz) -> Window {
    Window::days(first.parse().unwrap(), last.parse().unwrap(), zone)
}

fn starts(grain: Grain, window: &Window, zone: Tz) -> Vec<DateTime<Utc>> {
    Calendar { grain, zone }.starts(window)
}

fn counts(grain: Grain, at: &[&str], window: &Window, zone: Tz) -> Vec<u64> {
    let header = header(Statistic::Count, grain);
    let measure = Measure { calendar: Calendar { grain, zone }, ..Measure::of("m", &header) };
    let series = measure.figures(&rows(at), window).unwrap().series;
    assert!(series.iter().all(|point| point.is_complete), "{series:?}");
    series.iter().map(|point| point.rows).collect()
}
