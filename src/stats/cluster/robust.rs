//! Cluster-robust errors and their degrees of freedom from k×k cross-products. The one rule: no n×n matrix is formed.
//!
//! With M = I, H = XX'W and an identity working model, (I − H)(I − H)' between clusters g and h is δI − Z_g N Z_h' for a
//! small N. The columns of every n-vector needed are combinations of those of Z_g, so Z_g'Z_g says all about them.

use super::products::Block;
use super::{ClusterCovariance, ClusterDegrees, ClusterRegression};
use crate::stats::error::computed;
use crate::stats::{Effect, Level, StatsError};
use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// A cluster is fitted exactly in a direction when less than this is left of 1 − leverage.
const FULL_LEVERAGE_BELOW: f64 = 1e-10;
/// Directions in which a cluster does not vary, against the largest.
const NO_DIRECTION_BELOW: f64 = 1e-13;
/// A squared standard error is rounding noise below this part of the one that independent rows would have.
pub(super) const NEGLIGIBLE: f64 = 1e-20;

/// A fitted model with one kind of cluster-robust error.
#[derive(Debug, Clone)]
pub struct ClusterRobust<'a> {
    pub(super) regression: &'a ClusterRegression,
    /// What the sum over clusters is multiplied by.
    pub(super) factor: f64,
    pub(super) clusters: Vec<Adjusted>,
    /// N.
    pub(super) shared: DMatrix<f64>,
}

/// What a cluster contributes, with A its adjustment.
#[derive(Debug, Clone)]
pub(super) struct Adjusted {
    /// X'WAe, one column for each outcome.
    pub(super) scores: DMatrix<f64>,
    /// X'WAA'WX.
    pub(super) outer: DMatrix<f64>,
    /// Z'A'WX.
    pub(super) inner: DMatrix<f64>,
}

impl<'a> ClusterRobust<'a> {
    pub(super) fn of(
        regression: &'a ClusterRegression,
        covariance: ClusterCovariance,
    ) -> Result<ClusterRobust<'a>, StatsError> {
        let k = regression.columns();
        let shared = shared(&regression.blocks, k);
        let mut clusters = Vec::with_capacity(regression.clusters());
        for (position, (block, score)) in regression.blocks.iter().zip(&regression.scores).enumerate() {
            clusters.push(match covariance {
                ClusterCovariance::Cr2 => Adjusted::square_root(block, score, k, &shared),
                ClusterCovariance::Cr3 => Adjusted::inverse(block, score, k, position)?,
                _ => Adjusted::none(block, score, k),
            });
        }
        Ok(ClusterRobust { regression, factor: factor(regression, covariance)?, clusters, shared })
    }

    /// The effect of treatment.
    ///
    /// # Errors
    /// As [`ClusterRobust::coefficient`].
    pub fn treatment(&self, degrees: ClusterDegrees, level: Level) -> Result<Effect, StatsError> {
        self.coefficient(super::design::TREATED, degrees, level)
    }

    /// The coefficient of a column against zero.
    ///
    /// # Errors
    /// [`StatsError::NoColumn`], [`StatsError::NoVariation`] when the clusters' residuals leave no error,
    /// [`StatsError::Overflow`].
    pub fn coefficient(&self, column: usize, degrees: ClusterDegrees, level: Level) -> Result<Effect, StatsError> {
        self.coefficient_of(0, column, degrees, level)
    }

    pub(super) fn coefficient_of(
        &self,
        outcome: usize,
        column: usize,
        degrees: ClusterDegrees,
        level: Level,
    ) -> Result<Effect, StatsError> {
        let contrast = self.regression.contrast(column)?;
        let estimate = self.regression.coefficient_of(outcome, column)?;
        let square = self.variance(&contrast, outcome, outcome);
        if square <= NEGLIGIBLE * self.regression.classical_square(&contrast, outcome) {
            return Err(StatsError::NoVariation { what: "the outcome over clusters", n: self.regression.rows() });
        }
        let df = self.degrees_of_freedom(&contrast, degrees)?;
        Effect::from_t(estimate, square.sqrt(), df, self.regression.rows(), level)
    }

    /// The covariance of one contrast estimated on two outcomes.
    pub(super) fn variance(&self, contrast: &DVector<f64>, first: usize, second: usize) -> f64 {
        let terms = self
            .clusters
            .iter()
            .map(|cluster| contrast.dot(&cluster.scores.column(first)) * contrast.dot(&cluster.scores.column(second)));
        self.factor * terms.sum::<f64>()
    }

    /// (Σ λ)² / Σ λ² over the eigenvalues of K, with K_gh = p_g'p_h the working covariance of what clusters g and h
    /// contribute to the contrast (Bell & McCaffrey 2002).
    pub(super) fn degrees_of_freedom(
        &self,
        contrast: &DVector<f64>,
        degrees: ClusterDegrees,
    ) -> Result<f64, StatsError> {
        if degrees == ClusterDegrees::ClustersMinusOne {
            return Ok(count(self.clusters.len() - 1));
        }
        let width = self.shared.nrows();
        let (mut trace, mut square) = (0.0, 0.0);
        let mut spread = DMatrix::zeros(width, width);
        for cluster in &self.clusters {
            let along = &cluster.inner * contrast;
            let own = contrast.dot(&(&cluster.outer * contrast));
            let fitted = along.dot(&(&self.shared * &along));
            trace += own - fitted;
            square += own * (own - 2.0 * fitted);
            spread += &along * along.transpose();
        }
        let shared = &self.shared * spread;
        square += (&shared * &shared).trace();
        if square <= 0.0 {
            return Err(StatsError::NoVariation { what: "the design over clusters", n: self.regression.rows() });
        }
        computed("degrees of freedom", trace * trace / square)
    }
}

