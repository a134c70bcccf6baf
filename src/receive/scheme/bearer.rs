//! A token that is shown: `Authorization: Bearer` (RFC 6750, section 2.1).

use super::{Envelope, Named, Scheme, Sealed, key};
use crate::receive::refusal::Refusal;
use crate::receive::text;
use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use ring::hmac;

pub(super) struct Bearer {
    key: hmac::Key,
    expected: hmac::Tag,
}

impl Bearer {
    pub fn new(token: &str) -> Bearer {
        let key = key(token.as_bytes());
        Bearer { expected: hmac::sign(&key, token.as_bytes()), key }
    }
}

impl Scheme for Bearer {
    fn open(&self, headers: &HeaderMap, _now: DateTime<Utc>) -> Result<Envelope, Refusal> {
        let name = header::AUTHORIZATION;
        let (scheme, token) = text::proof(headers, &name)?.split_once(' ').unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("bearer") || token.trim().is_empty() {
            return Err(Refusal::BadSignature(name, "not Bearer and a token"));
        }
        let proof = Sealed::Shown { key: self.key.clone(), token: token.trim().to_owned(), expected: self.expected };
        Ok(Envelope { id: Named::In(&[]), event: Named::In(&[]), proof })
    }
}
