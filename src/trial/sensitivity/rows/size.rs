//! Whether the effect goes with the size of units, so that the average over units and that over rows are different questions (Kahan,
//! Li, Copas & Harhay 2023).

use super::super::super::compared::Compared;
use super::super::super::words::percent;
use super::super::super::{Sample, Scale};
use super::super::MOST_LEFT_OUT;
use super::TREATED;
use crate::stats::{ClusterRegression, ClusterRows};

/// So many standard errors of the difference are more than chance.
const NOTABLE: f64 = 2.0;

/// A sentence where the two differ by more than twice the jackknife error of their difference, one unit left out at a time.
pub(super) fn informative_size(sample: &Sample<'_>, compared: &Compared, sizes: &[f64]) -> Option<String> {
    let n = compared.len();
    if n > MOST_LEFT_OUT || sizes.iter().all(|size| *size == sizes[0]) {
        return None;
    }
    let of_units = effect(compared, &vec![1.0; n], None)?;
    let of_rows = effect(compared, sizes, None)?;
    let mut differences = Vec::with_capacity(n);
    for unit in 0..n {
        differences.push(effect(compared, sizes, Some(unit))? - effect(compared, &vec![1.0; n], Some(unit))?);
    }
    let mean = differences.iter().sum::<f64>() / n as f64;
    let squares: f64 = differences.iter().map(|it| (it - mean).powi(2)).sum();
    let error = (squares * (n as f64 - 1.0) / n as f64).sqrt();
    if (of_rows - of_units).abs() <= NOTABLE * error {
        return None;
    }
    let Sample { outcome, arms, .. } = sample;
    let relative = |value| Scale::relative(outcome.scale, value, outcome.mean(arms, 0)).map(percent);
    Some(format!(
        "The effect goes with the size of the units: {} where each unit counts the same and {} where each row does, further apart than chance makes them.",
        relative(of_units)?,
        relative(of_rows)?
    ))
}

/// Least squares of the units' figures on treatment and history, with a weight for each unit: that of its rows gives what rows would,
/// since nothing but the outcome varies within a unit.
fn effect(compared: &Compared, weights: &[f64], without: Option<usize>) -> Option<f64> {
    fn of<T: Copy>(column: &[T], without: Option<usize>) -> Vec<T> {
        column.iter().enumerate().filter(|(unit, _)| Some(*unit) != without).map(|(_, value)| *value).collect()
    }
    let (outcome, treated) = (of(&compared.figures, without), of(&compared.treated, without));
    let covariates: Vec<Vec<f64>> = compared.covariates.iter().map(|column| of(column, without)).collect();
    let clusters: Vec<usize> = (0..outcome.len()).collect();
    let rows = ClusterRows {
        outcome: &outcome,
        treated: &treated,
        clusters: &clusters,
        weights: &of(weights, without),
        covariates: &covariates,
        strata: &[],
    };
    ClusterRegression::ancova(rows).ok()?.coefficient(TREATED).ok()
}
