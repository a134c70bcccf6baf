//! Times until an event when not every event has been seen yet. The one rule: a row that is still waiting counts for as
//! long as it was watched, and is never dropped.

mod restricted;

use super::distribution::normal_quantile;
use super::error::{check_finite, check_length, check_not_negative, check_weights};
use super::{Estimate, Interval, Level, StatsError};
pub use restricted::restricted_mean_difference;

/// Two survival figures that differ by less than this are equal: a product of fractions that is one half must not miss
/// the median by its last digit.
const ROUNDING: f64 = 1e-12;

/// One row per thing watched: `durations[i]` is the time until its event where `observed[i]`, else until the watching
/// ended. Any unit, zero or more.
#[derive(Debug, Clone, Copy)]
pub struct Durations<'a> {
    pub durations: &'a [f64],
    pub observed: &'a [bool],
}

/// The curve at one distinct duration. Counts are sums of weights where rows carry weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// In the unit of the durations.
    pub time: f64,
    /// Rows whose duration is `time` or more.
    pub at_risk: f64,
    pub events: f64,
    /// Rows whose watching ended at `time`: they were at risk of the events at that very time.
    pub censored: f64,
    /// Share without the event just after `time`.
    pub survival: f64,
    /// Greenwood's sum up to `time`, Σ d / (r (r − d)): the variance of the log of `survival` (Greenwood 1926). `None`
    /// once the curve is at zero.
    pub log_variance: Option<f64>,
}

impl Step {
    /// The pointwise interval on the scale of ln(−ln S), which stays within 0 and 1 (Kalbfleisch & Prentice 1980):
    /// S^exp(± z √v / ln S) with v of Greenwood. `None` before the first event and once the curve is at zero.
    #[must_use]
    pub fn interval(&self, level: Level) -> Option<Interval> {
        let log = self.survival.ln();
        let deviation = self.log_variance?.sqrt();
        if log >= 0.0 {
            return None;
        }
        let power = (normal_quantile(level.upper_probability()) * deviation / -log).exp();
        Some(Interval { low: self.survival.powf(power), high: self.survival.powf(1.0 / power) })
    }
}

/// The share without the event as a falling step function: 1 before the first step.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// One a distinct duration, ascending.
    pub steps: Vec<Step>,
    /// Rows behind it.
    pub n: u64,
}

/// The product-limit curve of Kaplan & Meier (1958): S(t) = Π (1 − d/r) over the event times up to t.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::Negative`] for a negative duration.
pub fn kaplan_meier(rows: Durations) -> Result<Curve, StatsError> {
    curve(rows, |_| 1.0)
}

/// As [`kaplan_meier`], of rows that count in part: weights above 0 and at most 1. The variance treats a sum of weights
/// like a number of rows, so it is at least as wide as with the rows counted in full.
///
/// # Errors
/// As [`kaplan_meier`]; [`StatsError::Weight`].
pub fn weighted_kaplan_meier(rows: Durations, weights: &[f64]) -> Result<Curve, StatsError> {
    check_length("weights", rows.durations.len(), weights.len())?;
    check_weights(weights)?;
    curve(rows, |row| weights[row])
}

/// The time by which a share `probability` of the rows has had the event, with the interval of Brookmeyer & Crowley
/// (1982) on the scale of ln(−ln S). See [`Curve::quantile`].
///
/// # Errors
/// As [`kaplan_meier`]; [`StatsError::Probability`] unless 0 < `probability` < 1.
pub fn survival_quantile(rows: Durations, probability: f64, level: Level) -> Result<Estimate, StatsError> {
    kaplan_meier(rows)?.quantile(probability, level)
}

impl Curve {
    /// The share without the event just after `time`.
    #[must_use]
    pub fn survival(&self, time: f64) -> f64 {
        let reached = self.steps.partition_point(|step| step.time <= time);
        reached.checked_sub(1).map_or(1.0, |last| self.steps[last].survival)
    }

