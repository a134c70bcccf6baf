//! Rerandomization: a lottery drawn again until the arms are alike. The one rule: the bound is declared with the lottery,
//! and the test redraws under it.

use super::{Balance, Lottery, Mechanism};
use crate::stats::StatsError;
use crate::stats::distribution::gamma_quantile;
use crate::stats::error::{check_length, check_positive};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

/// Draws before giving up.
const TRIES_LIMIT: u32 = 1_000_000;
/// A distance counts as within the bound up to this part of it, so that mirrored assignments are treated alike.
const ROUNDING: f64 = 1e-9;

/// A lottery of two variants of which only those assignments count whose squared Mahalanobis distance between the arms is
/// at most a bound (Morgan & Rubin 2012). All of them are equally likely.
#[derive(Debug, Clone)]
pub struct Rerandomized {
    lottery: Lottery,
    balance: Balance,
    bound: f64,
}

impl Rerandomized {
    /// `balance` has one entry per unit in the order of [`Lottery::units`]; `bound` is above zero, see
    /// [`distance_bound`].
    ///
    /// # Errors
    /// [`StatsError::NotTwoVariants`], [`StatsError::Length`], [`StatsError::OutOfRange`].
    pub fn new(lottery: Lottery, balance: Balance, bound: f64) -> Result<Rerandomized, StatsError> {
        if lottery.variants().len() != 2 {
            return Err(StatsError::NotTwoVariants { variants: lottery.variants().len() });
        }
        check_length("covariates", lottery.units().len(), balance.units())?;
        check_positive("bound of the distance", bound)?;
        Ok(Rerandomized { lottery, balance, bound })
    }

    /// The assignment of a seed: the draws of [`Lottery::draw`] from `ChaCha20` with that seed, one after the other,
    /// until one is within the bound.
    ///
    /// # Errors
    /// [`StatsError::NeverBalanced`] after a million draws.
    pub fn assign(&self, seed: [u8; 32]) -> Result<Vec<usize>, StatsError> {
        self.redraw(&mut ChaCha20Rng::from_seed(seed))
    }

    /// How many assignments are within the bound, by looking at all of the lottery's.
    ///
    /// # Errors
    /// [`StatsError::TooManyAssignments`] when the lottery has more than `limit`.
    pub fn accepted_count(&self, limit: u128) -> Result<u64, StatsError> {
        let mut count = 0;
        self.visit(limit, &mut |_| count += 1)?;
        Ok(count)
    }

    #[must_use]
    pub fn bound(&self) -> f64 {
        self.bound
    }

    fn accepts(&self, arms: &[usize]) -> bool {
        self.balance.distance(arms).is_some_and(|distance| distance <= self.bound * (1.0 + ROUNDING))
    }
}

impl Mechanism for Rerandomized {
    fn lottery(&self) -> &Lottery {
        &self.lottery
    }

    fn redraw(&self, rng: &mut ChaCha20Rng) -> Result<Vec<usize>, StatsError> {
        for _ in 0..TRIES_LIMIT {
            let arms = self.lottery.draw(rng);
            if self.accepts(&arms) {
                return Ok(arms);
            }
        }
        Err(StatsError::NeverBalanced { tries: TRIES_LIMIT, bound: self.bound })
    }

    fn visit(&self, limit: u128, each: &mut dyn FnMut(&[usize])) -> Result<(), StatsError> {
        self.lottery.visit(limit, &mut |arms| {
            if self.accepts(arms) {
                each(arms);
            }
        })
    }

    fn check(&self, arms: &[usize]) -> Result<(), StatsError> {
        self.lottery.check_assignment(arms)?;
        if self.accepts(arms) {
            return Ok(());
        }
        let distance = self.balance.distance(arms).unwrap_or(f64::INFINITY);
        Err(StatsError::NotDrawable { why: format!("its distance {distance} is above the bound {}", self.bound) })
    }
}

/// The bound under which about the part `accepted` of the assignments of many units lies: the quantile of χ² with as many
/// degrees of freedom as there are covariates (Morgan & Rubin 2012).
///
/// # Errors
/// [`StatsError::TooFew`] without covariates, [`StatsError::OutOfRange`] unless 0 < `accepted` < 1.
#[expect(clippy::cast_precision_loss, reason = "a number of covariates is small")]
pub fn distance_bound(covariates: usize, accepted: f64) -> Result<f64, StatsError> {
    if covariates == 0 {
        return Err(StatsError::TooFew { what: "covariates", needed: 1, actual: 0 });
    }
    if !(accepted > 0.0 && accepted < 1.0) {
        let expected = "between 0 and 1";
        return Err(StatsError::OutOfRange { what: "accepted part", value: accepted, expected });
    }
    Ok(2.0 * gamma_quantile(accepted, covariates as f64 / 2.0))
}
