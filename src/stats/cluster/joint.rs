//! Several coefficients against zero at once.

use super::ClusterRobust;
use super::robust::count;
use crate::stats::StatsError;
use crate::stats::distribution::f_upper_p;
use crate::stats::error::computed;
use nalgebra::{DMatrix, SymmetricEigen};

/// Coefficients whose covariance is that near to singular cannot be told apart.
const SINGULAR_BELOW: f64 = 1e-12;

/// An F test that several coefficients are all zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JointTest {
    /// b'V⁻¹b of the coefficients b asked about.
    pub wald: f64,
    /// `wald` × `denominator_df` / (η × `numerator_df`), for η the degrees of freedom of the Wishart distribution with
    /// which V is approximated.
    pub f: f64,
    /// The number of coefficients.
    pub numerator_df: f64,
    pub denominator_df: f64,
    pub p: f64,
}

impl ClusterRobust<'_> {
    /// Tests that the coefficients of `columns` are all zero, such as every treatment by stratum interaction: the
    /// approximate Hotelling T² test of Pustejovsky & Tipton (2018), known as HTZ. η = q(q + 1) / Σ
    /// Var(D_st), where D is V standardised by its working expectation; F has q and η − q + 1 degrees of freedom.
    ///
    /// # Errors
    /// [`StatsError::NoColumn`], [`StatsError::Duplicate`] for a column named twice, [`StatsError::TooFew`] for none,
    /// [`StatsError::TooFewClusters`] when η ≤ q − 1 or V is singular, [`StatsError::Overflow`].
    pub fn joint(&self, columns: &[usize]) -> Result<JointTest, StatsError> {
        let q = columns.len();
        if q == 0 {
            return Err(StatsError::TooFew { what: "coefficients in a joint test", needed: 1, actual: 0 });
        }
        if let Some(index) = (1..q).find(|index| columns[..*index].contains(&columns[*index])) {
            return Err(StatsError::Duplicate { what: "column", name: columns[index].to_string() });
        }
        let mut contrasts = DMatrix::zeros(self.regression.columns(), q);
        let mut estimates = DMatrix::zeros(q, 1);
        for (index, column) in columns.iter().enumerate() {
            contrasts.set_column(index, &self.regression.contrast(*column)?);
            estimates[index] = self.regression.coefficient_of(0, *column)?;
        }
        let too_few = StatsError::TooFewClusters { clusters: self.clusters.len(), constraints: q };
        let Some(root) = inverse_root(&self.meat(&contrasts)) else { return Err(too_few) };
        let wald = computed("the Wald statistic", (root * estimates).norm_squared())?;
        let Some(working) = inverse_root(&self.working(&contrasts)) else { return Err(too_few) };
        let q = count(q);
        let eta = computed("degrees of freedom", q * (q + 1.0) / self.spread(&(contrasts * working.transpose())))?;
        let denominator_df = eta - q + 1.0;
        if denominator_df <= 0.0 {
            return Err(too_few);
        }
        let f = wald * denominator_df / (eta * q);
        let p = f_upper_p(f, q, denominator_df);
        Ok(JointTest { wald, f, numerator_df: q, denominator_df, p })
    }

    /// V of the contrasts.
    fn meat(&self, contrasts: &DMatrix<f64>) -> DMatrix<f64> {
        let mut meat = DMatrix::zeros(contrasts.ncols(), contrasts.ncols());
        for cluster in &self.clusters {
            let score = contrasts.transpose() * cluster.scores.column(0);
            meat += &score * score.transpose();
        }
        meat * self.factor
    }

    /// The working expectation of V, without its factor.
    fn working(&self, contrasts: &DMatrix<f64>) -> DMatrix<f64> {
        let mut working = DMatrix::zeros(contrasts.ncols(), contrasts.ncols());
        for cluster in &self.clusters {
            let along = &cluster.inner * contrasts;
            working += contrasts.transpose() * &cluster.outer * contrasts;
            working -= along.transpose() * &self.shared * along;
        }
        working
    }

    /// Σ over s and t of Var(D_st) = Σ over g and h of K_gh(s,s) K_gh(t,t) + K_gh(s,t) K_gh(t,s), where K_gh(a,b) is the
    /// working covariance of what g contributes to contrast a and h to b.
    fn spread(&self, contrasts: &DMatrix<f64>) -> f64 {
        let q = contrasts.ncols();
        let width = self.shared.nrows();
        // Σ_g N w_g(a) w_g(b)' for all pairs, w_g(a) = Z'A'WX of contrast a.
        let mut pairs = vec![DMatrix::zeros(width, width); q * q];
        let mut spread = 0.0;
        for cluster in &self.clusters {
            let along = &cluster.inner * contrasts;
            let own = contrasts.transpose() * &cluster.outer * contrasts;
            let fitted = along.transpose() * &self.shared * &along;
            let onto = &self.shared * &along;
            for s in 0..q {
                for t in 0..q {
                    pairs[s * q + t] += onto.column(s) * along.column(t).transpose();
                    let twice = |a: (usize, usize), b: (usize, usize)| {
                        own[a] * own[b] - own[a] * fitted[b] - own[b] * fitted[a]
                    };
                    spread += twice((s, s), (t, t)) + twice((s, t), (t, s));
                }
            }
        }
        for s in 0..q {
            for t in 0..q {
                // Σ_gh (w_g(a)'N w_h(b)) (w_g(c)'N w_h(d)) is the trace of pair (a, c) times pair (d, b).
                spread += (&pairs[s * q + t] * &pairs[t * q + s]).trace();
                spread += (&pairs[s * q + t] * &pairs[s * q + t]).trace();
            }
        }
        spread
    }
}

/// R with R `square` R' = I, unless the matrix is singular.
fn inverse_root(square: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    if square.diagonal().iter().any(|value| !(*value > 0.0 && value.is_finite())) {
        return None;
    }
    // In units of the diagonal, so that coefficients of different units compare.
    let scales = DMatrix::from_diagonal(&square.diagonal().map(|value| 1.0 / value.sqrt()));
    let eigen = SymmetricEigen::new(&scales * square * &scales);
    if eigen.eigenvalues.min() <= SINGULAR_BELOW {
        return None;
    }
    let values = DMatrix::from_diagonal(&eigen.eigenvalues.map(|value| 1.0 / value.sqrt()));
    Some(values * eigen.eigenvectors.transpose() * scales)
}
