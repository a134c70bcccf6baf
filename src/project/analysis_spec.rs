//! The specification of an experiment that was run elsewhere: what the columns of its table are and how it was drawn.
//!
//! One rule: whatever decides is declared here before the table is read; nothing is guessed from the data.

mod columns;
mod drawn;
mod outcomes;
mod written;

use super::diagnostic::{Diagnostic, Diagnostics};
use super::files::Content;
use super::reading::Reading;
use super::toml_text;
use std::path::Path;
use written::SpecFile;

pub use columns::{Columns, Named};
pub use drawn::Drawn;
pub use outcomes::{ColumnOutcome, Transformation};
pub use written::Missing;

/// How a table of outcomes is to be analysed.
#[derive(Clone, Debug)]
pub struct AnalysisSpec {
    /// The file's name without its extension.
    pub name: String,
    pub title: String,
    pub hypothesis: String,
    pub columns: Columns,
    pub drawn: Drawn,
    /// Two-sided error rate of the goals.
    pub alpha: f64,
    pub missing: Missing,
    /// Columns by which the effect is shown apart.
    pub segments: Vec<Named>,
    /// At which quantiles of the rows the effect is shown; between 0 and 1, ascending.
    pub quantiles: Vec<f64>,
    /// In the order of the file; one at least is a goal.
    pub outcomes: Vec<ColumnOutcome>,
    /// The specification as it was read, for its hash.
    pub text: String,
    pub file: String,
}

impl AnalysisSpec {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything wrong with it.
    pub fn read(path: &Path) -> Result<AnalysisSpec, Diagnostics> {
        let file = path.to_string_lossy().replace('\\', "/");
        let at_start = |message| Diagnostic { file: file.clone(), line: 1, column: 1, message, suggestion: None };
        let unreadable = |error: std::io::Error| Diagnostics(vec![at_start(error.to_string())]);
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        AnalysisSpec::parse(&Content { file: file.clone(), text, embedded: false })
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// Everything wrong with it.
    pub fn parse(content: &Content) -> Result<AnalysisSpec, Diagnostics> {
        let file: SpecFile =
            toml_text::parse(content, 0..content.text.len()).map_err(|error| Diagnostics(vec![error]))?;
        let mut reading = Reading::of(content);
        let columns = columns::read(&file.data, &mut reading);
        let drawn = drawn::read(&file, &mut reading);
        let outcomes = outcomes::read(&file, &mut reading);
        let segments = reading.names(&file.analysis.segments);
        let segments = segments.into_iter().map(|(name, place)| Named { name, place }).collect();
        let quantiles = reading.quantiles(&file.analysis.quantiles);
        let alpha = *file.analysis.alpha.get_ref();
        if !(alpha > 0.0 && alpha < 0.5) {
            reading.refuse(file.analysis.alpha.span(), format!("alpha is {alpha}; it must lie between 0 and 0.5"));
        }
        match (columns, drawn) {
            (Some(columns), Some(drawn)) if reading.wrong.is_empty() => Ok(AnalysisSpec {
                name: content.name(),
                title: file.title,
                hypothesis: file.hypothesis,
                columns,
                drawn,
                alpha,
                missing: file.analysis.missing,
                segments,
                quantiles,
                outcomes,
                text: content.text.clone(),
                file: content.file.clone(),
            }),
            _ => Err(Diagnostics(reading.wrong)),
        }
    }

    /// Every column that is named.
    pub fn named(&self) -> impl Iterator<Item = &Named> {
        let Columns { unit, cluster, block, treatment, weight, .. } = &self.columns;
        let of_all = [Some(unit), cluster.as_ref(), block.as_ref(), Some(treatment), weight.as_ref()];
        let covariates = match &self.drawn {
            Drawn::ByLot { covariates, .. } => covariates.as_slice(),
            Drawn::Observational => &[],
        };
        let outcomes = self.outcomes.iter().flat_map(|it| {
            let columns = [Some(&it.column), it.exposure.as_ref(), it.before.as_ref()];
            columns.into_iter().flatten().chain(&it.covariates)
        });
        of_all.into_iter().flatten().chain(covariates).chain(&self.segments).chain(outcomes)
    }
}

#[cfg(test)]
mod tests;
