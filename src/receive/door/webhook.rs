//! A webhook: one letter, named by its headers, by its body or by its content.

use super::{Item, media_type, of_content};
use crate::receive::refusal::Refusal;
use crate::receive::scheme::Envelope;
use axum::http::HeaderMap;
use serde_json::Value;

/// What an event is called that has no name.
const NAMELESS: &str = "webhook";

pub(super) fn check_headers(headers: &HeaderMap) -> Result<(), Refusal> {
    let hint = "set the webhook's content type to application/json";
    media_type(headers, &["application/json"], hint).map(|_| ())
}

pub(super) fn item(envelope: &Envelope, body: Vec<u8>, ignored: fn(&str) -> Option<&'static str>) -> Item {
    // One that is no JSON is the sender's all the same: it is taken, and put aside by whoever reads it.
    let value: Value =
        if envelope.is_in_body() { serde_json::from_slice(&body).unwrap_or_default() } else { Value::Null };
    let event = envelope.event.find(&value).unwrap_or_else(|| NAMELESS.to_owned());
    if let Some(reason) = ignored(&event) {
        return Item::Ignored { name: event, reason: reason.to_owned() };
    }
    let key = envelope.id.find(&value).unwrap_or_else(|| of_content(&body));
    Item::Letter { key, event, body }
}
