//! SQL functions of ours.

use arrow::array::{ArrayRef, Float64Array};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::cast::as_primitive_array;
use datafusion::error::Result;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::prelude::SessionContext;
use std::sync::Arc;

const MICROSECONDS_PER_HOUR: f64 = 3_600_000_000.0;

/// Registers all functions.
///
/// `hours_between(from, to)`: hours from one moment to another, negative when they are in the other order, NULL when one of
/// them is.
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
}

fn hours_between(arguments: &[ColumnarValue]) -> Result<ColumnarValue> {
    let arrays = ColumnarValue::values_to_arrays(arguments)?;
    let from = as_primitive_array::<TimestampMicrosecondType>(&arrays[0])?;
    let to = as_primitive_array::<TimestampMicrosecondType>(&arrays[1])?;
    let hours: Float64Array = arrow::compute::binary(from, to, |from, to| to.wrapping_sub(from) as f64 / MICROSECONDS_PER_HOUR)?;
    Ok(ColumnarValue::Array(Arc::new(hours) as ArrayRef))
}
