//! One answer from analyses of several completed data sets. The one rule: what differs between the imputations is part of
//! the error.

use super::error::{check_finite, computed};
use super::mean::Moments;
use super::{Effect, Level, StatsError};

/// The estimate of one completed data set and its standard error, in the unit of the outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Imputed {
    pub estimate: f64,
    pub standard_error: f64,
}

/// The pooled estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pooled {
    pub effect: Effect,
    /// Mean squared error within and variance of the estimates between the imputations.
    pub within: f64,
    pub between: f64,
    /// Share of the information about the effect that is missing (Rubin 1987, eq. 3.1.10).
    pub missing_information: f64,
}

/// Rubin's rules (1987, section 3.1): the mean of the estimates with variance W + (1 + 1/m) B, and the degrees of freedom
/// of Barnard & Rubin (1999, eq. 3), which never exceed `complete_df`, those without anything missing (for example units
/// less coefficients). `rows` is the number of rows of a completed data set.
///
/// # Errors
/// [`StatsError::TooFewRows`] under two imputations, [`StatsError::NotFinite`], [`StatsError::NotPositive`] for a standard
/// error or `complete_df`.
#[expect(clippy::cast_precision_loss, reason = "a number of imputations is far below 2^53")]
pub fn pool(imputed: &[Imputed], complete_df: f64, rows: usize, level: Level) -> Result<Pooled, StatsError> {
    let estimates: Vec<f64> = imputed.iter().map(|one| one.estimate).collect();
    let errors: Vec<f64> = imputed.iter().map(|one| one.standard_error).collect();
    check_finite("estimate", &estimates)?;
    check_positive("standard error", &errors)?;
    check_positive("degrees of freedom", &[complete_df])?;
    let moments = Moments::of(&estimates);
    let Some((mean, between)) = moments.and_then(|moments| Some((moments.mean, moments.variance()?))) else {
        return Err(StatsError::TooFewRows { rows: imputed.len(), columns: 1 });
    };
    let m = imputed.len() as f64;
    let within = errors.iter().map(|error| error * error).sum::<f64>() / m;
    let added = (1.0 + 1.0 / m) * between;
    let total = computed("variance", within + added)?;
    let share = added / total;
    let observed_df = (complete_df + 1.0) / (complete_df + 3.0) * complete_df * (1.0 - share);
    // 1/ν = λ²/(m − 1) + 1/ν_obs; the first part is zero when all imputations agree.
    let df = 1.0 / (share * share / (m - 1.0) + 1.0 / observed_df);
    let increase = added / within;
    Ok(Pooled {
        effect: Effect::from_t(mean, total.sqrt(), df, rows, level)?,
        within,
        between,
        missing_information: (increase + 2.0 / (df + 3.0)) / (1.0 + increase),
    })
}

fn check_positive(what: &'static str, values: &[f64]) -> Result<(), StatsError> {
    check_finite(what, values)?;
    match values.iter().position(|value| *value <= 0.0) {
        Some(index) => Err(StatsError::NotPositive { what, index, value: values[index] }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(estimates: &[f64], df: f64) -> Result<Pooled, StatsError> {
        let imputed: Vec<Imputed> =
            estimates.iter().map(|estimate| Imputed { estimate: *estimate, standard_error: 1.0 }).collect();
        pool(&imputed, df, 12, Level::NINETY_FIVE)
    }

    #[test]
    fn three_imputations_by_hand() {
        // W = 1, B = 1, T = 1 + 4/3; λ = 4/7, so ν = 2 × 49/16 and ν_obs = 11/13 × 10 × 3/7.
        let found = of(&[1.0, 2.0, 3.0], 10.0).unwrap();
        assert!((found.effect.estimate - 2.0).abs() < 1e-14);
        assert!((found.effect.standard_error - (7.0_f64 / 3.0).sqrt()).abs() < 1e-14);
        let df = 1.0 / (1.0 / 6.125 + 91.0 / 330.0);
        assert!((found.effect.degrees_of_freedom - df).abs() < 1e-12);
        assert!((found.missing_information - (4.0 / 3.0 + 2.0 / (df + 3.0)) / (7.0 / 3.0)).abs() < 1e-12);
    }

    #[test]
    fn imputations_that_agree_leave_the_error_as_it_is() {
        let found = of(&[2.0; 5], 10.0).unwrap();
        assert!((found.effect.standard_error - 1.0).abs() < 1e-14);
        assert!((found.effect.degrees_of_freedom - 110.0 / 13.0).abs() < 1e-12);
    }

    #[test]
    fn refuses_what_cannot_be_pooled() {
        assert!(matches!(of(&[2.0], 10.0), Err(StatsError::TooFewRows { .. })));
        assert!(matches!(of(&[2.0, 3.0], 0.0), Err(StatsError::NotPositive { .. })));
        assert!(matches!(of(&[2.0, f64::NAN], 9.0), Err(StatsError::NotFinite { .. })));
        let none = [Imputed { estimate: 1.0, standard_error: 0.0 }; 2];
        assert!(matches!(pool(&none, 9.0, 12, Level::NINETY_FIVE), Err(StatsError::NotPositive { .. })));
    }
}
