//! The digest of a team or an organisation for one period: a mail, a page for paper, a message for Slack.
//!
//! One rule: it knows numbers and words and nothing about where they come from. All three say the same, from the same
//! words, and the same digest gives the same bytes.
//!
//! A digest is of a team or an organisation, never of a person: no type here has a place for a person, for somebody's
//! name or for somebody's number, and whoever fills it must not put one into its texts either.
//!
//! Texts are data. What would break out of a line, turn the direction of the text around it or stand for markup is made
//! harmless in `words` and by the writers, so that a name may contain anything.

mod colour;
pub mod mail;
mod page;
mod picture;
pub mod send;
mod slack;
mod words;

#[cfg(test)]
mod tests;

use crate::chart::{Tone, Unit};
use chrono::NaiveDate;

pub use page::page;
pub use slack::slack;

/// What a team or an organisation is told about one period.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Digest {
    /// A few words: "Engineering digest".
    pub title: String,
    /// Of whom it is and how many they are: "Checkout, 12 people".
    pub scope: String,
    pub period: Period,
    /// What changed, in one sentence or two.
    pub changed: String,
    pub groups: Vec<Group>,
    pub experiments: Vec<Experiment>,
    /// What a reader must know of the data, such as which source is late. One sentence each.
    pub notes: Vec<String>,
    /// Where the server is, such as `https://paceline.example.com`. Without it, mail and Slack have no links.
    pub server: Option<String>,
    /// The path of this digest on the server: "/digest?team=checkout".
    pub path: Option<String>,
    /// What made it from which data: "Paceline 0.1.0, data through 22 Nov 2026, 06:00 UTC".
    pub produced: String,
}

/// The days that a digest is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Period {
    /// "Week 47", "The 26 weeks to 22 Nov 2026".
    pub words: String,
    pub first: NaiveDate,
    /// The last day that still belongs to it.
    pub last: NaiveDate,
}

/// Figures under one heading: Flow, Delivery, Maintainability, Support.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    pub title: String,
    pub figures: Vec<Figure>,
}

/// One number with what is needed to judge it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Figure {
    pub title: String,
    /// Not known is `None` and never zero; [`Figure::missing`] says why.
    pub value: Option<f64>,
    pub unit: Unit,
    /// Statistic and what is measured: "median, first commit to merge".
    pub caption: String,
    /// The 95 % interval of the value.
    pub interval: Option<(f64, f64)>,
    /// How many facts are behind the value.
    pub n: Option<u64>,
    pub change: Option<Change>,
    /// In order of time, one for every period, also where the value is not known.
    pub series: Vec<Point>,
    pub target: Option<f64>,
    /// The path of the figure's own page: "/metrics/pr_cycle_time?team=checkout".
    pub path: Option<String>,
    /// Why there is no number, in a few words. Empty stands for "not enough data".
    pub missing: String,
}

/// How a figure stands against the period before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    pub tone: Tone,
    /// "better", "worse", "no clear change".
    pub word: String,
    /// How much: "−18 % (−26.1 to −7.8 %)". May be empty.
    pub size: String,
}

/// One period of a series.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// The first day of the period.
    pub at: NaiveDate,
    pub value: Option<f64>,
    /// The ends of the 95 % interval.
    pub low: Option<f64>,
    pub high: Option<f64>,
}

/// An experiment that ran, ended or was decided in the period.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Experiment {
    pub title: String,
    /// Good, bad or neither for those who read it.
    pub tone: Tone,
    /// "running", "ship", "do not ship".
    pub status: String,
    pub sentence: String,
    /// The path of its page: "/experiments/review_assistant".
    pub path: Option<String>,
}
