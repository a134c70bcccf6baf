//! Rows of the design matrix, made one at a time. The one rule: covariates are centred, so that cross-products keep
//! their digits.

use super::ClusterRows;
use super::products::positions;
use crate::stats::StatsError;
use crate::stats::error::{check_finite, check_length};
use crate::stats::linear::check_adjustment;
use crate::stats::two_sample::check_arms;

/// Numbers in the cross-products of all clusters: 256 MiB.
const MOST_NUMBERS: usize = 1 << 25;

pub(super) const INTERCEPT: usize = 0;
pub(super) const TREATED: usize = 1;

/// Intercept, treatment, covariates, one indicator for each stratum but the first; when interacted, the last two again
/// among the treated.
#[derive(Debug, Clone)]
pub(super) struct Design<'a> {
    pub(super) rows: ClusterRows<'a>,
    /// Numbers of the strata in ascending order.
    strata: Vec<usize>,
    /// What is taken off the covariates and the stratum indicators.
    centres: Vec<f64>,
    is_interacted: bool,
}

impl<'a> Design<'a> {
    /// Treatment and adjustment side by side. Indicators are not centred.
    pub(super) fn additive(rows: ClusterRows<'a>) -> Result<Design<'a>, StatsError> {
        let mut design = Design::new(rows, false)?;
        design.centres[rows.covariates.len()..].fill(0.0);
        Ok(design)
    }

    /// Adjustment centred at its mean and interacted with treatment (Lin 2013).
    pub(super) fn interacted(rows: ClusterRows<'a>) -> Result<Design<'a>, StatsError> {
        Design::new(rows, true)
    }

    fn new(rows: ClusterRows<'a>, is_interacted: bool) -> Result<Design<'a>, StatsError> {
        check(rows)?;
        let mut strata = rows.strata.to_vec();
        strata.sort_unstable();
        strata.dedup();
        let adjustment = rows.covariates.len() + strata.len().saturating_sub(1);
        let mut design = Design { rows, strata, centres: vec![0.0; adjustment], is_interacted };
        let columns = design.columns();
        let clusters = positions(rows.clusters).iter().flatten().count();
        if clusters.saturating_mul(design.width().saturating_mul(design.width())) > MOST_NUMBERS {
            return Err(StatsError::TooManyColumns { columns, clusters });
        }
        if rows.outcome.len() <= columns {
            return Err(StatsError::TooFewRows { rows: rows.outcome.len(), columns });
        }
        design.centres = design.means();
        check_finite("mean of covariate", &design.centres)?;
        Ok(design)
    }

    pub(super) fn columns(&self) -> usize {
        2 + self.centres.len() * if self.is_interacted { 2 } else { 1 }
    }

    /// The columns that cross-products are kept of: with weights those of the design twice, unweighted and weighted.
    pub(super) fn width(&self) -> usize {
        if self.rows.weights.is_empty() { self.columns() } else { 2 * self.columns() }
    }

    /// Writes the row of the design matrix.
    pub(super) fn fill(&self, row: usize, x: &mut [f64]) {
        let treated = if self.rows.treated[row] { 1.0 } else { 0.0 };
        let adjustment = self.centres.len();
        x[INTERCEPT] = 1.0;
        x[TREATED] = treated;
        self.fill_adjustment(row, &mut x[2..2 + adjustment]);
        if self.is_interacted {
            for column in 0..adjustment {
                x[2 + adjustment + column] = treated * x[2 + column];
            }
        }
    }

    /// Coefficient `column` of the uncentred model as a sum over coefficients of the rows made here. Lin's covariates
    /// are centred by definition; otherwise centring moves the intercept alone.
    pub(super) fn contrast(&self, column: usize) -> Vec<f64> {
        let mut contrast = vec![0.0; self.columns()];
        contrast[column] = 1.0;
        if column == INTERCEPT && !self.is_interacted {
            for (index, centre) in self.centres.iter().enumerate() {
                contrast[2 + index] = -centre;
            }
        }
        contrast
    }

    pub(super) fn name(&self, column: usize) -> String {
        let adjustment = self.centres.len();
        match column {
            INTERCEPT => "intercept".to_owned(),
            TREATED => "treated".to_owned(),
            _ if column >= 2 + adjustment => format!("treated by {}", self.name(column - adjustment)),
            _ => match (column - 2).checked_sub(self.rows.covariates.len()) {
                None => format!("covariate {}", column - 2),
                Some(stratum) => format!("stratum {}", self.strata[stratum + 1]),
            },
        }
    }

    fn fill_adjustment(&self, row: usize, adjustment: &mut [f64]) {
        let covariates = self.rows.covariates.len();
        for (index, covariate) in self.rows.covariates.iter().enumerate() {
            adjustment[index] = covariate[row] - self.centres[index];
        }
        if self.strata.is_empty() {
            return;
        }
        for (value, centre) in adjustment[covariates..].iter_mut().zip(&self.centres[covariates..]) {
            *value = -centre;
        }
        let position = self.strata.partition_point(|stratum| *stratum < self.rows.strata[row]);
        if position > 0 {
            adjustment[covariates + position - 1] += 1.0;
        }
    }

    /// Weighted means of the covariates and stratum indicators.
    fn means(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.centres.len()];
        let mut adjustment = sums.clone();
        let mut total = 0.0;
        for row in 0..self.rows.outcome.len() {
            self.fill_adjustment(row, &mut adjustment);
            let weight = self.rows.weight(row);
            total += weight;
            for (sum, value) in sums.iter_mut().zip(&adjustment) {
                *sum += weight * value;
            }
        }
        sums.iter().map(|sum| sum / total).collect()
    }
}

impl ClusterRows<'_> {
    pub(super) fn weight(&self, row: usize) -> f64 {
        if self.weights.is_empty() { 1.0 } else { self.weights[row] }
    }
}

fn check(rows: ClusterRows) -> Result<(), StatsError> {
    let n = rows.outcome.len();
    check_length("treated", n, rows.treated.len())?;
    check_length("clusters", n, rows.clusters.len())?;
    check_finite("outcome", rows.outcome)?;
    check_adjustment(n, rows.covariates, &[])?;
    if !rows.strata.is_empty() {
        check_length("strata", n, rows.strata.len())?;
    }
    if !rows.weights.is_empty() {
        check_length("weights", n, rows.weights.len())?;
        check_finite("weight", rows.weights)?;
        if let Some(index) = rows.weights.iter().position(|weight| *weight <= 0.0) {
            return Err(StatsError::NotPositive { what: "weight", index, value: rows.weights[index] });
        }
    }
    if let Some(row) = rows.clusters.iter().position(|cluster| *cluster >= n) {
        return Err(StatsError::ClusterNumber { row, cluster: rows.clusters[row], rows: n });
    }
    let with = |arm: bool| {
        let mut is_in = vec![false; n];
        for (cluster, treated) in rows.clusters.iter().zip(rows.treated) {
            is_in[*cluster] |= *treated == arm;
        }
        is_in.into_iter().filter(|is_in| *is_in).count()
    };
    check_arms(with(true), with(false))
}
