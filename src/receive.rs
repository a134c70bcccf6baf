//! The doors for what sources send by themselves.
//!
//! One rule: nothing is answered with 2xx before it is on disk, and nothing is read before it is known who sent it: a signature is
//! checked over the bytes as they came.
//!
//! There is one way in. Which door a request goes to, how its sender proves who it is (`scheme`) and what its body holds
//! (`door`) differ; reading, checking, storing and answering do not.

mod body;
mod door;
mod refusal;
mod scheme;
mod text;

use crate::ambient::Ambient;
use crate::collect::deliveries::{Deliveries, Letter};
use crate::project::Pipeline;
use crate::store::{Delivery, Outcome};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use door::{Door, Item};
pub use door::{Kind, kind};
use refusal::{Refusal, answered};
use scheme::Envelope;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path as Folder;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// A body has fewer bytes. GitHub sends none of 25 MB and more: <https://docs.github.com/en/webhooks/webhook-events-and-payloads>.
const BODY_BYTES: usize = 25_000_000;

/// Bytes of bodies in memory that are not answered yet; the landing log bounds those that wait for the disk.
const READING_BYTES: usize = 4 * BODY_BYTES;

/// A sender that takes longer is cut off, so that slow ones do not fill the memory. GitHub itself waits ten seconds.
const READING: Duration = Duration::from_secs(20);

/// Bodies that are unpacked at a time, each of which takes a few times its size.
const CHECKING: usize = 2;

/// The doors of a project's pipelines.
#[derive(Clone)]
pub struct Doors {
    deliveries: Arc<Deliveries>,
    /// By pipeline.
    doors: Arc<BTreeMap<String, Arc<Door>>>,
    reading: Arc<Semaphore>,
    checking: Arc<Semaphore>,
    ambient: Ambient,
}

impl Doors {
    /// Doors for the pipelines that take what is sent. Their secrets are read from `folder` where they are in files; and a
    /// sentence for each whose secret cannot be read and that has no door.
    pub fn new<'a>(
        deliveries: Arc<Deliveries>,
        ambient: Ambient,
        pipelines: impl IntoIterator<Item = &'a Pipeline>,
        folder: &Folder,
    ) -> (Doors, Vec<String>) {
        let (doors, errors) = door::open(pipelines, folder);
        let (reading, checking) = (Arc::new(Semaphore::new(READING_BYTES)), Arc::new(Semaphore::new(CHECKING)));
        (Doors { deliveries, doors: Arc::new(doors), reading, checking, ambient }, errors)
    }

    /// `POST /api/v1/webhooks/{pipeline}`, `POST /api/v1/cdevents/{pipeline}` and `POST /api/v1/events/{table}`
    pub fn router(self) -> Router {
        let mut router = Router::new();
        for kind in Kind::ALL {
            let enter = move |State(doors): State<Doors>, Path(last): Path<String>, headers: HeaderMap, body: Body| async move {
                doors.take(kind, &last, &headers, body).await
            };
            router = router.route(&format!("{}/{{last}}", kind.path()), post(enter).fallback(only_post));
        }
        router.with_state(self)
    }

    /// Takes one request. `last` is the end of its path.
    async fn take(&self, kind: Kind, last: &str, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
        // What can be refused without the body is.
        let (door, envelope) = self.find(kind, last, headers)?;
        door.check_headers(last, headers)?;
        let whole = body::read(&self.reading, headers, body).await?;
        envelope.verify(&whole.bytes)?;
        let now = self.ambient.now();
        let items = if kind == Kind::Webhooks && !envelope.is_in_body() {
            door.items(last, headers, &envelope, whole.bytes)?
        } else {
            // Never closed.
            let _turn = self.checking.acquire().await.map_err(|_| Refusal::Busy)?;
            let (door, last, headers, bytes) = (door.clone(), last.to_owned(), headers.clone(), whole.bytes);
            let read = tokio::task::spawn_blocking(move || door.items(&last, &headers, &envelope, bytes));
            // What makes a reader panic is wrong with the body, and was not stored.
            read.await.map_err(|_| Refusal::Body("the body cannot be read".to_owned()))??
        };
        let taken = items.iter().map(|item| async {
            let Item::Letter { key, event, body } = item else { return Ok(None) };
            let delivery = Delivery { source: door.pipeline.clone(), key: key.clone(), received_at: now };
            self.deliveries.take(delivery, Letter { event, body }).await.map(Some)
        });
        // All at once, so that they share what it costs to be on the disk. Of a request that is refused some may be there:
        // when it is sent again, those are known.
        let taken: Vec<Option<Outcome>> = futures::future::try_join_all(taken).await?;
        Ok(answer(&items, &taken))
    }

    /// The door of a request, which proves by its headers that it may come in there, as far as headers can.
    fn find(&self, kind: Kind, last: &str, headers: &HeaderMap) -> Result<(Arc<Door>, Envelope), Refusal> {
        let now = self.ambient.now();
        if kind != Kind::Events {
            let door = self.doors.get(last).filter(|door| door.kind == kind).ok_or(Refusal::Unknown)?;
            return Ok((door.clone(), door.seal.open(headers, now)?));
        }
        // The path names a table: it is the token that says whose rows they are.
        let mut refusal = Refusal::Unknown;
        for door in self.doors.values().filter(|door| door.kind == kind) {
            match door.seal.open(headers, now) {
                Ok(envelope) => return Ok((door.clone(), envelope)),
                Err(error) => refusal = error,
            }
        }
        Err(refusal)
    }
}

/// What the sender is told of what was taken.
fn answer(items: &[Item], taken: &[Option<Outcome>]) -> Response {
    let count = |outcome: Outcome| taken.iter().filter(|it| **it == Some(outcome)).count();
    let (new, before) = (count(Outcome::Written), count(Outcome::AlreadyThere));
    let status = if new > 0 { StatusCode::ACCEPTED } else { StatusCode::OK };
    let word = match (new, before) {
        (0, 0) => "ignored",
        (0, _) => "taken before",
        _ => "taken",
    };
    let mut value = json!({ "status": word });
    match items {
        [Item::Ignored { reason, .. }] => value["reason"] = reason.as_str().into(),
        [_] => {}
        _ => {
            let ignored = items.iter().filter_map(|item| match item {
                Item::Ignored { name, reason } => Some(json!({ "event": name, "reason": reason })),
                Item::Letter { .. } => None,
            });
            value["taken"] = new.into();
            value["taken_before"] = before.into();
            value["ignored"] = ignored.collect::<Vec<Value>>().into();
        }
    }
    answered(status, &value)
}

/// Whoever looks at a door with a browser learns what it is for.
async fn only_post() -> Response {
    let hint = json!({ "error": "this address takes what a source sends by POST; there is nothing to read" });
    let mut response = answered(StatusCode::METHOD_NOT_ALLOWED, &hint);
    response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("POST"));
    response.into_response()
}
