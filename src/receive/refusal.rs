//! Why something is not taken, in one line for whoever sent it.
//!
//! One rule: what the sender can mend is 4xx, and what goes away by itself is 503. No line repeats a secret or a path of this
//! machine.

use super::{BODY_BYTES, READING};
use crate::store::landing::LandingError;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refusal {
    #[error("no pipeline of that name takes deliveries here")]
    Unknown,
    /// What is said of the table that an address names.
    #[error("{0}")]
    NoTable(String),
    #[error("{0} is missing")]
    Missing(HeaderName),
    #[error("{0} is not what this door understands: {1}")]
    Malformed(HeaderName, &'static str),
    /// A header that says who is there.
    #[error("{0} is missing")]
    Unsigned(HeaderName),
    #[error("{0} is not what this door understands: {1}")]
    BadSignature(HeaderName, &'static str),
    #[error("the signature is not that of this body with the pipeline's webhook_secret")]
    Forged,
    #[error("the token is not that of a pipeline with this door")]
    WrongToken,
    #[error("{0} is more than 5 minutes from now: sign it anew, or set the clock")]
    Expired(HeaderName),
    #[error("{0}")]
    Body(String),
    /// What is said of each of the first lines or rows that do not fit, and how many do not.
    #[error("{}; {refused} refused and nothing stored", said.first().map_or("it does not fit", String::as_str))]
    Misfit { said: Vec<String>, refused: u64 },
    #[error("the body has {BODY_BYTES} bytes or more")]
    TooLarge,
    #[error("the body did not come within {} seconds", READING.as_secs())]
    Slow,
    #[error("the body broke off")]
    BrokenOff,
    #[error("other deliveries are being read; try again")]
    Busy,
    #[error(transparent)]
    Landing(#[from] LandingError),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Refusal::Unknown | Refusal::NoTable(_) => StatusCode::NOT_FOUND,
            Refusal::Unsigned(_)
            | Refusal::BadSignature(..)
            | Refusal::Forged
            | Refusal::WrongToken
            | Refusal::Expired(_) => StatusCode::UNAUTHORIZED,
            Refusal::Malformed(name, _) if [header::CONTENT_TYPE, header::CONTENT_ENCODING].contains(name) => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            Refusal::Missing(_) | Refusal::Malformed(..) | Refusal::Body(_) | Refusal::BrokenOff => {
                StatusCode::BAD_REQUEST
            }
            Refusal::Misfit { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::TooLarge | Refusal::Landing(LandingError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Slow => StatusCode::REQUEST_TIMEOUT,
            Refusal::Busy | Refusal::Landing(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the sender is told. Its log is no place for paths of this machine.
    fn words(&self) -> String {
        match self {
            // Without this it would be sent again and again.
            Refusal::Landing(LandingError::TooLarge { .. }) => {
                "it is too large to be stored; send less at a time".to_owned()
            }
            Refusal::Landing(_) => "it cannot be stored now; try again".to_owned(),
            other => other.to_string(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        if let Refusal::Landing(error) = &self {
            tracing::error!("a delivery was not taken: {error}");
        }
        let mut answer = json!({ "error": self.words() });
        if let Refusal::Misfit { said, refused } = self {
            answer["refused"] = refused.into();
            answer["said"] = said.into();
        }
        answered(status, &answer)
    }
}

/// An answer in JSON.
pub(super) fn answered(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_will_never_fit_is_not_asked_for_again() {
        let too_large = Refusal::from(LandingError::TooLarge { what: "a record", bytes: 3, limit: 2 });
        assert_eq!(too_large.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert_eq!(too_large.words(), "it is too large to be stored; send less at a time");
        let full = Refusal::from(LandingError::Full { limit: 2 });
        assert_eq!((full.status(), full.words().ends_with("try again")), (StatusCode::SERVICE_UNAVAILABLE, true));
    }
}
