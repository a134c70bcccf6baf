//! Tick labels and the lines they belong to.
//!
//! The one rule: of an axis every tick is labelled, or every second, or every third: as many as have room, and evenly.

use maud::{Markup, html};

use super::Unit;
use super::figure::WIDTH;
use super::scale::Scale;
use super::svg::coordinate;
use super::text::{LINE, SPACE, ellipsised, width};

/// Room below a plot for one line of tick labels.
pub(super) const TICK_ROOM: f64 = 34.0;
/// From the bottom of a plot to the baseline of the labels below it.
const BELOW: f64 = 26.0;
/// Baseline of a line of words at the top of a drawing.
pub(super) const TITLE_BASELINE: f64 = 17.0;
/// A unit with at most so many characters, its space among them, stands on a tick; a longer one takes a line.
const SHORT: usize = 4;

/// Where a label stands along its axis, and its text.
pub(super) type Label = (f64, String);

/// The labels of a vertical axis, which is laid out already.
pub(super) fn row_labels(scale: &Scale, unit: &Unit) -> Vec<Label> {
    labels(scale, unit, |rows| rows.windows(2).all(|pair| (pair[0].0 - pair[1].0).abs() >= LINE))
}

/// The labels of a horizontal axis, which is laid out already.
pub(super) fn column_labels(scale: &Scale, unit: &Unit) -> Vec<Label> {
    labels(scale, unit, fit_beside)
}

/// The most labels, of those that `with_at_most` makes, that fit beside each other; one always does.
pub(super) fn most_that_fit(most: usize, with_at_most: impl Fn(usize) -> Vec<Label>) -> Vec<Label> {
    let fitting = (1..=most).rev().map(&with_at_most).find(|labels| fit_beside(labels));
    fitting.unwrap_or_else(|| with_at_most(1).into_iter().take(1).collect())
}

fn labels(scale: &Scale, unit: &Unit, fit: fn(&[Label]) -> bool) -> Vec<Label> {
    let ticks = scale.ticks();
    let every_so_many = (1..=ticks.len()).map(|every| {
        let shown: Vec<f64> = ticks.iter().copied().step_by(every).collect();
        let last = shown.len() - 1;
        let text = |(i, tick): (usize, f64)| (scale.at(tick), tick_text(scale, unit, tick, i == last));
        shown.into_iter().enumerate().map(text).collect::<Vec<Label>>()
    });
    every_so_many.into_iter().find(|labels| fit(labels)).unwrap_or_default()
}

/// The unit stands on the last tick only, a percent sign on all.
fn tick_text(scale: &Scale, unit: &Unit, tick: f64, is_last: bool) -> String {
    let step = if scale.step() > 0.0 { scale.step() } else { tick };
    let suffix = if is_last || *unit == Unit::Share { short_suffix(unit) } else { String::new() };
    unit.tick(tick, step) + &suffix
}

fn short_suffix(unit: &Unit) -> String {
    if is_short(unit) { unit.suffix() } else { String::new() }
}

/// Whether the unit stands beside the numbers of an axis; if not, [`unit_words`] says it once.
pub(super) fn is_short(unit: &Unit) -> bool {
    unit.suffix().chars().count() <= SHORT
}

/// What a line of its own says about an axis, if anything: a long unit, a logarithm.
pub(super) fn unit_words(unit: &Unit, is_log: bool) -> Option<String> {
    let words = if is_short(unit) { String::new() } else { unit.words() };
    match (words.is_empty(), is_log) {
        (true, false) => None,
        (true, true) => Some("log scale".to_owned()),
        (false, false) => Some(words),
        (false, true) => Some(format!("{words}, log scale")),
    }
}

/// The words of a vertical axis, at the top left of the drawing.
pub(super) fn row_title(words: &str) -> Markup {
    html! { text class="tick" x="0" y=(coordinate(TITLE_BASELINE)) { (ellipsised(&format!("↑ {words}"), WIDTH)) } }
}

/// The words of a horizontal axis, at the bottom right of the drawing.
pub(super) fn column_title(words: &str, baseline: f64) -> Markup {
    let arrow = "\u{a0}→";
    let words = ellipsised(words, WIDTH - width(arrow));
    html! { text class="tick" x=(WIDTH) y=(coordinate(baseline)) text-anchor="end" { (words) (arrow) } }
}

/// Where a label with its middle at `x` has its middle so that it does not leave the drawing.
fn kept_inside(x: f64, label: &str) -> f64 {
    let half = width(label) / 2.0;
    x.min(WIDTH - half).max(half)
}

fn fit_beside(labels: &[Label]) -> bool {
    let ends =
        |(x, label): &Label| (kept_inside(*x, label) - width(label) / 2.0, kept_inside(*x, label) + width(label) / 2.0);
    labels.windows(2).all(|pair| ends(&pair[0]).1 + SPACE <= ends(&pair[1]).0)
}

/// The room that the labels of a vertical axis need to the left of the plot, however many of them are shown.
pub(super) fn label_room(scale: &Scale, unit: &Unit) -> f64 {
    let label = |tick: f64| width(&tick_text(scale, unit, tick, true));
    scale.ticks().into_iter().map(label).fold(0.0, f64::max) + SPACE
}

/// Horizontal grid lines from `left` to `right` with their labels.
pub(super) fn grid_rows(labels: &[Label], left: f64, right: f64) -> Markup {
    let line = |y: &f64| format!("M{},{}H{}", coordinate(left), coordinate(*y), coordinate(right));
    html! {
        path class="grid" d=(labels.iter().map(|(y, _)| line(y)).collect::<String>()) {}
        g class="tick" text-anchor="end" { @for (y, label) in labels {
            text x=(coordinate(left - SPACE)) y=(coordinate(y + 4.0)) { (label) }
        } }
    }
}

/// Vertical grid lines from `top` to `bottom` with their labels below.
pub(super) fn grid_columns(labels: &[Label], top: f64, bottom: f64) -> Markup {
    let line = |x: &f64| format!("M{},{}V{}", coordinate(*x), coordinate(top), coordinate(bottom));
    html! {
        path class="grid" d=(labels.iter().map(|(x, _)| line(x)).collect::<String>()) {}
        (labels_below(labels, bottom))
    }
}

/// Labels of a horizontal axis.
pub(super) fn labels_below(labels: &[Label], bottom: f64) -> Markup {
    html! {
        g class="tick" text-anchor="middle" { @for (x, label) in labels {
            text x=(coordinate(kept_inside(*x, label))) y=(coordinate(bottom + BELOW)) { (label) }
        } }
    }
}
