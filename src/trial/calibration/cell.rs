//! One row of the table: experiments in one world with one design.

use super::reference::{ReferenceMethod, ReferenceRate, found};
use super::simulated::{Simulated, simulate, with_effect};
use super::{CalibrationOptions, LEVEL, mean, median, part};
use crate::stats::StatsError;
use crate::trial::parallel::in_parallel;
use crate::trial::world::{Tails, World};
use crate::trial::{Design, Finding, Result, Scale, TrialError, primary, seed};
use serde::{Deserialize, Serialize};

/// The effect that is put into experiments that have one: a fifth less.
pub(super) const EFFECT: f64 = -0.2;

/// What came of many experiments alike.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct CellResult {
    pub world: World,
    pub design: Design,
    /// Experiments without effect; all rates are parts of those that had an answer.
    pub experiments: usize,
    /// The part in which the default refused, since its lottery cannot reach 5 %.
    pub refused: f64,
    /// The mean over experiments of the largest level up to 5 % that the lottery can reach.
    pub attainable: f64,
    /// How often the default finds an effect where there is none.
    pub false_positives: f64,
    /// How often its interval holds the effect where there is one; where effects vary, their mean.
    pub coverage: f64,
    /// The part of intervals that end nowhere on some side.
    pub unbounded: f64,
    /// The median width of intervals, in parts of the control.
    pub width: Option<f64>,
    /// How often the effect is found where it is a fifth less.
    pub power: f64,
    /// The mean correlation of units' figures with their history.
    pub history_correlation: f64,
    pub references: Vec<ReferenceRate>,
}

pub(super) fn words(world: World, design: Design) -> String {
    let World { teams, intraclass_correlation, tails } = world;
    format!("{teams} teams, {}, {}, ICC {intraclass_correlation}", design.words(), tails.words())
}

/// What came of one experiment.
#[derive(Default)]
struct One {
    /// `None` where the default refused, or nothing could be drawn.
    finding: Option<Finding>,
    attainable: f64,
    correlation: f64,
    references: Option<[Option<bool>; 4]>,
}

/// Experiments without effect, and half as many with one.
pub(super) fn cell(world: World, design: Design, options: &CalibrationOptions) -> Result<CellResult> {
    let name = words(world, design);
    let without = experiments(options.experiments, |index| {
        let text = format!("{} {name} without {index}", options.seed);
        let Some(simulated) = drawn(world, design, &text)? else { return Ok(One::default()) };
        let references = (index < options.reference_experiments).then(|| found(&simulated, options.draws));
        Ok(One {
            finding: tested(&simulated, options.draws)?,
            attainable: simulated.drawn.attainable(LEVEL.alpha()),
            correlation: correlation(&simulated),
            references,
        })
    })?;
    let with = with_effects(world, design, options)?;
    Ok(CellResult {
        refused: part(without.iter().map(|it| it.finding.is_none())),
        attainable: mean(without.iter().filter(|it| it.finding.is_some()).map(|it| it.attainable)),
        false_positives: part(without.iter().filter_map(|it| it.finding.as_ref()).map(is_found)),
        unbounded: part(without.iter().filter_map(|it| it.finding.as_ref()).map(|it| it.interval.is_none())),
        history_correlation: mean(without.iter().filter(|it| it.finding.is_some()).map(|it| it.correlation)),
        references: references(&without),
        ..of_effects(world, design, options.experiments, &with)
    })
}

/// Half as many experiments with an effect, each with the effect that is in it.
fn with_effects(world: World, design: Design, options: &CalibrationOptions) -> Result<Vec<(Option<Finding>, f64)>> {
    let name = words(world, design);
    experiments(options.with_effect(), |index| {
        let effect = effect(world.tails);
        let text = format!("{} {name} with {index}", options.seed);
        let Some(mut simulated) = drawn(world, design, &text)? else { return Ok((None, effect)) };
        simulated.outcome = with_effect(&simulated.outcome, &simulated.drawn.arms, |_| effect);
        Ok((tested(&simulated, options.draws)?, effect))
    })
}

