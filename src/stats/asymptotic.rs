//! Large-sample inference. The one rule: it says z, never t, so that nobody takes it for exact with few units.

use super::distribution::{normal_quantile, normal_two_sided_p};
use super::error::computed;
use super::{Effect, Interval, Level, StatsError};

/// An estimate referred to the normal distribution, in the unit of its docs. With few units the interval is too short.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asymptotic {
    pub estimate: f64,
    pub standard_error: f64,
    /// `estimate / standard_error`.
    pub z: f64,
    /// Two-sided, against zero.
    pub p: f64,
    pub interval: Interval,
    /// Units analysed.
    pub n: u64,
    pub level: Level,
}

impl Asymptotic {
    /// Normal inference from an estimate and its standard error (above zero).
    pub(super) fn new(estimate: f64, standard_error: f64, n: usize, level: Level) -> Result<Asymptotic, StatsError> {
        computed("estimate", estimate)?;
        computed("standard error", standard_error)?;
        if standard_error <= 0.0 {
            return Err(StatsError::NoVariation { what: "the outcome", n });
        }
        let z = computed("z", estimate / standard_error)?;
        let half_width = normal_quantile(level.upper_probability()) * standard_error;
        let interval = Interval { low: estimate - half_width, high: estimate + half_width }.map(|bound| bound)?;
        Ok(Asymptotic { estimate, standard_error, z, p: normal_two_sided_p(z), interval, n: n as u64, level })
    }

    /// The same estimate and standard error referred to Student's t with `df` degrees of freedom, for a caller who knows how
    /// many independent units the error rests on.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] unless `df` is above zero, [`StatsError::Overflow`].
    pub fn by_t(&self, df: f64) -> Result<Effect, StatsError> {
        super::error::check_positive("degrees of freedom", df)?;
        let units = usize::try_from(self.n).map_err(|_| StatsError::Overflow { what: "number of units" })?;
        Effect::from_t(self.estimate, self.standard_error, df, units, self.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_of_few_units_has_the_longer_interval_and_t_of_many_the_same() {
        let normal = Asymptotic::new(2.0, 1.0, 10, Level::NINETY_FIVE).unwrap();
        let few = normal.by_t(9.0).unwrap();
        // The 97.5 % quantile of t with 9 degrees of freedom.
        assert!((few.interval.high - 2.0 - 2.262_157_162_798_205).abs() < 1e-9 && few.p > normal.p, "{few:?}");
        assert!((normal.by_t(1e9).unwrap().interval.high - normal.interval.high).abs() < 1e-7);
        assert!(normal.by_t(0.0).is_err());
    }
}
