//! Why a statistic was refused. Every variant carries the values, so that a caller can name the row or the setting.

use thiserror::Error;

/// Input that has no answer. Positions count from zero in the order of the input.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum StatsError {
    #[error("{what} at position {index} is {value}, expected a finite number")]
    NotFinite { what: &'static str, index: usize, value: f64 },
    #[error("{what} at position {index} is {value}, expected a number above zero")]
    NotPositive { what: &'static str, index: usize, value: f64 },
    #[error("{what} at position {index} is {value}, expected zero or more")]
    Negative { what: &'static str, index: usize, value: f64 },
    #[error("{what} is too large to compute with: the result is not a finite number")]
    Overflow { what: &'static str },
    #[error("confidence level {level} is not strictly between 0 and 1")]
    Level { level: f64 },
    #[error("quantile probability {probability} is not between 0 and 1")]
    Probability { probability: f64 },
    #[error("{successes} successes in {trials} trials: a share cannot exceed one")]
    ShareAboveOne { successes: u64, trials: u64 },
    #[error("{what} has {actual} entries, expected {expected}")]
    Length { what: &'static str, expected: usize, actual: usize },
    #[error("{rows} rows cannot carry {columns} coefficients and an error estimate, add units or drop covariates")]
    TooFewRows { rows: usize, columns: usize },
    #[error("{treated} treated and {control} control units, expected at least {needed} of each")]
    ArmTooSmall { treated: usize, control: usize, needed: usize },
    #[error("column {column} of the design ({name}) is constant or a combination of earlier columns, drop it")]
    Collinear { column: usize, name: String },
    #[error(
        "row {row} is fitted exactly (leverage 1), so its error is unknown: drop the covariate or stratum only it has"
    )]
    FullLeverage { row: usize },
    #[error("{columns} columns in each of {clusters} clusters take too much memory, use fewer strata or covariates")]
    TooManyColumns { columns: usize, clusters: usize },
    #[error("there is no column {column} in a model of {columns}")]
    NoColumn { column: usize, columns: usize },
    #[error("row {row} is in cluster {cluster}, expected a number below {rows}, the number of rows")]
    ClusterNumber { row: usize, cluster: usize, rows: usize },
    #[error(
        "the model rests on cluster {position} alone in some direction (leverage 1), so no error estimate without it exists: drop the covariate or stratum only it has"
    )]
    ClusterLeverage { position: usize },
    #[error("cluster {cluster} has rows in strata {strata:?}, expected one stratum for each cluster")]
    ClusterInStrata { cluster: usize, strata: [usize; 2] },
    #[error("stratum {name} has {treated} treated and {control} control units, expected at least {needed} of each")]
    StratumTooSmall { name: String, treated: usize, control: usize, needed: usize },
    #[error("pair {name} has {treated} treated and {control} control units, expected one of each")]
    NotAPair { name: String, treated: usize, control: usize },
    #[error("{clusters} clusters are too few to test {constraints} coefficients together")]
    TooFewClusters { clusters: usize, constraints: usize },
    #[error("{what} does not vary over {n} rows, so no standard error exists")]
    NoVariation { what: &'static str, n: usize },
    #[error("a lottery needs at least {needed} {what}, got {actual}")]
    TooFew { what: &'static str, needed: usize, actual: usize },
    #[error("{what} {name} appears twice")]
    Duplicate { what: &'static str, name: String },
    #[error("variant {name} has weight 0, expected at least 1")]
    ZeroWeight { name: String },
    #[error("the lottery has more than {limit} states over {strata} strata, use fewer strata or variants")]
    LotteryTooLarge { strata: usize, limit: usize },
    #[error("the lottery has {count} possible assignments, more than the limit of {limit}")]
    TooManyAssignments { count: u128, limit: u128 },
    #[error("this lottery cannot draw the assignment given: {why}")]
    NotDrawable { why: String },
    #[error("none of {tries} draws was as balanced as {bound}, allow a larger distance or use fewer covariates")]
    NeverBalanced { tries: u32, bound: f64 },
    #[error("a randomization test compares 2 variants, this lottery has {variants}")]
    NotTwoVariants { variants: usize },
    #[error("covariate {name} is split into {parts} parts, expected at least 1")]
    NoParts { name: String, parts: usize },
    #[error("weight at position {index} is {value}, expected a number above 0 and at most 1")]
    Weight { index: usize, value: f64 },
    #[error("{what} is {value}, expected {expected}")]
    OutOfRange { what: &'static str, value: f64, expected: &'static str },
    #[error("span at position {index} ends at {until}, before it begins at {from}")]
    Reversed { index: usize, from: i64, until: i64 },
    #[error("no unit was {what}, so nothing can be compared")]
    NoUnits { what: &'static str },
    #[error("{what} did not converge after {steps} steps")]
    NotConverged { what: &'static str, steps: usize },
    #[error("{what} cannot be told from {from}: there must be fewer of them, and at least 2")]
    Indistinct { what: &'static str, from: &'static str },
    #[error("{what} is estimated as zero, where its uncertainty is not known")]
    AtBoundary { what: &'static str },
    #[error(
        "{groups} groups cannot carry {coefficients} coefficients and an error estimate, add groups or drop columns"
    )]
    TooFewGroups { groups: usize, coefficients: usize },
    #[error("group {group} (from 0, in ascending order) decides a coefficient alone, so its error is unknown")]
    GroupLeverage { group: usize },
    #[error("rows like row {row} have no events at all, so their rate has no logarithm")]
    NoEvents { row: usize },
    #[error("{what} at position {index} is {value}, expected a whole number")]
    NotCount { what: &'static str, index: usize, value: f64 },
    #[error("{before} of {periods} periods are before treatment, expected at least 2 before and 1 after")]
    Periods { before: usize, periods: usize },
    #[error("{units} control units fit {periods} periods exactly before treatment, so their fit says nothing")]
    ExactFit { units: usize, periods: usize },
    #[error("{what} at position {index} is {value}, outside the bounds {low} to {high}")]
    OutOfBounds { what: &'static str, index: usize, value: f64, low: f64, high: f64 },
    #[error("the window from {from} until {until} is empty")]
    EmptyWindow { from: i64, until: i64 },
}

/// Refuses NaN and infinities.
pub(super) fn check_finite(what: &'static str, values: &[f64]) -> Result<(), StatsError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(StatsError::NotFinite { what, index, value: values[index] }),
        None => Ok(()),
    }
}

/// Refuses a probability that is not between 0 and 1, both included.
pub(super) fn check_p(what: &'static str, value: f64) -> Result<(), StatsError> {
    if (0.0..=1.0).contains(&value) {
        Ok(())
    } else {
        Err(StatsError::OutOfRange { what, value, expected: "a number from 0 to 1" })
    }
}

/// Refuses numbers that are not finite and above zero.
pub(super) fn check_positive(what: &'static str, value: f64) -> Result<(), StatsError> {
    if value > 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(StatsError::OutOfRange { what, value, expected: "a finite number above zero" })
    }
}

/// Refuses numbers below zero.
pub(super) fn check_not_negative(what: &'static str, values: &[f64]) -> Result<(), StatsError> {
    match values.iter().position(|value| *value < 0.0) {
        Some(index) => Err(StatsError::Negative { what, index, value: values[index] }),
        None => Ok(()),
    }
}

/// Refuses what is no part of a row: weights are above 0 and at most 1.
pub(super) fn check_weights(weights: &[f64]) -> Result<(), StatsError> {
    match weights.iter().position(|weight| !(*weight > 0.0 && *weight <= 1.0)) {
        Some(index) => Err(StatsError::Weight { index, value: weights[index] }),
        None => Ok(()),
    }
}

/// Refuses a column whose length differs from that of the outcome.
pub(super) fn check_length(what: &'static str, expected: usize, actual: usize) -> Result<(), StatsError> {
    if expected == actual { Ok(()) } else { Err(StatsError::Length { what, expected, actual }) }
}

/// Passes a computed figure on, or says that the input was too large for it.
pub(super) fn computed(what: &'static str, value: f64) -> Result<f64, StatsError> {
    if value.is_finite() { Ok(value) } else { Err(StatsError::Overflow { what }) }
}
