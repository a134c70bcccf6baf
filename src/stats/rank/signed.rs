//! One sample of differences, such as those within matched pairs.

use super::{as_f64, exact, midranks, normal_rank, pairwise};
use crate::stats::distribution::normal_upper_tail;
use crate::stats::error::check_finite;
use crate::stats::quantile::Sorted;
use crate::stats::{Estimate, Level, StatsError};

/// Differences compared with zero by the ranks of their sizes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignedRank {
    /// The sum of the ranks of the positive differences; zero differences are left out (Wilcoxon 1945).
    pub v: f64,
    /// Two-sided, P(|V − mean| at least as observed) over all signs; for more than about 400 differences by the normal
    /// approximation with a continuity correction of one half.
    pub p: f64,
    pub is_exact: bool,
    /// The median of all averages of two differences (Hodges & Lehmann 1963), in the unit of the differences, with the
    /// interval between two of these averages (Tukey 1949). `n` is the number of differences, zeros included.
    pub shift: Estimate,
}

/// The signed-rank test of Wilcoxon (1945), treated minus control within pairs, and the shift that belongs to it.
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::NoVariation`] when no difference is other than zero,
/// [`StatsError::Overflow`].
pub fn signed_rank(differences: &[f64], level: Level) -> Result<SignedRank, StatsError> {
    check_finite("difference", differences)?;
    let kept: Vec<f64> = differences.iter().copied().filter(|difference| *difference != 0.0).collect();
    if kept.is_empty() {
        return Err(StatsError::NoVariation { what: "the difference", n: differences.len() });
    }
    let ranks = midranks(&kept.iter().map(|difference| difference.abs()).collect::<Vec<f64>>());
    let v: f64 = kept.iter().zip(&ranks).filter(|(difference, _)| **difference > 0.0).map(|(_, rank)| rank).sum();
    let distance = (v - ranks.iter().sum::<f64>() / 2.0).abs();
    let exact = exact::sign_tail(&ranks, distance);
    let p = exact.unwrap_or_else(|| {
        let deviation = ranks.iter().map(|rank| rank * rank).sum::<f64>().sqrt() / 2.0;
        (2.0 * normal_upper_tail((distance - 0.5).max(0.0) / deviation)).min(1.0)
    });
    let n = as_f64(differences.len());
    let rank = exact::sign_rank(differences.len(), level.alpha() / 2.0)
        .unwrap_or_else(|| normal_rank(n * (n + 1.0) / 4.0, (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt(), level));
    let averages = pairwise::Averages(Sorted::new(differences.to_vec())?);
    let shift = pairwise::estimate(&averages, rank, differences.len() as u64, level)?;
    Ok(SignedRank { v, p, is_exact: exact.is_some(), shift })
}
