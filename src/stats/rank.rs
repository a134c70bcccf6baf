//! Rank tests and the shifts that belong to them. The one rule: ties share their ranks, and small samples get the exact
//! distribution of the ranks that they have.

mod exact;
mod pairwise;
mod score;
mod signed;

use super::distribution::{normal_upper_quantile, normal_upper_tail};
use super::error::check_finite;
use super::quantile::Sorted;
use super::{Estimate, Level, StatsError};
pub(super) use score::midranks;
pub use score::{ScoreTest, stratified_score_test, van_elteren};
pub use signed::{SignedRank, signed_rank};

/// Two groups compared by the ranks of their units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MannWhitney {
    /// Pairs of a treated and a control unit in which the treated has the larger value; ties count one half.
    pub u: f64,
    /// P(treated > control) − P(treated < control) of a random pair, from −1 to 1 (Cliff 1993).
    pub cliffs_delta: f64,
    /// (U − n₁n₀/2) over its standard deviation given the ties, without continuity correction.
    pub z: f64,
    /// Two-sided, by the normal approximation to z.
    pub p_normal: f64,
    /// Two-sided, by the normal approximation with a continuity correction of one half.
    pub p_corrected: f64,
    /// Two-sided, P(|U − n₁n₀/2| at least as observed) over all ways to assign the ranks (Streitberg & Röhmel 1986);
    /// absent where that takes too long, beyond about 120 units.
    pub p_exact: Option<f64>,
}

impl MannWhitney {
    /// The exact p-value where it is known, else that with the continuity correction.
    #[must_use]
    pub fn p(&self) -> f64 {
        self.p_exact.unwrap_or(self.p_corrected)
    }
}

/// The test of Wilcoxon (1945) and Mann & Whitney (1947) that two groups of randomised units have one distribution.
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::ArmTooSmall`] for an empty arm, [`StatsError::NoVariation`] when all values
/// are equal.
pub fn mann_whitney(treated: &[f64], control: &[f64]) -> Result<MannWhitney, StatsError> {
    check_arms(treated, control)?;
    let outcome = [treated, control].concat();
    let ranks = midranks(&outcome);
    let is_treated: Vec<bool> = (0..outcome.len()).map(|unit| unit < treated.len()).collect();
    let test = score::test_of(&ranks, &is_treated, &[], |_| 1.0)?;
    let (n1, n0) = (as_f64(treated.len()), as_f64(control.len()));
    let deviation = test.deviation;
    let corrected = (test.distance.abs() - 0.5).max(0.0) / deviation;
    let exact = exact::group_tail(&ranks, treated.len(), test.distance.abs());
    Ok(MannWhitney {
        u: test.distance + n1 * n0 / 2.0,
        cliffs_delta: 2.0 * test.distance / (n1 * n0),
        z: test.z,
        p_normal: test.p,
        p_corrected: (2.0 * normal_upper_tail(corrected)).min(1.0),
        p_exact: exact,
    })
}

/// The median of all differences between a treated and a control unit (Hodges & Lehmann 1963), in the unit of the
/// outcome, with the interval of the shifts that the test of [`mann_whitney`] does not reject: between two order
/// statistics of the differences, whose ranks are exact for small samples (Bauer 1972) and normal approximations beyond.
/// `n` is the units of both; no interval where the samples cannot carry the level.
///
/// Exact selection without forming the differences: O(n) steps for each of 64 bits.
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::ArmTooSmall`] for an empty arm, [`StatsError::Overflow`].
pub fn hodges_lehmann(treated: &[f64], control: &[f64], level: Level) -> Result<Estimate, StatsError> {
    check_arms(treated, control)?;
    let differences = pairwise::Differences::new(Sorted::new(treated.to_vec())?, Sorted::new(control.to_vec())?);
    let n = (treated.len() + control.len()) as u64;
    let (n1, n0) = (as_f64(treated.len()), as_f64(control.len()));
    let rank = exact::group_rank(treated.len(), control.len(), level.alpha() / 2.0)
        .unwrap_or_else(|| normal_rank(n1 * n0 / 2.0, (n1 * n0 * (n1 + n0 + 1.0) / 12.0).sqrt(), level));
    pairwise::estimate(&differences, rank, n, level)
}

/// The rank from 1 of the lower bound among all differences; 0 for none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped at zero, and pairs fit 64 bits")]
fn normal_rank(mean: f64, deviation: f64, level: Level) -> u64 {
    (mean - normal_upper_quantile(level.alpha() / 2.0) * deviation).floor().max(0.0) as u64
}

fn check_arms(treated: &[f64], control: &[f64]) -> Result<(), StatsError> {
    check_finite("treated outcome", treated)?;
    check_finite("control outcome", control)?;
    if treated.is_empty() || control.is_empty() {
        return Err(StatsError::ArmTooSmall { treated: treated.len(), control: control.len(), needed: 1 });
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a number of units is far below 2^53")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
