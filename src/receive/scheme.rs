//! How senders prove who they are, name a delivery and date it: one file for each.
//!
//! One rule: a scheme only reads headers and says what was signed. The comparison is done here, once, in constant time and over
//! the bytes as they came.

mod bearer;
mod github;
mod gitlab;
mod jira;
mod pagerduty;
mod standard;
#[cfg(test)]
mod tests;
mod zendesk;

use super::refusal::Refusal;
use super::text;
use crate::project::Signature;
use axum::http::{HeaderMap, HeaderName};
use chrono::{DateTime, TimeDelta, Utc};
use ring::hmac;
use serde_json::Value;

/// How far a moment that was signed may be from now, before or after.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

/// Signatures of one delivery that are looked at; a sender has as many as it has secrets at the time.
const SIGNATURES: usize = 16;

/// The secret of a pipeline, with the way in which its sender shows that it knows it.
pub(super) struct Seal {
    scheme: Box<dyn Scheme>,
}

/// What the headers of a delivery say.
pub(super) struct Envelope {
    pub id: Named,
    pub event: Named,
    proof: Sealed,
}

/// Where the name of something stands.
pub(super) enum Named {
    /// In the headers.
    As(String),
    /// In the body, at the first of these JSON pointers that is there.
    In(&'static [&'static str]),
}

/// What is to be compared.
enum Sealed {
    /// One of these is the HMAC of what stands before the body, and the body.
    Signed { key: hmac::Key, before: String, signatures: Vec<Vec<u8>> },
    /// The HMAC of this is the HMAC of the secret, whatever the body is.
    Shown { key: hmac::Key, token: String, expected: hmac::Tag },
}

/// A sender's way.
trait Scheme: Send + Sync {
    /// Reads the headers, and refuses what can be refused without the body.
    fn open(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Envelope, Refusal>;
}

impl Seal {
    /// The seal of a sender of webhooks.
    ///
    /// # Errors
    /// A sentence when the text cannot be a secret of that sender.
    pub fn of(signature: Signature, secret: &str) -> Result<Seal, String> {
        Ok(Seal {
            scheme: match signature {
                Signature::Github => Box::new(github::Github::new(secret)),
                Signature::Gitlab => Box::new(gitlab::Gitlab::new(secret)),
                Signature::Jira => Box::new(jira::Jira::new(secret)),
                Signature::Pagerduty => Box::new(pagerduty::Pagerduty::new(secret)),
                Signature::Standard => Box::new(standard::Standard::new(secret)?),
                Signature::Zendesk => Box::new(zendesk::Zendesk::new(secret)),
            },
        })
    }

    /// The seal of whoever has a token.
    pub fn bearer(token: &str) -> Seal {
        Seal { scheme: Box::new(bearer::Bearer::new(token)) }
    }

    /// Reads the headers. A token is compared here already: whoever has none is refused before a byte of the body is read.
    ///
    /// # Errors
    /// [`Refusal`] when a header is missing, is of another form, is too old or too new, or shows another token.
    pub fn open(&self, headers: &HeaderMap, now: DateTime<Utc>) -> Result<Envelope, Refusal> {
        let envelope = self.scheme.open(headers, now)?;
        match &envelope.proof {
            Sealed::Shown { key, token, expected } => hmac::verify(key, token.as_bytes(), expected.as_ref())
                .map_err(|_| Refusal::WrongToken)
                .map(|()| envelope),
            Sealed::Signed { .. } => Ok(envelope),
        }
    }
}

impl Envelope {
    /// Whether the body has to be read for its names.
    pub fn is_in_body(&self) -> bool {
        [&self.id, &self.event].iter().any(|named| matches!(named, Named::In(pointers) if !pointers.is_empty()))
    }

    /// Checks that the body is what was signed.
    ///
    /// # Errors
    /// [`Refusal::Forged`].
    pub fn verify(&self, body: &[u8]) -> Result<(), Refusal> {
        let Sealed::Signed { key, before, signatures } = &self.proof else { return Ok(()) };
        let mut signed = hmac::Context::with_key(key);
        signed.update(before.as_bytes());
        signed.update(body);
        // What is compared is the HMAC of each, so that the body is gone through once and no time says how much was right.
        let expected = hmac::sign(key, signed.sign().as_ref());
        let holds = |signature: &Vec<u8>| hmac::verify(key, signature, expected.as_ref()).is_ok();
        if signatures.iter().any(holds) { Ok(()) } else { Err(Refusal::Forged) }
    }
}

impl Named {
    /// The name, where there is one and it is a word. A body may be of any form.
    pub fn find(&self, body: &Value) -> Option<String> {
        match self {
            Named::As(name) => Some(name.clone()),
            Named::In(pointers) => {
                let found = pointers.iter().find_map(|pointer| body.pointer(pointer)?.as_str());
                found.filter(|text| text::is_word(text)).map(str::to_owned)
            }
        }
    }
}

fn key(secret: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

/// One signature as `sha256=` and hexadecimal digits.
fn hub_signature(headers: &HeaderMap, name: &HeaderName) -> Result<Vec<Vec<u8>>, Refusal> {
    let signature = text::proof(headers, name)?.strip_prefix("sha256=").and_then(text::from_hex);
    let signature = signature.filter(|bytes| bytes.len() == 32);
    let signature =
        signature.ok_or_else(|| Refusal::BadSignature(name.clone(), "not sha256= and 64 hexadecimal digits"))?;
    Ok(vec![signature])
}

/// Several signatures, each behind a name of its version; those of other versions are left out.
fn versions<'a>(
    name: &HeaderName,
    signatures: impl Iterator<Item = &'a str>,
    prefix: &str,
    read: impl Fn(&str) -> Option<Vec<u8>>,
) -> Result<Vec<Vec<u8>>, Refusal> {
    let ours = signatures.filter_map(|signature| signature.trim().strip_prefix(prefix));
    let read = ours.take(SIGNATURES).map(read).collect::<Option<Vec<_>>>();
    let read = read.filter(|all| !all.is_empty() && all.iter().all(|bytes| bytes.len() == 32));
    read.ok_or_else(|| {
        Refusal::BadSignature(name.clone(), "no signature of a version that is known, or not one of SHA-256")
    })
}

/// The text of a header with seconds since 1970, which are not far from now.
fn seconds<'a>(headers: &'a HeaderMap, name: &HeaderName, now: DateTime<Utc>) -> Result<&'a str, Refusal> {
    let text = text::proof(headers, name)?;
    // The text itself is signed: another way of writing the same number is another text.
    let time = text.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let time = time.ok_or_else(|| Refusal::BadSignature(name.clone(), "not whole seconds since 1970"))?;
    is_near(name, time, now).map(|()| text)
}

fn is_near(name: &HeaderName, time: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Refusal> {
    if (now - time).abs() > TOLERANCE { Err(Refusal::Expired(name.clone())) } else { Ok(()) }
}
