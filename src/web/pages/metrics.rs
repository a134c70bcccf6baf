//! The metric catalogue, and one metric.

use crate::project::Metric;
use crate::web::as_of::Asked;
use crate::web::error::PageError;
use crate::web::figures::{self, figures};
use crate::web::layout::Page;
use crate::web::marks;
use crate::web::view::{Parameters, View};
use axum::extract::{Path, Query};
use maud::{Markup, html};
use std::collections::BTreeMap;

const WEEKS: u32 = 26;

pub(in crate::web) async fn list(Asked(app): Asked, Query(parameters): Query<Parameters>) -> Result<Markup, PageError> {
    let view = View::new(&app, &parameters, WEEKS).await?;
    let project = app.engine.project();
    let mut families: BTreeMap<&str, Vec<&Metric>> = BTreeMap::new();
    for metric in project.metrics.values() {
        families.entry(&metric.family).or_default().push(metric);
    }
    let main = html! {
        (view.head("Metrics", "/metrics"))
        p { "Each metric is a file that returns facts; its name is also a table for SQL." }
        div class="panel" { div class="scroll" tabindex="0" role="region" aria-label="Metrics" { table {
            thead { tr {
                th scope="col" { "Metric" } th scope="col" { "Definition" } th scope="col" { "Statistic" }
                th scope="col" { "Better" }
            } }
            tbody {
                @for (family, metrics) in &families {
                    tr { th class="group" colspan="4" scope="colgroup" { (family) } }
                    @for metric in metrics { tr {
                        th scope="row" {
                            a href={ "/metrics/" (metric.name) (view.query()) } { (metric.header.title) }
                            small { (metric.name) }
                        }
                        td { (metric.header.about) }
                        td { (metric.header.statistic.word()) @if metric.header.unit != "share" { ", " (metric.header.unit) } }
                        td { (better(metric)) }
                    } }
                }
            }
        } } }
    };
    Ok(Page { title: "Metrics", path: "/metrics", view: &view, main }.render(project))
}

pub(in crate::web) async fn show(
    Asked(app): Asked,
    Path(name): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Markup, PageError> {
    let metric = figures::metric(&app, &name)?;
    let view = View::new(&app, &parameters, WEEKS).await?;
    let figures = figures(&app, &view, &name).await?;
    let unit = figures.unit();
    let path = format!("/metrics/{name}");
    let sql = metric.sql.split_once("*/").map_or(metric.sql.as_str(), |(_, sql)| sql).trim();
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { ol {
            li { a href={ "/metrics" (view.query()) } { "Metrics" } }
            li aria-current="page" { (name) }
        } }
        (view.head(&metric.header.title, &path))
        div class="callout" {
            p { (metric.header.about) }
            dl {
                dt { "Now" }
                dd { @match figures.summary.estimate.value {
                    Some(value) => { strong { (unit.value(value)) } " (" (figures.caption()) "; " (figures.certainty()) ") " (figures.change()) },
                    None => "not enough data",
                } }
                dt { "Better" } dd { (better(metric)) }
                dt { "Cut by" } dd { @if metric.header.dimensions.is_empty() { "nothing" } @else { (metric.header.dimensions.join(", ")) } }
                dt { "File" } dd { code { (metric.file) } ", definition " code { (metric.hash()) } }
                dt { "Rows" } dd { a href={ (path) "/rows" (view.query()) } { "the rows behind it" } }
            }
        }
        div class="panels" {
            div class="panel" { (marks::trend_of(&figures, None, "trend")) }
            div class="panel" { h2 { "Query" } pre tabindex="0" { code { (sql) } } }
        }
    };
    Ok(Page { title: &metric.header.title, path: "/metrics", view: &view, main }.render(app.engine.project()))
}

fn better(metric: &Metric) -> &'static str {
    match metric.header.better {
        crate::project::Better::Lower => "lower",
        crate::project::Better::Higher => "higher",
        crate::project::Better::Neither => "neither",
    }
}
