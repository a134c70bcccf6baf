//! How a number and its interval are found, in words.
//!
//! One rule: the words are of what `stats` computes for the statistic; they change with it.

use super::compare::is_census;
use crate::project::{Header, Statistic};
use std::borrow::Cow;

/// The interval and its method, in words.
pub fn interval_method(header: &Header) -> Cow<'static, str> {
    let method = match header.statistic {
        Statistic::Mean => "Student's t over the rows, mended for skewness (Hall 1992)",
        Statistic::GeometricMean => "Student's t over the logarithms of the rows, mended for skewness (Hall 1992)",
        Statistic::Quantile(_) => {
            "interpolated order statistics of the rows, without an assumption about their distribution (Hettmansperger and \
             Sheather 1986, Nyblom 1992)"
        }
        Statistic::Share => "Wilson's score (1927)",
        Statistic::Ratio => "Fieller's theorem over the rows (1954), which knows that the denominators vary too",
        Statistic::Rate => "a gamma interval for counts, as wide as the rows vary (quasi-Poisson)",
        Statistic::Count => {
            "a gamma interval for counts over the complete periods, as wide as they vary (quasi-Poisson); one period's count is \
             no estimate and has none"
        }
        Statistic::Distinct => return Cow::Borrowed("none: everybody was counted"),
        Statistic::TimeAverage => {
            "a gamma interval that takes arrivals as random, and bursts of them as they are (Fay and Feuer 1997)"
        }
        Statistic::Survival => "the limits of the curve (Brookmeyer and Crowley 1982) with Greenwood's variance",
    };
    let few = if is_census(header) { "; none of few rows, which are all there is" } else { "" };
    Cow::Owned(format!("95 %, by {method}{few}"))
}

/// How facts become the number, as a sentence.
pub fn statistic_method(header: &Header) -> String {
    let rows = match header.statistic {
        Statistic::Mean => Cow::Borrowed("the arithmetic mean of value over the rows"),
        Statistic::GeometricMean => Cow::Borrowed(
            "exp of the mean of the logarithms of value over the rows; one that is not above zero has none and counts as unknown",
        ),
        Statistic::Quantile(_) => Cow::Owned(format!(
            "the {} of value over the rows, linear between the two nearest of them (type 7 of Hyndman and Fan 1996)",
            header.statistic.word()
        )),
        Statistic::Share => Cow::Borrowed("the share of rows whose value is true"),
        Statistic::Ratio => Cow::Borrowed("the sum of numerator over the sum of denominator; no mean of ratios"),
        Statistic::Rate => {
            Cow::Borrowed("events per exposure: the sum of numerator, which counts, over the sum of denominator")
        }
        Statistic::Count => {
            Cow::Borrowed("the number of rows in a period; for a window the mean of its complete periods")
        }
        Statistic::Distinct => Cow::Borrowed("the number of different values among the rows"),
        Statistic::TimeAverage => Cow::Borrowed(
            "the number of rows that are open, averaged over all moments: the sum of their parts of the window over its length",
        ),
        Statistic::Survival => Cow::Borrowed(
            "the time by which half of the rows had the event, by Kaplan and Meier (1958): rows that still wait count for as \
             long as they were watched",
        ),
    };
    if header.is_stock {
        return format!("{rows}; of the newest sample of each {} alone", header.sampled_of());
    }
    rows.into_owned()
}
