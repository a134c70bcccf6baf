//! Several lines, logarithmic axes and annotations: what a trend says and where it says it.

use super::day;
use super::reader::{Element, drawings};
use crate::chart::*;

fn line(name: &str, values: &[Option<f64>]) -> Line {
    let point = |(i, value): (usize, &Option<f64>)| Point { at: day(i), value: *value, low: None, high: None, n: None };
    Line { name: name.to_owned(), points: values.iter().enumerate().map(point).collect() }
}

fn drawing(html: &str) -> Element {
    drawings(html).into_iter().next().unwrap()
}

fn event(from: usize, to: Option<usize>, label: &str) -> Annotation {
    Annotation { from: day(from), to: to.map(day), label: label.to_owned() }
}

fn noted(annotations: Vec<Annotation>) -> String {
    let lines = vec![line("", &[Some(1.0), Some(2.0), Some(3.0), Some(4.0), Some(5.0)])];
    Trend { lines, annotations, ..Trend::default() }.render().0
}

#[test]
fn lines_side_by_side_have_a_column_each_and_rows_for_all_their_periods() {
    let late = Line { points: line("", &[None, Some(7.0), Some(8.0)]).points[1..].to_vec(), name: "Search".to_owned() };
    let lines = vec![line("Checkout", &[Some(1.0), Some(2.0)]), late];
    let html = Trend { lines, unit: Unit::Days, ..Trend::default() }.render().0.replace('\u{a0}', " ");
    let table = html.split("<table>").nth(1).unwrap();
    assert!(table.contains(">Checkout</th><th scope=\"col\" class=\"num\">Search</th>"), "{table}");
    let cells: Vec<&str> =
        table.split("<td class=\"num\">").skip(1).map(|rest| rest.split('<').next().unwrap()).collect();
    assert_eq!(cells, ["1.0 d", "–", "2.0 d", "7.0 d", "–", "8.0 d"]);
    assert_eq!(drawing(&html).numbers("data-x").len(), 3);
    assert!(html.contains("Checkout between 1.0 d and 2.0 d, last 2.0 d; Search between"), "{html}");
}

#[test]
fn names_of_lines_that_end_together_stand_apart_and_every_line_has_its_own_shape() {
    let names = ["Checkout", "Payments", "Search", "Identity"];
    let lines = names.map(|name| line(name, &[Some(4.0), Some(5.0)])).to_vec();
    let html = Trend { lines, ..Trend::default() }.render().0;
    let svg = drawing(&html);
    let mut ys: Vec<f64> = svg.with_class("g", "name")[0].children.iter().map(|text| text.number("y")).collect();
    ys.sort_by(f64::total_cmp);
    assert!(ys.len() == 4 && ys.windows(2).all(|pair| pair[1] - pair[0] >= 22.0), "{ys:?}");
    let shapes: Vec<String> = svg.with_class("path", "end").iter().map(|end| shape_of(end)).collect();
    assert!((1..4).all(|i| !shapes[..i].contains(&shapes[i])), "{shapes:?}");
    let classes: Vec<_> = svg.with_class("path", "line").iter().map(|line| line.attribute("class").unwrap()).collect();
    assert_eq!(classes, ["line", "line line1", "line line2", "line line3"]);
    assert_eq!(html.matches("class=\"sample\"").count(), 4);
}

/// A path without its start, which tells shapes apart wherever they lie.
fn shape_of(path: &Element) -> String {
    let points = path.strokes().concat();
    let (x, y) = points[0];
    format!("{:?}", points.iter().map(|(a, b)| ((a - x).round(), (b - y).round())).collect::<Vec<_>>())
}

