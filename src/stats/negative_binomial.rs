//! Counts that vary more than Poisson's, one row a unit. The one rule: when they do not, it says so instead of fitting a
//! boundary.

use super::error::{check_finite, check_length, check_not_negative, computed};
use super::grouped::{GroupedRows, coefficient_name};
use super::symmetric::{add_outer, inverse};
use super::{Asymptotic, Level, StatsError};
use nalgebra::{DMatrix, DVector};
use statrs::function::gamma::ln_gamma;

const STEPS: usize = 200;
const HALVINGS: usize = 60;
const CONVERGED_BELOW: f64 = 1e-10;
/// Counts above this are summed by series.
const LONGEST_SUM: f64 = 100.0;
/// Below this dispersion the counts are Poisson's for all that can be told.
const LEAST_DISPERSION: f64 = 1e-6;

/// A count model with variance μ + αμ² and log link.
#[derive(Debug, Clone, PartialEq)]
pub struct NegativeBinomial {
    /// The intercept, then one a column: log ratios of means.
    pub coefficients: Vec<Asymptotic>,
    /// α, with the error of the observed information.
    pub dispersion: Asymptotic,
    pub log_likelihood: f64,
}

/// The log likelihood at one point, with its derivatives by the coefficients and then by α.
struct Point {
    value: f64,
    score: DVector<f64>,
    /// Less the second derivatives.
    information: DMatrix<f64>,
}

/// Fits the negative binomial model "NB2" by maximum likelihood (Cameron & Trivedi 2013, section 3.3). `groups` of the
/// rows are not looked at: rows are independent units. `offset` is as in [`gee`](super::gee()).
///
/// # Errors
/// As [`gee`](super::gee()), and [`StatsError::NotCount`] for a fraction; [`StatsError::AtBoundary`] when the counts vary no more
/// than Poisson's; [`StatsError::NoEvents`].
pub fn negative_binomial(rows: GroupedRows, offset: &[f64], level: Level) -> Result<NegativeBinomial, StatsError> {
    rows.check()?;
    if !offset.is_empty() {
        check_length("offset", rows.outcome.len(), offset.len())?;
        check_finite("offset", offset)?;
    }
    check_not_negative("count", rows.outcome)?;
    if let Some(index) = rows.outcome.iter().position(|count| count.fract() != 0.0) {
        return Err(StatsError::NotCount { what: "count", index, value: rows.outcome[index] });
    }
    if rows.outcome.iter().all(|count| *count <= 0.0) {
        return Err(StatsError::NoVariation { what: "the outcome", n: rows.outcome.len() });
    }
    let (parameters, point) = maximise(rows, offset)?;
    let k = rows.coefficients();
    let covariance = inverse(&point.information, parameter_name(k))?;
    let n = rows.outcome.len();
    let inference = |index: usize| Asymptotic::new(parameters[index], covariance[(index, index)].sqrt(), n, level);
    Ok(NegativeBinomial {
        coefficients: (0..k).map(inference).collect::<Result<_, _>>()?,
        dispersion: inference(k)?,
        log_likelihood: computed("log likelihood", point.value)?,
    })
}

fn parameter_name(k: usize) -> impl Fn(usize) -> String {
    move |index| if index == k { "dispersion".to_owned() } else { coefficient_name(index) }
}

/// Newton's method with steps halved until the likelihood does not fall; where it is not concave, the coefficients move
/// by their own information and α by the sign of its score.
fn maximise(rows: GroupedRows, offset: &[f64]) -> Result<(DVector<f64>, Point), StatsError> {
    let k = rows.coefficients();
    let total: f64 = rows.outcome.iter().sum();
    let exposure: f64 = (0..rows.outcome.len()).map(|row| offset.get(row).copied().unwrap_or(0.0).exp()).sum();
    let mut parameters = DVector::zeros(k + 1);
    let typical = computed("intercept", (total / exposure).ln())?;
    parameters[0] = typical;
    parameters[k] = 0.5;
    let mut point = Point::at(rows, offset, &parameters);
    for _ in 0..STEPS {
        let step = match inverse(&point.information, parameter_name(k)) {
            Ok(covariance) => covariance * &point.score,
            Err(_) => careful_step(&point, &parameters)?,
        };
        let (next, next_point) = search(rows, offset, &parameters, &point, &step)?;
        let errors = inverse(&next_point.information, parameter_name(k));
        let moved = &next - &parameters;
        (parameters, point) = (next, next_point);
        if parameters[k] <= LEAST_DISPERSION {
            return Err(StatsError::AtBoundary { what: "the dispersion beyond Poisson's" });
        }
        let is_rounding = |errors: DMatrix<f64>| {
            moved.iter().enumerate().all(|(index, step)| step.abs() <= CONVERGED_BELOW * errors[(index, index)].sqrt())
        };
        if errors.is_ok_and(is_rounding) {
            rows.check_log_rates(&parameters.as_slice()[..k], typical)?;
            return Ok((parameters, point));
        }
    }
    Err(StatsError::NotConverged { what: "the negative binomial model", steps: STEPS })
}

