//! Flags for tools, by OpenFeature's Remote Evaluation Protocol (OFREP 0.3).
//!
//! One rule: an answer is looked up and never queried: flags are read beforehand and exchanged as a whole when something changed.

use crate::ambient::Ambient;
use crate::experiment::{self, Delivery};
use crate::flags::{Context, Failure, etag, etag_matches, read_request};
use crate::query::Engine;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Serialize;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use tower_http::cors::{Any, CorsLayer};

/// A context is a few names; more is no context.
const BODY_BYTES: usize = 64 * 1024;

/// Requests that are answered at a time; more are told to come again.
const AT_A_TIME: usize = 1_024;

/// How often it is looked whether flags changed.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The flags that are in force, and who may ask.
#[derive(Clone)]
pub struct Flags {
    engine: Arc<Engine>,
    ambient: Ambient,
    /// `None` until they were read once.
    current: Arc<RwLock<Option<Arc<Delivery>>>>,
    /// Hash of what a tool must show; without one only this machine is answered.
    token: Option<blake3::Hash>,
    turns: Arc<Semaphore>,
}

impl Flags {
    /// The flags of a data folder, for those who show the token, or for this machine alone.
    pub fn new(engine: Arc<Engine>, ambient: Ambient, token: Option<&str>) -> Flags {
        let token = token.map(|token| blake3::hash(token.as_bytes()));
        Flags { engine, ambient, current: Arc::default(), token, turns: Arc::new(Semaphore::new(AT_A_TIME)) }
    }

    /// `POST /ofrep/v1/evaluate/flags` and `POST /ofrep/v1/evaluate/flags/{key}`
    pub fn router(self) -> Router {
        let router = Router::new()
            .route("/ofrep/v1/evaluate/flags", post(evaluate_all))
            .route("/ofrep/v1/evaluate/flags/{key}", post(evaluate))
            .layer(DefaultBodyLimit::max(BODY_BYTES))
            .route_layer(middleware::from_fn_with_state(self.clone(), admit));
        // Pages of other origins may ask where they show a token; without one this machine's flags are for no stranger's page.
        let router = if self.token.is_some() { router.layer(across_origins()) } else { router };
        router.with_state(self)
    }

    /// Reads flags anew whenever a table, who is who, or the day changed. Never ends.
    pub async fn keep(self) {
        let mut seen = None;
        loop {
            let now = self.ambient.now();
            let state = self.engine.stamp().ok().map(|stamp| (stamp.tables, stamp.people, now.date_naive()));
            if seen.is_none() || seen != state {
                match experiment::delivery(&self.engine, now).await {
                    Ok(delivery) => {
                        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(delivery));
                        seen = state;
                    }
                    // Those of before stay in force.
                    Err(error) => tracing::warn!("flags: {error}"),
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn current(&self) -> Option<Arc<Delivery>> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What a request is answered that may not be, or cannot be now.
    fn refused(&self, peer: SocketAddr, headers: &HeaderMap) -> Option<Response> {
        let Some(expected) = self.token else {
            let words = "flags are for this machine alone; start the server with --flag-token to open them";
            return (!peer.ip().is_loopback()).then(|| refusal(StatusCode::FORBIDDEN, words));
        };
        // Hashes are compared in constant time.
        match shown(headers) {
            Some(token) if blake3::hash(token.as_bytes()) == expected => None,
            Some(_) => Some(refusal(StatusCode::FORBIDDEN, "this token opens no flags")),
            None => {
                let words = "show a token: Authorization: Bearer …, or X-API-Key";
                let mut response = refusal(StatusCode::UNAUTHORIZED, words);
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                Some(response)
            }
        }
    }
}

/// Lets a request in by its headers, before its body is read.
async fn admit(
    State(flags): State<Flags>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let Ok(_turn) = flags.turns.try_acquire() else { return busy() };
    match flags.refused(peer, request.headers()) {
        Some(refused) => refused,
        None => next.run(request).await,
    }
}

/// What a browser's page of another origin may send and see.
fn across_origins() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_NONE_MATCH,
            HeaderName::from_static("x-api-key"),
        ])
        .expose_headers([header::ETAG, header::RETRY_AFTER])
}

async fn evaluate(
    State(flags): State<Flags>,
    Path(key): Path<String>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let (delivery, context) = match asked(&flags, body, Some(&key)) {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    match delivery.flags.evaluate(&key, &context, |flag, targeting_key| delivery.unit_of(&flag.key, targeting_key)) {
        Ok(evaluation) => answer(StatusCode::OK, &evaluation),
        Err(failure) => failed(&failure, Some(&key)),
    }
}

async fn evaluate_all(State(flags): State<Flags>, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    let (delivery, context) = match asked(&flags, body, None) {
        Ok(asked) => asked,
        Err(response) => return *response,
    };
    let bulk = delivery.flags.evaluate_all(&context, |flag, targeting_key| delivery.unit_of(&flag.key, targeting_key));
    let Ok(bytes) = serde_json::to_vec(&bulk) else {
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be written");
    };
    let tag = etag(&bytes, &context);
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let mut response = if asked.is_some_and(|tags| etag_matches(tags, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The flags in force and who asks, or what is answered instead.
fn asked(
    flags: &Flags,
    body: Result<Bytes, BytesRejection>,
    key: Option<&str>,
) -> Result<(Arc<Delivery>, Context), Box<Response>> {
    let delivery = flags.current().ok_or_else(|| Box::new(starting()))?;
    let body = body.map_err(|error| {
        let words = format!("a context has at most {BODY_BYTES} bytes: {}", error.body_text());
        Box::new(refusal(error.status(), &words))
    })?;
    let context = read_request(&body).map_err(|failure| Box::new(failed(&failure, key)))?;
    Ok((delivery, context))
}

/// The token that a tool shows.
fn shown(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text("authorization").and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    bearer.or_else(|| text("x-api-key"))
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_vec(body) {
        Ok(bytes) => (status, [(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "the answer cannot be written"),
    }
}

fn failed(failure: &Failure, key: Option<&str>) -> Response {
    let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::BAD_REQUEST);
    answer(status, &failure.body(key))
}

fn refusal(status: StatusCode, words: &str) -> Response {
    let body = json!({ "errorCode": "GENERAL", "errorDetails": words });
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

fn busy() -> Response {
    again(StatusCode::TOO_MANY_REQUESTS, "too many requests at a time")
}

fn starting() -> Response {
    again(StatusCode::SERVICE_UNAVAILABLE, "flags are not read yet")
}

fn again(status: StatusCode, words: &str) -> Response {
    let mut response = refusal(status, words);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
