//! CloudEvents 1.0 over HTTP in its three content modes:
//! <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md>.
//!
//! One rule: of a batch all events are understood, or none is taken.

use super::Item;
use crate::collect::cdevents::{Standing, standing};
use crate::receive::refusal::Refusal;
use crate::receive::text;
use axum::http::{HeaderMap, HeaderName, header};
use serde_json::{Map, Value};

const STRUCTURED: &str = "application/cloudevents+json";
const BATCH: &str = "application/cloudevents-batch+json";
const VERSION: &str = "1.0";
const VERSION_HEADER: HeaderName = HeaderName::from_static("ce-specversion");

/// Events of one batch. Each waits for the disk by itself.
const EVENTS: usize = 10_000;

/// Bytes of an attribute that names something.
const ATTRIBUTE_BYTES: usize = 400;

/// How a body holds events.
enum Mode {
    /// One event, whose attributes are in headers.
    Binary,
    Structured,
    Batch,
}

pub(super) fn check_headers(headers: &HeaderMap) -> Result<(), Refusal> {
    mode(headers).map(|_| ())
}

pub(super) fn items(headers: &HeaderMap, body: &[u8]) -> Result<Vec<Item>, Refusal> {
    let json = |bytes: &[u8]| -> Result<Value, Refusal> {
        serde_json::from_slice(bytes).map_err(|error| Refusal::Body(format!("the body is not JSON: {error}")))
    };
    let events = match mode(headers)? {
        Mode::Binary => {
            let mut event = Map::new();
            for name in ["specversion", "id", "source", "type"] {
                event.insert(name.to_owned(), attribute(headers, name)?.into());
            }
            event.insert("data".to_owned(), json(body)?);
            return item(&event.into(), "").map(|item| vec![item]);
        }
        Mode::Structured => return item(&json(body)?, "").map(|item| vec![item]),
        Mode::Batch => json(body)?,
    };
    let Value::Array(events) = events else {
        return Err(Refusal::Body("a batch is a JSON array of events".to_owned()));
    };
    if events.len() > EVENTS {
        return Err(Refusal::Body(format!("the batch has {} events; send {EVENTS} at most", events.len())));
    }
    events
        .iter()
        .enumerate()
        .map(|(index, event)| item(event, &format!("event {} of the batch: ", index + 1)))
        .collect()
}

fn mode(headers: &HeaderMap) -> Result<Mode, Refusal> {
    let is_binary = headers.contains_key(VERSION_HEADER);
    // Data without a declared kind is JSON.
    let kind = match text::media_type(headers) {
        Err(Refusal::Missing(_)) if is_binary => "application/json".to_owned(),
        kind => kind?,
    };
    match kind.as_str() {
        STRUCTURED => Ok(Mode::Structured),
        BATCH => Ok(Mode::Batch),
        _ if !is_binary => Err(Refusal::Malformed(
            header::CONTENT_TYPE,
            "send application/cloudevents+json, application/cloudevents-batch+json, or application/json with ce-* headers",
        )),
        _ if kind == "application/json" || kind.ends_with("+json") => Ok(Mode::Binary),
        _ => {
            Err(Refusal::Malformed(header::CONTENT_TYPE, "a CDEvent is JSON: send application/json with ce-* headers"))
        }
    }
}

/// An attribute in a header, in which what is not plain text is written as in an address.
fn attribute(headers: &HeaderMap, name: &str) -> Result<String, Refusal> {
    let header = HeaderName::from_bytes(format!("ce-{name}").as_bytes());
    let header = header.map_err(|_| Refusal::Body(format!("{name} is no attribute")))?;
    let mut bytes = Vec::new();
    let mut rest = text::required(headers, &header)?.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = (*first == b'%').then(|| after.get(..2)).flatten();
        let decoded = digits.and_then(|digits| text::from_hex(std::str::from_utf8(digits).ok()?));
        match decoded {
            Some(byte) => {
                bytes.extend(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_err(|_| Refusal::Malformed(header, "not UTF-8"))
}

/// One event. `place` is said before what is wrong with it.
fn item(event: &Value, place: &str) -> Result<Item, Refusal> {
    let wrong = |words: String| Refusal::Body(format!("{place}{words}"));
    let Value::Object(event) = event else { return Err(wrong("it is no JSON object".to_owned())) };
    let text = |name: &str| -> Result<&str, Refusal> {
        let text = event.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_plain = !text.is_empty() && text.len() <= ATTRIBUTE_BYTES && !text.contains(char::is_control);
        if is_plain {
            Ok(text)
        } else {
            Err(wrong(format!("{name} is missing, or no text of 1 to {ATTRIBUTE_BYTES} bytes")))
        }
    };
    let version = text("specversion")?;
    if version != VERSION {
        return Err(wrong(format!("specversion is {version}; this door understands {VERSION}")));
    }
    let (id, source, kind) = (text("id")?, text("source")?, text("type")?);
    if source.contains(char::is_whitespace) {
        return Err(wrong("source is no address: it has white space".to_owned()));
    }
    let packed;
    let data = match (event.get("data"), event.get("data_base64")) {
        (Some(data), None) => data,
        (None, Some(data)) => {
            let bytes = data.as_str().and_then(text::from_base64);
            let bytes = bytes.ok_or_else(|| wrong("data_base64 is not base64".to_owned()))?;
            packed = serde_json::from_slice(&bytes).map_err(|error| wrong(format!("data is not JSON: {error}")))?;
            &packed
        }
        _ => return Err(wrong("it needs data or data_base64, and not both".to_owned())),
    };
    match standing(kind, data).map_err(|words| wrong(format!("{kind}: {words}")))? {
        Standing::Ignored(reason) => Ok(Item::Ignored { name: format!("{kind} {id}"), reason }),
        // The two together are unique.
        Standing::Read => Ok(Item::Letter {
            key: format!("{id} {source}"),
            event: kind.to_owned(),
            body: data.to_string().into_bytes(),
        }),
    }
}
