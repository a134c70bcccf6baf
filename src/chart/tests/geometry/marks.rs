//! Each mark with hard data, and what its own shapes must tell.
//!
//! The one rule: every mark is checked with 500 of what it draws and with data at random.

use proptest::prelude::*;

use super::super::reader::{Area, Element, drawings};
use super::check;
use super::inputs::{NAMES, annotation, day, grain, lines, name, number, points, unit, value};
use crate::chart::*;

fn frame() -> Frame<'static> {
    Frame { id: "x", title: "A title", about: "About." }
}

fn only_drawing(html: &str) -> Element {
    drawings(html).into_iter().next().unwrap()
}

fn names(count: usize) -> impl Iterator<Item = String> {
    (0..count).map(|i| format!("{} {i}", NAMES[i % NAMES.len()]))
}

fn wave(i: usize) -> Option<f64> {
    (!i.is_multiple_of(7)).then(|| 30.0 + 20.0 * (i as f64 / 5.0).sin())
}

/// The band's lower and upper edge hold the line between them at every point.
fn check_band(svg: &Element) {
    let (xs, ys) = (svg.numbers("data-x"), svg.numbers("data-y"));
    let runs: Vec<_> = svg.with_class("path", "band").into_iter().flat_map(Element::strokes).collect();
    for (x, y) in xs.into_iter().zip(ys).filter_map(|(x, y)| Some((x?, y?))) {
        let edges: Vec<f64> = runs.iter().flatten().filter(|(at, _)| *at == x).map(|(_, y)| *y).collect();
        let (top, bottom) = edges.iter().fold((f64::MAX, f64::MIN), |(a, b), y| (a.min(*y), b.max(*y)));
        assert!(edges.is_empty() || (top - 0.15 <= y && y <= bottom + 0.15), "{y} outside {top} to {bottom}");
    }
}

/// All bars have one end in common, and their lengths are to one another as the values are.
fn check_bars(svg: &Element, values: &[Option<f64>]) {
    let bars: Vec<Area> = boxes(svg, "bar");
    let known: Vec<f64> = values.iter().flatten().copied().filter(|value| value.is_finite()).collect();
    assert_eq!(bars.len(), known.len());
    let longest = known.iter().map(|value| value.abs()).fold(0.0, f64::max);
    // Slivers stand for what is too small to see, and values beyond 1e300 are drawn as that.
    let is_long = |value: f64| value.abs() > longest / 50.0 && longest < 1e299 && longest > 1e-270;
    let mut zero: Option<f64> = None;
    let mut unit: Option<f64> = None;
    for (bar, value) in bars.iter().zip(known).filter(|(_, value)| is_long(*value)) {
        let start = if value < 0.0 { bar.right } else { bar.left };
        assert!((start - *zero.get_or_insert(start)).abs() < 0.25, "bars begin at {start} and {zero:?}");
        let length = (bar.right - bar.left) / (value.abs() / longest);
        // A tenth of a unit of rounding weighs most on the shortest.
        assert!((length / *unit.get_or_insert(length) - 1.0).abs() < 0.2, "{length} and {unit:?} a unit");
    }
}

fn boxes(svg: &Element, class: &str) -> Vec<Area> {
    let strokes = svg.with_class("path", class).into_iter().flat_map(Element::strokes);
    let area = |stroke: Vec<(f64, f64)>| {
        let (xs, ys): (Vec<f64>, Vec<f64>) = stroke.into_iter().unzip();
        let least = |values: &[f64]| values.iter().copied().fold(f64::MAX, f64::min);
        let most = |values: &[f64]| values.iter().copied().fold(f64::MIN, f64::max);
        Area { left: least(&xs), top: least(&ys), right: most(&xs), bottom: most(&ys) }
    };
    strokes.map(area).collect()
}

