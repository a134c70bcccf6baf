//! Copilot's seats. Its metrics are not described here: they are flattened whatever they hold.

use serde::Deserialize;

/// The head of the list of seats.
///
/// Who holds a seat is not read: no table holds a tool's use by a person.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Seats {
    pub total_seats: i64,
}
