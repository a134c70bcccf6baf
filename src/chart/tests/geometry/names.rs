//! Names that are read from right to left.
//!
//! The one rule: they never stand beside a number without the signs that keep them apart.

use super::inputs::{day, points};
use crate::chart::*;

const ARABIC: &str = "فريق 12 المدفوعات";
const HEBREW: &str = "צוות 7";

/// What is left when everything between the isolates is taken away.
fn outside_isolates(text: &str) -> String {
    let mut depth = 0;
    let mut outside = String::new();
    for letter in text.chars() {
        match letter {
            '\u{2068}' => depth += 1,
            '\u{2069}' => depth -= 1,
            _ if depth == 0 => outside.push(letter),
            _ => {}
        }
        assert!((0..=1).contains(&depth), "isolates are not in pairs: {text}");
    }
    assert_eq!(depth, 0, "an isolate is not closed: {text}");
    outside
}

fn every_mark(name: &str) -> Vec<String> {
    let name = || name.to_owned();
    let values = [Some(12.0), Some(30.0), None, Some(25.0), Some(26.0), Some(27.0)];
    let line = || Line { name: name(), points: points(Grain::Week, &values) };
    let from = day(Grain::Week, 1);
    let annotations = |count| vec![Annotation { from, to: Some(from), label: name() }; count];
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let bar = Bar { name: name(), value: Some(3.0), interval: Some((2.0, 4.0)), n: Some(9) };
    let row = CalendarRow { name: name(), first: from, last: from, note: name(), is_marked: true };
    let spot = Spot { name: name(), x: 1.0, y: 2.0, size: 3.0 };
    let label = name();
    vec![
        Trend { lines: vec![line()], annotations: annotations(2), ..Trend::default() }.render().0,
        Trend { lines: vec![line(), line(), line()], annotations: annotations(9), ..Trend::default() }.render().0,
        Multiples { lines: vec![line(); 5], ..Multiples::default() }.render().0,
        Bars { bars: vec![bar; 2], ..Bars::default() }.render().0,
        Heatmap {
            columns: (0..6).map(|i| day(Grain::Week, i)).collect(),
            rows: vec![HeatRow { name: name(), values: values.to_vec() }],
            ..Heatmap::default()
        }
        .render()
        .0,
        Stages { stages: vec![Stage { name: name(), value: Some(2.0) }; 2], ..Stages::default() }.render().0,
        Distribution { groups: vec![Group { name: name(), values: known }; 2], ..Distribution::default() }.render().0,
        Scatter { spots: vec![spot; 2], labelled: 2, ..Scatter::default() }.render().0,
        Calendar { rows: vec![row], ..Calendar::default() }.render().0,
        Sparkline { label: &label, unit: Unit::Hours, values: values.to_vec() }.render().0,
    ]
}

#[test]
fn they_are_set_apart_in_every_mark() {
    for name in [ARABIC, HEBREW] {
        for html in every_mark(name) {
            let first = name.chars().next().unwrap();
            assert!(html.contains(first), "the name is shown: {html}");
            let outside = outside_isolates(&html);
            assert!(!outside.contains(|c| ('\u{590}'..='\u{6ff}').contains(&c)), "{outside}");
        }
    }
}

#[test]
fn a_name_cannot_turn_around_what_follows_it() {
    for html in every_mark("Checkout \u{202e}12\u{2067} x") {
        assert!(!html.contains(['\u{202e}', '\u{2067}']), "{html}");
        outside_isolates(&html);
    }
}

#[test]
fn others_stay_as_they_are() {
    for html in every_mark("支払い Überprüfung 🚀") {
        assert!(!html.contains(['\u{2068}', '\u{2069}']), "{html}");
    }
}
