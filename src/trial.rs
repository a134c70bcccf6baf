//! The numbers of an experiment: how its units are drawn, what came of it, and what follows from that.
//!
//! One rule: units in, verdicts out; nothing here knows a table, a file or a clock, so that an experiment of ours and one that was
//! run elsewhere are judged by the same lines. The unit that was drawn is the unit of analysis.

mod agreement;
mod aside;
pub mod calibration;
mod caveats;
mod compared;
mod compliers;
mod decision;
mod design;
mod finding;
mod grade;
pub mod health;
mod monitoring;
mod outcome;
mod over_time;
mod panel;
mod parallel;
pub mod plan;
#[cfg(test)]
mod planted;
mod primary;
mod quantiles;
mod question;
mod redrawn;
mod report;
mod rollout;
mod scale;
mod segments;
mod sensitivity;
mod slope;
mod words;
pub mod world;

use crate::stats::StatsError;

pub use decision::{Better, Decision, Judged, Role, Verdict, Word, decide, judge};
pub use design::{Candidate, Design, Randomization, form_units, seed};
pub use finding::{Finding, Method};
pub use grade::Grade;
pub use monitoring::{FIXED_PANEL_UNITS, LookQuestion, Monitored, Monitoring, Seen, Shape, Stop};
pub use outcome::Outcome;
pub use panel::{DesignAnalysed, analyse_panel, panel_means, switchback_units};
pub use primary::{Analysed, MINIMUM_UNITS, Sample, analyse, primary};
pub use question::{Dimension, Question, report_outcome};
pub use report::{
    About, Check, DesignReport, FORMAT, OutcomeReport, Provenance, Relative, Report, Status, VariantReport, counted,
    level_words, plural,
};
pub use rollout::{PreTrend, Rollout, RolloutAnswer, STAGGERED_UNITS, analyse_rollout};
pub use scale::Scale;
pub use sensitivity::BOUNDS_OF_MISSING;

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
    #[error(
        "{unknown} of {cells} cells of {outcome} are unknown, which leaves {units} units and {periods} periods complete; a comparison \
         over time needs two periods of them"
    )]
    UnknownCells { outcome: String, unknown: usize, cells: usize, units: usize, periods: usize },
    #[error("{looks} looks were declared, expected 2 to {most}; 3 to 5 cost least")]
    Looks { looks: usize, most: usize },
    #[error("the look of {date} is at {elapsed} of the declared length, expected above 0 and at most 1")]
    Elapsed { date: String, elapsed: f64 },
    #[error(
        "always-valid looks are for units that keep coming; over a fixed panel of {units} units (fewer than {needed}) they do not hold, \
         and of more they waste power: declare 3 to 5 looks instead, whose t is mapped to z (twelve weekly looks at 10 teams rejected \
         in 11.7 % of A/A experiments with t used as z, in 5.5 % mapped)"
    )]
    FixedPanel { units: u64, needed: u64 },
    #[error("{what}; a plan needs {needed}")]
    Plan { what: String, needed: String },
    #[error("{design} needs {needed}, which has {actual}")]
    Design { design: &'static str, needed: String, actual: String },
}

/// The result of a step of a trial.
pub type Result<T, E = TrialError> = std::result::Result<T, E>;
