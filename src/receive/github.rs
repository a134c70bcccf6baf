//! How GitHub signs and names its deliveries:
//! <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>.

use super::Refusal;
use crate::collect::github::webhook;
use axum::http::{HeaderMap, HeaderName, header};
use ring::hmac;

pub(super) const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");
const EVENT: HeaderName = HeaderName::from_static("x-github-event");
const DELIVERY: HeaderName = HeaderName::from_static("x-github-delivery");

/// What stands outside of a delivery.
pub(super) struct Envelope<'a> {
    pub event: &'a str,
    /// The same when it is delivered again.
    pub id: &'a str,
    signature: Vec<u8>,
}

/// The key that a secret is.
pub(super) fn key(secret: &str) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())
}

/// Reads the headers.
pub(super) fn open(headers: &HeaderMap) -> Result<Envelope<'_>, Refusal> {
    let signature = text(headers, &SIGNATURE)?;
    let signature = signature.strip_prefix("sha256=").and_then(bytes);
    let signature = signature.ok_or(Refusal::Malformed(SIGNATURE, "not sha256= and 64 hexadecimal digits"))?;
    let is_word =
        |text: &str| text.len() <= 100 && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it));
    let event = text(headers, &EVENT)?;
    let id = text(headers, &DELIVERY)?;
    for (name, value) in [(EVENT, event), (DELIVERY, id)] {
        if value.is_empty() || !is_word(value) {
            return Err(Refusal::Malformed(name, "not a word of letters, digits, - and _"));
        }
    }
    let kind = text(headers, &header::CONTENT_TYPE)?;
    if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        return Err(Refusal::Malformed(header::CONTENT_TYPE, "set the webhook's content type to application/json"));
    }
    Ok(Envelope { event, id, signature })
}

/// Checks the signature in constant time.
pub(super) fn verify(key: &hmac::Key, envelope: &Envelope<'_>, body: &[u8]) -> Result<(), Refusal> {
    hmac::verify(key, body, &envelope.signature).map_err(|_| Refusal::Forged)
}

/// Why a delivery is not kept; `None` for one that is.
pub(super) fn ignored(envelope: &Envelope<'_>) -> Option<&'static str> {
    webhook::ignored(envelope.event)
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, Refusal> {
    let value = headers.get(name).ok_or_else(|| Refusal::Missing(name.clone()))?;
    value.to_str().map_err(|_| Refusal::Malformed(name.clone(), "not plain text"))
}

/// The bytes that 64 hexadecimal digits stand for.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |pair: &[u8]| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok();
    (digits.len() == 64).then(|| digits.as_bytes().chunks_exact(2).map(byte).collect::<Option<Vec<u8>>>())?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation.
    #[test]
    fn the_published_signature() {
        let key = key("It's a Secret to Everybody");
        let mut headers = HeaderMap::new();
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        for (name, value) in
            [(SIGNATURE, signature), (EVENT, "push"), (DELIVERY, "a-1"), (header::CONTENT_TYPE, "application/json")]
        {
            headers.insert(name, value.parse().unwrap());
        }
        let envelope = open(&headers).unwrap();
        assert!(verify(&key, &envelope, b"Hello, World!").is_ok());
        assert!(matches!(verify(&key, &envelope, b"Hello, World?"), Err(Refusal::Forged)));
        headers.insert(SIGNATURE, signature[..70].parse().unwrap());
        assert!(matches!(open(&headers), Err(Refusal::Malformed(..))));
    }
}
