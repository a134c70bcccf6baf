//! Standard Webhooks: <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use super::{Envelope, Named, Scheme, Sealed, key, seconds, versions};
use crate::receive::refusal::Refusal;
use crate::receive::text;
use axum::http::{HeaderMap, HeaderName};
use chrono::{DateTime, Utc};
use ring::hmac;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

pub(super) struct Standard(hmac::Key);

impl Standard {
    /// The secret is in base64, with or without `whsec_` before it.
    pub fn new(secret: &str) -> Result<Standard, String> {
        let bytes =
            text::from_base64(secret.strip_prefix("whsec_").unwrap_or(secret)).filter(|bytes| !bytes.is_empty());
        let bytes = bytes.ok_or("the secret is not whsec_ and base64, as Standard Webhooks have it")?;
        Ok(Standard(key(&bytes)))
    }

    /// Whether a delivery is signed in this way.
    pub fn is_used(headers: &HeaderMap) -> bool {
        headers.contains_key(&SIGNATURE)
    }
}

impl Scheme for Standard {
    fn open(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Envelope, Refusal> {
        let all = text::proof(headers, &SIGNATURE)?;
        let signatures = versions(&SIGNATURE, all.split(' '), "v1,", text::from_base64)?;
        let timestamp = seconds(headers, &TIMESTAMP, now)?;
        let id = text::word(headers, &ID)?.ok_or(Refusal::Missing(ID))?;
        let before = format!("{id}.{timestamp}.");
        Ok(Envelope {
            id: Named::As(id),
            event: Named::In(&["/type"]),
            proof: Sealed::Signed { key: self.0.clone(), before, signatures },
        })
    }
}
