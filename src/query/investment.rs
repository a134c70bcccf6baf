//! `investment_category(subject, labels, kind, repository)`: what a piece of work is an investment in, by the project's rules;
//! NULL where no rule holds. Labels are separated by commas or lines; `kind` is that of the ticket that it works on. Each may
//! be NULL, and then no rule about it holds.
//!
//! One rule: what no rule knows stays unlinked, and is shown as that.

use crate::project::{Investment, Words};
use arrow::array::{Array, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::cast::as_string_array;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::prelude::SessionContext;
use std::sync::Arc;

/// Registers the function.
pub(super) fn register(session: &SessionContext, investment: &Arc<Investment>) {
    let rules = investment.clone();
    let find = Arc::new(move |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let columns: Vec<&StringArray> = arrays.iter().map(|array| as_string_array(array)).collect::<Result<_, _>>()?;
        let word = |column: usize, row: usize| columns[column].is_valid(row).then(|| columns[column].value(row));
        let categories = (0..columns[0].len()).map(|row| {
            let labels = word(1, row).map(|labels| labels.replace('\n', ","));
            let words = Words {
                subject: word(0, row),
                labels: labels.as_deref(),
                kind: word(2, row),
                repository: word(3, row),
                ..Words::default()
            };
            rules.category(&words)
        });
        Ok(ColumnarValue::Array(Arc::new(categories.collect::<StringArray>())))
    });
    let words = vec![DataType::Utf8; 4];
    session.register_udf(create_udf("investment_category", words, DataType::Utf8, Volatility::Stable, find));
}
