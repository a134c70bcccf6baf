//! One to four lines over time, with an optional band, target and annotations.
//!
//! The one rule: a missing value is a gap in line and band. Fewer than two values are "not enough data", not a line.

mod ends;
mod notes;
mod words;

use chrono::NaiveDate;
use maud::{Markup, html};

pub use notes::Annotation;

use super::axis::{
    TICK_ROOM, TITLE_BASELINE, grid_rows, is_short, label_room, labels_below, most_that_fit, row_labels, row_title,
    unit_words,
};
use super::figure::{Drawing, Frame, Hover, WIDTH, not_enough_data};
use super::multiples::Multiples;
use super::scale::{Scale, extent};
use super::svg::{Path, coordinate};
use super::text::{ASCENT, LINE};
use super::time::{Grain, TimeScale};
use super::{Line, Unit};
use notes::Notes;

/// More lines than this are told apart by nobody; each gets a drawing of its own.
pub const MOST_LINES: usize = 4;
const HEIGHT: f64 = 260.0;
const BOTTOM: f64 = HEIGHT - TICK_ROOM;
/// Above the plot: half a tick label.
const TOP: f64 = 14.0;
/// Right of the plot: half a period's label.
const MARGIN: f64 = 22.0;

/// A metric over time, of one thing or of a few side by side.
#[derive(Debug, Clone, Default)]
pub struct Trend<'a> {
    pub frame: Frame<'a>,
    pub unit: Unit,
    pub grain: Grain,
    /// More than [`MOST_LINES`] become [`Multiples`], without band, target and annotations.
    pub lines: Vec<Line>,
    /// What the band from `low` to `high` is, such as "middle half" or "95 % interval"; drawn for a single line.
    pub band: Option<&'a str>,
    pub target: Option<f64>,
    pub annotations: Vec<Annotation>,
    /// Whether the axis starts at zero; true for anything that is counted or lasts. A logarithmic axis cannot.
    pub from_zero: bool,
    /// Whether the axis is logarithmic; values of zero or less are gaps then, and their number is told.
    pub log: bool,
}

struct Axes {
    time: TimeScale,
    value: Scale,
    left: f64,
    right: f64,
    top: f64,
    /// A line of words above everything: a long unit, a logarithm.
    words: Option<String>,
    notes: Notes,
}

