//! What happened while a metric changed: experiments, releases.
//!
//! The one rule: no label covers another. What does not fit in a few rows becomes numbers that a list below explains.

use chrono::{Days, NaiveDate};
use maud::{Markup, html};

use crate::chart::figure::WIDTH;
use crate::chart::svg::{Path, coordinate};
use crate::chart::text::{LINE, SPACE, cut_name, ellipsised, isolated, width};
use crate::chart::time::{Grain, TimeScale};

/// More rows than these would leave too little of the plot.
const MOST_ROWS: usize = 3;
const LABEL_ROOM: f64 = 290.0;
/// From a marker to its label.
const BESIDE: f64 = 5.0;
/// How many labels a summary repeats.
const TOLD: usize = 12;

/// Something that happened and may explain a change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Annotation {
    pub from: NaiveDate,
    /// The last day that is still part of it, where it lasted.
    pub to: Option<NaiveDate>,
    pub label: String,
}

/// The annotations on an axis, with their places.
pub(super) struct Notes {
    shown: Vec<Annotation>,
    markers: Vec<Marker>,
    labels: Vec<Label>,
    rows: usize,
    first_baseline: f64,
    is_numbered: bool,
}

struct Marker {
    /// Where it begins; the start of the axis if it began before.
    from: f64,
    /// Where it ends, if it lasted.
    to: Option<f64>,
    /// Whether it began on the axis.
    begins: bool,
    row: usize,
}

struct Label {
    x: f64,
    anchor: Option<&'static str>,
    row: usize,
    text: String,
}

impl Notes {
    /// The annotations that reach into the axis, whose last period lasts as long as its grain.
    pub(super) fn new(annotations: &[Annotation], time: &TimeScale, grain: Grain, first_baseline: f64) -> Notes {
        let (first, last) = time.ends();
        let reaches_in = |note: &&Annotation| note.last_day() >= first && note.first_day() <= grain.last_day(last);
        let mut shown: Vec<Annotation> = annotations.iter().filter(reaches_in).cloned().collect();
        shown.sort();
        let mut markers: Vec<Marker> = shown.iter().map(|note| marker(note, time)).collect();
        let mut labels = labels_in_rows(&shown, &mut markers);
        let is_numbered = labels.iter().any(|label| label.row >= MOST_ROWS);
        if is_numbered {
            labels = numbers(&markers);
            markers.iter_mut().for_each(|marker| marker.row = 0);
        }
        let rows = labels.iter().map(|label| label.row + 1).max().unwrap_or(0);
        Notes { shown, markers, labels, rows, first_baseline, is_numbered }
    }

    /// The room above the plot that the labels need.
    pub(super) fn height(&self) -> f64 {
        self.rows as f64 * LINE
    }

    fn baseline(&self, row: usize) -> f64 {
        self.first_baseline + row as f64 * LINE
    }

    /// What lasted, as light areas.
    pub(super) fn bands(&self, bottom: f64) -> Markup {
        let mut path = Path::default();
        for marker in &self.markers {
            if let Some(to) = marker.to {
                let top = self.baseline(marker.row) - LINE / 2.0;
                path.rectangle(marker.from, top, (to - marker.from).max(2.0).min(WIDTH - marker.from), bottom - top);
            }
        }
        html! { @if !path.is_empty() { path class="stretch" d=(path.text()) {} } }
    }

    /// A line where each began, and the labels.
    pub(super) fn markers(&self, bottom: f64) -> Markup {
        html! {
            @for marker in self.markers.iter().filter(|marker| marker.begins) {
                @let top = self.baseline(marker.row) - LINE / 2.0;
                path class="note" d=(format!("M{},{}V{}", coordinate(marker.from), coordinate(top), coordinate(bottom))) {}
            }
            @for label in &self.labels {
                text class="note halo" x=(coordinate(label.x)) y=(coordinate(self.baseline(label.row))) text-anchor=[label.anchor] {
                    @if self.is_numbered { (label.text) } @else { (cut_name(&label.text, LABEL_ROOM)) }
                }
            }
        }
    }

