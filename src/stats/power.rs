//! Power, the smallest detectable effect and how many units are needed. The one rule: with few clusters the noncentral t
//! decides, never the normal.

use super::distribution::{bisect, normal_upper_quantile, normal_upper_tail, student_t_upper_quantile};
use super::error::{check_finite, check_positive, computed};
use super::noncentral_t::noncentral_t_upper_tail;
use super::{Level, StatsError};

/// Searches over units and effects end here.
const UNITS_LIMIT: f64 = 1e9;

/// On which side of no effect the test rejects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alternative {
    /// On both, with half of what the level leaves out on each. Power counts rejections on either side.
    TwoSided,
    /// Only on the side of the true effect, with all of what the level leaves out.
    OneSided,
}

/// What a planned experiment can tell: the standard error of its effect, in the unit of the outcome, and the degrees of
/// freedom with which it will be estimated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision {
    pub standard_error: f64,
    pub degrees_of_freedom: f64,
}

/// Clusters, such as teams, randomised as wholes to two arms of the same number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannedClusters {
    pub per_arm: f64,
    /// Rows per cluster.
    pub mean_size: f64,
    /// The standard deviation of the sizes over their mean; 0 when all are the same.
    pub size_variation: f64,
    /// The part of the variance of a row that its cluster explains.
    pub intraclass_correlation: f64,
    /// The standard deviation of a row, in the unit of the outcome.
    pub deviation: f64,
}

