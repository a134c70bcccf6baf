//! Doors: which pipeline has which, and what the body of a request at it holds.

mod cloudevents;
mod rows;
mod webhook;

use super::refusal::Refusal;
use super::scheme::{Envelope, Seal};
use super::text;
use crate::collect::github::webhook::ignored;
use crate::project::{Pipeline, PipelineKind, Proof, Secret, Signature};
use axum::http::{HeaderMap, header};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What comes in at a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What a product tells about itself, in its own words.
    Webhooks,
    /// CDEvents in CloudEvents.
    Cdevents,
    /// Rows of a table.
    Events,
}

/// The door of one pipeline.
pub(super) struct Door {
    pub pipeline: String,
    pub kind: Kind,
    pub seal: Seal,
    /// Why an event of this name is not kept; `None` for one that is.
    ignored: fn(&str) -> Option<&'static str>,
}

/// One thing that a body holds.
pub(super) enum Item {
    Letter {
        /// The sender's own name of it, the same when it is sent again.
        key: String,
        /// What it is in the sender's words, without line breaks.
        event: String,
        body: Vec<u8>,
    },
    Ignored {
        name: String,
        reason: String,
    },
}

/// What a pipeline's senders show.
enum Shown<'a> {
    Signature(Signature, &'a Secret),
    Token(&'a Secret),
}

impl Kind {
    pub(super) const ALL: [Kind; 3] = [Kind::Webhooks, Kind::Cdevents, Kind::Events];

    /// The address without its last part, which names the pipeline, or the table.
    pub fn path(self) -> &'static str {
        match self {
            Kind::Webhooks => "/api/v1/webhooks",
            Kind::Cdevents => "/api/v1/cdevents",
            Kind::Events => "/api/v1/events",
        }
    }
}

/// What comes in for a pipeline; `None` for one that takes nothing.
pub fn kind(pipeline: &Pipeline) -> Option<Kind> {
    shown(pipeline).map(|(kind, _)| kind)
}

fn shown(pipeline: &Pipeline) -> Option<(Kind, Shown<'_>)> {
    Some(match &pipeline.kind {
        PipelineKind::Cdevents(keys) => match &keys.proof {
            Proof::Signed(secret) => (Kind::Cdevents, Shown::Signature(Signature::Standard, secret)),
            Proof::Token(token) => (Kind::Cdevents, Shown::Token(token)),
        },
        PipelineKind::Events(keys) => (Kind::Events, Shown::Token(&keys.token)),
        _ => {
            let (signature, secret) = pipeline.webhooks()?;
            (Kind::Webhooks, Shown::Signature(signature, secret))
        }
    })
}

/// The doors by pipeline, and a sentence for each that stays closed.
pub(super) fn open<'a>(
    pipelines: impl IntoIterator<Item = &'a Pipeline>,
    folder: &Path,
) -> (BTreeMap<String, Arc<Door>>, Vec<String>) {
    let (mut doors, mut errors, mut tokens) = (BTreeMap::new(), Vec::new(), BTreeMap::new());
    for pipeline in pipelines {
        let Some((kind, shown)) = shown(pipeline) else { continue };
        let seal = match shown {
            Shown::Signature(signature, secret) => secret.read(folder).and_then(|it| Seal::of(signature, &it)),
            Shown::Token(token) => token.read(folder).and_then(|token| {
                let seal = Seal::bearer(&token);
                // Of two that have the same token nobody could say whose rows are sent.
                match tokens.insert(token, pipeline.name.as_str()).filter(|_| kind == Kind::Events) {
                    Some(other) => Err(format!("its token is that of {other} too; give each its own")),
                    None => Ok(seal),
                }
            }),
        };
        let is_github = matches!(pipeline.kind, PipelineKind::Github(_));
        match seal {
            Ok(seal) => {
                let ignored = if is_github { ignored } else { |_: &str| None };
                let door = Door { pipeline: pipeline.name.clone(), kind, seal, ignored };
                doors.insert(pipeline.name.clone(), Arc::new(door));
            }
            Err(error) => errors.push(format!("{}: deliveries are refused: {error}", pipeline.name)),
        }
    }
    (doors, errors)
}

impl Door {
    /// Refuses what cannot be read whatever the body is.
    pub fn check_headers(&self, last: &str, headers: &HeaderMap) -> Result<(), Refusal> {
        let is_plain = |value: &header::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
        if headers.get(header::CONTENT_ENCODING).is_some_and(|value| !is_plain(value)) {
            return Err(Refusal::Malformed(header::CONTENT_ENCODING, "send the body as it is"));
        }
        match self.kind {
            Kind::Webhooks => webhook::check_headers(headers),
            Kind::Cdevents => cloudevents::check_headers(headers),
            Kind::Events => rows::check_headers(last, headers),
        }
    }

    /// What a body holds that was shown to be the sender's.
    pub fn items(
        &self,
        last: &str,
        headers: &HeaderMap,
        envelope: &Envelope,
        body: Vec<u8>,
    ) -> Result<Vec<Item>, Refusal> {
        match self.kind {
            Kind::Webhooks => Ok(vec![webhook::item(envelope, body, self.ignored)]),
            Kind::Cdevents => cloudevents::items(headers, &body),
            Kind::Events => rows::item(last, headers, body).map(|item| vec![item]),
        }
    }
}

/// The name of something that its sender gave none: the same bytes are the same thing.
fn of_content(body: &[u8]) -> String {
    format!("content {}", &blake3::hash(body).to_hex()[..32])
}

/// Refuses a body of another kind than these.
fn media_type(headers: &HeaderMap, kinds: &[&str], hint: &'static str) -> Result<String, Refusal> {
    let found = text::media_type(headers)?;
    let is_meant = kinds.contains(&found.as_str());
    if is_meant { Ok(found) } else { Err(Refusal::Malformed(header::CONTENT_TYPE, hint)) }
}
