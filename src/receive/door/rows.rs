//! Rows of a table: one letter that holds all of a request, or nothing of it.

use super::{Item, media_type, of_content};
use crate::collect::events::{Form, Wrong, check, find_table};
use crate::receive::refusal::Refusal;
use crate::receive::text;
use axum::http::{HeaderMap, HeaderName};

/// <https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>
const IDEMPOTENCY: HeaderName = HeaderName::from_static("idempotency-key");
const KEY_BYTES: usize = 255;

/// The kinds of a body with the form that each has.
const FORMS: [(&str, Form); 4] = [
    ("application/vnd.apache.arrow.stream", Form::Arrow),
    ("application/jsonl", Form::Lines),
    ("application/ndjson", Form::Lines),
    ("application/x-ndjson", Form::Lines),
];

pub(super) fn check_headers(table: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    form(headers)?;
    key(headers)?;
    find_table(table).map_err(Refusal::NoTable)
}

pub(super) fn item(table: &str, headers: &HeaderMap, body: Vec<u8>) -> Result<Item, Refusal> {
    let form = form(headers)?;
    let name = key(headers)?.map_or_else(|| of_content(&body), |key| format!("key {key}"));
    check(table, form, &body).map_err(|wrong| match wrong {
        Wrong::Body(words) => Refusal::Misfit { said: vec![words], refused: 1 },
        Wrong::Rows { said, refused } => Refusal::Misfit { said, refused },
    })?;
    Ok(Item::Letter { key: format!("{table} {name}"), event: format!("{table} {}", form.name()), body })
}

fn form(headers: &HeaderMap) -> Result<Form, Refusal> {
    let kinds = FORMS.map(|(kind, _)| kind);
    let hint = "send application/x-ndjson or application/vnd.apache.arrow.stream";
    let kind = media_type(headers, &kinds, hint)?;
    Ok(FORMS.iter().find(|(name, _)| *name == kind).map_or(Form::Lines, |(_, form)| *form))
}

fn key(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    if !headers.contains_key(IDEMPOTENCY) {
        return Ok(None);
    }
    let key = text::required(headers, &IDEMPOTENCY)?;
    let is_plain = |key: &str| (1..=KEY_BYTES).contains(&key.len()) && key.bytes().all(|it| matches!(it, b' '..=b'~'));
    if is_plain(key) {
        Ok(Some(key))
    } else {
        Err(Refusal::Malformed(IDEMPOTENCY, "not 1 to 255 printable characters"))
    }
}
