//! How GitLab proves who it is: by a plain token, or, since it has signing tokens, as Standard Webhooks do.
//! <https://docs.gitlab.com/user/project/integrations/webhooks/>

use super::standard::Standard;
use super::{Envelope, Named, Scheme, Sealed, key};
use crate::receive::refusal::Refusal;
use crate::receive::text;
use axum::http::{HeaderMap, HeaderName};
use chrono::{DateTime, Utc};
use ring::hmac;

const TOKEN: HeaderName = HeaderName::from_static("x-gitlab-token");
const EVENT: HeaderName = HeaderName::from_static("x-gitlab-event");
/// The same when it is tried again, and the same as the `webhook-id` of a signed one. GitLab before 17.4 has none: its
/// `X-Gitlab-Event-UUID` is also that of the events that an event set off, so the content tells them apart.
const IDEMPOTENCY: HeaderName = HeaderName::from_static("idempotency-key");

pub(super) struct Gitlab {
    key: hmac::Key,
    expected: hmac::Tag,
    /// Nothing where the secret is no signing token.
    signed: Option<Standard>,
}

impl Gitlab {
    pub fn new(secret: &str) -> Gitlab {
        let key = key(secret.as_bytes());
        // A plain token may happen to be base64: only a signing token has the prefix.
        let signed = secret.starts_with("whsec_").then(|| Standard::new(secret).ok()).flatten();
        Gitlab { expected: hmac::sign(&key, secret.as_bytes()), key, signed }
    }
}

impl Scheme for Gitlab {
    fn open(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Envelope, Refusal> {
        let event = headers.get(&EVENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        // GitLab writes "Merge Request Hook".
        let event = event.to_ascii_lowercase().replace(' ', "_");
        let event = if text::is_word(&event) { Named::As(event) } else { Named::In(&["/object_kind", "/event_name"]) };
        // Who can sign must: what is shown in plain may have been read on the way.
        if let Some(standard) = &self.signed {
            return Ok(Envelope { event, ..standard.open(headers, now)? });
        }
        if Standard::is_used(headers) && !headers.contains_key(&TOKEN) {
            let hint =
                "a plain token is expected; where GitLab signs, webhook_secret is its signing token, whsec_ and base64";
            return Err(Refusal::BadSignature(TOKEN, hint));
        }
        let token = text::proof(headers, &TOKEN)?.to_owned();
        let id = text::word(headers, &IDEMPOTENCY)?;
        let proof = Sealed::Shown { key: self.key.clone(), token, expected: self.expected };
        Ok(Envelope { id: id.map_or(Named::In(&[]), Named::As), event, proof })
    }
}
