//! Whether the assignment is the one that the lottery drew, and whether those who came are those who were assigned.

use super::super::words::{counted, listed, p_value, percent};
use super::super::{Check, Randomization, Status};
use super::Question;
use crate::stats::{Mechanism, sample_ratio_test};

/// A mismatch of counts is an alarm below this (Fabijan et al. 2019), and worth a look below ten times as much.
const ALARM: f64 = 0.001;

/// Whether the recorded assignment is what the recorded seed draws, unit by unit in the lottery's order.
pub fn lottery(randomization: &Randomization, seed: [u8; 32], recorded: &[usize]) -> Check {
    let question = Question("lottery", "Lottery");
    let drawn = match randomization.assign(seed) {
        Ok(drawn) => drawn,
        Err(error) => return question.answer(Status::Failed, format!("The recorded seed draws nothing: {error}.")),
    };
    let units = randomization.lottery().units();
    if drawn.len() != recorded.len() {
        let words = format!("{} units have an assignment, the lottery has {}.", recorded.len(), drawn.len());
        return question.answer(Status::Failed, words);
    }
    let differs = |place: &usize| drawn[*place] != recorded[*place];
    let others: Vec<&str> = (0..drawn.len()).filter(differs).map(|place| units[place].id.as_str()).collect();
    let all = counted(drawn.len() as u64, "unit", "units");
    let check = if others.is_empty() {
        question.answer(Status::Ok, format!("The recorded seed draws the recorded variant of all {all}."))
    } else {
        let (count, names) = (others.len(), listed(&others));
        let words = format!("The recorded seed draws another variant for {count} of {all}: {names}.");
        question.answer(Status::Failed, words)
    };
    check.with("units", drawn.len() as f64).with("different", others.len() as f64)
}

/// People or events in each arm that were assigned one by one. Whoever came along with a team does not count: teams differ in size, and
/// the test would take that for a mismatch.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// Such as `people with an exposure`.
    pub what: &'a str,
    /// By variant, in the order of the lottery's.
    pub counts: &'a [u64],
    /// What each variant should have, in any unit: declared weights, or people assigned.
    pub weights: &'a [f64],
}

/// Whether each arm has the units that it should have, and the people or events.
///
/// Of units by lot the counts are fixed, so that a test of them says nothing: they are held against the lottery exactly. Counts of what
/// came by itself are tested (Pearson 1900; Fabijan et al. 2019).
pub fn sample_ratio(randomization: &Randomization, arms: &[usize], counted: Option<Counted<'_>>) -> Check {
    let question = Question("sample_ratio", "Sample ratio");
    let variants = randomization.lottery().variants();
    let in_arm = |arm: usize| arms.iter().filter(|it| **it == arm).count();
    let by_arm: Vec<String> =
        variants.iter().enumerate().map(|(arm, variant)| format!("{} {}", in_arm(arm), variant.name)).collect();
    let with_units = |mut check: Check| {
        for (arm, variant) in variants.iter().enumerate() {
            check = check.with(&format!("units_{}", variant.name), in_arm(arm) as f64);
        }
        check
    };
    if let Err(error) = randomization.check(arms) {
        return with_units(
            question.answer(Status::Failed, format!("Units by variant: {}; {error}.", by_arm.join(", "))),
        );
    }
    let units = format!("Units by variant: {}, as the lottery has it.", by_arm.join(", "));
    let Some(counted) = counted else { return with_units(question.answer(Status::Ok, units)) };
    let test = match sample_ratio_test(counted.counts, counted.weights) {
        Ok(test) => test,
        Err(error) => return with_units(question.unknown(format!("{units} No ratio of {}: {error}.", counted.what))),
    };
    let status = match test.p {
        p if p < ALARM => Status::Failed,
        p if p < 10.0 * ALARM => Status::Warning,
        _ => Status::Ok,
    };
    let all: u64 = counted.counts.iter().sum();
    let weights: f64 = counted.weights.iter().sum();
    let of_arm = |(arm, variant): (usize, &crate::stats::Variant)| {
        let (seen, due) = (counted.counts[arm] as f64 / all as f64, counted.weights[arm] / weights);
        format!("{} {} in place of {}", variant.name, percent(seen), percent(due))
    };
    let shares: Vec<String> = variants.iter().enumerate().take(counted.counts.len()).map(of_arm).collect();
    let words = format!("{units} Of {all} {}: {} ({}).", counted.what, shares.join(", "), p_value(test.p));
    let check = question.answer(status, words).with("p", test.p).with("chi_square", test.chi_square);
    with_units(check.with("counted", all as f64))
}
