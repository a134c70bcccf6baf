//! A named series of values over time, as trends and small multiples draw it.
//!
//! The one rule: there is a point for every period, and a period of which nothing is known has a point without a value.

use chrono::NaiveDate;

/// The values of one thing, such as a team.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// Not shown where a figure has one line only.
    pub name: String,
    /// In order of time.
    pub points: Vec<Point>,
}

/// One period.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// First day of the period.
    pub at: NaiveDate,
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// How many facts are behind the value.
    pub n: Option<u64>,
}

impl Line {
    /// The only line of a figure, which the figure's title names.
    pub fn only(points: Vec<Point>) -> Line {
        Line { name: String::new(), points }
    }
}
