//! Whether experiments find what their plan said they would: organisations plan on a year of history, and then run the experiment.

use super::simulated::{Drawn, WEEKS_BEFORE, WEEKS_DURING, figures, with_effect};
use super::{CalibrationOptions, cell, mean, part};
use crate::stats::{Level, Variant};
use crate::trial::parallel::in_parallel;
use crate::trial::plan::{self, Cell, Covariate, History, PlannedUnit, Planning};
use crate::trial::world::{Organisation, World};
use crate::trial::{Better, Design, Result, Role, primary, seed};
use serde::{Deserialize, Serialize};

const WEEKS: usize = 52;
const SIMULATIONS: usize = 1000;
const ALPHA: f64 = 0.05;
const POWER: f64 = 0.8;
/// Experiments of each organisation.
const EXPERIMENTS: usize = 500;
/// One organisation for so many experiments of other rows.
const EXPERIMENTS_PER_ORGANISATION: usize = 1000;

/// Power as planned, and as it came.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PlannedResult {
    pub world: World,
    pub organisations: usize,
    /// Of each organisation.
    pub experiments: usize,
    /// The mean over organisations of the smallest effect that the plan said is found often enough; relative.
    pub effect: f64,
    /// The chance to find it, by the plan.
    pub planned: f64,
    /// How often it was found.
    pub found: f64,
}

pub(super) fn planned(world: World, options: &CalibrationOptions) -> Result<PlannedResult> {
    let organisations = options.experiments.div_ceil(EXPERIMENTS_PER_ORGANISATION);
    let name = cell::words(world, Design::Stratified);
    let (mut effects, mut found) = (Vec::new(), Vec::new());
    for number in 0..organisations {
        let text = format!("{} {name} planned {number}", options.seed);
        let mut organisation = world.organisation(seed(&text, "organisation"));
        let planning = planning(world, &mut organisation, &text, options.draws);
        let Some(effect) = plan::power(&planning)?.first().and_then(|it| it.smallest_detectable) else { continue };
        let one = |index: usize| is_found(&organisation, world, effect.ln_1p(), options.draws, &format!("{text} {index}"));
        let all = in_parallel(EXPERIMENTS, one).into_iter().collect::<Result<Vec<bool>>>()?;
        effects.push(effect);
        found.push(part(all.into_iter()));
    }
    Ok(PlannedResult {
        world,
        organisations: found.len(),
        experiments: EXPERIMENTS,
        effect: mean(effects.into_iter()),
        planned: POWER,
        found: mean(found.into_iter()),
    })
}

/// A year of an organisation, and the experiment it plans.
fn planning(world: World, organisation: &mut Organisation, text: &str, draws: u32) -> Planning {
    let mut weeks: Vec<Vec<Option<Cell>>> = vec![Vec::with_capacity(WEEKS); world.teams];
    for _ in 0..WEEKS {
        let mut cells = vec![Cell { sum: 0.0, weight: 0.0 }; world.teams];
        organisation.week(|team, value| {
            cells[team].sum += value;
            cells[team].weight += 1.0;
        });
        weeks.iter_mut().zip(cells).for_each(|(weeks, cell)| weeks.push((cell.weight > 0.0).then_some(cell)));
    }
    let size = Covariate::Fixed { name: "size".to_owned(), values: organisation.sizes() };
    Planning {
        units: (0..world.teams).map(|team| PlannedUnit { id: format!("team-{team:03}"), block: String::new() }).collect(),
        outcomes: vec![History {
            metric: "hours".to_owned(),
            scale: world.tails.scale(),
            better: Better::Lower,
            role: Role::Goal,
            margin: 0.0,
            weeks,
        }],
        covariates: vec![Covariate::Outcome(0), size],
        variants: ["control", "treatment"].map(|name| Variant { name: name.to_owned(), weight: 1 }),
        design: Design::Stratified,
        weeks: WEEKS_DURING,
        history_weeks: WEEKS_BEFORE,
        alpha: ALPHA,
        power: POWER,
        simulations: SIMULATIONS,
        draws,
        seed: text.to_owned(),
    }
}

/// Whether an experiment in one of the organisation's futures shows an effect of this size, in logs, as better.
fn is_found(organisation: &Organisation, world: World, effect: f64, draws: u32, text: &str) -> Result<bool> {
    let mut future = organisation.with_future(seed(text, "future"));
    // Far enough ahead that the drift of the last week of history no longer decides.
    future.window(WEEKS / 2);
    let before = figures(&future.window(WEEKS_BEFORE));
    let during = future.window(WEEKS_DURING);
    let drawn = Drawn::of(Design::Stratified, &before, &future.sizes(), text)?;
    let outcome = with_effect(&drawn.outcome(world.tails.scale(), &before, &during), &drawn.arms, |_| effect);
    let finding = primary(drawn.sample(&outcome, draws), Level::new(1.0 - 2.0 * ALPHA)?)?;
    Ok(finding.interval.is_some_and(|it| it.high < 0.0))
}
