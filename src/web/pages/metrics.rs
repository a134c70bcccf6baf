//! The metric catalogue, and one metric.

use crate::chart::number;
use crate::metric::{self, Explanation};
use crate::project::{Mark, Metric, Reference, Statistic};
use crate::web::App;
use crate::web::as_of::Asked;
use crate::web::error::PageError;
use crate::web::figures::{self, figures};
use crate::web::layout::Page;
use crate::web::marks::{self, Drawn};
use crate::web::view::{Parameters, View};
use axum::extract::{Path, Query};
use chrono::{DateTime, Utc};
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
    let mut view = View::new(&app, &parameters, WEEKS).await?;
    view.narrow(&parameters, &metric.header.dimensions);
    let figures = figures(&app, &view, &name).await?;
    let explanation = metric::explain(&app.engine, &view.scope, metric, view.now).await?;
    let unit = figures.unit();
    let path = format!("/metrics/{name}");
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
                    None => (figures.missing()),
                } }
                dt { "Better" } dd { (better(metric)) }
                @if let Some(target) = metric.header.target { dt { "Target" } dd { (unit.value(target)) } }
                dt { "Cut by" } dd { @if metric.header.dimensions.is_empty() { "nothing" } @else { (metric.header.dimensions.join(", ")) } }
                dt { "File" } dd { code { (metric.file) } ", definition " code { (metric.hash()) } }
                dt { "Rows" } dd { a href={ (path) "/rows" (view.same_query()) } { "the rows behind it" } }
            }
        }
        div class="panels" {
            div class="panel" { (marks::trend_of(&figures, None, marks::happened(&app, &view).await?, "trend")) }
            @if let Some(spread) = spread(&app, &view, metric).await? { div class="panel" { (spread) } }
            div class="panel" { h2 { "How it comes about" } (way(metric)) }
            div class="panel" { h2 { "Where it comes from" } (origin(&app, &view, metric, &explanation)) }
        }
        div class="panel" { h2 { "Query" } pre tabindex="0" { code { (query(metric)) } } }
    };
    Ok(Page { title: &metric.header.title, path: "/metrics", view: &view, main }.render(app.engine.project()))
}

/// How the facts spread, where they hold numbers of their own that are all known in full.
async fn spread(app: &App, view: &View, metric: &Metric) -> Result<Option<Markup>, PageError> {
    if !matches!(metric.header.statistic, Statistic::Mean | Statistic::GeometricMean | Statistic::Quantile(_)) {
        return Ok(None);
    }
    let metric = Reference { metric: metric.name.clone(), place: metric.place_of_query() };
    Ok(match marks::draw(app, view, &Mark::Distribution { metric }, "spread").await? {
        Drawn::Panel(spread) => Some(spread),
        Drawn::Wide(..) | Drawn::Absent(_) => None,
    })
}

/// From facts to number, in words.
fn way(metric: &Metric) -> Markup {
    let header = &metric.header;
    let needed: Vec<&str> = ["at"].into_iter().chain(header.columns()).collect();
    html! {
        dl {
            dt { "Facts" }
            dd { "one row a thing, with " (needed.join(", ")) @if let Some(entity) = &header.entity { "; each is a row of " code { (entity) } } }
            dt { "Statistic" } dd { (metric::statistic_method(header)) }
            dt { "Interval" } dd { (metric::interval_method(header)) }
            dt { "Period" } dd { (metric::grain_word(header.grain)) }
            dt { "Unknown" }
            dd { "rows whose value is NULL are in no number; the share of the others is its coverage" }
        }
    }
}

/// Tables, freshness, and who uses it.
fn origin(app: &App, view: &View, metric: &Metric, explanation: &Explanation) -> Markup {
    let (dashboards, experiments) = app.engine.project().uses_of(&metric.name);
    let readers = &explanation.reads.readers;
    let minute = |at: DateTime<Utc>| at.format("%-d %b %Y, %H:%M UTC").to_string();
    html! {
        dl {
            dt { "Reads" } dd { (listed(&explanation.reads.tables)) }
            dt { "Stored in" } dd { (listed(&explanation.reads.stored)) }
            dt { "Newest fact" }
            dd { @match explanation.span {
                Some((_, newest)) => { (minute(newest)) ", of " (number::count(explanation.facts)) " in all" },
                None => "none yet",
            } }
            @if !explanation.complete_until.is_empty() {
                dt { "Collected" }
                dd { @for (place, (source, until)) in explanation.complete_until.iter().enumerate() {
                    @if place > 0 { br; }
                    (source) " "
                    @match until { Some(until) => { "until " (minute(*until)) }, None => "never completely" }
                } }
            }
            dt { "Used by" }
            dd {
                @if dashboards.is_empty() && experiments.is_empty() && readers.is_empty() { "nothing" }
                ul class="plain" {
                    @for it in dashboards { li { a href={ "/" (it.name) (view.query()) } { (it.title) } } }
                    @for it in experiments { li { "experiment " a href={ "/experiments/" (it.name) } { (it.title) } } }
                    @for name in readers { li { "metric " a href={ "/metrics/" (name) (view.query()) } { (name) } } }
                }
            }
        }
    }
}

fn query(metric: &Metric) -> &str {
    metric.sql.split_once("*/").map_or(metric.sql.as_str(), |(_, sql)| sql).trim()
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn better(metric: &Metric) -> &'static str {
    match metric.header.better {
        crate::project::Better::Lower => "lower",
        crate::project::Better::Higher => "higher",
        crate::project::Better::Neither => "neither",
    }
}
