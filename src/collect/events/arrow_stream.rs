//! An Arrow stream becomes the columns of a table.
//!
//! One rule: what a stream announces is held against what it has before Arrow's own reader sees it, since that one takes as much
//! memory as it is told; and where that one panics, as it does over some damage, the stream is refused like any other.

use crate::collect::rows;
use crate::model::{Column, Kind, Table};
use crate::project::closest;
use arrow::array::{Array, ArrayRef, AsArray, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float64Type, SchemaRef};
use arrow::ipc::reader::StreamReader;
use arrow::ipc::{MessageHeader, root_as_message};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Bytes of all buffers of a stream. Columns may share them, and texts are copied out of them.
const UNPACKED_BYTES: i64 = 64 << 20;

/// Rows of a stream. A column of NULLs has rows that take no byte.
const ROWS: i64 = 1_000_000;

/// What stands before the length of a message.
const CONTINUATION: u32 = u32::MAX;

/// The table's own columns and `updated_at`, batch by batch.
///
/// # Errors
/// One line for whoever sent it.
pub(super) fn read(table: &'static Table, body: &[u8]) -> Result<Vec<Vec<ArrayRef>>, String> {
    measure(body)?;
    // Nothing outlives the panic but the body, which is only read.
    catch_unwind(AssertUnwindSafe(|| decode(table, body)))
        .unwrap_or_else(|_| Err("it is no Arrow stream that can be read: it is damaged".to_owned()))
}

fn decode(table: &'static Table, body: &[u8]) -> Result<Vec<Vec<ArrayRef>>, String> {
    let broken = |error: arrow::error::ArrowError| format!("it is no Arrow stream that can be read: {error}");
    let reader = StreamReader::try_new(Cursor::new(body), None).map_err(broken)?;
    let places = places(table, &reader.schema())?;
    let (mut pieces, mut row) = (Vec::new(), 0);
    for batch in reader {
        let batch = batch.map_err(broken)?;
        let columns = rows::given(table).zip(&places).map(|(column, place)| match place {
            Some(index) => typed(column, batch.column(*index), row),
            None => Ok(new_null_array(&column.kind.arrow(), batch.num_rows())),
        });
        pieces.push(columns.collect::<Result<Vec<_>, _>>()?);
        row += batch.num_rows();
    }
    Ok(pieces)
}

/// Refuses a stream that would take more memory than it has bytes to show for.
fn measure(body: &[u8]) -> Result<(), String> {
    let (mut rest, mut bytes, mut rows) = (body, 0_i64, 0_i64);
    let broken = || "it is no whole Arrow stream: a message is cut off, or longer than the body".to_owned();
    while let Some(mut length) = number(&mut rest) {
        if length == CONTINUATION {
            length = number(&mut rest).ok_or_else(broken)?;
        }
        if length == 0 {
            break;
        }
        let length = usize::try_from(length).map_err(|_| broken())?;
        let (header, after) = rest.split_at_checked(length).ok_or_else(broken)?;
        let message =
            root_as_message(header).map_err(|_| "it is no Arrow stream: a message cannot be read".to_owned())?;
        let body_bytes = usize::try_from(message.bodyLength()).map_err(|_| broken())?;
        let (_, after) = after.split_at_checked(body_bytes).ok_or_else(broken)?;
        rest = after;
        match message.header_type() {
            MessageHeader::Schema => {}
            MessageHeader::RecordBatch => {
                let batch = message.header_as_record_batch().ok_or_else(broken)?;
                if batch.compression().is_some() {
                    return Err("its buffers are compressed; send them as they are".to_owned());
                }
                for buffer in batch.buffers().iter().flatten() {
                    let end = buffer.offset().checked_add(buffer.length()).and_then(|end| usize::try_from(end).ok());
                    if buffer.offset() < 0 || buffer.length() < 0 || end.is_none_or(|end| end > body_bytes) {
                        return Err(broken());
                    }
                    bytes = bytes.saturating_add(buffer.length());
                }
                let nodes = batch.nodes();
                let longest = nodes.iter().flatten().map(|node| node.length().max(node.null_count())).max();
                rows = rows.saturating_add(batch.length().max(longest.unwrap_or_default()));
            }
            _ => return Err("it has dictionaries; send texts as texts".to_owned()),
        }
        if rows > ROWS {
            return Err(format!("it has more than {ROWS} rows; send fewer at a time"));
        }
        if bytes > UNPACKED_BYTES {
            return Err(format!("its columns have more than {UNPACKED_BYTES} bytes; send fewer rows at a time"));
        }
    }
    Ok(())
}

