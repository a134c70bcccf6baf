//! How Slack signs requests: <https://docs.slack.dev/authentication/verifying-requests-from-slack>.

use super::{Envelope, Named, Scheme, Sealed, key, seconds, versions};
use crate::receive::refusal::Refusal;
use crate::receive::text;
use axum::http::{HeaderMap, HeaderName};
use chrono::{DateTime, Utc};
use ring::hmac;

const SIGNATURE: HeaderName = HeaderName::from_static("x-slack-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-slack-request-timestamp");

pub(super) struct Slack(hmac::Key);

impl Slack {
    pub fn new(secret: &str) -> Slack {
        Slack(key(secret.as_bytes()))
    }
}

impl Scheme for Slack {
    fn open(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Envelope, Refusal> {
        let signature = text::proof(headers, &SIGNATURE)?;
        let signatures = versions(&SIGNATURE, std::iter::once(signature), "v0=", text::from_hex)?;
        let before = format!("v0:{}:", seconds(headers, &TIMESTAMP, now)?);
        Ok(Envelope {
            id: Named::In(&["/event_id"]),
            event: Named::In(&["/event/type", "/type"]),
            proof: Sealed::Signed { key: self.0.clone(), before, signatures },
        })
    }
}
