//! Sets of values that a test does not reject, when they need not be an interval. The one rule: what is not bounded is
//! said, never cut off.

use super::error::computed;
use super::{Interval, StatsError};

/// The solutions of a quadratic inequality, in the unit of the figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ConfidenceSet {
    Interval(Interval),
    /// All values up to `until` and all from `from` on, `until` < `from`: the data rule out only what lies between.
    Outside {
        until: f64,
        from: f64,
    },
    AtMost(f64),
    AtLeast(f64),
    /// No value is ruled out.
    Everything,
    /// Every value is ruled out.
    Empty,
}

impl ConfidenceSet {
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        match self {
            ConfidenceSet::Interval(interval) => interval.contains(value),
            ConfidenceSet::Outside { until, from } => value <= *until || value >= *from,
            ConfidenceSet::AtMost(bound) => value <= *bound,
            ConfidenceSet::AtLeast(bound) => value >= *bound,
            ConfidenceSet::Everything => true,
            ConfidenceSet::Empty => false,
        }
    }

    /// The interval, when the set is one.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        match self {
            ConfidenceSet::Interval(interval) => Some(*interval),
            _ => None,
        }
    }

    /// All x with `square` x² − 2 `half` x + `constant` ≤ 0.
    pub(super) fn of_quadratic(square: f64, half: f64, constant: f64) -> Result<ConfidenceSet, StatsError> {
        for value in [square, half, constant] {
            computed("a confidence set", value)?;
        }
        if square == 0.0 {
            return Ok(ConfidenceSet::of_line(half, constant));
        }
        let discriminant = computed("a confidence set", half * half - square * constant)?;
        if discriminant < 0.0 {
            return Ok(if square > 0.0 { ConfidenceSet::Empty } else { ConfidenceSet::Everything });
        }
        // The root that does not cancel, and the other from their product.
        let sum = half + discriminant.sqrt().copysign(half);
        let (one, other) = (sum / square, if sum == 0.0 { 0.0 } else { constant / sum });
        let low = computed("lower bound", one.min(other))?;
        let high = computed("upper bound", one.max(other))?;
        if square > 0.0 {
            return Ok(ConfidenceSet::Interval(Interval { low, high }));
        }
        Ok(if low < high { ConfidenceSet::Outside { until: low, from: high } } else { ConfidenceSet::Everything })
    }

    fn of_line(half: f64, constant: f64) -> ConfidenceSet {
        if half > 0.0 {
            ConfidenceSet::AtLeast(constant / (2.0 * half))
        } else if half < 0.0 {
            ConfidenceSet::AtMost(constant / (2.0 * half))
        } else if constant <= 0.0 {
            ConfidenceSet::Everything
        } else {
            ConfidenceSet::Empty
        }
    }

    /// The image under x − 1.
    pub(super) fn less_one(self) -> ConfidenceSet {
        match self {
            ConfidenceSet::Interval(Interval { low, high }) => {
                ConfidenceSet::Interval(Interval { low: low - 1.0, high: high - 1.0 })
            }
            ConfidenceSet::Outside { until, from } => ConfidenceSet::Outside { until: until - 1.0, from: from - 1.0 },
            ConfidenceSet::AtMost(bound) => ConfidenceSet::AtMost(bound - 1.0),
            ConfidenceSet::AtLeast(bound) => ConfidenceSet::AtLeast(bound - 1.0),
            ConfidenceSet::Everything | ConfidenceSet::Empty => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_shape_of_a_quadratic_has_its_set() {
        let set = |square, half, constant| ConfidenceSet::of_quadratic(square, half, constant).unwrap();
        assert_eq!(set(1.0, 2.0, 3.0), ConfidenceSet::Interval(Interval { low: 1.0, high: 3.0 }));
        assert_eq!(set(-1.0, -2.0, -3.0), ConfidenceSet::Outside { until: 1.0, from: 3.0 });
        assert_eq!(set(1.0, 0.0, 1.0), ConfidenceSet::Empty);
        assert_eq!(set(-1.0, 0.0, -1.0), ConfidenceSet::Everything);
        assert_eq!(set(-1.0, 0.0, 0.0), ConfidenceSet::Everything);
        assert_eq!(set(0.0, 1.0, 4.0), ConfidenceSet::AtLeast(2.0));
        assert_eq!(set(0.0, -1.0, 4.0), ConfidenceSet::AtMost(-2.0));
        assert_eq!(set(0.0, 0.0, 0.0), ConfidenceSet::Everything);
        assert_eq!(set(0.0, 0.0, 1.0), ConfidenceSet::Empty);
        assert!(ConfidenceSet::of_quadratic(f64::NAN, 0.0, 0.0).is_err());
        assert!(ConfidenceSet::of_quadratic(1.0, 1e300, 0.0).is_err());
    }

    proptest! {
        #[test]
        fn holds_what_solves_the_inequality(
            square in -3.0..3.0_f64, half in -3.0..3.0_f64, constant in -3.0..3.0_f64, value in -9.0..9.0_f64,
        ) {
            let left = square * value * value - 2.0 * half * value + constant;
            let set = ConfidenceSet::of_quadratic(square, half, constant).unwrap();
            prop_assert!(left.abs() < 1e-9 || set.contains(value) == (left <= 0.0));
            prop_assert_eq!(set.less_one().contains(value - 1.0), set.contains(value));
        }
    }
}
