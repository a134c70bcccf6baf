//! How alike the rows of a group are. The one rule: sizes of groups may differ.

use super::StatsError;
use super::error::{check_finite, check_length, computed};
use super::grouped::numbered;
use super::mean::Moments;

/// One-way analysis of variance of rows in groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OneWay {
    /// Mean squares, in the square of the unit of the outcome.
    pub between: f64,
    pub within: f64,
    /// n₀ = (n − Σnᵢ²/n) / (groups − 1), which is the size where all are equal.
    pub typical_size: f64,
    /// Coefficient of variation of the sizes of groups, with divisor groups − 1.
    pub size_variation: f64,
    /// (between − within) / (between + (n₀ − 1) within) (Donner 1986). Below zero when groups differ less than their
    /// rows would have them; set to zero by whoever needs a correlation.
    pub intraclass_correlation: f64,
}

/// Splits the variation of the outcome into that between and that within groups (Fisher 1925). `groups` holds any number
/// that names the group of each row. For the estimate by restricted likelihood see
/// [`MixedModel::intraclass_correlation`](super::MixedModel::intraclass_correlation).
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`]; [`StatsError::Indistinct`] with one group or one row in each;
/// [`StatsError::NoVariation`] when the outcome is constant; [`StatsError::Overflow`].
#[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
pub fn one_way(outcome: &[f64], groups: &[usize]) -> Result<OneWay, StatsError> {
    check_length("groups", outcome.len(), groups.len())?;
    check_finite("outcome", outcome)?;
    let (numbers, count) = numbered(groups.iter());
    if count < 2 || count == outcome.len() {
        return Err(StatsError::Indistinct { what: "groups", from: "rows" });
    }
    let mut values = vec![Vec::new(); count];
    for (value, group) in outcome.iter().zip(numbers) {
        values[group].push(*value);
    }
    let moments: Vec<Moments> = values.iter().filter_map(|values| Moments::of(values)).collect();
    let (n, k) = (outcome.len() as f64, count as f64);
    let sizes: Vec<f64> = moments.iter().map(|group| group.n).collect();
    let mean = moments.iter().map(|group| group.n / n * group.mean).sum::<f64>();
    let between = moments.iter().map(|group| group.n * (group.mean - mean).powi(2)).sum::<f64>() / (k - 1.0);
    let squares = moments.iter().map(|group| group.variance().unwrap_or(0.0) * (group.n - 1.0)).sum::<f64>();
    let within = squares / (n - k);
    let typical_size = (n - sizes.iter().map(|size| size * size).sum::<f64>() / n) / (k - 1.0);
    let total = computed("mean square", between + (typical_size - 1.0) * within)?;
    if total <= 0.0 {
        return Err(StatsError::NoVariation { what: "the outcome", n: outcome.len() });
    }
    let deviation = Moments::of(&sizes).and_then(|sizes| sizes.variance()).unwrap_or(0.0).sqrt();
    Ok(OneWay {
        between,
        within,
        typical_size,
        size_variation: deviation / (n / k),
        intraclass_correlation: (between - within) / total,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pairs_by_hand() {
        // Means 2 and 6, one deviation of 1 on each side: between 2 × 2² × 2 = 16, within 4 / 2 = 2.
        let found = one_way(&[1.0, 3.0, 5.0, 7.0], &[9, 9, 4, 4]).unwrap();
        assert!((found.between - 16.0).abs() < 1e-12 && (found.within - 2.0).abs() < 1e-12);
        assert!((found.typical_size - 2.0).abs() < 1e-12 && found.size_variation.abs() < 1e-12);
        assert!((found.intraclass_correlation - 14.0 / 18.0).abs() < 1e-12);
    }

    #[test]
    fn refuses_what_cannot_be_split() {
        assert!(matches!(one_way(&[1.0, 2.0], &[1, 1]), Err(StatsError::Indistinct { .. })));
        assert!(matches!(one_way(&[1.0, 2.0], &[1, 2]), Err(StatsError::Indistinct { .. })));
        assert!(matches!(one_way(&[1.0; 4], &[1, 1, 2, 2]), Err(StatsError::NoVariation { .. })));
        assert!(matches!(one_way(&[1e200, -1e200, 0.0], &[1, 1, 2]), Err(StatsError::Overflow { .. })));
        assert!(matches!(one_way(&[1.0; 4], &[1, 1, 2]), Err(StatsError::Length { .. })));
    }
}
