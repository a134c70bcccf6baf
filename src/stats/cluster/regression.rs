//! Coefficients and residual scores of least squares on cross-products.

use super::design::{Design, INTERCEPT};
use super::products::{Block, Products};
use super::robust::ClusterRobust;
use super::{ClusterCovariance, ClusterRows};
use crate::stats::StatsError;
use nalgebra::{DMatrix, DVector, DVectorView};

/// Residuals are rounding noise below this part of the square of the outcome.
const EXACT_FIT_BELOW: f64 = 1e-13;

/// A model fitted to rows within clusters. Columns: 0 intercept, 1 treated, then the covariates, one indicator for each
/// stratum but the first, and for [`ClusterRegression::lin`] the last two again among the treated.
#[derive(Debug, Clone)]
pub struct ClusterRegression {
    pub(super) blocks: Vec<Block>,
    /// Column j is coefficient j as a contrast in the basis of the blocks.
    contrasts: DMatrix<f64>,
    /// Coefficients in the basis of the blocks, one column for each outcome.
    solution: DMatrix<f64>,
    /// Z'e of each cluster, one column for each outcome.
    pub(super) scores: Vec<DMatrix<f64>>,
    /// Σ w e² of each outcome, 0 when it is fitted exactly.
    residual_squares: Vec<f64>,
    centres: Vec<f64>,
    rows: usize,
}

impl ClusterRegression {
    /// The model outcome = intercept + treated + covariates + strata, by least squares with the weights of the rows.
    ///
    /// # Errors
    /// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::NotPositive`] for weights, and
    /// [`StatsError::ClusterNumber`] for bad columns, [`StatsError::ArmTooSmall`] unless each arm has rows in two
    /// clusters, [`StatsError::TooFewRows`] unless n > k, [`StatsError::TooManyColumns`], [`StatsError::Collinear`],
    /// [`StatsError::NoVariation`] when the model fits exactly, [`StatsError::Overflow`].
    pub fn ancova(rows: ClusterRows) -> Result<ClusterRegression, StatsError> {
        ClusterRegression::of(&Design::additive(rows)?, &[rows.outcome])
    }

    /// As [`ClusterRegression::ancova`], with covariates and strata centred at their (weighted) means over all rows and
    /// interacted with treatment (Lin 2013).
    ///
    /// # Errors
    /// As [`ClusterRegression::ancova`].
    pub fn lin(rows: ClusterRows) -> Result<ClusterRegression, StatsError> {
        ClusterRegression::of(&Design::interacted(rows)?, &[rows.outcome])
    }

    /// The same design for several outcomes, of which the first must not be fitted exactly.
    pub(super) fn of(design: &Design, outcomes: &[&[f64]]) -> Result<ClusterRegression, StatsError> {
        let mut products = Products::of(design, outcomes)?;
        let transform = products.whiten(|column| design.name(column))?;
        let Products { blocks, columns, centres, squares } = products;
        let mut solution = DMatrix::zeros(columns, outcomes.len());
        for block in &blocks {
            solution += block.zy.rows(block.zy.nrows() - columns, columns);
        }
        let n = design.rows.outcome.len();
        let left = |(square, fit): (&f64, DVectorView<f64>)| {
            let left = square - fit.norm_squared();
            if left > EXACT_FIT_BELOW * square { left } else { 0.0 }
        };
        let residual_squares: Vec<f64> = squares.iter().zip(solution.column_iter()).map(left).collect();
        if residual_squares[0] <= 0.0 {
            return Err(StatsError::NoVariation { what: "the outcome around its fit", n });
        }
        let scores = blocks.iter().map(|block| &block.zy - block.zz.columns(0, columns) * &solution).collect();
        let contrasts: Vec<DVector<f64>> =
            (0..columns).map(|column| &transform * DVector::from_vec(design.contrast(column))).collect();
        let contrasts = DMatrix::from_columns(&contrasts);
        Ok(ClusterRegression { blocks, contrasts, solution, scores, residual_squares, centres, rows: n })
    }

    /// The coefficient of a column, in the unit of the outcome per unit of the column.
    ///
    /// # Errors
    /// [`StatsError::NoColumn`].
    pub fn coefficient(&self, column: usize) -> Result<f64, StatsError> {
        self.coefficient_of(0, column)
    }

    /// The number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.contrasts.ncols()
    }

    /// The number of clusters that have rows.
    #[must_use]
    pub fn clusters(&self) -> usize {
        self.blocks.len()
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Errors of the coefficients that allow for any dependence and any variance within clusters.
    ///
    /// # Errors
    /// [`StatsError::ClusterLeverage`] for CR3 when the model cannot be fitted without one of the clusters,
    /// [`StatsError::TooFewRows`] for CR1p unless G > k.
    pub fn robust(&self, covariance: ClusterCovariance) -> Result<ClusterRobust<'_>, StatsError> {
        ClusterRobust::of(self, covariance)
    }

    pub(super) fn contrast(&self, column: usize) -> Result<DVector<f64>, StatsError> {
        if column >= self.columns() {
            return Err(StatsError::NoColumn { column, columns: self.columns() });
        }
        Ok(self.contrasts.column(column).into_owned())
    }

    pub(super) fn coefficient_of(&self, outcome: usize, column: usize) -> Result<f64, StatsError> {
        let estimate = self.contrast(column)?.dot(&self.solution.column(outcome));
        Ok(if column == INTERCEPT { estimate + self.centres[outcome] } else { estimate })
    }

    /// The squared standard error of a contrast if rows were independent with equal variance: the scale on which a
    /// cluster-robust one is told from rounding noise.
    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    pub(super) fn classical_square(&self, contrast: &DVector<f64>, outcome: usize) -> f64 {
        contrast.norm_squared() * self.residual_squares[outcome] / self.rows as f64
    }
}
