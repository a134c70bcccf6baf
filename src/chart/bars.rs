//! Named amounts as horizontal bars.
//!
//! The one rule: bars start at zero, as their length is what is compared. Names stand above their bars, where a long
//! one has room at every width.

use maud::{Markup, html};

use super::Unit;
use super::axis::{is_short, row_title, unit_words};
use super::figure::{Drawing, Frame, Hover, Table, WIDTH, not_enough_data};
use super::number::{MISSING, count};
use super::scale::Scale;
use super::svg::{Path, coordinate};
use super::text::{LINE, SPACE, cut_name, isolated, width};

const ROW: f64 = 42.0;
const BAR: f64 = 10.0;
/// How much wider amounts are than other text, being bold.
const BOLD: f64 = 1.15;
/// Half of the stroke across the end of an interval.
const CAP: f64 = 4.0;
/// An interval that reaches so many times as far as the longest bar is cut, as it would leave no length to the bars.
const WIDEST: f64 = 2.0;

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
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bar {
    pub name: String,
    pub value: Option<f64>,
    /// The 95 % interval of the value, as (low, high).
    pub interval: Option<(f64, f64)>,
    /// How many facts are behind the value.
    pub n: Option<u64>,
}

impl Bar {
    fn known(&self) -> Option<f64> {
        self.value.filter(|value| value.is_finite())
    }

    /// The interval of a known value, if its bounds are known.
    fn known_interval(&self) -> Option<(f64, f64)> {
        self.known()?;
        self.interval.filter(|(low, high)| low.is_finite() && high.is_finite() && low <= high)
    }
}

impl Bars<'_> {
    /// The figure, with its data as a table.
    pub fn render(&self) -> Markup {
        let drawing = match self.scale() {
            Some(scale) => self.drawing(&scale.between(0.0, WIDTH)),
            None => not_enough_data(ROW * 2.0, "no bar has a value"),
        };
        self.frame.figure(&drawing, &self.table())
    }

    /// From zero over all bars, and over their intervals as far as these leave the bars visible.
    fn scale(&self) -> Option<Scale> {
        let longest = self.bars.iter().filter_map(Bar::known).map(f64::abs).reduce(f64::max)?;
        let widest = if longest > 0.0 { longest * WIDEST } else { f64::INFINITY };
        let (mut low, mut high) = (0.0_f64, 0.0_f64);
        for bar in &self.bars {
            let (from, to) = bar.known_interval().unwrap_or((0.0, 0.0));
            let value = bar.known().unwrap_or(0.0);
            low = low.min(value).min(from.max(-widest));
            high = high.max(value).max(to.min(widest));
        }
        Some(Scale::linear(low, high, 4))
    }

    fn drawing(&self, scale: &Scale) -> Drawing {
        let words = unit_words(&self.unit, false);
        let top = if words.is_some() { LINE + SPACE } else { 0.0 };
        let middle = |i: usize| top + bar_top(i) + BAR / 2.0;
        let zero = scale.at(0.0);
        let (mut tracks, mut filled, mut ranges) = (Path::default(), Path::default(), Path::default());
        for (i, bar) in self.bars.iter().enumerate() {
            tracks.rectangle(0.0, top + bar_top(i), WIDTH, BAR);
            if let Some(value) = bar.known() {
                let (start, length) = stretch(zero, scale.at(value));
                filled.rectangle(start, top + bar_top(i), length, BAR);
            }
            if let Some(interval) = bar.known_interval() {
                range(&mut ranges, scale, interval, middle(i));
            }
        }
        let body = html! {
            @if let Some(words) = &words { (row_title(words)) }
            path class="track" d=(tracks.text()) {}
            path class="bar" d=(filled.text()) {}
            @if !ranges.is_empty() {
                // The wider one below keeps it visible on a bar of any colour.
                path class="halo" d=(ranges.text()) {}
                path class="whisker" d=(ranges.text()) {}
            }
            @for (i, bar) in self.bars.iter().enumerate() { (self.labels(bar, top + bar_top(i) - 5.0)) }
        };
        let height = top + self.bars.len() as f64 * ROW;
        let middles = (0..self.bars.len()).map(middle).collect();
        Drawing { height, summary: self.summary(), hover: Hover::Down(middles), body, legend: self.legend() }
    }

    fn legend(&self) -> Markup {
        let has_interval = self.bars.iter().any(|bar| bar.known_interval().is_some());
        html! { @if has_interval { p class="aside" { "The thin line is the 95\u{a0}% interval." } } }
    }

    fn labels(&self, bar: &Bar, baseline: f64) -> Markup {
        let y = coordinate(baseline);
        let amount = match bar.known() {
            Some(value) if !is_short(&self.unit) => self.unit.number(value),
            known => self.unit.optional(known),
        };
        html! {
            text class="name" y=(y) { (cut_name(&bar.name, WIDTH - width(&amount) * BOLD - SPACE)) }
            text class="amount" x=(WIDTH) y=(y) text-anchor="end" { (amount) }
        }
    }

    fn summary(&self) -> String {
        let shown =
            self.bars.iter().take(12).map(|bar| format!("{} {}", isolated(&bar.name), self.unit.optional(bar.value)));
        let more = self.bars.len().saturating_sub(12);
        let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
        format!("{}{rest}.", shown.collect::<Vec<_>>().join(", "))
    }

    fn table(&self) -> Table {
        let with_n = self.bars.iter().any(|bar| bar.n.is_some());
        let with_interval = self.bars.iter().any(|bar| bar.known_interval().is_some());
        let mut head = vec![self.what.to_owned(), "Value".to_owned()];
        head.extend(with_interval.then(|| "95\u{a0}% interval".to_owned()));
        head.extend(with_n.then(|| "n".to_owned()));
        let interval = |bar: &Bar| match bar.known_interval() {
            Some((low, high)) => format!("{} to {}", self.unit.number(low), self.unit.value(high)),
            None => MISSING.to_owned(),
        };
        let row = |bar: &Bar| {
            let mut cells = vec![bar.name.clone(), self.unit.optional(bar.value)];
            cells.extend(with_interval.then(|| interval(bar)));
            cells.extend(with_n.then(|| bar.n.map_or_else(|| MISSING.to_owned(), count)));
            cells
        };
        Table { head, rows: self.bars.iter().map(row).collect() }
    }
}

