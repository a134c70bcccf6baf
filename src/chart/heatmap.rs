//! Rows by periods, one cell each, its colour the value.
//!
//! The one rule: the legend is drawn from the cells' own classes, so that it says what light and dark mean in every
//! colour scheme; an unknown cell is an outline and has a legend entry of its own.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::Unit;
use super::axis::{Label, TICK_ROOM, labels_below, most_that_fit};
use super::figure::{Drawing, Frame, Hover, Table, WIDTH, not_enough_data};
use super::svg::{Path, coordinate};
use super::text::{SPACE, cut_name, ellipsised, width};
use super::time::{Grain, TimeScale};

const ROW: f64 = 24.0;
const GAP: f64 = 2.0;
const LEVELS: usize = 5;
/// A longer name is cut.
const NAME_ROOM: f64 = 180.0;
/// Share of the values at either end that the outermost colours take together: one outlier must not pale the rest.
const TAIL: f64 = 0.05;

/// A metric by row (a team, a repository) and period.
#[derive(Debug, Clone, Default)]
pub struct Heatmap<'a> {
    pub frame: Frame<'a>,
    pub unit: Unit,
    pub grain: Grain,
    /// Heading of the rows in the data table, such as "Team".
    pub what: &'a str,
    /// First days of the periods, in order.
    pub columns: Vec<NaiveDate>,
    pub rows: Vec<HeatRow>,
    /// What a low and a high value mean, such as ("faster", "slower").
    pub words: Option<(&'a str, &'a str)>,
}

/// One row; values beyond the columns are not drawn, missing ones are unknown.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatRow {
    pub name: String,
    pub values: Vec<Option<f64>>,
}

/// Where the colours change.
struct Levels {
    low: f64,
    high: f64,
    clipped: (bool, bool),
}

impl Levels {
    fn of(&self, value: f64) -> usize {
        // Halves keep the span of two huge values finite.
        let share = (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0);
        if share.is_nan() { LEVELS / 2 } else { ((share * LEVELS as f64).max(0.0) as usize).min(LEVELS - 1) }
    }
}