fn careful_step(point: &Point, parameters: &DVector<f64>) -> Result<DVector<f64>, StatsError> {
    let k = parameters.len() - 1;
    let own = inverse(&point.information.view((0, 0), (k, k)).into_owned(), coefficient_name)?;
    let mut step = (own * point.score.rows(0, k)).push(0.0);
    step[k] = parameters[k] / 2.0 * point.score[k].signum();
    Ok(step)
}

fn search(
    rows: GroupedRows,
    offset: &[f64],
    parameters: &DVector<f64>,
    point: &Point,
    step: &DVector<f64>,
) -> Result<(DVector<f64>, Point), StatsError> {
    let k = parameters.len() - 1;
    let mut part = 1.0;
    for _ in 0..HALVINGS {
        let mut next = parameters + part * step;
        // α stays above zero: it falls to a tenth at most.
        next[k] = next[k].max(parameters[k] / 10.0);
        let found = Point::at(rows, offset, &next);
        if found.value >= point.value - 1e-13 * point.value.abs() {
            return Ok((next, found));
        }
        part /= 2.0;
    }
    Err(StatsError::NotConverged { what: "a step of the negative binomial model", steps: HALVINGS })
}

impl Point {
    /// With r = 1/α a row has ln Γ(y + r) − ln Γ(r) − ln y! + r ln(r / (r + μ)) + y ln(μ / (r + μ)).
    fn at(rows: GroupedRows, offset: &[f64], parameters: &DVector<f64>) -> Point {
        let k = parameters.len() - 1;
        let alpha = parameters[k];
        let r = 1.0 / alpha;
        let mut point = Point { value: 0.0, score: DVector::zeros(k + 1), information: DMatrix::zeros(k + 1, k + 1) };
        let mut design = vec![0.0; k];
        for (row, count) in rows.outcome.iter().enumerate() {
            rows.read_design(row, &mut design);
            let predictor = design.iter().zip(parameters.iter()).map(|(value, slope)| value * slope).sum::<f64>();
            let mean = (predictor + offset.get(row).copied().unwrap_or(0.0)).exp();
            let spread = 1.0 + alpha * mean;
            point.value += ln_gamma(count + r) - ln_gamma(r) - ln_gamma(count + 1.0) - r * spread.ln();
            point.value += if *count > 0.0 { count * (alpha * mean / spread).ln() } else { 0.0 };
            // By the predictor.
            let slope = (count - mean) / spread;
            let curvature = mean * (1.0 + alpha * count) / (spread * spread);
            // By r, then by α = 1/r.
            let (first, second) = rising(*count, r);
            let by_r = first - spread.ln() + (mean - count) / (mean + r);
            let by_r_twice = second + 1.0 / r - 1.0 / (r + mean) - (mean - count) / (mean + r).powi(2);
            point.score[k] -= by_r * r * r;
            point.information[(k, k)] -= by_r_twice * r.powi(4) + 2.0 * by_r * r.powi(3);
            let mixed = (count - mean) * mean / (spread * spread);
            for (column, value) in design.iter().enumerate() {
                point.score[column] += slope * value;
                point.information[(column, k)] += mixed * value;
                point.information[(k, column)] += mixed * value;
            }
            let mut own = point.information.view_mut((0, 0), (k, k)).into_owned();
            add_outer(&mut own, curvature, &design);
            point.information.view_mut((0, 0), (k, k)).copy_from(&own);
        }
        point
    }
}

/// The first two derivatives of ln Γ(y + r) − ln Γ(r) by r: Σ 1/(r + j) over j below the count y, and less the sum of
/// their squares.
fn rising(count: f64, r: f64) -> (f64, f64) {
    if count > LONGEST_SUM {
        let ((first, second), (first_less, second_less)) = (polygamma(r + count), polygamma(r));
        return (first - first_less, second - second_less);
    }
    let (mut first, mut second) = (0.0, 0.0);
    let mut done = 0.0;
    while done < count {
        let value = r + done;
        first += 1.0 / value;
        second -= 1.0 / (value * value);
        done += 1.0;
    }
    (first, second)
}

