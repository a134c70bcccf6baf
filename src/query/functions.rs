//! SQL functions of ours.

mod aggregates;

use arrow::array::{Float64Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Int64Type, TimeUnit, TimestampMicrosecondType};
use datafusion::common::cast::as_primitive_array;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::prelude::SessionContext;
use std::sync::Arc;

const MICROSECONDS_PER_HOUR: f64 = 3_600_000_000.0;

/// The first number of lines of a class and the class, the largest first.
const SIZE_CLASSES: [(i64, &str); 5] = [(1000, "XL"), (250, "L"), (50, "M"), (10, "S"), (i64::MIN, "XS")];

/// Registers all functions.
///
/// `hours_between(from, to)`: hours from one moment to a later one, NULL when one of them is. It is NULL as well when they are
/// in the other order: a negative duration would pull a median down, while an unknown one is counted as unknown.
///
/// `microseconds_between(from, to)`: the same in whole microseconds, which sum without rounding.
///
/// `size_class(lines)`: XS below 10 lines, S below 50, M below 250, L below 1000, XL from there; NULL where lines are.
pub(super) fn register(session: &SessionContext) {
    let time = || DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let add = |name: &str, takes: Vec<DataType>, gives: DataType, function: Function| {
        session.register_udf(create_udf(name, takes, gives, Volatility::Immutable, Arc::new(function)));
    };
    add("hours_between", vec![time(), time()], DataType::Float64, hours_between);
    add("microseconds_between", vec![time(), time()], DataType::Int64, microseconds_between);
    add("size_class", vec![DataType::Int64], DataType::Utf8, size_class);
    aggregates::register(session);
}

type Function = fn(&[ColumnarValue]) -> Result<ColumnarValue>;

fn hours_between(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let hours = |micros: i64| micros as f64 / MICROSECONDS_PER_HOUR;
    let hours: Float64Array = durations(arguments)?.iter().map(|micros| micros.map(hours)).collect();
    Ok(ColumnarValue::Array(Arc::new(hours)))
}

fn microseconds_between(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    Ok(ColumnarValue::Array(Arc::new(durations(arguments)?)))
}

/// From each first moment to the second; not known where they are in the other order.
fn durations(arguments: &[ColumnarValue]) -> Result<Int64Array> {
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let from = as_primitive_array::<TimestampMicrosecondType>(&arrays[0])?;
    let to = as_primitive_array::<TimestampMicrosecondType>(&arrays[1])?;
    let between = |(from, to): (Option<i64>, Option<i64>)| to?.checked_sub(from?).filter(|micros| *micros >= 0);
    Ok(from.iter().zip(to).map(between).collect())
}

fn size_class(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let lines = as_primitive_array::<Int64Type>(&arrays[0])?;
    let class = |lines: i64| SIZE_CLASSES.iter().find(|(from, _)| lines >= *from).map(|(_, class)| *class);
    let classes: StringArray = lines.iter().map(|lines| lines.and_then(class)).collect();
    Ok(ColumnarValue::Array(Arc::new(classes)))
}