    /// The smallest time at which the curve is at or below 1 − `probability`. Absent when it does not fall so far: then
    /// the figure is beyond what was watched.
    ///
    /// The interval is that of Brookmeyer & Crowley (1982): from the first time at which the lower limit of the curve is
    /// at or below 1 − `probability` to the first at which the upper limit is. It is absent when the upper limit stays
    /// above, because then the data do not bound the figure.
    ///
    /// # Errors
    /// [`StatsError::Probability`] unless 0 < `probability` < 1.
    pub fn quantile(&self, probability: f64, level: Level) -> Result<Estimate, StatsError> {
        if !(probability > 0.0 && probability < 1.0) {
            return Err(StatsError::Probability { probability });
        }
        let target = 1.0 - probability + ROUNDING;
        let value = self.first(|step| step.survival <= target);
        let low = self.first(|step| step.interval(level).is_some_and(|it| it.low <= target) || step.survival <= 0.0);
        let high = self.first(|step| step.interval(level).is_some_and(|it| it.high <= target));
        let interval = match (value, low, high) {
            (Some(_), Some(low), Some(high)) => Some(Interval { low, high }),
            _ => None,
        };
        Ok(Estimate { value, interval, n: self.n, level })
    }

    fn first(&self, is_reached: impl Fn(&Step) -> bool) -> Option<f64> {
        self.steps.iter().find(|step| is_reached(step)).map(|step| step.time)
    }
}

