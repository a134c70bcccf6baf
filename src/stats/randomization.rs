//! Randomization (Fisher) tests under the lottery that was drawn. The one rule: the reference set is the lottery's own,
//! so the test is exact whatever the outcome's distribution.

pub(super) mod draw;
pub(super) mod inversion;
mod panel;

use super::error::{check_finite, check_length};
use super::linear::least_squares::{Column, LeastSquares};
use super::linear::{adjustment_columns, check_adjustment};
use super::{Interval, Level, Mechanism, StatsError};
use draw::{Contrast, Draw};
pub use panel::{PanelRows, panel_randomization_test};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

/// One entry per unit in every column, in the order of [`super::Lottery::units`].
#[derive(Debug, Clone, Copy)]
pub struct LotteryRows<'a> {
    /// Any unit.
    pub outcome: &'a [f64],
    /// The assignment that was drawn: variant 0 of the lottery is control, variant 1 the treatment.
    pub arms: &'a [usize],
    /// Pre-period columns, used by [`Statistic::StudentisedResidual`] only; may be empty.
    pub covariates: &'a [Vec<f64>],
    /// Which units' outcomes are known, or empty for all; what stands in the outcome of the others is not looked at. All
    /// units are redrawn, the known ones compared: exact where the treatment does not decide whose outcome is known.
    pub known: &'a [bool],
}

impl LotteryRows<'_> {
    fn known(&self) -> Vec<usize> {
        (0..self.outcome.len()).filter(|unit| self.known.is_empty() || self.known[*unit]).collect()
    }
}

/// What is compared between the assignment drawn and those that could have been; large in absolute value is extreme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Statistic {
    /// Mean of the treated minus mean of the control units.
    DifferenceInMeans,
    /// The outcome is residualised on intercept, strata and covariates without treatment; the statistic is the
    /// difference in mean residuals over √(s₁²/n₁ + s₀²/n₀) (Tukey 1993; Rosenbaum 2002; studentised as in Wu & Ding
    /// 2021).
    #[default]
    StudentisedResidual,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomizationOptions {
    /// Enumerate up to this many assignments, draw beyond; each one enumerated takes 40 bytes.
    pub exact_limit: u128,
    /// How many assignments to draw beyond the limit.
    pub draws: u32,
    /// Of the Monte Carlo draws; keep it apart from the seed of the lottery itself.
    pub seed: [u8; 32],
    pub level: Level,
}

impl RandomizationOptions {
    /// Exact up to 1,000,000 assignments, else 100,000 draws; 95 %.
    #[must_use]
    pub fn with_seed(seed: [u8; 32]) -> RandomizationOptions {
        RandomizationOptions { exact_limit: 1_000_000, draws: 100_000, seed, level: Level::NINETY_FIVE }
    }
}

/// What the statistic was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceSet {
    /// Every possible assignment; p = at least as extreme / assignments.
    Exact { assignments: u64 },
    /// Seeded draws; p = (at least as extreme + 1) / (draws + 1) (Phipson & Smyth 2010).
    MonteCarlo { draws: u64 },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomizationTest {
    /// The statistic of the assignment drawn.
    pub statistic: f64,
    /// The additive effect at which the statistic is zero, in the unit of the outcome: the difference in means, or the
    /// coefficient of [`super::ancova`].
    pub estimate: f64,
    /// Two-sided, against no effect on any unit.
    pub p: f64,
    /// One-sided, the part of the reference set with a statistic at most as large, ties included: small where the effect
    /// is below zero.
    pub p_less: f64,
    /// One-sided, the part with a statistic at least as large: small where the effect is above zero.
    pub p_greater: f64,
    /// Assignments of the reference set at least as extreme, ties included.
    pub at_least: u64,
    pub reference: ReferenceSet,
    /// Additive effects that the test does not reject (p > 1 − level), in the unit of the outcome; `None` when no
    /// effect however large would be rejected on some side, as with too few assignments for the level.
    pub interval: Option<Interval>,
    pub n: u64,
    pub level: Level,
}

