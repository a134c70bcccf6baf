//! How Jira and Bitbucket sign and name their deliveries:
//! <https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks>,
//! <https://support.atlassian.com/bitbucket-cloud/docs/manage-webhooks/>.

use super::{Envelope, Named, Scheme, Sealed, hub_signature, key};
use crate::receive::refusal::Refusal;
use crate::receive::text;
use axum::http::{HeaderMap, HeaderName};
use chrono::{DateTime, Utc};
use ring::hmac;

const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature");
/// Of Jira, the same when it is tried again.
const IDENTIFIER: HeaderName = HeaderName::from_static("x-atlassian-webhook-identifier");
/// Of Bitbucket.
const REQUEST: HeaderName = HeaderName::from_static("x-request-uuid");
const EVENT_KEY: HeaderName = HeaderName::from_static("x-event-key");

pub(super) struct Jira(hmac::Key);

impl Jira {
    pub fn new(secret: &str) -> Jira {
        Jira(key(secret.as_bytes()))
    }
}

impl Scheme for Jira {
    fn open(&self, headers: &HeaderMap, _now: DateTime<Utc>) -> Result<Envelope, Refusal> {
        let signatures = hub_signature(headers, &SIGNATURE)?;
        let id = text::word(headers, &IDENTIFIER)?.or(text::word(headers, &REQUEST)?);
        let event = text::word(headers, &EVENT_KEY)?;
        Ok(Envelope {
            id: id.map_or(Named::In(&[]), Named::As),
            event: event.map_or(Named::In(&["/webhookEvent"]), Named::As),
            proof: Sealed::Signed { key: self.0.clone(), before: String::new(), signatures },
        })
    }
}
