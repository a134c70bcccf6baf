//! How unevenly a total is spread. The one rule: those with nothing count.

use super::StatsError;
use super::error::{check_finite, check_not_negative, computed};

/// The coefficient of Gini (1912) of amounts of zero or more, one per person or thing: Σ (2i − n − 1) xᵢ / (n Σ x) over
/// the ascending order. 0 when all have the same; (n − 1)/n when one has all.
///
/// Absent without rows and when nobody has anything.
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::Negative`], [`StatsError::Overflow`].
#[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
pub fn gini(amounts: &[f64]) -> Result<Option<f64>, StatsError> {
    check_finite("amount", amounts)?;
    check_not_negative("amount", amounts)?;
    let mut sorted = amounts.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let total = computed("sum of amounts", sorted.iter().sum())?;
    if total == 0.0 {
        return Ok(None);
    }
    let ranked: f64 =
        sorted.iter().enumerate().map(|(rank, amount)| (2.0 * rank as f64 + 1.0 - n) * (amount / total)).sum();
    computed("coefficient of Gini", (ranked / n).max(0.0)).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn by_hand() {
        assert_eq!(gini(&[3.0, 3.0, 3.0]).unwrap(), Some(0.0));
        assert_eq!(gini(&[0.0, 0.0, 0.0, 8.0]).unwrap(), Some(0.75));
        // Mean absolute difference of 1, 2, 3: 8/9; over twice the mean: 2/9.
        assert!((gini(&[3.0, 1.0, 2.0]).unwrap().unwrap() - 2.0 / 9.0).abs() < 1e-15);
        assert_eq!(gini(&[5.0]).unwrap(), Some(0.0));
        assert_eq!(gini(&[]).unwrap(), None);
        assert_eq!(gini(&[0.0, 0.0]).unwrap(), None);
        assert!(gini(&[1.0, -1.0]).is_err());
        assert!(gini(&[f64::NAN]).is_err());
    }

    proptest! {
        /// Gini's own definition: half the mean absolute difference over the mean.
        #[test]
        fn is_half_the_relative_mean_difference(amounts in prop::collection::vec(0.0..1e3_f64, 1..30)) {
            let n = amounts.len() as f64;
            let total: f64 = amounts.iter().sum();
            prop_assume!(total > 0.0);
            let differences: f64 = amounts.iter().flat_map(|a| amounts.iter().map(move |b| (a - b).abs())).sum();
            let expected = differences / (n * n) / (2.0 * total / n);
            prop_assert!((gini(&amounts).unwrap().unwrap() - expected).abs() < 1e-10);
        }
    }
}
