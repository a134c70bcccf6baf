//! Sample ratio mismatch: did each arm get its share of the units? The one rule: the shares are those declared before.

use super::distribution::chi_square_upper_tail;
use super::error::check_positive;
use super::{StatsError, binomial_test};

/// How far the counts of the arms are from their declared shares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SampleRatio {
    /// Σ (observed − expected)² / expected.
    pub chi_square: f64,
    /// One less than the number of arms.
    pub degrees_of_freedom: f64,
    /// Of the chi-square test (Pearson 1900); alarms use a small level such as 0.001 (Fabijan et al. 2019).
    pub p: f64,
    /// Of the exact binomial test; two arms only.
    pub exact_p: Option<f64>,
}

/// Compares the units (rows that were assigned one by one) counted in each arm with weights declared beforehand, any
/// unit. Where a lottery fixes the totals, as over a few teams, the counts hold no information: verify the assignment
/// against the recorded lottery instead.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::TooFew`] under two arms or without units, [`StatsError::OutOfRange`] for a
/// weight that is not above zero.
#[expect(clippy::cast_precision_loss, reason = "counts beyond 2^53 do not occur")]
pub fn sample_ratio_test(counts: &[u64], weights: &[f64]) -> Result<SampleRatio, StatsError> {
    let shares = shares(counts, weights)?;
    let units: u64 = counts.iter().sum();
    let mut chi_square = 0.0;
    for (count, share) in counts.iter().zip(&shares) {
        let expected = units as f64 * share;
        chi_square += (*count as f64 - expected).powi(2) / expected;
    }
    let chi_square = super::error::computed("chi-square", chi_square)?;
    let degrees_of_freedom = (counts.len() - 1) as f64;
    let exact_p = if counts.len() == 2 { Some(binomial_test(counts[0], units, shares[0])?) } else { None };
    Ok(SampleRatio {
        chi_square,
        degrees_of_freedom,
        p: chi_square_upper_tail(chi_square, degrees_of_freedom),
        exact_p,
    })
}

/// The weights over their sum, checked together with the counts.
pub(super) fn shares(counts: &[u64], weights: &[f64]) -> Result<Vec<f64>, StatsError> {
    super::error::check_length("weights", counts.len(), weights.len())?;
    if counts.len() < 2 {
        return Err(StatsError::TooFew { what: "arms", needed: 2, actual: counts.len() });
    }
    if counts.iter().all(|count| *count == 0) {
        return Err(StatsError::TooFew { what: "units", needed: 1, actual: 0 });
    }
    for weight in weights {
        check_positive("weight", *weight)?;
    }
    let sum = super::error::computed("sum of weights", weights.iter().sum())?;
    Ok(weights.iter().map(|weight| weight / sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_has_no_ratio() {
        assert!(matches!(sample_ratio_test(&[1, 2], &[1.0]), Err(StatsError::Length { .. })));
        assert!(matches!(sample_ratio_test(&[1], &[1.0]), Err(StatsError::TooFew { what: "arms", .. })));
        assert!(matches!(sample_ratio_test(&[0, 0], &[1.0, 1.0]), Err(StatsError::TooFew { what: "units", .. })));
        assert!(matches!(sample_ratio_test(&[1, 2], &[1.0, 0.0]), Err(StatsError::OutOfRange { .. })));
        assert!(matches!(sample_ratio_test(&[1, 2], &[1.0, 1e-323]), Err(StatsError::Overflow { .. })));
        assert!(matches!(sample_ratio_test(&[1, 2], &[1e300, 1e-300]), Err(StatsError::Overflow { .. })));
    }

    #[test]
    fn large_counts_stay_exact() {
        // Two million units, three standard deviations off: exact and chi-square differ by the continuity correction.
        let test = sample_ratio_test(&[1_002_121, 997_879], &[2.0, 2.0]).unwrap();
        assert!((test.p - 0.0026998).abs() < 5e-5, "{test:?}");
        assert!((test.exact_p.unwrap() - test.p).abs() < 2e-5, "{test:?}");
    }
}
