//! Linear models with a random intercept of each group, and of each subgroup within it, by restricted maximum likelihood.
//! The one rule: inference has the degrees of freedom of the groups, not of the rows.
//!
//! For teams and experiments it is a check beside the randomization test: it presumes normal intercepts.

mod block;
mod likelihood;
mod optimum;
mod products;

#[cfg(test)]
mod tests;

use super::grouped::GroupedRows;
use super::{Effect, Level, StatsError};
use likelihood::{Component, Fit};
use nalgebra::{DMatrix, DVector};
use products::Products;

/// A fitted model outcome = columns + intercept of the group (+ intercept of the subgroup) + residual.
#[derive(Debug, Clone)]
pub struct MixedModel {
    /// All variances are in the square of the unit of the outcome.
    pub residual_variance: f64,
    /// Zero when groups differ no more than their rows do.
    pub group_variance: f64,
    /// `None` in a model without subgroups.
    pub subgroup_variance: Option<f64>,
    /// Restricted log likelihood at the maximum, with the constant −(n − k)/2 ln 2π and without ln|X'X|.
    pub log_likelihood: f64,
    pub rows: usize,
    pub groups: usize,
    fit: Fit,
    /// Of the columns and the outcome, which the fit is centred at.
    means: Vec<f64>,
}

/// The degrees of freedom and standard error of a coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Approximation {
    /// Degrees of freedom that match the variance of the variance estimate, from the observed information (Giesbrecht &
    /// Burns 1985; Fai & Cornelius 1996).
    Satterthwaite,
    /// Also a standard error corrected for estimated variances, both from the expected information (Kenward & Roger
    /// 1997). The default for few groups.
    #[default]
    KenwardRoger,
}

/// Fits by restricted maximum likelihood (Patterson & Thompson 1971). `subgroups` are read within their group, so that a
/// number may come again in another. Rows are read once.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::TooFewRows`], [`StatsError::Collinear`];
/// [`StatsError::Indistinct`] when no group (or subgroup) has two rows, or no group two subgroups;
/// [`StatsError::TooFewGroups`] when the columns explain all that groups can differ in, as with one group an arm;
/// [`StatsError::NoVariation`] when the columns fit exactly or rows do not vary within groups; [`StatsError::NotConverged`].
pub fn mixed_model(rows: GroupedRows, subgroups: Option<&[usize]>) -> Result<MixedModel, StatsError> {
    rows.check()?;
    let products = Products::of(rows, subgroups)?;
    let components = match subgroups {
        Some(_) => &[Component::Residual, Component::Group, Component::Subgroup][..],
        None => &[Component::Residual, Component::Group],
    };
    let fit = optimum::maximise(&products, components)?;
    Ok(MixedModel {
        residual_variance: fit.variances[0],
        group_variance: fit.variances[1],
        subgroup_variance: fit.variances.get(2).copied(),
        log_likelihood: fit.log_likelihood,
        rows: products.rows,
        groups: products.groups.len(),
        fit,
        means: products.means,
    })
}

impl MixedModel {
    /// The correlation of two rows of a group (of different subgroups): its share of the total variance.
    #[must_use]
    pub fn intraclass_correlation(&self) -> f64 {
        self.group_variance / self.fit.variances.iter().sum::<f64>()
    }

    /// The intercept, then one coefficient a column, in the unit of the outcome by that of the column.
    ///
    /// # Errors
    /// [`StatsError::Collinear`] when the variances cannot be told apart; [`StatsError::AtBoundary`] with
    /// [`Approximation::Satterthwaite`] when a variance is zero, where the observed information says nothing, and with
    /// [`Approximation::KenwardRoger`] when the corrected variance is not above zero, as with two or three groups.
    pub fn coefficients(&self, approximation: Approximation, level: Level) -> Result<Vec<Effect>, StatsError> {
        let fit = &self.fit;
        let covariance = match approximation {
            Approximation::Satterthwaite => {
                if fit.variances.contains(&0.0) {
                    return Err(StatsError::AtBoundary { what: "a variance of the mixed model" });
                }
                fit.variance_covariance(&fit.observed)?
            }
            Approximation::KenwardRoger => fit.variance_covariance(&fit.expected)?,
        };
        let errors = match approximation {
            Approximation::Satterthwaite => fit.covariance.clone(),
            Approximation::KenwardRoger => fit.kenward_roger(&covariance),
        };
        let effect = |column: usize| {
            let contrast = self.contrast(column);
            let constant = if column == 0 { self.means[fit.coefficients.len()] } else { 0.0 };
            let estimate = constant + contrast.dot(&fit.coefficients);
            let variance = form(&errors, &contrast);
            // With very few groups the correction can exceed what it corrects.
            if variance <= 0.0 {
                return Err(StatsError::AtBoundary { what: "the corrected variance of a coefficient" });
            }
            let df = fit.degrees_of_freedom(&contrast, &covariance);
            Effect::from_t(estimate, variance.sqrt(), df, self.rows, level)
        };
        (0..fit.coefficients.len()).map(effect).collect()
    }

    /// The coefficient of a column as a sum of those of the centred columns.
    fn contrast(&self, column: usize) -> DVector<f64> {
        let k = self.fit.coefficients.len();
        DVector::from_fn(k, |other, _| match (column, other) {
            (0, other) if other > 0 => -self.means[other],
            (column, other) => f64::from(u8::from(column == other)),
        })
    }
}

/// c'Mc.
fn form(matrix: &DMatrix<f64>, contrast: &DVector<f64>) -> f64 {
    contrast.dot(&(matrix * contrast))
}

impl Fit {
    /// The covariance of the estimated variances: the inverse of their information.
    fn variance_covariance(&self, information: &DMatrix<f64>) -> Result<DMatrix<f64>, StatsError> {
        super::symmetric::inverse(information, |component| self.components[component].name().to_owned())
    }

    /// 2 Φ² / Var(Φ) for the variance Φ of a contrast of coefficients, with the covariance `of_variances` of what Φ depends on
    /// (Satterthwaite 1946). With the expected information it is also what Kenward & Roger (1997) have for one
    /// coefficient, where their factor λ is 1.
    fn degrees_of_freedom(&self, contrast: &DVector<f64>, of_variances: &DMatrix<f64>) -> f64 {
        let slopes: Vec<f64> = self.first.iter().map(|first| form(&self.sandwich(first), contrast)).collect();
        let mut variance = 0.0;
        for (left, slope) in slopes.iter().enumerate() {
            for (right, other) in slopes.iter().enumerate() {
                variance += slope * other * of_variances[(left, right)];
            }
        }
        2.0 * form(&self.covariance, contrast).powi(2) / variance
    }

    /// Φ + 2 Φ (Σ Wᵢⱼ (Qᵢⱼ − Pᵢ Φ Pⱼ)) Φ (Kenward & Roger 1997, eq. 4, for a covariance linear in its parameters).
    fn kenward_roger(&self, of_variances: &DMatrix<f64>) -> DMatrix<f64> {
        let k = self.coefficients.len();
        let mut sum = DMatrix::zeros(k, k);
        for (left, first) in self.first.iter().enumerate() {
            for (right, other) in self.first.iter().enumerate() {
                let lost = &self.second[left][right] - first * &self.covariance * other;
                sum += of_variances[(left, right)] * lost;
            }
        }
        &self.covariance + 2.0 * self.sandwich(&sum)
    }

    fn sandwich(&self, middle: &DMatrix<f64>) -> DMatrix<f64> {
        &self.covariance * middle * &self.covariance
    }
}
