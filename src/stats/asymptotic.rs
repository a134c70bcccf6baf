//! Large-sample inference. The one rule: it says z, never t, so that nobody takes it for exact with few units.

use super::distribution::{normal_quantile, normal_two_sided_p};
use super::error::computed;
use super::{Interval, Level, StatsError};

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
}
