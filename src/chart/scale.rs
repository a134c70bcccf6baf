//! From a value to a place on paper.
//!
//! The one rule: every place is finite, whatever the values are; an axis never has a tick outside its domain.

/// Values past this are drawn at the edge; the span of two such values still fits a float.
const LARGEST: f64 = 1e300;
const SMALLEST_SPAN: f64 = 1e-280;
/// Below this share of the values' size, steps between ticks would be lost to rounding.
const SMALLEST_RELATIVE_SPAN: f64 = 1e-9;

/// A linear or logarithmic axis: its domain, its ticks, and where its ends lie on paper.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    step: f64,
    log: bool,
}

impl Scale {
    /// A linear axis over exactly `low..high`, with ticks at steps of 1, 2 or 5 times a power of ten.
    pub fn linear(low: f64, high: f64, about_ticks: usize) -> Scale {
        let (low, high) = widened(low, high);
        let step = step_for(high - low, about_ticks);
        Scale { low, high, from: 0.0, to: 1.0, step, log: false }
    }

    /// A linear axis that ends on ticks at both sides.
    pub fn nice(low: f64, high: f64, about_ticks: usize) -> Scale {
        let tight = Scale::linear(low, high, about_ticks);
        let step = tight.step;
        // The hair keeps a bound that is a tick already from gaining another step through rounding.
        let low = (tight.low / step + 1e-9).floor() * step;
        let high = (tight.high / step - 1e-9).ceil() * step;
        Scale { low, high, ..tight }
    }

    /// The same axis with ticks so far apart, ending on ticks.
    pub fn with_step(self, step: f64) -> Scale {
        Scale { low: (self.low / step).floor() * step, high: (self.high / step).ceil() * step, step, ..self }
    }

    /// A logarithmic axis; values that are not above zero are drawn at its low end.
    pub fn log(low: f64, high: f64) -> Scale {
        let low = if low > 0.0 { low.clamp(1e-200, 1e200) } else { 1.0 };
        let high = if high > low * 1.01 { high.min(1e201) } else { low * 10.0 };
        Scale { low, high, from: 0.0, to: 1.0, step: 0.0, log: true }
    }

    /// A logarithmic axis that ends at 1, 2 or 5 times a power of ten on both sides, so that it has two ticks at least.
    pub fn nice_log(low: f64, high: f64) -> Scale {
        let tight = Scale::log(low, high);
        let rounds = |value: f64| {
            let power = value.log10().floor() as i32;
            (power - 1..=power + 1).flat_map(|power| [1.0, 2.0, 5.0].map(|factor| factor * 10f64.powi(power)))
        };
        // The hair keeps a bound that is round already from gaining another step.
        let low = rounds(tight.low).filter(|round| *round <= tight.low * (1.0 + 1e-9)).fold(0.0, f64::max);
        let high = rounds(tight.high).find(|round| *round >= tight.high * (1.0 - 1e-9) && *round > low);
        Scale { low, high: high.unwrap_or(low * 10.0), ..tight }
    }

    /// The same axis laid between two places on paper.
    pub fn between(self, from: f64, to: f64) -> Scale {
        Scale { from, to, ..self }
    }

    /// Where a value lies; outside the domain it is drawn at the nearer end.
    pub fn at(&self, value: f64) -> f64 {
        let share = if self.log {
            // Logarithms are subtracted, as the quotient of two ends can be too large for a float.
            (value.max(self.low).ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value.clamp(-LARGEST, LARGEST) - self.low) / (self.high - self.low)
        };
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self.from + share * (self.to - self.from)
    }

    /// Whether the value lies within the domain.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// The ends of the domain.
    pub fn domain(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// The distance between two ticks; 0 on a logarithmic axis, where it is not constant.
    pub fn step(&self) -> f64 {
        self.step
    }

    /// Tick values, ascending, all inside the domain.
    pub fn ticks(&self) -> Vec<f64> {
        if self.log { self.log_ticks() } else { self.linear_ticks() }
    }

    fn linear_ticks(&self) -> Vec<f64> {
        let first = (self.low / self.step - 1e-9).ceil();
        let last = (self.high / self.step + 1e-9).floor();
        let count = (last - first).clamp(0.0, 100.0) as usize;
        (0..=count).map(|i| ((first + i as f64) * self.step).clamp(self.low, self.high)).collect()
    }

    fn log_ticks(&self) -> Vec<f64> {
        let powers = (self.low.log10().floor() as i32)..=(self.high.log10().ceil() as i32);
        let inside = |factors: &[f64]| -> Vec<f64> {
            let all = powers.clone().flat_map(|power| factors.iter().map(move |f| f * 10f64.powi(power)));
            all.filter(|tick| self.contains(*tick)).collect()
        };
        let tens = inside(&[1.0]);
        match tens.len() {
            0..=2 if inside(&[1.0, 2.0, 5.0]).len() < 3 => inside(&[1.0, 2.0, 3.0, 5.0, 7.0]),
            0..=2 => inside(&[1.0, 2.0, 5.0]),
            3..=8 => tens,
            many => tens.into_iter().step_by(many.div_ceil(8)).collect(),
        }
    }
}

/// The smallest and the largest of the finite values.
pub fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|value| value.is_finite()).fold(None, |seen, value| match seen {
        None => Some((value, value)),
        Some((low, high)) => Some((low.min(value), high.max(value))),
    })
}

