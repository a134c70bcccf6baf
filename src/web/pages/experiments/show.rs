//! One experiment: what it says, whether that may be believed, the numbers, how they came about, and their origin.
//!
//! One rule: pure. A report and what it does not hold go in, the content of `<main>` comes out.

use super::extra::{Extra, Spread};
use super::{design, health, provenance, recommendation, results};
use crate::chart::{Distribution, Frame, Unit, capitalised};
use crate::trial::{About, OutcomeReport, Report};
use maud::{Markup, html};

/// The page of an experiment that was started, or of data from elsewhere.
pub(in crate::web) fn render_report(report: &Report, extra: &Extra) -> Markup {
    html! {
        (head(&report.about, extra, true))
        (recommendation::card(report, extra))
        nav class="tabs" aria-label="Parts of this page" {
            @for (id, title) in [("health", "Health"), ("results", "Results"), ("design", "Design"), ("report", "Report")] {
                a href={ "#" (id) } { (title) }
            }
        }
        (health::section(report))
        (results::section(report, extra))
        (distributions(report, extra))
        (design::section(report, extra))
        (provenance::section(report, extra))
    }
}

/// The page of an experiment whose units are not drawn yet.
pub(in crate::web) fn render_draft(about: &About, extra: &Extra) -> Markup {
    html! {
        (head(about, extra, false))
        p class="callout" { "A draft: nothing is drawn yet. See what it can find with " code { "paceline experiment plan " (about.name) } ", draw with " code { "paceline experiment start " (about.name) } "." }
        @if let Some(definition) = &extra.definition {
            section class="panel" id="definition" aria-labelledby="definition-title" {
                h2 id="definition-title" { "Definition" }
                p class="sub" { code { (definition.file) } }
                pre tabindex="0" { code { (definition.text) } }
            }
        }
    }
}

fn head(about: &About, extra: &Extra, has_report: bool) -> Markup {
    let file = |extension: &str| format!("/experiments/{}/report.{extension}{}", about.name, extra.query);
    html! {
        nav class="crumbs" aria-label="Breadcrumb" { ol {
            li { a href={ "/experiments" (extra.query) } { "Experiments" } }
            li aria-current="page" { (about.name) }
        } }
        div class="head" {
            div {
                h1 { (about.title) @if extra.is_simulated { " " span class="badge simulated" { "simulated data" } } }
                p class="sub" { (about.hypothesis) }
            }
            div class="actions" {
                @if extra.definition.is_some() { a class="button" href="#definition" { "Definition" } }
                @if has_report {
                    a class="button" href=(file("md")) { "Report (Markdown)" }
                    a class="button" href=(file("json")) { "Report (JSON)" }
                }
            }
        }
    }
}

/// How single values spread by variant; not for an experiment that shows no numbers yet.
fn distributions(report: &Report, extra: &Extra) -> Markup {
    let outcome = |spread: &Spread| report.results.iter().find(|it| it.metric == spread.metric);
    html! { @for spread in &extra.spreads { @if let Some(outcome) = outcome(spread) {
        div class="panel" { (distribution(outcome, spread)) }
    } } }
}

fn distribution(outcome: &OutcomeReport, spread: &Spread) -> Markup {
    let id = format!("distribution-{}", outcome.metric);
    let title = format!("{} by variant", outcome.title);
    let about =
        format!("{} in {}; the bar is the middle half, the dot the median", capitalised(&spread.of), outcome.unit);
    let frame = Frame { id: &id, title: &title, about: &about };
    Distribution { frame, unit: Unit::named(&outcome.unit), what: "Variant", groups: spread.groups.clone() }.render()
}
