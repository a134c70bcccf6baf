//! How PagerDuty signs its webhooks of version 3: <https://docs.pagerduty.com/developer/verifying-webhook-signatures>. It signs
//! no moment; a delivery that is repeated has the id that is in its body.

use super::{Envelope, Named, Scheme, Sealed, key, versions};
use crate::receive::refusal::Refusal;
use crate::receive::text;
use axum::http::{HeaderMap, HeaderName};
use chrono::{DateTime, Utc};
use ring::hmac;

const SIGNATURE: HeaderName = HeaderName::from_static("x-pagerduty-signature");

pub(super) struct Pagerduty(hmac::Key);

impl Pagerduty {
    pub fn new(secret: &str) -> Pagerduty {
        Pagerduty(key(secret.as_bytes()))
    }
}

impl Scheme for Pagerduty {
    fn open(&self, headers: &HeaderMap, _now: DateTime<Utc>) -> Result<Envelope, Refusal> {
        let all = text::proof(headers, &SIGNATURE)?;
        let signatures = versions(&SIGNATURE, all.split(','), "v1=", text::from_hex)?;
        Ok(Envelope {
            id: Named::In(&["/event/id"]),
            event: Named::In(&["/event/event_type"]),
            proof: Sealed::Signed { key: self.0.clone(), before: String::new(), signatures },
        })
    }
}
