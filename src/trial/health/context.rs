//! The data's reach, the definition's history, and the neighbours.

use super::super::words::{counted, listed};
use super::super::{Check, Status};
use super::{Topic, ok_unless, part};

/// A source may lag behind by so many days.
const TOLERATED_DAYS: u32 = 1;

/// A source that outcomes are computed from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub name: &'a str,
    /// The last day that it has data of, `2026-11-08`; `None` where it never told.
    pub through: Option<&'a str>,
    /// Days from there to the day that the analysis needs: the last of the experiment, or today while it runs.
    pub late_days: u32,
}

/// Until when the data reach, and which sources are late.
pub fn freshness(sources: &[Source<'_>]) -> Check {
    let topic = Topic("freshness", "Data");
    let silent: Vec<&str> = sources.iter().filter(|it| it.through.is_none()).map(|it| it.name).collect();
    if !silent.is_empty() {
        return topic.unknown(format!("{} never told until when the data reach.", listed(&silent)));
    }
    // Days as text sort as days do.
    let Some(reach) = sources.iter().filter_map(|it| it.through).min() else {
        return topic.unknown("No source is known.");
    };
    let late: Vec<String> = sources
        .iter()
        .filter(|it| it.late_days > TOLERATED_DAYS)
        .map(|it| format!("{} by {}", it.name, counted(u64::from(it.late_days), "day", "days")))
        .collect();
    let most = sources.iter().map(|it| it.late_days).max().unwrap_or(0);
    let words = if late.is_empty() {
        format!("All sources reach {reach} or later.")
    } else {
        format!("The data reach {reach}. Late: {}.", listed(&late))
    };
    topic.answer(ok_unless(!late.is_empty()), words).with("late_days", f64::from(most))
}

/// A change of the definition that was recorded.
#[derive(Clone, Copy, Debug)]
pub struct Amendment<'a> {
    /// The day, `2026-10-01`.
    pub day: &'a str,
    /// Hash of the definition after it.
    pub hash: &'a str,
}

/// The definition's hashes.
#[derive(Clone, Copy, Debug)]
pub struct Definition<'a> {
    /// As it was started; `None` where no start is recorded.
    pub started: Option<&'a str>,
    /// As it stands now.
    pub now: &'a str,
    /// From the first to the last.
    pub amendments: &'a [Amendment<'a>],
}

/// Whether the definition is the one that was started, or one that the audit trail tells of.
pub fn definition(definition: Definition<'_>) -> Check {
    let topic = Topic("definition", "Definition");
    let Some(started) = definition.started else {
        return topic.unknown("No start is recorded, so that nothing says what was declared before it.");
    };
    let recorded = definition.amendments.last().map_or(started, |it| it.hash);
    let days: Vec<&str> = definition.amendments.iter().map(|it| it.day).collect();
    let check = if recorded != definition.now {
        let words = "The definition was changed after the start and no record tells of it.";
        topic.answer(Status::Failed, words)
    } else if days.is_empty() {
        topic.answer(Status::Ok, "The definition is the one that was started.")
    } else {
        let words = format!("The definition was amended after the start, on {}.", listed(&days));
        topic.answer(Status::Warning, words)
    };
    check.with("amendments", days.len() as f64)
}

/// Another experiment that runs at the same time.
#[derive(Clone, Copy, Debug)]
pub struct Overlap<'a> {
    pub name: &'a str,
    /// Units of this one that are in the other too.
    pub units: u64,
}

/// Which other experiments run on the same units. Drawn apart they do not bias each other's difference, but each is then an average over
/// the other.
pub fn overlap(units: u64, others: &[Overlap<'_>]) -> Check {
    let topic = Topic("overlap", "Other experiments");
    let sharing: Vec<&Overlap<'_>> = others.iter().filter(|it| it.units > 0).collect();
    let Some(most) = sharing.iter().map(|it| it.units).max() else {
        return topic.answer(Status::Ok, "No other experiment runs on these units.").with("share", 0.0);
    };
    let Some(share) = part(most, units) else { return topic.unknown("The experiment has no units.") };
    let names: Vec<String> = sharing.iter().map(|it| format!("{} ({} of {units} units)", it.name, it.units)).collect();
    let words = format!("On the same units: {}.", listed(&names));
    topic.answer(Status::Warning, words).with("share", share).with("experiments", sharing.len() as f64)
}
