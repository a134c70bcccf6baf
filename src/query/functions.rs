//! SQL functions of ours.

mod aggregates;

use arrow::array::Float64Array;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::cast::as_primitive_array;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::prelude::SessionContext;
use std::sync::Arc;

const MICROSECONDS_PER_HOUR: f64 = 3_600_000_000.0;

/// Registers all functions.
///
/// `hours_between(from, to)`: hours from one moment to a later one, NULL when one of them is. It is NULL as well when they are
/// in the other order: a negative duration would pull a median down, while an unknown one is counted as unknown.
pub(super) fn register(session: &SessionContext) {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let implementation = Arc::new(|arguments: &[ColumnarValue]| hours_between(arguments));
    session.register_udf(create_udf(
        "hours_between",
        vec![time.clone(), time],
        DataType::Float64,
        Volatility::Immutable,
        implementation,
    ));
    aggregates::register(session);
}

fn hours_between(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let from = as_primitive_array::<TimestampMicrosecondType>(&arrays[0])?;
    let to = as_primitive_array::<TimestampMicrosecondType>(&arrays[1])?;
    let hours = |(from, to): (Option<i64>, Option<i64>)| {
        let micros = to?.checked_sub(from?).filter(|micros| *micros >= 0)?;
        Some(micros as f64 / MICROSECONDS_PER_HOUR)
    };
    let hours: Float64Array = from.iter().zip(to).map(hours).collect();
    Ok(ColumnarValue::Array(Arc::new(hours)))
}
