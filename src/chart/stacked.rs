//! One whole and its parts: the stages of a cycle, the risk profile of code.
//!
//! The one rule: words stand in the legend below, never inside a segment, so that no label can be cut or covered.

use maud::{Markup, html};

use super::Unit;
use super::figure::{Drawing, Frame, Hover, Table, WIDTH, not_enough_data};
use super::number::MISSING;
use super::svg::coordinate;
use super::text::isolated;

const BAR: f64 = 28.0;
const HEIGHT: f64 = 32.0;
/// White between two segments.
const GAP: f64 = 2.0;
/// Colours told apart by eye; further parts repeat them.
const COLOURS: usize = 6;
const RISK_LEVELS: [&str; 4] = ["Low", "Moderate", "High", "Very high"];

/// Phases that follow one another, such as coding, waiting for review, review, waiting for merge.
#[derive(Debug, Clone, Default)]
pub struct Stages<'a> {
    pub frame: Frame<'a>,
    pub unit: Unit,
    pub stages: Vec<Stage>,
}

/// One phase.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    pub name: String,
    /// Its typical length; unknown is left out of the bar and named in the legend.
    pub value: Option<f64>,
}

/// How much of the code lies at which level of risk.
#[derive(Debug, Clone, Default)]
pub struct Risk<'a> {
    pub frame: Frame<'a>,
    /// What is counted, usually [`Unit::Lines`].
    pub unit: Unit,
    /// Amounts at low, moderate, high and very high risk; `None` where nothing was measured.
    pub levels: Option<[f64; 4]>,
}

struct Part {
    name: String,
    value: Option<f64>,
    class: String,
}

impl Stages<'_> {
    /// The figure: one bar, its legend with values and shares, its data as a table.
    pub fn render(&self) -> Markup {
        let part = |(i, stage): (usize, &Stage)| Part {
            name: stage.name.clone(),
            value: stage.value,
            class: format!("part{}", i % COLOURS),
        };
        stacked(&self.frame, &self.unit, "Stage", self.stages.iter().enumerate().map(part).collect())
    }
}

impl Risk<'_> {
    /// The figure: one bar of 100 %, its legend, its data as a table.
    pub fn render(&self) -> Markup {
        let part = |(i, name): (usize, &&str)| Part {
            name: (*name).to_owned(),
            value: self.levels.map(|levels| levels[i]),
            class: format!("risk{i}"),
        };
        stacked(&self.frame, &self.unit, "Risk", RISK_LEVELS.iter().enumerate().map(part).collect())
    }
}

fn stacked(frame: &Frame, unit: &Unit, what: &str, parts: Vec<Part>) -> Markup {
    let parts: Vec<Part> = parts.into_iter().map(|part| Part { value: part.value.filter(usable), ..part }).collect();
    // Dividing by the largest first keeps the sum finite.
    let largest = parts.iter().filter_map(|part| part.value).fold(0.0, f64::max);
    let total: f64 = parts.iter().filter_map(|part| part.value).map(|value| value / largest).sum();
    let share = |part: &Part| part.value.filter(|_| largest > 0.0).map(|value| value / largest / total);
    let words: Vec<[String; 3]> = parts.iter().map(|part| words(part, unit, share(part))).collect();
    let drawing = if largest > 0.0 {
        let sentence: Vec<String> =
            words.iter().map(|[name, value, share]| format!("{name} {value} ({share})")).collect();
        let shares: Vec<Option<f64>> = parts.iter().map(share).collect();
        Drawing {
            height: HEIGHT,
            summary: format!("{}; total {}.", sentence.join(", "), unit.value(total * largest)),
            hover: Hover::Nothing,
            body: segments(&parts, &shares, &words),
            legend: legend(&parts, &words),
        }
    } else {
        not_enough_data(HEIGHT, "no part has a value")
    };
    let head = [what, "Value", "Share"].map(str::to_owned).to_vec();
    frame.figure(&drawing, &Table { head, rows: words.into_iter().map(Vec::from).collect() })
}

fn usable(value: &f64) -> bool {
    value.is_finite() && *value >= 0.0
}

fn words(part: &Part, unit: &Unit, share: Option<f64>) -> [String; 3] {
    let share = share.map_or_else(|| MISSING.to_owned(), |share| Unit::Share.value((share * 1000.0).round() / 1000.0));
    [isolated(&part.name).into_owned(), unit.optional(part.value), share]
}

fn segments(parts: &[Part], shares: &[Option<f64>], words: &[[String; 3]]) -> Markup {
    let mut end = 0.0;
    let mut segment = |share: Option<f64>| {
        let start = end;
        end += share.unwrap_or(0.0) * WIDTH;
        // A part too thin to see still has a sliver, as it is not nothing.
        (start, (end - start - GAP).max(if share > Some(0.0) { 1.0 } else { 0.0 }))
    };
    let places: Vec<(f64, f64)> = shares.iter().map(|share| segment(*share)).collect();
    html! {
        @for ((part, (x, width)), [name, value, share]) in parts.iter().zip(places).zip(words) {
            @if width > 0.0 {
                @let x = coordinate(x.min(WIDTH - 1.0));
                rect class=(part.class) x=(x) y="2" width=(coordinate(width)) height=(BAR) {
                    title { (name) ": " (value) ", " (share) }
                }
            }
        }
    }
}

fn legend(parts: &[Part], words: &[[String; 3]]) -> Markup {
    html! {
        ul class="legend" { @for (part, [name, value, share]) in parts.iter().zip(words) {
            li {
                i class={ "key " (part.class) } {} (name) " " b { (value) }
                @if share != MISSING { " " small { (share) } }
            }
        } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[Option<f64>]) -> String {
        let stage = |value: &Option<f64>| Stage { name: "Review".to_owned(), value: *value };
        let frame = Frame { id: "stages", title: "Stages", about: "" };
        Stages { frame, unit: Unit::Hours, stages: values.iter().map(stage).collect() }.render().into_string()
    }

    #[test]
    fn parts_fill_the_width() {
        let html = drawn(&[Some(3.0), Some(1.0)]);
        assert!(html.contains(r#"class="part0" x="0" y="2" width="478""#), "{html}");
        assert!(html.contains(r#"class="part1" x="480" y="2" width="158""#), "{html}");
    }

    #[test]
    fn an_unknown_part_is_named_and_not_drawn() {
        let html = drawn(&[Some(3.0), None]);
        assert!(!html.contains(r#"rect class="part1""#));
        assert!(html.contains(r#"<td class="num">–</td>"#));
    }

    #[test]
    fn nothing_known_draws_nothing() {
        for values in [&[][..], &[None], &[Some(0.0)], &[Some(f64::NAN), Some(-1.0)]] {
            assert!(drawn(values).contains("not enough data"));
        }
        assert!(!drawn(&[Some(f64::MAX), Some(f64::MAX), Some(1e-300)]).contains("NaN"));
    }

    #[test]
    fn risk_has_four_levels() {
        let risk = Risk { levels: Some([800.0, 150.0, 40.0, 10.0]), ..Risk::default() };
        let html = risk.render().into_string();
        assert!(html.contains("risk3") && html.contains("Very high"));
        assert!(Risk::default().render().into_string().contains("not enough data"));
    }
}
