//! Solving the equations Σ D'V⁻¹(y − μ) = 0 by scoring, with the correlation estimated anew in each step. The one rule:
//! V⁻¹ of an exchangeable group is written out, so that a group is summed up in one pass over its rows.

use super::{Divisor, Family, GeeModel, Working};
use crate::stats::StatsError;
use crate::stats::error::{check_finite, check_length, check_not_negative, computed};
use crate::stats::grouped::{GroupedRows, coefficient_name, numbered};
use crate::stats::symmetric::{add_outer, half_inverse};
use nalgebra::{DMatrix, DVector};

const STEPS: usize = 500;
/// A step below this part of its standard error is rounding.
const CONVERGED_BELOW: f64 = 1e-10;
/// Residuals are rounding noise below this part of the square of the outcome.
const EXACT_FIT_BELOW: f64 = 1e-24;

pub(super) struct Equations<'a> {
    rows: GroupedRows<'a>,
    offset: &'a [f64],
    model: GeeModel,
    group_of: Vec<usize>,
    sizes: Vec<f64>,
}

/// D'V⁻¹D and D'V⁻¹(y − μ) of one group.
#[derive(Debug, Clone)]
pub(super) struct GroupSums {
    pub information: DMatrix<f64>,
    pub score: DVector<f64>,
}

pub(super) struct Solved {
    pub coefficients: DVector<f64>,
    pub scale: f64,
    pub correlation: f64,
    pub sums: Vec<GroupSums>,
    /// H with H'H the inverse of the information.
    pub half: DMatrix<f64>,
}

/// The rows of one group, each scaled by its standard deviation: x for ∂μ/∂β, e for the Pearson residual. Products are
/// those of deviations from the means, so that large groups cost no digits.
#[derive(Clone)]
struct Scaled {
    size: f64,
    design: DVector<f64>,
    residual: f64,
    products: DMatrix<f64>,
    by_residual: DVector<f64>,
    /// Σe, and Σe² as it is.
    total: f64,
    squares: f64,
}

