//! Builds: one for each push to a pull request, and one of the default branch after the merge.

use super::calendar::MINUTE;
use super::organisation::{Organisation, Repository};
use super::pull_request::PullRequest;
use super::stream::{Dice, Purpose};

/// Mean pushes after the first.
const FURTHER_PUSHES: f64 = 0.8;
const FAILURE_SHARE: f64 = 0.20;
/// The default branch has passed once already.
const FAILURE_SHARE_AFTER_MERGE: f64 = 0.04;
/// A newer push cancels the older build.
const CANCELLED_SHARE: f64 = 0.04;
/// Builds of one repository differ by this on the log scale.
const LENGTH_SD: f64 = 0.3;

/// One build.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    /// Position among the pull request's builds; the one after the merge is [`AFTER_MERGE`].
    pub ordinal: usize,
    pub status: &'static str,
    pub started: i64,
    pub finished: i64,
}

/// The ordinal of the build of the default branch.
pub const AFTER_MERGE: usize = 99;

/// The builds of `pull_request`, by ordinal.
pub fn builds(organisation: &Organisation, repository: &Repository, pull_request: &PullRequest) -> Vec<Build> {
    let mut dice = organisation.streams.about(Purpose::Build, pull_request.key);
    let schedule = &pull_request.schedule;
    let further = if pull_request.author.is_some() { dice.poisson(FURTHER_PUSHES).min(20) } else { 0 };
    let last = schedule.approved.unwrap_or(schedule.closed);
    let mut all = Vec::with_capacity(further as usize + 2);
    for push in 0..=further {
        let share = (f64::from(push) - dice.uniform()).max(0.0) / f64::from(further.max(1));
        let pushed = schedule.created + (share * (last - schedule.created) as f64) as i64;
        let failures = if push == further { FAILURE_SHARE / 3.0 } else { FAILURE_SHARE * 1.5 };
        all.push(build(&mut dice, repository, push as usize + 1, pushed, failures));
    }
    if let Some(merged) = schedule.merged {
        all.push(build(&mut dice, repository, AFTER_MERGE, merged, FAILURE_SHARE_AFTER_MERGE));
    }
    all
}

fn build(dice: &mut Dice, repository: &Repository, ordinal: usize, pushed: i64, failures: f64) -> Build {
    let queued = 5 + dice.exponential(30.0) as i64;
    let seconds = dice.log_normal(repository.build_minutes * MINUTE as f64, LENGTH_SD);
    let (fate, share) = (dice.uniform(), dice.uniform());
    let started = pushed + queued;
    let (status, ran) = if fate < failures {
        ("failure", seconds * (0.2 + 0.8 * share))
    } else if fate < failures + CANCELLED_SHARE && ordinal != AFTER_MERGE {
        ("cancelled", seconds * share)
    } else {
        ("success", seconds)
    };
    Build { ordinal, status, started, finished: started + ran as i64 + 5 }
}
