//! What unknown outcomes could hide.

use super::super::aside::Aside;
use super::super::compared::{Compared, Saying};
use super::super::slope::without_history;
use super::super::{Question, Relative, Sample};
use crate::stats::{Asymptotic, Interval, PartlyObserved, trimming_bounds, worst_case_bounds};

/// The labels of the least and the greatest effect that missing outcomes allow.
pub const BOUNDS_OF_MISSING: [&str; 2] = ["missing outcomes, lower bound", "missing outcomes, upper bound"];

const EXTREMES: &str =
    "missing set to the lowest and highest figure seen beside its history (Horowitz & Manski), Welch";
const TRIMMED: &str = "excess of the arm with more known outcomes trimmed (Lee), figures less their history, z";

/// Bounds where outcomes are missing; nothing where all are known. Figures are taken less their history, which makes the bounds narrower.
/// The worst case presumes that no missing one is beyond those seen, trimming that the treatment moves whether an outcome is known in
/// one direction only.
pub(super) fn missing(sample: &Sample<'_>, question: &Question<'_>, compared: &Compared) -> Aside {
    let mut aside = Aside::default();
    let outcome = sample.outcome;
    if compared.len() == outcome.during.len() {
        return aside;
    }
    let (treated, control) = by_arm(sample, compared);
    let rows = PartlyObserved { treated: &treated, control: &control };
    let saying = |label, method| Saying { label, method, scale: outcome.scale, control: outcome.mean(sample.arms, 0) };
    let known = || treated.iter().chain(&control).flatten().copied();
    let seen = Interval { low: known().fold(f64::INFINITY, f64::min), high: known().fold(f64::NEG_INFINITY, f64::max) };
    match worst_case_bounds(rows, seen, question.level) {
        Ok(bounds) => {
            aside.push(saying(BOUNDS_OF_MISSING[0], EXTREMES).effect(&bounds.low));
            aside.push(saying(BOUNDS_OF_MISSING[1], EXTREMES).effect(&bounds.high));
        }
        Err(error) => aside.warn(format!("Missing outcomes have no bounds: {error}.")),
    }
    match trimming_bounds(rows, question.level) {
        Ok(bounds) => {
            let bound = |label, bound: Asymptotic| -> Option<Relative> {
                let relative =
                    saying(label, TRIMMED).estimate(bound.estimate, Some(bound.interval), bound.level, bound.n)?;
                Some(Relative { p: Some(bound.p), ..relative })
            };
            aside.push(bound("unequal gaps, lower bound", bounds.low));
            aside.push(bound("unequal gaps, upper bound", bounds.high));
        }
        Err(error) => aside.warn(format!("Unequal gaps have no bounds: {error}.")),
    }
    aside
}

/// Figures less their history of the treated and of the control units.
fn by_arm(sample: &Sample<'_>, compared: &Compared) -> (Vec<Option<f64>>, Vec<Option<f64>>) {
    let known = match compared.covariates.first() {
        Some(history) => without_history(&compared.figures, history, &compared.treated),
        None => compared.figures.clone(),
    };
    let mut figures = vec![None; sample.arms.len()];
    compared.places.iter().zip(&known).for_each(|(place, figure)| figures[*place] = Some(*figure));
    let of = |arm: usize| figures.iter().zip(sample.arms).filter(move |(_, it)| **it == arm).map(|(figure, _)| *figure);
    (of(1).collect(), of(0).collect())
}
