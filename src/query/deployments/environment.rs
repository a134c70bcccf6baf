//! `is_production(environment)`: whether an environment serves customers, by its name.

use arrow::array::BooleanArray;
use arrow::datatypes::DataType;
use datafusion::common::cast::as_string_array;
use datafusion::logical_expr::{ColumnarValue, Volatility, create_udf};
use datafusion::prelude::SessionContext;
use std::sync::Arc;

/// What environments that serve customers are called.
const PRODUCTION: [&str; 4] = ["live", "prd", "prod", "production"];

/// Words beside it that say that it is not one: `pre-production`, `production-test`.
const OTHERWISE: [&str; 10] =
    ["canary", "dev", "development", "non", "pre", "preview", "qa", "staging", "test", "testing"];

/// Registers the function. It is NULL where its argument is.
pub(super) fn register(session: &SessionContext) {
    let implementation = Arc::new(|arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let names = as_string_array(&arrays[0])?;
        let answers: BooleanArray = names.iter().map(|name| name.map(is_production)).collect();
        Ok(ColumnarValue::Array(Arc::new(answers)))
    });
    let function =
        create_udf("is_production", vec![DataType::Utf8], DataType::Boolean, Volatility::Immutable, implementation);
    session.register_udf(function);
}

/// Whether a word of the name says so and none says otherwise: `production`, `Prod EU`, `eu/live`, but not `pre-production`.
pub(super) fn is_production(environment: &str) -> bool {
    let name = environment.to_lowercase();
    let has = |meant: &[&str]| name.split(|it: char| !it.is_alphanumeric()).any(|word| meant.contains(&word));
    has(&PRODUCTION) && !has(&OTHERWISE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_production_are_production() {
        for name in ["production", "Production", "prod", "production-eu", "eu/live", "PROD (US)", "prd_1"] {
            assert!(is_production(name), "{name}");
        }
        for name in
            ["", "staging", "pre-production", "preproduction", "non-prod", "production-test", "products", "deliver"]
        {
            assert!(!is_production(name), "{name}");
        }
    }
}
