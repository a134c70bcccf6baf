//! How facts become a number, and which columns that needs.

use super::super::diagnostic::closest;
use serde::Deserialize;
use std::borrow::Cow;

/// How facts become a number.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum Statistic {
    /// Arithmetic mean of `value`.
    Mean,
    /// Geometric mean of `value`: for durations and other quantities that multiply.
    GeometricMean,
    /// Interpolated quantile of `value` (type 7, Hyndman & Fan 1996); never a quantile of quantiles.
    Quantile(Permille),
    /// Share of rows whose `value` is true.
    Share,
    /// Sum of `numerator` over sum of `denominator`.
    Ratio,
    /// Events per exposure: sum of `numerator`, which counts, over sum of `denominator`, such as engineer-weeks.
    Rate,
    /// Rows per grain.
    Count,
    /// Distinct `value`s per grain.
    Distinct,
    /// Time-averaged number of rows that are open: a row lasts from `at` until `until`, NULL while it goes on.
    TimeAverage,
    /// Median of `value` by Kaplan and Meier (1958): `value` is the time until the event where `observed` is true, and
    /// until the observation ended where it is false.
    Survival,
}

/// A share in thousandths, between 0 and 1000: 500 for a median, 999 for `p99.9`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permille(u16);

impl Permille {
    pub const MEDIAN: Permille = Permille(500);

    /// Of a name such as `p75` or `p99.9`.
    fn of(name: &str) -> Option<Permille> {
        let (whole, tenths) = name.strip_prefix('p')?.split_once('.').unwrap_or((&name[1..], "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        if !is_number(whole) || !is_number(tenths) || tenths.len() > 1 {
            return None;
        }
        let permille = whole.parse::<u16>().ok()?.checked_mul(10)? + tenths.parse::<u16>().ok()?;
        (0 < permille && permille < 1000).then_some(Permille(permille))
    }

    /// 0.5 for a median.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

/// The names that are words.
const NAMES: [&str; 10] =
    ["mean", "geometric_mean", "median", "share", "ratio", "rate", "count", "distinct", "time_average", "survival"];

impl TryFrom<String> for Statistic {
    type Error = String;

    fn try_from(name: String) -> Result<Statistic, String> {
        Ok(match name.as_str() {
            "mean" => Statistic::Mean,
            "geometric_mean" => Statistic::GeometricMean,
            "median" => Statistic::Quantile(Permille::MEDIAN),
            "share" => Statistic::Share,
            "ratio" => Statistic::Ratio,
            "rate" => Statistic::Rate,
            "count" => Statistic::Count,
            "distinct" => Statistic::Distinct,
            "time_average" => Statistic::TimeAverage,
            "survival" => Statistic::Survival,
            other => Statistic::Quantile(Permille::of(other).ok_or_else(|| {
                if let Some(meant) = closest(other, &NAMES) {
                    return format!("unknown statistic {other}; did you mean {meant}?");
                }
                format!(
                    "unknown statistic {other}; there are mean, geometric_mean, median, p1 to p99.9, share, ratio, rate, \
                     count, distinct, time_average and survival"
                )
            })?),
        })
    }
}

impl Statistic {
    /// The columns beside `at` that the facts must have.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Statistic::Ratio | Statistic::Rate => &["numerator", "denominator"],
            Statistic::Count => &[],
            Statistic::TimeAverage => &["until"],
            Statistic::Survival => &["value", "observed"],
            _ => &["value"],
        }
    }

    /// As a header writes it.
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Statistic::Mean => "mean",
            Statistic::GeometricMean => "geometric_mean",
            Statistic::Quantile(Permille::MEDIAN) => "median",
            Statistic::Quantile(Permille(permille)) => return Cow::Owned(format!("p{}", f64::from(permille) / 10.0)),
            Statistic::Share => "share",
            Statistic::Ratio => "ratio",
            Statistic::Rate => "rate",
            Statistic::Count => "count",
            Statistic::Distinct => "distinct",
            Statistic::TimeAverage => "time_average",
            Statistic::Survival => "survival",
        })
    }

    /// In words, for a caption.
    pub fn word(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Statistic::Mean => "mean",
            Statistic::GeometricMean => "geometric mean",
            Statistic::Quantile(Permille::MEDIAN) => "median",
            Statistic::Quantile(at) => return Cow::Owned(percentile(at)),
            Statistic::Share => "share",
            Statistic::Ratio => "ratio of sums",
            Statistic::Rate => "rate",
            Statistic::Count => "count",
            Statistic::Distinct => "distinct count",
            Statistic::TimeAverage => "time average",
            Statistic::Survival => "median (Kaplan–Meier)",
        })
    }
}

/// `90th percentile`, `99.9th percentile`.
fn percentile(at: Permille) -> String {
    let (whole, tenths) = (at.0 / 10, at.0 % 10);
    if tenths > 0 {
        return format!("{whole}.{tenths}th percentile");
    }
    let ending = match (whole % 10, whole) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{whole}{ending} percentile")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_quantile_has_a_name() {
        let named = |name: &str| Statistic::try_from(name.to_owned());
        let words = |name: &str| named(name).unwrap().word().into_owned();
        assert_eq!(words("median"), "median");
        assert_eq!(words("p50"), "median");
        assert_eq!(words("p1"), "1st percentile");
        assert_eq!(words("p12"), "12th percentile");
        assert_eq!(words("p73"), "73rd percentile");
        assert_eq!(words("p99.9"), "99.9th percentile");
        for name in NAMES.into_iter().chain(["p1", "p73", "p99.9"]) {
            assert_eq!(named(name).unwrap().name(), name);
        }
        assert_eq!(named("averge_time").unwrap_err().split("; ").next(), Some("unknown statistic averge_time"));
        assert_eq!(
            named("geometrc_mean").unwrap_err(),
            "unknown statistic geometrc_mean; did you mean geometric_mean?"
        );
        for wrong in ["p0", "p100", "p", "p9.99", "p-1", "p1e1", "q50", "average"] {
            assert!(named(wrong).is_err(), "{wrong}");
        }
    }
}