impl Equations<'_> {
    pub(super) fn new<'a>(
        rows: GroupedRows<'a>,
        offset: &'a [f64],
        model: GeeModel,
    ) -> Result<Equations<'a>, StatsError> {
        rows.check()?;
        if !offset.is_empty() {
            check_length("offset", rows.outcome.len(), offset.len())?;
            check_finite("offset", offset)?;
        }
        if model.family == Family::Poisson {
            check_not_negative("count", rows.outcome)?;
            if rows.outcome.iter().all(|count| *count <= 0.0) {
                return Err(StatsError::NoVariation { what: "the outcome", n: rows.outcome.len() });
            }
        }
        let (group_of, count) = numbered(rows.groups.iter());
        let mut sizes = vec![0.0; count];
        for group in &group_of {
            sizes[*group] += 1.0;
        }
        if model.working == Working::Exchangeable && count == rows.outcome.len() {
            return Err(StatsError::Indistinct { what: "groups", from: "rows" });
        }
        Ok(Equations { rows, offset, model, group_of, sizes })
    }

    pub(super) fn solve(&self) -> Result<Solved, StatsError> {
        let k = self.rows.coefficients();
        let mut coefficients = self.start();
        let mut is_last = false;
        for _ in 0..STEPS {
            let scaled = self.scaled(&coefficients)?;
            let (scale, correlation) = self.moments(&scaled)?;
            let sums: Vec<GroupSums> = scaled.iter().map(|scaled| scaled.weigh(correlation)).collect();
            let mut information = DMatrix::zeros(k, k);
            let mut score = DVector::zeros(k);
            for sums in &sums {
                information += &sums.information;
                score += &sums.score;
            }
            let half = half_inverse(&information, coefficient_name)?;
            if is_last {
                if self.model.family == Family::Poisson {
                    self.rows.check_log_rates(coefficients.as_slice(), self.start()[0])?;
                }
                return Ok(Solved { coefficients, scale, correlation, sums, half });
            }
            let step = half.transpose() * (&half * score);
            let errors = half.column_iter().map(|column| column.norm() * scale.sqrt());
            is_last = errors.zip(step.iter()).all(|(error, step)| step.abs() <= CONVERGED_BELOW * error);
            coefficients += step;
        }
        Err(StatsError::NotConverged { what: "the estimating equations", steps: STEPS })
    }

    /// The intercept of no effect.
    fn start(&self) -> DVector<f64> {
        let mut coefficients = DVector::zeros(self.rows.coefficients());
        let total: f64 = self.rows.outcome.iter().sum();
        let exposure: f64 = (0..self.rows.outcome.len())
            .map(|row| if self.model.family == Family::Poisson { self.offset_of(row).exp() } else { 1.0 })
            .sum();
        let mean = total / exposure;
        coefficients[0] = match self.model.family {
            Family::Gaussian => mean,
            Family::Poisson => mean.ln(),
        };
        coefficients
    }

    fn offset_of(&self, row: usize) -> f64 {
        self.offset.get(row).copied().unwrap_or(0.0)
    }

    fn scaled(&self, coefficients: &DVector<f64>) -> Result<Vec<Scaled>, StatsError> {
        let k = self.rows.coefficients();
        let empty = Scaled {
            size: 0.0,
            design: DVector::zeros(k),
            residual: 0.0,
            products: DMatrix::zeros(k, k),
            by_residual: DVector::zeros(k),
            total: 0.0,
            squares: 0.0,
        };
        let mut found = vec![empty; self.sizes.len()];
        let mut design = vec![0.0; k];
        for (row, group) in self.group_of.iter().enumerate() {
            self.rows.read_design(row, &mut design);
            let predictor = design.iter().zip(coefficients.iter()).map(|(value, slope)| value * slope).sum::<f64>();
            let predictor = predictor + self.offset_of(row);
            let (mean, deviation) = match self.model.family {
                Family::Gaussian => (predictor, 1.0),
                Family::Poisson => {
                    let root = (predictor / 2.0).exp();
                    (root * root, root)
                }
            };
            let residual = computed("Pearson residual", (self.rows.outcome[row] - mean) / deviation)?;
            // With these links ∂μ/∂η over the standard deviation is the standard deviation itself.
            design.iter_mut().for_each(|value| *value *= deviation);
            found[*group].add(&mut design, residual);
        }
        Ok(found)
    }

    /// Scale and correlation (Liang & Zeger 1986, section 4).
    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    fn moments(&self, scaled: &[Scaled]) -> Result<(f64, f64), StatsError> {
        let lost = if self.model.divisor == Divisor::All { 0.0 } else { self.rows.coefficients() as f64 };
        let squares: f64 = scaled.iter().map(|sums| sums.squares).sum();
        let n = self.rows.outcome.len();
        let outcome: f64 = self.rows.outcome.iter().map(|value| value * value).sum();
        if squares <= EXACT_FIT_BELOW * outcome {
            return Err(StatsError::NoVariation { what: "the outcome around its fit", n });
        }
        let scale = squares / (n as f64 - lost);
        if self.model.working == Working::Independence {
            return Ok((scale, 0.0));
        }
        let products: f64 = scaled.iter().map(|sums| (sums.total.powi(2) - sums.squares) / 2.0).sum();
        let pairs: f64 = self.sizes.iter().map(|size| size * (size - 1.0) / 2.0).sum();
        if pairs <= lost {
            return Err(StatsError::Indistinct { what: "groups", from: "rows" });
        }
        let correlation = products / scale / (pairs - lost);
        // Outside of these bounds the working covariance of the largest group is not positive definite.
        let largest = self.sizes.iter().copied().fold(0.0, f64::max);
        if correlation >= 1.0 || correlation * (largest - 1.0) <= -1.0 {
            return Err(StatsError::NotConverged { what: "the working correlation", steps: 0 });
        }
        Ok((scale, correlation))
    }
}

impl Scaled {
    /// Welford's update. `design` is left as its deviation from the mean.
    fn add(&mut self, design: &mut [f64], residual: f64) {
        self.size += 1.0;
        self.total += residual;
        self.squares += residual * residual;
        let part = (self.size - 1.0) / self.size;
        design.iter_mut().zip(self.design.iter()).for_each(|(value, mean)| *value -= mean);
        let deviation = residual - self.residual;
        add_outer(&mut self.products, part, design);
        for (column, value) in design.iter().enumerate() {
            self.by_residual[column] += part * value * deviation;
            self.design[column] += value / self.size;
        }
        self.residual += deviation / self.size;
    }

    /// With R⁻¹ = (I − α 11' / (1 + (n − 1) α)) / (1 − α) for a group of n rows: deviations weigh 1/(1 − α), and the mean
    /// n / (1 + (n − 1) α).
    fn weigh(&self, correlation: f64) -> GroupSums {
        let within = 1.0 - correlation;
        let weight = self.size / (1.0 + (self.size - 1.0) * correlation);
        let information = &self.products / within + weight * (&self.design * self.design.transpose());
        let score = &self.by_residual / within + weight * self.residual * &self.design;
        GroupSums { information, score }
    }
}
