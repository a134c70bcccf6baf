//! Linear models of one row per randomised unit. The one rule: the rows are the units that were drawn, never rows
//! within them.

pub(super) mod least_squares;
mod population;

use super::error::{check_finite, check_length};
use super::two_sample::check_arms;
use super::{Effect, Level, StatsError};
use least_squares::{Column, LeastSquares};
pub use population::negi_wooldridge;
use std::collections::BTreeSet;

/// One entry per randomised unit in every column, all in the same order.
#[derive(Debug, Clone, Copy)]
pub struct UnitRows<'a> {
    /// Any unit; log it beforehand for effects on ratios.
    pub outcome: &'a [f64],
    pub treated: &'a [bool],
    /// Pre-period columns, each as long as the outcome; may be empty.
    pub covariates: &'a [Vec<f64>],
    /// Stratum of each unit, or empty for none.
    pub strata: &'a [String],
}

/// Variance of the coefficients: hᵢ is the leverage and eᵢ the residual of row i, k the number of coefficients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Covariance {
    /// One variance for all rows, Σe²/(n − k).
    Classical,
    /// White (1980): eᵢ².
    Hc0,
    /// Hinkley (1977): eᵢ² n/(n − k).
    Hc1,
    /// Horn, Horn & Duncan (1975): eᵢ²/(1 − hᵢ).
    Hc2,
    /// Long & Ervin (2000), close to the jackknife: eᵢ²/(1 − hᵢ)². The default for few units.
    #[default]
    Hc3,
}

/// The treatment effect (unit of the outcome) in outcome = intercept + treated + covariates + strata by least squares
/// (Fisher 1932), with t(n − k) inference.
///
/// # Errors
/// [`StatsError::Length`] and [`StatsError::NotFinite`] for bad columns, [`StatsError::ArmTooSmall`] under two units in
/// an arm, [`StatsError::TooFewRows`] unless n > k, [`StatsError::Collinear`], [`StatsError::FullLeverage`] under HC2
/// and HC3, [`StatsError::NoVariation`] when the model fits exactly.
pub fn ancova(rows: UnitRows, covariance: Covariance, level: Level) -> Result<Effect, StatsError> {
    rows.check()?;
    let mut columns = vec![rows.intercept(), rows.treatment()];
    columns.extend(rows.adjustment());
    treatment_effect(columns, rows.outcome, covariance, level)
}

/// The treatment effect (unit of the outcome) with every covariate and stratum centred at its mean over all units and
/// interacted with treatment (Lin 2013), with t(n − k) inference. It does not presume equal slopes in the arms, and
/// costs one coefficient more per column than [`ancova`].
///
/// # Errors
/// As [`ancova`].
pub fn lin(rows: UnitRows, covariance: Covariance, level: Level) -> Result<Effect, StatsError> {
    rows.check()?;
    treatment_effect(lin_columns(rows).0, rows.outcome, covariance, level)
}

/// The columns of Lin's model, and the centred adjustment among them.
fn lin_columns(rows: UnitRows) -> (Vec<Column>, Vec<Column>) {
    let adjustment: Vec<Column> = rows.adjustment().into_iter().map(Column::centred).collect();
    let interactions = adjustment.iter().map(|column| column.among(rows.treated));
    let mut columns = vec![rows.intercept(), rows.treatment()];
    columns.extend(adjustment.iter().cloned());
    columns.extend(interactions);
    (columns, adjustment)
}

const TREATMENT_COLUMN: usize = 1;

fn treatment_effect(
    columns: Vec<Column>,
    outcome: &[f64],
    covariance: Covariance,
    level: Level,
) -> Result<Effect, StatsError> {
    let model = LeastSquares::new(columns)?;
    let estimate = model.coefficient(TREATMENT_COLUMN, outcome);
    let standard_error = model.standard_error(TREATMENT_COLUMN, outcome, covariance)?;
    Effect::from_t(estimate, standard_error, model.degrees_of_freedom(), outcome.len(), level)
}

impl UnitRows<'_> {
    pub(super) fn check(&self) -> Result<(), StatsError> {
        let n = self.outcome.len();
        check_length("treated", n, self.treated.len())?;
        check_finite("outcome", self.outcome)?;
        check_adjustment(n, self.covariates, self.strata)?;
        let treated = self.treated.iter().filter(|treated| **treated).count();
        check_arms(treated, n - treated)
    }

    fn intercept(&self) -> Column {
        Column::intercept(self.outcome.len())
    }

    fn treatment(&self) -> Column {
        Column::indicator("treated".to_owned(), self.treated.iter().copied())
    }

    fn adjustment(&self) -> Vec<Column> {
        adjustment_columns(self.covariates, self.strata)
    }
}

/// Refuses covariates and strata that do not describe `n` units.
pub(super) fn check_adjustment(n: usize, covariates: &[Vec<f64>], strata: &[String]) -> Result<(), StatsError> {
    for (index, covariate) in covariates.iter().enumerate() {
        check_length("covariate", n, covariate.len())?;
        check_finite("covariate", covariate)?;
        if is_constant(covariate) {
            return Err(StatsError::Collinear { column: index, name: covariate_name(index) });
        }
    }
    if strata.is_empty() { Ok(()) } else { check_length("strata", n, strata.len()) }
}

