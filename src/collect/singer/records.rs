//! Records of a stream become observations.

use super::message::{Line, Message};
use super::streams::{Stream, Streams};
use crate::collect::Result;
use crate::collect::apply::values_of;
use crate::collect::files::who;
use crate::collect::mapping::Misfit;
use crate::collect::observation::{Observation, Values};
use crate::collect::rows::given;
use crate::collect::sample::Sample;
use crate::model::{Kind, Table};
use crate::store::StoreError;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema};
use serde_json::Value;
use std::sync::Arc;

/// What the place of a misfit of a record begins with.
pub(super) const STREAM: &str = "stream ";

/// Observations of columns that a source gives; people are told as [`crate::collect::observation::Who`].
pub(super) fn observations(table: &'static Table, columns: Vec<ArrayRef>) -> Result<Vec<Observation>> {
    let fields: Vec<Field> = given(table).map(|it| Field::new(it.name, it.kind.arrow(), true)).collect();
    let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).and_then(|batch| values_of(&batch));
    let rows: Vec<Values> = rows.map_err(|source| StoreError::Arrow { table: table.name, source })?;
    let observed = rows.into_iter().map(|mut values| {
        for column in table.columns.iter().filter(|column| column.kind == Kind::Person) {
            let person = match values.remove(column.name) {
                Some(Value::String(text)) => who(&text).and_then(|who| serde_json::to_value(who).ok()),
                other => other,
            };
            values.extend(person.map(|person| (column.name.to_owned(), person)));
        }
        Observation::Row { table: table.name.to_owned(), values, asked: true }
    });
    Ok(observed.collect())
}

/// A misfit of a record, by what it says: its number differs from run to run.
pub(super) fn of_stream(stream: &str, misfit: Misfit) -> Misfit {
    let hash = &blake3::hash(&misfit.words).to_hex()[..16];
    let table = misfit.place.split_once(", ").map(|(_, table)| format!(", {table}")).unwrap_or_default();
    Misfit { place: format!("{STREAM}{stream}, record {hash}{table}"), ..misfit }
}

/// Adds the rows of one line to a sample.
pub(super) fn show(streams: &Streams, line: &Line, rows: usize, sample: &mut Sample) -> Result<Result<(), Misfit>> {
    let message = match line.message() {
        Ok(message) => message,
        Err(misfit) => return Ok(Err(misfit)),
    };
    if let Message::Record { stream: name, record, .. } = message
        && let Some(Stream { reader, tables, .. }) = streams.get(&name)
    {
        let (columns, misfits) = reader.text(&name, record.as_bytes());
        sample.put_aside(misfits.into_iter().map(|misfit| of_stream(&name, misfit)).collect());
        for (table, columns) in tables.iter().zip(columns) {
            for columns in columns {
                sample.add(table, columns, rows)?;
            }
        }
    }
    Ok(Ok(()))
}
