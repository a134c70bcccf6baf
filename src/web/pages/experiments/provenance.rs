//! Where the report comes from, and how to get the same bytes again.

use super::extra::Extra;
use super::words::day_of;
use crate::trial::Report;
use maud::{Markup, html};

pub(super) fn section(report: &Report, extra: &Extra) -> Markup {
    let origin = &report.provenance;
    html! {
        section class="panel stack" id="report" aria-labelledby="report-title" {
            h2 id="report-title" { "Report" }
            p class="sub" { "The same definition, data, seed and program give the same bytes." }
            dl {
                dt { "Definition" } dd { code { (origin.definition) } }
                dt { "Seed" } dd { code { (origin.seed) } }
                dt { "Program" } dd { (origin.program) }
                dt { "Format" } dd { (report.format) }
                @if let Some(through) = &origin.data_through { dt { "Data until" } dd { (day_of(through)) } }
            }
            @if !origin.data.is_empty() { details {
                summary { "Versions of what was there to read" }
                dl { @for (name, version) in &origin.data { dt { (name) } dd { code { (version) } } } }
            } }
            @if !extra.rerun.is_empty() {
                h3 { "To get it again" }
                pre tabindex="0" { code { (extra.rerun.join("\n")) } }
            }
        }
        @if let Some(definition) = &extra.definition {
            section class="panel" id="definition" aria-labelledby="definition-title" {
                h2 id="definition-title" { "Definition" }
                p class="sub" { code { (definition.file) } }
                pre tabindex="0" { code { (definition.text) } }
            }
        }
    }
}
