//! A page that is a file in `dashboards/`.

use crate::project::{Block, Dashboard};
use crate::web::App;
use crate::web::as_of::Asked;
use crate::web::error::PageError;
use crate::web::layout::{Page, path_of};
use crate::web::marks::{self, Drawn};
use crate::web::view::{Parameters, View};
use axum::extract::{Path, Query};
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{Event, Options, Parser};

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
    let view = View::new(app, parameters, dashboard.weeks).await?;
    let body = if view.has_data() { body(app, &view, dashboard).await } else { first_steps() };
    let path = path_of(name);
    let main = html! { (view.head(&dashboard.title, &path)) (body) };
    Ok(Page { title: &dashboard.title, path: &path, view: &view, main }.render(&project))
}

/// Blocks in the order of the file. Panels that follow each other stand side by side.
async fn body(app: &App, view: &View, dashboard: &Dashboard) -> Markup {
    let mut parts: Vec<Markup> = Vec::new();
    let mut panels: Vec<Markup> = Vec::new();
    let mut absent: Vec<String> = Vec::new();
    for (index, block) in dashboard.blocks.iter().enumerate() {
        let (mark, place) = match block {
            Block::Prose(text) => {
                close(&mut panels, &mut parts);
                parts.push(prose(text));
                continue;
            }
            Block::Mark(mark, place) => (mark, place),
        };
        match marks::draw(app, view, mark, &format!("figure-{index}")).await {
            Ok(Drawn::Panel(panel)) => panels.push(panel),
            Ok(Drawn::Wide(part, left_out)) => {
                close(&mut panels, &mut parts);
                parts.push(part);
                absent.extend(left_out);
            }
            Ok(Drawn::Absent(titles)) => absent.extend(titles),
            // One broken block must not take the page with it.
            Err(error) => panels.push(html! {
                div class="error" role="alert" { strong { (place.file) ":" (place.line) } p { (error) } }
            }),
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
