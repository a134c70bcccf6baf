//! Rows of a table that somebody sends: lines of JSON, or an Arrow stream, by the table's own columns.
//!
//! One rule: a body is checked whole before any of it is stored, and read again in the same way when it is brought in.

mod arrow_stream;

use super::deliveries::Letter;
use super::files::sent::{self, Misfits, Sent};
use super::{CollectError, Collecting, Result};
use crate::model::{self, Table};
use crate::project::closest;
use crate::store::Mark;
use arrow::array::ArrayRef;
use chrono::{DateTime, Utc};

/// How a body holds rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON object a line: <https://github.com/ndjson/ndjson-spec>.
    Lines,
    /// <https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format>
    Arrow,
}

/// Why a body is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// None of it can be read.
    Body(String),
    /// The first lines that do not fit, and how many do not.
    Rows { said: Vec<String>, refused: u64 },
}

impl Form {
    /// One word for it.
    pub fn name(self) -> &'static str {
        match self {
            Form::Lines => "lines",
            Form::Arrow => "arrow",
        }
    }

    fn of(name: &str) -> Option<Form> {
        [Form::Lines, Form::Arrow].into_iter().find(|form| form.name() == name)
    }
}

/// Looks whether there is a table of that name.
///
/// # Errors
/// A sentence that names the one that may be meant, and does not repeat the name.
pub fn find_table(name: &str) -> Result<(), String> {
    if model::table(name).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = model::TABLES.iter().map(|table| table.name).collect();
    let hint = closest(name, &names).map_or_else(
        || "the address ends in a table's name, such as builds".to_owned(),
        |meant| format!("did you mean {meant}?"),
    );
    Err(format!("there is no table of that name; {hint}"))
}

/// Checks that a body has rows and that all of them fit the table.
///
/// # Errors
/// [`Wrong`], in words for whoever sent it.
pub fn check(table: &str, form: Form, body: &[u8]) -> Result<(), Wrong> {
    let table = model::table(table).ok_or_else(|| Wrong::Body(format!("there is no table {table}")))?;
    read(table, form, body).map(|_| ())
}

/// The table's own columns and `updated_at`, piece by piece. People are still named.
fn read(table: &'static Table, form: Form, body: &[u8]) -> Result<Vec<Vec<ArrayRef>>, Wrong> {
    let pieces = match form {
        Form::Lines => sent::lines(table, body)
            .map_err(|error| Wrong::Body(error.to_string()))?
            .map_err(|Misfits { said, refused }| Wrong::Rows { said, refused })?,
        Form::Arrow => arrow_stream::read(table, body).map_err(Wrong::Body)?,
    };
    let rows: usize = pieces.iter().filter_map(|columns| Some(columns.first()?.len())).sum();
    if rows == 0 { Err(Wrong::Body("the body has no row".to_owned())) } else { Ok(pieces) }
}

/// Reads the letters of one pipeline.
pub(super) struct Reader(Sent);

impl Reader {
    pub fn new(collecting: &Collecting<'_>, source: &str) -> Reader {
        Reader(Sent::new(source, collecting.secret))
    }

    /// Adds the rows of one letter.
    ///
    /// # Errors
    /// A sentence when they do not fit, as after an update that changed the table.
    pub fn read(&mut self, letter: Letter<'_>, received_at: DateTime<Utc>) -> Result<(), String> {
        let (table, form) = letter.event.split_once(' ').unwrap_or_default();
        let form = Form::of(form).ok_or_else(|| format!("{} is no form of rows", letter.event))?;
        let table = model::table(table).ok_or_else(|| format!("there is no table {table}"))?;
        let pieces = read(table, form, letter.body).map_err(|wrong| match wrong {
            Wrong::Body(words) => words,
            Wrong::Rows { said, .. } => said.join("; "),
        })?;
        let take = |columns| self.0.take(table, columns, received_at);
        pieces.into_iter().try_for_each(take).map_err(|error: CollectError| error.to_string())
    }

    /// Brings what was read into the tables.
    ///
    /// # Errors
    /// [`CollectError::Store`]; then it may be done again.
    pub async fn write(self, collecting: &mut Collecting<'_>, mark: &Mark) -> Result<()> {
        self.0.write(collecting, mark).await
    }
}
