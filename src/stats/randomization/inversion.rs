//! The effects a test does not reject.

use crate::stats::{Interval, Level};

/// p-values are ratios of counts; this decides those that equal 1 − level up to rounding: they reject.
const TOLERANCE: f64 = 1e-12;
/// Search outwards up to the spread of the outcome times 2⁵⁰.
const DOUBLINGS: u32 = 60;
const FIRST_STEP: f64 = 1.0 / 1024.0;

/// From the lowest to the highest effect around `estimate` (where p is 1) with p > 1 − level; `None` when the p-value
/// does not fall to 1 − level on both sides. `scale` is the spread of the outcome, in its unit.
pub(in crate::stats) fn interval(
    estimate: f64,
    scale: f64,
    level: Level,
    p_at: impl Fn(f64) -> f64,
) -> Option<Interval> {
    let is_accepted = |effect: f64| p_at(effect) > level.alpha() + TOLERANCE;
    let low = estimate - reach(scale, |distance| is_accepted(estimate - distance))?;
    let high = estimate + reach(scale, |distance| is_accepted(estimate + distance))?;
    Some(Interval { low, high })
}

/// The distance at which acceptance ends.
fn reach(scale: f64, is_accepted: impl Fn(f64) -> bool) -> Option<f64> {
    let mut outside = scale * FIRST_STEP;
    let mut inside = 0.0;
    let mut doublings = 0;
    while is_accepted(outside) {
        doublings += 1;
        if doublings > DOUBLINGS || !(outside * 2.0).is_finite() {
            return None;
        }
        inside = outside;
        outside *= 2.0;
    }
    while outside - inside > TOLERANCE * outside {
        let middle = inside + (outside - inside) / 2.0;
        if is_accepted(middle) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    Some(inside)
}
