//! Many lines over time, each in a small drawing of its own.
//!
//! The one rule: all drawings share both axes, so that a higher line is a higher value. Names are HTML above the
//! drawings, where long ones wrap.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use maud::{Markup, html};

use super::figure::{Frame, Table, not_enough_data};
use super::scale::Scale;
use super::svg::coordinate;
use super::text::{FONT, isolated, width};
use super::time::{Grain, TimeScale};
use super::trend::{line_path, value_scale};
use super::{Line, Unit};

/// Lines after these are not drawn, and their number is told.
pub const MOST_DRAWINGS: usize = 500;
const WIDTH: f64 = 160.0;
const HEIGHT: f64 = 76.0;
const TOP: f64 = 8.0;
const RIGHT: f64 = WIDTH - 6.0;
const BOTTOM: f64 = HEIGHT - 20.0;
/// The font size of a small drawing, whose units are about a pixel at every width.
const SMALL_FONT: f64 = 11.0;

/// A metric over time for many things, such as all teams.
#[derive(Debug, Clone, Default)]
pub struct Multiples<'a> {
    pub frame: Frame<'a>,
    pub unit: Unit,
    pub grain: Grain,
    /// Heading of the names in the data table, such as "Team".
    pub what: &'a str,
    pub lines: Vec<Line>,
    /// Whether the axis starts at zero; true for anything that is counted or lasts. A logarithmic axis cannot.
    pub from_zero: bool,
    /// Whether the axis is logarithmic; values of zero or less are gaps then.
    pub log: bool,
}

/// The axes that all drawings share.
struct Axes {
    time: TimeScale,
    value: Scale,
    left: f64,
    /// Places and texts of the lowest and the highest tick.
    rows: Vec<(f64, String)>,
}

impl Multiples<'_> {
    /// The figure, with its data as a table: one row a line, one column a period.
    pub fn render(&self) -> Markup {
        let days = self.days();
        let content = match self.axes(&days) {
            Some(axes) => self.drawings(&axes),
            None => self.frame.plot(&not_enough_data(HEIGHT, "no line has a value")),
        };
        self.frame.around(&content, &self.table(&days))
    }

    fn shown(&self) -> &[Line] {
        &self.lines[..self.lines.len().min(MOST_DRAWINGS)]
    }

    /// First days of all periods, in order.
    fn days(&self) -> Vec<NaiveDate> {
        let mut days: Vec<NaiveDate> =
            self.shown().iter().flat_map(|line| &line.points).map(|point| point.at).collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    fn drawn(&self, value: Option<f64>) -> Option<f64> {
        value.filter(|value| value.is_finite() && (!self.log || *value > 0.0))
    }

    fn axes(&self, days: &[NaiveDate]) -> Option<Axes> {
        let (first, last) = (*days.first()?, *days.last()?);
        let known = self.shown().iter().flat_map(|line| &line.points).filter_map(|point| self.drawn(point.value));
        let value = value_scale(known, &self.unit, self.from_zero, self.log, 4)?.between(BOTTOM, TOP);
        let (low, high) = value.domain();
        let text = |tick: f64| self.unit.tick(tick, if self.log { tick } else { value.step() });
        let rows = [low, high].map(|tick| (value.at(tick), text(tick))).to_vec();
        let left = rows.iter().map(|(_, text): &(f64, String)| small_width(text)).fold(0.0, f64::max) + 5.0;
        Some(Axes { time: TimeScale::new(first, last, left, RIGHT), value, left, rows })
    }

    fn drawings(&self, axes: &Axes) -> Markup {
        let left_out = self.lines.len() - self.shown().len();
        html! {
            ul class="multiples" { @for line in self.shown() { li {
                span { (isolated(&line.name)) }
                (self.small(line, axes))
            } } }
            p class="aside" {
                "All share one axis, from " (self.end(axes.value.domain().0)) " to " (self.end(axes.value.domain().1))
                @if self.log { ", log scale" } "; " (self.span(axes)) "."
                @if left_out > 0 { " " (left_out) " more are not drawn." }
            }
        }
    }

    fn end(&self, value: f64) -> String {
        self.unit.exact(value)
    }

    fn span(&self, axes: &Axes) -> String {
        let (first, last) = axes.time.ends();
        format!("{} to {}", self.grain.label(first), self.grain.label(last))
    }

    fn small(&self, line: &Line, axes: &Axes) -> Markup {
        let place = |value: Option<f64>, at| Some((axes.time.at(at), axes.value.at(self.drawn(value)?)));
        let places: Vec<Option<(f64, f64)>> = line.points.iter().map(|point| place(point.value, point.at)).collect();
        html! {
            svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(self.label(line)) {
                path class="grid" d={ @for (y, _) in &axes.rows { "M" (coordinate(axes.left)) "," (coordinate(*y)) "H" (RIGHT) } } {}
                g class="tick" text-anchor="end" { @for (y, text) in &axes.rows {
                    text x=(coordinate(axes.left - 4.0)) y=(coordinate(y + 4.0)) { (text) }
                } }
                (self.ends_of_time(axes))
                @match places.iter().flatten().next_back() {
                    Some((x, y)) => {
                        path class="line" d=(line_path(&places).text()) {}
                        circle class="dot" cx=(coordinate(*x)) cy=(coordinate(*y)) r="3" {}
                    }
                    None => text class="tick" x=(coordinate((axes.left + RIGHT) / 2.0)) y="36" text-anchor="middle" { "no data" },
                }
            }
        }
    }

    /// The first and the last period below the plot.
    fn ends_of_time(&self, axes: &Axes) -> Markup {
        let (first, last) = axes.time.ends();
        let (from, to) = (self.grain.short_label(first), self.grain.short_label(last));
        let both_fit = small_width(&from) + small_width(&to) + 6.0 < RIGHT - axes.left && first < last;
        html! { g class="tick" {
            text x=(coordinate(axes.left)) y=(HEIGHT - 4.0) { (from) }
            @if both_fit { text x=(WIDTH) y=(HEIGHT - 4.0) text-anchor="end" { (to) } }
        } }
    }

    fn label(&self, line: &Line) -> String {
        let known: Vec<f64> = line.points.iter().filter_map(|point| self.drawn(point.value)).collect();
        let name = isolated(&line.name);
        match (super::scale::extent(known.iter().copied()), known.last()) {
            (Some((low, high)), Some(last)) => {
                let [low, high, last] = [low, high, *last].map(|value| self.unit.value(value));
                format!("{name}: between {low} and {high}, last {last}")
            }
            _ => format!("{name}: no data"),
        }
    }

    fn table(&self, days: &[NaiveDate]) -> Table {
        let heads = days.iter().map(|day| self.grain.label(*day));
        let row = |line: &Line| {
            let values: BTreeMap<NaiveDate, Option<f64>> =
                line.points.iter().map(|point| (point.at, point.value)).collect();
            let cells = days.iter().map(|day| self.unit.optional(values.get(day).copied().flatten()));
            std::iter::once(line.name.clone()).chain(cells).collect()
        };
        Table {
            head: std::iter::once(self.what.to_owned()).chain(heads).collect(),
            rows: self.shown().iter().map(row).collect(),
        }
    }
}

fn small_width(text: &str) -> f64 {
    width(text) * SMALL_FONT / FONT
}
