//! An experiment that was run elsewhere, from its table of outcomes to the same report as one of ours.
//!
//! One rule: what is not what the specification says is refused with its line, never left out silently and never guessed. The
//! unit that was drawn is the unit of analysis.

mod cells;
mod figures;
mod lottery;
mod results;
mod rows;
mod summary;
mod table;

use crate::project::{AnalysisSpec, Diagnostic, Diagnostics, Named, closest};
use crate::stats::StatsError;
use crate::trial::{Report, TrialError};

pub use table::OutcomeTable;

/// Why a table has no report.
#[derive(Debug, thiserror::Error)]
pub enum OutsideError {
    /// The specification names what the table does not have.
    #[error(transparent)]
    Spec(#[from] Diagnostics),
    #[error("{file}: {source}")]
    Unreadable { file: String, source: csv::Error },
    /// What is wrong in a line of the table; lines count from 1, the header's.
    #[error("{file}:{line}: {problem}")]
    Line { file: String, line: u64, problem: String },
    /// What is wrong with the table as a whole.
    #[error("{file}: {problem}")]
    Table { file: String, problem: String },
    #[error("{file}: {source}")]
    Trial { file: String, source: TrialError },
}

type Result<T, E = OutsideError> = std::result::Result<T, E>;

/// Analyses a table as its specification says.
///
/// A unit's rows become one figure: the mean of logarithms, the mean, or a ratio of sums. Where a cluster was drawn its figure
/// is the mean of its units' figures, each counting the same. Units are put back into the lottery that the specification
/// declares; the report has the checks that a table allows, the results and the decision.
///
/// # Errors
/// [`OutsideError::Spec`] for columns that are not there. [`OutsideError::Line`] for a treatment that is neither label, a unit in
/// both arms, in two blocks or two clusters, what is no number, and for values of zero or less under a logarithm.
/// [`OutsideError::Table`] for labels that the table does not have, an arm without or with a single unit, and outcomes that are all
/// equal.
pub fn analyse_table(spec: &AnalysisSpec, table: &OutcomeTable) -> Result<Report> {
    check_columns(spec, table)?;
    let rows = rows::read(spec, table)?;
    let drawing = lottery::rebuild(spec, table, &rows)?;
    let measured = spec
        .outcomes
        .iter()
        .map(|outcome| figures::measure(spec, outcome, table, &rows, &drawing))
        .collect::<Result<Vec<_>>>()?;
    let segments = figures::segments(spec, table, &rows, &drawing)?;
    let failed = |error: StatsError| OutsideError::Trial { file: table.file.clone(), source: error.into() };
    summary::report(spec, table, &drawing, &measured, &segments).map_err(failed)
}

/// Everything that the specification names and the table does not have, at once.
fn check_columns(spec: &AnalysisSpec, table: &OutcomeTable) -> Result<()> {
    let names: Vec<&str> = table.names().iter().map(String::as_str).collect();
    let missing = |it: &&Named| !names.contains(&it.name.as_str());
    let complain = |it: &Named| -> Diagnostic {
        let meant = closest(&it.name, &names);
        let message = match &meant {
            Some(_) => format!("{} has no column {}", table.file, it.name),
            None => format!("{} has no column {}; it has {}", table.file, it.name, names.join(", ")),
        };
        it.place.diagnostic(message, meant)
    };
    let wrong: Vec<Diagnostic> = spec.named().filter(missing).map(complain).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Diagnostics(wrong).into()) }
}
