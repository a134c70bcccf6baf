//! A line over time with an optional band, target and annotations.
//!
//! The one rule: a missing value is a gap in line and band. Fewer than two values are "not enough data", not a line.

use chrono::NaiveDate;
use maud::{Markup, html};

use super::Unit;
use super::figure::{Drawing, Frame, Hover, TICK_ROOM, Table, WIDTH};
use super::figure::{column_labels, grid_rows, label_room, not_enough_data, tick_labels};
use super::number::{MISSING, count};
use super::scale::{Scale, extent};
use super::svg::{Path, coordinate, text_width};
use super::time::{Grain, TimeScale};
use super::words::capitalised;

const HEIGHT: f64 = 260.0;
const RIGHT: f64 = WIDTH - 22.0;
const BOTTOM: f64 = HEIGHT - TICK_ROOM;
const ANNOTATION_ROW: f64 = 22.0;

/// A metric over time.
#[derive(Debug, Clone, Default)]
pub struct Trend<'a> {
    pub frame: Frame<'a>,
    pub unit: Unit,
    pub grain: Grain,
    /// In order of time, one for every period of the axis, also where the value is not known.
    pub points: Vec<Point>,
    /// What the band from `low` to `high` is, such as "middle half" or "95 % interval".
    pub band: Option<&'a str>,
    pub target: Option<f64>,
    pub annotations: Vec<Annotation>,
    /// Whether the axis starts at zero; true for anything that is counted or lasts.
    pub from_zero: bool,
}

/// One period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// First day of the period.
    pub at: NaiveDate,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// How many facts are behind the value.
    pub n: Option<u64>,
}

/// Something that happened and may explain a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    pub at: NaiveDate,
    pub label: String,
}

struct Axes {
    time: TimeScale,
    value: Scale,
    labels: Vec<(f64, String)>,
    left: f64,
    notes: Vec<Note>,
}

/// An annotation with its place; those that would collide stand in different rows.
struct Note {
    x: f64,
    row: usize,
    before: bool,
    label: String,
}

