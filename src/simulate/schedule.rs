//! How long a pull request spends in each phase.
//!
//! One rule: every random number is drawn before the tool's effect is applied, so that the same pull request with and
//! without the tool differs by the effect alone.

use super::calendar::{HOUR, Landing, MINUTE, Zone};
use super::stream::Dice;

/// Median hours of a phase for an average pull request, and the phase's own standard deviation on the log scale.
/// Wall-clock medians close to published ones: about a day from first commit to merge, a third of it waiting.
const CODING: (f64, f64) = (6.0, 0.6);
const PICKUP: (f64, f64) = (3.0, 0.6);
const REVIEW: (f64, f64) = (4.0, 0.6);
const MERGE_WAIT: (f64, f64) = (0.7, 0.8);
/// A change abandoned stays open for days first.
const ABANDONING: (f64, f64) = (100.0, 0.9);

/// Share of pull requests opened as a draft.
const DRAFT_SHARE: f64 = 0.22;
const ABANDONED_SHARE: f64 = 0.06;
/// Share of abandoned pull requests that somebody had looked at.
const ABANDONED_AFTER_REVIEW_SHARE: f64 = 0.55;
/// Share merged by the author alone, for changes of at most [`SMALL_LINES`] and for others.
const UNREVIEWED_SHARE: (f64, f64) = (0.08, 0.015);
const SMALL_LINES: i64 = 10;
/// Chance that the first review is already the approval, for a change of one line; each e-fold of lines takes a bit.
const FIRST_IS_APPROVAL: (f64, f64) = (0.75, 0.09);

/// The instants of one pull request, whatever the end of the observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    pub first_commit: i64,
    pub created: i64,
    pub ready: i64,
    pub first_review: Option<i64>,
    pub approved: Option<i64>,
    pub merged: Option<i64>,
    pub closed: i64,
}

/// What shifts every phase's logarithm, and what the tool adds.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Of all phases: team, person, row, size, season.
    pub all: f64,
    /// The tool's, on all phases up to merge.
    pub tool: f64,
    /// The tool's, on pickup and review.
    pub tool_review: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Reviewed { at_once: bool },
    Unreviewed,
    Abandoned { reviewed: bool },
}

/// Draws the schedule of one pull request of `lines` lines begun at `first_commit`.
pub fn schedule(first_commit: i64, zone: Zone, lines: i64, pace: Pace, dice: &mut Dice) -> Schedule {
    let fate = fate(lines, dice);
    let draft = (dice.uniform() < DRAFT_SHARE).then_some(());
    let draft_share = dice.uniform();
    let coding = phase(CODING, pace.all + pace.tool, dice);
    let pickup = phase(PICKUP, pace.all + pace.tool + pace.tool_review, dice);
    let review = phase(REVIEW, pace.all + pace.tool + pace.tool_review, dice);
    let wait = phase(MERGE_WAIT, pace.all + pace.tool, dice);
    let abandoning = phase(ABANDONING, pace.all, dice);

    let ready = coding.after(first_commit, zone);
    let created = draft.map_or(ready, |()| first_commit + (draft_share * (ready - first_commit) as f64) as i64);
    let base =
        Schedule { first_commit, created, ready, first_review: None, approved: None, merged: None, closed: ready };
    match fate {
        Fate::Reviewed { at_once } => {
            let first_review = pickup.after(ready, zone);
            let approved = if at_once { first_review } else { review.after(first_review, zone) };
            let merged = wait.after(approved, zone);
            let reviewed = Schedule { first_review: Some(first_review), approved: Some(approved), ..base };
            Schedule { merged: Some(merged), closed: merged, ..reviewed }
        }
        Fate::Unreviewed => {
            let merged = wait.after(ready, zone);
            Schedule { merged: Some(merged), closed: merged, ..base }
        }
        Fate::Abandoned { reviewed } => {
            let first_review = reviewed.then(|| pickup.after(ready, zone));
            Schedule { first_review, closed: abandoning.after(first_review.unwrap_or(ready), zone), ..base }
        }
    }
}

/// A dependency bot's pull request: opened at once, at night, and merged by itself, by somebody, or not at all.
pub fn bot_schedule(created: i64, zone: Zone, dice: &mut Dice) -> Schedule {
    let fate = dice.weighted(&[0.55, 0.30, 0.15]);
    let checks = dice.log_normal(25.0 * MINUTE as f64, 0.4) as i64;
    let pickup = phase((20.0, 1.0), 0.0, dice);
    let wait = phase(MERGE_WAIT, 0.0, dice);
    let superseded = phase((170.0, 0.6), 0.0, dice);
    let base = Schedule {
        first_commit: created,
        created,
        ready: created,
        first_review: None,
        approved: None,
        merged: None,
        closed: created,
    };
    match fate {
        0 => Schedule { merged: Some(created + checks), closed: created + checks, ..base },
        1 => {
            let approved = pickup.after(created, zone);
            let merged = wait.after(approved, zone);
            let reviewed = Schedule { first_review: Some(approved), approved: Some(approved), ..base };
            Schedule { merged: Some(merged), closed: merged, ..reviewed }
        }
        _ => Schedule { closed: superseded.after(created, zone), ..base },
    }
}

/// The numbers one landing takes.
pub fn landing(dice: &mut Dice) -> Landing {
    Landing { after_hours: dice.uniform(), side: dice.uniform(), edge: dice.uniform() }
}

struct Phase {
    seconds: f64,
    landing: Landing,
}

impl Phase {
    fn after(&self, start: i64, zone: Zone) -> i64 {
        zone.land(start, self.seconds, self.landing)
    }
}

fn phase((median_hours, log_sd): (f64, f64), shift: f64, dice: &mut Dice) -> Phase {
    let seconds = dice.log_normal(median_hours * HOUR as f64, log_sd) * shift.exp();
    Phase { seconds, landing: landing(dice) }
}

fn fate(lines: i64, dice: &mut Dice) -> Fate {
    let (abandoned, looked_at, unreviewed, at_once) = (dice.uniform(), dice.uniform(), dice.uniform(), dice.uniform());
    let unreviewed_share = if lines <= SMALL_LINES { UNREVIEWED_SHARE.0 } else { UNREVIEWED_SHARE.1 };
    if abandoned < ABANDONED_SHARE {
        Fate::Abandoned { reviewed: looked_at < ABANDONED_AFTER_REVIEW_SHARE }
    } else if unreviewed < unreviewed_share {
        Fate::Unreviewed
    } else {
        Fate::Reviewed { at_once: at_once < FIRST_IS_APPROVAL.0 - FIRST_IS_APPROVAL.1 * (1.0 + lines as f64).ln() }
    }
}
