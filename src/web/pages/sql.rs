//! The SQL page: a GET form, so that a query is a link.

use crate::model;
use crate::query::{Limits, Scope};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::layout::Page;
use crate::web::table;
use crate::web::view::{Parameters, View};
use arrow::array::RecordBatch;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use std::time::Duration;

const LIMITS: Limits = Limits { rows: 200, time: Duration::from_secs(20) };

const EXAMPLE: &str =
    "SELECT date_trunc('month', authored_at) AS month, count(*) AS commits, count(DISTINCT author_id) AS people
FROM commits
GROUP BY month
ORDER BY month DESC
LIMIT 12";

#[derive(Deserialize)]
pub(in crate::web) struct Asked {
    sql: Option<String>,
}

pub(in crate::web) async fn page(
    State(app): State<App>,
    Query(asked): Query<Asked>,
    Query(parameters): Query<Parameters>,
) -> Result<Markup, PageError> {
    let view = View::new(&app, &parameters, 26).await?;
    let answer = match asked.sql.as_deref().filter(|sql| !sql.trim().is_empty()) {
        Some(sql) => Some(app.engine.sql_limited(&Scope::default(), sql, &LIMITS).await),
        None => None,
    };
    let failed = matches!(answer, Some(Err(_)));
    let main = html! {
        div class="head" { div {
            h1 { "SQL" @if super::has_simulated(&app)? { " " span class="badge simulated" { "includes simulated data" } } }
            p class="sub" { "All sources, told apart by the column " code { "source" } ". Read-only; the first " (LIMITS.rows) " rows are shown." }
        } }
        form class="stack panel" method="get" action="/sql" {
            label for="sql" { "Query" }
            textarea id="sql" name="sql" rows="8" spellcheck="false" aria-invalid=[failed.then_some("true")]
                aria-describedby=[failed.then_some("sql-error")] { (asked.sql.as_deref().unwrap_or(EXAMPLE)) }
            div { button class="primary" { "Run" } " " span class="note" { "Ctrl+Enter" } }
        }
        @match &answer {
            None => {}
            Some(Err(error)) => { div class="error" role="alert" id="sql-error" { strong { "The query failed" } pre tabindex="0" { (error) } } }
            Some(Ok((batches, more))) => { (result(batches, *more)) }
        }
        (tables(&app))
    };
    Ok(Page { title: "SQL", path: "/sql", view: &view, main }.render(app.engine.project()))
}

fn result(batches: &[RecordBatch], more: bool) -> Markup {
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    html! {
        div class="panel" {
            h2 { (rows) " rows" @if more { ", there are more" } }
            (table::rows(batches, "Result"))
        }
    }
}

fn tables(app: &App) -> Markup {
    html! {
        div class="panel" {
            h2 { "Tables" }
            @for table in model::TABLES { details {
                summary { strong { (table.name) } " – " (table.about) }
                dl { @for column in table.all_columns() { dt { code { (column.name) } } dd { (column.about) } } }
            } }
            p class="aside" {
                "Every metric is a table of its facts as well: "
                (app.engine.project().metrics.keys().cloned().collect::<Vec<_>>().join(", "))
            }
        }
    }
}
