//! One file a page.

pub(super) mod collectors;
pub(super) mod dashboard;
pub(super) mod digest;
pub(super) mod experiments;
pub(super) mod find;
pub(super) mod golden_paths;
pub(super) mod identities;
pub(super) mod metrics;
pub(super) mod rows;
pub(super) mod sql;
pub(super) mod teams;

use super::App;
use super::error::PageError;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use std::sync::atomic::Ordering;

/// Ready when the tables can be opened.
pub(super) async fn ready(State(app): State<App>) -> Response {
    match app.engine.session(&crate::query::Scope::default()).await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

/// Whether the data folder holds an organisation that does not exist.
fn has_simulated(app: &App) -> Result<bool, PageError> {
    Ok(app.engine.catalogue()?.origins.iter().any(|origin| origin.simulated))
}

pub(super) async fn missing(uri: Uri) -> PageError {
    PageError::NotFound(format!("page {}", uri.path()))
}

/// In the text format of Prometheus.
pub(super) async fn own_figures(State(app): State<App>) -> Response {
    let requests = app.requests.load(Ordering::Relaxed);
    let sources = app.engine.catalogue().map_or(0, |catalogue| catalogue.origins.len());
    let text = format!(
        "# HELP paceline_http_requests_total Requests answered.\n# TYPE paceline_http_requests_total counter\n\
         paceline_http_requests_total {requests}\n\
         # HELP paceline_sources Sources in the data folder.\n# TYPE paceline_sources gauge\npaceline_sources {sources}\n"
    );
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
