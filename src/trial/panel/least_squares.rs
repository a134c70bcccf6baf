//! The same coefficient with an error that is estimated and not redrawn, to stand beside the test.

use super::Complete;
use crate::stats::{ClusterCovariance, ClusterDegrees, ClusterRegression, ClusterRows, Level, Sequences};
use crate::trial::{Finding, Method};

/// Least squares on cells with effects of periods and units, CR2 by unit (Bell & McCaffrey 2002); `None` where it has no answer.
pub(super) fn finding(sequences: &Sequences, arms: &[usize], complete: &Complete, level: Level) -> Option<Finding> {
    let periods = sequences.periods();
    let (mut outcome, mut treated, mut units) = (Vec::new(), Vec::new(), Vec::new());
    let mut covariates = vec![Vec::new(); periods - 1];
    for (place, (unit, figures)) in complete.units.iter().zip(&complete.figures).enumerate() {
        for (period, figure) in figures.iter().enumerate() {
            outcome.push(*figure);
            treated.push(sequences.schedules()[arms[*unit]][period]);
            units.push(place);
            for (column, values) in covariates.iter_mut().enumerate() {
                values.push(f64::from(u8::from(column + 1 == period)));
            }
        }
    }
    let rows = ClusterRows {
        outcome: &outcome,
        treated: &treated,
        clusters: &units,
        weights: &[],
        covariates: &covariates,
        strata: &units,
    };
    let regression = ClusterRegression::ancova(rows).ok()?;
    let effect =
        regression.robust(ClusterCovariance::Cr2).ok()?.treatment(ClusterDegrees::Satterthwaite, level).ok()?;
    Some(Finding::of_effect(Method::RowsCr2, &effect))
}
