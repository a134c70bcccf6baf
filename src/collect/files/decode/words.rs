//! Why a line does not fit a table, in words for whoever wrote it.

use super::micros;
use crate::collect::rows::given as columns;
use crate::model::{Kind, Table};
use crate::project::closest;
use arrow::error::ArrowError;
use serde_json::{Map, Value};

/// Characters of a value that are repeated.
const SHOWN: usize = 60;

/// What is wrong with a line that was refused with `error`.
pub(super) fn reason(table: &'static Table, line: &[u8], error: &ArrowError) -> String {
    match serde_json::from_slice(line.trim_ascii()) {
        Ok(Value::Object(values)) => misfit(table, &values).unwrap_or_else(|| error.to_string()),
        Ok(_) => "not a JSON object".to_owned(),
        // It says the line too, which is always the first.
        Err(error) => format!("not JSON: {}", error.to_string().replace(" at line 1 column ", " at column ")),
    }
}

fn misfit(table: &'static Table, values: &Map<String, Value>) -> Option<String> {
    let names: Vec<&str> = columns(table).map(|column| column.name).collect();
    if let Some(unknown) = values.keys().find(|name| !names.contains(&name.as_str())) {
        let meant = closest(unknown, &names).map(|meant| format!("; did you mean {meant}?"));
        return Some(format!("{} has no column {unknown}{}", table.name, meant.unwrap_or_default()));
    }
    columns(table).find_map(|column| match values.get(column.name) {
        None | Some(Value::Null) => column.required.then(|| format!("{} is missing", column.name)),
        Some(value) => {
            let expected = expected(column.kind, value)?;
            let shown: String = value.to_string().chars().take(SHOWN).collect();
            Some(format!("{} is {shown}, not {expected}", column.name))
        }
    })
}

/// What a value should be instead, where it is something else.
fn expected(kind: Kind, value: &Value) -> Option<&'static str> {
    let (fits, expected) = match kind {
        Kind::Text => (value.is_string(), "a text"),
        Kind::Person => (value.is_string(), "a login, an e-mail address or \"Name <e-mail>\""),
        Kind::Bool => (value.is_boolean(), "true or false"),
        Kind::Int => (value.is_i64(), "a whole number"),
        Kind::Float => (value.is_number(), "a number"),
        Kind::Time => (value.as_str().is_some_and(|text| micros(text).is_ok()), "a time such as 2026-01-31T12:00:00Z"),
    };
    (!fits).then_some(expected)
}
