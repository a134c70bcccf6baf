//! What the likelihood needs of the rows. The one rule: rows are read once; what is kept grows with the subgroups, not
//! with the rows.

use crate::stats::StatsError;
use crate::stats::error::check_length;
use crate::stats::grouped::{GroupedRows, numbered};
use crate::stats::symmetric::add_outer;
use nalgebra::{DMatrix, DVector};

/// Cross-products of the columns of the design followed by the outcome, all but the intercept less their means, so that
/// large means cost no digits.
#[derive(Debug, Clone)]
pub(super) struct Products {
    pub rows: usize,
    /// What was taken off each column; 0 off the intercept.
    pub means: Vec<f64>,
    /// The number of coefficients.
    pub coefficients: usize,
    /// Cross-products of deviations from the means of subgroups.
    pub within: DMatrix<f64>,
    pub groups: Vec<Vec<Subgroup>>,
}

#[derive(Debug, Clone)]
pub(super) struct Subgroup {
    pub size: f64,
    pub mean: DVector<f64>,
}

impl Products {
    /// Without subgroups each group is its own.
    pub(super) fn of(rows: GroupedRows, subgroups: Option<&[usize]>) -> Result<Products, StatsError> {
        let n = rows.outcome.len();
        let k = rows.coefficients();
        let (groups, group_count) = numbered(rows.groups.iter());
        let (subgroup_of_row, group_of_subgroup) = match subgroups {
            Some(subgroups) => {
                check_length("subgroups", n, subgroups.len())?;
                let (numbers, count) = numbered(rows.groups.iter().zip(subgroups));
                let mut owners = vec![0; count];
                for (subgroup, group) in numbers.iter().zip(&groups) {
                    owners[*subgroup] = *group;
                }
                (numbers, owners)
            }
            None => (groups, (0..group_count).collect()),
        };
        let empty = Subgroup { size: 0.0, mean: DVector::zeros(k + 1) };
        let mut found = vec![empty; group_of_subgroup.len()];
        let mut means = vec![0.0];
        means.extend(rows.columns.iter().map(|column| mean(column)));
        means.push(mean(rows.outcome));
        let mut within = DMatrix::zeros(k + 1, k + 1);
        let mut deviation = vec![0.0; k + 1];
        for (row, subgroup) in subgroup_of_row.iter().enumerate() {
            let Subgroup { size, mean } = &mut found[*subgroup];
            rows.read_design(row, &mut deviation[..k]);
            deviation[k] = rows.outcome[row];
            *size += 1.0;
            for ((value, overall), own) in deviation.iter_mut().zip(&means).zip(mean.iter()) {
                *value = *value - overall - own;
            }
            // Welford's update, which does not lose digits to large means.
            add_outer(&mut within, (*size - 1.0) / *size, &deviation);
            mean.iter_mut().zip(&deviation).for_each(|(mean, deviation)| *mean += deviation / *size);
        }
        if group_of_subgroup.len() == n || group_count == 1 {
            return Err(StatsError::Indistinct { what: "groups", from: "rows" });
        }
        if subgroups.is_some() && group_of_subgroup.len() == group_count {
            return Err(StatsError::Indistinct { what: "subgroups", from: "groups" });
        }
        let mut groups = vec![Vec::new(); group_count];
        for (subgroup, group) in found.into_iter().zip(group_of_subgroup) {
            groups[group].push(subgroup);
        }
        Ok(Products { rows: n, means, coefficients: k, within, groups })
    }

    /// Cross-products of the rows themselves.
    pub(super) fn total(&self) -> DMatrix<f64> {
        let mut total = self.within.clone();
        for subgroup in self.groups.iter().flatten() {
            add_outer(&mut total, subgroup.size, subgroup.mean.as_slice());
        }
        total
    }

    /// The number of subgroups.
    pub(super) fn subgroups(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
