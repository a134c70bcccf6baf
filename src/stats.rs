//! Statistics: numbers in, numbers out. The one rule: nothing here imports anything else of the crate.
//!
//! Descriptive figures come back as [`Estimate`] (value, interval and n, each absent where the data do not carry it)
//! and comparisons as [`Effect`]. No function answers with NaN or infinity and none accepts them: bad input is a
//! [`StatsError`]. Orders are deterministic, and whatever is random takes its seed from the caller.

pub mod asymptotic;
pub mod balance;
pub mod change;
pub mod count;
mod distribution;
pub mod error;
pub mod estimate;
pub mod gee;
pub mod gini;
pub mod grouped;
pub mod icc;
pub mod linear;
pub mod lottery;
pub mod mean;
pub mod missing;
pub mod mixed;
pub mod multiple_imputation;
pub mod negative_binomial;
pub mod quantile;
pub mod randomization;
pub mod ratio;
pub mod share;
pub mod shift;
pub mod staggered;
pub mod strata;
pub mod survival;
mod symmetric;
pub mod synthetic;
pub mod time_average;
pub mod two_sample;
pub mod weighted;

pub use asymptotic::Asymptotic;
pub use balance::standardised_mean_difference;
pub use change::{difference, quotient};
pub use count::{mean_count, poisson_rate, rate};
pub use error::StatsError;
pub use estimate::{Effect, Estimate, Interval, Level};
pub use gee::{Gee, GeeModel, gee};
pub use gini::gini;
pub use grouped::GroupedRows;
pub use icc::{OneWay, one_way};
pub use linear::{Covariance, UnitRows, ancova, lin};
pub use lottery::{Assignments, Lottery, Unit, Variant};
pub use mean::{geometric_mean, mean, variance};
pub use missing::{PartlyObserved, trimming_bounds, worst_case_bounds};
pub use mixed::{Approximation, MixedModel, mixed_model};
pub use multiple_imputation::{Imputed, Pooled, pool};
pub use negative_binomial::{NegativeBinomial, negative_binomial};
pub use quantile::{RankInterval, Sorted, quantile, rank_bounds, rank_interval};
pub use randomization::{
    LotteryRows, RandomizationOptions, RandomizationTest, ReferenceSet, Statistic, randomization_test,
};
pub use ratio::{RatioRows, log_ratio_effect, ratio, ratio_effect};
pub use share::share;
pub use shift::{Shift, shift};
pub use staggered::{GroupTimeEffects, group_time_effects};
pub use strata::{Split, form_strata};
pub use survival::{
    Curve, Durations, kaplan_meier, restricted_mean_difference, survival_quantile, weighted_kaplan_meier,
};
pub use synthetic::{BlockPanel, PlaceboOptions, placebo_error, placebo_test, synthetic};
pub use time_average::{Spans, time_average, weighted_time_average};
pub use two_sample::{student, welch};
pub use weighted::{
    weighted_count, weighted_geometric_mean, weighted_mean, weighted_quantile, weighted_rate, weighted_ratio,
    weighted_share,
};