impl Trend<'_> {
    /// The figure, with its data as a table.
    pub fn render(&self) -> Markup {
        if self.lines.len() > MOST_LINES {
            return self.multiples().render();
        }
        let drawing = match self.axes() {
            Some(axes) if self.lines.iter().any(|line| self.drawn(line).flatten().count() > 1) => self.drawing(&axes),
            _ => not_enough_data(HEIGHT / 2.0, &self.known_of_all()),
        };
        self.frame.figure(&drawing, &self.table())
    }

    fn multiples(&self) -> Multiples<'_> {
        let (unit, lines) = (self.unit.clone(), self.lines.clone());
        let Trend { frame, grain, from_zero, log, .. } = *self;
        Multiples { frame, unit, grain, what: "Line", lines, from_zero, log }
    }

    /// What a value of the axis may be.
    fn is_drawn(&self, value: f64) -> bool {
        value.is_finite() && (!self.log || value > 0.0)
    }

    /// The line's values, `None` where there is a gap.
    fn drawn<'t>(&'t self, line: &'t Line) -> impl Iterator<Item = Option<f64>> + 't {
        line.points.iter().map(|point| point.value.filter(|value| self.is_drawn(*value)))
    }

    fn days(&self) -> impl Iterator<Item = NaiveDate> + '_ {
        self.lines.iter().flat_map(|line| &line.points).map(|point| point.at)
    }

    fn is_single(&self) -> bool {
        self.lines.len() == 1
    }

    fn axes(&self) -> Option<Axes> {
        let (first, last) = (self.days().min()?, self.days().max()?);
        let value = self.value_scale()?;
        let left = label_room(&value, &self.unit);
        let right = WIDTH - if self.is_single() { MARGIN } else { ends::room(&self.lines) };
        let time = TimeScale::new(first, last, left, right);
        let words = unit_words(&self.unit, self.log);
        let line_of_words = if words.is_some() { LINE } else { 0.0 };
        let notes = Notes::new(&self.annotations, &time, self.grain, TITLE_BASELINE + line_of_words);
        let top = TOP + line_of_words + notes.height();
        Some(Axes { time, value: value.between(BOTTOM, top), left, right, top, words, notes })
    }

    fn value_scale(&self) -> Option<Scale> {
        let values = self.lines.iter().flat_map(|line| &line.points).flat_map(|point| {
            let band = if self.has_band() { [point.low, point.high] } else { [None, None] };
            band.into_iter().chain([point.value])
        });
        let known = values.chain([self.target]).flatten().filter(|value| self.is_drawn(*value));
        value_scale(known, &self.unit, self.from_zero, self.log, 4)
    }

    fn has_band(&self) -> bool {
        self.band.is_some() && self.is_single()
    }

    fn drawing(&self, axes: &Axes) -> Drawing {
        let ticks = most_that_fit(8, |most| {
            let ticks = axes.time.ticks(self.grain, most).into_iter();
            ticks.map(|(day, label)| (axes.time.at(day), label)).collect()
        });
        let band = self.band_path(axes);
        let body = html! {
            @if !band.is_empty() { path class="band" d=(band.text()) {} }
            (axes.notes.bands(BOTTOM))
            (grid_rows(&row_labels(&axes.value, &self.unit), axes.left, axes.right))
            (labels_below(&ticks, BOTTOM))
            @if let Some(words) = &axes.words { (row_title(words)) }
            (axes.notes.markers(BOTTOM))
            (self.line_paths(axes))
            @if let Some(target) = self.target.filter(|target| self.is_drawn(*target)) { (self.target_line(axes, target)) }
        };
        let legend = html! {
            @if !self.is_single() { (ends::legend(&self.lines, |line| self.drawn(line).flatten().next().is_some())) }
            @if let Some(words) = self.left_out() { p class="aside" { (words) } }
            (axes.notes.list())
        };
        Drawing { height: HEIGHT, summary: self.summary(&axes.notes), hover: self.hover(axes), body, legend }
    }

    fn line_paths(&self, axes: &Axes) -> Markup {
        let places: Vec<Vec<Option<(f64, f64)>>> = self.lines.iter().map(|line| self.places(line, axes)).collect();
        html! {
            @for (i, places) in places.iter().enumerate() {
                path class=(ends::class("line", i)) d=(line_path(places).text()) {}
            }
            @if self.is_single() {
                @if let Some((x, y)) = places.iter().flatten().flatten().last() {
                    circle class="dot" cx=(coordinate(*x)) cy=(coordinate(*y)) r="4" {}
                }
            } @else { (ends::labels(&self.lines, &places, axes.right, (axes.top, BOTTOM))) }
        }
    }

    fn places(&self, line: &Line, axes: &Axes) -> Vec<Option<(f64, f64)>> {
        let place = |(at, value): (NaiveDate, Option<f64>)| Some((axes.time.at(at), axes.value.at(value?)));
        line.points.iter().map(|point| point.at).zip(self.drawn(line)).map(place).collect()
    }

    /// One line rings its point; of several none would say more than the crosshair.
    fn hover(&self, axes: &Axes) -> Hover {
        let rows = self.periods();
        let xs = rows.iter().map(|day| axes.time.at(*day)).collect();
        let ys = match self.lines.as_slice() {
            [line] => self.places(line, axes).into_iter().map(|place| place.map(|(_, y)| y)).collect(),
            _ => vec![None; rows.len()],
        };
        Hover::Across(xs, ys)
    }

    fn band_path(&self, axes: &Axes) -> Path {
        let mut path = Path::default();
        let line = self.lines.first().filter(|_| self.has_band());
        let points = line.into_iter().flat_map(|line| line.points.iter().zip(self.drawn(line)));
        let bounds = points.map(|(point, value)| {
            let finite = |bound: Option<f64>| bound.filter(|bound| bound.is_finite());
            value.and(Some((axes.time.at(point.at), finite(point.low)?, finite(point.high)?)))
        });
        let all: Vec<Option<(f64, f64, f64)>> = bounds.collect();
        for run in all.split(Option::is_none).filter(|run| !run.is_empty()) {
            let upper = run.iter().flatten().map(|(x, _, high)| (*x, axes.value.at(*high)));
            let lower = run.iter().flatten().rev().map(|(x, low, _)| (*x, axes.value.at(*low)));
            path.area(&upper.chain(lower).collect::<Vec<_>>());
        }
        path
    }

    /// The label stands on the side of the target where the line does not end, as far as there is room.
    fn target_line(&self, axes: &Axes, target: f64) -> Markup {
        let y = axes.value.at(target);
        let last = self.lines.first().and_then(|line| self.drawn(line).flatten().last());
        let fits = (y - 6.0 - ASCENT > axes.top - TOP, y + LINE <= BOTTOM);
        let below = fits.1 && (!fits.0 || last.is_some_and(|value| value >= target));
        let number = if is_short(&self.unit) { self.unit.exact(target) } else { self.unit.exact_number(target) };
        html! {
            path class="target" d=(format!("M{},{}H{}", coordinate(axes.left), coordinate(y), coordinate(axes.right))) {}
            text class="target halo" x=(coordinate(axes.right)) y=(coordinate(if below { y + 18.0 } else { y - 6.0 })) text-anchor="end" {
                "target " (number)
            }
        }
    }
}

/// The axis of values: round at both ends, none where nothing is known.
pub(super) fn value_scale(
    known: impl Iterator<Item = f64>,
    unit: &Unit,
    from_zero: bool,
    log: bool,
    about_ticks: usize,
) -> Option<Scale> {
    let (low, high) = extent(known)?;
    if log {
        return Some(Scale::nice_log(low, high));
    }
    let (low, high) = if from_zero { (low.min(0.0), high.max(0.0)) } else { (low, high) };
    let scale = Scale::nice(low, high, about_ticks);
    // A tick between two things that are counted means nothing.
    Some(if *unit == Unit::Count && scale.step() < 1.0 { scale.with_step(1.0) } else { scale })
}

/// The line through the places, in pieces where some are missing.
pub(super) fn line_path(places: &[Option<(f64, f64)>]) -> Path {
    let mut line = Path::default();
    places.split(Option::is_none).for_each(|run| line.line(&run.iter().copied().flatten().collect::<Vec<_>>()));
    line
}
