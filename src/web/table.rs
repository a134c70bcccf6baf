//! The rows of an answer as an HTML table.

use arrow::array::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use maud::{Markup, html};

/// The table, which scrolls by itself; `label` names it for screen readers.
pub(super) fn rows(batches: &[RecordBatch], label: &str) -> Markup {
    let columns: Vec<(String, bool)> = batches.first().map(columns).unwrap_or_default();
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(label) { table {
            thead { tr { @for (name, is_number) in &columns {
                th scope="col" class=[is_number.then_some("num")] { (name) }
            } } }
            tbody { @for batch in batches { @for row in cells(batch) { tr {
                @for (cell, (_, is_number)) in row.iter().zip(&columns) {
                    td class=[is_number.then_some("num")] { (cell) }
                }
            } } } }
        } }
    }
}

/// The names of the columns, with whether they are numbers.
fn columns(batch: &RecordBatch) -> Vec<(String, bool)> {
    let schema = batch.schema();
    schema.fields().iter().map(|field| (field.name().clone(), field.data_type().is_numeric())).collect()
}

/// The cells of a batch as text.
fn cells(batch: &RecordBatch) -> Vec<Vec<String>> {
    let options = FormatOptions::new().with_null("–").with_timestamp_tz_format(Some("%Y-%m-%d %H:%M"));
    let formatters: Vec<Option<ArrayFormatter<'_>>> =
        batch.columns().iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options).ok()).collect();
    let cell = |column: usize, row: usize| {
        let text = formatters[column].as_ref().map(|formatter| formatter.value(row).to_string());
        text.unwrap_or_else(|| "cannot be shown".to_owned())
    };
    (0..batch.num_rows()).map(|row| (0..batch.num_columns()).map(|column| cell(column, row)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Array, Float64Array, StringArray};
    use std::sync::Arc;

    #[test]
    fn numbers_stand_right_what_is_null_is_a_dash_and_text_is_text() {
        let texts = StringArray::from(vec![Some("<script>alert(1)</script>"), None]);
        let numbers = Float64Array::from(vec![Some(-1.5), None]);
        let batch = RecordBatch::try_from_iter([
            ("who", Arc::new(texts) as Arc<dyn Array>),
            ("hours", Arc::new(numbers) as Arc<dyn Array>),
        ]);
        let html = rows(&[batch.unwrap()], "Answer").into_string();
        assert!(html.contains("<th scope=\"col\">who</th><th scope=\"col\" class=\"num\">hours</th>"), "{html}");
        assert!(html.contains("<td>&lt;script&gt;alert(1)&lt;/script&gt;</td><td class=\"num\">-1.5</td>"), "{html}");
        assert!(html.contains("<td>–</td><td class=\"num\">–</td>"), "{html}");
    }
}
