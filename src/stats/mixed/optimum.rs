//! The variances of greatest likelihood. The one rule: a variance that wants below zero stays at zero.

use super::likelihood::{Component, Fit};
use super::products::Products;
use crate::stats::StatsError;
use crate::stats::grouped::coefficient_name;
use crate::stats::symmetric::inverse;
use nalgebra::{DMatrix, DVector};

const STEPS: usize = 200;
const HALVINGS: usize = 50;
/// A step below this part of the variances leaves, squared, less than rounding.
const CONVERGED_BELOW: f64 = 1e-9;
/// The likelihood is a sum that cannot tell more than this part of itself.
const ROUNDING: f64 = 1e-13;
/// A residual variance below this part of all variances goes to zero, and the likelihood with it beyond all bounds.
const NO_RESIDUAL_BELOW: f64 = 1e-9;
/// A variance with a degree of freedom has information of about 0.5 over its square.
const NO_INFORMATION_BELOW: f64 = 1e-9;
/// Residuals are rounding noise below this part of the square of the outcome.
const EXACT_FIT_BELOW: f64 = 1e-24;

/// Newton's method with the observed information, or the expected where the likelihood is not concave, in steps that are
/// halved until the likelihood does not fall.
pub(super) fn maximise(products: &Products, components: &[Component]) -> Result<Fit, StatsError> {
    let start = residual_variance(products)?;
    let mut variances = vec![start * 0.25; components.len()];
    variances[0] = start * 0.75;
    let mut fit = Fit::at(products, components, &variances)?;
    // Where the columns explain all that groups can differ in, the variance of groups has no information.
    let is_known = |index: usize| fit.expected[(index, index)] * variances[index].powi(2) > NO_INFORMATION_BELOW;
    if !(0..components.len()).all(is_known) {
        return Err(StatsError::TooFewGroups { groups: products.groups.len(), coefficients: products.coefficients });
    }
    for _ in 0..STEPS {
        let active: Vec<usize> =
            (0..components.len()).filter(|index| fit.variances[*index] > 0.0 || fit.score[*index] > 0.0).collect();
        let step = newton_step(&fit, &active)?;
        let next = search(products, &fit, &step)?;
        let moved = next.variances.iter().zip(&fit.variances).map(|(next, last)| (next - last).abs());
        let is_converged = moved.fold(0.0, f64::max) <= CONVERGED_BELOW * next.variances.iter().sum::<f64>();
        fit = next;
        if fit.variances[0] <= NO_RESIDUAL_BELOW * fit.variances.iter().sum::<f64>() {
            return Err(StatsError::NoVariation { what: "the outcome within groups", n: products.rows });
        }
        if is_converged {
            return Ok(fit);
        }
    }
    Err(StatsError::NotConverged { what: "the restricted likelihood", steps: STEPS })
}

/// The variance around least squares.
#[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
fn residual_variance(products: &Products) -> Result<f64, StatsError> {
    let k = products.coefficients;
    let total = products.total();
    let cross = total.view((0, k), (k, 1)).into_owned();
    let inverse = inverse(&total.view((0, 0), (k, k)).into_owned(), coefficient_name)?;
    let square = total[(k, k)];
    let rest = square - (cross.transpose() * inverse * &cross)[(0, 0)];
    if rest <= EXACT_FIT_BELOW.sqrt() * square {
        return Err(StatsError::NoVariation { what: "the outcome around its fit", n: products.rows });
    }
    Ok(rest / (products.rows - k) as f64)
}

fn newton_step(fit: &Fit, active: &[usize]) -> Result<Vec<f64>, StatsError> {
    let name = |index: usize| fit.components[active[index]].name().to_owned();
    let among = |matrix: &DMatrix<f64>| {
        DMatrix::from_fn(active.len(), active.len(), |left, right| matrix[(active[left], active[right])])
    };
    let covariance = inverse(&among(&fit.observed), name).or_else(|_| inverse(&among(&fit.expected), name))?;
    let score = DVector::from_iterator(active.len(), active.iter().map(|index| fit.score[*index]));
    let step = covariance * score;
    let mut full = vec![0.0; fit.variances.len()];
    for (index, value) in active.iter().zip(step.iter()) {
        full[*index] = *value;
    }
    Ok(full)
}

fn search(products: &Products, fit: &Fit, step: &[f64]) -> Result<Fit, StatsError> {
    let mut part = 1.0;
    for _ in 0..HALVINGS {
        let moved = fit.variances.iter().zip(step).map(|(variance, step)| variance + part * step);
        let variances: Vec<f64> =
            moved.enumerate().map(|(index, value)| if index == 0 { value } else { value.max(0.0) }).collect();
        if variances[0] > 0.0
            && let Ok(next) = Fit::at(products, &fit.components, &variances)
            && next.log_likelihood >= fit.log_likelihood - ROUNDING * fit.log_likelihood.abs()
        {
            return Ok(next);
        }
        part /= 2.0;
    }
    Err(StatsError::NotConverged { what: "a step of the restricted likelihood", steps: HALVINGS })
}