fn number(rest: &mut &[u8]) -> Option<u32> {
    let (first, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_le_bytes(*first))
}

/// Which of the stream's columns each of the table's is.
fn places(table: &'static Table, schema: &SchemaRef) -> Result<Vec<Option<usize>>, String> {
    let names: Vec<&str> = rows::given(table).map(|column| column.name).collect();
    for (index, field) in schema.fields().iter().enumerate() {
        let name = field.name().as_str();
        if !names.contains(&name) {
            let meant = closest(name, &names).map(|meant| format!("; did you mean {meant}?"));
            return Err(format!("{} has no column {name}{}", table.name, meant.unwrap_or_default()));
        }
        if schema.fields().iter().take(index).any(|other| other.name() == name) {
            return Err(format!("it has column {name} twice"));
        }
    }
    let places = rows::given(table).map(|column| {
        let place = schema.fields().iter().position(|field| field.name() == column.name);
        if column.required && place.is_none() {
            return Err(format!("column {} is missing", column.name));
        }
        let misfit = place.map(|index| schema.field(index).data_type()).filter(|it| !fits(column.kind, it));
        match misfit {
            Some(found) => Err(format!("column {} is {found}, not {}", column.name, expected(column.kind))),
            None => Ok(place),
        }
    });
    places.collect()
}

fn fits(kind: Kind, found: &DataType) -> bool {
    *found == DataType::Null
        || match kind {
            Kind::Text | Kind::Person => {
                matches!(found, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
            }
            Kind::Bool => *found == DataType::Boolean,
            Kind::Int => found.is_integer(),
            Kind::Float => found.is_integer() || matches!(found, DataType::Float32 | DataType::Float64),
            Kind::Time => matches!(found, DataType::Timestamp(_, Some(_))),
        }
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "Utf8",
        Kind::Person => "Utf8: a login, an e-mail address or \"Name <e-mail>\"",
        Kind::Bool => "Boolean",
        Kind::Int => "Int64",
        Kind::Float => "Float64",
        Kind::Time => "Timestamp(µs, \"UTC\")",
    }
}

/// A column as the table has it. `first` is the number of rows before this batch.
fn typed(column: &Column, array: &ArrayRef, first: usize) -> Result<ArrayRef, String> {
    // Validity is counted here and not taken from the stream's word.
    if column.required
        && let Some(row) = (0..array.len()).find(|row| array.is_null(*row) || array.data_type().is_null())
    {
        return Err(format!("row {}: {} is missing", first + row + 1, column.name));
    }
    if let Some(views) = array.as_string_view_opt() {
        // Many may be of the same bytes.
        let bytes: u64 = views.views().iter().map(|view| u64::from(*view as u32)).sum();
        if bytes > UNPACKED_BYTES.unsigned_abs() {
            return Err(format!(
                "column {} has more than {UNPACKED_BYTES} bytes; send fewer rows at a time",
                column.name
            ));
        }
    }
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let cast = cast_with_options(array, &column.kind.arrow(), &options);
    let cast = cast.map_err(|error| format!("column {}: {error}", column.name))?;
    // One NaN would make every mean over it NaN.
    if let Some(floats) = cast.as_primitive_opt::<Float64Type>()
        && let Some(row) = floats.iter().position(|value| value.is_some_and(|value| !value.is_finite()))
    {
        let (row, value) = (first + row + 1, floats.value(row));
        return Err(format!("row {row}: {} is {value}; send NULL for what is not known", column.name));
    }
    Ok(cast)
}

#[cfg(test)]
mod tests;
