//! What looking every week does to the error rate: undeclared, and with boundaries declared beforehand.

use super::simulated::{Drawn, WEEKS_BEFORE, figures};
use super::{CalibrationOptions, LEVEL, cell, part};
use crate::stats::{Look, Sides, Spending, spending_boundaries};
use crate::trial::parallel::in_parallel;
use crate::trial::world::World;
use crate::trial::{Design, Result, TrialError, primary};
use serde::{Deserialize, Serialize};

/// Looks, one a week.
const LOOKS: usize = 12;

/// How often an effect is found at some look where there is none.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PeekingResult {
    pub world: World,
    pub experiments: usize,
    pub looks: usize,
    /// At the last look alone.
    pub last: f64,
    /// By stopping at the first p of at most 5 %.
    pub undeclared: f64,
    /// With the error rate spent as Lan & DeMets (1983) after O'Brien & Fleming, and after Pocock, over weeks.
    pub obrien_fleming: f64,
    pub pocock: f64,
}

pub(super) fn peeking(world: World, options: &CalibrationOptions) -> Result<PeekingResult> {
    let weeks: Vec<f64> = (1..=LOOKS).map(|look| look as f64 / LOOKS as f64).collect();
    let boundaries = |spending| spending_boundaries(&weeks, spending, LEVEL.alpha() / 2.0, Sides::Both);
    let (obrien_fleming, pocock) = (boundaries(Spending::OBrienFleming)?, boundaries(Spending::Pocock)?);
    let name = cell::words(world, Design::Stratified);
    let one = |index: usize| p_values(world, options.draws, &format!("{} {name} peeking {index}", options.seed));
    // Each of them is analysed twelve times.
    let experiments = options.experiments / 4;
    let all = in_parallel(experiments, one).into_iter().collect::<Result<Vec<Vec<f64>>>>()?;
    let rate = |stops: &dyn Fn(&[f64]) -> bool| part(all.iter().map(|p| stops(p)));
    let found = |p: f64| p <= LEVEL.alpha() + 1e-12;
    Ok(PeekingResult {
        world,
        experiments,
        looks: LOOKS,
        last: rate(&|p| p.last().is_some_and(|p| found(*p))),
        undeclared: rate(&|p| p.iter().any(|p| found(*p))),
        obrien_fleming: rate(&|p| crosses(p, &obrien_fleming)),
        pocock: rate(&|p| crosses(p, &pocock)),
    })
}

/// Whether a two-sided p is as small as its look asks for, which maps t to z by equal p.
fn crosses(p: &[f64], looks: &[Look]) -> bool {
    p.iter().zip(looks).any(|(p, look)| p / 2.0 <= look.nominal_p)
}

/// The p-value of each look, of all weeks up to it; 1 where the lottery is too coarse.
fn p_values(world: World, draws: u32, text: &str) -> Result<Vec<f64>> {
    let mut organisation = world.organisation(crate::trial::seed(text, "organisation"));
    let before = figures(&organisation.window(WEEKS_BEFORE));
    let drawn = Drawn::of(Design::Stratified, &before, &organisation.sizes(), text)?;
    let mut during = vec![Vec::new(); world.teams];
    let mut p = Vec::with_capacity(LOOKS);
    for _ in 0..LOOKS {
        organisation.week(|team, value| during[team].push(value));
        let outcome = drawn.outcome(world.tails.scale(), &before, &during);
        p.push(match primary(drawn.sample(&outcome, draws), LEVEL) {
            Ok(finding) => finding.p,
            Err(TrialError::TooCoarse { .. }) => 1.0,
            Err(error) => return Err(error),
        });
    }
    Ok(p)
}
