//! Whether the assignment is the one that the lottery drew, and whether those who came are those who were assigned.

use super::super::redrawn::difference_in_means;
use super::super::words::{counted, listed, p_value, percent};
use super::super::{Check, Randomization, Status};
use super::{Topic, part};
use crate::stats::{Mechanism, StatsError, Variant, sample_ratio_test};

/// A mismatch of counts is an alarm below this (Fabijan et al. 2019), and worth a look below ten times as much.
const ALARM: f64 = 0.001;

/// Whether the recorded assignment is what the recorded seed draws, unit by unit in the lottery's order.
pub fn lottery(randomization: &Randomization, seed: [u8; 32], recorded: &[usize]) -> Check {
    let topic = Topic("lottery", "Lottery");
    let drawn = match randomization.assign(seed) {
        Ok(drawn) => drawn,
        Err(error) => return topic.answer(Status::Failed, format!("The recorded seed draws nothing: {error}.")),
    };
    let units = randomization.lottery().units();
    if drawn.len() != recorded.len() {
        let words = format!("{} units have an assignment, the lottery has {}.", recorded.len(), drawn.len());
        return topic.answer(Status::Failed, words);
    }
    let differs = |place: &usize| drawn[*place] != recorded[*place];
    let others: Vec<&str> = (0..drawn.len()).filter(differs).map(|place| units[place].id.as_str()).collect();
    let all = counted(drawn.len() as u64, "unit", "units");
    let check = if others.is_empty() {
        topic.answer(Status::Ok, format!("The recorded seed draws the recorded variant of all {all}."))
    } else {
        let (count, names) = (others.len(), listed(&others));
        let words = format!("The recorded seed draws another variant for {count} of {all}: {names}.");
        topic.answer(Status::Failed, words)
    };
    check.with("units", drawn.len() as f64).with("different", others.len() as f64)
}

/// What came by itself, to be held against what was assigned.
#[derive(Clone, Copy, Debug)]
pub enum Counted<'a> {
    /// Each assigned by itself: counts by variant, and what each variant should have in any unit.
    OneByOne {
        /// Such as `people with an exposure`.
        what: &'a str,
        counts: &'a [u64],
        weights: &'a [f64],
    },
    /// Assigned with their unit: how many of each unit were seen, of how many. Teams differ, which a test of counts would take for a
    /// mismatch.
    ByUnit { what: &'a str, seen: &'a [u64], of: &'a [u64] },
}

/// Whether each arm has the units that it should have, and the people or events.
///
/// Of units by lot the counts are fixed, so that a test of them says nothing: they are held against the lottery exactly. What came by
/// itself is tested by its counts (Pearson 1900), and what came with its unit by redrawing the lottery.
pub fn sample_ratio(
    randomization: &Randomization,
    arms: &[usize],
    counted: Option<Counted<'_>>,
    seed: [u8; 32],
) -> Check {
    let topic = Topic("sample_ratio", "Sample ratio");
    let variants = randomization.lottery().variants();
    let units = |arm: usize| arms.iter().filter(|it| **it == arm).count();
    let by_arm: Vec<String> =
        variants.iter().enumerate().map(|(arm, variant)| format!("{} {}", units(arm), variant.name)).collect();
    let by_arm = by_arm.join(", ");
    let mut check = match (randomization.check(arms), counted) {
        (Err(error), _) => topic.answer(Status::Failed, format!("Units by variant: {by_arm}; {error}.")),
        (Ok(()), None) => topic.answer(Status::Ok, format!("Units by variant: {by_arm}, as the lottery has it.")),
        (Ok(()), Some(counted)) => {
            let tested = match counted {
                Counted::OneByOne { what, counts, weights } => one_by_one(variants, what, counts, weights),
                Counted::ByUnit { what, seen, of } => by_unit(randomization, arms, (what, seen, of), seed),
            };
            let units = format!("Units by variant: {by_arm}, as the lottery has it.");
            match tested {
                Ok((words, p)) => topic.answer(status(p), format!("{units} {words}, {}.", p_value(p))).with("p", p),
                Err(why) => topic.unknown(format!("{units} {why}")),
            }
        }
    };
    for (arm, variant) in variants.iter().enumerate() {
        check = check.with(&format!("units_{}", variant.name), units(arm) as f64);
    }
    check
}

fn status(p: f64) -> Status {
    match p {
        p if p < ALARM => Status::Failed,
        p if p < 10.0 * ALARM => Status::Warning,
        _ => Status::Ok,
    }
}

/// Words and p, or why there are none.
fn one_by_one(variants: &[Variant], what: &str, counts: &[u64], weights: &[f64]) -> Result<(String, f64), String> {
    let test = sample_ratio_test(counts, weights).map_err(|error| format!("There is no ratio of {what}: {error}."))?;
    if counts.len() != variants.len() {
        return Err(format!("{what} are counted for {} variants of {}.", counts.len(), variants.len()));
    }
    let (all, due): (u64, f64) = (counts.iter().sum(), weights.iter().sum());
    let mut shares = Vec::new();
    for ((variant, count), weight) in variants.iter().zip(counts).zip(weights) {
        let (share, due) = (percent(*count as f64 / all as f64), percent(weight / due));
        shares.push(format!("{} {share} in place of {due}", variant.name));
    }
    Ok((format!("Of {all} {what}: {}", shares.join(", ")), test.p))
}

fn by_unit(
    randomization: &Randomization,
    arms: &[usize],
    (what, seen, of): (&str, &[u64], &[u64]),
    seed: [u8; 32],
) -> Result<(String, f64), String> {
    if seen.len() != arms.len() || of.len() != arms.len() {
        return Err(format!("{what} are counted for {} units of {}.", seen.len(), arms.len()));
    }
    let shares: Vec<Option<f64>> = seen.iter().zip(of).map(|(seen, of)| part(*seen, *of)).collect();
    let p = match difference_in_means(randomization, arms, &shares, seed) {
        Ok(test) => test.p,
        Err(StatsError::NoVariation { .. }) => 1.0,
        Err(error) => return Err(format!("The shares of {what} cannot be tested: {error}.")),
    };
    let sum = |column: &[u64], arm: usize| -> u64 {
        column.iter().zip(arms).filter(|(_, it)| **it == arm).map(|(count, _)| *count).sum()
    };
    let mut shares = Vec::new();
    for (arm, variant) in randomization.lottery().variants().iter().enumerate() {
        shares.push(format!("{} {} of {}", variant.name, sum(seen, arm), sum(of, arm)));
    }
    Ok((format!("{what}: {}", shares.join(", ")), p))
}
