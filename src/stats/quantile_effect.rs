//! Effects on quantiles. The one rule: where clusters were randomised, rows are counted within them.

use super::distribution::student_t_quantile;
use super::error::{check_finite, check_length, computed};
use super::quantile::{Sorted, check_probability};
use super::ratio::{Linearised, RatioRows};
use super::{Estimate, Level, StatsError, difference};

/// How a quantile is read off a sample: the types of Hyndman & Fan (1996) that other tools answer with. Ours is 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuantileType {
    /// The order statistic of rank ⌈n p⌉, the inverse of the empirical distribution (`quantile_disc` of SQL).
    Inverse,
    /// Type 6, position (n + 1) p (Weibull; Minitab, SPSS).
    Weibull,
    /// Type 7, position (n − 1) p + 1 (Excel, numpy, `quantile_cont` of SQL).
    Linear,
    /// Type 8, position (n + ⅓) p + ⅓, near median-unbiased whatever the distribution.
    MedianUnbiased,
}

/// The quantile of a type, in the unit of the values; `None` without values.
///
/// # Errors
/// [`StatsError::Probability`] outside 0 to 1.
pub fn quantile_of_type(sorted: &Sorted, probability: f64, kind: QuantileType) -> Result<Option<f64>, StatsError> {
    check_probability(probability)?;
    let values = sorted.values();
    if values.is_empty() {
        return Ok(None);
    }
    let n = as_f64(values.len());
    let position = match kind {
        QuantileType::Linear => return sorted.quantile(probability),
        // A whole n p may lie a rounding error above itself.
        QuantileType::Inverse => (n * probability * (1.0 - 4.0 * f64::EPSILON)).ceil(),
        QuantileType::Weibull => (n + 1.0) * probability,
        QuantileType::MedianUnbiased => (n + 1.0 / 3.0) * probability + 1.0 / 3.0,
    };
    Ok(Some(sorted.at_rank(position.clamp(1.0, n))))
}

/// The difference of a quantile between arms of independent units, treated minus control (unit of the outcome): the
/// intervals of [`Sorted::estimate`] combined by [`difference`]. No value for an empty arm, no interval where an arm is
/// too small for one.
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::Probability`], [`StatsError::Overflow`].
pub fn quantile_effect(
    treated: &[f64],
    control: &[f64],
    probability: f64,
    level: Level,
) -> Result<Estimate, StatsError> {
    let [treated, control] = [treated, control].map(|values| super::quantile(values, probability, level));
    difference(&treated?, &control?)
}

/// Rows within clusters, such as pull requests within the teams that were randomised.
#[derive(Debug, Clone, Copy)]
pub struct ClusteredValues<'a> {
    pub values: &'a [f64],
    /// The cluster of each row, counted from zero.
    pub clusters: &'a [usize],
}

/// The quantile of all rows with an interval for clusters drawn as wholes. The part of rows at or below the quantile is a
/// ratio of two sums over clusters, with its standard error by linearisation; the interval is between the quantiles at
/// p ± t of that error with one degree of freedom less than there are clusters (Woodruff 1952; Deng, Knoblich & Lu
/// 2018). `n` is the number of rows; no interval for fewer than two clusters or where the bounds would leave 0
/// to 1.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::Probability`].
pub fn cluster_quantile(rows: ClusteredValues, probability: f64, level: Level) -> Result<Estimate, StatsError> {
    check_length("clusters", rows.values.len(), rows.clusters.len())?;
    check_finite("value", rows.values)?;
    let sorted = Sorted::new(rows.values.to_vec())?;
    let n = rows.values.len() as u64;
    let Some(value) = sorted.quantile(probability)? else { return Ok(Estimate::absent(n, level)) };
    let count = rows.clusters.iter().max().map_or(0, |last| last + 1);
    let (mut below, mut sizes) = (vec![0.0; count], vec![0.0; count]);
    for (row, cluster) in rows.values.iter().zip(rows.clusters) {
        sizes[*cluster] += 1.0;
        if *row <= value {
            below[*cluster] += 1.0;
        }
    }
    let filled: Vec<usize> = (0..count).filter(|cluster| sizes[*cluster] > 0.0).collect();
    let of = |column: &[f64]| filled.iter().map(|cluster| column[*cluster]).collect::<Vec<f64>>();
    let (below, sizes) = (of(&below), of(&sizes));
    let share = Linearised::of(RatioRows { numerators: &below, denominators: &sizes })?;
    let Some(error) = share.and_then(|share| share.squared_error) else { return Estimate::point(value, n, level) };
    let t = student_t_quantile(level.upper_probability(), as_f64(filled.len()) - 1.0);
    let reach = computed("reach", t * error.value.sqrt())?;
    let (low, high) = (probability - reach, probability + reach);
    if low <= 0.0 || high >= 1.0 {
        return Estimate::point(value, n, level);
    }
    let (Some(low), Some(high)) = (sorted.quantile(low)?, sorted.quantile(high)?) else {
        return Estimate::point(value, n, level);
    };
    Estimate::with_bounds(value, (low, high), n, level)
}

