//! Copilot's use as GitHub counts it.

use crate::collect::github::payload::{PayloadError, Seats};
use crate::collect::observation::{Observation, Row};
use crate::model::adoption::TOOL_USAGE;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Days of Copilot's metrics for `scope`, an organisation or organisation/team: the metrics API's nested counts as well as
/// the daily reports' totals by language, feature, model and so on.
///
/// Every number becomes a row. Its measure is the name that GitHub gives it; its breakdown says where it stood: `section` is
/// the object or list of the whole day, and each list entry below adds its own texts, a `name` under the list's name in the
/// singular. Nothing is added up, since a person can be counted in several parts.
///
/// # Errors
/// [`PayloadError`] for a day without a date.
pub fn copilot_metrics(scope: &str, days: &[Value]) -> Result<Vec<Observation>, PayloadError> {
    let mut rows = Vec::new();
    for (index, day) in days.iter().enumerate() {
        let at = day_of(day).ok_or_else(|| PayloadError {
            path: format!("[{index}]"),
            message: "neither date nor day is a date such as 2024-06-24".to_owned(),
        })?;
        let mut found = BTreeMap::new();
        if let Value::Object(fields) = day {
            flatten(fields, &mut Vec::new(), &mut found);
        }
        rows.extend(found.into_iter().map(|((breakdown, measure), value)| row(scope, at, &breakdown, &measure, value)));
    }
    Ok(rows)
}

/// How many seats an organisation has at `seen_at`. Who holds them is in no table.
pub fn copilot_seats(scope: &str, seats: &Seats, seen_at: DateTime<Utc>) -> Observation {
    row(scope, midnight(seen_at.date_naive()), "", "total_seats", seats.total_seats as f64)
}

fn row(scope: &str, day: DateTime<Utc>, breakdown: &str, measure: &str, value: f64) -> Observation {
    Row::of(&TOOL_USAGE)
        .set("tool", "copilot")
        .set("scope", scope)
        .set("day", day)
        .set("breakdown", breakdown)
        .set("measure", measure)
        .set("value", value)
        // GitHub corrects past days and does not say when: an answer of the same moment overwrites.
        .set("updated_at", day)
        .asked()
}

fn day_of(day: &Value) -> Option<DateTime<Utc>> {
    let text = day.get("date").or_else(|| day.get("day"))?.as_str()?;
    text.parse().ok().map(midnight)
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn flatten(fields: &Map<String, Value>, parts: &mut Vec<String>, found: &mut BTreeMap<(String, String), f64>) {
    for (name, value) in fields {
        let depth = parts.len();
        match value {
            Value::Number(number) => {
                found.extend(number.as_f64().map(|number| ((parts.join(" "), name.clone()), number)));
            }
            Value::Object(inner) => {
                parts.push(part("section", name));
                flatten(inner, parts, found);
            }
            Value::Array(entries) => {
                if parts.is_empty() {
                    parts.push(part("section", name));
                }
                for entry in entries.iter().filter_map(Value::as_object) {
                    let depth = parts.len();
                    parts.extend(texts(name, entry));
                    flatten(entry, parts, found);
                    parts.truncate(depth);
                }
            }
            _ => {}
        }
        parts.truncate(depth);
    }
}

/// What an entry of a list says of itself, sorted.
fn texts(list: &str, entry: &Map<String, Value>) -> Vec<String> {
    let singular =
        list.strip_suffix("ies").map_or_else(|| list.trim_end_matches('s').to_owned(), |stem| format!("{stem}y"));
    let text = |(field, value): (&String, &Value)| {
        let name = if field == "name" { &singular } else { field };
        Some(part(name, value.as_str()?))
    };
    let mut texts: Vec<String> = entry.iter().filter_map(text).collect();
    texts.sort_unstable();
    texts
}

/// `name=value`, without spaces: they stand between parts.
fn part(name: &str, value: &str) -> String {
    format!("{name}={}", value.split_whitespace().collect::<Vec<_>>().join("_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_counts_are_told_apart_by_where_they_stand() {
        let day: Value = serde_json::from_str(
            r#"{"date": "2024-06-24", "total_engaged_users": 20, "copilot_ide_chat": {"total_engaged_users": 13,
                "editors": [{"name": "vs code", "models": [{"name": "default", "is_custom_model": false, "total_chats": 45}]}]},
                "copilot_dotcom_pull_requests": {"repositories": [{"name": "a/b", "total_engaged_users": 2}]},
                "totals_by_language_feature": [{"language": "go", "feature": "code", "loc_added_sum": 3}]}"#,
        )
        .unwrap();
        let rows = copilot_metrics("acme", &[day]).unwrap();
        let said: Vec<_> = rows
            .iter()
            .map(|row| {
                let Observation::Row { values, .. } = row else { panic!("not a row") };
                assert_eq!(values["day"], "2024-06-24T00:00:00Z");
                (
                    values["breakdown"].as_str().unwrap(),
                    values["measure"].as_str().unwrap(),
                    values["value"].as_f64().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                ("", "total_engaged_users", 20.0),
                ("section=copilot_dotcom_pull_requests repository=a/b", "total_engaged_users", 2.0),
                ("section=copilot_ide_chat", "total_engaged_users", 13.0),
                ("section=copilot_ide_chat editor=vs_code model=default", "total_chats", 45.0),
                ("section=totals_by_language_feature feature=code language=go", "loc_added_sum", 3.0),
            ]
        );
    }

    #[test]
    fn a_day_without_a_date_is_an_error() {
        let error = copilot_metrics("acme", &[serde_json::json!({"total_engaged_users": 1})]).unwrap_err();
        assert!(error.to_string().starts_with("[0]: neither date nor day"), "{error}");
    }
}
