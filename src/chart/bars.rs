//! Named amounts as horizontal bars.
//!
//! The one rule: bars start at zero, as their length is what is compared. Names stand above their bars, where a long
//! one has room at every width.

use maud::{Markup, html};

use super::Unit;
use super::figure::{Drawing, Frame, Hover, Table, WIDTH, not_enough_data};
use super::number::{MISSING, count};
use super::scale::Scale;
use super::svg::{Path, coordinate, ellipsised};

const ROW: f64 = 42.0;
const BAR: f64 = 10.0;
const LONGEST_NAME: usize = 44;

/// Named amounts, drawn in the order given.
#[derive(Debug, Clone, Default)]
pub struct Bars<'a> {
    pub frame: Frame<'a>,
    /// Heading of the names in the data table, such as "Team".
    pub what: &'a str,
    pub unit: Unit,
    pub bars: Vec<Bar>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    pub name: String,
    pub value: Option<f64>,
    /// How many facts are behind the value.
    pub n: Option<u64>,
}

impl Bars<'_> {
    /// The figure, with its data as a table.
    pub fn render(&self) -> Markup {
        let values: Vec<f64> = self.bars.iter().filter_map(|bar| bar.value).filter(|value| value.is_finite()).collect();
        let drawing = if values.is_empty() {
            not_enough_data(ROW * 2.0, "no bar has a value")
        } else {
            let low = values.iter().copied().fold(0.0, f64::min);
            let high = values.iter().copied().fold(0.0, f64::max);
            self.drawing(&Scale::linear(low, high, 4).between(0.0, WIDTH))
        };
        self.frame.figure(drawing, &self.table())
    }

    fn drawing(&self, scale: &Scale) -> Drawing {
        let height = self.bars.len() as f64 * ROW;
        let zero = scale.at(0.0);
        let mut filled = Path::default();
        for (i, bar) in self.bars.iter().enumerate() {
            if let Some(value) = bar.value.filter(|value| value.is_finite()) {
                let end = scale.at(value);
                filled.rectangle(zero.min(end), bar_top(i), (end - zero).abs().max(1.0), BAR);
            }
        }
        let body = html! {
            path class="track" d=(self.tracks()) {}
            path class="bar" d=(filled.text()) {}
            @for (i, bar) in self.bars.iter().enumerate() { (self.labels(i, bar)) }
        };
        let middles = (0..self.bars.len()).map(|i| bar_top(i) + BAR / 2.0).collect();
        Drawing { height, summary: self.summary(), hover: Hover::Down(middles), body, legend: html! {} }
    }

    fn tracks(&self) -> String {
        let mut tracks = Path::default();
        (0..self.bars.len()).for_each(|i| tracks.rectangle(0.0, bar_top(i), WIDTH, BAR));
        tracks.text().to_owned()
    }

    fn labels(&self, i: usize, bar: &Bar) -> Markup {
        let y = coordinate(bar_top(i) - 6.0);
        let name = ellipsised(&bar.name, LONGEST_NAME);
        let cut = name != bar.name;
        html! {
            text class="name" y=(y) { @if cut { title { (bar.name) } } (name) }
            text class="amount" x=(WIDTH) y=(y) text-anchor="end" { (self.unit.optional(bar.value)) }
        }
    }

    fn summary(&self) -> String {
        let shown = self.bars.iter().take(12).map(|bar| format!("{} {}", bar.name, self.unit.optional(bar.value)));
        let more = self.bars.len().saturating_sub(12);
        let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
        format!("{}{rest}.", shown.collect::<Vec<_>>().join(", "))
    }

    fn table(&self) -> Table {
        let with_n = self.bars.iter().any(|bar| bar.n.is_some());
        let mut head = vec![self.what.to_owned(), "Value".to_owned()];
        head.extend(with_n.then(|| "n".to_owned()));
        let row = |bar: &Bar| {
            let mut cells = vec![bar.name.clone(), self.unit.optional(bar.value)];
            cells.extend(with_n.then(|| bar.n.map_or_else(|| MISSING.to_owned(), count)));
            cells
        };
        Table { head, rows: self.bars.iter().map(row).collect() }
    }
}

fn bar_top(i: usize) -> f64 {
    i as f64 * ROW + ROW - BAR - 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[(&str, Option<f64>)]) -> String {
        let bar = |(name, value): &(&str, Option<f64>)| Bar { name: (*name).to_owned(), value: *value, n: None };
        let frame = Frame { id: "bars", title: "Bars", about: "" };
        let bars = values.iter().map(bar).collect();
        Bars { frame, what: "Team", unit: Unit::Hours, bars }.render().into_string()
    }

    #[test]
    fn bars_start_at_zero() {
        let html = drawn(&[("Checkout", Some(90.0)), ("Search", Some(100.0))]);
        assert!(html.contains(r#"class="bar" d="M0,22h576v10h-576zM0,64h640v10h-640z""#), "{html}");
    }

    #[test]
    fn a_negative_bar_ends_at_zero() {
        let html = drawn(&[("Down", Some(-50.0)), ("Up", Some(50.0))]);
        assert!(html.contains(r#"class="bar" d="M0,22h320v10h-320zM320,64h320v10h-320z""#), "{html}");
    }

    #[test]
    fn a_missing_value_has_a_name_and_no_bar() {
        let html = drawn(&[("Checkout", Some(0.0)), ("Search", None)]);
        assert!(html.contains(r#"class="bar" d="M0,22h1v10h-1z""#), "{html}");
        assert!(html.contains(">–</text>"), "{html}");
        assert!(drawn(&[]).contains("not enough data"));
    }

    #[test]
    fn a_long_name_is_cut_and_kept_in_full() {
        let long = "a".repeat(60);
        let html = drawn(&[(&long, Some(1.0))]);
        assert!(html.contains(&format!("<title>{long}</title>")) && html.contains('…'));
    }
}
