//! JSON objects, one a line, as columns of text.
//!
//! One rule: a value is the text that it says, or as it is written. Nothing is guessed from other lines, so that the same line
//! gives the same row wherever it stands.

use super::json;
use super::sql::{FILE, JSON, LINE};
use super::{Input, Misfit};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions, StringArray, StringBuilder};
use arrow::datatypes::SchemaRef;
use serde::de::IgnoredAny;
use std::sync::Arc;

/// Lines of JSON as SQL sees them; the first has this number. Those that are not exactly one object are put aside.
pub(in crate::collect) fn objects<'a>(
    schema: &SchemaRef,
    file: &'a str,
    first_line: u64,
    text: &'a [u8],
    misfits: &mut Vec<Misfit>,
) -> Input<'a> {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let builder = |_| StringBuilder::with_capacity(text.len() / 256, text.len() / 4);
    let mut builders: Vec<StringBuilder> = names.iter().map(builder).collect();
    let (mut lines, mut words) = (Vec::new(), Vec::new());
    let (mut start, mut number) = (0, first_line);
    while start < text.len() {
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |newline| start + newline + 1);
        let line = text[start..end].trim_ascii();
        if !line.is_empty() {
            match object(line) {
                Ok(line) => {
                    append(line, &names, &mut builders);
                    lines.push(number);
                    words.push(start..end);
                }
                Err(reason) => misfits.push(Misfit::new(format!("{file}:{number}"), reason, line)),
            }
        }
        (start, number) = (end, number + 1);
    }
    let columns = names.iter().zip(&mut builders).map(|(name, builder)| column(name, builder, file, &lines));
    let options = RecordBatchOptions::new().with_row_count(Some(lines.len()));
    let batch = RecordBatch::try_new_with_options(schema.clone(), columns.collect(), &options);
    let batch = batch.unwrap_or_else(|_| RecordBatch::new_empty(schema.clone()));
    Input { file, batch, lines, text, words }
}

fn column(name: &str, builder: &mut StringBuilder, file: &str, lines: &[u64]) -> ArrayRef {
    match name {
        FILE => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(file, lines.len()))),
        LINE => Arc::new(Int64Array::from_iter_values(lines.iter().map(|line| line.cast_signed()))),
        _ => Arc::new(builder.finish()),
    }
}

/// The line, if it is one object.
fn object(line: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(line).map_err(|error| {
        let byte = line.get(error.valid_up_to()).copied().unwrap_or_default();
        format!("byte 0x{byte:02X} is not UTF-8; name its encoding, such as encoding = \"windows-1252\"")
    })?;
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) if text.starts_with('{') => Ok(text),
        Ok(_) => Err("not a JSON object".to_owned()),
        Err(error) => Err(format!("not JSON: {}", error.to_string().replace(" at line 1 column ", " at column "))),
    }
}

/// The object's values in the order of the names. Of two members with one name the last counts.
fn append(line: &str, names: &[&str], builders: &mut [StringBuilder]) {
    let mut values: Vec<Option<&str>> = vec![None; names.len()];
    json::members(line, |name, value| {
        if let Some(at) = names.iter().position(|it| json::is_key(name, it)) {
            values[at] = Some(value);
        }
        false
    });
    for ((name, builder), value) in names.iter().zip(builders).zip(values) {
        match *name {
            FILE | LINE => {}
            JSON => builder.append_value(line),
            _ => builder.append_option(value.and_then(json::text)),
        }
    }
}
