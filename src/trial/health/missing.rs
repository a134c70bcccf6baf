//! Units whose outcome is not known.

use super::super::redrawn::difference_in_means;
use super::super::words::p_value;
use super::super::{Check, Outcome, Randomization, Status};
use super::{Topic, ok_unless};
use crate::stats::{Multiplicity, adjusted_p_values};

const UNLIKELY: f64 = 0.05;

/// One outcome's gaps.
struct Gaps<'a> {
    name: &'a str,
    treated: usize,
    control: usize,
    /// Whether the arms differ; `None` where no unit is missing, or the lottery cannot tell.
    p: Option<f64>,
}

/// Units without outcome by arm, and whether the arms differ by more than the lottery makes them (p by Holm over the outcomes with
/// gaps). An outcome that is missing because of the treatment makes its comparison worthless.
pub fn missing(randomization: &Randomization, arms: &[usize], outcomes: &[&Outcome], seed: [u8; 32]) -> Check {
    let topic = Topic("missing", "Missing outcomes");
    if outcomes.is_empty() {
        return topic.unknown("No outcome was measured.");
    }
    if let Some(other) = outcomes.iter().find(|it| it.during.len() != arms.len()) {
        let (name, units) = (&other.name, other.during.len());
        return topic.unknown(format!("{name} has entries for {units} units, the lottery has {}.", arms.len()));
    }
    let gaps: Vec<Gaps<'_>> = outcomes.iter().map(|it| gaps_of(randomization, arms, it, seed)).collect();
    let with_gaps: Vec<&Gaps<'_>> = gaps.iter().filter(|it| it.treated + it.control > 0).collect();
    if with_gaps.is_empty() {
        let words = format!("All {} units have every outcome.", arms.len());
        return topic.answer(Status::Ok, words).with("missing", 0.0);
    }
    let tested: Vec<f64> = with_gaps.iter().filter_map(|it| it.p).collect();
    let smallest = adjusted_p_values(&tested, Multiplicity::Holm).unwrap_or_default().into_iter().reduce(f64::min);
    let mut worst = with_gaps[0];
    for it in &with_gaps {
        if it.p.unwrap_or(1.0) < worst.p.unwrap_or(1.0) {
            worst = it;
        }
    }
    let words = format!(
        "{} of {} outcomes have gaps; {} lacks {} treated and {} control units{}.",
        with_gaps.len(),
        gaps.len(),
        worst.name,
        worst.treated,
        worst.control,
        smallest.map_or(String::new(), |p| format!(", {}", p_value(p)))
    );
    let check = match smallest {
        Some(p) => topic.answer(ok_unless(p < UNLIKELY), words).with("p", p),
        None => topic.unknown(words),
    };
    check.with("missing_treated", worst.treated as f64).with("missing_control", worst.control as f64)
}

fn gaps_of<'a>(randomization: &Randomization, arms: &[usize], outcome: &'a Outcome, seed: [u8; 32]) -> Gaps<'a> {
    let is_missing: Vec<bool> = outcome.during.iter().map(Option::is_none).collect();
    let count = |arm: usize| is_missing.iter().zip(arms).filter(|(missing, it)| **missing && **it == arm).count();
    let figures: Vec<Option<f64>> = is_missing.iter().map(|it| Some(f64::from(u8::from(*it)))).collect();
    let p = difference_in_means(randomization, arms, &figures, seed).ok().map(|test| test.p);
    Gaps { name: &outcome.name, treated: count(1), control: count(0), p }
}
