//! Cells as numbers.

use super::{OutcomeTable, Result};

/// A column of numbers, `None` where the value is not known.
///
/// # Errors
/// The line of what is no finite number.
pub(super) fn numbers(table: &OutcomeTable, name: &str) -> Result<Vec<Option<f64>>> {
    let number =
        |(row, text): (usize, Option<&str>)| {
            let Some(text) = text else { return Ok(None) };
            match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Some(value)),
                Ok(_) => Err(table
                    .problem_at(row, format!("{name} is {text}; leave the field empty where a value is not known"))),
                Err(_) => Err(table.problem_at(row, format!("{name} is {text}, which is not a number"))),
            }
        };
    table.column(name).into_iter().enumerate().map(number).collect()
}

/// A column of numbers above zero, none of which may be unknown where `needed` says so.
///
/// # Errors
/// As [`numbers`], and the line of what is zero, negative or unknown.
pub(super) fn positive(table: &OutcomeTable, name: &str, needed: &[bool]) -> Result<Vec<f64>> {
    let mut all = Vec::with_capacity(needed.len());
    for (row, value) in numbers(table, name)?.into_iter().enumerate() {
        match value {
            Some(value) if value > 0.0 => all.push(value),
            None if !needed[row] => all.push(0.0),
            Some(value) => {
                return Err(table.problem_at(row, format!("{name} is {value}, expected a number above zero")));
            }
            None => return Err(table.problem_at(row, format!("{name} is not known, and the outcome is"))),
        }
    }
    Ok(all)
}
