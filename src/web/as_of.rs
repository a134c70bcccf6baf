//! Pages of older versions of the tables: `?as_of=2026-10-01` or `?as_of=pull_requests=12,teams=3`.

use super::App;
use super::error::PageError;
use super::view::Parameters;
use crate::query::{AsOf, Engine, QueryError};
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Older versions whose sessions are kept.
const KEPT: usize = 4;

/// Engines by what was asked for.
pub(super) type Past = Mutex<BTreeMap<AsOf, Arc<Engine>>>;

/// The app with the engine that answers as of what the URL says.
pub(super) struct Asked(pub App);

impl FromRequestParts<App> for Asked {
    type Rejection = PageError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Asked, PageError> {
        let mut app = app.clone();
        // Whatever cannot be read is refused by the page itself.
        let parameters = Query::<Parameters>::try_from_uri(&parts.uri);
        let as_of = parameters.ok().and_then(|Query(parameters)| parameters.as_of().cloned());
        if let Some(as_of) = as_of {
            app.engine = engine(&app, &as_of).await?;
        }
        Ok(Asked(app))
    }
}

async fn engine(app: &App, as_of: &AsOf) -> Result<Arc<Engine>, QueryError> {
    let past = || app.past.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = past().get(as_of) {
        return Ok(known.clone());
    }
    let engine = Arc::new(app.engine.as_of(as_of).await?);
    let mut past = past();
    if past.len() >= KEPT {
        past.pop_first();
    }
    past.insert(as_of.clone(), engine.clone());
    Ok(engine)
}
