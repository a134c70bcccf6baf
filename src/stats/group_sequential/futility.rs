//! Stopping for futility by spending the chance of a miss.

use super::recursion::Paths;
use super::{Look, Spending, Z_LIMIT};
use crate::stats::StatsError;
use crate::stats::distribution::bisect;

/// Lower boundaries beside upper ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Futility {
    /// Stop for futility at or below this z, at all looks but the last.
    pub z: Vec<f64>,
    /// The mean of the z statistic at the last look with which the plan has its power.
    pub drift: f64,
    /// The chance under that drift to have rejected up to each look, when futility is obeyed.
    pub rejected: Vec<f64>,
    /// The chance under that drift to have missed the effect up to each look.
    pub missed: Vec<f64>,
}

/// Non-binding futility boundaries (Pampallona, Tsiatis & Kim 2001): the upper boundaries `looks` stay as they are, so
/// the error rate holds whether or not futility is obeyed. The chance of a miss, `beta` in all, is spent by `spending`;
/// the drift is that at which both boundaries meet at the last look.
///
/// # Errors
/// [`StatsError::TooFew`] without looks, [`StatsError::OutOfRange`] unless `beta` is between 0 and 1 less the error rate
/// and the last look has all the information, and those of [`Spending::spent`].
pub fn futility_boundaries(looks: &[Look], spending: Spending, beta: f64) -> Result<Futility, StatsError> {
    let Some(last) = looks.last() else {
        return Err(StatsError::TooFew { what: "looks", needed: 1, actual: 0 });
    };
    if !(beta > 0.0 && beta < 1.0 - last.spent) {
        let expected = "between 0 and 1 less the error rate";
        return Err(StatsError::OutOfRange { what: "chance of a miss", value: beta, expected });
    }
    if last.information < 1.0 {
        let expected = "1 at the last look";
        return Err(StatsError::OutOfRange { what: "information", value: last.information, expected });
    }
    let spent = looks.iter().map(|look| spending.spent(beta, look.information)).collect::<Result<Vec<f64>, _>>()?;
    let misses = |drift: f64| walk(looks, &spent, drift).missed.last().copied().unwrap_or(0.0);
    let drift = bisect(0.0, Z_LIMIT, |drift| misses(drift) > beta);
    Ok(walk(looks, &spent, drift))
}

fn walk(looks: &[Look], spent: &[f64], drift: f64) -> Futility {
    let mut futility = Futility { z: Vec::new(), drift, rejected: Vec::new(), missed: Vec::new() };
    let mut paths = Paths::start(drift);
    let (mut rejected, mut missed) = (0.0, 0.0);
    for (index, look) in looks.iter().enumerate() {
        let next = paths.at(look.information);
        rejected += next.above(look.z);
        let following = looks.get(index + 1).map(|look| look.information);
        let z = match following {
            Some(_) => bisect(-Z_LIMIT, look.z, |z| next.below(z) <= spent[index] - missed),
            None => look.z,
        };
        missed += next.below(z);
        futility.rejected.push(rejected);
        futility.missed.push(missed);
        if following.is_some() {
            futility.z.push(z);
        }
        paths = next.kept(z, look.z, following);
    }
    futility
}
