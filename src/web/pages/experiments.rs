//! Experiments: the archive, and one with its health, results, design and origin.

mod archive;
mod design;
mod extra;
mod gathered;
mod health;
mod metric;
mod provenance;
mod recommendation;
mod results;
#[cfg(test)]
mod samples;
mod show;
#[cfg(test)]
mod tests;
mod told;
mod words;

use crate::experiment::{Analysis, markdown};
use crate::web::App;
use crate::web::analyses::{Subject, analysis};
use crate::web::error::PageError;
use crate::web::layout::Page;
use crate::web::view::{Parameters, View};
use archive::{Filter, render_archive};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::Markup;
use serde::Deserialize;
use show::{render_draft, render_report};
use std::sync::Arc;

const WEEKS: u32 = 26;

/// What the archive is narrowed to.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Narrowed {
    state: Option<String>,
}

pub(in crate::web) use told::{of_period, on_a_line};

pub(in crate::web) async fn list(
    State(app): State<App>,
    Query(parameters): Query<Parameters>,
    Query(narrowed): Query<Narrowed>,
) -> Result<Markup, PageError> {
    let view = View::new(&app, &parameters, WEEKS).await?;
    let project = app.engine.project().clone();
    let mut listed = Vec::new();
    for subject in Subject::all(&app) {
        let analysis = analysis(&app, &subject, view.now).await?;
        // A built-in example that nobody started is no experiment of this organisation.
        if analysis.is_some() || !subject.is_embedded() {
            listed.push(gathered::listed(&subject, analysis.as_deref(), view.now.date_naive())?);
        }
    }
    listed.sort_by(|a, b| (a.state, b.last, &a.name).cmp(&(b.state, a.last, &b.name)));
    let filter = Filter::named(narrowed.state.as_deref());
    let main = render_archive(&listed, filter, super::has_simulated(&app)?, &view.query(), &view.kept());
    Ok(Page { title: "Experiments", path: "/experiments", view: &view, main }.render(&project))
}

pub(in crate::web) async fn show(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(parameters): Query<Parameters>,
) -> Result<Markup, PageError> {
    let view = View::new(&app, &parameters, WEEKS).await?;
    let project = app.engine.project().clone();
    let subject = find(&app, &name)?;
    let analysis = analysis(&app, &subject, view.now).await?;
    let extra = gathered::extra(&app, &subject, analysis.as_deref(), &view).await?;
    let main = match &analysis {
        Some(analysis) => render_report(&analysis.report, &extra),
        None => render_draft(&gathered::about(&subject), &extra),
    };
    Ok(Page { title: subject.title(), path: "/experiments", view: &view, main }.render(&project))
}

pub(in crate::web) async fn report_markdown(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Response, PageError> {
    let text = markdown(&started(&app, &name).await?.report);
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], text).into_response())
}

pub(in crate::web) async fn report_json(
    State(app): State<App>,
    Path(name): Path<String>,
) -> Result<Response, PageError> {
    let report = &started(&app, &name).await?.report;
    let text = serde_json::to_string_pretty(report)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
}

fn find(app: &App, name: &str) -> Result<Subject, PageError> {
    let found = Subject::all(app).into_iter().find(|subject| subject.name() == name);
    found.ok_or_else(|| PageError::NotFound(format!("experiment {name}")))
}

/// The analysis of an experiment that was started.
async fn started(app: &App, name: &str) -> Result<Arc<Analysis>, PageError> {
    let found = analysis(app, &find(app, name)?, app.ambient.now()).await?;
    found.ok_or_else(|| PageError::NotFound(format!("report of experiment {name}, which is not started")))
}