fn bar_top(i: usize) -> f64 {
    i as f64 * ROW + ROW - BAR - 10.0
}

/// Start and length from zero to an end; a value too small to see still has a sliver, which stays in the drawing.
fn stretch(zero: f64, end: f64) -> (f64, f64) {
    let length = (end - zero).abs().max(1.0);
    let start = if end < zero { zero - length } else { zero };
    (start.clamp(0.0, WIDTH - length), length)
}

/// A thin line over the interval; a bound on the axis ends in a stroke, one beyond it runs to the edge.
fn range(path: &mut Path, scale: &Scale, (low, high): (f64, f64), middle: f64) {
    let (from, to) = (scale.at(low), scale.at(high));
    path.line(&[(from, middle), (to, middle)]);
    for (bound, x) in [(low, from), (high, to)] {
        if scale.contains(bound) {
            path.line(&[(x, middle - CAP), (x, middle + CAP)]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[(&str, Option<f64>)]) -> String {
        let bar =
            |(name, value): &(&str, Option<f64>)| Bar { name: (*name).to_owned(), value: *value, ..Bar::default() };
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
    fn intervals_are_thin_lines_and_a_column() {
        let bar = |value: f64, interval| Bar { name: "Checkout".to_owned(), value: Some(value), interval, n: None };
        let bars = vec![bar(50.0, Some((40.0, 80.0))), bar(20.0, None), bar(10.0, Some((5.0, 9000.0)))];
        let html = Bars { bars, unit: Unit::Hours, ..Bars::default() }.render().into_string();
        assert!(
            html.contains(
                r#"class="whisker" d="M256,27L512,27M256,23L256,31M512,23L512,31M32,111L640,111M32,107L32,115""#
            ),
            "{html}"
        );
        assert!(html.contains("95\u{a0}% interval</th>") && html.contains(">40.0 to 80.0\u{a0}h</td>"), "{html}");
        assert!(!drawn(&[("Checkout", Some(1.0))]).contains("interval"));
    }

    #[test]
    fn a_long_name_is_cut_and_kept_in_full() {
        let long = "a".repeat(60);
        let html = drawn(&[(&long, Some(1.0))]);
        assert!(html.contains(&format!("<title>{long}</title>")) && html.contains('…'));
    }
}
