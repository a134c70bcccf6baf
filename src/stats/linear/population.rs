//! The effect on the population that the units were sampled from.

use super::least_squares::LeastSquares;
use super::{Covariance, TREATMENT_COLUMN, UnitRows, lin_columns};
use crate::stats::error::computed;
use crate::stats::mean::variance;
use crate::stats::{Effect, Level, StatsError};

/// The treatment effect (unit of the outcome) with a regression in each arm, as [`super::lin`], for units that are a
/// sample of a larger population (Negi & Wooldridge 2021). Where slopes differ between the arms, the effect
/// at the mean of the covariates moves with the sample: the variance of that mean along the difference in slopes, s²/n
/// of Σ γ_j (x_ij − x̄_j), is added to that of [`super::lin`], which holds the covariates fixed.
///
/// # Errors
/// As [`super::lin`].
#[expect(clippy::cast_precision_loss, reason = "a number of units is far below 2^53")]
pub fn negi_wooldridge(rows: UnitRows, covariance: Covariance, level: Level) -> Result<Effect, StatsError> {
    rows.check()?;
    let (columns, adjustment) = lin_columns(rows);
    let model = LeastSquares::new(columns)?;
    let estimate = model.coefficient(TREATMENT_COLUMN, rows.outcome);
    let at_these_units = model.standard_error(TREATMENT_COLUMN, rows.outcome, covariance)?;
    let n = rows.outcome.len();
    let mut effects = vec![0.0; n];
    let first_interaction = TREATMENT_COLUMN + 1 + adjustment.len();
    for (index, column) in adjustment.iter().enumerate() {
        let slope = model.coefficient(first_interaction + index, rows.outcome);
        for (effect, value) in effects.iter_mut().zip(column.values()) {
            *effect += slope * value;
        }
    }
    let of_the_mean = computed("variance of the effect", variance(&effects)?.unwrap_or(0.0) / n as f64)?;
    let standard_error = at_these_units.hypot(of_the_mean.sqrt());
    Effect::from_t(estimate, standard_error, model.degrees_of_freedom(), n, level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{lin, welch};

    const TREATED: [bool; 8] = [true, false, true, false, true, false, true, false];
    const COVARIATE: [f64; 8] = [0.3, -1.0, 1.2, 0.4, -0.9, 2.0, 0.1, -0.7];

    fn fit(outcome: &[f64], covariates: &[Vec<f64>], with: Fit) -> Effect {
        let rows = UnitRows { outcome, treated: &TREATED, covariates, strata: &[] };
        with(rows, Covariance::Hc0, Level::NINETY_FIVE).unwrap()
    }

    type Fit = fn(UnitRows, Covariance, Level) -> Result<Effect, StatsError>;

    #[test]
    fn its_variance_is_that_of_the_influence_function() {
        let noise = [0.4, -0.2, -0.5, 0.1, 0.3, -0.1, 0.2, 0.6];
        let outcome: Vec<f64> = (0..8)
            .map(|unit| if TREATED[unit] { 1.0 + 2.0 * COVARIATE[unit] } else { 0.5 * COVARIATE[unit] } + noise[unit])
            .collect();
        let covariates = [COVARIATE.to_vec()];
        let (at_units, population) = (fit(&outcome, &covariates, lin), fit(&outcome, &covariates, negi_wooldridge));
        assert!((at_units.estimate - population.estimate).abs() < 1e-14);
        // By hand: the lines of the two arms, and the sample variance of the distance between them over n.
        let line = |arm: bool| {
            let units: Vec<usize> = (0..8).filter(|unit| TREATED[*unit] == arm).collect();
            let mean = |values: &[f64]| units.iter().map(|unit| values[*unit]).sum::<f64>() / 4.0;
            let (x, y) = (mean(&COVARIATE), mean(&outcome));
            let products: f64 = units.iter().map(|unit| (COVARIATE[*unit] - x) * (outcome[*unit] - y)).sum();
            products / units.iter().map(|unit| (COVARIATE[*unit] - x).powi(2)).sum::<f64>()
        };
        let distance = line(true) - line(false);
        let spread = variance(&COVARIATE).unwrap().unwrap();
        let expected = at_units.standard_error.powi(2) + distance * distance * spread / 8.0;
        assert!((population.standard_error.powi(2) - expected).abs() < 1e-13);
        assert!(population.standard_error > 1.1 * at_units.standard_error);
    }

    #[test]
    fn without_covariates_it_is_the_difference_in_means() {
        let outcome = [3.0, 1.0, 4.0, 1.5, 5.0, 2.5, 4.5, 2.0];
        let rows = UnitRows { outcome: &outcome, treated: &TREATED, covariates: &[], strata: &[] };
        let effect = negi_wooldridge(rows, Covariance::Hc2, Level::NINETY_FIVE).unwrap();
        let expected = welch(&[3.0, 4.0, 5.0, 4.5], &[1.0, 1.5, 2.5, 2.0], Level::NINETY_FIVE).unwrap();
        assert!((effect.estimate - expected.estimate).abs() < 1e-14);
        assert!((effect.standard_error - expected.standard_error).abs() < 1e-14);
    }
}
