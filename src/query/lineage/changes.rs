//! The changes of files, seen from a sample backwards.
//!
//! One rule: the same rows give the same answer in whatever order they come. Commits of one moment are taken in the order of
//! their object ids, and renames within one moment are followed to their end, since the clock does not say which was first.

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::common::cast::{as_boolean_array, as_primitive_array, as_string_array};
use datafusion::error::Result;
use std::collections::{BTreeMap, BTreeSet};

/// How long before a sample changes count, microseconds: 365 days.
const WINDOW_MICROS: i64 = 365 * 24 * 3600 * 1_000_000;

/// A repository of a source.
pub(super) type Place = (String, String);

/// One file changed by one commit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    pub at_micros: i64,
    pub sha: String,
    pub path: String,
    pub previous_path: Option<String>,
    pub is_deletion: bool,
    pub lines_added: Option<i64>,
    pub lines_deleted: Option<i64>,
    /// Made by a person, in a file that a person writes.
    pub counts: bool,
    pub author: Option<String>,
}

/// The changes of every repository, oldest first, and when its code was sampled.
#[derive(Debug, Default)]
pub(super) struct History {
    pub changes: BTreeMap<Place, Vec<Change>>,
    pub samples: BTreeSet<(Place, i64)>,
}

impl History {
    /// From the rows of the two questions that [`super`] asks.
    pub fn of(changes: &[RecordBatch], samples: &[RecordBatch]) -> Result<History> {
        let mut history = History::default();
        for batch in changes {
            read_changes(batch, &mut history.changes)?;
        }
        for list in history.changes.values_mut() {
            list.sort_unstable();
        }
        for batch in samples {
            let (sources, repositories) = (as_string_array(batch.column(0))?, as_string_array(batch.column(1))?);
            let times = as_primitive_array::<TimestampMicrosecondType>(batch.column(2))?;
            for row in 0..batch.num_rows() {
                let place = (sources.value(row).to_owned(), repositories.value(row).to_owned());
                history.samples.insert((place, times.value(row)));
            }
        }
        Ok(history)
    }

    /// The changes that count in the year up to a sample, newest first, each with the path that its file has at the sample and
    /// whether the file is still there.
    pub fn before(&self, place: &Place, sampled_at: i64) -> Vec<Seen<'_>> {
        let all = self.changes.get(place).map(Vec::as_slice).unwrap_or_default();
        let until = all.partition_point(|change| change.at_micros <= sampled_at);
        let from = all.partition_point(|change| change.at_micros <= sampled_at.saturating_sub(WINDOW_MICROS));
        let mut names = Names::default();
        let mut seen = Vec::new();
        let mut is_there: BTreeMap<&str, bool> = BTreeMap::new();
        for moment in all.get(from..until).unwrap_or_default().chunk_by(|a, b| a.at_micros == b.at_micros).rev() {
            let renames = Renames::of(moment);
            for change in moment.iter().rev() {
                let path = names.of(renames.end(&change.path, &change.sha));
                let is_there = *is_there.entry(path).or_insert(!change.is_deletion);
                if change.counts {
                    seen.push(Seen { change, path, is_there });
                }
            }
            names.pass(&renames);
        }
        seen
    }
}

/// One change as it is seen from a sample.
pub(super) struct Seen<'h> {
    pub change: &'h Change,
    pub path: &'h str,
    pub is_there: bool,
}

/// Under which path of the sample a file went at the moment that the walk has reached.
#[derive(Default)]
struct Names<'h> {
    later: BTreeMap<&'h str, &'h str>,
}

impl<'h> Names<'h> {
    fn of(&self, path: &'h str) -> &'h str {
        self.later.get(path).copied().unwrap_or(path)
    }

    /// Goes back past the renames of one moment.
    fn pass(&mut self, renames: &Renames<'h>) {
        let ends: Vec<(&'h str, &'h str)> =
            renames.all.iter().map(|rename| (rename.from, self.of(renames.end(rename.to, rename.sha)))).collect();
        self.later.extend(ends);
    }
}

/// The renames of one moment.
struct Renames<'h> {
    all: Vec<Rename<'h>>,
}

struct Rename<'h> {
    from: &'h str,
    to: &'h str,
    sha: &'h str,
}

impl<'h> Renames<'h> {
    fn of(moment: &'h [Change]) -> Renames<'h> {
        let rename = |change: &'h Change| {
            let from = change.previous_path.as_deref()?;
            Some(Rename { from, to: &change.path, sha: &change.sha })
        };
        Renames { all: moment.iter().filter_map(rename).collect() }
    }

    /// What a path of one commit is called when the moment is over. A commit does not rename the same file twice, so that two
    /// paths which it exchanges are not followed in circles.
    fn end(&self, path: &'h str, sha: &'h str) -> &'h str {
        let (mut end, mut by) = (path, sha);
        for _ in 0..self.all.len() {
            let Some(next) = self.all.iter().find(|next| next.from == end && next.sha != by) else { break };
            (end, by) = (next.to, next.sha);
        }
        end
    }
}

fn read_changes(batch: &RecordBatch, into: &mut BTreeMap<Place, Vec<Change>>) -> Result<()> {
    let text = |column: usize| as_string_array(batch.column(column));
    let (sources, repositories, shas) = (text(0)?, text(1)?, text(2)?);
    let times = as_primitive_array::<TimestampMicrosecondType>(batch.column(3))?;
    let (paths, previous, kinds) = (text(4)?, text(5)?, text(6)?);
    let (added, deleted) = (integers(batch.column(7))?, integers(batch.column(8))?);
    let counts = as_boolean_array(batch.column(9))?;
    let authors = text(10)?;
    for row in 0..batch.num_rows() {
        let place = (sources.value(row).to_owned(), repositories.value(row).to_owned());
        into.entry(place).or_default().push(Change {
            at_micros: times.value(row),
            sha: shas.value(row).to_owned(),
            path: paths.value(row).to_owned(),
            previous_path: previous.is_valid(row).then(|| previous.value(row).to_owned()),
            is_deletion: kinds.value(row) == "deleted",
            lines_added: added.get(row).copied().flatten(),
            lines_deleted: deleted.get(row).copied().flatten(),
            counts: counts.is_valid(row) && counts.value(row),
            author: authors.is_valid(row).then(|| authors.value(row).to_owned()),
        });
    }
    Ok(())
}

fn integers(column: &ArrayRef) -> Result<Vec<Option<i64>>> {
    Ok(as_primitive_array::<Int64Type>(column)?.iter().collect())
}