/// Every whisker holds the end of its bar, which is the estimate.
fn check_whiskers(svg: &Element, values: &[f64]) {
    let bars = boxes(svg, "bar");
    let ranges: Vec<Area> = boxes(svg, "whisker").into_iter().filter(|range| range.top == range.bottom).collect();
    assert_eq!(bars.len(), ranges.len());
    for ((bar, range), value) in bars.iter().zip(&ranges).zip(values) {
        let end = if *value < 0.0 { bar.left } else { bar.right };
        // A sliver of one unit may stick out of the tiny interval of a tiny value.
        assert!(range.left - 1.1 <= end && end <= range.right + 1.1, "{end} outside {range:?}");
        assert!(bar.top <= range.top && range.bottom <= bar.bottom, "{range:?} beside {bar:?}");
    }
}

#[test]
fn five_hundred_of_everything_fit() {
    let bar =
        |(i, name)| Bar { name, value: wave(i), interval: wave(i).map(|value| (value - 3.0, value + 9.0)), n: None };
    check(&Bars { frame: frame(), bars: names(500).enumerate().map(bar).collect(), ..Bars::default() }.render().0);
    let columns: Vec<_> = (0..500).map(|i| day(Grain::Week, i)).collect();
    let rows = names(500).map(|name| HeatRow { name, values: (0..60).map(wave).collect() }).collect();
    check(&Heatmap { frame: frame(), columns: columns[..60].to_vec(), rows, ..Heatmap::default() }.render().0);
    let rows = names(3).map(|name| HeatRow { name, values: (0..500).map(wave).collect() }).collect();
    check(&Heatmap { frame: frame(), columns: columns.clone(), rows, ..Heatmap::default() }.render().0);
    let stages = names(500).enumerate().map(|(i, name)| Stage { name, value: wave(i) }).collect();
    check(&Stages { frame: frame(), stages, unit: Unit::Hours }.render().0);
    let group = |name| Group { name, values: (1..9).filter_map(wave).collect() };
    let (groups, unit) = (names(500).map(group).collect(), Unit::PerWeek);
    check(&Distribution { frame: frame(), groups, unit, ..Distribution::default() }.render().0);
    let spot =
        |(i, name): (usize, String)| Spot { name, x: (i * 37 % 500) as f64, y: (i * i % 499) as f64, size: i as f64 };
    let spots = names(500).enumerate().map(spot).collect();
    check(&Scatter { frame: frame(), spots, labelled: 500, ..Scatter::default() }.render().0);
    let row =
        |(i, name)| CalendarRow { name, first: day(Grain::Day, i), last: day(Grain::Day, i + 14), ..calendar_row() };
    check(
        &Calendar { frame: frame(), rows: names(500).enumerate().map(row).collect(), ..Calendar::default() }.render().0,
    );
    check(&Sparkline { label: NAMES[1], unit: Unit::Hours, values: (0..500).map(wave).collect() }.render().0);
}

fn calendar_row() -> CalendarRow {
    let first = day(Grain::Day, 0);
    CalendarRow { name: String::new(), first, last: first, note: String::new(), is_marked: true }
}

#[test]
fn five_hundred_points_and_five_hundred_lines_fit() {
    let values: Vec<Option<f64>> = (0..500).map(wave).collect();
    let event = |i: usize| Annotation { from: day(Grain::Week, i), to: None, label: NAMES[i % NAMES.len()].to_owned() };
    let annotations = (0..500).map(event).collect();
    let lines_of_one = vec![Line::only(points(Grain::Week, &values))];
    let html = Trend { frame: frame(), lines: lines_of_one, annotations, ..Trend::default() }.render().0;
    check(&html);
    assert_eq!(html.split("<ol class=\"notes\">").nth(1).unwrap().matches("<li>").count(), 500);
    let series: Vec<_> = names(500).map(|name| (name, values[..30].to_vec())).collect();
    let html = Trend { frame: frame(), lines: lines(Grain::Week, &series), ..Trend::default() }.render().0;
    check(&html);
    assert_eq!((html.matches("<svg").count(), html.contains("not drawn")), (500, false));
    let series: Vec<_> = names(502).map(|name| (name, values[..3].to_vec())).collect();
    let html = Trend { frame: frame(), lines: lines(Grain::Week, &series), ..Trend::default() }.render().0;
    assert!(html.matches("<svg").count() == 500 && html.contains(" 2 more are not drawn."));
}

