//! What a page shows of an experiment that its report does not hold.
//!
//! One rule: nothing here is a result. What the experiment says is in the report, so that page, Markdown and JSON say the same.

use crate::chart::Group;
use crate::trial::{Grade, Relative, Word};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// Beside a report.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::web) struct Extra {
    /// Appended to links to other pages: empty, or such as `?source=acme`.
    pub query: String,
    pub is_simulated: bool,
    pub today: NaiveDate,
    /// Metrics that have a page.
    pub metric_pages: BTreeSet<String>,
    /// None for data from elsewhere.
    pub definition: Option<Definition>,
    /// Other experiments whose days overlap with these.
    pub overlapping: Vec<Scheduled>,
    /// Who drew what; empty where it is not known.
    pub assignment: Vec<Assigned>,
    /// What was done to the experiment, the oldest first.
    pub trail: Vec<Entry>,
    /// Single values by variant, for metrics that have them.
    pub spreads: Vec<Spread>,
    /// Commands that give the same bytes, one a line.
    pub rerun: Vec<String>,
}

/// The file as it was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Definition {
    pub file: String,
    pub text: String,
}

/// Another experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Scheduled {
    pub title: String,
    pub first: NaiveDate,
    /// Still part of it.
    pub last: NaiveDate,
    pub state: State,
}

/// What one unit drew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Assigned {
    pub unit: String,
    /// Empty without strata.
    pub stratum: String,
    pub variant: String,
}

/// A line of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::web) struct Entry {
    /// A moment, such as `2026-09-14 08:00 UTC`.
    pub at: String,
    /// Such as `started`.
    pub what: String,
    /// Why, or what changed.
    pub why: String,
    pub by: String,
}

/// The values of a metric by variant, the control first.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::web) struct Spread {
    pub metric: String,
    /// What one value is of, such as `pull requests`.
    pub of: String,
    pub groups: Vec<Group>,
}

/// Where an experiment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::web) enum State {
    Running,
    /// Drawn, and its first day is to come.
    Assigned,
    Ended,
    Draft,
}

impl State {
    pub const ALL: [State; 4] = [State::Running, State::Assigned, State::Ended, State::Draft];

    /// In the URL and on the page.
    pub fn word(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Assigned => "assigned",
            State::Ended => "ended",
            State::Draft => "draft",
        }
    }
}

/// One experiment in the archive.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::web) struct Listed {
    pub name: String,
    pub title: String,
    pub hypothesis: String,
    pub state: State,
    /// None where there is nothing yet that has a grade.
    pub grade: Option<Grade>,
    pub first: Option<NaiveDate>,
    pub last: Option<NaiveDate>,
    /// Such as `24 teams`; empty for drafts.
    pub units: String,
    pub word: Option<Word>,
    /// The first goal's title and number.
    pub goal: Option<(String, Relative)>,
}
