//! Group-sequential tests: a few looks at growing data at one error rate. The one rule: looks count by information, 1 /
//! variance of the effect, and a t statistic is mapped to z by equal p before it is compared.

mod futility;
mod quadrature;
mod recursion;
mod spending;

use super::StatsError;
use super::distribution::{bisect, normal_upper_quantile, normal_upper_tail, student_t_upper_tail};
use super::error::{check_finite, check_positive};
pub use futility::{Futility, futility_boundaries};
use recursion::Paths;
pub use spending::{BoundaryShape, Spending};

/// z statistics beyond this do not occur.
const Z_LIMIT: f64 = 39.0;

/// On which sides a test can stop early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// Reject for z at or above the boundary.
    Upper,
    /// Reject for |z| at or above the boundary; both tails have the same error rate.
    Both,
}

/// One look at the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Information gathered over information at the end, above 0 and at most 1.
    pub information: f64,
    /// Reject from this z statistic on.
    pub z: f64,
    /// Chance under no effect to have rejected up to here, in one tail.
    pub spent: f64,
    /// P(Z ≥ z), the one-sided p-value that is needed at this look.
    pub nominal_p: f64,
}

/// The boundaries of Lan & DeMets (1983): at each look the tail may reject as often under no effect as `spending` has
/// freed since the look before, by recursive integration over the paths that did not stop (Armitage, McPherson & Rowe
/// 1969; Jennison & Turnbull 2000, chapter 19). `tail_alpha` is the error rate of one tail, 0.025 for a two-sided 5 %.
/// Later looks do not change earlier boundaries, so call this again at each look with the information that came.
///
/// Good to 10⁻¹⁰ in z.
///
/// # Errors
/// [`StatsError::TooFew`] without looks, [`StatsError::OutOfRange`] for information that does not grow within 0 to 1 or a
/// rate that is not between 0 and ½, and those of [`Spending::spent`].
pub fn spending_boundaries(
    information: &[f64],
    spending: Spending,
    tail_alpha: f64,
    sides: Sides,
) -> Result<Vec<Look>, StatsError> {
    check_plan(information, tail_alpha)?;
    let spent = information.iter().map(|share| spending.spent(tail_alpha, *share)).collect::<Result<Vec<f64>, _>>()?;
    spent_boundaries(information, &spent, sides)
}

