//! Dense least squares for a handful of columns. The one rule: it works on an orthonormal basis, never on X'X, which
//! would square the condition number.

use super::Covariance;
use crate::stats::StatsError;
use crate::stats::error::computed;

/// A column is superfluous when less than this part of its length is left outside the columns before it.
const COLLINEAR_BELOW: f64 = 1e-10;
/// A row is fitted exactly when less than this is left of 1 − leverage.
const FULL_LEVERAGE_BELOW: f64 = 1e-10;
/// Residuals are rounding noise below this part of the length of the outcome.
const EXACT_FIT_BELOW: f64 = 1e-13;

/// A named column of the design matrix.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::stats) struct Column {
    name: String,
    values: Vec<f64>,
}

impl Column {
    pub(in crate::stats) fn new(name: String, values: Vec<f64>) -> Column {
        Column { name, values }
    }

    pub(in crate::stats) fn intercept(n: usize) -> Column {
        Column::new("intercept".to_owned(), vec![1.0; n])
    }

    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    pub(super) fn indicator(name: String, is_set: impl Iterator<Item = bool>) -> Column {
        Column::new(name, is_set.map(|is_set| f64::from(u8::from(is_set))).collect())
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    pub(super) fn centred(self) -> Column {
        let mean = self.values.iter().sum::<f64>() / self.values.len() as f64;
        Column::new(self.name, self.values.iter().map(|value| value - mean).collect())
    }

    /// The column where `is_set`, zero elsewhere.
    pub(super) fn among(&self, is_set: &[bool]) -> Column {
        let values = self.values.iter().zip(is_set).map(|(value, is_set)| if *is_set { *value } else { 0.0 });
        Column::new(format!("treated by {}", self.name), values.collect())
    }
}

/// A design of n rows and k columns as Q R: `basis` are the k orthonormal columns of Q, `upper[j]` the column j of R.
#[derive(Debug, Clone)]
pub(in crate::stats) struct LeastSquares {
    rows: usize,
    basis: Vec<Vec<f64>>,
    upper: Vec<Vec<f64>>,
}

impl LeastSquares {
    /// Gram–Schmidt with one reorthogonalisation, which is enough for full precision (Giraud, Langou & Rozložník 2005).
    pub(in crate::stats) fn new(columns: Vec<Column>) -> Result<LeastSquares, StatsError> {
        let rows = columns.first().map_or(0, |column| column.values.len());
        if rows <= columns.len() {
            return Err(StatsError::TooFewRows { rows, columns: columns.len() });
        }
        let mut model = LeastSquares { rows, basis: Vec::new(), upper: Vec::new() };
        for (index, column) in columns.into_iter().enumerate() {
            let length = norm(&column.values);
            let (mut rest, mut loadings) = model.project_out(column.values);
            let (again, corrections) = model.project_out(rest);
            rest = again;
            loadings.iter_mut().zip(corrections).for_each(|(loading, correction)| *loading += correction);
            let left = norm(&rest);
            if left <= COLLINEAR_BELOW * computed("design column", length)? {
                return Err(StatsError::Collinear { column: index, name: column.name });
            }
            for value in &mut rest {
                *value /= left;
            }
            loadings.push(left);
            model.basis.push(rest);
            model.upper.push(loadings);
        }
        Ok(model)
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    pub(in crate::stats) fn degrees_of_freedom(&self) -> f64 {
        (self.rows - self.basis.len()) as f64
    }

    /// Orthonormal columns that span the design, the first ones what the first columns span.
    pub(in crate::stats) fn basis(&self) -> &[Vec<f64>] {
        &self.basis
    }

    /// What the columns leave of `outcome`.
    pub(in crate::stats) fn residuals(&self, outcome: &[f64]) -> Vec<f64> {
        let (once, _) = self.project_out(outcome.to_vec());
        self.project_out(once).0
    }

    /// The coefficient of one column.
    pub(super) fn coefficient(&self, column: usize, outcome: &[f64]) -> f64 {
        dot(&self.weights(column), outcome)
    }

    /// The standard error of the coefficient of one column.
    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    pub(super) fn standard_error(
        &self,
        column: usize,
        outcome: &[f64],
        covariance: Covariance,
    ) -> Result<f64, StatsError> {
        let residuals = self.residuals(outcome);
        if norm(&residuals) <= EXACT_FIT_BELOW * norm(outcome) {
            return Err(StatsError::NoVariation { what: "the outcome around its fit", n: self.rows });
        }
        let weights = self.weights(column);
        let df = self.degrees_of_freedom();
        if covariance == Covariance::Classical {
            return Ok(norm(&residuals) / df.sqrt() * norm(&weights));
        }
        let mut variance = 0.0;
        for (row, (weight, residual)) in weights.iter().zip(&residuals).enumerate() {
            let scale = match covariance {
                Covariance::Classical | Covariance::Hc0 => 1.0,
                Covariance::Hc1 => (self.rows as f64 / df).sqrt(),
                Covariance::Hc2 => 1.0 / self.unexplained(row)?.sqrt(),
                Covariance::Hc3 => 1.0 / self.unexplained(row)?,
            };
            variance += (weight * residual * scale).powi(2);
        }
        Ok(variance.sqrt())
    }

    /// Row j of (X'X)⁻¹X', with which coefficient j is the sum of weight × outcome: R⁻¹Q' by forward substitution.
    fn weights(&self, column: usize) -> Vec<f64> {
        let k = self.basis.len();
        let mut inverse_row = vec![0.0; k];
        inverse_row[column] = 1.0 / self.upper[column][column];
        for later in column + 1..k {
            let sum: f64 = (column..later).map(|earlier| inverse_row[earlier] * self.upper[later][earlier]).sum();
            inverse_row[later] = -sum / self.upper[later][later];
        }
        let mut weights = vec![0.0; self.rows];
        for (factor, direction) in inverse_row.iter().zip(&self.basis) {
            weights.iter_mut().zip(direction).for_each(|(weight, value)| *weight += factor * value);
        }
        weights
    }

    /// 1 − leverage of a row.
    fn unexplained(&self, row: usize) -> Result<f64, StatsError> {
        let leverage: f64 = self.basis.iter().map(|direction| direction[row] * direction[row]).sum();
        if 1.0 - leverage < FULL_LEVERAGE_BELOW { Err(StatsError::FullLeverage { row }) } else { Ok(1.0 - leverage) }
    }

    /// The part of `values` orthogonal to the basis, and the loadings on it.
    fn project_out(&self, mut values: Vec<f64>) -> (Vec<f64>, Vec<f64>) {
        let mut loadings = Vec::with_capacity(self.basis.len() + 1);
        for direction in &self.basis {
            let loading = dot(direction, &values);
            values.iter_mut().zip(direction).for_each(|(value, along)| *value -= loading * along);
            loadings.push(loading);
        }
        (values, loadings)
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

fn norm(values: &[f64]) -> f64 {
    dot(values, values).sqrt()
}