/// The covariates, then one indicator for each stratum but the first in the order of labels.
pub(super) fn adjustment_columns(covariates: &[Vec<f64>], strata: &[String]) -> Vec<Column> {
    let covariates = covariates.iter().enumerate();
    let mut columns: Vec<Column> =
        covariates.map(|(index, values)| Column::new(covariate_name(index), values.clone())).collect();
    let labels: BTreeSet<&String> = strata.iter().collect();
    for label in labels.into_iter().skip(1) {
        columns.push(Column::indicator(format!("stratum {label}"), strata.iter().map(|stratum| stratum == label)));
    }
    columns
}

fn covariate_name(index: usize) -> String {
    format!("covariate {index}")
}

/// Centring would turn a constant into rounding noise, which no later check can tell from a small covariate.
fn is_constant(values: &[f64]) -> bool {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    high - low <= 1e-12 * high.abs().max(low.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows<'a>(
        outcome: &'a [f64],
        treated: &'a [bool],
        covariates: &'a [Vec<f64>],
        strata: &'a [String],
    ) -> UnitRows<'a> {
        UnitRows { outcome, treated, covariates, strata }
    }

    const TREATED: [bool; 6] = [true, false, true, false, true, false];
    const OUTCOME: [f64; 6] = [3.0, 1.0, 4.0, 1.5, 5.0, 2.5];

    #[test]
    fn without_covariates_hc2_is_the_unpooled_standard_error() {
        let effect = ancova(rows(&OUTCOME, &TREATED, &[], &[]), Covariance::Hc2, Level::NINETY_FIVE).unwrap();
        let welch = crate::stats::welch(&[3.0, 4.0, 5.0], &[1.0, 1.5, 2.5], Level::NINETY_FIVE).unwrap();
        assert!((effect.estimate - welch.estimate).abs() < 1e-14);
        assert!((effect.standard_error - welch.standard_error).abs() < 1e-14);
        assert!((effect.degrees_of_freedom - 4.0).abs() < f64::EPSILON);
    }

    #[test]
    fn says_which_column_is_superfluous() {
        let covariates = [vec![1.0, 2.0, 3.0, 4.0, 5.0, 7.0], vec![2.0, 4.0, 6.0, 8.0, 10.0, 14.0]];
        let error =
            ancova(rows(&OUTCOME, &TREATED, &covariates, &[]), Covariance::Hc3, Level::NINETY_FIVE).unwrap_err();
        assert_eq!(error, StatsError::Collinear { column: 3, name: "covariate 1".to_owned() });
        let constant = [vec![0.1; 6]];
        let error = lin(rows(&OUTCOME, &TREATED, &constant, &[]), Covariance::Hc3, Level::NINETY_FIVE).unwrap_err();
        assert_eq!(error, StatsError::Collinear { column: 0, name: "covariate 0".to_owned() });
    }

    #[test]
    fn refuses_models_that_leave_no_error_estimate() {
        let strata: Vec<String> = ["a", "a", "b", "b", "c", "d"].map(str::to_owned).to_vec();
        let lonely = ancova(rows(&OUTCOME, &TREATED, &[], &strata), Covariance::Hc3, Level::NINETY_FIVE);
        assert!(matches!(lonely, Err(StatsError::FullLeverage { row: 4 })), "{lonely:?}");
        let exact = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
        let exact = ancova(rows(&exact, &TREATED, &[], &[]), Covariance::Hc3, Level::NINETY_FIVE);
        assert!(matches!(exact, Err(StatsError::NoVariation { .. })), "{exact:?}");
        let one = ancova(rows(&[1.0, 2.0], &[true, false], &[], &[]), Covariance::Hc3, Level::NINETY_FIVE);
        assert!(matches!(one, Err(StatsError::ArmTooSmall { .. })), "{one:?}");
    }

    proptest! {
        #[test]
        fn a_shift_of_the_treated_moves_the_estimate_alone(
            outcome in prop::collection::vec(-10.0..10.0_f64, 6),
            covariate in prop::collection::vec(-10.0..10.0_f64, 6),
            shift in -10.0..10.0_f64,
        ) {
            let covariates = [covariate];
            let before = ancova(rows(&outcome, &TREATED, &covariates, &[]), Covariance::Hc3, Level::NINETY_FIVE);
            let moved: Vec<f64> = outcome.iter().zip(TREATED).map(|(y, treated)| if treated { y + shift } else { *y }).collect();
            let after = ancova(rows(&moved, &TREATED, &covariates, &[]), Covariance::Hc3, Level::NINETY_FIVE);
            if let (Ok(before), Ok(after)) = (before, after) {
                prop_assert!((after.estimate - before.estimate - shift).abs() < 1e-6);
                prop_assert!((after.standard_error - before.standard_error).abs() < 1e-6 * before.standard_error.max(1.0));
            }
        }
    }
}
