//! The mean time without the event up to a horizon. The one rule: the horizon lies within what was watched, or there is
//! no answer.

use super::{Curve, ROUNDING, Step};
use crate::stats::distribution::normal_quantile;
use crate::stats::error::{check_finite, computed};
use crate::stats::{Asymptotic, Estimate, Level, StatsError};

/// An area below the curve and its variance.
struct Area {
    value: f64,
    variance: f64,
}

impl Curve {
    /// The mean time without the event up to `horizon`: the area below the curve, in the unit of the durations, with
    /// ± z times the error of Greenwood's kind, √Σ A(t)² d / (r (r − d)) with A(t) the area from t to `horizon` (Klein &
    /// Moeschberger 2003, 4.5). Absent without rows, and when the watching ended before `horizon` on a curve that had not
    /// reached zero.
    ///
    /// # Errors
    /// [`StatsError::NotPositive`] or [`StatsError::NotFinite`] for the horizon.
    pub fn restricted_mean(&self, horizon: f64, level: Level) -> Result<Estimate, StatsError> {
        let Some(Area { value, variance }) = self.area(horizon)? else {
            return Ok(Estimate::absent(self.n, level));
        };
        let half_width = normal_quantile(level.upper_probability()) * variance.sqrt();
        let bounds = ((value - half_width).max(0.0), (value + half_width).min(horizon));
        Estimate::with_bounds(value, bounds, self.n, level)
    }

    fn area(&self, horizon: f64) -> Result<Option<Area>, StatsError> {
        check_finite("horizon", &[horizon])?;
        if horizon <= 0.0 {
            return Err(StatsError::NotPositive { what: "horizon", index: 0, value: horizon });
        }
        let is_known = self.steps.last().is_some_and(|last| last.time >= horizon || last.survival <= 0.0);
        if !is_known {
            return Ok(None);
        }
        let steps: Vec<&Step> = self.steps.iter().take_while(|step| step.time < horizon).collect();
        let (mut area, mut variance, mut end) = (0.0, 0.0, horizon);
        for step in steps.into_iter().rev() {
            area += step.survival * (end - step.time);
            end = step.time;
            let left = step.at_risk - step.events;
            if left > ROUNDING {
                variance += area * area * step.events / (step.at_risk * left);
            }
        }
        Ok(Some(Area { value: area + end, variance: computed("variance", variance)? }))
    }
}

/// The difference of the mean times without the event up to `horizon`, treated minus control, in the unit of the
/// durations (Royston & Parmar 2013): what the treatment saves or costs within the horizon, without presuming
/// proportional hazards. Rows are independent units; the error is normal. `None` when a curve is not known up to the
/// horizon; see [`Curve::restricted_mean`].
///
/// # Errors
/// As [`Curve::restricted_mean`]; [`StatsError::NoVariation`] when neither arm has an event before the horizon and after
/// it somebody at risk.
pub fn restricted_mean_difference(
    treated: &Curve,
    control: &Curve,
    horizon: f64,
    level: Level,
) -> Result<Option<Asymptotic>, StatsError> {
    let (Some(one), Some(other)) = (treated.area(horizon)?, control.area(horizon)?) else {
        return Ok(None);
    };
    let rows = usize::try_from(treated.n + control.n).map_err(|_| StatsError::Overflow { what: "number of rows" })?;
    Asymptotic::new(one.value - other.value, (one.variance + other.variance).sqrt(), rows, level).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Durations, kaplan_meier};

    fn curve(durations: &[f64], observed: &[bool]) -> Curve {
        kaplan_meier(Durations { durations, observed }).unwrap()
    }

    #[test]
    fn without_censoring_the_restricted_mean_is_the_mean() {
        let all = curve(&[1.0, 2.0, 6.0], &[true; 3]);
        assert!((all.restricted_mean(6.0, Level::NINETY_FIVE).unwrap().value.unwrap() - 3.0).abs() < 1e-12);
        // Up to 4 the third row lived 4: (1 + 2 + 4) / 3.
        assert!((all.restricted_mean(4.0, Level::NINETY_FIVE).unwrap().value.unwrap() - 7.0 / 3.0).abs() < 1e-12);
        let short = curve(&[1.0, 2.0], &[true, false]);
        assert_eq!(short.restricted_mean(3.0, Level::NINETY_FIVE).unwrap().value, None);
        assert!(short.restricted_mean(0.0, Level::NINETY_FIVE).is_err());
    }

    #[test]
    fn without_censoring_the_difference_is_that_of_means_with_divisor_n() {
        let (treated, control) = (curve(&[1.0, 2.0, 6.0], &[true; 3]), curve(&[4.0, 8.0], &[true; 2]));
        let of = |one: &Curve, other: &Curve| restricted_mean_difference(one, other, 6.0, Level::NINETY_FIVE);
        let found = of(&treated, &control).unwrap().unwrap();
        assert!((found.estimate + 2.0).abs() < 1e-12);
        // Variances 14/3 of 1, 2, 6 and 1 of 4, 6 with divisor n, each over n.
        assert!((found.standard_error - (14.0_f64 / 9.0 + 0.5).sqrt()).abs() < 1e-12);
        let swapped = of(&control, &treated).unwrap().unwrap();
        assert_eq!((swapped.estimate, swapped.standard_error), (-found.estimate, found.standard_error));
        assert_eq!(of(&treated, &curve(&[1.0, 2.0], &[true, false])), Ok(None));
        let late = curve(&[7.0, 7.0], &[true; 2]);
        assert!(matches!(of(&late, &late), Err(StatsError::NoVariation { .. })));
    }
}
