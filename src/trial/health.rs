//! Whether an experiment's numbers may be believed, asked before any of them is shown.
//!
//! One rule: what the data do not say is [`Status::Unknown`] with the reason, never [`Status::Ok`].

mod balance;
mod context;
mod draw;
mod exposure;
mod interference;
mod missing;
mod people;

use super::{Check, Status};
pub use balance::{History, balance};
pub use context::{Amendment, Definition, Overlap, Source, definition, freshness, overlap};
pub use draw::{Counted, lottery, sample_ratio};
pub use exposure::{Users, exposure};
pub use interference::{Shared, interference};
pub use missing::missing;
pub use people::{Roster, attrition, movers};

/// Why the experiment is not valid: the sentences of the checks that failed, for [`decide`](super::decide).
pub fn failures(checks: &[Check]) -> Vec<String> {
    checks.iter().filter(|it| it.status == Status::Failed).map(|it| format!("{}: {}", it.title, it.words)).collect()
}

/// The name and title of a check.
#[derive(Clone, Copy, Debug)]
struct Topic(&'static str, &'static str);

impl Topic {
    fn answer(self, status: Status, words: impl Into<String>) -> Check {
        Check::new(self.0, self.1, status, words)
    }

    fn unknown(self, why: impl Into<String>) -> Check {
        self.answer(Status::Unknown, why)
    }
}

/// [`Status::Ok`] unless there is something to warn of.
fn ok_unless(is_doubtful: bool) -> Status {
    if is_doubtful { Status::Warning } else { Status::Ok }
}

/// A part of a whole; `None` of nothing.
fn part(count: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| count as f64 / of as f64)
}

#[cfg(test)]
mod tests;