fn curve(rows: Durations, weight: impl Fn(usize) -> f64) -> Result<Curve, StatsError> {
    let Durations { durations, observed } = rows;
    check_length("observed", durations.len(), observed.len())?;
    check_finite("duration", durations)?;
    check_not_negative("duration", durations)?;
    let mut order: Vec<usize> = (0..durations.len()).collect();
    // Rows of one time are summed in the order of their weights, so that the order of the input changes no digit.
    order.sort_by(|a, b| durations[*a].total_cmp(&durations[*b]).then_with(|| weight(*a).total_cmp(&weight(*b))));
    let mut at_risk = order.iter().rev().map(|row| weight(*row)).sum::<f64>();
    let mut steps = Vec::new();
    let (mut survival, mut log_variance) = (1.0, Some(0.0));
    for rows in order.chunk_by(|a, b| durations[*a].total_cmp(&durations[*b]).is_eq()) {
        let of =
            |wanted: bool| rows.iter().filter(|row| observed[**row] == wanted).map(|row| weight(*row)).sum::<f64>();
        let (events, censored) = (of(true), of(false));
        let left = at_risk - events;
        if left > ROUNDING {
            survival *= left / at_risk;
            log_variance = log_variance.map(|sum| sum + events / (at_risk * left));
        } else {
            (survival, log_variance) = (0.0, None);
        }
        steps.push(Step { time: durations[rows[0]], at_risk, events, censored, survival, log_variance });
        at_risk = left - censored;
    }
    Ok(Curve { steps, n: durations.len() as u64 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows<'a>(durations: &'a [f64], observed: &'a [bool]) -> Durations<'a> {
        Durations { durations, observed }
    }

    #[test]
    fn a_curve_by_hand_with_a_tie_and_censoring_at_an_event_time() {
        // Five rows: events at 1, 2, 2; one censored at 2 was still at risk there; one censored at 4.
        let curve = kaplan_meier(rows(&[2.0, 1.0, 2.0, 4.0, 2.0], &[true, true, false, false, true])).unwrap();
        let of = |pick: fn(&Step) -> f64| curve.steps.iter().map(pick).collect::<Vec<_>>();
        assert_eq!(of(|step| step.time), [1.0, 2.0, 4.0]);
        assert_eq!(of(|step| step.at_risk), [5.0, 4.0, 1.0]);
        assert_eq!(of(|step| step.events), [1.0, 2.0, 0.0]);
        assert_eq!(of(|step| step.censored), [0.0, 1.0, 1.0]);
        assert_eq!(of(|step| step.survival), [0.8, 0.4, 0.4]);
        assert_eq!(curve.survival(0.5), 1.0);
        assert_eq!(curve.survival(3.9), 0.4);
        assert_eq!(curve.quantile(0.5, Level::NINETY_FIVE).unwrap().value, Some(2.0));
        // It never falls to a tenth: nobody knows when nine in ten had the event.
        assert_eq!(curve.quantile(0.9, Level::NINETY_FIVE).unwrap().value, None);
    }

    #[test]
    fn nothing_one_row_and_nothing_but_waiting() {
        let none = survival_quantile(rows(&[], &[]), 0.5, Level::NINETY_FIVE).unwrap();
        assert_eq!((none.value, none.interval, none.n), (None, None, 0));
        let one = survival_quantile(rows(&[3.0], &[true]), 0.5, Level::NINETY_FIVE).unwrap();
        assert_eq!((one.value, one.interval, one.n), (Some(3.0), None, 1));
        let waiting = survival_quantile(rows(&[3.0; 40], &[false; 40]), 0.5, Level::NINETY_FIVE).unwrap();
        assert_eq!((waiting.value, waiting.interval, waiting.n), (None, None, 40));
        assert!(survival_quantile(rows(&[1.0], &[true]), 1.0, Level::NINETY_FIVE).is_err());
        assert!(kaplan_meier(rows(&[-1.0], &[true])).is_err());
        assert!(kaplan_meier(rows(&[1.0, 2.0], &[true])).is_err());
    }

    #[test]
    fn half_is_half_whatever_the_last_digit_of_the_product() {
        for n in (2..60).step_by(2) {
            let durations: Vec<f64> = (1..=n).map(f64::from).collect();
            let median = survival_quantile(rows(&durations, &vec![true; durations.len()]), 0.5, Level::NINETY_FIVE);
            assert_eq!(median.unwrap().value, Some(f64::from(n / 2)));
        }
    }

    #[test]
    fn equal_weights_change_no_curve_and_a_wrong_weight_is_refused() {
        let data = rows(&[1.0, 2.0, 2.0, 3.0], &[true, true, false, true]);
        let (full, half) = (kaplan_meier(data).unwrap(), weighted_kaplan_meier(data, &[0.5; 4]).unwrap());
        for (full, half) in full.steps.iter().zip(&half.steps) {
            assert!((full.survival - half.survival).abs() < 1e-15);
        }
        assert!(weighted_kaplan_meier(data, &[1.0, 1.0, 0.0, 1.0]).is_err());
        assert!(weighted_kaplan_meier(data, &[1.0; 3]).is_err());
    }

    proptest! {
        #[test]
        fn it_falls_from_one_and_does_not_depend_on_the_order_of_rows(
            data in prop::collection::vec((0_u8..20, any::<bool>(), 1_u8..=10), 1..60),
        ) {
            let durations: Vec<f64> = data.iter().map(|row| f64::from(row.0)).collect();
            let observed: Vec<bool> = data.iter().map(|row| row.1).collect();
            let weights: Vec<f64> = data.iter().map(|row| f64::from(row.2) / 10.0).collect();
            let curve = weighted_kaplan_meier(rows(&durations, &observed), &weights).unwrap();
            prop_assert!(curve.steps.iter().all(|step| (0.0..=1.0).contains(&step.survival)));
            prop_assert!(curve.steps.windows(2).all(|pair| pair[0].survival >= pair[1].survival));
            let reversed = |values: &[f64]| values.iter().rev().copied().collect::<Vec<_>>();
            let (durations, weights) = (reversed(&durations), reversed(&weights));
            let observed: Vec<bool> = observed.into_iter().rev().collect();
            // The weighted sums are those of one order, whichever the rows come in, except for rows of one time and weight.
            let again = weighted_kaplan_meier(rows(&durations, &observed), &weights).unwrap();
            prop_assert_eq!(again, curve);
        }
    }
}
