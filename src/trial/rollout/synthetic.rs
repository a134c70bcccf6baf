//! Synthetic difference-in-differences for few treated units (Arkhangelsky et al. 2021), with placebos among those never treated.

use super::{Found, MINIMUM_BEFORE, Panel};
use crate::stats::synthetic::Comparison;
use crate::stats::{BlockPanel, Effect, Lottery, Mechanism, StatsError, Unit, Variant, synthetic};
use crate::trial::{Finding, Grade, Method, Result};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;
use std::collections::BTreeMap;

/// Units that must be left to build a comparison from when as many as were treated are placebos.
const LEFT_AS_CONTROLS: usize = 2;

/// Fewer say nothing about the spread of placebos.
const DRAWS_LEAST: u32 = 20;

/// A placebo counts as at least as extreme from this part of the figure on.
const TIES_FROM: f64 = 1.0 - 1e-9;

/// Figures by periods since treatment, and their mean over treated cells.
struct Estimate {
    mean: f64,
    gaps: BTreeMap<i64, f64>,
}

/// Each group that was treated together beside all units that never were, the groups weighted by their treated cells (appendix A of
/// Arkhangelsky et al. 2021); `None` where too few never were, or the earliest group has fewer than two periods before.
///
/// The standard error is the root mean square of the same figure for as many units that were never treated (their algorithm 4,
/// about zero), referred to t with one degree of freedom fewer than there are such units instead of the normal distribution.
/// It presumes that treated units vary as the others do. Coverage of 95 % intervals over 300 simulated roll-outs, noise that remembers
/// 70 % of a period, 100 placebos: 1 treated and 12 others 94.7 %, 1 and 20 94.7 %, 3 and 17 94.3 %, 6 and 24 96.7 %, in two waves
/// 95.7 %.
pub(super) fn found(panel: &Panel<'_>) -> Result<Option<Found>> {
    let (treated, controls) = (panel.treated(), panel.never_treated());
    if controls.len() < treated.len() + LEFT_AS_CONTROLS || panel.cohorts()[0] < MINIMUM_BEFORE {
        return Ok(None);
    }
    if panel.rollout.draws < DRAWS_LEAST {
        let value = f64::from(panel.rollout.draws);
        return Err(StatsError::OutOfRange { what: "placebo draws", value, expected: "at least 20" }.into());
    }
    let estimate = estimate(panel, &treated, &controls)?;
    let placebos = placebos(panel, &treated, &controls)?;
    let as_large = placebos.iter().filter(|it| it.mean.abs() >= estimate.mean.abs() * TIES_FROM).count();
    let finding = |value: f64, placebos: Vec<f64>| finding(panel, value, &placebos, controls.len());
    let mut event_study = Vec::new();
    for (time, gap) in &estimate.gaps {
        let at_time = placebos.iter().filter_map(|it| it.gaps.get(time).copied()).collect();
        event_study.push((*time, finding(*gap, at_time)?));
    }
    Ok(Some(Found {
        grade: Grade::Synthetic,
        finding: finding(estimate.mean, placebos.iter().map(|it| it.mean).collect())?,
        event_study,
        joint_p: None,
        // The treated are one choice more.
        placebo_p: Some((as_large + 1) as f64 / (placebos.len() + 1) as f64),
        warnings: Vec::new(),
    }))
}

fn estimate(panel: &Panel<'_>, treated: &[(usize, usize)], controls: &[usize]) -> Result<Estimate> {
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    treated.iter().for_each(|(unit, first)| groups.entry(*first).or_default().push(*unit));
    let (mut sum, mut cells) = (0.0, 0.0);
    let mut gaps: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
    for (first, members) in groups {
        let rows = members.iter().chain(controls).map(|unit| panel.figures[*unit].clone());
        let outcomes: Vec<Vec<f64>> = rows.collect();
        let flags: Vec<bool> = (0..outcomes.len()).map(|row| row < members.len()).collect();
        let block = BlockPanel { outcomes: &outcomes, treated: &flags, before: first };
        let found = synthetic(block, Comparison::DifferenceInDifferences)?;
        let (size, after) = (members.len() as f64, (panel.periods() - first) as f64);
        sum += size * after * found.effect;
        cells += size * after;
        for (period, gap) in found.gaps.iter().enumerate() {
            let (sum, weight) = gaps.entry(since(period, first)).or_default();
            *sum += size * gap;
            *weight += size;
        }
    }
    let gaps = gaps.into_iter().map(|(time, (sum, weight))| (time, sum / weight)).collect();
    Ok(Estimate { mean: sum / cells, gaps })
}

/// The same for as many units that were never treated, in the place of the treated.
fn placebos(panel: &Panel<'_>, treated: &[(usize, usize)], controls: &[usize]) -> Result<Vec<Estimate>> {
    let cohorts = panel.cohorts();
    let size = |first: usize| treated.iter().filter(|(_, it)| *it == first).count();
    let variant = |name: String, units: usize| Variant { name, weight: u32::try_from(units).unwrap_or(u32::MAX) };
    let mut variants = vec![variant("control".to_owned(), controls.len() - treated.len())];
    variants.extend(cohorts.iter().map(|first| variant(format!("from {first}"), size(*first))));
    let unit = |place: usize| Unit { stratum: String::new(), id: format!("{place:08}") };
    let lottery = Lottery::new((0..controls.len()).map(unit).collect(), variants)?;
    let mut choices: Vec<Vec<usize>> = Vec::new();
    let draws = panel.rollout.draws;
    if lottery.assignments_count() <= u128::from(draws) {
        lottery.visit(u128::from(draws), &mut |arms| choices.push(arms.to_vec()))?;
    } else {
        let mut rng = ChaCha20Rng::from_seed(panel.rollout.seed);
        choices.extend((0..draws).map(|_| lottery.draw(&mut rng)));
    }
    let mut placebos = Vec::with_capacity(choices.len());
    for arms in choices {
        let (mut chosen, mut left) = (Vec::new(), Vec::new());
        for (unit, arm) in controls.iter().zip(arms) {
            match arm.checked_sub(1) {
                Some(cohort) => chosen.push((*unit, cohorts[cohort])),
                None => left.push(*unit),
            }
        }
        placebos.push(estimate(panel, &chosen, &left)?);
    }
    Ok(placebos)
}

fn finding(panel: &Panel<'_>, estimate: f64, placebos: &[f64], controls: usize) -> Result<Finding> {
    let square = placebos.iter().map(|it| it * it).sum::<f64>() / placebos.len() as f64;
    let df = (controls - 1) as f64;
    let effect = Effect::from_t(estimate, square.sqrt(), df, panel.first.len(), panel.rollout.level)?;
    Ok(Finding::of_effect(Method::Synthetic, &effect))
}

fn since(period: usize, first: usize) -> i64 {
    period as i64 - first as i64
}