/// ψ and ψ' by their recurrence up to 20 and asymptotic series from there (Abramowitz & Stegun 1964, 6.3.18 and 6.4.12).
fn polygamma(from: f64) -> (f64, f64) {
    let (mut digamma, mut trigamma) = (0.0, 0.0);
    let mut x = from;
    while x < 20.0 {
        digamma -= 1.0 / x;
        trigamma += 1.0 / (x * x);
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square / 240.0)));
    digamma += x.ln() - 0.5 / x - series;
    let series = square * (1.0 / 6.0 - square * (1.0 / 30.0 - square * (1.0 / 42.0 - square / 30.0)));
    trigamma += 1.0 / x + 0.5 * square + series / x;
    (digamma, trigamma)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: [f64; 12] = [0.0, 9.0, 1.0, 4.0, 0.0, 17.0, 2.0, 1.0, 6.0, 0.0, 3.0, 11.0];
    const TREATED: [f64; 12] = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0];

    fn rows<'a>(outcome: &'a [f64], columns: &'a [Vec<f64>], groups: &'a [usize]) -> GroupedRows<'a> {
        GroupedRows { outcome, columns, groups }
    }

    #[test]
    fn two_arms_have_the_ratio_of_their_means() {
        let columns = [TREATED.to_vec()];
        let found = negative_binomial(rows(&COUNTS, &columns, &[0; 12]), &[], Level::NINETY_FIVE).unwrap();
        assert!((found.coefficients[0].estimate - 7.0_f64.ln()).abs() < 1e-9);
        assert!((found.coefficients[1].estimate - (2.0_f64 / 7.0).ln()).abs() < 1e-9);
        assert!(found.dispersion.estimate > 0.0);
    }

    #[test]
    fn derivatives_are_those_of_the_likelihood() {
        let columns = [TREATED.to_vec()];
        let data = rows(&COUNTS, &columns, &[0; 12]);
        let at = |parameters: &DVector<f64>| Point::at(data, &[], parameters);
        let parameters = DVector::from_vec(vec![1.2, -0.4, 0.7]);
        let (here, step) = (at(&parameters), 1e-5);
        for index in 0..3 {
            let mut shift = DVector::zeros(3);
            shift[index] = step;
            let (up, down) = (at(&(&parameters + &shift)), at(&(&parameters - &shift)));
            assert!(((up.value - down.value) / (2.0 * step) - here.score[index]).abs() < 1e-6);
            let curvature = (down.score - up.score) / (2.0 * step);
            assert!((curvature - here.information.column(index)).amax() < 1e-6);
        }
    }

    #[test]
    fn long_sums_and_series_agree() {
        for r in [0.02, 1.3, 19.5, 400.0] {
            let (first, second) = rising(LONGEST_SUM, r);
            let (more, more_second) = rising(LONGEST_SUM + 1.0, r);
            assert!((more - first - 1.0 / (r + LONGEST_SUM)).abs() < 1e-13 * first);
            assert!((more_second - second + 1.0 / (r + LONGEST_SUM).powi(2)).abs() < 1e-12 * second.abs());
        }
    }

    #[test]
    fn refuses_fractions_and_counts_that_vary_no_more_than_poissons() {
        let of = |outcome: &[f64]| negative_binomial(rows(outcome, &[], &[0; 4]), &[], Level::NINETY_FIVE);
        assert!(matches!(of(&[1.0, 2.5, 3.0, 1.0]), Err(StatsError::NotCount { index: 1, .. })));
        assert!(matches!(of(&[5.0, 5.0, 5.0, 6.0]), Err(StatsError::AtBoundary { .. })));
        let lone = [vec![1.0, 0.0, 0.0, 1.0, 0.0, 0.0]];
        let none = negative_binomial(rows(&[0.0, 9.0, 1.0, 0.0, 0.0, 4.0], &lone, &[0; 6]), &[], Level::NINETY_FIVE);
        assert!(matches!(none, Err(StatsError::NoEvents { row: 0 })), "{none:?}");
        assert!(matches!(of(&[0.0; 4]), Err(StatsError::NoVariation { .. })));
        assert!(matches!(of(&[1.0, 2.0, -3.0, 1.0]), Err(StatsError::Negative { .. })));
    }
}
