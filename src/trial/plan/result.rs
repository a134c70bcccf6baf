//! What a plan says.

use super::history::History;
use super::level_of;
use super::simulation::Simulated;
use crate::stats::DecisionLevels;
use crate::trial::{Better, Design, Role};
use serde::{Deserialize, Serialize};

/// Whether an experiment is worth starting.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Plan {
    pub units: usize,
    pub design: Design,
    pub weeks: usize,
    pub history_weeks: usize,
    pub simulations: usize,
    pub seed: String,
    /// Of the decision.
    pub alpha: f64,
    pub power: f64,
    /// The power that each outcome needs for that: several must come out.
    pub planned_power: f64,
    pub outcomes: Vec<PlannedOutcome>,
    /// Which of them decides on duration and design: the first goal.
    pub deciding: usize,
    /// From short to long.
    pub durations: Vec<PlannedDuration>,
    /// The shortest of them in which a change worth acting on is found with the planned power.
    pub weeks_needed: Option<usize>,
    /// The declared design first.
    pub designs: Vec<PlannedDesign>,
    pub recommended: Design,
    /// The plan in sentences.
    pub words: Vec<String>,
}

/// What the declared design can tell of one outcome. Effects are relative: −0.1 is 10 % less.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct PlannedOutcome {
    pub metric: String,
    pub role: Role,
    pub better: Better,
    pub margin: f64,
    /// Of its interval, such as 0.95.
    pub level: f64,
    /// How often p ≤ 0.05 where nothing was done.
    pub false_positive_rate: Option<f64>,
    /// The smallest effect that is found with the planned power; of a guardrail, the smallest margin that is shown to hold.
    pub smallest_detectable: Option<f64>,
    /// The chance to find a change worth acting on, or to show that a guardrail holds; `None` without a margin.
    pub power_at_margin: Option<f64>,
    pub curve: Vec<CurvePoint>,
    /// The part of simulations without an answer, and why.
    pub refused: f64,
    pub refusal: Option<String>,
}

/// The chance to find an effect of this size.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct CurvePoint {
    pub effect: f64,
    pub power: f64,
}

/// The same experiment, shorter or longer.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct PlannedDuration {
    pub weeks: usize,
    pub smallest_detectable: Option<f64>,
    pub power_at_margin: Option<f64>,
}

/// The same experiment with another design.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct PlannedDesign {
    pub design: Design,
    pub smallest_detectable: Option<f64>,
    /// The part of simulations without an answer.
    pub refused: f64,
}

impl PlannedDuration {
    pub(super) fn of(weeks: usize, outcome: &PlannedOutcome) -> PlannedDuration {
        let PlannedOutcome { smallest_detectable, power_at_margin, .. } = *outcome;
        PlannedDuration { weeks, smallest_detectable, power_at_margin }
    }
}

impl PlannedDesign {
    pub(super) fn of(design: Design, outcome: &PlannedOutcome) -> PlannedDesign {
        PlannedDesign { design, smallest_detectable: outcome.smallest_detectable, refused: outcome.refused }
    }
}

/// Points of a curve beyond no effect, and how many of them reach up to the smallest detectable effect.
const POINTS: usize = 20;
const POINTS_TO_SMALLEST: f64 = 10.0;
const ROUNDING: f64 = 1e-12;
/// On the scale, where no effect is found often enough.
const WIDE: f64 = 0.7;

impl Simulated {
    pub(super) fn outcome(&self, history: &History, levels: &DecisionLevels) -> PlannedOutcome {
        let sign = history.direction(0);
        let relative = |size: f64| history.scale.relative(sign * size, self.mean);
        let smallest = self.reached(levels.power);
        let step = smallest.filter(|it| *it > 0.0).unwrap_or(WIDE) / POINTS_TO_SMALLEST;
        let point = |index: usize| {
            let size = step * index as f64;
            Some(CurvePoint { effect: relative(size)?, power: self.power(size) })
        };
        let margin = (history.margin > 0.0).then(|| history.scale.absolute(sign * history.margin, self.mean)).flatten();
        PlannedOutcome {
            metric: history.metric.clone(),
            role: history.role,
            better: history.better,
            margin: history.margin,
            level: level_of(history.role, levels).map_or(1.0 - 2.0 * levels.guardrail_alpha, |it| it.fraction()),
            false_positive_rate: (self.analysed > 0).then(|| self.false_positives as f64 / self.analysed as f64),
            smallest_detectable: smallest.and_then(relative),
            power_at_margin: margin.map(|it| self.power(it.abs())),
            curve: (0..=POINTS).filter_map(point).collect(),
            refused: 1.0 - self.analysed as f64 / self.thresholds.len() as f64,
            refusal: self.refusal.clone(),
        }
    }

    /// The chance to find an effect of this size on the scale.
    fn power(&self, size: f64) -> f64 {
        // The end of an interval that is moved by exactly its distance counts as moved past, up to rounding.
        self.thresholds.partition_point(|it| *it <= size + ROUNDING * size.abs()) as f64 / self.thresholds.len() as f64
    }

    /// The smallest size that is found with this chance.
    fn reached(&self, power: f64) -> Option<f64> {
        let needed = (power * self.thresholds.len() as f64).ceil() as usize;
        self.thresholds.get(needed.saturating_sub(1)).copied().filter(|it| it.is_finite())
    }
}
