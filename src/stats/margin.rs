//! Tests against a margin: non-inferiority and equivalence. The one rule: the margin is declared before the data.

use super::distribution::{student_t_upper_quantile, student_t_upper_tail};
use super::error::{check_finite, check_positive, computed};
use super::{Effect, StatsError};

/// Which way the outcome gets better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
}

/// A one-sided test of an effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneSided {
    /// (effect − null value) / standard error.
    pub t: f64,
    pub degrees_of_freedom: f64,
    pub p: f64,
    /// The one-sided bound of the effect at its level, in the unit of the outcome: the upper one where lower is better,
    /// else the lower one. The test rejects at 1 − level exactly when the bound is on the good side of the null value.
    pub bound: f64,
}

/// Tests whether the treatment is worse by less than `margin` (unit of the outcome, above zero; a logarithm for
/// outcomes on the log scale): against an effect of +margin where lower is better, of −margin where higher is.
/// Wellek (2010).
///
/// # Errors
/// [`StatsError::OutOfRange`] unless the margin is above zero, [`StatsError::Overflow`].
pub fn noninferiority(effect: &Effect, margin: f64, better: Better) -> Result<OneSided, StatsError> {
    check_positive("margin", margin)?;
    one_sided(effect, margin, better)
}

/// Tests whether the treatment is better, one-sided: against no effect.
///
/// # Errors
/// [`StatsError::Overflow`].
pub fn superiority(effect: &Effect, better: Better) -> Result<OneSided, StatsError> {
    one_sided(effect, 0.0, better)
}

fn one_sided(effect: &Effect, margin: f64, better: Better) -> Result<OneSided, StatsError> {
    let df = effect.degrees_of_freedom;
    let reach = student_t_upper_quantile(effect.level.alpha(), df) * effect.standard_error;
    let (null, sign) = match better {
        Better::Higher => (-margin, 1.0),
        Better::Lower => (margin, -1.0),
    };
    let t = computed("t", (effect.estimate - null) / effect.standard_error)?;
    let bound = computed("bound", effect.estimate - sign * reach)?;
    Ok(OneSided { t, degrees_of_freedom: df, p: student_t_upper_tail(sign * t, df), bound })
}

/// Two one-sided tests that the effect lies within margins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Equivalence {
    /// Against an effect at or below the lower margin.
    pub p_above_low: f64,
    /// Against an effect at or above the upper margin.
    pub p_below_high: f64,
    /// The larger of the two.
    pub p: f64,
}

/// Tests whether the effect lies between `low` and `high` (unit of the outcome) by two one-sided t tests (Schuirmann
/// 1987). It rejects at α exactly when the interval of level 1 − 2α lies between them.
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::OutOfRange`] unless `low` < `high`.
pub fn equivalence(effect: &Effect, low: f64, high: f64) -> Result<Equivalence, StatsError> {
    check_finite("margin", &[low, high])?;
    if low >= high {
        return Err(StatsError::OutOfRange {
            what: "lower margin",
            value: low,
            expected: "less than the upper margin",
        });
    }
    let tail = |distance: f64| student_t_upper_tail(distance / effect.standard_error, effect.degrees_of_freedom);
    let (p_above_low, p_below_high) = (tail(effect.estimate - low), tail(high - effect.estimate));
    Ok(Equivalence { p_above_low, p_below_high, p: p_above_low.max(p_below_high) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Level, welch};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tests_agree_with_their_bounds_and_mirror(
            treated in prop::collection::vec(-5.0..5.0_f64, 3..9),
            control in prop::collection::vec(-5.0..5.0_f64, 3..9),
            margin in 0.1..5.0_f64,
        ) {
            let level = Level::new(0.9).unwrap();
            let effect = welch(&treated, &control, level).unwrap();
            let test = noninferiority(&effect, margin, Better::Lower).unwrap();
            prop_assert_eq!(test.p < 0.1, test.bound < margin);
            let swapped = welch(&control, &treated, level).unwrap();
            let mirrored = noninferiority(&swapped, margin, Better::Higher).unwrap();
            prop_assert!((test.p - mirrored.p).abs() < 1e-12 && (test.bound + mirrored.bound).abs() < 1e-12);
            let wide = Effect { level: Level::new(0.8).unwrap(), ..effect };
            let within = superiority(&wide, Better::Higher).unwrap().bound > -margin
                && superiority(&wide, Better::Lower).unwrap().bound < margin;
            prop_assert_eq!(equivalence(&effect, -margin, margin).unwrap().p < 0.2, within);
        }
    }

    #[test]
    fn refuses_margins_that_are_none() {
        let effect = welch(&[1.0, 2.0, 4.0], &[2.0, 3.0, 3.5], Level::NINETY_FIVE).unwrap();
        for margin in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(noninferiority(&effect, margin, Better::Lower), Err(StatsError::OutOfRange { .. })));
        }
        assert!(equivalence(&effect, 1.0, 1.0).is_err() && equivalence(&effect, f64::NAN, 1.0).is_err());
    }
}
