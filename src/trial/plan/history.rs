//! What units did, week by week.

use crate::trial::{Better, Role, Scale};
use std::ops::Range;

/// An outcome and its history.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    pub metric: String,
    pub scale: Scale,
    pub better: Better,
    pub role: Role,
    /// The relative change worth acting on (goal) or tolerated (guardrail); 0 for none declared.
    pub margin: f64,
    /// The weeks of each unit, the oldest first; all end in the same week. `None` is unknown, never zero.
    pub weeks: Vec<Vec<Option<Cell>>>,
}

/// What one unit did in one week: sums, so that weeks add up to windows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Of logs ([`Scale::LogMean`]), of events ([`Scale::LogRate`]), of values or of numerators ([`Scale::Linear`]).
    pub sum: f64,
    /// The number of rows, the time at risk, or the sum of denominators.
    pub weight: f64,
}

impl History {
    /// The figure of a unit over some weeks, on the scale; `None` without a known week, or for the log of a rate without events.
    pub(super) fn figure(&self, unit: usize, weeks: Range<usize>) -> Option<f64> {
        let (mut sum, mut weight) = (0.0, 0.0);
        for cell in self.weeks[unit][weeks].iter().flatten() {
            sum += cell.sum;
            weight += cell.weight;
        }
        let figure = match self.scale {
            Scale::LogMean | Scale::Linear => sum / weight,
            Scale::LogRate => (sum / weight).ln(),
        };
        (weight > 0.0 && figure.is_finite()).then_some(figure)
    }

    /// Whether what is looked for is above (1) or below (−1) no effect; of a guardrail, what must not be missed.
    pub(super) fn direction(&self, simulation: usize) -> f64 {
        match (self.better, self.role) {
            (Better::Higher, Role::Goal | Role::Secondary) | (Better::Lower, Role::Guardrail) => 1.0,
            (Better::Lower, Role::Goal | Role::Secondary) | (Better::Higher, Role::Guardrail) => -1.0,
            // Either change is looked for: half of the simulations for each.
            (Better::Neither, _) => {
                if simulation.is_multiple_of(2) {
                    1.0
                } else {
                    -1.0
                }
            }
        }
    }
}