impl Adjusted {
    fn none(block: &Block, score: &DMatrix<f64>, k: usize) -> Adjusted {
        let weighted_from = block.zz.ncols() - k;
        Adjusted {
            scores: score.rows(weighted_from, k).into_owned(),
            outer: block.twice_weighted(k),
            inner: block.zz.columns(weighted_from, k).into_owned(),
        }
    }

    /// A = (I − ZNZ')^(−1/2). With Z = UΛ^½V' it is I + U(E^(−1/2) − I)U' for E = I − Λ^½V'NVΛ^½.
    fn square_root(block: &Block, score: &DMatrix<f64>, k: usize, shared: &DMatrix<f64>) -> Adjusted {
        let weighted_from = block.zz.ncols() - k;
        let mut adjusted = Adjusted::none(block, score, k);
        let Directions { lengths, vectors } = Directions::of(block);
        if lengths.is_empty() {
            // All squares of the cluster were too small for f64.
            return adjusted;
        }
        let root = DMatrix::from_diagonal(&lengths.map(f64::sqrt));
        let inverse_root = DMatrix::from_diagonal(&lengths.map(|length| 1.0 / length.sqrt()));
        let across = &vectors * root;
        let left = DMatrix::identity(lengths.len(), lengths.len()) - across.transpose() * shared * &across;
        let left = SymmetricEigen::new(left);
        let power = |exponent: f64| {
            let values = left.eigenvalues.map(|value| {
                let power = if value > FULL_LEVERAGE_BELOW { value.powf(exponent) } else { 0.0 };
                power - 1.0
            });
            &left.eigenvectors * DMatrix::from_diagonal(&values) * left.eigenvectors.transpose()
        };
        let weighted = across.rows(weighted_from, k);
        let half = power(-0.5);
        adjusted.scores += weighted * &half * inverse_root * vectors.transpose() * score;
        adjusted.inner += &across * half * weighted.transpose();
        adjusted.outer += weighted * power(-1.0) * weighted.transpose();
        adjusted
    }

    /// A = (I − XX'W)⁻¹, for which X'WA = (I − X'WX)⁻¹X'W.
    fn inverse(block: &Block, score: &DMatrix<f64>, k: usize, position: usize) -> Result<Adjusted, StatsError> {
        let unadjusted = Adjusted::none(block, score, k);
        let left = SymmetricEigen::new(DMatrix::identity(k, k) - block.weighted(k));
        if left.eigenvalues.min() <= FULL_LEVERAGE_BELOW {
            return Err(StatsError::ClusterLeverage { position });
        }
        let values = DMatrix::from_diagonal(&left.eigenvalues.map(|value| 1.0 / value));
        let inverse = &left.eigenvectors * values * left.eigenvectors.transpose();
        Ok(Adjusted {
            scores: &inverse * unadjusted.scores,
            outer: &inverse * unadjusted.outer * &inverse,
            inner: unadjusted.inner * inverse,
        })
    }
}

/// The directions in which a cluster varies: squared lengths and unit vectors.
struct Directions {
    lengths: DVector<f64>,
    vectors: DMatrix<f64>,
}

impl Directions {
    fn of(block: &Block) -> Directions {
        let eigen = SymmetricEigen::new(block.range.transpose() * &block.zz * &block.range);
        let least = NO_DIRECTION_BELOW * eigen.eigenvalues.max();
        let kept: Vec<usize> = (0..eigen.eigenvalues.len()).filter(|index| eigen.eigenvalues[*index] > least).collect();
        Directions {
            lengths: eigen.eigenvalues.select_rows(&kept),
            vectors: &block.range * eigen.eigenvectors.select_columns(&kept),
        }
    }
}

/// N: the identity without weights, else −X'W²X of all rows for pairs of unweighted columns and the identity for a
/// weighted with an unweighted one.
fn shared(blocks: &[Block], k: usize) -> DMatrix<f64> {
    let width = blocks.first().map_or(k, |block| block.zz.nrows());
    if width == k {
        return DMatrix::identity(k, k);
    }
    let mut shared = DMatrix::zeros(width, width);
    for block in blocks {
        let mut corner = shared.view_mut((0, 0), (k, k));
        corner -= block.twice_weighted(k);
    }
    shared.view_mut((0, k), (k, k)).fill_with_identity();
    shared.view_mut((k, 0), (k, k)).fill_with_identity();
    shared
}

fn factor(regression: &ClusterRegression, covariance: ClusterCovariance) -> Result<f64, StatsError> {
    let (clusters, columns) = (regression.clusters(), regression.columns());
    let (g, n, k) = (count(clusters), count(regression.rows()), count(columns));
    match covariance {
        ClusterCovariance::Cr0 | ClusterCovariance::Cr2 | ClusterCovariance::Cr3 => Ok(1.0),
        ClusterCovariance::Cr1 => Ok(g / (g - 1.0)),
        ClusterCovariance::Cr1p if clusters <= columns => Err(StatsError::TooFewRows { rows: clusters, columns }),
        ClusterCovariance::Cr1p => Ok(g / (g - k)),
        ClusterCovariance::Cr1s => Ok(g / (g - 1.0) * (n - 1.0) / (n - k)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of rows and clusters are far below 2^53")]
pub(super) fn count(count: usize) -> f64 {
    count as f64
}