/// Experiments whose effects differ from team to team, with a standard deviation of half their mean.
pub(super) fn varying(world: World, options: &CalibrationOptions) -> Result<CellResult> {
    let design = Design::Stratified;
    let name = words(world, design);
    let with = experiments(options.with_effect(), |index| {
        let text = format!("{} {name} varying {index}", options.seed);
        let mut simulated = simulate(world, design, &text)?;
        let mut random = crate::trial::world::Random::new(seed(&text, "effects"));
        let effects: Vec<f64> =
            simulated.drawn.arms.iter().map(|_| effect(world.tails) * (1.0 + random.normal() / 2.0)).collect();
        simulated.outcome = with_effect(&simulated.outcome, &simulated.drawn.arms, |place| effects[place]);
        Ok((tested(&simulated, options.draws)?, mean(effects.into_iter())))
    })?;
    Ok(of_effects(world, design, options.with_effect(), &with))
}

/// `None` where no assignment is balanced enough.
fn drawn(world: World, design: Design, text: &str) -> Result<Option<Simulated>> {
    match simulate(world, design, text) {
        Ok(simulated) => Ok(Some(simulated)),
        Err(TrialError::Stats(StatsError::NeverBalanced { .. })) => Ok(None),
        Err(error) => Err(error),
    }
}

fn experiments<T: Send>(count: usize, one: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
    in_parallel(count, one).into_iter().collect()
}

fn of_effects(world: World, design: Design, experiments: usize, with: &[(Option<Finding>, f64)]) -> CellResult {
    let known = || with.iter().filter_map(|(finding, effect)| finding.as_ref().map(|it| (it, *effect)));
    let covers = |(finding, effect): (&Finding, f64)| finding.interval.is_none_or(|it| it.contains(effect));
    CellResult {
        world,
        design,
        experiments,
        refused: part(with.iter().map(|(finding, _)| finding.is_none())),
        attainable: LEVEL.alpha(),
        false_positives: 0.0,
        coverage: part(known().map(covers)),
        unbounded: part(known().map(|(finding, _)| finding.interval.is_none())),
        width: median(known().filter_map(|(finding, _)| width(world.tails.scale(), finding)).collect()),
        power: part(known().map(|(finding, _)| is_found(finding))),
        history_correlation: 0.0,
        references: Vec::new(),
    }
}

/// The default's answer; `None` where the lottery is too coarse for one.
fn tested(simulated: &Simulated, draws: u32) -> Result<Option<Finding>> {
    match primary(simulated.drawn.sample(&simulated.outcome, draws), LEVEL) {
        Ok(finding) => Ok(Some(finding)),
        Err(TrialError::TooCoarse { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn is_found(finding: &Finding) -> bool {
    // p-values are ratios of counts, so that 0.05 may come out a little above itself.
    finding.p <= finding.level.alpha() + 1e-12
}

/// A fifth of the control's mean, on the scale.
pub(super) fn effect(tails: Tails) -> f64 {
    match tails.scale() {
        Scale::LogMean | Scale::LogRate => (1.0 + EFFECT).ln(),
        Scale::Linear => EFFECT * Tails::MEAN_HOURS,
    }
}

fn width(scale: Scale, finding: &Finding) -> Option<f64> {
    let interval = finding.interval?;
    let control = Some(Tails::MEAN_HOURS);
    Some(scale.relative(interval.high, control)? - scale.relative(interval.low, control)?)
}

fn correlation(simulated: &Simulated) -> f64 {
    let pairs = simulated.outcome.before.iter().zip(&simulated.outcome.during);
    let known: Vec<(f64, f64)> = pairs.filter_map(|(before, during)| Some(((*before)?, (*during)?))).collect();
    let centre = [mean(known.iter().map(|it| it.0)), mean(known.iter().map(|it| it.1))];
    let product = |of: fn(f64, f64) -> f64| mean(known.iter().map(|it| of(it.0 - centre[0], it.1 - centre[1])));
    let deviations = (product(|x, _| x * x) * product(|_, y| y * y)).sqrt();
    if deviations > 0.0 { product(|x, y| x * y) / deviations } else { 0.0 }
}

fn references(without: &[One]) -> Vec<ReferenceRate> {
    let rate = |(place, method)| {
        let found = without.iter().filter_map(|it| it.references?[place]);
        ReferenceRate { method, false_positives: part(found) }
    };
    ReferenceMethod::ALL.into_iter().enumerate().map(rate).collect()
}
