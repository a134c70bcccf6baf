//! The numbers of an experiment: how its units are drawn, what came of it, and what follows from that.
//!
//! One rule: units in, verdicts out; nothing here knows a table, a file or a clock, so that an experiment of ours and one that was
//! run elsewhere are judged by the same lines. The unit that was drawn is the unit of analysis.

mod decision;
mod design;
mod finding;
mod grade;
mod outcome;
mod primary;
mod report;
mod scale;
mod words;

use crate::stats::StatsError;

pub use decision::{Better, Decision, Judged, Role, Verdict, Word, decide, judge};
pub use design::{Candidate, Design, Randomization, form_units, seed};
pub use finding::{Finding, Method};
pub use grade::Grade;
pub use outcome::Outcome;
pub use primary::{Analysed, MINIMUM_UNITS, Sample, analyse};
pub use report::{
    About, Check, DesignReport, FORMAT, OutcomeReport, Provenance, Relative, Report, Status, VariantReport,
};
pub use scale::Scale;
pub use words::{counted, level_words, plural};

/// Why an experiment, or one outcome of it, has no numbers.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TrialError {
    #[error("{0}")]
    Stats(#[from] StatsError),
    #[error("{arm} has {units} units with {outcome}; a comparison needs at least {needed} in each arm")]
    ArmTooSmall { arm: String, outcome: String, units: usize, needed: usize },
    #[error("every unit has the same {outcome}; there is nothing to compare")]
    NoVariation { outcome: String },
    #[error(
        "{units} units with {outcome} are described and not tested; a test needs {needed}, since its smallest possible p is {smallest:.3}"
    )]
    TooFewUnits { outcome: String, units: usize, needed: usize, smallest: f64 },
    #[error(
        "the lottery has {assignments} possible assignments, so that no p below {smallest:.3} exists and a level of {level} cannot be reached"
    )]
    TooCoarse { assignments: u128, smallest: f64, level: f64 },
    #[error("{design} needs {needed}, which has {actual}")]
    Design { design: &'static str, needed: String, actual: String },
}

/// The result of a step of a trial.
pub type Result<T, E = TrialError> = std::result::Result<T, E>;
