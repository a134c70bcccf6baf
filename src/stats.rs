//! Statistics: numbers in, numbers out. The one rule: nothing here imports anything else of the crate.
//!
//! Descriptive figures come back as [`Estimate`] (value, interval and n, each absent where the data do not carry it)
//! and comparisons as [`Effect`]. No function answers with NaN or infinity and none accepts them: bad input is a
//! [`StatsError`]. Orders are deterministic, and whatever is random takes its seed from the caller.

pub mod balance;
pub mod count;
mod distribution;
pub mod error;
pub mod estimate;
pub mod linear;
pub mod lottery;
pub mod mean;
pub mod quantile;
pub mod randomization;
pub mod ratio;
pub mod share;
pub mod strata;
pub mod two_sample;

pub use balance::standardised_mean_difference;
pub use count::rate;
pub use error::StatsError;
pub use estimate::{Effect, Estimate, Interval, Level};
pub use linear::{Covariance, UnitRows, ancova, lin};
pub use lottery::{Assignments, Lottery, Unit, Variant};
pub use mean::{geometric_mean, mean, variance};
pub use quantile::{RankInterval, Sorted, quantile, rank_interval};
pub use randomization::{
    LotteryRows, RandomizationOptions, RandomizationTest, ReferenceSet, Statistic, randomization_test,
};
pub use ratio::{RatioRows, log_ratio_effect, ratio, ratio_effect};
pub use share::share;
pub use strata::{Split, form_strata};
pub use two_sample::{student, welch};
