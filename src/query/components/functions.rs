//! The functions that SQL looks the catalog up with. Each is NULL where an argument is.

use super::index::Index;
use arrow::array::{Array, StringArray};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use datafusion::common::cast::{as_primitive_array, as_string_array};
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::prelude::SessionContext;
use std::sync::Arc;

type Lookup = fn(&Index, &[&str], i64) -> Option<String>;

/// Name, how many texts come before the moment, and what is looked up.
const FUNCTIONS: [(&str, usize, Lookup); 6] = [
    ("component_of_file", 2, |index, it, at| index.component_of_file(it[0], it[1], at).map(str::to_owned)),
    ("component_of_repository", 1, |index, it, at| index.component_of_repository(it[0], at).map(str::to_owned)),
    ("component_of_service", 1, |index, it, at| index.component_of_service(it[0], at).map(str::to_owned)),
    ("team_of_component", 1, |index, it, at| index.team_of_component(it[0], at)),
    ("team_of_file", 2, |index, it, at| index.team_of_file(it[0], it[1], at)),
    ("team_of_repository", 1, |index, it, at| index.team_of_repository(it[0], at)),
];

pub(super) fn register(session: &SessionContext, index: &Arc<Index>) {
    let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    for (name, texts, lookup) in FUNCTIONS {
        let mut types = vec![DataType::Utf8; texts];
        types.push(time.clone());
        let index = index.clone();
        let implementation = Arc::new(move |arguments: &[ColumnarValue]| {
            let arrays = ColumnarValue::values_to_arrays(arguments)?;
            let mut columns = Vec::with_capacity(texts);
            for array in &arrays[..texts] {
                columns.push(as_string_array(array)?);
            }
            let times = as_primitive_array::<TimestampMicrosecondType>(&arrays[texts])?;
            let found = (0..times.len()).map(|row| {
                if times.is_null(row) || columns.iter().any(|column| column.is_null(row)) {
                    return None;
                }
                let words: Vec<&str> = columns.iter().map(|column| column.value(row)).collect();
                lookup(&index, &words, times.value(row))
            });
            Ok(ColumnarValue::Array(Arc::new(found.collect::<StringArray>())))
        });
        session.register_udf(create_udf(name, types, DataType::Utf8, Volatility::Stable, implementation));
    }
}
