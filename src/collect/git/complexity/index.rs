//! Maintainability index: named variants of one formula, as pure functions.
//!
//! Its one rule: no variant without its name. The variants disagree by tens of points on the same text, so a value says
//! nothing without the variant that it is of.

/// The averages over a unit's functions that the formulas take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Averages {
    /// Average Halstead volume of a function, bits.
    pub halstead_volume: f64,
    /// Average cyclomatic complexity of a function.
    pub cyclomatic: f64,
    /// Average lines of code of a function.
    pub code_lines: f64,
}

/// 171 − 5.2 ln V − 0.23 G − 16.2 ln L: at most 171, unbounded below; under 65 was called hard to maintain.
///
/// Source: Oman and Hagemeister 1992 and Coleman, Ash, Lowther and Oman 1994, "Using Metrics to Evaluate Software System
/// Maintainability", IEEE Computer 27(8), the three-metric form. `None` where a volume or line count of zero, or anything
/// that is no number, leaves the logarithm without a value.
pub fn original(averages: Averages) -> Option<f64> {
    let Averages { halstead_volume, cyclomatic, code_lines } = averages;
    let usable = halstead_volume > 0.0 && code_lines > 0.0 && cyclomatic >= 0.0;
    let value = 171.0 - 5.2 * halstead_volume.ln() - 0.23 * cyclomatic - 16.2 * code_lines.ln();
    (usable && value.is_finite()).then_some(value)
}

/// max(0, 100/171 · original): 0 to 100, from 20 green, from 10 yellow, else red in Visual Studio.
///
/// Source: Microsoft, "Code metrics: Maintainability index range and meaning" (2007, since Visual Studio 2008). Volumes or
/// lines below 1, which no real unit has, exceed 100. `None` as for [`original`].
pub fn visual_studio(averages: Averages) -> Option<f64> {
    original(averages).map(|value| (value * 100.0 / 171.0).max(0.0))
}
