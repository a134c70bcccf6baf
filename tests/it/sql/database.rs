//! The product's session over empty tables that a test can fill: `INSERT INTO stored.commits (…) VALUES …`.
//!
//! A required column that an `INSERT` leaves out has a dull value (`unset`, 0, false, 1970), an optional one is NULL, so that
//! a file writes what matters to it. People are rows of `stored.identities (identity, person_id, is_bot)`.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, TimestampMicrosecondType};
use arrow::util::display::array_value_to_string;
use async_trait::async_trait;
use chrono::DateTime;
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use paceline::model::{Kind, TABLES, Table};
use paceline::project::Project;
use paceline::query::{Scope, Tables, session_over};
use paceline::store::{Identity, IdentityKey};
use sqllogictest::{AsyncDB, ColumnType, DBOutput};
use std::path::Path;
use std::sync::Arc;

/// Digits after the point that a file writes.
const DIGITS: i32 = 4;

pub struct Database {
    session: SessionContext,
    tables: Tables,
    /// Rows were put into tables since the session was made, and what it derives of them is to be derived again.
    is_stale: bool,
}

impl Database {
    pub async fn empty() -> Result<Database, DataFusionError> {
        Database::filled(&[], &[]).await
    }

    /// The session over the tables as they are after some statements, for what is derived when it is made. People are given
    /// by identity and person, and whether it is a machine.
    pub async fn filled(people: &[(&str, &str, bool)], statements: &[&str]) -> Result<Database, DataFusionError> {
        let tables: Tables = TABLES.iter().map(|table| (table.name, fillable(table))).collect();
        let before = session(&tables, &[]).await;
        for statement in statements {
            before.sql(statement).await?.collect().await?;
        }
        let people: Vec<_> =
            people.iter().map(|(id, person, is_bot)| ((*id).into(), (*person).into(), identity(*is_bot))).collect();
        Ok(Database { session: session(&tables, &people).await, tables, is_stale: false })
    }

    /// A session over the tables and people as they are now.
    async fn refresh(&mut self) -> Result<(), DataFusionError> {
        let frame = self.session.sql("SELECT identity, person_id, is_bot FROM stored.identities").await?;
        let mut people = Vec::new();
        for batch in frame.collect().await? {
            let (ids, persons) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
            for row in 0..batch.num_rows() {
                let is_bot = batch.column(2).as_boolean().value(row);
                people.push((ids.value(row).to_owned(), persons.value(row).to_owned(), identity(is_bot)));
            }
        }
        self.session = session(&self.tables, &people).await;
        self.is_stale = false;
        Ok(())
    }

    /// The rows of a query, one a line.
    pub async fn lines(&self, sql: &str) -> Result<Vec<String>, DataFusionError> {
        let batches = self.session.sql(sql).await?.collect().await?;
        Ok(batches.iter().flat_map(rows).map(|row| row.join(" ")).collect())
    }
}

fn identity(is_bot: bool) -> Identity {
    Identity { key: IdentityKey::default(), canonical: (String::new(), String::new()), account: None, is_bot }
}

async fn session(tables: &Tables, people: &[(String, String, Identity)]) -> SessionContext {
    // From the folder and not from the program, so that a changed query needs no build.
    let project = Project::load(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the project is sound");
    session_over(tables, people, &Scope::default(), &project).await.expect("the tables are the model's")
}

#[async_trait]
impl AsyncDB for Database {
    type Error = DataFusionError;
    type ColumnType = Column;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<Column>, DataFusionError> {
        let inserts = sql.trim_start().to_lowercase().starts_with("insert");
        if self.is_stale && !inserts {
            self.refresh().await?;
        }
        self.is_stale |= inserts;
        let frame = self.session.sql(sql).await?;
        let types: Vec<Column> = frame.schema().fields().iter().map(|field| Column::of(field.data_type())).collect();
        let batches = frame.collect().await?;
        if inserts {
            let count = &batches[0].column(0);
            return Ok(DBOutput::StatementComplete(count.as_primitive::<arrow::datatypes::UInt64Type>().value(0)));
        }
        Ok(DBOutput::Rows { types, rows: batches.iter().flat_map(rows).collect() })
    }

    async fn shutdown(&mut self) {}
}

/// The letter of a column's type in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    Bool,
    Int,
    Real,
    Text,
    Time,
    Other,
}

impl Column {
    fn of(kind: &DataType) -> Column {
        match kind {
            DataType::Boolean => Column::Bool,
            DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => Column::Text,
            DataType::Timestamp(_, _) => Column::Time,
            kind if kind.is_integer() => Column::Int,
            kind if kind.is_floating() => Column::Real,
            _ => Column::Other,
        }
    }
}

const LETTERS: [(char, Column); 6] = [
    ('B', Column::Bool),
    ('I', Column::Int),
    ('R', Column::Real),
    ('T', Column::Text),
    ('P', Column::Time),
    ('?', Column::Other),
];

impl ColumnType for Column {
    fn from_char(value: char) -> Option<Column> {
        LETTERS.iter().find(|(letter, _)| *letter == value).map(|(_, column)| column.clone())
    }

    fn to_char(&self) -> char {
        LETTERS.iter().find(|(_, column)| column == self).map_or('?', |(letter, _)| *letter)
    }
}

/// A table with the model's own schema, so that plans are those of the product.
fn fillable(table: &'static Table) -> Arc<dyn TableProvider> {
    let required = table.all_columns().filter(|column| column.required);
    let defaults = required.map(|column| (column.name.to_owned(), dull(column.kind))).collect();
    let memory = MemTable::try_new(table.schema(), vec![Vec::new()]).expect("an empty table has its schema");
    Arc::new(memory.with_column_defaults(defaults))
}

fn dull(kind: Kind) -> Expr {
    match kind {
        Kind::Text | Kind::Person => lit("unset"),
        Kind::Bool => lit(false),
        Kind::Int => lit(0_i64),
        Kind::Float => lit(0.0),
        Kind::Time => lit(ScalarValue::TimestampMicrosecond(Some(0), Some("UTC".into()))),
    }
}

fn rows(batch: &RecordBatch) -> Vec<Vec<String>> {
    let row = |row| batch.columns().iter().map(|column| value(column, row)).collect();
    (0..batch.num_rows()).map(row).collect()
}

fn value(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return "NULL".to_owned();
    }
    match column.data_type() {
        DataType::Float64 => {
            let scale = 10_f64.powi(DIGITS);
            // Adding zero takes the sign from a zero.
            ((column.as_primitive::<Float64Type>().value(row) * scale).round() / scale + 0.0).to_string()
        }
        DataType::Timestamp(_, _) => {
            let micros = column.as_primitive::<TimestampMicrosecondType>().value(row);
            let time = DateTime::from_timestamp_micros(micros).expect("within chrono's years");
            time.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string()
        }
        _ => match array_value_to_string(column, row).expect("a printable value") {
            text if text.is_empty() => "(empty)".to_owned(),
            text => text,
        },
    }
}
