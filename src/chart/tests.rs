//! What holds for every mark, whatever the data: well-formed, finite, no inline style, ids once, missing never zero.

mod geometry;
mod lines;
mod page;
mod reader;

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::*;

const LONG: &str = "payments-gateway-and-reconciliation-service-for-marketplaces <b>&\"";

fn day(i: usize) -> NaiveDate {
    "2026-05-25".parse::<NaiveDate>().unwrap() + Days::new(7 * i as u64)
}

fn frame(id: &str) -> Frame<'_> {
    Frame { id, title: "A title", about: "A sentence." }
}

fn trend(values: &[Option<f64>]) -> String {
    let point =
        |(i, value): (usize, &Option<f64>)| Point { at: day(i), value: *value, low: *value, high: *value, n: None };
    let points = values.iter().enumerate().map(point).collect();
    let annotations = [0, 1].map(|i| Annotation { from: day(i), to: None, label: LONG.to_owned() }).to_vec();
    let target = values.first().copied().flatten();
    Trend {
        frame: frame("trend"),
        lines: vec![Line::only(points)],
        annotations,
        target,
        band: Some("middle half"),
        ..Trend::default()
    }
    .render()
    .0
}

fn every_mark(values: &[Option<f64>]) -> Vec<String> {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    let name = LONG.to_owned();
    let bars = values
        .iter()
        .map(|value| Bar {
            name: name.clone(),
            value: *value,
            n: Some(3),
            interval: value.map(|value| (value - 1.0, value + 1.0)),
        })
        .collect();
    let rows = vec![HeatRow { name: name.clone(), values: values.to_vec() }; 2];
    let stages = values.iter().map(|value| Stage { name: name.clone(), value: *value }).collect();
    let groups = vec![Group { name: name.clone(), values: known.clone() }; 2];
    let spots = known.iter().map(|value| Spot { name: name.clone(), x: *value, y: -*value, size: *value });
    let spots: Vec<Spot> = spots.collect();
    let levels = Some([0, 1, 2, 3].map(|i| known.get(i).copied().unwrap_or(0.0)));
    let row = |(i, _)| CalendarRow {
        name: name.clone(),
        first: day(i),
        last: day(i + 2),
        note: name.clone(),
        is_marked: i == 0,
    };
    let rows_of_days = known.iter().enumerate().map(row).collect();
    let log = Measure { name: "revisions", log: true, ..Measure::default() };
    vec![
        trend(values),
        Bars { frame: frame("bars"), bars, ..Bars::default() }.render().0,
        Heatmap { frame: frame("heat"), columns: (0..values.len()).map(day).collect(), rows, ..Heatmap::default() }
            .render()
            .0,
        Stages { frame: frame("stages"), stages, unit: Unit::Hours }.render().0,
        Risk { frame: frame("risk"), levels, unit: Unit::Lines }.render().0,
        Distribution { frame: frame("spread"), groups, ..Distribution::default() }.render().0,
        Scatter { frame: frame("hot"), x: log, spots, labelled: 3, ..Scatter::default() }.render().0,
        Calendar { frame: frame("days"), rows: rows_of_days, today: Some(day(1)), ..Calendar::default() }.render().0,
        Sparkline { label: LONG, values: values.to_vec(), unit: Unit::Days }.render().0,
    ]
}

fn check_well_formed(html: &str) {
    for forbidden in ["NaN", "inf", " style=", "<script", "<b>&", " onclick"] {
        assert!(!html.contains(forbidden), "{forbidden} in {html}");
    }
    let mut ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "repeated id in {html}");
    if html.contains("<figure") {
        assert!(html.contains("<figcaption>") && html.contains("<desc id=") && html.contains("role=\"img\""), "{html}");
    }
}

#[test]
fn marks_bear_hard_data() {
    let hard: [&[Option<f64>]; 10] = [
        &[],
        &[None, None, None],
        &[Some(1.0)],
        &[Some(0.0), Some(0.0), Some(0.0), Some(0.0), Some(0.0), Some(0.0)],
        &[Some(5.0); 9],
        &[None, Some(3.0), None, Some(4.0), None],
        &[Some(f64::MAX), Some(f64::MIN), Some(1.0), Some(f64::MAX), Some(f64::MIN)],
        &[Some(f64::MIN_POSITIVE), Some(1e-320), Some(0.0), Some(1e-9), Some(2e-9)],
        &[Some(1e15), Some(1e15 + 1.0), Some(1e15), Some(1e15), Some(1e15 + 1.0)],
        &[Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), None],
    ];
    for values in hard {
        every_mark(values).iter().for_each(|html| check_well_formed(html));
    }
}

