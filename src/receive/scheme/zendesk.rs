//! How Zendesk signs its webhooks: <https://developer.zendesk.com/documentation/webhooks/verifying/>.

use super::{Envelope, Named, Scheme, Sealed, is_near, key};
use crate::receive::refusal::Refusal;
use crate::receive::text;
use axum::http::{HeaderMap, HeaderName};
use chrono::{DateTime, Utc};
use ring::hmac;

const SIGNATURE: HeaderName = HeaderName::from_static("x-zendesk-webhook-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-zendesk-webhook-signature-timestamp");
/// The same when it is tried again.
const INVOCATION: HeaderName = HeaderName::from_static("x-zendesk-webhook-invocation-id");

pub(super) struct Zendesk(hmac::Key);

impl Zendesk {
    /// The text of the secret itself is the key, though it looks like base64.
    pub fn new(secret: &str) -> Zendesk {
        Zendesk(key(secret.as_bytes()))
    }
}

impl Scheme for Zendesk {
    fn open(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Envelope, Refusal> {
        let signature = text::from_base64(text::proof(headers, &SIGNATURE)?).filter(|bytes| bytes.len() == 32);
        let signature = signature.ok_or(Refusal::BadSignature(SIGNATURE, "not 32 bytes in base64"))?;
        let before = text::proof(headers, &TIMESTAMP)?;
        let time = DateTime::parse_from_rfc3339(before);
        let time = time.map_err(|_| Refusal::BadSignature(TIMESTAMP, "not a time such as 2026-01-31T12:00:00Z"))?;
        is_near(&TIMESTAMP, time.to_utc(), now)?;
        let id = text::word(headers, &INVOCATION)?;
        Ok(Envelope {
            id: id.map_or(Named::In(&["/id"]), Named::As),
            event: Named::In(&["/type"]),
            proof: Sealed::Signed { key: self.0.clone(), before: before.to_owned(), signatures: vec![signature] },
        })
    }
}