impl Heatmap<'_> {
    /// The figure, with its data as a table.
    pub fn render(&self) -> Markup {
        let known = self.rows.iter().flat_map(|row| self.cells(row)).flatten().collect();
        let drawing = match levels(known) {
            Some(levels) => self.drawing(&levels),
            None => not_enough_data(ROW * 3.0, "no cell has a value"),
        };
        self.frame.figure(&drawing, &self.table())
    }

    /// The row's values, as many as there are columns.
    fn cells(&self, row: &HeatRow) -> impl Iterator<Item = Option<f64>> {
        let values = row.values.iter().copied().chain(std::iter::repeat(None));
        values.take(self.columns.len()).map(|value| value.filter(|value| value.is_finite()))
    }

    fn drawing(&self, levels: &Levels) -> Drawing {
        let name_width = |row: &HeatRow| width(&ellipsised(&row.name, NAME_ROOM));
        let left = self.rows.iter().map(name_width).fold(0.0, f64::max) + SPACE;
        let cell = (WIDTH - left) / self.columns.len() as f64;
        let xs: Vec<f64> = (0..self.columns.len()).map(|i| left + (i as f64 + 0.5) * cell).collect();
        let ys: Vec<f64> = (0..self.rows.len()).map(|i| (i as f64 + 0.5) * ROW).collect();
        let bottom = self.rows.len() as f64 * ROW;
        let body = html! {
            g class="name" text-anchor="end" { @for (row, y) in self.rows.iter().zip(&ys) {
                text x=(coordinate(left - SPACE)) y=(coordinate(y + 5.0)) { (cut_name(&row.name, NAME_ROOM)) }
            } }
            (self.cell_paths(levels, left, cell))
            (labels_below(&most_that_fit(7, |most| self.ticks(&xs, most)), bottom - 2.0))
        };
        let legend = self.legend(levels);
        let summary = self.summary(levels);
        Drawing { height: bottom + TICK_ROOM, summary, hover: Hover::Grid(xs, ys), body, legend }
    }

    /// One path a colour instead of one element a cell, which is a tenth of the bytes.
    fn cell_paths(&self, levels: &Levels, left: f64, cell: f64) -> Markup {
        let mut paths: [Path; LEVELS] = Default::default();
        let mut unknown = Path::default();
        let gap = GAP.min(cell * 0.2);
        for (i, row) in self.rows.iter().enumerate() {
            for (j, value) in self.cells(row).enumerate() {
                let (x, y) = (left + j as f64 * cell + gap / 2.0, i as f64 * ROW + GAP / 2.0);
                match value {
                    Some(value) => paths[levels.of(value)].rectangle(x, y, cell - gap, ROW - GAP),
                    None => unknown.rectangle(x + 1.0, y + 1.0, (cell - gap - 2.0).max(0.5), ROW - GAP - 2.0),
                }
            }
        }
        html! {
            @for (level, path) in paths.iter().enumerate() {
                @if !path.is_empty() { path class={ "heat" (level) } d=(path.text()) {} }
            }
            @if !unknown.is_empty() { path class="unknown" d=(unknown.text()) {} }
        }
    }

    fn ticks(&self, xs: &[f64], most: usize) -> Vec<Label> {
        let (Some(first), Some(last)) = (self.columns.first(), self.columns.last()) else { return Vec::new() };
        let ticks = TimeScale::new(*first, *last, 0.0, 1.0).ticks(self.grain, most);
        let place = |(day, label): (NaiveDate, String)| {
            // The column whose period holds the day: a month's first day may lie within a week.
            let column = self.columns.partition_point(|start| *start <= day).checked_sub(1)?;
            Some((*xs.get(column)?, label))
        };
        ticks.into_iter().filter_map(place).collect()
    }

    fn legend(&self, levels: &Levels) -> Markup {
        let bound = |clipped: bool, sign: &str, value: f64| {
            if clipped { format!("{sign}\u{a0}{}", self.unit.value(value)) } else { self.unit.value(value) }
        };
        let (low_word, high_word) = self.words.unwrap_or(("low", "high"));
        let has_unknown = self.rows.iter().any(|row| self.cells(row).any(|value| value.is_none()));
        html! {
            ul class="legend" {
                li {
                    (low_word) " " b { (bound(levels.clipped.0, "≤", levels.low)) } " "
                    span class="keys" { @for level in 0..LEVELS { i class={ "key heat" (level) } {} } } " "
                    b { (bound(levels.clipped.1, "≥", levels.high)) } " " (high_word)
                }
                @if has_unknown { li { i class="key unknown" {} "no data" } }
            }
        }
    }

    fn summary(&self, levels: &Levels) -> String {
        let unknown = self.rows.iter().flat_map(|row| self.cells(row)).filter(Option::is_none).count();
        let most =
            format!("most values lie between {} and {}", self.unit.value(levels.low), self.unit.value(levels.high));
        format!("{} rows by {} periods; {most}; {unknown} cells without data.", self.rows.len(), self.columns.len())
    }

    fn table(&self) -> Table {
        let heads = self.columns.iter().map(|day| self.grain.label(*day));
        let row = |row: &HeatRow| {
            let cells = self.cells(row).map(|value| self.unit.optional(value));
            std::iter::once(row.name.clone()).chain(cells).collect()
        };
        Table {
            head: std::iter::once(self.what.to_owned()).chain(heads).collect(),
            rows: self.rows.iter().map(row).collect(),
        }
    }
}

fn levels(mut known: Vec<f64>) -> Option<Levels> {
    known.sort_by(f64::total_cmp);
    let (first, last) = (*known.first()?, *known.last()?);
    let tail = (known.len() as f64 * TAIL) as usize;
    let (low, high) = (known[tail], known[known.len() - 1 - tail]);
    Some(Levels { low, high, clipped: (first < low, last > high) })
}
