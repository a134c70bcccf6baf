//! How far a number can be trusted to be caused by the treatment.

use serde::{Deserialize, Serialize};

/// The grade of evidence, the strongest first. It follows from how the treatment came to the units, never from the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    Randomised,
    /// Stepped wedge, crossover or switchback: drawn by lot, compared over time.
    RandomisedOverTime,
    StaggeredDifferenceInDifferences,
    Synthetic,
    BeforeAfter,
}

impl Grade {
    /// The name of the design, which stands wherever such a number is called an effect.
    pub fn words(self) -> &'static str {
        match self {
            Grade::Randomised => "randomised",
            Grade::RandomisedOverTime => "randomised over time",
            Grade::StaggeredDifferenceInDifferences => "observational: staggered difference-in-differences",
            Grade::Synthetic => "observational: synthetic control",
            Grade::BeforeAfter => "observational: before and after",
        }
    }

    pub fn is_randomised(self) -> bool {
        matches!(self, Grade::Randomised | Grade::RandomisedOverTime)
    }
}