    /// What the numbers mean.
    pub(super) fn list(&self) -> Markup {
        html! { @if self.is_numbered { ol class="notes" { @for note in &self.shown { li { (note.words()) } } } } }
    }

    /// The annotations for those who cannot see them.
    pub(super) fn sentence(&self) -> String {
        if self.is_numbered {
            return format!(" {} marks are listed below.", self.shown.len());
        }
        let words: Vec<String> = self.shown.iter().take(TOLD).map(Annotation::words).collect();
        if words.is_empty() { String::new() } else { format!(" Marked: {}.", words.join("; ")) }
    }
}

impl Annotation {
    fn first_day(&self) -> NaiveDate {
        self.to.map_or(self.from, |to| to.min(self.from))
    }

    fn last_day(&self) -> NaiveDate {
        self.to.map_or(self.from, |to| to.max(self.from))
    }

    /// "Review assistant, 3 Aug 2026 to 16 Aug 2026".
    fn words(&self) -> String {
        // A date is not broken over two lines of the list.
        let day = |day: NaiveDate| Grain::Day.label(day).replace(' ', "\u{a0}");
        let first = day(self.first_day());
        let to = self.to.map(|_| format!(" to {}", day(self.last_day()))).unwrap_or_default();
        format!("{}, {first}{to}", isolated(&self.label))
    }
}

fn marker(note: &Annotation, time: &TimeScale) -> Marker {
    let day_after = note.last_day().checked_add_days(Days::new(1)).unwrap_or(note.last_day());
    Marker {
        from: time.at(note.first_day()),
        to: note.to.map(|_| time.at(day_after)),
        begins: note.first_day() >= time.ends().0,
        row: 0,
    }
}

/// Labels beside their markers, each in the first row where it has room.
fn labels_in_rows(shown: &[Annotation], markers: &mut [Marker]) -> Vec<Label> {
    let mut row_ends: Vec<f64> = Vec::new();
    let mut labels = Vec::with_capacity(shown.len());
    for (note, marker) in shown.iter().zip(markers) {
        let (x, room) = (marker.from, width(&ellipsised(&note.label, LABEL_ROOM)));
        let is_before = x + BESIDE + room > WIDTH;
        let (at, start) = if is_before { (x - BESIDE, x - BESIDE - room) } else { (x + BESIDE, x + BESIDE) };
        let row = row_ends.iter().position(|end| *end <= start).unwrap_or(row_ends.len());
        row_ends.resize(row_ends.len().max(row + 1), 0.0);
        row_ends[row] = start + room + SPACE;
        marker.row = row;
        labels.push(Label { x: at, anchor: is_before.then_some("end"), row, text: note.label.clone() });
    }
    labels
}

/// A run of numbers that share one label, as each by itself would cover the next.
struct Flag {
    numbers: (usize, usize),
    places: (f64, f64),
}

impl Flag {
    fn text(&self) -> String {
        let (first, last) = self.numbers;
        if first == last { first.to_string() } else { format!("{first}–{last}") }
    }

    /// Middle of the text.
    fn x(&self) -> f64 {
        let half = width(&self.text()) / 2.0;
        ((self.places.0 + self.places.1) / 2.0).min(WIDTH - half).max(half)
    }

    fn covers(&self, next: &Flag) -> bool {
        self.x() + width(&self.text()) / 2.0 + SPACE > next.x() - width(&next.text()) / 2.0
    }
}

/// Numbers above the markers, counted in order of time.
fn numbers(markers: &[Marker]) -> Vec<Label> {
    let mut flags: Vec<Flag> = Vec::new();
    for (i, marker) in markers.iter().enumerate() {
        let mut flag = Flag { numbers: (i + 1, i + 1), places: (marker.from, marker.from) };
        while let Some(before) = flags.pop_if(|before| before.covers(&flag)) {
            flag.numbers.0 = before.numbers.0;
            flag.places.0 = before.places.0;
        }
        flags.push(flag);
    }
    let label = |flag: Flag| Label { x: flag.x(), anchor: Some("middle"), row: 0, text: flag.text() };
    flags.into_iter().map(label).collect()
}
