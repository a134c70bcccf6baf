//! The doors for what sources send by themselves.
//!
//! One rule: nothing is answered with 2xx before it is on disk, and nothing is read before its signature is checked over the
//! bytes as they came.

mod github;

use crate::ambient::Ambient;
use crate::collect::deliveries::{Deliveries, Letter};
use crate::project::{Pipeline, PipelineKind, Secret};
use crate::store::landing::LandingError;
use crate::store::{Delivery, Outcome};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http_body_util::BodyExt;
use ring::hmac;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path as Folder;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// A body has fewer bytes. GitHub sends none of 25 MB and more: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.
const BODY_BYTES: usize = 25_000_000;

/// Bytes of bodies in memory that are being read; the landing log bounds those that wait for the disk.
const READING_BYTES: usize = 4 * BODY_BYTES;

/// A sender that takes longer is cut off, so that slow ones do not fill the memory. GitHub itself waits ten seconds.
const READING: Duration = Duration::from_secs(20);

/// The doors of a project's pipelines.
#[derive(Clone)]
pub struct Doors {
    deliveries: Arc<Deliveries>,
    keys: Arc<BTreeMap<String, hmac::Key>>,
    reading: Arc<Semaphore>,
    ambient: Ambient,
}

/// What a delivery is answered.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("no pipeline of that name takes deliveries")]
    Unknown,
    #[error("{0} is missing")]
    Missing(HeaderName),
    #[error("{0} is not what this door understands: {1}")]
    Malformed(HeaderName, &'static str),
    #[error("the signature is not that of this body with the pipeline's webhook_secret")]
    Forged,
    #[error("the body has {BODY_BYTES} bytes or more")]
    TooLarge,
    #[error("the body did not come within {} seconds", READING.as_secs())]
    Slow,
    #[error("the body broke off")]
    BrokenOff,
    #[error("other deliveries are being read; try again")]
    Busy,
    #[error(transparent)]
    Landing(#[from] LandingError),
}

/// What the senders of a pipeline's deliveries sign with; `None` for a pipeline that takes none.
pub fn secret(pipeline: &Pipeline) -> Option<&Secret> {
    match &pipeline.kind {
        PipelineKind::Github(keys) => keys.webhook_secret.as_ref(),
        _ => None,
    }
}

impl Doors {
    /// Doors for the pipelines that have a secret, which is read from `folder` where it is a file; and a sentence for each
    /// whose secret cannot be read and that has no door.
    pub fn new<'a>(
        deliveries: Arc<Deliveries>,
        ambient: Ambient,
        pipelines: impl IntoIterator<Item = &'a Pipeline>,
        folder: &Folder,
    ) -> (Doors, Vec<String>) {
        let (mut keys, mut errors) = (BTreeMap::new(), Vec::new());
        for pipeline in pipelines {
            match secret(pipeline).map(|secret| secret.read(folder)) {
                Some(Ok(secret)) => drop(keys.insert(pipeline.name.clone(), github::key(&secret))),
                Some(Err(error)) => errors.push(format!("{}: deliveries are refused: {error}", pipeline.name)),
                None => {}
            }
        }
        let reading = Arc::new(Semaphore::new(READING_BYTES));
        (Doors { deliveries, keys: Arc::new(keys), reading, ambient }, errors)
    }

    /// `POST /api/v1/webhooks/{pipeline}`
    pub fn router(self) -> Router {
        Router::new().route("/api/v1/webhooks/{pipeline}", post(webhook)).with_state(self)
    }

    async fn take(&self, pipeline: &str, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
        let key = self.keys.get(pipeline).ok_or(Refusal::Unknown)?;
        // What can be refused without the body is.
        let envelope = github::open(headers)?;
        let body = self.read(headers, body).await?;
        github::verify(key, &envelope, &body)?;
        if let Some(reason) = github::ignored(&envelope) {
            return Ok(json(StatusCode::OK, &json!({ "status": "ignored", "reason": reason })));
        }
        let delivery =
            Delivery { source: pipeline.to_owned(), key: envelope.id.to_owned(), received_at: self.ambient.now() };
        Ok(match self.deliveries.take(delivery, Letter { event: envelope.event, body: &body }).await? {
            Outcome::Written => json(StatusCode::ACCEPTED, &json!({ "status": "taken" })),
            Outcome::AlreadyThere => json(StatusCode::OK, &json!({ "status": "taken before" })),
        })
    }

    /// The bytes of a body, as long as there is memory for them. Room is taken as they arrive and not as they are announced,
    /// so that nobody keeps others out by promising much.
    async fn read(&self, headers: &HeaderMap, mut body: Body) -> Result<Vec<u8>, Refusal> {
        let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        if declared.is_some_and(|bytes| bytes >= BODY_BYTES) {
            return Err(Refusal::TooLarge);
        }
        let read = async {
            let (mut bytes, mut room) = (Vec::new(), Vec::new());
            while let Some(frame) = body.frame().await {
                let Ok(chunk) = frame.map_err(|_| Refusal::BrokenOff)?.into_data() else { continue };
                if bytes.len() + chunk.len() >= BODY_BYTES {
                    return Err(Refusal::TooLarge);
                }
                let needed = u32::try_from(chunk.len()).map_err(|_| Refusal::TooLarge)?;
                room.push(self.reading.try_acquire_many(needed).map_err(|_| Refusal::Busy)?);
                bytes.extend_from_slice(&chunk);
            }
            Ok(bytes)
        };
        tokio::time::timeout(READING, read).await.unwrap_or(Err(Refusal::Slow))
    }
}

async fn webhook(
    State(doors): State<Doors>,
    Path(pipeline): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    doors.take(&pipeline, &headers, body).await
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::Unknown => StatusCode::NOT_FOUND,
            Refusal::Missing(name) | Refusal::Malformed(name, _) if *name == github::SIGNATURE => {
                StatusCode::UNAUTHORIZED
            }
            Refusal::Malformed(name, _) if *name == header::CONTENT_TYPE => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Refusal::Missing(_) | Refusal::Malformed(..) | Refusal::BrokenOff => StatusCode::BAD_REQUEST,
            Refusal::Forged => StatusCode::UNAUTHORIZED,
            Refusal::TooLarge | Refusal::Landing(LandingError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Slow => StatusCode::REQUEST_TIMEOUT,
            Refusal::Busy | Refusal::Landing(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let words = match &self {
            Refusal::Landing(error) => {
                // The sender's log is no place for paths of this machine.
                tracing::error!("a delivery was not taken: {error}");
                "it cannot be stored now; try again".to_owned()
            }
            other => other.to_string(),
        };
        json(status, &json!({ "error": words }))
    }
}

fn json(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}
