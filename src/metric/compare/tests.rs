use super::*;
use crate::metric::{Calendar, LEVEL};
use crate::project::{Grain, Permille};
use chrono::Duration;

fn header(statistic: Statistic, better: Better) -> Header {
    Header {
        title: String::new(),
        about: String::new(),
        unit: "hours".to_owned(),
        statistic,
        better,
        dimensions: Vec::new(),
        grain: Grain::Week,
        is_stock: false,
        sampled_of: None,
        entity: None,
        target: None,
    }
}

fn summary(value: f64, interval: Option<(f64, f64)>) -> Summary {
    let interval = interval.map(|(low, high)| Interval { low, high });
    Summary { estimate: Estimate { value: Some(value), interval, n: 20, level: LEVEL }, rows: 20, unknown: 0 }
}

fn change(statistic: Statistic, now: &Summary, before: &Summary) -> Change {
    let header = header(statistic, Better::Lower);
    Change::of(&Measure::of("m", &header), now, before).unwrap()
}

const MEDIAN: Statistic = Statistic::Quantile(Permille::MEDIAN);

#[test]
fn a_change_is_said_only_where_its_interval_has_one_sign() {
    let now = summary(30.0, Some((26.0, 34.0)));
    // 30 − 20, ± √(4² + 3²) = ± 5.
    let up = change(MEDIAN, &now, &summary(20.0, Some((17.0, 23.0))));
    assert_eq!((up.direction, up.difference.interval), (Direction::Up, Some(Interval { low: 5.0, high: 15.0 })));
    assert_eq!((up.quotient.value, up.difference.n), (Some(1.5), 40));
    let unclear = change(MEDIAN, &now, &summary(27.0, Some((24.0, 30.0))));
    assert_eq!(unclear.direction, Direction::Unclear);
    assert_eq!(change(MEDIAN, &now, &summary(60.0, Some((50.0, 70.0)))).direction, Direction::Down);
    assert_eq!(change(MEDIAN, &now, &summary(1.0, None)).direction, Direction::TooLittle);
    // 1 − √(0.9² + 0.43²) = 0.003 is above zero; ln 2 − √(ln² 2/1.1 + ln² 1.43) = −0.004 is not.
    let at_the_border = change(MEDIAN, &summary(2.0, Some((1.1, 3.0))), &summary(1.0, Some((0.8, 1.43))));
    assert!(at_the_border.difference.interval.is_some_and(|interval| interval.low > 0.0));
    assert!(at_the_border.quotient.interval.is_some_and(|interval| interval.low < 1.0));
    assert_eq!(at_the_border.direction, Direction::Unclear);
}

#[test]
fn what_was_counted_as_a_whole_needs_no_interval() {
    let of = |now: f64, before: f64| change(Statistic::Distinct, &summary(now, None), &summary(before, None)).direction;
    assert_eq!(
        (of(51.0, 50.0), of(52.0, 50.0), of(48.0, 50.0), of(1.0, 0.0)),
        (Direction::Unclear, Direction::Up, Direction::Down, Direction::Up)
    );
}

#[test]
fn who_is_counted_once_is_compared_over_as_much_time_only() {
    let window = Window { from: "2024-01-01T00:00:00Z".parse().unwrap(), to: "2024-01-29T00:00:00Z".parse().unwrap() };
    let begin = Some("2024-01-09T00:00:00Z".parse().unwrap());
    let of = |statistic, begin| seen(window, begin, &Measure::of("m", &header(statistic, Better::Lower)));
    assert_eq!(of(MEDIAN, begin).map(|it| it.from), Some("2024-01-08T00:00:00Z".parse().unwrap()));
    assert_eq!(of(Statistic::Distinct, begin), None);
    assert_eq!(of(Statistic::Distinct, Some(window.from)), Some(window));
}

#[test]
fn a_target_is_reached_by_the_whole_interval() {
    let of = |better, target| Reached::of(&header(MEDIAN, better), &summary(20.0, Some((18.0, 24.0))).estimate, target);
    assert_eq!(
        (of(Better::Lower, 24.0), of(Better::Lower, 20.0), of(Better::Lower, 17.0)),
        (Reached::Yes, Reached::Unclear, Reached::No)
    );
    assert_eq!(
        (of(Better::Higher, 18.0), of(Better::Higher, 20.0), of(Better::Higher, 25.0)),
        (Reached::Yes, Reached::Unclear, Reached::No)
    );
    assert_eq!(of(Better::Neither, 1.0), Reached::Unclear);
    let alone = summary(20.0, None).estimate;
    assert_eq!(Reached::of(&header(MEDIAN, Better::Lower), &alone, 30.0), Reached::Unclear);
    assert_eq!(Reached::of(&header(Statistic::Distinct, Better::Lower), &alone, 30.0), Reached::Yes);
}

#[test]
fn a_team_stands_among_the_others() {
    let figures = |value: f64| Figures { series: Vec::new(), summary: summary(value, None) };
    let all = [1.0, 2.0, 3.0, 4.0, 5.0].map(figures);
    let teams: Vec<(&str, &Figures)> = ["a", "b", "c", "d", "e"].into_iter().zip(&all).collect();
    let spread = Spread::of(&teams, Some("d")).unwrap();
    assert_eq!((spread.teams, spread.quartiles, spread.above), (5, [2.0, 3.0, 4.0], Some(0.75)));
    assert_eq!(Spread::of(&teams, None).unwrap().above, None);
    assert_eq!(Spread::of(&teams[..3], Some("a")), None);
}

#[test]
fn a_level_is_new_only_when_it_is() {
    let header = header(MEDIAN, Better::Lower);
    let measure = Measure { calendar: Calendar::utc(Grain::Week), ..Measure::of("m", &header) };
    let begin: DateTime<Utc> = "2024-01-01T00:00:00Z".parse().unwrap();
    let series = |values: &[f64]| -> Vec<Point> {
        let point = |(week, value): (i64, &f64)| Point {
            start: begin + Duration::weeks(week),
            estimate: summary(*value, None).estimate,
            is_complete: true,
            rows: 20,
            unknown: 0,
        };
        (0..).zip(values).map(point).collect()
    };
    let steady: Vec<f64> = (0..26).map(|week| 20.0 + f64::from(week * 7 % 5)).collect();
    assert_eq!(Changed::within(&measure, &series(&steady)).unwrap(), None);
    let moved: Vec<f64> = steady.iter().enumerate().map(|(week, it)| if week < 13 { *it } else { it + 10.0 }).collect();
    let found = Changed::within(&measure, &series(&moved)).unwrap().unwrap();
    assert_eq!(found, Changed { since: begin + Duration::weeks(13), before: 22.0, after: 32.0 });
    // A stock goes on from where it was.
    let header = Header { is_stock: true, ..header };
    let measure = Measure::of("m", &header);
    assert_eq!(Changed::within(&measure, &series(&moved)).unwrap(), None);
}
