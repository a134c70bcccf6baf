//! Least squares on rows within clusters, such as developers or pull requests within the teams that were drawn. The one
//! rule: rows are read once, into cross-products of each cluster, and everything after works on those.

mod design;
mod instrument;
mod joint;
mod products;
mod regression;
mod robust;
mod stratified;
#[cfg(test)]
mod tests;
mod wild;

pub use instrument::{TwoStage, two_stage};
pub use joint::JointTest;
pub use regression::ClusterRegression;
pub use robust::ClusterRobust;
pub use stratified::stratified_cluster_difference;
pub use wild::{WildBootstrap, WildResiduals, WildScheme, WildWeights};

/// One entry per row in every column, all in the same order.
#[derive(Debug, Clone, Copy)]
pub struct ClusterRows<'a> {
    /// Any unit; log it beforehand for effects on ratios.
    pub outcome: &'a [f64],
    pub treated: &'a [bool],
    /// The cluster of each row, numbered from 0 and below the number of rows. Numbers without rows do not count.
    pub clusters: &'a [usize],
    /// How much each row counts, above zero; or empty when all count the same.
    pub weights: &'a [f64],
    /// Pre-period columns, each as long as the outcome; may be empty.
    pub covariates: &'a [Vec<f64>],
    /// Stratum of each row by number, or empty for none.
    pub strata: &'a [usize],
}

/// Variance of the coefficients, Σ M X'W A e e' A' W X M over clusters with M = (X'WX)⁻¹, times a factor. G is the
/// number of clusters, n of rows, k of coefficients, and H the matrix that takes the outcome to its fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClusterCovariance {
    /// Liang & Zeger (1986): A = I. Too small unless clusters are many.
    Cr0,
    /// CR0 × G/(G − 1).
    Cr1,
    /// CR0 × G/(G − k).
    Cr1p,
    /// CR0 × G/(G − 1) × (n − 1)/(n − k), what Stata and most packages report.
    Cr1s,
    /// Bell & McCaffrey (2002): A = ((I − H)(I − H)')^(−1/2) of the cluster's rows, unbiased when rows are independent
    /// with equal variance (Pustejovsky & Tipton 2018, with an identity working model). Of a cluster whose
    /// rows the model fits exactly in some direction, that direction is left out (generalised inverse). The default.
    #[default]
    Cr2,
    /// A = (I − H)⁻¹, close to the jackknife over clusters (Bell & McCaffrey 2002).
    Cr3,
}

/// How far the t distribution of a cluster-robust ratio is from the normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClusterDegrees {
    /// Satterthwaite's approximation for the coefficient asked about (Bell & McCaffrey 2002; Pustejovsky & Tipton
    /// 2018). The default.
    #[default]
    Satterthwaite,
    /// G − 1, which is too many when few clusters are treated or sizes vary.
    ClustersMinusOne,
}
