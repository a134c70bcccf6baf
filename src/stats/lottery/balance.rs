//! Distances between units and between arms that do not depend on the units of measure.

use crate::stats::StatsError;
use crate::stats::error::{check_finite, check_length};
use crate::stats::linear::least_squares::{Column, LeastSquares};

/// Pre-period covariates turned into uncorrelated columns of variance 1, so that a plain distance is that of Mahalanobis
/// (1936).
#[derive(Debug, Clone, PartialEq)]
pub struct Balance {
    columns: Vec<Vec<f64>>,
    units: usize,
}

impl Balance {
    /// One entry per unit in every covariate; at least one covariate, and more units than covariates and one.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] without covariates, [`StatsError::Length`], [`StatsError::NotFinite`],
    /// [`StatsError::TooFewRows`], [`StatsError::Collinear`] where a covariate is constant or a combination of others.
    pub fn new(covariates: &[Vec<f64>]) -> Result<Balance, StatsError> {
        let Some(first) = covariates.first() else {
            return Err(StatsError::TooFew { what: "covariates", needed: 1, actual: 0 });
        };
        let units = first.len();
        let mut columns = vec![Column::intercept(units)];
        for (index, covariate) in covariates.iter().enumerate() {
            check_length("covariate", units, covariate.len())?;
            check_finite("covariate", covariate)?;
            columns.push(Column::new(format!("covariate {index}"), covariate.clone()));
        }
        let model = LeastSquares::new(columns)?;
        let scale = as_f64(units - 1).sqrt();
        let scaled = |column: &Vec<f64>| column.iter().map(|value| value * scale).collect();
        Ok(Balance { columns: model.basis()[1..].iter().map(scaled).collect(), units })
    }

    #[must_use]
    pub fn units(&self) -> usize {
        self.units
    }

    #[must_use]
    pub fn covariates(&self) -> usize {
        self.columns.len()
    }

    /// The squared Mahalanobis distance between the means of the units of arm 1 and of the others, with S the covariance
    /// over all units: (x̄₁ − x̄₀)' (S (1/n₁ + 1/n₀))⁻¹ (x̄₁ − x̄₀) (Morgan & Rubin 2012). `None` for an arm
    /// without units or the wrong number of entries.
    #[must_use]
    pub fn distance(&self, arms: &[usize]) -> Option<f64> {
        let treated = arms.iter().filter(|arm| **arm == 1).count();
        if treated == 0 || treated == arms.len() || arms.len() != self.units {
            return None;
        }
        let (treated, control) = (as_f64(treated), as_f64(arms.len() - treated));
        let mut sum = 0.0;
        for column in &self.columns {
            // The column has mean zero, so the sum over the treated tells both means.
            // Without a branch, since arms are random.
            let of_treated: f64 =
                column.iter().zip(arms).map(|(value, arm)| if *arm == 1 { *value } else { 0.0 }).sum();
            sum += (of_treated / treated + of_treated / control).powi(2);
        }
        Some(sum / (1.0 / treated + 1.0 / control))
    }

    /// The Mahalanobis distance between two units.
    pub(super) fn between(&self, left: usize, right: usize) -> f64 {
        self.columns.iter().map(|column| (column[left] - column[right]).powi(2)).sum::<f64>().sqrt()
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of units is far below 2^53")]
fn as_f64(count: usize) -> f64 {
    count as f64
}
