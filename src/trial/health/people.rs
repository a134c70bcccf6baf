//! What became of the people of the frozen roster.

use super::super::redrawn::difference_in_means;
use super::super::words::{p_value, percent};
use super::super::{Check, Randomization};
use super::{Topic, ok_unless, part};
use crate::stats::StatsError;

/// More movers than this, or more who are gone, change who is compared.
const MANY_MOVED: f64 = 0.10;
const MANY_GONE: f64 = 0.20;

/// A difference between arms is more than chance below this.
const UNLIKELY: f64 = 0.05;

/// The share of people whose unit now is in another arm than that of the frozen roster. They are analysed where they were drawn.
pub fn movers(people: u64, moved: u64) -> Check {
    let topic = Topic("movers", "People who moved between arms");
    let Some(share) = part(moved, people) else { return topic.unknown("The roster has no people.") };
    let words = format!(
        "{moved} of {people} people are in another arm than when it started ({}); they count where they were drawn.",
        percent(share)
    );
    topic.answer(ok_unless(share > MANY_MOVED), words).with("share", share).with("people", people as f64)
}

/// The frozen roster, with an entry for each unit in the lottery's order.
#[derive(Clone, Copy, Debug)]
pub struct Roster<'a> {
    pub people: &'a [u64],
    /// Of those, people without any activity during the experiment.
    pub gone: &'a [u64],
}

/// The share of people who are gone, by arm, and whether the shares of the units differ by more than the lottery makes them.
pub fn attrition(randomization: &Randomization, arms: &[usize], roster: Roster<'_>, seed: [u8; 32]) -> Check {
    let topic = Topic("attrition", "People who are gone");
    if roster.people.len() != arms.len() || roster.gone.len() != arms.len() {
        return topic.unknown("The roster does not have the lottery's units.");
    }
    let sum = |column: &[u64], arm: usize| -> u64 {
        column.iter().zip(arms).filter(|(_, it)| **it == arm).map(|(count, _)| *count).sum()
    };
    let share = |arm: usize| part(sum(roster.gone, arm), sum(roster.people, arm));
    let (Some(treated), Some(control)) = (share(1), share(0)) else {
        return topic.unknown("The roster of an arm has no people.");
    };
    let (people, gone): (u64, u64) = (roster.people.iter().sum(), roster.gone.iter().sum());
    let shares: Vec<Option<f64>> =
        roster.people.iter().zip(roster.gone).map(|(people, gone)| part(*gone, *people)).collect();
    let p = match difference_in_means(randomization, arms, &shares, seed) {
        Ok(test) => Some(test.p),
        // All shares are equal: nothing is less of a difference.
        Err(StatsError::NoVariation { .. }) => Some(1.0),
        Err(_) => None,
    };
    let words = format!(
        "{gone} of {people} people of the roster have no data any more: {} of the treated and {} of the control people{}.",
        percent(treated),
        percent(control),
        p.map_or(String::new(), |p| format!(", {}", p_value(p)))
    );
    let is_doubtful = p.is_some_and(|p| p < UNLIKELY) || gone as f64 > MANY_GONE * people as f64;
    // Without a test an equal share is all that can be called well.
    let check = match p {
        None if !is_doubtful && treated != control => topic.unknown(words),
        _ => topic.answer(ok_unless(is_doubtful), words),
    };
    check.with("share_treated", treated).with("share_control", control).with("p", p.unwrap_or(f64::NAN))
}
