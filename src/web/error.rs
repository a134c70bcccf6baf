//! What a reader sees when a page cannot be shown.

use super::layout;
use crate::experiment::ExperimentError;
use crate::golden_path::GoldenPathError;
use crate::metric::MetricError;
use crate::query::QueryError;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;

/// A page that could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    #[error("there is no {0} here")]
    NotFound(String),
    #[error("{0}")]
    Forbidden(&'static str),
    #[error(transparent)]
    Query(#[from] QueryError),
    #[error(transparent)]
    Metric(#[from] MetricError),
    #[error(transparent)]
    Experiment(Box<ExperimentError>),
    #[error("the report cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    GoldenPath(#[from] GoldenPathError),
    #[error("this part broke off: {0}")]
    Broken(#[from] tokio::task::JoinError),
}

impl From<ExperimentError> for PageError {
    fn from(error: ExperimentError) -> PageError {
        PageError::Experiment(Box::new(error))
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let (status, title) = match self {
            PageError::NotFound(_) => (StatusCode::NOT_FOUND, "Not found"),
            PageError::Forbidden(_) => (StatusCode::FORBIDDEN, "Not for you"),
            PageError::Query(ref error) if error.is_contradiction() => (StatusCode::CONFLICT, "Not decided"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "This page failed"),
        };
        let body = html! {
            h1 { (title) }
            div class="error" role="alert" { p { (self) } }
            p { a href="/" { "Back to the overview" } }
        };
        (status, layout::bare(title, &body)).into_response()
    }
}
