//! Texts and numbers as they must read, whatever was put in.

use super::*;
use crate::chart::Tone;
use crate::digest::Change;
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn a_text_stays_on_its_line() {
    assert_eq!(line(" Check\r\nBcc: x@y\t\u{0}\u{2028} out ", 80), "Check Bcc: x@y out");
    assert_eq!(line("23.4\u{a0}h", 80), "23.4\u{a0}h", "a space that must not break stays one");
    assert_eq!(line("Überprüfungen", 8), "Überprü…");
}

#[test]
fn what_is_written_from_right_to_left_is_isolated() {
    assert_eq!(line("فريق الدفع", 80), "\u{2068}فريق الدفع\u{2069}");
    assert_eq!(line("צוות", 80), "\u{2068}צוות\u{2069}");
    assert_eq!(line("Pay\u{202e}ments\u{2066}", 80), "Payments", "an override is taken out");
}

#[test]
fn days_are_as_short_as_they_can_be() {
    assert_eq!(days(day("2026-11-16"), day("2026-11-22")), "16 to 22 Nov 2026");
    assert_eq!(days(day("2026-05-25"), day("2026-11-16")), "25 May to 16 Nov 2026");
    assert_eq!(days(day("2025-11-24"), day("2026-11-16")), "24 Nov 2025 to 16 Nov 2026");
    assert_eq!(days(day("2026-11-16"), day("2026-11-16")), "16 Nov 2026");
}

#[test]
fn only_paths_of_the_server_become_links() {
    let digest = Digest { server: Some("https://pace.example.com/".to_owned()), ..Digest::default() };
    let address = |path: &str| digest.address(Some(&path.to_owned()));
    assert_eq!(address("/teams/x?weeks=4&a=%20").as_deref(), Some("https://pace.example.com/teams/x?weeks=4&a=%20"));
    for elsewhere in ["//evil.example", "javascript:alert(1)", "https://evil.example", "/a\"b", "/a<b", "/a|b", "/a b"]
    {
        assert_eq!(address(elsewhere), None, "{elsewhere}");
    }
    for server in ["javascript:alert(1)//", "ftp://x", "https://a b", ""] {
        let digest = Digest { server: Some(server.to_owned()), ..Digest::default() };
        assert_eq!(digest.address(Some(&"/a".to_owned())), None, "{server}");
    }
    assert_eq!(Digest::default().address(Some(&"/a".to_owned())), None, "no server, no link");
}

#[test]
fn a_number_that_is_not_known_says_why() {
    let known = Figure {
        value: Some(23.4),
        unit: Unit::Hours,
        interval: Some((20.1, 27.2)),
        n: Some(1812),
        ..Figure::default()
    };
    assert_eq!(known.certainty(), "20.1 to 27.2\u{a0}h, n\u{a0}=\u{a0}1,812");
    let unknown = Figure { value: None, interval: Some((1.0, 2.0)), ..known.clone() };
    assert_eq!((unknown.number().as_str(), unknown.certainty().as_str()), ("not enough data", "n\u{a0}=\u{a0}1,812"));
    assert_eq!(Figure { missing: "no deployments yet".to_owned(), ..unknown }.number(), "no deployments yet");
    let change = Change { tone: Tone::Bad, word: "worse".to_owned(), size: String::new() };
    assert_eq!(Figure { change: Some(change), ..known }.change_words(), "▼ worse");
}

#[test]
fn a_series_tells_its_range_and_its_gaps() {
    let point = |at: &str, value| Point { at: day(at), value, ..Point::default() };
    let series = vec![point("2026-11-02", Some(18.2)), point("2026-11-09", None), point("2026-11-16", Some(31.0))];
    let figure =
        Figure { title: "Cycle time".to_owned(), unit: Unit::Hours, series, target: Some(24.0), ..Figure::default() };
    assert_eq!(figure.series_words(), "2 to 16 Nov 2026: 18.2 to 31.0\u{a0}h, 1 of 3 not known");
    assert_eq!(
        figure.picture_words(),
        "Cycle time, 2 to 16 Nov 2026: 18.2 to 31.0\u{a0}h, 1 of 3 not known, last 31.0\u{a0}h, target 24\u{a0}h"
    );
}

#[test]
fn numbers_are_finite_or_absent_and_series_in_order_of_time() {
    let point = |at: &str, value: f64| Point { at: day(at), value: Some(value), low: Some(value), high: Some(value) };
    let mut figure = Figure {
        value: Some(f64::NAN),
        target: Some(f64::INFINITY),
        interval: Some((f64::NEG_INFINITY, 1.0)),
        series: vec![point("2026-11-16", 2.0), point("2026-11-02", 1.0), point("2026-11-09", f64::NAN)],
        ..Figure::default()
    };
    harmless_figure(&mut figure);
    assert_eq!((figure.value, figure.target, figure.interval), (None, None, None));
    let unknown = Point { at: day("2026-11-09"), ..Point::default() };
    assert_eq!(figure.series, [point("2026-11-02", 1.0), unknown, point("2026-11-16", 2.0)]);
}

#[test]
fn of_a_long_series_the_newest_points_stay() {
    let first = day("2020-01-01");
    let series = first.iter_days().take(POINTS + 5).map(|at| Point { at, ..Point::default() }).collect();
    let mut figure = Figure { series, ..Figure::default() };
    harmless_figure(&mut figure);
    assert_eq!(figure.series.len(), POINTS);
    assert_eq!(figure.series[0].at, day("2020-01-06"));
}

proptest! {
    #[test]
    fn any_text_becomes_one_bounded_line(text in any::<String>(), most in 1usize..40) {
        let line = line(&text, most);
        prop_assert!(line.chars().count() <= most + 2);
        let breaks_out = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202e}');
        let is_kept = !line.chars().any(breaks_out);
        prop_assert!(is_kept, "{:?}", line);
        let opened = line.matches('\u{2068}').count();
        prop_assert_eq!(opened, line.matches('\u{2069}').count());
    }
}
