//! Rows of one table on their way to Arrow.
//!
//! One rule: a sheet has the model's columns in the model's order, without `source` and `ingested_at`, which belong to
//! whoever collects. Columns that the simulation does not know are NULL.

use super::{Error, Result};
use crate::model::{self, Column, Kind, Table};
use arrow::array::{
    ArrayRef, BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow::array::{RecordBatch, new_null_array};
use arrow::datatypes::{Field, Schema, SchemaRef};
use std::sync::Arc;

const MICROSECONDS: i64 = 1_000_000;

/// One value on its way into a column.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'a> {
    /// Text, and a person's login.
    Text(Option<&'a str>),
    Bool(bool),
    /// True, false or unknown.
    Flag(Option<bool>),
    Int(Option<i64>),
    Float(f64),
    /// Seconds since 1970 in UTC.
    Time(Option<i64>),
}

/// The rows of one table that are not in a batch yet.
#[derive(Debug)]
pub struct Sheet {
    table: &'static Table,
    schema: SchemaRef,
    /// The builder of each schema column; None where the simulation has nothing to say.
    builders: Vec<Option<Builder>>,
    /// The schema position of each pushed cell.
    places: Vec<usize>,
    rows: usize,
}

#[derive(Debug)]
enum Builder {
    Text(StringBuilder),
    Bool(BooleanBuilder),
    Int(Int64Builder),
    Float(Float64Builder),
    Time(TimestampMicrosecondBuilder),
}

impl Sheet {
    /// A sheet of the model's table `name`, whose rows will be pushed as the cells of `columns`.
    pub fn new(name: &'static str, columns: &[&'static str]) -> Result<Sheet> {
        let drifted = |column: &str, problem| Error::Schema { table: name, column: column.into(), problem };
        let table = model::table(name).ok_or_else(|| drifted("", "the model has no such table"))?;
        let written: Vec<&'static Column> = event_columns(table).collect();
        let mut builders: Vec<Option<Builder>> = written.iter().map(|_| None).collect();
        let mut places = Vec::with_capacity(columns.len());
        for column in columns {
            let place = written.iter().position(|known| known.name == *column);
            let place = place.ok_or_else(|| drifted(column, "the model has no such column"))?;
            builders[place] = Some(Builder::new(written[place].kind));
            places.push(place);
        }
        let missing = written.iter().zip(&builders).find(|(column, builder)| column.required && builder.is_none());
        if let Some((column, _)) = missing {
            return Err(drifted(column.name, "it is required and not simulated"));
        }
        Ok(Sheet { table, schema: event_schema(table), builders, places, rows: 0 })
    }

    pub fn table(&self) -> &'static str {
        self.table.name
    }

    pub fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Appends a row, its cells in the order given to [`Sheet::new`].
    pub fn push(&mut self, cells: &[Cell]) -> Result<()> {
        debug_assert_eq!(cells.len(), self.places.len(), "{}", self.table.name);
        for (cell, place) in cells.iter().zip(&self.places) {
            let fits = self.builders[*place].as_mut().is_some_and(|builder| builder.push(*cell));
            if !fits {
                let column = self.schema.field(*place).name().clone();
                return Err(Error::Schema { table: self.table.name, column, problem: "the value is of another kind" });
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Takes the rows out as a batch.
    pub fn take(&mut self) -> Result<RecordBatch> {
        let rows = std::mem::take(&mut self.rows);
        let columns: Vec<ArrayRef> = (self.builders.iter_mut().zip(self.schema.fields()))
            .map(|(builder, field)| match builder {
                Some(builder) => builder.finish(),
                None => new_null_array(field.data_type(), rows),
            })
            .collect();
        let table = self.table.name;
        RecordBatch::try_new(self.schema.clone(), columns).map_err(|source| Error::Arrow { table, source })
    }
}

/// The columns that a source event has: all but those of the collector.
fn event_columns(table: &'static Table) -> impl Iterator<Item = &'static Column> {
    table.all_columns().filter(|column| !model::COLLECTORS.contains(&column.name))
}

fn event_schema(table: &'static Table) -> SchemaRef {
    let fields: Vec<Field> =
        event_columns(table).map(|column| Field::new(column.name, column.kind.arrow(), !column.required)).collect();
    Arc::new(Schema::new(fields))
}

impl Builder {
    fn new(kind: Kind) -> Builder {
        match kind {
            Kind::Text | Kind::Person => Builder::Text(StringBuilder::new()),
            Kind::Bool => Builder::Bool(BooleanBuilder::new()),
            Kind::Int => Builder::Int(Int64Builder::new()),
            Kind::Float => Builder::Float(Float64Builder::new()),
            Kind::Time => Builder::Time(TimestampMicrosecondBuilder::new().with_data_type(kind.arrow())),
        }
    }

    /// Whether the cell is of the column's kind; only then it is appended.
    fn push(&mut self, cell: Cell) -> bool {
        match (self, cell) {
            (Builder::Text(builder), Cell::Text(value)) => builder.append_option(value),
            (Builder::Bool(builder), Cell::Bool(value)) => builder.append_value(value),
            (Builder::Bool(builder), Cell::Flag(value)) => builder.append_option(value),
            (Builder::Int(builder), Cell::Int(value)) => builder.append_option(value),
            (Builder::Float(builder), Cell::Float(value)) => builder.append_value(value),
            (Builder::Time(builder), Cell::Time(value)) => {
                builder.append_option(value.map(|seconds| seconds * MICROSECONDS));
            }
            _ => return false,
        }
        true
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Builder::Text(builder) => Arc::new(builder.finish()),
            Builder::Bool(builder) => Arc::new(builder.finish()),
            Builder::Int(builder) => Arc::new(builder.finish()),
            Builder::Float(builder) => Arc::new(builder.finish()),
            Builder::Time(builder) => Arc::new(builder.finish()),
        }
    }
}
