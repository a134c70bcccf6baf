//! What all figures have around their drawing: caption, summary, data table.
//!
//! The one rule: no figure without its data as a table and a sentence for those who cannot see it.

use maud::{Markup, html};

use super::number::MISSING;
use super::svg::{coordinate, coordinates};
use super::text::isolated;

/// Width of a figure's drawing, in its own units.
pub(super) const WIDTH: f64 = 640.0;

/// The words around a figure.
#[derive(Debug, Clone, Copy, Default)]
pub struct Frame<'a> {
    /// Unique within the page; letters, digits and hyphens.
    pub id: &'a str,
    /// A few words, such as the metric's title.
    pub title: &'a str,
    /// A sentence that says what is drawn, with the unit.
    pub about: &'a str,
}

/// A drawing before it is framed.
pub(super) struct Drawing {
    pub(super) height: f64,
    /// A sentence for screen readers: the range and the last value.
    pub(super) summary: String,
    pub(super) hover: Hover,
    pub(super) body: Markup,
    /// Keys and notes below the drawing, as HTML so that they wrap on narrow screens.
    pub(super) legend: Markup,
}

/// How a pointer's place is matched to a row (or a cell) of the data table.
pub(super) enum Hover {
    Nothing,
    /// The nearest x; one row a point. A missing y is an empty word.
    Across(Vec<f64>, Vec<Option<f64>>),
    /// The nearest y; one row a bar.
    Down(Vec<f64>),
    /// The nearest of the points.
    Near(Vec<f64>, Vec<f64>),
    /// The column by x, the row by y.
    Grid(Vec<f64>, Vec<f64>),
}

/// The data behind a figure, already formatted. The first cell of a row names it.
pub(super) struct Table {
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Frame<'_> {
    pub(super) fn figure(&self, drawing: &Drawing, table: &Table) -> Markup {
        self.around(&self.plot(drawing), table)
    }

    pub(super) fn plot(&self, drawing: &Drawing) -> Markup {
        html! { div class="plot" { (self.svg(drawing)) } (drawing.legend) }
    }

    /// Caption and data around a content of any kind.
    pub(super) fn around(&self, content: &Markup, table: &Table) -> Markup {
        html! {
            figure class="chart" id=(self.id) {
                figcaption { strong { (self.title) } @if !self.about.is_empty() { " " span { (self.about) } } }
                (content)
                @if !table.rows.is_empty() { (self.details(table)) }
            }
        }
    }

    fn svg(&self, drawing: &Drawing) -> Markup {
        let (title_id, summary_id) = (format!("{}-t", self.id), format!("{}-d", self.id));
        let (kind, xs, ys) = drawing.hover.attributes();
        html! {
            svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDTH) " " (coordinate(drawing.height)) }
                role="img" aria-labelledby={ (title_id) " " (summary_id) }
                data-hover=[kind] data-x=[xs] data-y=[ys] {
                title id=(title_id) { (self.title) }
                desc id=(summary_id) { (drawing.summary) }
                (drawing.body)
            }
        }
    }

    fn details(&self, table: &Table) -> Markup {
        html! {
            details {
                summary { "Data" span class="sr" { ": " (self.title) } }
                div class="scroll" tabindex="0" role="region" aria-label={ "Data: " (self.title) } {
                    table {
                        thead { tr { @for (i, head) in table.head.iter().enumerate() {
                            th scope="col" class=[(i > 0).then_some("num")] { (isolated(head)) }
                        } } }
                        tbody { @for row in &table.rows { tr { @for (i, cell) in row.iter().enumerate() {
                            @if i == 0 { th scope="row" { (isolated(cell)) } } @else { td class="num" { (isolated(cell)) } }
                        } } } }
                    }
                }
            }
        }
    }
}

impl Hover {
    fn attributes(&self) -> (Option<&'static str>, Option<String>, Option<String>) {
        match self {
            Hover::Nothing => (None, None, None),
            Hover::Across(xs, ys) => (Some("x"), joined(xs), Some(with_gaps(ys))),
            Hover::Down(ys) => (Some("y"), None, joined(ys)),
            Hover::Near(xs, ys) => (Some("xy"), joined(xs), joined(ys)),
            Hover::Grid(xs, ys) => (Some("grid"), joined(xs), joined(ys)),
        }
    }
}

fn joined(places: &[f64]) -> Option<String> {
    Some(coordinates(places.iter().copied()))
}

fn with_gaps(places: &[Option<f64>]) -> String {
    places.iter().map(|place| place.map_or_else(|| MISSING.to_owned(), coordinate)).collect::<Vec<_>>().join(" ")
}

/// A drawing that says there is too little to draw.
pub(super) fn not_enough_data(height: f64, have: &str) -> Drawing {
    let body = html! {
        text class="tick" x=(WIDTH / 2.0) y=(coordinate(height / 2.0 + 5.0)) text-anchor="middle" { "not enough data" }
    };
    Drawing { height, summary: format!("Not enough data: {have}."), hover: Hover::Nothing, body, legend: html! {} }
}
