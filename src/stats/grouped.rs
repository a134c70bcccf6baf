//! Rows in groups that are randomised or vary together. The one rule: every row belongs to one group, and groups are
//! independent of each other.

use super::StatsError;
use super::error::{check_finite, check_length};
use std::collections::BTreeMap;

/// Rates that differ by more than this on the log scale are told apart by an arm that has none.
const FARTHEST_LOG_RATE: f64 = 30.0;

/// One entry per row in every column, all in the same order.
#[derive(Debug, Clone, Copy)]
pub struct GroupedRows<'a> {
    pub outcome: &'a [f64],
    /// Columns beside the intercept, which every model here has.
    pub columns: &'a [Vec<f64>],
    /// Any number that names the group of each row.
    pub groups: &'a [usize],
}

impl GroupedRows<'_> {
    pub(super) fn check(&self) -> Result<(), StatsError> {
        let n = self.outcome.len();
        check_length("groups", n, self.groups.len())?;
        check_finite("outcome", self.outcome)?;
        for column in self.columns {
            check_length("column", n, column.len())?;
            check_finite("column", column)?;
        }
        let coefficients = self.coefficients();
        if n <= coefficients { Err(StatsError::TooFewRows { rows: n, columns: coefficients }) } else { Ok(()) }
    }

    /// The number of coefficients, with the intercept.
    pub(super) fn coefficients(&self) -> usize {
        self.columns.len() + 1
    }

    /// Refuses coefficients of a log link under which some row is expected to count next to nothing: a search that has
    /// come this far follows an arm without any events and has no end.
    pub(super) fn check_log_rates(&self, coefficients: &[f64], typical: f64) -> Result<(), StatsError> {
        let mut design = vec![0.0; self.coefficients()];
        for row in 0..self.outcome.len() {
            self.read_design(row, &mut design);
            let rate: f64 = design.iter().zip(coefficients).map(|(value, slope)| value * slope).sum();
            if rate < typical - FARTHEST_LOG_RATE {
                return Err(StatsError::NoEvents { row });
            }
        }
        Ok(())
    }

    /// Writes 1 and the columns of a row into `design`.
    pub(super) fn read_design(&self, row: usize, design: &mut [f64]) {
        design[0] = 1.0;
        for (value, column) in design[1..].iter_mut().zip(self.columns) {
            *value = column[row];
        }
    }
}

/// Numbers from zero for the labels, ascending, and how many there are.
pub(super) fn numbered<T: Ord + Copy>(labels: impl Iterator<Item = T> + Clone) -> (Vec<usize>, usize) {
    let mut numbers = BTreeMap::new();
    for label in labels.clone() {
        numbers.entry(label).or_insert(0);
    }
    for (number, slot) in numbers.values_mut().enumerate() {
        *slot = number;
    }
    (labels.map(|label| numbers[&label]).collect(), numbers.len())
}

/// The name of a coefficient.
pub(super) fn coefficient_name(column: usize) -> String {
    column.checked_sub(1).map_or("intercept".to_owned(), |column| format!("column {column}"))
}
