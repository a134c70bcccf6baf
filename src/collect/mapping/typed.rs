//! What SQL gave becomes what a table's columns hold, whatever it was: a mapping needs no casts.
//!
//! One rule: Arrow converts a whole column. Only where it cannot are rows looked at one by one.

use crate::collect::rows;
use crate::model::{Column, Kind};
use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, Float64Type, TimeUnit};
use arrow::error::ArrowError;

/// Characters of a value that are repeated.
const SHOWN: usize = 60;

/// A column of results as a column of a table; `None` where SQL gave none.
///
/// # Errors
/// What is wrong with a value, or with the first that is missing.
pub(super) fn typed(column: &Column, given: Option<&ArrayRef>, rows: usize) -> Result<ArrayRef, String> {
    let Some(given) = given else { return Ok(new_null_array(&column.kind.arrow(), rows)) };
    let array = convert(column.kind, given).map_err(|_| misfit(column, given))?;
    if column.required && array.null_count() > 0 {
        return Err(format!("{} is missing", column.name));
    }
    Ok(array)
}

fn convert(kind: Kind, given: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let strictly = CastOptions { safe: false, ..CastOptions::default() };
    let to = |array: &ArrayRef, target: &DataType| cast_with_options(array, target, &strictly);
    let given = if is_text(given.data_type()) { &cast(given, &DataType::Utf8)? } else { given };
    match kind {
        Kind::Text | Kind::Person => to(given, &DataType::Utf8),
        Kind::Bool => to(given, &DataType::Boolean),
        Kind::Float => to(given, &DataType::Float64),
        Kind::Int if given.data_type().is_floating() || given.data_type().is_decimal() => {
            let numbers = to(given, &DataType::Float64)?;
            if numbers.as_primitive::<Float64Type>().iter().flatten().any(|number| number.fract() != 0.0) {
                return Err(ArrowError::CastError("not a whole number".to_owned()));
            }
            to(given, &DataType::Int64)
        }
        Kind::Int => to(given, &DataType::Int64),
        Kind::Time if given.data_type().is_numeric() => {
            let numbers = to(given, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            let micros =
                numbers.iter().map(|number| number.map(epoch_micros).transpose()).collect::<Result<Vec<_>, _>>()?;
            Ok(rows::times(micros.into_iter()))
        }
        // A time without an offset is of UTC.
        Kind::Time => {
            let naive = DataType::Timestamp(TimeUnit::Microsecond, None);
            let is_naive =
                matches!(given.data_type(), DataType::Timestamp(_, None) | DataType::Date32 | DataType::Date64);
            let times = if is_naive { &to(given, &naive)? } else { given };
            to(times, &Kind::Time.arrow())
        }
    }
}

/// A number that is a time counts seconds since 1970, or milliseconds or microseconds where it would be far in the future. What
/// is in the far future even so, such as nanoseconds, is no time, and neither is what is no number.
fn epoch_micros(number: f64) -> Result<i64, ArrowError> {
    let size = number.abs();
    let factor = if size < 1e11 {
        1e6
    } else if size < 1e14 {
        1e3
    } else if size < 1e17 {
        1.0
    } else {
        return Err(ArrowError::CastError("not a time".to_owned()));
    };
    Ok((number * factor).round() as i64)
}

fn is_text(kind: &DataType) -> bool {
    let is_plain = |kind: &DataType| matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
    is_plain(kind) || matches!(kind, DataType::Dictionary(_, value) if is_plain(value))
}

/// Words for the first value that does not fit.
fn misfit(column: &Column, given: &ArrayRef) -> String {
    let wrong = (0..given.len()).find(|row| convert(column.kind, &given.slice(*row, 1)).is_err());
    let expected = match column.kind {
        Kind::Text => "a text",
        Kind::Person => "a login, an e-mail address or \"Name <e-mail>\"",
        Kind::Bool => "true or false",
        Kind::Int => "a whole number",
        Kind::Float => "a number",
        Kind::Time => "a time such as 2026-01-31T12:00:00Z",
    };
    let shown = wrong.and_then(|row| shown(&given.slice(row, 1)));
    format!("{} is {}, not {expected}", column.name, shown.unwrap_or_else(|| given.data_type().to_string()))
}

fn shown(value: &ArrayRef) -> Option<String> {
    let text = cast(value, &DataType::Utf8).ok()?;
    let text: String = text.as_string::<i32>().value(0).chars().take(SHOWN).collect();
    Some(if is_text(value.data_type()) { format!("{text:?}") } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::support::TICKETS;
    use arrow::array::{Float64Array, Int64Array, StringArray};
    use arrow::datatypes::Int64Type;
    use std::sync::Arc;

    fn column(name: &str) -> &'static Column {
        TICKETS.columns.iter().find(|column| column.name == name).unwrap()
    }

    #[test]
    fn times_are_read_however_they_are_written() {
        let time = |array: ArrayRef| {
            let array = typed(column("opened_at"), Some(&array), array.len())?;
            Ok::<_, String>(array.as_primitive::<arrow::datatypes::TimestampMicrosecondType>().value(0))
        };
        let text = |text: &str| time(Arc::new(StringArray::from(vec![text])));
        assert_eq!(text("1970-01-01T01:00:01+01:00"), Ok(1_000_000));
        assert_eq!(text("1970-01-01 00:00:01"), Ok(1_000_000));
        assert_eq!(text("1970-01-02"), Ok(86_400_000_000));
        assert_eq!(time(Arc::new(Int64Array::from(vec![1]))), Ok(1_000_000));
        assert_eq!(time(Arc::new(Int64Array::from(vec![1_650_024_049_161]))), Ok(1_650_024_049_161_000));
        assert_eq!(time(Arc::new(Float64Array::from(vec![1.5]))), Ok(1_500_000));
        for wrong in [f64::NAN, f64::INFINITY, 1_650_024_049_161_000_000.0] {
            assert!(time(Arc::new(Float64Array::from(vec![wrong]))).is_err(), "{wrong}");
        }
        let wrong = "opened_at is \"yesterday\", not a time such as 2026-01-31T12:00:00Z";
        assert_eq!(text("yesterday"), Err(wrong.to_owned()));
        assert_eq!(time(Arc::new(StringArray::from(vec![None::<&str>]))), Err("opened_at is missing".to_owned()));
    }

    #[test]
    fn whole_numbers_are_whole() {
        let number = |text: &str| {
            let array: ArrayRef = Arc::new(StringArray::from(vec![text]));
            typed(column("reopened"), Some(&array), 1).map(|it| it.as_primitive::<Int64Type>().value(0))
        };
        assert_eq!(number("7"), Ok(7));
        assert_eq!(number("7.5"), Err("reopened is \"7.5\", not a whole number".to_owned()));
        let half: ArrayRef = Arc::new(Float64Array::from(vec![7.5]));
        assert_eq!(typed(column("reopened"), Some(&half), 1), Err("reopened is 7.5, not a whole number".to_owned()));
        let whole: ArrayRef = Arc::new(Float64Array::from(vec![7.0]));
        assert_eq!(typed(column("reopened"), Some(&whole), 1).map(|it| it.as_primitive::<Int64Type>().value(0)), Ok(7));
    }
}