/// The difference of a quantile of rows between arms of clusters, treated minus control (unit of the outcome): the
/// intervals of [`cluster_quantile`] combined by [`difference`].
///
/// # Errors
/// As [`cluster_quantile`].
pub fn cluster_quantile_effect(
    treated: ClusteredValues,
    control: ClusteredValues,
    probability: f64,
    level: Level,
) -> Result<Estimate, StatsError> {
    difference(&cluster_quantile(treated, probability, level)?, &cluster_quantile(control, probability, level)?)
}

#[expect(clippy::cast_precision_loss, reason = "a number of rows is far below 2^53")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::ChaCha20Rng;
    use rand::{RngExt, SeedableRng};

    const LEVEL: Level = Level::NINETY_FIVE;

    #[test]
    fn by_hand() {
        let sorted = Sorted::new(vec![4.0, 1.0, 3.0, 2.0]).unwrap();
        let of = |p, kind| quantile_of_type(&sorted, p, kind).unwrap().unwrap();
        assert_eq!([0.0, 0.25, 0.26, 1.0].map(|p| of(p, QuantileType::Inverse)), [1.0, 1.0, 2.0, 4.0]);
        assert_eq!([0.1, 0.5, 0.6].map(|p| of(p, QuantileType::Weibull)), [1.0, 2.5, 3.0]);
        assert!((of(0.5, QuantileType::MedianUnbiased) - 2.5).abs() < 1e-15);
        let none = Sorted::new(vec![]).unwrap();
        assert_eq!(quantile_of_type(&none, 0.5, QuantileType::Inverse).unwrap(), None);
        let effect = quantile_effect(&[3.0; 9], &[1.0; 9], 0.5, LEVEL).unwrap();
        assert_eq!((effect.value, effect.n), (Some(2.0), 18));
        assert_eq!(quantile_effect(&[], &[1.0; 9], 0.5, LEVEL).unwrap().value, None);
    }

    /// 20 clusters of 15 rows whose medians differ: rows as units would cover far less.
    #[test]
    fn covers_the_quantile_though_rows_are_alike_within_clusters() {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        let mut uniform = || rng.random::<f64>() + rng.random::<f64>() + rng.random::<f64>() - 1.5;
        let (mut covered, mut covered_by_rows) = (0, 0);
        for _ in 0..200 {
            let (mut values, mut clusters) = (Vec::new(), Vec::new());
            for cluster in 0..20 {
                let shared = uniform();
                for _ in 0..15 {
                    values.push(shared + uniform());
                    clusters.push(cluster);
                }
            }
            let rows = ClusteredValues { values: &values, clusters: &clusters };
            // Both parts are symmetric around zero.
            let interval = cluster_quantile(rows, 0.5, LEVEL).unwrap().interval.unwrap();
            covered += usize::from(interval.contains(0.0));
            let by_rows = super::super::quantile(&values, 0.5, LEVEL).unwrap().interval.unwrap();
            covered_by_rows += usize::from(by_rows.contains(0.0));
        }
        assert!((182..=198).contains(&covered), "{covered} of 200");
        assert!(covered_by_rows < 130, "{covered_by_rows} of 200");
    }

    #[test]
    fn one_cluster_carries_no_interval() {
        let rows = ClusteredValues { values: &[1.0, 2.0, 3.0], clusters: &[4, 4, 4] };
        let estimate = cluster_quantile(rows, 0.5, LEVEL).unwrap();
        assert_eq!((estimate.value, estimate.interval), (Some(2.0), None));
        let lacking = ClusteredValues { values: &[1.0, 2.0], clusters: &[0] };
        assert!(matches!(cluster_quantile(lacking, 0.5, LEVEL), Err(StatsError::Length { .. })));
    }
}
