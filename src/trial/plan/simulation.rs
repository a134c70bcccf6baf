//! Experiments that never were: a stretch of history, a lottery, and the analysis.

use super::history::History;
use super::{Covariate, Planning, level_of};
use crate::stats::DecisionLevels;
use crate::trial::parallel::in_parallel;
use crate::trial::world::Random;
use crate::trial::{
    Candidate, Design, Finding, Outcome, Randomization, Result, Role, Sample, form_units, primary, seed,
};
use std::ops::Range;

/// What is simulated.
#[derive(Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) planning: &'a Planning,
    pub(super) levels: &'a DecisionLevels,
    pub(super) design: Design,
    pub(super) weeks: usize,
    /// Which of the outcomes.
    pub(super) outcomes: &'a [usize],
}

/// What came of all simulations for one outcome.
pub(super) struct Simulated {
    /// An effect larger than this on the scale, in the direction looked for, is found; infinite where none is. In ascending order.
    pub(super) thresholds: Vec<f64>,
    pub(super) analysed: usize,
    pub(super) false_positives: usize,
    /// The mean of units' figures in the unit of the metric.
    pub(super) mean: Option<f64>,
    /// Why the first that was refused was.
    pub(super) refusal: Option<String>,
}

/// What one simulation says of one outcome.
struct One {
    threshold: f64,
    is_found: bool,
    mean: Option<f64>,
}

/// Simulations between two reports of progress.
const BATCH: usize = 100;
/// At which the rate of false positives is told.
const ALPHA: f64 = 0.05;

impl Scene<'_> {
    /// All simulations, an answer for each outcome.
    pub(super) fn run(self, progress: &mut dyn FnMut(usize)) -> Vec<Simulated> {
        let simulations = self.planning.simulations;
        let mut all: Vec<Vec<Result<One>>> = Vec::with_capacity(simulations);
        while all.len() < simulations {
            progress(all.len());
            let done = all.len();
            all.extend(in_parallel(BATCH.min(simulations - done), |index| self.simulate(done + index)));
        }
        progress(all.len());
        let mut by_outcome: Vec<Vec<Result<One>>> = self.outcomes.iter().map(|_| Vec::new()).collect();
        for simulation in all {
            by_outcome.iter_mut().zip(simulation).for_each(|(of_outcome, one)| of_outcome.push(one));
        }
        by_outcome.into_iter().map(Simulated::of).collect()
    }

    fn simulate(self, index: usize) -> Vec<Result<One>> {
        // The same start and the same words of randomness whatever the design, so that designs are compared on the same experiments.
        let text = format!("{} {index}", self.planning.seed);
        let starts = self.planning.history_length() - self.planning.history_weeks - self.weeks + 1;
        let start = self.planning.history_weeks + Random::new(seed(&text, "start")).below(starts);
        let before = start - self.planning.history_weeks..start;
        let during = start..start + self.weeks;
        match self.draw(&text, &before) {
            Ok(drawn) => {
                let analyse = |outcome: &usize| {
                    self.analyse(
                        &drawn,
                        &self.planning.outcomes[*outcome],
                        index,
                        before.clone(),
                        during.clone(),
                        &text,
                    )
                };
                self.outcomes.iter().map(analyse).collect()
            }
            Err(error) => self.outcomes.iter().map(|_| Err(error.clone())).collect(),
        }
    }

    fn draw(self, text: &str, before: &Range<usize>) -> Result<Drawn> {
        let columns: Vec<Vec<f64>> = self.planning.covariates.iter().map(|it| self.column(it, before)).collect();
        let names: Vec<String> = (0..columns.len()).map(|column| format!("covariate {column}")).collect();
        let candidate = |(place, unit): (usize, &super::PlannedUnit)| Candidate {
            id: unit.id.clone(),
            block: unit.block.clone(),
            history: columns.iter().map(|column| column[place]).collect(),
        };
        let candidates: Vec<Candidate> = self.planning.units.iter().enumerate().map(candidate).collect();
        let units = form_units(self.design, &names, &candidates)?;
        let place_of = |id: &str| candidates.iter().position(|it| it.id == id).unwrap_or(0);
        let places: Vec<usize> = units.iter().map(|unit| place_of(&unit.id)).collect();
        let sorted: Vec<Vec<f64>> =
            columns.iter().map(|column| places.iter().map(|place| column[*place]).collect()).collect();
        let randomization = Randomization::new(self.design, units, self.planning.variants.to_vec(), &sorted)?;
        let arms = randomization.assign(seed(text, "lottery"))?;
        Ok(Drawn { randomization, arms, places })
    }

    /// A covariate of each unit; where it is unknown, the mean of the others.
    fn column(self, covariate: &Covariate, before: &Range<usize>) -> Vec<f64> {
        match covariate {
            Covariate::Fixed { values, .. } => values.clone(),
            Covariate::Outcome(place) => {
                let history = &self.planning.outcomes[*place];
                let figures: Vec<Option<f64>> =
                    (0..self.planning.units.len()).map(|unit| history.figure(unit, before.clone())).collect();
                let known: Vec<f64> = figures.iter().flatten().copied().collect();
                let mean = if known.is_empty() { 0.0 } else { known.iter().sum::<f64>() / known.len() as f64 };
                figures.into_iter().map(|figure| figure.unwrap_or(mean)).collect()
            }
        }
    }

    fn analyse(
        self,
        drawn: &Drawn,
        history: &History,
        index: usize,
        before: Range<usize>,
        during: Range<usize>,
        text: &str,
    ) -> Result<One> {
        let figures = |weeks: Range<usize>| -> Vec<Option<f64>> {
            drawn.places.iter().map(|unit| history.figure(*unit, weeks.clone())).collect()
        };
        let outcome = Outcome {
            name: history.metric.clone(),
            scale: history.scale,
            better: history.better,
            during: figures(during),
            before: figures(before),
            further: Vec::new(),
            rows: vec![0; drawn.places.len()],
            values: Vec::new(),
            periods: Vec::new(),
        };
        let sample = Sample {
            randomization: &drawn.randomization,
            arms: &drawn.arms,
            outcome: &outcome,
            seed: seed(text, "draws"),
            draws: self.planning.draws,
        };
        let finding = primary(sample, level_of(history.role, self.levels)?)?;
        let known: Vec<f64> = outcome.during.iter().flatten().copied().collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        Ok(One {
            threshold: threshold(&finding, history, index),
            is_found: finding.p <= ALPHA + 1e-12,
            mean: mean.is_finite().then(|| history.scale.shown(mean)),
        })
    }
}

