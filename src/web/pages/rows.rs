//! The rows behind a metric's number, each with its page at the source.

use crate::chart::number;
use crate::metric::{self, Question, Window};
use crate::project::Statistic;
use crate::web::as_of::Asked;
use crate::web::error::PageError;
use crate::web::figures;
use crate::web::layout::Page;
use crate::web::view::{Parameters, View};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use axum::extract::{Path, Query};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use maud::{Markup, html};
use serde::Deserialize;

const WEEKS: u32 = 26;

/// Rows of one page.
const ROWS: usize = 200;

/// What is looked at besides.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Point {
    /// Only the ISO week that has this day.
    week: Option<NaiveDate>,
}

pub(in crate::web) async fn page(
    Asked(app): Asked,
    Path(name): Path<String>,
    Query(parameters): Query<Parameters>,
    Query(point): Query<Point>,
) -> Result<Markup, PageError> {
    let metric = figures::metric(&app, &name)?;
    let mut view = View::new(&app, &parameters, WEEKS).await?;
    view.narrow(&parameters, &metric.header.dimensions);
    let window = point.week.and_then(|day| week(day, view.zone)).unwrap_or(view.window);
    let only = view.only(&metric.header.dimensions);
    let question = Question { only, ..Question::of(metric, view.scope.clone(), window) };
    let rows = metric::rows(&app.engine, &question, ROWS).await?;
    let shown: usize = rows.batches.iter().map(RecordBatch::num_rows).sum();
    let title = format!("{}: rows", metric.header.title);
    let names: Vec<&str> =
        rows.schema.fields().iter().map(|field| field.name().as_str()).filter(|name| *name != PAGE).collect();
    let main = html! {
        nav class="crumbs" aria-label="Breadcrumb" { ol {
            li { a href={ "/metrics" (view.query()) } { "Metrics" } }
            li { a href={ "/metrics/" (name) (view.same_query()) } { (name) } }
            li aria-current="page" { "rows" }
        } }
        (view.head(&title, &format!("/metrics/{name}/rows")))
        p {
            (number::count(shown as u64)) " of " (number::count(rows.count as u64)) " rows from "
            (moment(window.from)) " to before " (moment(window.to)) ", the newest first. "
            @if shown < rows.count { code { "paceline metric rows " (name) } " prints more of them. " }
            @if metric.header.statistic == Statistic::Count {
                "The number is the mean of complete periods: of others there are rows here which are not in its n. "
            }
            "Definition " code { (metric.hash()) } "."
        }
        div class="panel" { div class="scroll" tabindex="0" role="region" aria-label="Rows" { table class="raw" {
            thead { tr {
                @for name in &names { th scope="col" { (name) } }
                th scope="col" { "at its source" }
            } }
            tbody { @for batch in &rows.batches { @for row in 0..batch.num_rows() { tr {
                @for name in &names { td { (cell(batch, name, row)) } }
                td { @if let Some(url) = url(batch, row) { a href=(url) rel="noreferrer" { "open" } } @else { "–" } }
            } } } }
        } } }
    };
    Ok(Page { title: &title, path: "/metrics", view: &view, main }.render(app.engine.project()))
}

const PAGE: &str = "source_url";

/// The ISO week of a day, in the days of whoever is looked at.
fn week(day: NaiveDate, zone: Tz) -> Option<Window> {
    let week = day.week(chrono::Weekday::Mon);
    Some(Window::days(week.checked_first_day()?, week.checked_last_day()?, zone))
}

fn moment(time: DateTime<Utc>) -> String {
    time.format("%-d %b %Y, %H:%M UTC").to_string()
}

fn cell(batch: &RecordBatch, name: &str, row: usize) -> String {
    let options = FormatOptions::new().with_null("–").with_timestamp_tz_format(Some("%Y-%m-%d %H:%M:%SZ"));
    let column = batch.column_by_name(name);
    let formatter = column.and_then(|column| ArrayFormatter::try_new(column.as_ref(), &options).ok());
    formatter.map_or_else(String::new, |formatter| formatter.value(row).to_string())
}

/// Only an address of the web is made a link: a source may say anything.
fn url(batch: &RecordBatch, row: usize) -> Option<&str> {
    let column = batch.column_by_name(PAGE)?.as_string_opt::<i32>()?;
    let url = column.is_valid(row).then(|| column.value(row))?;
    (url.starts_with("https://") || url.starts_with("http://")).then_some(url)
}
