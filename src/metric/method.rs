//! How a number's interval is found, in words.
//!
//! One rule: the words are of what `stats` computes for the statistic; they change with it.

use crate::project::Statistic;

/// The method of the interval, as a sentence's end: `95 % interval by …`.
pub fn interval_method(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Mean => "Student's t over the rows",
        Statistic::GeometricMean => "Student's t over the logarithms of the rows",
        Statistic::Quantile(_) => "order statistics of the rows, without an assumption about their distribution",
        Statistic::Share => "Wilson's score",
        Statistic::Ratio => "linearisation of the ratio over the rows, with Student's t",
        Statistic::Rate => "a gamma interval for counts, as wide as the rows vary",
        Statistic::Count => "Student's t over the complete periods; one period's count is no estimate and has none",
        Statistic::Distinct => "none: everybody was counted",
        Statistic::TimeAverage => "a gamma interval that takes arrivals as random, and bursts of them as they are",
        Statistic::Survival => "Brookmeyer and Crowley's limits of the curve, with Greenwood's variance",
    }
}
