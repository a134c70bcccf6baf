//! Whether the numbers may be believed, before any of them.

use super::recommendation::{status_class, tally};
use super::words::badge;
use crate::chart::Unit;
use crate::trial::{Check, Report};
use maud::{Markup, html};

pub(super) fn section(report: &Report) -> Markup {
    html! {
        section class="panel" id="health" aria-labelledby="health-title" {
            h2 id="health-title" { "Health" }
            p class="sub" { "Whether the numbers below may be believed: " (tally(&report.health)) }
            @if !report.health.is_empty() {
                dl class="checks" { @for check in &report.health { (entry(check)) } }
            }
        }
    }
}

fn entry(check: &Check) -> Markup {
    let status = check.status;
    html! {
        dt { (badge(status_class(status), status.sign(), status.words())) " " (check.title) }
        dd { (check.words) @if !check.figures.is_empty() { " " small { (figures(check)) } } }
    }
}

/// `largest difference 0.08 · p 1.0`.
fn figures(check: &Check) -> String {
    let words = check.figures.iter().map(|(name, value)| format!("{} {}", name.replace('_', " "), figure(*value)));
    words.collect::<Vec<_>>().join(" · ")
}

/// Whole numbers, which most are that count something, without a digit after the point.
fn figure(value: f64) -> String {
    if value.fract() == 0.0 { Unit::Count.number(value) } else { Unit::Plain.number(value) }
}
