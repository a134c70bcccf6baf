//! Reviews of a pull request by team mates, fitted between the boundaries that its schedule fixed.

use super::organisation::Organisation;
use super::pull_request::PullRequest;
use super::stream::{Dice, Purpose};

/// Mean rounds of "changes requested" beyond the first review, for each e-fold of lines.
const ROUNDS_PER_LOG_LINE: f64 = 0.12;
/// Share of first reviews that block rather than comment.
const BLOCKING_SHARE: f64 = 0.6;
/// Chance of a second pair of eyes after the approval.
const SECOND_REVIEWER_SHARE: f64 = 0.2;
/// Median comments of a review that does not approve, and the log standard deviation.
const COMMENTS: (f64, f64) = (2.2, 0.7);

/// One review.
#[derive(Clone, Copy, Debug)]
pub struct Review {
    /// None where the team has nobody but the author.
    pub reviewer: Option<u32>,
    pub state: &'static str,
    pub submitted: i64,
    pub comments: i64,
}

/// The reviews of `pull_request` in the order of submission.
pub fn reviews(organisation: &Organisation, position: usize, pull_request: &PullRequest) -> Vec<Review> {
    let schedule = &pull_request.schedule;
    let Some(first) = schedule.first_review else {
        return Vec::new();
    };
    let mut dice = organisation.streams.about(Purpose::Review, pull_request.key);
    let mates = mates(organisation, position, pull_request);
    let reviewer = pick(&mut dice, &mates);
    let second = pick(&mut dice, &mates);
    let rounds = dice.poisson(ROUNDS_PER_LOG_LINE * (1.0 + pull_request.lines() as f64).ln());
    let opening = if dice.chance(BLOCKING_SHARE) { "changes_requested" } else { "commented" };
    let has_second = dice.chance(SECOND_REVIEWER_SHARE) && second != reviewer;
    let second_share = dice.uniform();

    let mut all = Vec::new();
    let Some(approved) = schedule.approved else {
        all.push(Review { reviewer, state: opening, submitted: first, comments: comments(&mut dice) });
        return all;
    };
    if approved > first {
        all.push(Review { reviewer, state: opening, submitted: first, comments: comments(&mut dice) });
        for round in 0..rounds {
            // Evenly between the boundaries with some play, so that rounds stay in order.
            let share = (f64::from(round) + dice.uniform()) / f64::from(rounds);
            let submitted = between(first, approved, share);
            all.push(Review { reviewer, state: "changes_requested", submitted, comments: comments(&mut dice) });
        }
    }
    let remarks = i64::from(dice.chance(0.25));
    all.push(Review { reviewer, state: "approved", submitted: approved, comments: remarks });
    if has_second {
        let submitted = between(approved, schedule.closed, second_share);
        let comments = i64::from(dice.poisson(0.8));
        let state = if comments == 0 { "approved" } else { "commented" };
        all.push(Review { reviewer: second, state, submitted, comments });
    }
    all
}

fn mates(organisation: &Organisation, position: usize, pull_request: &PullRequest) -> Vec<u32> {
    let roster = &organisation.roster;
    roster
        .members(position, pull_request.schedule.created)
        .map(|stint| roster.stints[stint as usize].person)
        .filter(|person| Some(*person) != pull_request.author)
        .collect()
}

/// Takes one number whether or not there is anybody. The square leans towards those longest in the team, who review most.
fn pick(dice: &mut Dice, mates: &[u32]) -> Option<u32> {
    let share = dice.uniform();
    mates.get((share * share * mates.len() as f64) as usize).copied()
}

fn comments(dice: &mut Dice) -> i64 {
    dice.log_normal(COMMENTS.0, COMMENTS.1).round().clamp(1.0, 60.0) as i64
}

fn between(from: i64, to: i64, share: f64) -> i64 {
    from + (share * (to - from) as f64) as i64
}
