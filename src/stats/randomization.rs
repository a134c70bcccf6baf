//! Randomization (Fisher) tests under the lottery that was drawn. The one rule: the reference set is the lottery's own,
//! so the test is exact whatever the outcome's distribution.

mod draw;
mod inversion;

use super::error::{check_finite, check_length};
use super::linear::least_squares::{Column, LeastSquares};
use super::linear::{adjustment_columns, check_adjustment};
use super::{Interval, Level, Lottery, StatsError};
use draw::{Contrast, Draw};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

/// One entry per unit in every column, in the order of [`Lottery::units`].
#[derive(Debug, Clone, Copy)]
pub struct LotteryRows<'a> {
    /// Any unit.
    pub outcome: &'a [f64],
    /// The assignment that was drawn: variant 0 of the lottery is control, variant 1 the treatment.
    pub arms: &'a [usize],
    /// Pre-period columns, used by [`Statistic::StudentisedResidual`] only; may be empty.
    pub covariates: &'a [Vec<f64>],
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
    /// Assignments of the reference set at least as extreme, ties included.
    pub at_least: u64,
    pub reference: ReferenceSet,
    /// Additive effects that the test does not reject (p > 1 − level), in the unit of the outcome; `None` when no
    /// effect however large would be rejected on some side, as with too few assignments for the level.
    pub interval: Option<Interval>,
    pub n: u64,
    pub level: Level,
}

/// Tests the sharp null of no effect on any unit by redrawing the lottery (Fisher 1935), and inverts the test over
/// constant additive effects for an interval (Rosenbaum 2002; bisection to 10⁻¹² of the distance from the estimate).
///
/// Ties: |t*| counts as at least |t| from |t| (1 − 10⁻⁹) on, so that rounding cannot drop the assignment drawn or its
/// mirror.
///
/// # Errors
/// [`StatsError::NotTwoVariants`], [`StatsError::NotDrawable`] when the lottery could not have drawn `arms`,
/// [`StatsError::Length`], [`StatsError::NotFinite`], [`StatsError::ArmTooSmall`], [`StatsError::Collinear`],
/// [`StatsError::TooFewRows`], [`StatsError::NoVariation`] when outcome or residuals are constant.
pub fn randomization_test(
    lottery: &Lottery,
    rows: LotteryRows,
    statistic: Statistic,
    options: RandomizationOptions,
) -> Result<RandomizationTest, StatsError> {
    check_rows(lottery, rows, statistic)?;
    let contrast = match statistic {
        Statistic::DifferenceInMeans => Contrast::plain(rows.outcome, rows.arms),
        Statistic::StudentisedResidual => studentised(lottery, rows)?,
    };
    contrast.check()?;
    let observed = contrast.of(rows.arms);
    if observed.squared_error_at(0.0) <= contrast.negligible_square() {
        return Err(StatsError::NoVariation { what: "the outcome within arms", n: rows.outcome.len() });
    }
    let (draws, reference) = reference_set(lottery, &contrast, &options)?;
    let at_least = count_at_least(&draws, &observed, 0.0);
    let p_at = |effect: f64| reference.p(count_at_least(&draws, &observed, effect));
    let estimate = observed.effect();
    Ok(RandomizationTest {
        statistic: observed.statistic_at(0.0),
        estimate,
        p: reference.p(at_least),
        at_least,
        reference,
        interval: inversion::interval(estimate, contrast.scale(), options.level, p_at),
        n: rows.outcome.len() as u64,
        level: options.level,
    })
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

fn check_rows(lottery: &Lottery, rows: LotteryRows, statistic: Statistic) -> Result<(), StatsError> {
    if lottery.variants().len() != 2 {
        return Err(StatsError::NotTwoVariants { variants: lottery.variants().len() });
    }
    let n = lottery.units().len();
    check_length("outcome", n, rows.outcome.len())?;
    check_finite("outcome", rows.outcome)?;
    check_adjustment(n, rows.covariates, &[])?;
    lottery.check_assignment(rows.arms)?;
    let treated = rows.arms.iter().sum::<usize>();
    let needed = if statistic == Statistic::DifferenceInMeans { 1 } else { 2 };
    if treated < needed || n - treated < needed {
        return Err(StatsError::ArmTooSmall { treated, control: n - treated, needed });
    }
    Ok(())
}

fn studentised(lottery: &Lottery, rows: LotteryRows) -> Result<Contrast, StatsError> {
    let mut columns = vec![Column::intercept(rows.outcome.len())];
    columns.extend(adjustment_columns(rows.covariates, &lottery.strata()));
    let treated: Vec<f64> = draw::indicator(rows.arms);
    let mut with_treatment = columns.clone();
    with_treatment.push(Column::new("treated".to_owned(), treated.clone()));
    // Only to refuse designs that cannot tell the treatment from strata and covariates.
    LeastSquares::new(with_treatment)?;
    let model = LeastSquares::new(columns)?;
    Ok(Contrast::studentised(model.residuals(rows.outcome), model.residuals(&treated), rows.outcome))
}

fn reference_set(
    lottery: &Lottery,
    contrast: &Contrast,
    options: &RandomizationOptions,
) -> Result<(Vec<Draw>, ReferenceSet), StatsError> {
    let mut draws = Vec::new();
    if lottery.assignments_count() <= options.exact_limit {
        let mut assignments = lottery.assignments(options.exact_limit)?;
        while let Some(arms) = assignments.advance() {
            draws.push(contrast.of(arms));
        }
        let assignments = draws.len() as u64;
        return Ok((draws, ReferenceSet::Exact { assignments }));
    }
    let mut rng = ChaCha20Rng::from_seed(options.seed);
    draws.extend((0..options.draws).map(|_| contrast.of(&lottery.draw(&mut rng))));
    Ok((draws, ReferenceSet::MonteCarlo { draws: u64::from(options.draws) }))
}

/// How many of `draws` are at least as extreme as `observed` once `effect` is taken off the treated.
fn count_at_least(draws: &[Draw], observed: &Draw, effect: f64) -> u64 {
    draws.iter().filter(|draw| draw.is_at_least(observed, effect)).count() as u64
}

#[cfg(test)]
mod tests;
