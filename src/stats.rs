//! Statistics: numbers in, numbers out. The one rule: nothing here imports anything else of the crate.
//!
//! Descriptive figures come back as [`Estimate`] (value, interval and n, each absent where the data do not carry it)
//! and comparisons as [`Effect`]. No function answers with NaN or infinity and none accepts them: bad input is a
//! [`StatsError`]. Orders are deterministic, and whatever is random takes its seed from the caller.

pub mod always_valid;
pub mod asymptotic;
pub mod balance;
pub mod binomial;
pub mod change;
pub mod cluster;
pub mod confidence_set;
pub mod count;
pub mod cuped;
pub mod decision;
mod distribution;
mod erfc;
pub mod error;
pub mod estimate;
pub mod gee;
pub mod gini;
pub mod group_sequential;
pub mod grouped;
pub mod icc;
pub mod linear;
pub mod lottery;
pub mod margin;
pub mod mean;
pub mod missing;
pub mod mixed;
pub mod multiple_imputation;
pub mod multiplicity;
pub mod negative_binomial;
mod noncentral_t;
pub mod permutation;
pub mod power;
pub mod quantile;
pub mod quantile_effect;
pub mod randomization;
pub mod rank;
pub mod rate_ratio;
pub mod ratio;
pub mod robust;
pub mod sample_ratio;
pub mod share;
pub mod shift;
pub mod staggered;
pub mod strata;
pub mod stratified;
pub mod survival;
mod symmetric;
pub mod synthetic;
pub mod time_average;
pub mod two_sample;
pub mod uniform_boundary;
pub mod weighted;

pub use always_valid::{
    AlwaysValid, AnytimeTuning, anytime_t, anytime_t_radius, mixture_radius, mixture_test, sequence_radius,
    sequence_tuning, sequential_sample_ratio,
};
pub use asymptotic::Asymptotic;
pub use balance::standardised_mean_difference;
pub use binomial::{binomial_test, clopper_pearson};
pub use change::{difference, quotient};
pub use cluster::{
    ClusterCovariance, ClusterDegrees, ClusterRegression, ClusterRobust, ClusterRows, JointTest, TwoStage,
    WildBootstrap, WildResiduals, WildScheme, WildWeights, stratified_cluster_difference, two_stage,
};
pub use confidence_set::ConfidenceSet;
pub use count::{mean_count, poisson_rate, rate};
pub use cuped::{BeforeAfter, Cuped, CupedSlope, RatiosBeforeAfter, cuped, ratio_cuped};
pub use decision::{DecisionLevels, DecisionMetrics, LevelRule, decision_levels};
pub use error::StatsError;
pub use estimate::{Effect, Estimate, Interval, Level};
pub use gee::{Gee, GeeModel, gee};
pub use gini::gini;
pub use group_sequential::{
    BoundaryShape, Futility, Inflation, Look, SequentialPower, Sides, Spending, futility_boundaries, inflation,
    sequential_power, shaped_boundaries, spending_boundaries, spent_boundaries, z_of_p, z_of_t,
};
pub use grouped::GroupedRows;
pub use icc::{OneWay, one_way};
pub use linear::{Covariance, UnitRows, ancova, lin, negi_wooldridge};
pub use lottery::{
    Assignments, Balance, Lottery, Mechanism, Rerandomized, Sequences, Unit, Variant, distance_bound, form_pairs,
    switchback,
};
pub use margin::{Better, Equivalence, OneSided, equivalence, noninferiority, superiority};
pub use mean::{geometric_mean, mean, variance};
pub use missing::{PartlyObserved, trimming_bounds, worst_case_bounds};
pub use mixed::{Approximation, MixedModel, mixed_model};
pub use multiple_imputation::{Imputed, Pooled, pool};
pub use multiplicity::{Multiplicity, adjusted_p_values};
pub use negative_binomial::{NegativeBinomial, negative_binomial};
pub use permutation::{PermutationTest, permutation_test, sign_flip_test};
pub use power::{Alternative, PlannedClusters, Precision, design_effect, power_of_shares, units_needed};
pub use quantile::{RankInterval, Sorted, quantile, rank_bounds, rank_interval};
pub use quantile_effect::{
    ClusteredValues, QuantileType, cluster_quantile, cluster_quantile_effect, quantile_effect, quantile_of_type,
};
pub use randomization::{
    LotteryRows, PanelRows, RandomizationOptions, RandomizationTest, ReferenceSet, Statistic, panel_randomization_test,
    randomization_test,
};
pub use rank::{
    MannWhitney, ScoreTest, SignedRank, hodges_lehmann, mann_whitney, signed_rank, stratified_score_test, van_elteren,
};
pub use rate_ratio::{Events, RateRatio, poisson_rate_ratio};
pub use ratio::{RatioRows, log_ratio_effect, ratio, ratio_effect, relative_ratio_effect, relative_ratio_set};
pub use robust::{winsorised, yuen};
pub use sample_ratio::{SampleRatio, sample_ratio_test};
pub use share::share;
pub use shift::{Shift, shift};
pub use staggered::{GroupTimeEffects, group_time_effects};
pub use strata::{Split, form_strata};
pub use stratified::{paired_difference, stratified_difference};
pub use survival::{
    Curve, Durations, kaplan_meier, restricted_mean_difference, survival_quantile, weighted_kaplan_meier,
};
pub use synthetic::{BlockPanel, PlaceboOptions, placebo_error, placebo_test, synthetic};
pub use time_average::{Spans, time_average, weighted_time_average};
pub use two_sample::{student, welch};
pub use uniform_boundary::{
    Stitching, gamma_exponential_boundary, mixture_precision, normal_mixture_boundary, normal_mixture_log_evidence,
    stitched_boundary,
};
pub use weighted::{
    weighted_count, weighted_geometric_mean, weighted_mean, weighted_quantile, weighted_rate, weighted_ratio,
    weighted_share,
};
