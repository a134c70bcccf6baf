//! Errors as OFREP words them.
//!
//! One rule: every failure has a code and a sentence; Python's provider reads `errorDetails` of each one.

use serde::Serialize;
use thiserror::Error;

/// OpenFeature's error codes, as far as a server of flags has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    FlagNotFound,
    /// The body is not JSON.
    ParseError,
    /// The flag goes by the targeting key, and there is none.
    TargetingKeyMissing,
    /// The body is JSON, but its context is not one.
    InvalidContext,
    General,
}

/// Why there is no evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{details}")]
pub struct Failure {
    pub code: ErrorCode,
    pub details: String,
}

/// A failure as it is sent. The key is that of the flag; a request that fails as a whole has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<&'a str>,
    pub error_code: ErrorCode,
    pub error_details: &'a str,
}

impl Failure {
    pub(super) fn new(code: ErrorCode, details: impl Into<String>) -> Self {
        Self { code, details: details.into() }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self.code {
            ErrorCode::FlagNotFound => 404,
            ErrorCode::ParseError | ErrorCode::TargetingKeyMissing | ErrorCode::InvalidContext | ErrorCode::General => {
                400
            }
        }
    }

    pub fn body<'a>(&'a self, key: Option<&'a str>) -> FailureBody<'a> {
        FailureBody { key, error_code: self.code, error_details: &self.details }
    }
}
