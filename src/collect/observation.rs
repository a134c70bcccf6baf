//! What a source said about the tables, row by row and by column name, before names are put away in the identity store.
//!
//! Every event source says what it saw in this form, whether it asked an API, was told by a webhook or read a file, so
//! that landing, ordering and applying exist once.

use crate::model::Table;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Values by column name: text, numbers, booleans, times as RFC 3339, people as [`Who`]. A missing column is NULL.
pub type Values = Map<String, Value>;

/// One statement of a source.
///
/// Rows have versions by `updated_at`: the newest wins, in whatever order they arrive. Where two are of the same moment, one
/// that was asked for overwrites, and one that was merely told does not, because news can be late and answers are not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum Observation {
    /// This is the row now.
    Row { table: String, values: Values, asked: bool },
    /// The row with these key columns was deleted at its source, at `updated_at` among the values.
    Gone { table: String, values: Values },
    /// The source listed all rows whose columns have the values of `within`; the last key column of those that exist has one
    /// of `keys`. Other stored rows within are gone, unless they changed after `updated_at` among the values.
    Whole { table: String, within: Values, keys: Vec<Value> },
}

impl Observation {
    /// The table it is about, with the values that say which rows.
    pub fn subject(&self) -> (&str, &Values) {
        match self {
            Observation::Row { table, values, .. }
            | Observation::Gone { table, values }
            | Observation::Whole { table, within: values, .. } => (table, values),
        }
    }
}

/// How a source names a person or a machine: by an account, or by the name and address that a commit's author wrote, with the
/// account that the source found for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Who {
    /// The account's number, which it keeps when it gets another login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub login: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// The address that an account's own profile says. It is learned beside the account: profiles change and may be hidden, so
    /// that it is no part of what a row's person is known by.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub profile_email: String,
    /// The source itself says that it is a machine.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_bot: bool,
}

/// Builds the values of one row of a table.
#[derive(Clone, Debug)]
pub struct Row {
    table: &'static Table,
    values: Values,
}

impl Row {
    /// A row whose columns are all NULL.
    pub fn of(table: &'static Table) -> Row {
        Row { table, values: Values::new() }
    }

    /// Sets one column. `None` leaves it NULL.
    #[must_use]
    pub fn set(mut self, column: &'static str, value: impl Serialize) -> Row {
        debug_assert!(
            self.table.all_columns().any(|it| it.name == column),
            "{} has no column {column}",
            self.table.name
        );
        match serde_json::to_value(value) {
            Ok(Value::Null) => {}
            Ok(value) => {
                self.values.insert(column.to_owned(), value);
            }
            Err(error) => debug_assert!(false, "{}.{column}: {error}", self.table.name),
        }
        self
    }

    /// The table and the values that were set.
    pub fn into_parts(self) -> (&'static Table, Values) {
        (self.table, self.values)
    }

    /// Its values by column name.
    pub fn values(self) -> Values {
        self.values
    }

    /// The row as an answer to a question.
    pub fn asked(self) -> Observation {
        Observation::Row { table: self.table.name.to_owned(), values: self.values, asked: true }
    }

    /// The row as news that was sent unasked.
    pub fn told(self) -> Observation {
        Observation::Row { table: self.table.name.to_owned(), values: self.values, asked: false }
    }

    /// The deletion of the row; only its key and `updated_at` count.
    pub fn gone(self) -> Observation {
        Observation::Gone { table: self.table.name.to_owned(), values: self.values }
    }

    /// The complete list of the rows that share the columns set so far, as it was at `updated_at`.
    pub fn whole(self, keys: impl IntoIterator<Item = impl Into<Value>>) -> Observation {
        let keys = keys.into_iter().map(Into::into).collect();
        Observation::Whole { table: self.table.name.to_owned(), within: self.values, keys }
    }

    /// [`Row::whole`] by the rows themselves; those of other tables do not count.
    pub fn whole_of(self, rows: &[Observation]) -> Observation {
        let last = self.table.key.last().copied().unwrap_or_default();
        let keys: Vec<Value> = rows
            .iter()
            .filter(|row| row.subject().0 == self.table.name)
            .filter_map(|row| row.subject().1.get(last).cloned())
            .collect();
        self.whole(keys)
    }
}
