//! A page that is a file in `dashboards/`.

use crate::project::{Block, Dashboard, Mark};
use crate::web::App;
use crate::web::as_of::Asked;
use crate::web::broken::broken;
use crate::web::error::PageError;
use crate::web::layout::{Page, path_of};
use crate::web::marks::{self, Drawn};
use crate::web::prose::prose;
use crate::web::view::{Parameters, View};
use axum::extract::{Path, Query};
use futures::future::join_all;
use maud::{Markup, html};
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
    let mut view = View::new(app, parameters, dashboard.weeks).await?;
    view.offer(app, parameters, dashboard).await;
    let view = Arc::new(view);
    let body = body(app, &view, dashboard).await;
    let path = path_of(name);
    let main = html! { (view.head(&dashboard.title, &path)) (body) };
    Ok(Page { title: &dashboard.title, path: &path, view: &view, main }.render(&project))
}

/// Blocks in the order of the file. Panels that follow each other stand side by side.
pub(in crate::web) async fn body(app: &App, view: &Arc<View>, dashboard: &Dashboard) -> Markup {
    if !view.has_data() {
        return html! { @for wrong in dashboard.wrong() { (broken(wrong)) } (first_steps()) };
    }
    let mut drawn = drawn(app, view, dashboard).await.into_iter();
    let mut page = Parts::default();
    for block in &dashboard.blocks {
        match block {
            Block::Prose(text) => page.wide(prose(&text.text, &marks::live_values(app, view, text).await)),
            Block::Broken(diagnostic) => page.wide(broken(diagnostic)),
            Block::Mark(_, place) => match drawn.next() {
                Some(Ok(Drawn::Panel(panel))) => page.panels.push(panel),
                Some(Ok(Drawn::Wide(part, left_out))) => {
                    page.wide(part);
                    page.absent.extend(left_out);
                }
                Some(Ok(Drawn::Absent(titles))) => page.absent.extend(titles),
                // One broken block must not take the page with it.
                Some(Err(error)) => page.wide(broken(&place.diagnostic(error.to_string(), None))),
                None => {}
            },
        }
    }
    page.render()
}

/// A page while it is put together.
#[derive(Default)]
struct Parts {
    parts: Vec<Markup>,
    /// Panels that stand side by side until something wide follows.
    panels: Vec<Markup>,
    /// The titles of what no source tells of.
    absent: Vec<String>,
}

impl Parts {
    fn wide(&mut self, part: Markup) {
        self.close();
        self.parts.push(part);
    }

    fn close(&mut self) {
        if !self.panels.is_empty() {
            let panels = std::mem::take(&mut self.panels);
            self.parts.push(html! { div class="panels" { @for panel in &panels { div class="panel" { (panel) } } } });
        }
    }

    fn render(mut self) -> Markup {
        self.close();
        self.absent.sort();
        self.absent.dedup();
        html! {
            @for part in &self.parts { (part) }
            @if !self.absent.is_empty() { p class="aside" { "No source in view tells of: " (self.absent.join(", ")) } }
        }
    }
}

/// Every mark in the order of the file, drawn at the same time on all processors.
async fn drawn(app: &App, view: &Arc<View>, dashboard: &Dashboard) -> Vec<Result<Drawn, PageError>> {
    let marks = dashboard.blocks.iter().enumerate().filter_map(|(index, block)| match block {
        Block::Prose(_) | Block::Broken(_) => None,
        Block::Mark(mark, _) => Some((index, mark.clone())),
    });
    let draw = |(index, mark): (usize, Mark)| {
        let (app, view) = (app.clone(), view.clone());
        tokio::spawn(async move { marks::draw(&app, &view, &mark, &format!("figure-{index}")).await })
    };
    let drawing: Vec<_> = marks.map(draw).collect();
    join_all(drawing).await.into_iter().map(|drawn| drawn.unwrap_or_else(|error| Err(error.into()))).collect()
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
