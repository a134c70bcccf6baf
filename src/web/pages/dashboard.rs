//! A page that is a file in `dashboards/`.

use crate::project::{Block, Dashboard, Mark};
use crate::web::App;
use crate::web::as_of::Asked;
use crate::web::error::PageError;
use crate::web::layout::{Page, path_of};
use crate::web::marks::{self, Drawn};
use crate::web::view::{Parameters, View};
use axum::extract::{Path, Query};
use futures::future::join_all;
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, Options, Parser};
use std::sync::Arc;

pub(in crate::web) async fn overview(
    Asked(app): Asked,
    Query(parameters): Query<Parameters>,
) -> Result<Markup, PageError> {
    show(&app, "overview", &parameters).await
}

pub(in crate::web) async fn named(
    Asked(app): Asked,
    Path(name): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Markup, PageError> {
    show(&app, &name, &parameters).await
}

async fn show(app: &App, name: &str, parameters: &Parameters) -> Result<Markup, PageError> {
    let project = app.engine.project().clone();
    let dashboard = project.dashboards.get(name).ok_or_else(|| PageError::NotFound(format!("page /{name}")))?;
    let view = Arc::new(View::new(app, parameters, dashboard.weeks).await?);
    let body = if view.has_data() { body(app, &view, dashboard).await } else { first_steps() };
    let path = path_of(name);
    let main = html! { (view.head(&dashboard.title, &path)) (body) };
    Ok(Page { title: &dashboard.title, path: &path, view: &view, main }.render(&project))
}

/// Blocks in the order of the file. Panels that follow each other stand side by side.
async fn body(app: &App, view: &Arc<View>, dashboard: &Dashboard) -> Markup {
    let mut drawn = drawn(app, view, dashboard).await.into_iter();
    let mut parts: Vec<Markup> = Vec::new();
    let mut panels: Vec<Markup> = Vec::new();
    let mut absent: Vec<String> = Vec::new();
    for block in &dashboard.blocks {
        let place = match block {
            Block::Prose(text) => {
                close(&mut panels, &mut parts);
                parts.push(prose(text));
                continue;
            }
            Block::Mark(_, place) => place,
        };
        match drawn.next() {
            Some(Ok(Drawn::Panel(panel))) => panels.push(panel),
            Some(Ok(Drawn::Wide(part, left_out))) => {
                close(&mut panels, &mut parts);
                parts.push(part);
                absent.extend(left_out);
            }
            Some(Ok(Drawn::Absent(titles))) => absent.extend(titles),
            // One broken block must not take the page with it.
            Some(Err(error)) => panels.push(html! {
                div class="error" role="alert" { strong { (place.file) ":" (place.line) } p { (error) } }
            }),
            None => {}
        }
    }
    close(&mut panels, &mut parts);
    absent.sort();
    absent.dedup();
    html! {
        @for part in &parts { (part) }
        @if !absent.is_empty() { p class="aside" { "No source in view tells of: " (absent.join(", ")) } }
    }
}

/// Every mark in the order of the file, drawn at the same time on all processors.
async fn drawn(app: &App, view: &Arc<View>, dashboard: &Dashboard) -> Vec<Result<Drawn, PageError>> {
    let marks = dashboard.blocks.iter().enumerate().filter_map(|(index, block)| match block {
        Block::Prose(_) => None,
        Block::Mark(mark, _) => Some((index, mark.clone())),
    });
    let draw = |(index, mark): (usize, Mark)| {
        let (app, view) = (app.clone(), view.clone());
        tokio::spawn(async move { marks::draw(&app, &view, &mark, &format!("figure-{index}")).await })
    };
    let drawing: Vec<_> = marks.map(draw).collect();
    join_all(drawing).await.into_iter().map(|drawn| drawn.unwrap_or_else(|error| Err(error.into()))).collect()
}

fn close(panels: &mut Vec<Markup>, parts: &mut Vec<Markup>) {
    if !panels.is_empty() {
        parts.push(html! { div class="panels" { @for panel in panels.iter() { div class="panel" { (panel) } } } });
        panels.clear();
    }
}

/// Markdown as HTML; HTML in it is shown as the text it is.
fn prose(text: &str) -> Markup {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        other => other,
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, events);
    PreEscaped(html)
}

fn first_steps() -> Markup {
    html! {
        div class="panel" {
            h2 { "No data yet" }
            ol {
                li { "Read a repository: " code { "paceline collect PATH_OR_URL" } }
                li { "Or see everything on simulated data: " code { "paceline demo" } }
                li { "Reload this page." }
            }
        }
    }
}