/// A lottery that was drawn, and which unit is at each of its places.
struct Drawn {
    randomization: Randomization,
    arms: Vec<usize>,
    places: Vec<usize>,
}

/// With an effect larger than this in the direction looked for the interval would leave no effect out; of a guardrail the whole
/// interval lies within a margin larger than this.
fn threshold(finding: &Finding, history: &History, index: usize) -> f64 {
    let Some(interval) = finding.interval else { return f64::INFINITY };
    let is_above = history.direction(index) > 0.0;
    match (history.role, history.better) {
        (Role::Guardrail, crate::trial::Better::Neither) => interval.high.max(-interval.low),
        (Role::Guardrail, _) => {
            if is_above {
                interval.high
            } else {
                -interval.low
            }
        }
        _ => {
            if is_above {
                -interval.low
            } else {
                interval.high
            }
        }
    }
}

impl Simulated {
    fn of(all: Vec<Result<One>>) -> Simulated {
        let mut simulated =
            Simulated { thresholds: Vec::new(), analysed: 0, false_positives: 0, mean: None, refusal: None };
        let (mut sum, mut means) = (0.0, 0_u32);
        for one in all {
            match one {
                Ok(one) => {
                    simulated.analysed += 1;
                    simulated.false_positives += usize::from(one.is_found);
                    simulated.thresholds.push(one.threshold);
                    sum += one.mean.unwrap_or(0.0);
                    means += u32::from(one.mean.is_some());
                }
                Err(error) => {
                    simulated.thresholds.push(f64::INFINITY);
                    simulated.refusal.get_or_insert_with(|| error.to_string());
                }
            }
        }
        simulated.thresholds.sort_by(f64::total_cmp);
        simulated.mean = (means > 0).then(|| sum / f64::from(means));
        simulated
    }
}
