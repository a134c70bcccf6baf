//! The moments of a history at which its code is looked at: the end of every month in which the main line moved, and the
//! head.

use super::history::{Commit, History};
use crate::project::CodeHistory;
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use gix::ObjectId;
use std::collections::BTreeMap;

/// One moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sample {
    /// `YYYY-MM`, or `head`.
    pub label: String,
    /// Seconds since 1970.
    pub at: i64,
    pub commit: ObjectId,
}

/// The months that are over on the main line of `head`, oldest first.
///
/// A month is over when a later commit of the main line says so, not when the clock does: then no later commit can change
/// what stands for the month. Clocks of committers run wrong, so a commit counts as made no earlier than its predecessors,
/// and a date after `believed_until` counts as that of its predecessor.
pub(super) fn months(
    history: &History,
    head: ObjectId,
    how: CodeHistory,
    believed_until: DateTime<Utc>,
) -> Vec<Sample> {
    if how != CodeHistory::Monthly {
        return Vec::new();
    }
    let mut samples = Vec::new();
    let mut latest: Option<(NaiveDate, ObjectId)> = None;
    let mut clock = i64::MIN;
    for commit in main_line(history, head) {
        if commit.committed.seconds <= believed_until.timestamp() {
            clock = clock.max(commit.committed.seconds);
        }
        let Some(month) = month_of(clock) else { continue };
        if let Some((over, last)) = latest
            && over < month
        {
            samples.extend(sample(over, last));
        }
        latest = Some((month, commit.id));
    }
    samples
}

/// The head itself.
pub(super) fn head(history: &History, head: ObjectId, how: CodeHistory) -> Option<Sample> {
    if how == CodeHistory::Off {
        return None;
    }
    let commit = history.commits.iter().find(|commit| commit.id == head)?;
    Some(Sample { label: "head".to_owned(), at: commit.committed.seconds, commit: head })
}

/// First parents from the root to `head`.
pub(super) fn main_line(history: &History, head: ObjectId) -> Vec<&Commit> {
    let by_id: BTreeMap<ObjectId, &Commit> = history.commits.iter().map(|commit| (commit.id, commit)).collect();
    let mut line = Vec::new();
    let mut next = Some(head);
    while let Some(commit) = next.and_then(|id| by_id.get(&id)) {
        line.push(*commit);
        next = commit.parents.first().copied();
    }
    line.reverse();
    line
}

fn month_of(seconds: i64) -> Option<NaiveDate> {
    DateTime::from_timestamp(seconds, 0)?.date_naive().with_day(1)
}

fn sample(month: NaiveDate, commit: ObjectId) -> Option<Sample> {
    let end = month.checked_add_months(Months::new(1))?.and_hms_opt(0, 0, 0)?.and_utc();
    // The last second of the month, so that the sample falls into the month it stands for.
    Some(Sample { label: month.format("%Y-%m").to_string(), at: end.timestamp() - 1, commit })
}