/// Tests the sharp null of no effect on any unit by redrawing the lottery, by whatever [`Mechanism`] it was drawn (Fisher
/// 1935), and inverts the test over
/// constant additive effects for an interval (Rosenbaum 2002; bisection to 10⁻¹² of the distance from the estimate).
///
/// Ties: |t*| counts as at least |t| from |t| (1 − 10⁻⁹) on, so that rounding cannot drop the assignment drawn or its
/// mirror.
///
/// # Errors
/// [`StatsError::NotTwoVariants`], [`StatsError::NotDrawable`] when the lottery could not have drawn `arms`,
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::ArmTooSmall`], [`StatsError::Collinear`],
/// [`StatsError::TooFewRows`], [`StatsError::NoVariation`] when outcome or residuals are constant.
pub fn randomization_test<M: Mechanism>(
    lottery: &M,
    rows: LotteryRows,
    statistic: Statistic,
    options: RandomizationOptions,
) -> Result<RandomizationTest, StatsError> {
    check_rows(lottery, rows)?;
    let known = rows.known();
    check_known(rows, &known, statistic)?;
    let n = known.len();
    let contrast = match statistic {
        Statistic::DifferenceInMeans => Contrast::plain(rows.outcome, rows.arms, known),
        Statistic::StudentisedResidual => studentised(lottery, rows, known)?,
    };
    contrast.check()?;
    let observed = contrast.of(rows.arms);
    if observed.squared_error_at(0.0) <= contrast.negligible_square() {
        return Err(StatsError::NoVariation { what: "the outcome within arms", n });
    }
    let (draws, reference) = reference_set(lottery, |arms| contrast.of(arms), &options)?;
    Ok(compare(&observed, &draws, reference, contrast.scale(), n, options.level))
}

/// The answers of a reference set; `scale` is the spread of the outcome, in its unit.
fn compare(
    observed: &Draw,
    draws: &[Draw],
    reference: ReferenceSet,
    scale: f64,
    n: usize,
    level: Level,
) -> RandomizationTest {
    let at_least = count_at_least(draws, observed, 0.0);
    let p_at = |effect: f64| reference.p(count_at_least(draws, observed, effect));
    let estimate = observed.effect();
    let count = |is_counted: &dyn Fn(&Draw) -> bool| draws.iter().filter(|draw| is_counted(draw)).count() as u64;
    RandomizationTest {
        statistic: observed.statistic_at(0.0),
        estimate,
        p: reference.p(at_least),
        p_less: reference.p(count(&|draw| draw.is_at_most(observed, 1.0))),
        p_greater: reference.p(count(&|draw| draw.is_at_most(observed, -1.0))),
        at_least,
        reference,
        interval: inversion::interval(estimate, scale, level, p_at),
        n: n as u64,
        level,
    }
}

impl ReferenceSet {
    #[expect(clippy::cast_precision_loss, reason = "the numbers of draws are far below 2^53")]
    pub(super) fn p(self, at_least: u64) -> f64 {
        match self {
            ReferenceSet::Exact { assignments } => at_least as f64 / assignments as f64,
            ReferenceSet::MonteCarlo { draws } => (at_least + 1) as f64 / (draws + 1) as f64,
        }
    }
}

fn check_rows<M: Mechanism>(lottery: &M, rows: LotteryRows) -> Result<(), StatsError> {
    let variants = lottery.lottery().variants().len();
    if variants != 2 {
        return Err(StatsError::NotTwoVariants { variants });
    }
    let n = lottery.lottery().units().len();
    check_length("outcome", n, rows.outcome.len())?;
    if !rows.known.is_empty() {
        check_length("known", n, rows.known.len())?;
    }
    check_adjustment(n, rows.covariates, &[])?;
    lottery.check(rows.arms)
}

fn check_known(rows: LotteryRows, known: &[usize], statistic: Statistic) -> Result<(), StatsError> {
    check_finite("outcome", &of_known(rows.outcome, known))?;
    let treated = known.iter().map(|unit| rows.arms[*unit]).sum::<usize>();
    let control = known.len() - treated;
    let needed = if statistic == Statistic::DifferenceInMeans { 1 } else { 2 };
    if treated < needed || control < needed {
        return Err(StatsError::ArmTooSmall { treated, control, needed });
    }
    Ok(())
}

fn of_known<T: Clone>(column: &[T], known: &[usize]) -> Vec<T> {
    known.iter().map(|unit| column[*unit].clone()).collect()
}

fn studentised<M: Mechanism>(lottery: &M, rows: LotteryRows, known: Vec<usize>) -> Result<Contrast, StatsError> {
    let covariates: Vec<Vec<f64>> = rows.covariates.iter().map(|column| of_known(column, &known)).collect();
    let outcome = of_known(rows.outcome, &known);
    let mut columns = vec![Column::intercept(known.len())];
    columns.extend(adjustment_columns(&covariates, &of_known(&lottery.lottery().strata(), &known)));
    let treated: Vec<f64> = draw::indicator(&of_known(rows.arms, &known));
    let mut with_treatment = columns.clone();
    with_treatment.push(Column::new("treated".to_owned(), treated.clone()));
    // Only to refuse designs that cannot tell the treatment from strata and covariates.
    LeastSquares::new(with_treatment)?;
    let model = LeastSquares::new(columns)?;
    Ok(Contrast::studentised(model.residuals(&outcome), model.residuals(&treated), &outcome, known))
}

fn reference_set<M: Mechanism>(
    lottery: &M,
    draw: impl Fn(&[usize]) -> Draw,
    options: &RandomizationOptions,
) -> Result<(Vec<Draw>, ReferenceSet), StatsError> {
    let mut draws = Vec::new();
    if lottery.lottery().assignments_count() <= options.exact_limit {
        lottery.visit(options.exact_limit, &mut |arms| draws.push(draw(arms)))?;
        let assignments = draws.len() as u64;
        return Ok((draws, ReferenceSet::Exact { assignments }));
    }
    let mut rng = ChaCha20Rng::from_seed(options.seed);
    for _ in 0..options.draws {
        draws.push(draw(&lottery.redraw(&mut rng)?));
    }
    Ok((draws, ReferenceSet::MonteCarlo { draws: u64::from(options.draws) }))
}

/// How many of `draws` are at least as extreme as `observed` once `effect` is taken off the treated.
fn count_at_least(draws: &[Draw], observed: &Draw, effect: f64) -> u64 {
    draws.iter().filter(|draw| draw.is_at_least(observed, effect)).count() as u64
}

#[cfg(test)]
mod tests;
