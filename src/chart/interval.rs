//! One estimate and its confidence interval, drawn in a table row around a zero line.
//!
//! The one rule: all rows of a table share one [`IntervalAxis`], or lengths could not be compared. The numbers stand in
//! the row's next cell; the drawing repeats them only as its label.

use maud::{Markup, html};

use super::number::{relative_aligned, relative_range};
use super::scale::Scale;
use super::svg::{Path, coordinate};
use super::text::{FONT, width};
use super::{Tone, Unit};

const WIDTH: f64 = 260.0;
const HEIGHT: f64 = 28.0;
const MIDDLE: f64 = HEIGHT / 2.0;
/// Room at both ends for half a tick label.
const MARGIN: f64 = 22.0;
/// An interval this many times the typical reach is cut by an arrow instead of flattening all others.
const WIDEST: f64 = 2.0;
/// The font size of the heading on paper, where it is largest, in the drawing's units.
const HEADING_FONT: f64 = 13.0;

/// The axis shared by the rows of a table. Values are relative changes: −0.17 is −17 %.
#[derive(Debug, Clone, PartialEq)]
pub struct IntervalAxis {
    scale: Scale,
}

/// A relative change with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval<'a> {
    pub axis: &'a IntervalAxis,
    pub estimate: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub tone: Tone,
}

impl IntervalAxis {
    /// An axis over zero and the intervals, given as (low, high); those far wider than the rest are cut.
    pub fn covering(intervals: impl IntoIterator<Item = (f64, f64)>) -> IntervalAxis {
        let known = intervals.into_iter().filter(|(low, high)| low.is_finite() && high.is_finite());
        let known: Vec<(f64, f64)> = known.collect();
        let mut reaches: Vec<f64> = known.iter().map(|(low, high)| low.abs().max(high.abs())).collect();
        reaches.sort_by(f64::total_cmp);
        let widest = reaches.get(reaches.len() / 2).map_or(0.1, |typical| typical * WIDEST);
        let low = known.iter().map(|(low, _)| low.max(-widest)).fold(0.0, f64::min);
        let high = known.iter().map(|(_, high)| high.min(widest)).fold(0.0, f64::max);
        let (low, high) = if low < high { (low, high) } else { (-0.1, 0.1) };
        IntervalAxis { scale: Scale::linear(low, high, 6).between(MARGIN, WIDTH - MARGIN) }
    }

    /// The tick labels, for the column's heading.
    pub fn header(&self) -> Markup {
        let text = |tick: f64| {
            let number = Unit::Share.tick(tick, self.scale.step());
            let sign = if tick > self.scale.step() / 2.0 { "+" } else { "" };
            format!("{sign}{number}%")
        };
        let labels: Vec<(f64, String)> = self.scale.ticks().into_iter().map(|tick| (tick, text(tick))).collect();
        let labels = self.fitting(labels);
        html! {
            svg xmlns="http://www.w3.org/2000/svg" class="interval" viewBox={ "0 0 " (WIDTH) " 14" }
                width=(WIDTH) height="14" aria-hidden="true" {
                g class="tick" text-anchor="middle" { @for (x, label) in labels {
                    text x=(coordinate(x)) y="11" { (label) }
                } }
            }
        }
    }

    /// Every tick, or every second, or every third counted from zero, so that zero keeps its label; with their places.
    fn fitting(&self, ticks: Vec<(f64, String)>) -> Vec<(f64, String)> {
        let half = |label: &str| width(label) * HEADING_FONT / FONT / 2.0;
        let place = |(tick, label): &(f64, String)| {
            let x = self.scale.at(*tick).min(WIDTH - half(label)).max(half(label));
            (x, label.clone())
        };
        let number = |tick: f64| (tick / self.scale.step()).round() as i64;
        let every_so_many = (1..=ticks.len() as i64)
            .map(|every| ticks.iter().filter(|(tick, _)| number(*tick) % every == 0).map(place).collect::<Vec<_>>());
        let fit = |labels: &Vec<(f64, String)>| {
            labels.windows(2).all(|pair| pair[0].0 + half(&pair[0].1) + 2.0 <= pair[1].0 - half(&pair[1].1))
        };
        every_so_many.into_iter().find(fit).unwrap_or_default()
    }
}

