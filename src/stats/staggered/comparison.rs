//! One group against its controls over two periods. The one rule: the parts of the influence function that come from
//! estimated regressions and odds are counted.

use super::Adjustment;
use super::logit::Logit;
use crate::stats::StatsError;
use crate::stats::symmetric::{add_outer, inverse};
use nalgebra::{DMatrix, DVector};

/// One row a unit.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// Outcome in the period less that in the base period.
    pub change: Vec<f64>,
    pub treated: Vec<bool>,
    /// 1, then the covariates.
    pub design: Vec<Vec<f64>>,
}

/// An estimate and the influence of each row on it (mean zero).
#[derive(Debug)]
pub(super) struct Influenced {
    pub value: f64,
    pub influence: Vec<f64>,
}

/// The regression of the controls: fitted change of each row and the influence of each row on the coefficients.
struct Regression {
    fitted: Vec<f64>,
    influence: Vec<DVector<f64>>,
}

impl Comparison {
    /// The effect on the treated, with influences as in Sant'Anna & Zhao (2020), section 3.1 and appendix A.
    pub(super) fn estimate(&self, adjustment: Adjustment) -> Result<Influenced, StatsError> {
        match adjustment {
            Adjustment::Regression => self.by_regression(),
            Adjustment::Weighting => self.by_odds(None),
            Adjustment::DoublyRobust => self.by_odds(Some(self.regression()?)),
        }
    }

    /// Mean over the treated of their change less the change that the controls' regression foretells.
    fn by_regression(&self) -> Result<Influenced, StatsError> {
        let regression = self.regression()?;
        let treated = self.rows_as_weights();
        let share = self.mean(&treated);
        let rest: Vec<f64> =
            self.change.iter().zip(&regression.fitted).map(|(change, fitted)| change - fitted).collect();
        let value = self.weighted_mean(&treated, &rest);
        let slope = self.weighted_row(|row| treated[row]);
        let influence = (0..self.change.len())
            .map(|row| (treated[row] * (rest[row] - value) - regression.influence[row].dot(&slope)) / share)
            .collect();
        Ok(Influenced { value, influence })
    }

    /// Mean over the treated less the mean of the controls weighted by odds, of the change or, with a regression, of what
    /// it leaves.
    fn by_odds(&self, regression: Option<Regression>) -> Result<Influenced, StatsError> {
        let logit = Logit::fit(&self.design, &self.treated)?;
        let n = self.change.len();
        let treated = self.rows_as_weights();
        let odds: Vec<f64> =
            (0..n).map(|row| if self.treated[row] { 0.0 } else { logit.odds(&self.design[row]) }).collect();
        let rest: Vec<f64> = match &regression {
            Some(regression) => self.change.iter().zip(&regression.fitted).map(|(change, fit)| change - fit).collect(),
            None => self.change.clone(),
        };
        let (treated_share, odds_share) = (self.mean(&treated), self.mean(&odds));
        let (treated_mean, control_mean) = (self.weighted_mean(&treated, &rest), self.weighted_mean(&odds, &rest));
        let by_score = self.weighted_row(|row| odds[row] * (rest[row] - control_mean));
        let by_slope = self.weighted_row(|row| treated[row] / treated_share - odds[row] / odds_share);
        let influence = (0..n).map(|row| {
            let of_treated = treated[row] * (rest[row] - treated_mean) / treated_share;
            let score = logit.influence(&self.design[row], self.treated[row], n);
            let of_controls = (odds[row] * (rest[row] - control_mean) + score.dot(&by_score)) / odds_share;
            let of_slope = regression.as_ref().map_or(0.0, |regression| regression.influence[row].dot(&by_slope));
            of_treated - of_controls - of_slope
        });
        Ok(Influenced { value: treated_mean - control_mean, influence: influence.collect() })
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    fn regression(&self) -> Result<Regression, StatsError> {
        let columns = self.design[0].len();
        let controls: Vec<usize> = (0..self.change.len()).filter(|row| !self.treated[*row]).collect();
        if controls.len() < columns {
            return Err(StatsError::TooFewRows { rows: controls.len(), columns });
        }
        let mut products = DMatrix::zeros(columns, columns);
        let mut response = DVector::zeros(columns);
        for row in &controls {
            add_outer(&mut products, 1.0, &self.design[*row]);
            response += self.change[*row] * DVector::from_column_slice(&self.design[*row]);
        }
        let inverse = inverse(&products, column_name)?;
        let slope = &inverse * response;
        let n = self.change.len() as f64;
        let design = self.design.iter().map(|row| DVector::from_column_slice(row));
        let fitted: Vec<f64> = design.clone().map(|row| row.dot(&slope)).collect();
        let influence = design.enumerate().map(|(row, values)| {
            let rest = if self.treated[row] { 0.0 } else { self.change[row] - fitted[row] };
            &inverse * values * (n * rest)
        });
        Ok(Regression { influence: influence.collect(), fitted })
    }

    fn rows_as_weights(&self) -> Vec<f64> {
        self.treated.iter().map(|treated| f64::from(u8::from(*treated))).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    fn mean(&self, values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / self.change.len() as f64
    }

    fn weighted_mean(&self, weights: &[f64], values: &[f64]) -> f64 {
        let products: Vec<f64> = weights.iter().zip(values).map(|(weight, value)| weight * value).collect();
        self.mean(&products) / self.mean(weights)
    }

    /// The mean of weight × row of the design.
    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    fn weighted_row(&self, weight: impl Fn(usize) -> f64) -> DVector<f64> {
        let mut sum = DVector::zeros(self.design[0].len());
        for (row, values) in self.design.iter().enumerate() {
            sum += weight(row) * DVector::from_column_slice(values);
        }
        sum / self.design.len() as f64
    }
}

/// The name of a column of the design.
pub(super) fn column_name(column: usize) -> String {
    column.checked_sub(1).map_or("intercept".to_owned(), |covariate| format!("covariate {covariate}"))
}