#[test]
fn a_long_unit_leaves_the_plot_its_width() {
    let values: Vec<Option<f64>> = (0..30).map(wave).collect();
    let drawn = |unit: &str| {
        let line = Line::only(points(Grain::Week, &values));
        only_drawing(&Trend { unit: Unit::named(unit), lines: vec![line], ..Trend::default() }.render().0)
    };
    let first_x = |svg: &Element| svg.numbers("data-x")[0].unwrap();
    let long = drawn("merged PRs per engineer-week");
    assert!(first_x(&long) <= first_x(&drawn("hours")), "{}", first_x(&long));
    let words: Vec<String> = long.texts(21.0).into_iter().map(|words| words.text.replace('\u{a0}', " ")).collect();
    assert_eq!(
        words.iter().filter(|words| words.contains("engineer")).collect::<Vec<_>>(),
        ["↑ merged PRs per engineer-week"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn trends(
        series in prop::collection::vec((name(), prop::collection::vec(value(), 0..60)), 0..6),
        annotations in prop::collection::vec(annotation(), 0..14),
        unit in unit(), grain in grain(), target in value(), from_zero: bool, log: bool,
    ) {
        let lines = lines(grain, &series);
        let trend = Trend { frame: frame(), unit, grain, lines, band: Some("interval"), target, annotations, from_zero, log };
        check(&trend.render().0);
    }

    #[test]
    fn a_trend_lies_in_its_band(
        values in prop::collection::vec(value(), 2..60), unit in unit(), from_zero: bool, log: bool,
    ) {
        let lines = vec![Line::only(points(Grain::Week, &values))];
        let trend = Trend { frame: frame(), unit, lines, band: Some("interval"), from_zero, log, ..Trend::default() };
        check_band(&only_drawing(&trend.render().0));
    }

    #[test]
    fn bars(rows in prop::collection::vec((name(), value(), number(), number()), 0..40), unit in unit()) {
        let values: Vec<_> = rows.iter().map(|(_, value, ..)| *value).collect();
        let bar = |(name, value, low, high): (String, Option<f64>, f64, f64)| {
            Bar { name, value, interval: Some((low.min(high), low.max(high))), n: None }
        };
        let bars = rows.into_iter().map(bar).collect();
        let html = Bars { frame: frame(), unit, bars, ..Bars::default() }.render().0;
        check(&html);
        if values.iter().flatten().any(|value| value.is_finite()) {
            check_bars(&only_drawing(&html), &values);
        }
    }

    #[test]
    fn whiskers_hold_their_bars_end(values in prop::collection::vec(-1e6..1e6f64, 1..20), below in 0.0..1e7f64, above in 0.0..1e7f64) {
        let bar = |value: &f64| Bar { value: Some(*value), interval: Some((value - below, value + above)), ..Bar::default() };
        let html = Bars { frame: frame(), bars: values.iter().map(bar).collect(), ..Bars::default() }.render().0;
        check_whiskers(&only_drawing(&html), &values);
    }

    #[test]
    fn heatmaps(rows in prop::collection::vec((name(), prop::collection::vec(value(), 0..60)), 0..12), columns in 0usize..120, grain in grain()) {
        let columns = (0..columns).map(|i| day(grain, i)).collect();
        let rows = rows.into_iter().map(|(name, values)| HeatRow { name, values }).collect();
        check(&Heatmap { frame: frame(), grain, columns, rows, ..Heatmap::default() }.render().0);
    }

    #[test]
    fn parts_of_a_whole(parts in prop::collection::vec((name(), value()), 0..30), levels in prop::array::uniform4(number()), unit in unit()) {
        let stages = parts.into_iter().map(|(name, value)| Stage { name, value }).collect();
        let html = Stages { frame: frame(), stages, unit: unit.clone() }.render().0;
        check(&html);
        let rects: Vec<Area> = only_drawing(&html).all().into_iter().filter(|e| e.name == "rect").filter_map(Element::shape).collect();
        prop_assert!(rects.windows(2).all(|pair| pair[0].left <= pair[1].left), "{rects:?}");
        check(&Risk { frame: frame(), levels: Some(levels), unit }.render().0);
    }

    #[test]
    fn distributions(groups in prop::collection::vec((name(), prop::collection::vec(number(), 0..40)), 0..5), unit in unit()) {
        let groups: Vec<Group> = groups.into_iter().map(|(name, values)| Group { name, values }).collect();
        let html = Distribution { frame: frame(), groups, unit, ..Distribution::default() }.render().0;
        check(&html);
        let svg = only_drawing(&html);
        let medians = svg.with_class("circle", "median");
        for (bar, dot) in boxes(&svg, "middle").iter().zip(medians) {
            let x = dot.number("cx");
            prop_assert!(bar.left - 0.15 <= x && x <= bar.right + 0.15, "median {x} outside {bar:?}");
        }
    }

    #[test]
    fn scatters(spots in prop::collection::vec((name(), number(), number(), number()), 0..40), labelled in 0usize..40, logs: (bool, bool), axis in name()) {
        let spots = spots.into_iter().map(|(name, x, y, size)| Spot { name, x, y, size }).collect();
        let measure = |log| Measure { name: &axis, unit: Unit::Count, log };
        let (x, y, size) = (measure(logs.0), measure(logs.1), measure(false));
        check(&Scatter { frame: frame(), what: "File", x, y, size, spots, labelled }.render().0);
    }

    #[test]
    fn calendars(rows in prop::collection::vec((name(), 0usize..500, 0usize..200), 0..12), today in 0usize..700) {
        let row = |(name, first, length)| {
            CalendarRow { name, first: day(Grain::Day, first), last: day(Grain::Day, first + length), ..calendar_row() }
        };
        let today = Some(day(Grain::Day, today));
        check(&Calendar { frame: frame(), today, rows: rows.into_iter().map(row).collect(), ..Calendar::default() }.render().0);
    }

    #[test]
    fn sparklines(values in prop::collection::vec(value(), 0..60), unit in unit()) {
        check(&Sparkline { label: "Cycle time", unit, values }.render().0);
    }

    #[test]
    fn intervals(bounds in prop::collection::vec((number(), 0.0..1.0f64, number()), 1..8)) {
        let known = bounds.iter().filter(|(a, _, b)| a.is_finite() && b.is_finite());
        let sorted = known.map(|(a, share, b)| (a.min(*b), *share, a.max(*b)));
        let rows: Vec<_> = sorted.map(|(low, share, high)| (low, (low * (1.0 - share) + high * share).clamp(low, high), high)).collect();
        let axis = IntervalAxis::covering(rows.iter().map(|(low, _, high)| (*low, *high)));
        check(&axis.header().0);
        for (low, estimate, high) in rows {
            let (low, high) = (Some(low), Some(high));
            let html = Interval { axis: &axis, estimate: Some(estimate), low, high, tone: Tone::Neutral }.render().0;
            check(&html);
            let Some(svg) = drawings(&html).into_iter().next() else { continue };
            let range = svg.with_class("path", "range")[0].shape().unwrap();
            for mark in svg.with_class("circle", "mark") {
                let x = mark.number("cx");
                prop_assert!(range.left - 0.15 <= x && x <= range.right + 0.15, "{x} outside {range:?}");
            }
        }
    }
}
