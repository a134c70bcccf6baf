//! Generalised estimating equations: means of rows in groups, without a model of how the rows of a group depend on each
//! other (Liang & Zeger 1986). The one rule: the error comes from the spread of group sums, and with few groups it is
//! corrected.

mod fitting;

#[cfg(test)]
mod tests;

use super::grouped::{GroupedRows, coefficient_name, numbered};
use super::symmetric::inverse;
use super::{Asymptotic, Effect, Level, StatsError};
use fitting::{Equations, GroupSums};
use nalgebra::{DMatrix, DVector};

/// A group decides a coefficient alone when less than this is left of 1 − leverage.
const FULL_LEVERAGE_BELOW: f64 = 1e-10;

/// The scale on which the columns add up, with the variance of a row for its mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Family {
    /// The mean itself, one variance for all rows.
    #[default]
    Gaussian,
    /// The log of the mean, for counts and rates: the variance is in proportion to the mean.
    Poisson,
}

/// How rows of a group are presumed to depend on each other. A wrong choice costs precision, not validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Working {
    #[default]
    Independence,
    /// One correlation of all pairs within a group.
    Exchangeable,
}

/// What sums of squared residuals and of products of pairs are divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Divisor {
    /// The number of rows, or pairs, less the coefficients (Liang & Zeger 1986), as statsmodels has it.
    #[default]
    LessCoefficients,
    /// The number of rows, or pairs, as geepack has it.
    All,
}

/// What is to be fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GeeModel {
    pub family: Family,
    pub working: Working,
    pub divisor: Divisor,
}

/// The covariance of the coefficients. Aᵢ is the information of group i, A their sum, Uᵢ its score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sandwich {
    /// A⁻¹ times the scale (1 for counts): right only if the working model is.
    ModelBased,
    /// A⁻¹ Σ UᵢUᵢ' A⁻¹ (Liang & Zeger 1986): too small with few groups.
    Robust,
    /// The robust one times G/(G − 1) · (n − 1)/(n − k) for G groups.
    Scaled,
    /// Uᵢ with its leverage taken out, (I − AᵢA⁻¹)⁻¹Uᵢ (Mancl & DeRouen 2001, eq. 5). The default for few groups.
    #[default]
    BiasReduced,
    /// The one-step jackknife, which is the bias-reduced one times (G − q)/G, with q the number of coefficients, scale and
    /// correlation (Yan & Fine 2004, as in geepack).
    Jackknife,
}

/// A fitted model.
#[derive(Debug, Clone)]
pub struct Gee {
    /// The intercept, then one a column: on the log scale for [`Family::Poisson`].
    pub coefficients: Vec<f64>,
    /// Mean square of the Pearson residuals.
    pub scale: f64,
    /// The correlation of two rows of a group, with [`Working::Exchangeable`].
    pub correlation: Option<f64>,
    pub rows: usize,
    pub groups: usize,
    family: Family,
    sums: Vec<GroupSums>,
    /// H with H'H = A⁻¹.
    half: DMatrix<f64>,
}

/// Fits by Fisher scoring. `offset` is added to the columns with coefficient 1, for example ln(engineer-weeks) for a rate;
/// it may be empty.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::TooFewRows`], [`StatsError::Collinear`];
/// [`StatsError::Negative`] for a count below zero; [`StatsError::TooFewGroups`] unless there are more groups than
/// coefficients; [`StatsError::NoVariation`] when the fit is exact; [`StatsError::NoEvents`] when counts are all zero in an
/// arm; [`StatsError::NotConverged`].
pub fn gee(rows: GroupedRows, offset: &[f64], model: GeeModel) -> Result<Gee, StatsError> {
    let equations = Equations::new(rows, offset, model)?;
    let k = rows.coefficients();
    let (_, groups) = numbered(rows.groups.iter());
    if groups <= k {
        return Err(StatsError::TooFewGroups { groups, coefficients: k });
    }
    let solved = equations.solve()?;
    Ok(Gee {
        coefficients: solved.coefficients.iter().copied().collect(),
        scale: solved.scale,
        correlation: (model.working == Working::Exchangeable).then_some(solved.correlation),
        rows: rows.outcome.len(),
        groups,
        family: model.family,
        sums: solved.sums,
        half: solved.half,
    })
}

