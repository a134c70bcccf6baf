//! How it was drawn, when it runs beside what else, and what was done to it since.

use super::extra::{Assigned, Entry, Extra};
use crate::chart::{Calendar, CalendarRow, Frame, capitalised, number};
use crate::trial::{DesignReport, Report, VariantReport, counted, plural};
use maud::{Markup, html};

pub(super) fn section(report: &Report, extra: &Extra) -> Markup {
    let design = &report.design;
    html! {
        section class="panel stack" id="design" aria-labelledby="design-title" {
            h2 id="design-title" { "Design" }
            div class="sides" {
                (facts(report))
                (variants(design))
            }
            @if !extra.assignment.is_empty() { (assignment(&extra.assignment, &design.unit)) }
            (calendar(report, extra))
            @if !extra.trail.is_empty() { (trail(&extra.trail)) }
        }
    }
}

fn facts(report: &Report) -> Markup {
    let design = &report.design;
    html! { dl {
        dt { "Evidence" } dd { (report.grade.words()) }
        dt { "Unit" } dd { (design.unit) }
        dt { "Design" } dd { (design.design) }
        @if report.grade.is_randomised() {
            dt { "Strata" } dd { @if design.strata > 1 { (design.strata) } @else { "one" } }
            dt { "Possible assignments" } dd { (number::digits(&design.assignments)) }
            dt { "Smallest p" } dd { (number::one_in(design.smallest_p)) " by redrawing the lottery" }
            dt { "Seed" } dd { code { (report.provenance.seed) } }
        } @else {
            dt { "Lottery" } dd { "none: who was treated, and when, was decided by somebody" }
        }
    } }
}

fn variants(design: &DesignReport) -> Markup {
    let weights: u32 = design.variants.iter().map(|it| it.weight).sum();
    let share = |it: &VariantReport| number::relative(f64::from(it.weight) / f64::from(weights));
    html! { table {
        thead { tr {
            th scope="col" { "Variant" }
            @if weights > 0 { th scope="col" class="num" { "Share" } }
            th scope="col" class="num" { (capitalised(&plural(&design.unit))) }
        } }
        tbody { @for variant in &design.variants { tr {
            th scope="row" { (variant.name) }
            @if weights > 0 { td class="num" { (share(variant).trim_start_matches('+')) } }
            td class="num" { (variant.units) }
        } } }
    } }
}

fn assignment(all: &[Assigned], unit: &str) -> Markup {
    let has_strata = all.iter().any(|it| !it.stratum.is_empty());
    let title = format!("Who drew what: {}", counted(all.len() as u64, unit));
    html! { details {
        summary { (title) }
        div class="scroll" tabindex="0" role="region" aria-label=(title) { table {
            thead { tr { th scope="col" { (capitalised(unit)) } @if has_strata { th scope="col" { "Stratum" } } th scope="col" { "Variant" } } }
            tbody { @for it in all { tr { th scope="row" { (it.unit) } @if has_strata { td { (it.stratum) } } td { (it.variant) } } } }
        } }
    } }
}

/// This experiment among those whose days overlap with its own.
fn calendar(report: &Report, extra: &Extra) -> Markup {
    let day = |text: &Option<String>| text.as_deref().and_then(|it| it.parse().ok());
    let (Some(first), Some(last)) = (day(&report.about.start), day(&report.about.end)) else {
        return html! { p class="sub" { "The data say nothing about days." } };
    };
    let this = CalendarRow {
        name: report.about.title.clone(),
        first,
        last,
        note: "this experiment".to_owned(),
        is_marked: true,
    };
    let others = extra.overlapping.iter().map(|it| CalendarRow {
        name: it.title.clone(),
        first: it.first,
        last: it.last,
        note: it.state.word().to_owned(),
        is_marked: false,
    });
    let rows = std::iter::once(this).chain(others).collect();
    let about = match extra.overlapping.len() {
        0 => "Days of this experiment; no other overlaps with it".to_owned(),
        n => format!("Days of this experiment and of {} that overlap with it", counted(n as u64, "other")),
    };
    let frame = Frame { id: "calendar", title: "Schedule", about: &about };
    Calendar { frame, what: "Experiment", rows, today: Some(extra.today) }.render()
}

fn trail(entries: &[Entry]) -> Markup {
    html! {
        h3 { "Audit trail" }
        div class="scroll" tabindex="0" role="region" aria-label="Audit trail" { table {
            thead { tr { th scope="col" { "When" } th scope="col" { "What" } th scope="col" { "Why" } th scope="col" { "Who" } } }
            tbody { @for it in entries { tr {
                th scope="row" { (it.at) } td { (it.what) } td class="words" { (it.why) } td { (it.by) }
            } } }
        } }
    }
}
