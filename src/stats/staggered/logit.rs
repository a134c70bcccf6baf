//! The odds of being treated given covariates. The one rule: covariates that tell the arms apart entirely are refused,
//! because then nobody can be compared.

use super::comparison::column_name;
use crate::stats::StatsError;
use crate::stats::symmetric::{add_outer, inverse};
use nalgebra::{DMatrix, DVector};

const STEPS: usize = 50;
/// A step below this part of the coefficients is rounding.
const CONVERGED_BELOW: f64 = 1e-12;
/// Beyond this log odds the arms are told apart.
const LARGEST_LOG_ODDS: f64 = 30.0;

pub(super) struct Logit {
    slope: DVector<f64>,
    /// Inverse of the information at the maximum.
    covariance: DMatrix<f64>,
}

impl Logit {
    /// Maximum likelihood by Newton's method (McCullagh & Nelder 1989, 4.4).
    pub(super) fn fit(design: &[Vec<f64>], treated: &[bool]) -> Result<Logit, StatsError> {
        let columns = design[0].len();
        let mut slope = DVector::zeros(columns);
        for _ in 0..STEPS {
            let mut information = DMatrix::zeros(columns, columns);
            let mut score = DVector::zeros(columns);
            for (row, treated) in design.iter().zip(treated) {
                let values = DVector::from_column_slice(row);
                let log_odds = slope.dot(&values);
                if log_odds.abs() > LARGEST_LOG_ODDS {
                    return Err(StatsError::NotConverged { what: "the odds of treatment", steps: STEPS });
                }
                let probability = 1.0 / (1.0 + (-log_odds).exp());
                add_outer(&mut information, probability * (1.0 - probability), row);
                score += (f64::from(u8::from(*treated)) - probability) * values;
            }
            let covariance = inverse(&information, column_name)?;
            let step = &covariance * score;
            slope += &step;
            if step.amax() <= CONVERGED_BELOW * slope.amax().max(1.0) {
                return Ok(Logit { slope, covariance });
            }
        }
        Err(StatsError::NotConverged { what: "the odds of treatment", steps: STEPS })
    }

    pub(super) fn odds(&self, row: &[f64]) -> f64 {
        self.slope.dot(&DVector::from_column_slice(row)).exp()
    }

    /// The influence of a row on the coefficients, with `n` rows.
    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    pub(super) fn influence(&self, row: &[f64], treated: bool, n: usize) -> DVector<f64> {
        let odds = self.odds(row);
        let rest = f64::from(u8::from(treated)) - odds / (1.0 + odds);
        &self.covariance * DVector::from_column_slice(row) * (n as f64 * rest)
    }
}
