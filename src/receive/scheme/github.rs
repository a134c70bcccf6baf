//! How GitHub signs and names its deliveries:
//! <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>.

use super::{Envelope, Named, Scheme, Sealed, hub_signature, key};
use crate::receive::refusal::Refusal;
use crate::receive::text;
use axum::http::{HeaderMap, HeaderName};
use chrono::{DateTime, Utc};
use ring::hmac;

const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");
const EVENT: HeaderName = HeaderName::from_static("x-github-event");
/// The same when it is delivered again.
const DELIVERY: HeaderName = HeaderName::from_static("x-github-delivery");

pub(super) struct Github(hmac::Key);

impl Github {
    pub fn new(secret: &str) -> Github {
        Github(key(secret.as_bytes()))
    }
}

impl Scheme for Github {
    fn open(&self, headers: &HeaderMap, _now: DateTime<Utc>) -> Result<Envelope, Refusal> {
        let signatures = hub_signature(headers, &SIGNATURE)?;
        let named = |name: &HeaderName| {
            Ok::<_, Refusal>(Named::As(text::word(headers, name)?.ok_or_else(|| Refusal::Missing(name.clone()))?))
        };
        let (event, id) = (named(&EVENT)?, named(&DELIVERY)?);
        Ok(Envelope { id, event, proof: Sealed::Signed { key: self.0.clone(), before: String::new(), signatures } })
    }
}
