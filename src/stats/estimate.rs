//! The answers: an estimate of one quantity and the effect of a treatment. The one rule: what the data do not carry is
//! absent.

use super::StatsError;
use super::distribution::{student_t_quantile, student_t_two_sided_p};
use super::error::computed;

/// A confidence level strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Level(f64);

impl Level {
    pub const NINETY: Level = Level(0.90);
    pub const NINETY_FIVE: Level = Level(0.95);
    pub const NINETY_NINE: Level = Level(0.99);

    /// # Errors
    /// [`StatsError::Level`] unless 0 < `level` < 1.
    pub fn new(level: f64) -> Result<Level, StatsError> {
        if level > 0.0 && level < 1.0 { Ok(Level(level)) } else { Err(StatsError::Level { level }) }
    }

    /// The level as a fraction: 0.95 for 95 %.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.0
    }

    /// The share left out on both sides together: 0.05 for 95 %.
    #[must_use]
    pub fn alpha(self) -> f64 {
        1.0 - self.0
    }

    /// From the estimate to a bound of its two-sided interval, in standard errors, by Student's t with `df` degrees of freedom.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] unless `df` is above zero.
    pub fn t_quantile(self, df: f64) -> Result<f64, StatsError> {
        super::error::check_positive("degrees of freedom", df)?;
        Ok(student_t_quantile(self.upper_probability(), df))
    }

    /// The probability below the upper bound of a two-sided interval: 0.975 for 95 %.
    pub(super) fn upper_probability(self) -> f64 {
        0.5 + self.0 / 2.0
    }
}

/// A closed interval in the unit of the figure it belongs to; `low` ≤ `high`, both finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// The image under an increasing function, for example `f64::exp` for figures estimated on the log scale.
    ///
    /// # Errors
    /// [`StatsError::Overflow`] when a bound is no longer finite.
    pub fn map(self, increasing: impl Fn(f64) -> f64) -> Result<Interval, StatsError> {
        let low = computed("lower bound", increasing(self.low))?;
        let high = computed("upper bound", increasing(self.high))?;
        Ok(Interval { low, high })
    }
}

/// One figure with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// In the unit of the input; `None` when there is nothing to compute it from.
    pub value: Option<f64>,
    /// `None` when there are too few data for an interval at `level`.
    pub interval: Option<Interval>,
    /// What was counted: rows for means, quantiles and ratios, trials for shares, events for rates.
    pub n: u64,
    pub level: Level,
}

impl Estimate {
    /// No figure from `n` observations.
    #[must_use]
    pub fn absent(n: u64, level: Level) -> Estimate {
        Estimate { value: None, interval: None, n, level }
    }

    /// A figure without interval.
    pub(super) fn point(value: f64, n: u64, level: Level) -> Result<Estimate, StatsError> {
        Ok(Estimate { value: Some(computed("value", value)?), interval: None, n, level })
    }

    /// A figure with its interval.
    pub(super) fn with_bounds(value: f64, bounds: (f64, f64), n: u64, level: Level) -> Result<Estimate, StatsError> {
        let interval = Interval { low: bounds.0, high: bounds.1 }.map(|bound| bound)?;
        Ok(Estimate { interval: Some(interval), ..Estimate::point(value, n, level)? })
    }
}

/// The effect of a treatment: treated minus control, in the unit of the outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effect {
    pub estimate: f64,
    pub standard_error: f64,
    pub degrees_of_freedom: f64,
    /// `estimate / standard_error`.
    pub t: f64,
    /// Two-sided, against no effect.
    pub p: f64,
    pub interval: Interval,
    /// Rows analysed.
    pub n: u64,
    pub level: Level,
}

impl Effect {
    /// Student t inference from an estimate and its standard error (unit of the outcome, above zero), for a caller who knows how
    /// many degrees of freedom the error has.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] unless `df` is above zero, [`StatsError::NoVariation`] unless the error is,
    /// [`StatsError::Overflow`].
    pub fn from_t(estimate: f64, standard_error: f64, df: f64, n: usize, level: Level) -> Result<Effect, StatsError> {
        computed("estimate", estimate)?;
        computed("standard error", standard_error)?;
        super::error::check_positive("degrees of freedom", df)?;
        if standard_error <= 0.0 {
            return Err(StatsError::NoVariation { what: "the outcome", n });
        }
        let t = computed("t", estimate / standard_error)?;
        let half_width = student_t_quantile(level.upper_probability(), df) * standard_error;
        let interval = Interval { low: estimate - half_width, high: estimate + half_width }.map(|bound| bound)?;
        let p = student_t_two_sided_p(t, df);
        Ok(Effect { estimate, standard_error, degrees_of_freedom: df, t, p, interval, n: n as u64, level })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_levels_outside_zero_and_one() {
        for level in [0.0, 1.0, -0.1, 95.0, f64::NAN] {
            assert!(Level::new(level).is_err());
        }
        assert_eq!(Level::new(0.95).unwrap(), Level::NINETY_FIVE);
    }

    #[test]
    fn quantiles_of_t_come_from_the_level() {
        assert!((Level::NINETY_FIVE.t_quantile(9.0).unwrap() - 2.262_157_162_798_205).abs() < 1e-9);
        assert!(Level::NINETY_FIVE.t_quantile(0.0).is_err());
    }

    #[test]
    fn an_effect_without_variation_is_an_error_and_not_infinity() {
        let refused = Effect::from_t(1.0, 0.0, 5.0, 7, Level::NINETY_FIVE);
        assert_eq!(refused, Err(StatsError::NoVariation { what: "the outcome", n: 7 }));
        assert!(Effect::from_t(1.0, 1.0, 0.0, 7, Level::NINETY_FIVE).is_err());
    }
}
