//! A line the size of a word, without axes.
//!
//! The one rule: it stands beside the number it belongs to, so it is an image with a label and not a figure of its own.

use maud::{Markup, html};

use super::Unit;
use super::scale::{Scale, extent};
use super::svg::{Path, coordinate};
use super::text::isolated;

const WIDTH: f64 = 112.0;
const HEIGHT: f64 = 28.0;
/// Room for the end marker on all sides.
const MARGIN: f64 = 4.0;

/// The last values of a metric.
#[derive(Debug, Clone, Default)]
pub struct Sparkline<'a> {
    /// What is drawn, for screen readers: "Cycle time, last 26 weeks".
    pub label: &'a str,
    pub unit: Unit,
    /// In order of time; a missing value is a gap.
    pub values: Vec<Option<f64>>,
}

impl Sparkline<'_> {
    /// The image; with fewer than two values a note that there is not enough data.
    pub fn render(&self) -> Markup {
        let known: Vec<f64> = self.values.iter().flatten().copied().filter(|value| value.is_finite()).collect();
        let (Some((low, high)), [_, .., last]) = (extent(known.iter().copied()), known.as_slice()) else {
            return html! { span class="spark empty" { "not enough data" } };
        };
        let places = self.places(&Scale::linear(low, high, 4).between(HEIGHT - MARGIN, MARGIN));
        let mut line = Path::default();
        places.split(Option::is_none).for_each(|run| line.line(&run.iter().copied().flatten().collect::<Vec<_>>()));
        let unit = &self.unit;
        let summary = format!(
            "{}: between {} and {}, last {}",
            isolated(self.label),
            unit.value(low),
            unit.value(high),
            unit.value(*last)
        );
        html! {
            svg xmlns="http://www.w3.org/2000/svg" class="spark" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) }
                width=(WIDTH) height=(HEIGHT) role="img" aria-label=(summary) {
                path class="line" d=(line.text()) {}
                @if let Some((x, y)) = places.iter().rev().flatten().next() {
                    circle class="dot" cx=(coordinate(*x)) cy=(coordinate(*y)) r="3" {}
                }
            }
        }
    }

    fn places(&self, scale: &Scale) -> Vec<Option<(f64, f64)>> {
        let step = (WIDTH - 2.0 * MARGIN) / self.values.len().saturating_sub(1).max(1) as f64;
        let place = |(i, value): (usize, &Option<f64>)| {
            let value = value.filter(|value| value.is_finite())?;
            Some((MARGIN + i as f64 * step, scale.at(value)))
        };
        self.values.iter().enumerate().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(values: &[Option<f64>]) -> String {
        Sparkline { label: "Cycle time", unit: Unit::Hours, values: values.to_vec() }.render().into_string()
    }

    #[test]
    fn a_missing_value_is_a_gap() {
        let svg = drawn(&[Some(1.0), Some(2.0), None, Some(1.5)]);
        assert!(svg.contains("M4,24L38.7,4M108,14h0"), "{svg}");
        assert!(svg.contains("last 1.5"), "{svg}");
    }

    #[test]
    fn one_value_is_not_a_line() {
        assert!(drawn(&[Some(1.0), None, Some(f64::NAN)]).contains("not enough data"));
        assert!(drawn(&[]).contains("not enough data"));
    }
}