#[test]
fn a_fifth_line_makes_small_drawings_with_one_axis() {
    let lines: Vec<Line> = (1..=5).map(|i| line("Team", &[Some(10.0), Some(10.0 * f64::from(i))])).collect();
    let html = Trend { lines: lines[..4].to_vec(), from_zero: true, ..Trend::default() }.render().0;
    assert_eq!(drawings(&html).iter().filter(|svg| !svg.has_class("sample")).count(), 1);
    let html = Trend { lines, from_zero: true, ..Trend::default() }.render().0;
    let small = drawings(&html);
    assert_eq!(small.len(), 5);
    let ends: Vec<f64> = small.iter().map(|svg| svg.with_class("circle", "dot")[0].number("cy")).collect();
    assert!(ends.windows(2).all(|pair| pair[1] < pair[0]), "{ends:?}");
    assert!(html.contains("All share one axis, from 0 to 60"), "{html}");
}

#[test]
fn on_a_logarithmic_axis_equal_ratios_are_equal_heights() {
    let values = [Some(1.0), Some(10.0), Some(0.0), Some(100.0), Some(-5.0)];
    let html = Trend { lines: vec![line("", &values)], log: true, ..Trend::default() }.render().0;
    let svg = drawing(&html);
    let ys = svg.numbers("data-y");
    let (a, b, c) = (ys[0].unwrap(), ys[1].unwrap(), ys[3].unwrap());
    assert!((a - b - (b - c)).abs() < 0.2, "{ys:?}");
    assert_eq!((ys[2], ys[4]), (None, None));
    assert!(html.contains("2 values of zero or less have no place on a log scale."), "{html}");
    assert!(html.contains("↑ log scale"), "{html}");
    assert!(html.contains(">−5.0</td>"), "the table has what the axis cannot show: {html}");
}

#[test]
fn what_lasted_is_an_area_over_its_days_and_what_happened_is_a_line() {
    let html = noted(vec![event(1, Some(2), "Freeze"), event(3, None, "4.0")]);
    let svg = drawing(&html);
    let [area] = svg.with_class("path", "stretch").try_into().unwrap();
    let (area, xs) = (area.shape().unwrap(), svg.numbers("data-x"));
    let a_day = (xs[2].unwrap() - xs[1].unwrap()) / 7.0;
    assert!((area.left - xs[1].unwrap()).abs() < 0.2 && (area.right - xs[2].unwrap() - a_day).abs() < 0.2, "{area:?}");
    assert_eq!(svg.with_class("path", "note").len(), 2);
    let html = html.replace('\u{a0}', " ");
    assert!(html.contains("Marked: Freeze, 1 Jun 2026 to 8 Jun 2026; 4.0, 15 Jun 2026."), "{html}");
    assert!(!html.contains("<ol"), "{html}");
}

#[test]
fn what_happened_in_the_last_week_or_began_before_the_first_is_shown() {
    let in_last_week = Annotation { from: day(4) + chrono::Days::new(3), to: None, label: "Late".to_owned() };
    assert!(noted(vec![in_last_week]).contains(">Late</text>"));
    let before = Annotation { from: day(0) - chrono::Days::new(30), to: Some(day(1)), label: "Early".to_owned() };
    let html = noted(vec![before]);
    assert!(html.contains(">Early</text>") && drawing(&html).with_class("path", "note").is_empty(), "{html}");
    assert!(!noted(vec![event(9, None, "Beyond")]).contains("Beyond"));
}

#[test]
fn many_events_become_numbers_with_a_list() {
    let label = |i: usize| format!("Release {i} of the payments platform");
    let html = noted((0..5).map(|i| event(i, None, &label(i))).collect());
    let svg = drawing(&html);
    let flags: Vec<&str> = svg.with_class("text", "note").iter().map(|text| text.words.as_str()).collect();
    assert_eq!(flags, ["1", "2", "3", "4", "5"]);
    assert!(
        html.contains("<ol class=\"notes\"><li>Release 0 of the payments platform, 25\u{a0}May\u{a0}2026</li>"),
        "{html}"
    );
    let html = noted((0..5).map(|_| event(2, None, &label(2))).collect());
    assert!(html.contains(">1–5</text>"), "{html}");
}