#[test]
fn too_little_is_said_and_not_drawn() {
    for html in every_mark(&[None, None]).into_iter().filter(|html| !html.contains("id=\"risk\"")) {
        assert!(html.contains("not enough data"), "{html}");
    }
    let one = trend(&[None, Some(2.0), None]);
    assert!(one.contains("not enough data") && !one.contains("class=\"line\""), "{one}");
    assert!(one.contains("<td class=\"num\">2.0</td>"), "the table still has the value: {one}");
}

#[test]
fn a_missing_value_is_a_gap_in_line_band_and_places() {
    let html = trend(&[Some(2.0), Some(3.0), None, Some(4.0), Some(5.0)]);
    let path = |class: &str| {
        html.split(&format!("class=\"{class}\" d=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(path("line").matches('M').count(), 2);
    assert_eq!(path("band").matches('z').count(), 2);
    assert_eq!(html.split("data-y=\"").nth(1).unwrap().split('"').next().unwrap().split(' ').nth(2), Some("–"));
    assert!(html.contains("1 of 5 periods have no value"), "{html}");
}

#[test]
fn annotations_that_would_collide_stand_in_rows() {
    let html = trend(&[Some(2.0), Some(3.0), Some(4.0), Some(5.0)]);
    assert!(html.contains("y=\"17\"") && html.contains("y=\"39\""), "{html}");
}

#[test]
fn the_heatmap_legend_is_made_of_the_cells_classes() {
    let rows = vec![HeatRow { name: "Checkout".to_owned(), values: vec![Some(1.0), None, Some(9.0)] }];
    let columns = (0..3).map(day).collect();
    let words = Some(("faster", "slower"));
    let html =
        Heatmap { frame: frame("heat"), columns, rows, words, unit: Unit::Hours, ..Heatmap::default() }.render().0;
    for expected in [
        "path class=\"heat0\"",
        "path class=\"heat4\"",
        "path class=\"unknown\"",
        "key heat0",
        "key heat4",
        "key unknown",
    ] {
        assert!(html.contains(expected), "{expected} in {html}");
    }
    assert!(html.contains("faster <b>1.0\u{a0}h</b>") && html.contains("<b>9.0\u{a0}h</b> slower"), "{html}");
}

#[test]
fn a_small_trend_keeps_its_bytes() {
    let point = |i: usize| Point { at: day(i), value: Some(20.0 + i as f64), low: None, high: None, n: Some(1200) };
    let points = (0..3).map(point).collect();
    let html = Trend {
        frame: frame("t"),
        unit: Unit::Hours,
        lines: vec![Line::only(points)],
        from_zero: true,
        ..Trend::default()
    }
    .render()
    .0;
    let figure = html.split("<details>").next().unwrap().replace("><", ">\n<").replace(" data-", "\ndata-");
    insta::assert_snapshot!(figure, @r#"
    <figure class="chart" id="t">
    <figcaption>
    <strong>A title</strong> <span>A sentence.</span>
    </figcaption>
    <div class="plot">
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 260" role="img" aria-labelledby="t-t t-d"
    data-hover="x"
    data-x="57.1 337.6 618"
    data-y="84.7 77.6 70.5">
    <title id="t-t">A title</title>
    <desc id="t-d">From W22, 25 May 2026 to W24, 8 Jun 2026: between 20.0 h and 22.0 h, last 22.0 h.</desc>
    <path class="grid" d="M57.1,226H618M57.1,155.3H618M57.1,84.7H618M57.1,14H618">
    </path>
    <g class="tick" text-anchor="end">
    <text x="49.1" y="230">0</text>
    <text x="49.1" y="159.3">10</text>
    <text x="49.1" y="88.7">20</text>
    <text x="49.1" y="18">30 h</text>
    </g>
    <g class="tick" text-anchor="middle">
    <text x="57.1" y="252">W22</text>
    <text x="337.6" y="252">W23</text>
    <text x="616.1" y="252">W24</text>
    </g>
    <path class="line" d="M57.1,84.7L337.6,77.6L618,70.5">
    </path>
    <circle class="dot" cx="618" cy="70.5" r="4">
    </circle>
    </svg>
    </div>
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn marks_bear_any_data(values in prop::collection::vec(prop::option::weighted(0.8, any::<f64>()), 0..30)) {
        every_mark(&values).iter().for_each(|html| check_well_formed(html));
    }
}
