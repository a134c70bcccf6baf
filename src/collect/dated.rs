//! What a source lists without saying since when, as a history.
//!
//! One rule: something begins with the first list that has it and ends with the first that lacks it or has it otherwise. What
//! is written of the past stays as it is.

use super::observation::{Observation, Row, Values};
use crate::model::Table;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The end of a row's time and its beginning are not what a list says.
const TIMES: [&str; 2] = ["valid_from", "valid_to"];

/// The rows that began and those that ended, of a table whose rows have a time. `known` are the rows as they are stored of which
/// none has ended; people among the listed are ids already.
pub(super) fn changes(
    table: &'static Table,
    known: &[Values],
    listed: Vec<Values>,
    at: DateTime<Utc>,
) -> Vec<Observation> {
    let place = |row: &Values| -> Vec<String> {
        let key = table.key.iter().filter(|name| !TIMES.contains(name));
        key.map(|name| row.get(*name).map(ToString::to_string).unwrap_or_default()).collect()
    };
    let said = || table.columns.iter().map(|column| column.name).filter(|name| !TIMES.contains(name));
    let mut listed: BTreeMap<Vec<String>, Values> = listed.into_iter().map(|row| (place(&row), row)).collect();
    let mut changes = Vec::new();
    for row in known {
        let place = place(row);
        if listed.get(&place).is_some_and(|listed| said().all(|name| listed.get(name) == row.get(name))) {
            listed.remove(&place);
            continue;
        }
        let columns = table.columns.iter().filter(|column| column.name != "valid_to");
        let ended = columns.fold(Row::of(table), |ended, column| ended.set(column.name, row.get(column.name)));
        changes.push(ended.set("valid_to", at).set("updated_at", at).asked());
    }
    // Within one second a new row may take the place of the ended one.
    changes.extend(listed.into_values().map(|row| {
        let begun = said().fold(Row::of(table), |begun, name| begun.set(name, row.get(name)));
        begun.set("valid_from", at).set("updated_at", at).asked()
    }));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::COMPONENT_OWNERS;
    use chrono::TimeDelta;
    use serde_json::json;

    #[test]
    fn what_is_the_same_goes_on() {
        let row = |entity: &str, owner: &str| Row::of(&COMPONENT_OWNERS).set("entity", entity).set("owner", owner);
        let begun = |row: Row| row.set("valid_from", "2026-01-01T00:00:00Z").values();
        let known = [begun(row("a", "x")), begun(row("b", "x")), begun(row("c", "x"))];
        let listed = ["a", "b", "d"].map(|entity| row(entity, if entity == "b" { "y" } else { "x" }).values());
        let at = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let changes = changes(&COMPONENT_OWNERS, &known, listed.to_vec(), at);
        let said: Vec<_> = changes
            .iter()
            .map(|it| ["entity", "owner", "valid_from", "valid_to"].map(|name| it.subject().1.get(name).cloned()))
            .collect();
        let (first, day) = (json!("2026-01-01T00:00:00Z"), json!("1970-01-02T00:00:00Z"));
        let text = |text: &str| Some(json!(text));
        assert_eq!(
            said,
            [
                [text("b"), text("x"), Some(first.clone()), Some(day.clone())],
                [text("c"), text("x"), Some(first), Some(day.clone())],
                [text("b"), text("y"), Some(day.clone()), None],
                [text("d"), text("x"), Some(day), None],
            ]
        );
    }
}