/// As [`spending_boundaries`] where the error rate is spent by another clock than the information that ties the looks
/// together, such as the part of the declared time (Lan & DeMets 1989): `spent` has what a tail may have used up to each look.
///
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::Length`], [`StatsError::OutOfRange`] for information that does not grow within 0 to
/// 1, and for rates that fall or leave 0 to ½.
pub fn spent_boundaries(information: &[f64], spent: &[f64], sides: Sides) -> Result<Vec<Look>, StatsError> {
    check_growth(information)?;
    super::error::check_length("spent error rates", information.len(), spent.len())?;
    let mut paths = Paths::start(0.0);
    let mut looks: Vec<Look> = Vec::with_capacity(information.len());
    for (index, (share, spent)) in information.iter().zip(spent).enumerate() {
        let before = looks.last().map_or(0.0, |look| look.spent);
        if !(*spent >= before && *spent < 0.5) {
            let expected = "no less than at the look before and below ½";
            return Err(StatsError::OutOfRange { what: "error rate spent", value: *spent, expected });
        }
        let next = paths.at(*share);
        let z = bisect(-Z_LIMIT, Z_LIMIT, |z| next.above(z) > spent - before);
        looks.push(Look { information: *share, z, spent: *spent, nominal_p: normal_upper_tail(z) });
        paths = next.kept(lower_of(z, sides), z, information.get(index + 1).copied());
    }
    Ok(looks)
}

/// Boundaries of one shape over all looks, moved up or down until the tail rejects with the chance `tail_alpha` (Pocock
/// 1977; O'Brien & Fleming 1979; Wang & Tsiatis 1987; Haybittle 1971; Peto et al. 1976). All looks must be known before.
///
/// # Errors
/// As [`spending_boundaries`], and [`StatsError::OutOfRange`] where no boundary has that chance.
pub fn shaped_boundaries(
    information: &[f64],
    shape: BoundaryShape,
    tail_alpha: f64,
    sides: Sides,
) -> Result<Vec<Look>, StatsError> {
    check_plan(information, tail_alpha)?;
    let last = information[information.len() - 1];
    let chance = |constant: f64| {
        let z: Vec<f64> = information.iter().map(|share| shape.z(constant, *share, last)).collect();
        crossed(information, &z, 0.0, sides)
    };
    let total = |constant: f64| chance(constant).last().copied().unwrap_or(0.0);
    if total(0.0) <= tail_alpha {
        let expected = "more than the early looks spend";
        return Err(StatsError::OutOfRange { what: "error rate", value: tail_alpha, expected });
    }
    let constant = bisect(0.0, Z_LIMIT, |constant| total(constant) > tail_alpha);
    if total(constant) > tail_alpha * (1.0 + 1e-6) {
        let expected = "more than the early looks spend";
        return Err(StatsError::OutOfRange { what: "error rate", value: tail_alpha, expected });
    }
    let looks = information.iter().zip(chance(constant)).map(|(share, spent)| {
        let z = shape.z(constant, *share, last);
        Look { information: *share, z, spent, nominal_p: normal_upper_tail(z) }
    });
    Ok(looks.collect())
}

/// How often, and how early, a plan finds an effect.
#[derive(Debug, Clone, PartialEq)]
pub struct SequentialPower {
    /// The chance to have rejected in the upper tail up to each look.
    pub rejected: Vec<f64>,
    /// The expected information at the end, as a part of that of the last look.
    pub expected_information: f64,
}

/// The power of a plan with upper boundaries when the z statistic at the last look has the mean `drift`, √(information)
/// × effect. Drift zero tells the error rate.
///
/// # Errors
/// [`StatsError::TooFew`] without looks, [`StatsError::NotFinite`].
pub fn sequential_power(looks: &[Look], drift: f64) -> Result<SequentialPower, StatsError> {
    check_finite("drift", &[drift])?;
    let Some(last) = looks.last() else {
        return Err(StatsError::TooFew { what: "looks", needed: 1, actual: 0 });
    };
    let (information, z): (Vec<f64>, Vec<f64>) = looks.iter().map(|look| (look.information, look.z)).unzip();
    let rejected = crossed(&information, &z, drift / last.information.sqrt(), Sides::Upper);
    let mut expected = 1.0;
    // Every look saves what lies between it and the next for those who stopped.
    for (pair, stopped) in information.windows(2).zip(&rejected) {
        expected -= stopped * (pair[1] - pair[0]) / last.information;
    }
    Ok(SequentialPower { rejected, expected_information: expected })
}

/// What looking early costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inflation {
    /// The mean of the z statistic at the last look with which the plan has the power asked for.
    pub drift: f64,
    /// Information at the last look over that of a test with one look of the same error rate and power.
    pub factor: f64,
    /// Expected information over that of a test with one look, under that drift and under no effect.
    pub expected_under_effect: f64,
    pub expected_under_none: f64,
}

/// By how much a plan with upper boundaries needs more information than a single look (Jennison & Turnbull
/// 2000, chapter 2).
///
/// # Errors
/// As [`sequential_power`], and [`StatsError::OutOfRange`] unless the power is between the error rate and 1.
pub fn inflation(looks: &[Look], power: f64) -> Result<Inflation, StatsError> {
    let under_none = sequential_power(looks, 0.0)?;
    let alpha = looks[looks.len() - 1].spent;
    if !(power > alpha && power < 1.0) {
        let expected = "between the error rate and 1";
        return Err(StatsError::OutOfRange { what: "power", value: power, expected });
    }
    let found = |drift: f64| sequential_power(looks, drift).map_or(1.0, |power| power.rejected[looks.len() - 1]);
    let drift = bisect(0.0, Z_LIMIT, |drift| found(drift) < power);
    let fixed = normal_upper_quantile(alpha) + normal_upper_quantile(1.0 - power);
    let factor = (drift / fixed).powi(2);
    let expected_under_effect = factor * sequential_power(looks, drift)?.expected_information;
    Ok(Inflation {
        drift,
        factor,
        expected_under_effect,
        expected_under_none: factor * under_none.expected_information,
    })
}

/// The z statistic with the p-value of a t statistic with `df` degrees of freedom (Jennison & Turnbull 2000, chapter
/// 11): what is compared with a boundary when few units tell the variance.
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::OutOfRange`] unless `df` is above zero.
pub fn z_of_t(t: f64, df: f64) -> Result<f64, StatsError> {
    check_finite("t", &[t])?;
    check_positive("degrees of freedom", df)?;
    let z = normal_upper_quantile(student_t_upper_tail(t.abs(), df));
    Ok(if t < 0.0 { -z } else { z })
}

/// The z statistic, zero or more, with this two-sided p-value: how a randomization test is compared with a boundary. About 38
/// for the smallest p that a double holds.
///
/// # Errors
/// [`StatsError::OutOfRange`] unless `p` is from 0 to 1.
pub fn z_of_p(p: f64) -> Result<f64, StatsError> {
    super::error::check_p("p", p)?;
    Ok(normal_upper_quantile(p / 2.0).max(0.0))
}

/// The chance to have crossed the upper boundary up to each look, for a drift per unit of information.
fn crossed(information: &[f64], z: &[f64], drift: f64, sides: Sides) -> Vec<f64> {
    let mut paths = Paths::start(drift);
    let mut sum = 0.0;
    let mut chances = Vec::with_capacity(z.len());
    for (index, (share, z)) in information.iter().zip(z).enumerate() {
        let next = paths.at(*share);
        sum += next.above(*z);
        chances.push(sum);
        paths = next.kept(lower_of(*z, sides), *z, information.get(index + 1).copied());
    }
    chances
}

fn lower_of(z: f64, sides: Sides) -> f64 {
    match sides {
        Sides::Upper => -Z_LIMIT,
        Sides::Both => -z,
    }
}

fn check_plan(information: &[f64], tail_alpha: f64) -> Result<(), StatsError> {
    check_growth(information)?;
    if tail_alpha > 0.0 && tail_alpha < 0.5 {
        Ok(())
    } else {
        Err(StatsError::OutOfRange { what: "error rate of a tail", value: tail_alpha, expected: "between 0 and ½" })
    }
}

fn check_growth(information: &[f64]) -> Result<(), StatsError> {
    if information.is_empty() {
        return Err(StatsError::TooFew { what: "looks", needed: 1, actual: 0 });
    }
    let mut before = 0.0;
    for share in information {
        if !(*share > before && *share <= 1.0) {
            let expected = "more than at the look before and at most 1";
            return Err(StatsError::OutOfRange { what: "information", value: *share, expected });
        }
        before = *share;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
