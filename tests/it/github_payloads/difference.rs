//! Two tables that should say the same, and where they do not.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// Column → value by key. NULL is written as such.
pub type Sheet = BTreeMap<String, BTreeMap<&'static str, String>>;

/// So many rows differ in this way: column, ours, theirs, rows, why.
pub type Expected = (&'static str, &'static str, &'static str, usize, &'static str);

/// Compares row by row and column by column; both lists of differences must be the same.
///
/// A row that one side does not have differs in the column `row`.
pub fn compare(what: &str, ours: &Sheet, theirs: &Sheet, expected: &[Expected]) {
    assert!(!theirs.is_empty(), "{what}: nothing to compare with");
    let mut found: BTreeMap<(&str, String, String), Vec<&str>> = BTreeMap::new();
    let mut add = |column, ours: &str, theirs: &str, key| {
        found.entry((column, ours.to_owned(), theirs.to_owned())).or_default().push(key);
    };
    for (key, their_row) in theirs {
        let Some(our_row) = ours.get(key) else {
            add("row", "missing", "there", key.as_str());
            continue;
        };
        assert!(our_row.keys().eq(their_row.keys()), "{what}: {our_row:?} {their_row:?}");
        for (column, their_value) in their_row {
            let our_value = &our_row[column];
            if our_value != their_value {
                add(column, our_value, their_value, key);
            }
        }
    }
    for key in ours.keys().filter(|key| !theirs.contains_key(*key)) {
        add("row", "there", "missing", key);
    }
    let expected: BTreeMap<_, _> = expected.iter().map(|it| ((it.0, it.1.to_owned(), it.2.to_owned()), it.3)).collect();
    let mut wrong = Vec::new();
    for (difference, keys) in &found {
        if expected.get(difference) != Some(&keys.len()) {
            let (column, ours, theirs) = difference;
            wrong.push(format!("{column}: ours {ours:?}, theirs {theirs:?} in {} rows: {keys:?}", keys.len()));
        }
    }
    for (difference, rows) in expected.iter().filter(|(difference, _)| !found.contains_key(*difference)) {
        wrong.push(format!("{difference:?} in {rows} rows is not so any more"));
    }
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}

/// A value in one form on both sides: times in UTC by the second, NULL for nothing.
pub fn plain(text: &str) -> String {
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => time.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Secs, true),
        Err(_) if text.is_empty() => "NULL".to_owned(),
        Err(_) => text.to_owned(),
    }
}

/// A value of one of our rows.
pub fn ours(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => plain(""),
        Some(Value::String(text)) => plain(text),
        Some(Value::Object(who)) => plain(who.get("login").and_then(Value::as_str).unwrap_or_default()),
        Some(value) => value.to_string(),
    }
}
