//! Who asks: the context of a request.
//!
//! One rule: a context that is not understood is a failure with a code, never an empty context.

use super::{ErrorCode, Failure};
use serde_json::Value;
use std::collections::BTreeMap;

/// The evaluation context of OpenFeature.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// Who is asked for: a developer's login or address. Never empty.
    pub targeting_key: Option<String>,
    /// Everything else that the tool sent.
    pub attributes: BTreeMap<String, Value>,
}

/// The context in the body of a request, single or bulk.
///
/// OFREP requires `context`, yet Python's provider 0.3.0 sends `{}` where its caller gave none: that is a context without a
/// targeting key. So is `null`, and so is an empty targeting key, which flagd takes for a missing one.
///
/// # Errors
/// [`ErrorCode::ParseError`] where the body is not JSON, [`ErrorCode::InvalidContext`] where it is no object, the context is no
/// object or the targeting key no string.
pub fn read_request(body: &[u8]) -> Result<Context, Failure> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| Failure::new(ErrorCode::ParseError, format!("the body is not JSON: {error}")))?;
    let Value::Object(mut body) = body else {
        return Err(invalid("the body is not an object; send {\"context\": {\"targetingKey\": …}}"));
    };
    let attributes = match body.remove("context") {
        None | Some(Value::Null) => return Ok(Context::default()),
        Some(Value::Object(attributes)) => attributes,
        Some(_) => return Err(invalid("context is not an object")),
    };
    let mut attributes: BTreeMap<String, Value> = attributes.into_iter().collect();
    let targeting_key = match attributes.remove("targetingKey") {
        None | Some(Value::Null) => None,
        Some(Value::String(key)) => Some(key).filter(|key| !key.is_empty()),
        Some(_) => return Err(invalid("context.targetingKey is not a string")),
    };
    Ok(Context { targeting_key, attributes })
}

fn invalid(details: &str) -> Failure {
    Failure::new(ErrorCode::InvalidContext, details)
}