impl Gee {
    /// Each coefficient with t(G − k) inference for G groups and k coefficients.
    ///
    /// # Errors
    /// [`StatsError::NoVariation`] when a coefficient has no error; [`StatsError::GroupLeverage`]
    /// with [`Sandwich::BiasReduced`] and [`Sandwich::Jackknife`] when one group alone decides a coefficient.
    #[expect(clippy::cast_precision_loss, reason = "a number of groups is far below 2^53")]
    pub fn effects(&self, sandwich: Sandwich, level: Level) -> Result<Vec<Effect>, StatsError> {
        let df = (self.groups - self.coefficients.len()) as f64;
        let errors = self.standard_errors(sandwich)?;
        let pairs = self.coefficients.iter().zip(errors);
        pairs.map(|(estimate, error)| Effect::from_t(*estimate, error, df, self.rows, level)).collect()
    }

    /// Each coefficient with normal inference, as packages print it: too optimistic with few groups.
    ///
    /// # Errors
    /// As [`Gee::effects`].
    pub fn asymptotic(&self, sandwich: Sandwich, level: Level) -> Result<Vec<Asymptotic>, StatsError> {
        let errors = self.standard_errors(sandwich)?;
        let pairs = self.coefficients.iter().zip(errors);
        pairs.map(|(estimate, error)| Asymptotic::new(*estimate, error, self.rows, level)).collect()
    }

    fn standard_errors(&self, sandwich: Sandwich) -> Result<Vec<f64>, StatsError> {
        let covariance = self.covariance(sandwich)?;
        Ok((0..self.coefficients.len()).map(|column| covariance[(column, column)].sqrt()).collect())
    }

    #[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
    fn covariance(&self, sandwich: Sandwich) -> Result<DMatrix<f64>, StatsError> {
        let (n, k, groups) = (self.rows as f64, self.coefficients.len() as f64, self.groups as f64);
        // The scale is a parameter too, and so is the correlation.
        let parameters = k + if self.correlation.is_some() { 2.0 } else { 1.0 };
        match sandwich {
            Sandwich::ModelBased => {
                let scale = if self.family == Family::Gaussian { self.scale } else { 1.0 };
                Ok(self.half.transpose() * &self.half * scale)
            }
            Sandwich::Robust => self.spread(|_, sums| Ok(self.half.transpose() * (&self.half * &sums.score))),
            Sandwich::Scaled => {
                Ok(self.covariance(Sandwich::Robust)? * (groups / (groups - 1.0) * (n - 1.0) / (n - k)))
            }
            Sandwich::BiasReduced => self.spread(|group, sums| self.without_leverage(group, sums)),
            Sandwich::Jackknife => {
                if groups <= parameters {
                    return Err(StatsError::TooFewGroups {
                        groups: self.groups,
                        coefficients: self.coefficients.len(),
                    });
                }
                Ok(self.covariance(Sandwich::BiasReduced)? * ((groups - parameters) / groups))
            }
        }
    }

    /// Σ δᵢδᵢ' over the groups, for the change δᵢ of the coefficients that group i makes.
    fn spread(
        &self,
        change: impl Fn(usize, &GroupSums) -> Result<DVector<f64>, StatsError>,
    ) -> Result<DMatrix<f64>, StatsError> {
        let k = self.coefficients.len();
        let mut covariance = DMatrix::zeros(k, k);
        for (group, sums) in self.sums.iter().enumerate() {
            let change = change(group, sums)?;
            covariance += &change * change.transpose();
        }
        Ok(covariance)
    }

    /// A⁻¹(I − AᵢA⁻¹)⁻¹Uᵢ = H'(I − HAᵢH')⁻¹HUᵢ with H'H = A⁻¹: matrices of the coefficients where Mancl & DeRouen have
    /// those of the rows.
    fn without_leverage(&self, group: usize, sums: &GroupSums) -> Result<DVector<f64>, StatsError> {
        let k = self.coefficients.len();
        let left = DMatrix::identity(k, k) - &self.half * &sums.information * self.half.transpose();
        let alone = StatsError::GroupLeverage { group };
        if left.diagonal().min() <= FULL_LEVERAGE_BELOW {
            return Err(alone);
        }
        let left = inverse(&left, coefficient_name).map_err(|_| alone)?;
        Ok(self.half.transpose() * (left * (&self.half * &sums.score)))
    }
}
