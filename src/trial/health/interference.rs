//! Work that crosses arms.

use super::super::Check;
use super::super::words::percent;
use super::{Topic, ok_unless, part};

/// More than this, and the control units are no world without the treatment.
const MUCH: f64 = 0.10;

/// Work of one kind whose two people (author and reviewer, or author and owner of the code) both are in the experiment.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'a> {
    /// Such as `reviews`.
    pub what: &'a str,
    pub all: u64,
    /// With people of different arms.
    pub crossing: u64,
}

/// The share of work that crosses arms, an index of how much of the treatment reaches the control units: of a treatment that passes on
/// in shared work the difference between arms is too small by about this part, or wrong in sign where control units gain at their cost.
pub fn interference(kinds: &[Shared<'_>]) -> Check {
    let topic = Topic("interference", "Work across arms");
    let shares: Vec<(&Shared<'_>, f64)> =
        kinds.iter().filter_map(|kind| part(kind.crossing, kind.all).map(|share| (kind, share))).collect();
    let worst = shares.iter().copied().reduce(|worst, it| if it.1 > worst.1 { it } else { worst });
    let Some((worst, share)) = worst else {
        return topic.unknown("No work is recorded of which both people are known.");
    };
    let words = format!("{} of {} {} cross arms ({}).", worst.crossing, worst.all, worst.what, percent(share));
    let mut check = topic.answer(ok_unless(share > MUCH), words).with("share", share);
    for (kind, share) in shares {
        check = check.with(&format!("share_{}", kind.what), share);
    }
    check
}
