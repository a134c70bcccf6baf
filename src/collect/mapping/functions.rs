//! What a mapping may call: the standard functions whose answer follows from their arguments, and ours for JSON.

use super::json::{self, Step};
use arrow::array::{Array, AsArray, StringBuilder};
use arrow::datatypes::DataType;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::prelude::SessionContext;
use std::sync::Arc;

/// Functions that make one value of any length from two numbers.
const UNBOUNDED: [&str; 5] = ["range", "generate_series", "array_repeat", "array_resize", "repeat"];

/// Registers ours:
///
/// - `json_text(json, 'a.b[0].c')`: the text of a nested value, NULL where there is none. With `[*]` in the path, the first that
///   is there.
/// - `json_texts(json, 'labels[*].name')`: the texts of all such values, sorted, separated by commas; NULL where there is none.
pub(super) fn register(session: &SessionContext) {
    for name in UNBOUNDED {
        session.deregister_udf(name);
    }
    let two = vec![DataType::Utf8, DataType::Utf8];
    let one = Arc::new(|arguments: &[ColumnarValue]| each(arguments, first));
    session.register_udf(create_udf("json_text", two.clone(), DataType::Utf8, Volatility::Immutable, one));
    let several = Arc::new(|arguments: &[ColumnarValue]| each(arguments, joined));
    session.register_udf(create_udf("json_texts", two, DataType::Utf8, Volatility::Immutable, several));
}

/// Writes what is at the path into the builder.
type Write = fn(&str, &[Step], &mut StringBuilder);

fn each(arguments: &[ColumnarValue], write: Write) -> Result<ColumnarValue> {
    let path = match &arguments[1] {
        ColumnarValue::Scalar(scalar) => scalar.try_as_str().flatten(),
        ColumnarValue::Array(_) => None,
    };
    let path =
        path.ok_or_else(|| DataFusionError::Execution("the path of json_text is not a plain text".to_owned()))?;
    let steps = json::path(path)
        .ok_or_else(|| DataFusionError::Execution(format!("{path:?} is no path such as 'a.b[0].c'")))?;
    let rows = if let ColumnarValue::Array(array) = &arguments[0] { array.len() } else { 1 };
    let texts = arguments[0].to_array(rows)?;
    let texts = texts.as_string::<i32>();
    let mut builder = StringBuilder::with_capacity(texts.len(), texts.len() * 16);
    for text in texts {
        match text {
            Some(text) => write(text, &steps, &mut builder),
            None => builder.append_null(),
        }
    }
    Ok(ColumnarValue::Array(Arc::new(builder.finish())))
}

fn first(text: &str, steps: &[Step], into: &mut StringBuilder) {
    let mut found = None;
    json::find(text, steps, &mut |value| {
        found = json::text(value);
        found.is_some()
    });
    into.append_option(found);
}

fn joined(text: &str, steps: &[Step], into: &mut StringBuilder) {
    let mut found = Vec::new();
    json::find(text, steps, &mut |value| {
        found.extend(json::text(value));
        false
    });
    found.sort_unstable();
    into.append_option((!found.is_empty()).then(|| found.join(",")));
}
