//! What can go wrong while an API is asked, in one line each.
//!
//! One rule: a line names the address, what came back, and what to do where that can be said. It never holds a credential.

use super::troubles::{self, Denied};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

/// What can go wrong while asking.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("{0}")]
    Secret(String),
    #[error("{address}: the API cannot be used: {reason}")]
    Setup { address: String, reason: String },
    #[error("{}", troubles::line(.0))]
    Denied(Vec<Denied>),
    #[error("{address} refuses the token (401: {message}); make a new one, or check where the pipeline reads it from")]
    Unauthorized { address: String, message: String },
    #[error("{address} answers {status}: {message}")]
    Refused { address: String, status: StatusCode, message: String },
    #[error("{address} points to {target} on another host, where the token must not go")]
    Foreign { address: String, target: String },
    #[error("{address} cannot be reached after {attempts} attempts: {reason}")]
    Unreachable { address: String, attempts: u32, reason: String },
    #[error("{address} sent something that is not what {product} documents: {reason}")]
    Malformed { address: String, product: &'static str, reason: String },
    #[error("{address} sends the same page again and again: {page}")]
    Endless { address: String, page: String },
}

/// The server's own words, wherever the vendor puts them, or the beginning of what came instead.
///
/// GitHub and GitLab say `message`, GitLab also `error`; PagerDuty `error.message` with `error.errors`; Zendesk `error` and
/// `description`, or `error.title` and `error.message`; Jira `errorMessages`.
pub(in crate::collect) fn message(body: &[u8]) -> String {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Said {
        Object(serde_json::Map<String, Value>),
    }
    let words = match serde_json::from_slice::<Said>(body) {
        Ok(Said::Object(said)) => {
            let nested = said.get("error").and_then(Value::as_object).unwrap_or(&said);
            let word =
                |of: &serde_json::Map<String, Value>, name: &str| of.get(name).map(flat).filter(|it| !it.is_empty());
            let main =
                word(nested, "message").or_else(|| word(nested, "error")).or_else(|| word(nested, "errorMessages"));
            let more = word(nested, "errors").or_else(|| word(nested, "description"));
            let parts: Vec<String> = main.into_iter().chain(more).collect();
            parts.join(": ")
        }
        Err(_) => String::new(),
    };
    let words = if words.is_empty() { String::from_utf8_lossy(body).into_owned() } else { words };
    words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(200).collect()
}

fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(flat).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(", "),
        Value::Null => String::new(),
        Value::Object(fields) if fields.is_empty() => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_words_are_found_wherever_they_are() {
        for (body, words) in [
            (r#"{"message": "Not Found", "documentation_url": "x"}"#, "Not Found"),
            (
                r#"{"error": {"message": "Invalid Input", "code": 2001, "errors": ["a is b", "c"]}}"#,
                "Invalid Input: a is b, c",
            ),
            (r#"{"error": "RecordNotFound", "description": "Not found"}"#, "RecordNotFound: Not found"),
            (r#"{"error": {"title": "Forbidden", "message": "no access"}}"#, "no access"),
            (r#"{"errorMessages": ["Issue does not exist"], "errors": {}}"#, "Issue does not exist"),
            ("<html>\n  <b>Unicorn!</b></html>", "<html> <b>Unicorn!</b></html>"),
            (r#"["a"]"#, r#"["a"]"#),
        ] {
            assert_eq!(message(body.as_bytes()), words);
        }
    }
}
