//! The columns of facts: that they are there, once, and of a type that their use can take.

use super::*;
use crate::project::{Place, Statistic, TEAM_SHARES};

pub(super) fn check_columns(frame: &DataFrame, metric: &Metric, text: &Text) -> Vec<Diagnostic> {
    let fields = frame.schema().fields();
    let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
    let mut found = Vec::new();
    let mut missing = |column: &str, place: Place, why: &str| {
        if !names.contains(&column) {
            let message = format!("the facts have no column {column}{why}; they have {}", names.join(", "));
            found.push(place.diagnostic(message, closest(column, &names)));
        }
    };
    missing("at", metric.place_of_query(), "");
    for column in metric.header.columns() {
        let statistic = metric.header.statistic;
        let why = if statistic.columns().contains(&column) {
            format!(", which statistic = \"{}\" needs", statistic.name())
        } else {
            " to say what a row is a sample of; name another with sampled_of".to_owned()
        };
        missing(column, metric.place_of_query(), &why);
    }
    for dimension in &metric.header.dimensions {
        missing(dimension, metric.place_of_dimension(dimension), "");
    }
    let table = metric.header.entity.as_deref().and_then(model::table);
    for key in table.iter().flat_map(|table| table.key.iter().copied().chain(["source"])) {
        missing(key, metric.place_of_key("entity"), ", which leads to the row of their entity");
    }
    if let (Some(entity), None) = (&metric.header.entity, table) {
        let tables: Vec<&str> = model::TABLES.iter().map(|table| table.name).collect();
        let message = format!("there is no table {entity}");
        found.push(metric.place_of_key("entity").diagnostic(message, closest(entity, &tables)));
    }
    for (index, name) in names.iter().enumerate() {
        // A `SELECT *` over a join brings names twice that nobody wrote twice.
        if names[..index].contains(name) && !found.iter().any(|it| it.message.starts_with("two columns")) {
            let message = format!("two columns named {name}: write the columns out instead of *");
            found.push(metric.place_of_query().diagnostic(message, None));
        }
    }
    for field in fields.iter() {
        found.extend(check_type(field.name(), field.data_type(), metric, text));
    }
    found
}

fn check_type(column: &str, kind: &DataType, metric: &Metric, text: &Text) -> Option<Diagnostic> {
    let is_time = matches!(kind, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64);
    let is_text = matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..));
    let (is_right, needed) = match (column, metric.header.statistic) {
        ("at", _) => (is_time, "a timestamp, such as CAST(… AS TIMESTAMP)"),
        ("until", Statistic::TimeAverage) => (is_time, "a timestamp, NULL while it goes on"),
        ("value", Statistic::Distinct | Statistic::Count | Statistic::TimeAverage) => return None,
        ("value", Statistic::Share) => {
            (*kind == DataType::Boolean, "true or false: write a condition, such as value > 0")
        }
        ("observed", Statistic::Survival) => (*kind == DataType::Boolean, "true or false: write a condition"),
        ("value", _) => (kind.is_numeric(), "a number; to count different ones take statistic = \"distinct\""),
        ("numerator" | "denominator", Statistic::Ratio | Statistic::Rate) => {
            (kind.is_numeric(), "a number; of a condition CAST(… AS INT)")
        }
        (TEAM_SHARES, _) => (is_text, "text such as core=0.4 edge=0.6, as tables with team have it"),
        _ => return None,
    };
    let word = match kind {
        DataType::Null => "always NULL".to_owned(),
        DataType::Boolean => "true or false".to_owned(),
        _ if is_text => "text".to_owned(),
        _ if is_time => "a time".to_owned(),
        _ if kind.is_numeric() => "a number".to_owned(),
        _ => format!("of type {kind}"),
    };
    (!is_right).then(|| {
        let statistic = metric.header.statistic.name();
        let message = format!("{column} is {word}; statistic = \"{statistic}\" needs {needed}");
        text.place_of_column(column).diagnostic(message, None)
    })
}