impl Trend<'_> {
    /// The figure, with its data as a table.
    pub fn render(&self) -> Markup {
        let known: Vec<&Point> = self.points.iter().filter(|point| finite(point.value).is_some()).collect();
        let drawing = match (self.axes(), known.as_slice()) {
            (Some(axes), [_, .., last]) => self.drawing(&axes, last),
            _ => not_enough_data(HEIGHT / 2.0, &format!("{} of {} values known", known.len(), self.points.len())),
        };
        self.frame.figure(drawing, &self.table())
    }

    fn axes(&self) -> Option<Axes> {
        let (first, last) = (self.points.first()?.at, self.points.last()?.at);
        let all = self.points.iter().flat_map(|point| [point.value, point.low, point.high]).chain([self.target]);
        let zero = self.from_zero.then_some(0.0);
        let (low, high) = extent(all.flatten().chain(zero))?;
        let value = Scale::nice(low, high, 4);
        // A tick between two things that are counted means nothing.
        let value = if self.unit == Unit::Count && value.step() < 1.0 { value.with_step(1.0) } else { value };
        let labels = tick_labels(&value, &self.unit);
        let left = label_room(&labels);
        let time = TimeScale::new(first, last, left, RIGHT);
        let notes = placed_notes(&self.annotations, &time);
        let rows = notes.iter().map(|note| note.row + 1).max().unwrap_or(0);
        let top = 14.0 + rows as f64 * ANNOTATION_ROW;
        Some(Axes { time, value: value.between(BOTTOM, top), labels, left, notes })
    }

    fn drawing(&self, axes: &Axes, last: &Point) -> Drawing {
        let place = |point: &Point| Some((axes.time.at(point.at), axes.value.at(finite(point.value)?)));
        let places: Vec<Option<(f64, f64)>> = self.points.iter().map(place).collect();
        let mut line = Path::default();
        places.split(Option::is_none).for_each(|run| line.line(&run.iter().copied().flatten().collect::<Vec<_>>()));
        let ticks = axes
            .time
            .ticks(self.grain, 8)
            .into_iter()
            .map(|(day, label)| (axes.time.at(day), label))
            .collect::<Vec<_>>();
        let band = self.band_path(axes);
        let end = place(last);
        let body = html! {
            @if !band.is_empty() { path class="band" d=(band.text()) {} }
            (grid_rows(&axes.value, &axes.labels, axes.left, RIGHT))
            (column_labels(&ticks, BOTTOM))
            (notes(axes))
            path class="line" d=(line.text()) {}
            @if let Some((x, y)) = end { circle class="dot" cx=(coordinate(x)) cy=(coordinate(y)) r="4" {} }
            @if let Some(target) = self.target { (self.target_line(axes, target, last)) }
        };
        let xs = self.points.iter().map(|point| axes.time.at(point.at)).collect();
        let ys = places.iter().map(|place| place.map(|(_, y)| y)).collect();
        Drawing { height: HEIGHT, summary: self.summary(last), hover: Hover::Across(xs, ys), body, legend: html! {} }
    }

    fn band_path(&self, axes: &Axes) -> Path {
        let mut path = Path::default();
        if self.band.is_none() {
            return path;
        }
        let bounds = |point: &Point| Some((axes.time.at(point.at), finite(point.low)?, finite(point.high)?));
        let all: Vec<Option<(f64, f64, f64)>> = self.points.iter().map(bounds).collect();
        for run in all.split(Option::is_none).filter(|run| !run.is_empty()) {
            let upper = run.iter().flatten().map(|(x, _, high)| (*x, axes.value.at(*high)));
            let lower = run.iter().flatten().rev().map(|(x, low, _)| (*x, axes.value.at(*low)));
            path.area(&upper.chain(lower).collect::<Vec<_>>());
        }
        path
    }

    /// The label stands on the side of the target where the line does not end.
    fn target_line(&self, axes: &Axes, target: f64, last: &Point) -> Markup {
        let y = axes.value.at(target);
        let below = last.value.is_some_and(|value| value >= target) && y + 20.0 < BOTTOM;
        let label_y = coordinate(if below { y + 15.0 } else { y - 6.0 });
        html! {
            path class="target" d=(format!("M{},{}H{RIGHT}", coordinate(axes.left), coordinate(y))) {}
            text class="target halo" x=(RIGHT) y=(label_y) text-anchor="end" {
                "target " (self.unit.exact(target))
            }
        }
    }

    fn summary(&self, last: &Point) -> String {
        let values = self.points.iter().filter_map(|point| finite(point.value));
        let missing = self.points.iter().filter(|point| finite(point.value).is_none()).count();
        let range = extent(values).map_or_else(String::new, |(low, high)| {
            format!("between {} and {}", self.unit.value(low), self.unit.value(high))
        });
        let from = self.points.first().map_or_else(String::new, |point| self.grain.label(point.at));
        let (to, latest) = (self.grain.label(last.at), self.unit.optional(last.value));
        let gaps = if missing > 0 {
            format!("; {missing} of {} periods have no value", self.points.len())
        } else {
            String::new()
        };
        format!("From {from} to {to}: {range}, last {latest}{gaps}.")
    }

    fn table(&self) -> Table {
        let with_n = self.points.iter().any(|point| point.n.is_some());
        let mut head = vec!["Period".to_owned(), "Value".to_owned()];
        head.extend(self.band.into_iter().map(capitalised));
        head.extend(with_n.then(|| "n".to_owned()));
        let row = |point: &Point| {
            let mut cells = vec![self.grain.label(point.at), self.unit.optional(point.value)];
            cells.extend(self.band.map(|_| match (finite(point.low), finite(point.high)) {
                (Some(low), Some(high)) => format!("{} to {}", self.unit.number(low), self.unit.value(high)),
                _ => MISSING.to_owned(),
            }));
            cells.extend(with_n.then(|| point.n.map_or_else(|| MISSING.to_owned(), count)));
            cells
        };
        Table { head, rows: self.points.iter().map(row).collect() }
    }
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

fn placed_notes(annotations: &[Annotation], time: &TimeScale) -> Vec<Note> {
    let mut row_ends: Vec<f64> = Vec::new();
    let mut sorted: Vec<&Annotation> = annotations.iter().filter(|note| time.contains(note.at)).collect();
    sorted.sort_by_key(|note| note.at);
    let place = |note: &Annotation| {
        let label = super::svg::ellipsised(&note.label, 28);
        let (x, width) = (time.at(note.at), text_width(&label));
        let before = x + width > WIDTH;
        let start = if before { x - width } else { x };
        let row = row_ends.iter().position(|end| *end <= start).unwrap_or(row_ends.len());
        row_ends.resize(row_ends.len().max(row + 1), 0.0);
        row_ends[row] = start + width + 8.0;
        Note { x, row, before, label }
    };
    sorted.into_iter().map(place).collect()
}

fn notes(axes: &Axes) -> Markup {
    html! { @for note in &axes.notes {
        @let y = 16.0 + note.row as f64 * ANNOTATION_ROW;
        path class="note" d=(format!("M{},{}V{BOTTOM}", coordinate(note.x), coordinate(y - 10.0))) {}
        text class="note halo" x=(coordinate(note.x + if note.before { -5.0 } else { 5.0 })) y=(coordinate(y))
            text-anchor=[note.before.then_some("end")] { (note.label) }
    } }
}