impl Interval<'_> {
    /// The drawing; with an unknown bound it says "not enough data".
    pub fn render(&self) -> Markup {
        let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
        let (Some(estimate), Some(low), Some(high)) = (finite(self.estimate), finite(self.low), finite(self.high))
        else {
            return html! { span class="interval empty" { "not enough data" } };
        };
        let label = format!("{}, interval {}", relative_aligned(estimate), relative_range(low, high));
        html! {
            svg xmlns="http://www.w3.org/2000/svg" class={ "interval " (self.tone.class()) }
                viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width=(WIDTH) height=(HEIGHT) role="img" aria-label=(label) {
                (self.grid())
                path class="range" d=(self.range(low, high).text()) {}
                // An estimate off the axis has no place on it; its interval's arrow points to it.
                @if self.axis.scale.contains(estimate) {
                    circle class="mark" cx=(coordinate(self.axis.scale.at(estimate))) cy=(MIDDLE) r="4" {}
                }
            }
        }
    }

    fn grid(&self) -> Markup {
        let scale = &self.axis.scale;
        let line = |tick: f64| format!("M{},2V{}", coordinate(scale.at(tick)), HEIGHT - 2.0);
        let others: String =
            scale.ticks().into_iter().filter(|tick| tick.abs() > scale.step() / 2.0).map(line).collect();
        html! {
            path class="grid" d=(others) {}
            path class="zero" d=(line(0.0)) {}
        }
    }

    /// The line from bound to bound; a bound on the axis ends in a bar, one beyond it in an arrow.
    fn range(&self, low: f64, high: f64) -> Path {
        let scale = &self.axis.scale;
        let (from, to) = (scale.at(low), scale.at(high));
        let mut path = Path::default();
        path.line(&[(from, MIDDLE), (to, MIDDLE)]);
        for (bound, x, inwards) in [(low, from, 5.0), (high, to, -5.0)] {
            if scale.contains(bound) {
                path.line(&[(x, MIDDLE - 4.0), (x, MIDDLE + 4.0)]);
            } else {
                path.line(&[(x + inwards, MIDDLE - 5.0), (x, MIDDLE), (x + inwards, MIDDLE + 5.0)]);
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drawn(axis: &IntervalAxis, low: f64, estimate: f64, high: f64) -> String {
        let interval = Interval { axis, estimate: Some(estimate), low: Some(low), high: Some(high), tone: Tone::Good };
        interval.render().into_string()
    }

    fn number_after(text: &str, prefix: &str) -> f64 {
        let rest = text.split_once(prefix).unwrap().1;
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap();
        rest[..end].parse().unwrap()
    }

    proptest! {
        #[test]
        fn the_interval_contains_its_mark(low in -0.9..0.9f64, width in 0.0..0.5f64, share in 0.0..1.0f64) {
            let axis = IntervalAxis::covering([(low, low + width)]);
            let svg = drawn(&axis, low, low + share * width, low + width);
            let mark = number_after(&svg, "cx=\"");
            let from = number_after(&svg, "class=\"range\" d=\"M");
            let to = number_after(&svg, ",14L");
            prop_assert!(from - 0.11 <= mark && mark <= to + 0.11, "{from} {mark} {to}");
        }
    }

    #[test]
    fn one_wide_interval_is_cut_and_the_others_stay_readable() {
        let axis = IntervalAxis::covering([(-0.2, 0.1), (-0.1, 0.2), (-9.0, 40.0)]);
        assert!(axis.scale.domain().1 <= 1.0, "{:?}", axis.scale.domain());
        assert!(!drawn(&axis, -9.0, 15.0, 40.0).contains("circle"));
    }

    #[test]
    fn nothing_known_is_said() {
        let axis = IntervalAxis::covering([]);
        let interval = Interval { axis: &axis, estimate: None, low: None, high: Some(1.0), tone: Tone::Neutral };
        assert!(interval.render().into_string().contains("not enough data"));
        assert!(axis.header().into_string().contains(">−10%<"));
    }
}
