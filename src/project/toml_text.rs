//! TOML inside content files, with errors in the file's own coordinates.

use super::diagnostic::{Diagnostic, closest};
use super::files::Content;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::de::DeserializeOwned;
use std::ops::Range;

/// Reads the TOML that stands at `at` in the file.
///
/// # Errors
/// What is wrong, at its place in the file.
pub fn parse<T: DeserializeOwned>(content: &Content, at: Range<usize>) -> Result<T, Diagnostic> {
    let text = content.text.get(at.clone()).unwrap_or_default();
    toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        let (message, suggestion) = explain(error.message());
        content.diagnostic(at.start + span.start..at.start + span.end, message, suggestion)
    })
}

/// A moment with its offset, or a day, which begins at 00:00 UTC; `None` for a time of no day or of no offset.
pub fn moment(value: &toml::value::Datetime) -> Option<DateTime<Utc>> {
    if value.time.is_some() {
        return DateTime::parse_from_rfc3339(&value.to_string()).ok().map(|it| it.to_utc());
    }
    let date = value.date?;
    let day = NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))?;
    Some(day.and_time(NaiveTime::MIN).and_utc())
}

/// serde lists what it would have taken; people want the one they meant.
fn explain(message: &str) -> (String, Option<String>) {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let kind = if message.starts_with("unknown field") {
        "unknown key"
    } else if message.starts_with("unknown variant") {
        "unknown value"
    } else {
        return (message.replace('\n', " "), None);
    };
    let Some((unknown, expected)) = names.split_first() else { return (message.to_owned(), None) };
    match closest(unknown, expected) {
        Some(meant) => (format!("{kind} {unknown}"), Some(meant)),
        None => (format!("{kind} {unknown}; expected one of {}", expected.join(", ")), None),
    }
}