/// A domain with a usable span: equal values get room to both sides, all zeros become 0 to 1.
fn widened(low: f64, high: f64) -> (f64, f64) {
    let bound = |value: f64| if value.is_finite() { value.clamp(-LARGEST, LARGEST) } else { 0.0 };
    let (low, high) = (bound(low.min(high)), bound(low.max(high)));
    let size = low.abs().max(high.abs());
    let span = high - low;
    if span >= SMALLEST_SPAN && span >= size * SMALLEST_RELATIVE_SPAN {
        return (low, high);
    }
    if size < SMALLEST_SPAN { (0.0, 1.0) } else { (low - size * 0.1, high + size * 0.1) }
}

fn step_for(span: f64, about_ticks: usize) -> f64 {
    let raw = span / about_ticks.max(1) as f64;
    let power = 10f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| raw / power <= factor * 1.001);
    factor.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_round_domain_has_round_ticks() {
        assert_eq!(Scale::nice(0.0, 58.0, 4).ticks(), [0.0, 20.0, 40.0, 60.0]);
        assert_eq!(Scale::nice(0.0, 60.0, 4).domain(), (0.0, 60.0));
        assert_eq!(Scale::log(1.0, 1000.0).ticks(), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(Scale::log(3.0, 60.0).ticks(), [5.0, 10.0, 20.0, 50.0]);
        assert_eq!(Scale::nice_log(3.0, 60.0).domain(), (2.0, 100.0));
        assert_eq!(Scale::nice_log(3.0, 3.1).ticks(), [2.0, 3.0, 5.0]);
    }

    #[test]
    fn equal_or_absent_values_still_have_a_span() {
        assert_eq!(Scale::nice(0.0, 0.0, 4).domain(), (0.0, 1.0));
        assert!(Scale::nice(7.0, 7.0, 4).contains(7.0));
        assert!(Scale::linear(f64::NAN, f64::INFINITY, 4).at(3.0).is_finite());
        assert!((0.49..0.51).contains(&Scale::log(1e-300, 1e300).at(1.0)));
        assert_eq!(extent([f64::NAN, 2.0, 1.0]), Some((1.0, 2.0)));
        assert_eq!(extent([]), None);
    }

    proptest! {
        #[test]
        fn ticks_ascend_inside_the_domain(a in any::<f64>(), b in any::<f64>(), about in 1usize..9, log: bool) {
            let scale = if log { Scale::log(a, b) } else { Scale::nice(a, b, about) };
            let ticks = scale.ticks();
            prop_assert!(!ticks.is_empty() || log);
            prop_assert!(ticks.len() < 30, "{} ticks", ticks.len());
            prop_assert!(ticks.iter().all(|tick| scale.contains(*tick)));
            prop_assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]));
        }

        #[test]
        fn a_nice_logarithmic_axis_holds_its_values_and_has_ticks(a in -12.0..12.0f64, b in -12.0..12.0f64) {
            let (low, high) = (10f64.powf(a.min(b)), 10f64.powf(a.max(b)));
            let scale = Scale::nice_log(low, high);
            prop_assert!(scale.domain().0 <= low * 1.000_001 && high <= scale.domain().1 * 1.000_001);
            prop_assert!(scale.ticks().len() >= 2, "{:?}", scale.ticks());
        }

        #[test]
        fn every_place_is_between_the_ends(a in any::<f64>(), b in any::<f64>(), value in any::<f64>(), log: bool) {
            let scale = if log { Scale::log(a, b) } else { Scale::linear(a, b, 5) };
            let place = scale.between(260.0, 10.0).at(value);
            prop_assert!((10.0..=260.0).contains(&place), "{place}");
        }

        #[test]
        fn a_nice_domain_holds_its_values(a in -1e9..1e9f64, b in -1e9..1e9f64) {
            let scale = Scale::nice(a, b, 5);
            let slack = scale.step() * 1e-6;
            let (low, high) = scale.domain();
            prop_assert!(low - slack <= a.min(b) && a.max(b) <= high + slack);
        }
    }
}
