//! Differences in means of clusters within strata.

use super::{ClusterCovariance, ClusterDegrees, ClusterRegression, ClusterRows};
use crate::stats::error::check_length;
use crate::stats::stratified::{StratumEffect, combine};
use crate::stats::{Effect, Level, StatsError};
use std::collections::BTreeMap;

/// The difference in means (unit of the outcome), treated minus control, of rows within clusters that were drawn within
/// strata: Σ (n_s/n) τ_s over strata of n_s rows, each with its own CR2 variance, and G − 2S degrees of freedom over G
/// clusters and S strata (Gerber & Green 2012, chapter 3; Bell & McCaffrey 2002). It presumes neither equal effects
/// nor equal shares of treated in the strata, as strata in [`ClusterRegression::ancova`] do.
///
/// # Errors
/// As [`ClusterRegression::ancova`], [`StatsError::ArmTooSmall`] for each stratum by itself; [`StatsError::Length`]
/// without strata and with covariates, [`StatsError::ClusterInStrata`] for a cluster with rows in two strata.
#[expect(clippy::cast_precision_loss, reason = "numbers of rows and clusters are far below 2^53")]
pub fn stratified_cluster_difference(rows: ClusterRows, level: Level) -> Result<Effect, StatsError> {
    let n = rows.outcome.len();
    check_length("covariates", 0, rows.covariates.len())?;
    check_length("strata", n, rows.strata.len())?;
    check_length("treated", n, rows.treated.len())?;
    check_length("clusters", n, rows.clusters.len())?;
    if !rows.weights.is_empty() {
        check_length("weights", n, rows.weights.len())?;
    }
    let total: f64 = if rows.weights.is_empty() { n as f64 } else { rows.weights.iter().sum() };
    let (mut strata, mut clusters) = (Vec::new(), 0);
    for part in parts(rows)? {
        let model = ClusterRegression::ancova(part.rows())?;
        let effect = model.robust(ClusterCovariance::Cr2)?.treatment(ClusterDegrees::ClustersMinusOne, level)?;
        clusters += model.clusters();
        let weight = if rows.weights.is_empty() { part.outcome.len() as f64 } else { part.weights.iter().sum() };
        let square = effect.standard_error * effect.standard_error;
        strata.push(StratumEffect { share: weight / total, estimate: effect.estimate, square });
    }
    let df = clusters as f64 - 2.0 * strata.len() as f64;
    combine(&strata, df, n, level)
}

/// The rows of one stratum.
#[derive(Default)]
struct Part {
    outcome: Vec<f64>,
    treated: Vec<bool>,
    clusters: Vec<usize>,
    weights: Vec<f64>,
}

impl Part {
    fn rows(&self) -> ClusterRows<'_> {
        ClusterRows {
            outcome: &self.outcome,
            treated: &self.treated,
            clusters: &self.clusters,
            weights: &self.weights,
            covariates: &[],
            strata: &[],
        }
    }
}

/// The strata in ascending order of their numbers, with clusters numbered anew in each.
fn parts(rows: ClusterRows) -> Result<Vec<Part>, StatsError> {
    let mut parts: BTreeMap<usize, Part> = BTreeMap::new();
    let mut places: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for (row, (stratum, cluster)) in rows.strata.iter().zip(rows.clusters).enumerate() {
        let (home, number) = *places.entry(*cluster).or_insert_with(|| {
            let count = counts.entry(*stratum).or_default();
            *count += 1;
            (*stratum, *count - 1)
        });
        if home != *stratum {
            return Err(StatsError::ClusterInStrata { cluster: *cluster, strata: [home, *stratum] });
        }
        let part = parts.entry(*stratum).or_default();
        part.outcome.push(rows.outcome[row]);
        part.treated.push(rows.treated[row]);
        part.clusters.push(number);
        part.weights.extend(rows.weights.get(row));
    }
    Ok(parts.into_values().collect())
}
