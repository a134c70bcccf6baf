//! A whole simulated history in memory, for tests and small organisations.

use super::organisation::Organisation;
use super::rows::{Book, Window};
use super::{Config, Result};
use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The events of each simulated table, in the order of its key.
pub type History = BTreeMap<&'static str, RecordBatch>;

/// Simulates what is known at `until`: events before it, and states as they were then.
///
/// A later `until` gives all rows of an earlier one, and where a row has changed since, a later `updated_at`.
pub fn simulate(config: &Config, until: DateTime<Utc>) -> Result<History> {
    config.check()?;
    let organisation = Organisation::new(config);
    let window = Window { begins: organisation.begins(), until: until.timestamp() };
    let mut book = Book::new()?;
    book.add_organisation(&organisation, window)?;
    for position in &organisation.by_name {
        book.add_team(&organisation, *position, window)?;
    }
    book.sheets().into_iter().map(|sheet| Ok((sheet.table(), sheet.take()?))).collect()
}
