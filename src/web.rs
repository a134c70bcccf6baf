//! The pages: server-rendered HTML with SVG from `chart`, usable without JavaScript.
//!
//! One rule: a page computes nothing. It asks `metric`, `experiment` or `query` and shows the answer with its n and
//! interval.

mod analyses;
mod as_of;
mod assets;
mod broken;
mod digest;
mod error;
mod figures;
mod find;
mod here;
mod kept;
mod layout;
mod marks;
mod ofrep;
mod pages;
mod prose;
pub mod site;
mod table;
mod view;

use crate::ambient::Ambient;
use crate::query::Engine;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::routing::get;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

pub use digest::{DigestError, DigestOf, digest};
pub use ofrep::Flags;

/// Nothing but our own files and no inline script or style.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// What every request has at hand.
#[derive(Clone)]
pub struct App {
    engine: Arc<Engine>,
    /// Engines over older versions that were asked for.
    past: Arc<as_of::Past>,
    analyses: Arc<analyses::Analyses>,
    pages: Arc<kept::Pages>,
    grounds: Arc<view::Grounds>,
    ambient: Ambient,
    requests: Arc<AtomicU64>,
    /// Proves that a form came from a page of this run.
    token: Arc<str>,
}

impl App {
    /// The pages of one data folder and project.
    pub fn new(engine: Arc<Engine>, ambient: Ambient) -> App {
        // Not the secret itself: with a fixed seed it is the folder's too.
        let token = blake3::derive_key("paceline 2026-11 token of a form", &ambient.secret());
        let token = blake3::Hash::from_bytes(token).to_hex().as_str().into();
        App {
            engine,
            past: Arc::default(),
            analyses: Arc::default(),
            pages: Arc::default(),
            grounds: Arc::default(),
            ambient,
            requests: Arc::default(),
            token,
        }
    }
}

/// All pages.
pub fn router(app: App) -> Router {
    let header = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    let requests = app.requests.clone();
    let names = Router::new()
        .route("/identities", get(pages::identities::page).post(pages::identities::decide))
        .layer(axum::middleware::from_fn(here::only));
    let kept = Router::new()
        .route("/", get(pages::dashboard::overview))
        .route("/metrics", get(pages::metrics::list))
        .route("/metrics/{name}", get(pages::metrics::show))
        .route("/digest", get(pages::digest::page))
        .route("/find", get(pages::find::page))
        .route("/team", get(async || axum::response::Redirect::to("/teams")))
        .route("/teams", get(pages::teams::list))
        .route("/teams/{name}", get(pages::teams::show))
        .route("/golden-paths", get(pages::golden_paths::page))
        .route("/experiments", get(pages::experiments::list))
        .route("/experiments/{name}", get(pages::experiments::show))
        .route("/experiments/{name}/report.md", get(pages::experiments::report_markdown))
        .route("/experiments/{name}/report.json", get(pages::experiments::report_json))
        .route("/{dashboard}", get(pages::dashboard::named))
        .layer(CompressionLayer::new())
        .layer(axum::middleware::from_fn_with_state(app.clone(), kept::keep));
    Router::new()
        .merge(names)
        .merge(kept)
        .route("/metrics/{name}/rows", get(pages::rows::page))
        .route("/collectors", get(pages::collectors::page))
        .route("/sql", get(pages::sql::page))
        .route("/livez", get(async || "ok\n"))
        .route("/readyz", get(pages::ready))
        .route("/assets/{name}", get(assets::serve))
        .fallback(pages::missing)
        .layer(axum::middleware::from_fn(move |request, next: axum::middleware::Next| {
            requests.fetch_add(1, Ordering::Relaxed);
            next.run(request)
        }))
        .layer(header(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(CompressionLayer::new())
        .with_state(app)
}

/// The server's own figures, for Prometheus.
pub fn admin(app: App) -> Router {
    Router::new().route("/metrics", get(pages::own_figures)).with_state(app)
}