impl Precision {
    /// Two groups of so many units (more than two together; a fraction while planning), with one standard deviation of
    /// a unit: s√(1/n₁ + 1/n₀), n₁ + n₀ − 2 degrees of freedom. With a covariate of correlation r, pass s√(1 − r²).
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`], [`StatsError::Overflow`].
    pub fn of_groups(treated: f64, control: f64, deviation: f64) -> Result<Precision, StatsError> {
        check_positive("treated units", treated)?;
        check_positive("control units", control)?;
        Precision::new(deviation, 1.0 / treated + 1.0 / control, treated + control - 2.0)
    }

    /// So many matched pairs (more than one), with the standard deviation of the difference within a pair: s/√n, n − 1
    /// degrees of freedom.
    ///
    /// # Errors
    /// As [`Precision::of_groups`].
    pub fn of_pairs(pairs: f64, deviation_of_differences: f64) -> Result<Precision, StatsError> {
        check_positive("pairs", pairs)?;
        Precision::new(deviation_of_differences, 1.0 / pairs, pairs - 1.0)
    }

    /// The variance of the mean of m rows of a cluster is s² D/m with D the [`design_effect`]; J clusters an arm have
    /// 2(J − 1) degrees of freedom (Murray 1998; Hayes & Moulton 2017).
    ///
    /// # Errors
    /// As [`Precision::of_groups`] and [`design_effect`].
    pub fn of_clusters(clusters: PlannedClusters) -> Result<Precision, StatsError> {
        let PlannedClusters { per_arm, mean_size, size_variation, intraclass_correlation, deviation } = clusters;
        check_positive("clusters per arm", per_arm)?;
        let inflation = design_effect(mean_size, size_variation, intraclass_correlation)?;
        Precision::new(deviation, 2.0 * inflation / mean_size / per_arm, 2.0 * (per_arm - 1.0))
    }

    fn new(deviation: f64, variance_factor: f64, degrees_of_freedom: f64) -> Result<Precision, StatsError> {
        check_positive("standard deviation", deviation)?;
        check_degrees_of_freedom(degrees_of_freedom)?;
        let standard_error = computed("standard error", deviation * variance_factor.sqrt())?;
        Ok(Precision { standard_error, degrees_of_freedom })
    }

    /// The chance that a t test at `level` rejects when the true effect is `effect` (unit of the outcome).
    ///
    /// # Errors
    /// [`StatsError::NotFinite`], [`StatsError::OutOfRange`] for a precision that is not above zero.
    pub fn power(&self, effect: f64, alternative: Alternative, level: Level) -> Result<f64, StatsError> {
        check_finite("effect", &[effect])?;
        self.check()?;
        Ok(self.power_at(computed("noncentrality", effect.abs() / self.standard_error)?, alternative, level))
    }

    /// The least effect above zero (unit of the outcome) that the test finds with the chance `power`, which is more than
    /// the chance of a false alarm.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] for a power that is not between the chance of a false alarm and 1.
    pub fn smallest_detectable_effect(
        &self,
        power: f64,
        alternative: Alternative,
        level: Level,
    ) -> Result<f64, StatsError> {
        self.check()?;
        check_power(power, level)?;
        let is_too_small = |noncentrality: f64| self.power_at(noncentrality, alternative, level) < power;
        let mut high = 1.0;
        while is_too_small(high) {
            high *= 2.0;
            if high > UNITS_LIMIT {
                return Err(StatsError::OutOfRange {
                    what: "power",
                    value: power,
                    expected: "one that can be reached",
                });
            }
        }
        computed("effect", bisect(0.0, high, is_too_small) * self.standard_error)
    }

    fn check(&self) -> Result<(), StatsError> {
        check_positive("standard error", self.standard_error)?;
        check_degrees_of_freedom(self.degrees_of_freedom)
    }

    fn power_at(&self, noncentrality: f64, alternative: Alternative, level: Level) -> f64 {
        let df = self.degrees_of_freedom;
        match alternative {
            Alternative::OneSided => {
                noncentral_t_upper_tail(student_t_upper_quantile(level.alpha(), df), df, noncentrality)
            }
            Alternative::TwoSided => {
                let critical = student_t_upper_quantile(level.alpha() / 2.0, df);
                noncentral_t_upper_tail(critical, df, noncentrality)
                    + noncentral_t_upper_tail(critical, df, -noncentrality)
            }
        }
    }
}

/// By how much clusters of unequal size multiply the variance of a mean over rows: 1 + ((v² + 1) m − 1) ρ for a mean size
/// m, coefficient of variation v and intraclass correlation ρ (Eldridge, Ashby & Kerry 2006).
///
/// # Errors
/// [`StatsError::OutOfRange`] for a size below 1, a negative variation or a correlation outside 0 to 1.
pub fn design_effect(mean_size: f64, size_variation: f64, intraclass_correlation: f64) -> Result<f64, StatsError> {
    if !(mean_size >= 1.0 && mean_size.is_finite()) {
        return Err(StatsError::OutOfRange { what: "mean size", value: mean_size, expected: "at least 1" });
    }
    if !(size_variation >= 0.0 && size_variation.is_finite()) {
        let what = "coefficient of variation";
        return Err(StatsError::OutOfRange { what, value: size_variation, expected: "zero or more" });
    }
    super::error::check_p("intraclass correlation", intraclass_correlation)?;
    let size = (size_variation * size_variation + 1.0) * mean_size;
    computed("design effect", 1.0 + (size - 1.0) * intraclass_correlation)
}

/// How many units (two at least; a fraction, round it up) a design needs to find `effect` with the chance `power`.
/// `precision_at` says what so many units tell, for example `|n| Precision::of_groups(n, n, deviation)`; more units must
/// not tell less.
///
/// # Errors
/// Those of `precision_at`, [`StatsError::NotFinite`], and [`StatsError::OutOfRange`] for a power that is not between the
/// chance of a false alarm and 1 or that a billion units do not reach.
pub fn units_needed(
    precision_at: impl Fn(f64) -> Result<Precision, StatsError>,
    effect: f64,
    power: f64,
    alternative: Alternative,
    level: Level,
) -> Result<f64, StatsError> {
    check_power(power, level)?;
    let reaches = |units: f64| -> Result<bool, StatsError> {
        Ok(precision_at(units)?.power(effect, alternative, level)? >= power)
    };
    let (mut low, mut high) = (2.0, 2.0);
    while !reaches(high)? {
        low = high;
        high *= 2.0;
        if high > UNITS_LIMIT {
            return Err(StatsError::OutOfRange { what: "power", value: power, expected: "one that units can reach" });
        }
    }
    while high - low > 1e-12 * high {
        let middle = low + (high - low) / 2.0;
        if reaches(middle)? {
            high = middle;
        } else {
            low = middle;
        }
    }
    Ok(high)
}

/// The chance that a two-sided test of two shares, `per_arm` units each, rejects on the side of the true difference, by
/// the normal approximation with the pooled variance under no difference (Fleiss 1981).
///
/// # Errors
/// [`StatsError::OutOfRange`] for a share that is not between 0 and 1 or no units.
pub fn power_of_shares(per_arm: f64, treated: f64, control: f64, level: Level) -> Result<f64, StatsError> {
    check_positive("units per arm", per_arm)?;
    for share in [treated, control] {
        if !(share > 0.0 && share < 1.0) {
            return Err(StatsError::OutOfRange { what: "share", value: share, expected: "between 0 and 1" });
        }
    }
    let pooled = f64::midpoint(treated, control);
    let under_none = (2.0 * pooled * (1.0 - pooled)).sqrt();
    let under_effect = (treated * (1.0 - treated) + control * (1.0 - control)).sqrt();
    let critical = normal_upper_quantile(level.alpha() / 2.0) * under_none;
    Ok(normal_upper_tail((critical - per_arm.sqrt() * (treated - control).abs()) / under_effect))
}

/// With less than one half even enormous effects are hardly found, and no sum has so few.
fn check_degrees_of_freedom(df: f64) -> Result<(), StatsError> {
    if df >= 0.5 && df.is_finite() {
        Ok(())
    } else {
        let expected = "a finite number of at least ½, from more units";
        Err(StatsError::OutOfRange { what: "degrees of freedom", value: df, expected })
    }
}

fn check_power(power: f64, level: Level) -> Result<(), StatsError> {
    if power > level.alpha() && power < 1.0 {
        Ok(())
    } else {
        let expected = "more than the chance of a false alarm and less than 1";
        Err(StatsError::OutOfRange { what: "power", value: power, expected })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LEVEL: Level = Level::NINETY_FIVE;

    #[test]
    fn no_effect_is_found_as_often_as_a_false_alarm() {
        let precision = Precision::of_groups(6.0, 9.0, 2.0).unwrap();
        for alternative in [Alternative::TwoSided, Alternative::OneSided] {
            assert!((precision.power(0.0, alternative, LEVEL).unwrap() - 0.05).abs() < 1e-12);
        }
    }

    #[test]
    fn refuses_designs_and_powers_that_do_not_exist() {
        assert!(Precision::of_groups(1.0, 1.0, 1.0).is_err());
        assert!(Precision::of_pairs(1.0, 1.0).is_err());
        assert!(Precision::of_pairs(5.0, 0.0).is_err());
        assert!(design_effect(0.5, 0.0, 0.1).is_err());
        assert!(design_effect(5.0, -1.0, 0.1).is_err());
        assert!(design_effect(5.0, 0.0, 1.1).is_err());
        let precision = Precision::of_pairs(8.0, 1.0).unwrap();
        for power in [0.05, 1.0, f64::NAN] {
            assert!(precision.smallest_detectable_effect(power, Alternative::TwoSided, LEVEL).is_err());
        }
        assert!(precision.power(f64::INFINITY, Alternative::TwoSided, LEVEL).is_err());
        // More rows in the same clusters never reach what more clusters would.
        let rows = |size: f64| {
            Precision::of_clusters(PlannedClusters {
                per_arm: 4.0,
                mean_size: size,
                size_variation: 0.0,
                intraclass_correlation: 0.2,
                deviation: 1.0,
            })
        };
        let refused = units_needed(rows, 0.1, 0.8, Alternative::TwoSided, LEVEL);
        assert!(matches!(refused, Err(StatsError::OutOfRange { what: "power", .. })), "{refused:?}");
        assert!(power_of_shares(50.0, 0.0, 0.5, LEVEL).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn effect_and_units_are_inverses_of_power(units in 3.0..200.0_f64, power in 0.2..0.99_f64) {
            let at = |n: f64| Precision::of_groups(n, n, 1.5);
            for alternative in [Alternative::TwoSided, Alternative::OneSided] {
                let effect = at(units).unwrap().smallest_detectable_effect(power, alternative, LEVEL).unwrap();
                let found = at(units).unwrap().power(effect, alternative, LEVEL).unwrap();
                prop_assert!((found - power).abs() < 1e-11);
                let needed = units_needed(at, effect, power, alternative, LEVEL).unwrap();
                prop_assert!((needed - units).abs() < 1e-7 * units, "{needed} is not {units}");
            }
        }
    }
}
