//! Whether figures of units differ by arm more than the lottery makes them.

use super::Randomization;
use crate::stats::{
    LotteryRows, Mechanism, RandomizationOptions, RandomizationTest, Statistic, StatsError, randomization_test,
};
use rand::SeedableRng;
use rand::rngs::ChaCha20Rng;

/// Redraws beyond as many assignments; enough for a p of a check, which no decision at a level hangs on.
const DRAWS: u32 = 9_999;

/// The difference in means of a figure of each unit, tested by redrawing the lottery (Fisher 1935): exact in small experiments and
/// whatever the figure, also one of few or mostly zero values.
///
/// # Errors
/// As [`randomization_test`], where all known figures are equal or an arm has none.
pub(super) fn difference_in_means(
    randomization: &Randomization,
    arms: &[usize],
    figures: &[Option<f64>],
    seed: [u8; 32],
) -> Result<RandomizationTest, StatsError> {
    let known: Vec<bool> = figures.iter().map(Option::is_some).collect();
    let outcome: Vec<f64> = figures.iter().map(|it| it.unwrap_or(f64::NAN)).collect();
    let rows = LotteryRows { outcome: &outcome, arms, covariates: &[], known: &known };
    randomization_test(randomization, rows, Statistic::DifferenceInMeans, options(seed))
}

fn options(seed: [u8; 32]) -> RandomizationOptions {
    RandomizationOptions { exact_limit: u128::from(DRAWS), draws: DRAWS, ..RandomizationOptions::with_seed(seed) }
}

/// The part of the lottery's assignments whose statistic is at least that of `arms`, which is among them; `None` where the lottery
/// cannot be redrawn or the statistic has no value.
pub(super) fn part_at_least(
    randomization: &Randomization,
    arms: &[usize],
    seed: [u8; 32],
    statistic: impl Fn(&[usize]) -> Option<f64>,
) -> Option<f64> {
    // Mirrored assignments may differ by rounding.
    let bound = statistic(arms)? * (1.0 - 1e-9);
    let is_at_least = |arms: &[usize]| statistic(arms).is_none_or(|it| it >= bound);
    if randomization.lottery().assignments_count() <= u128::from(DRAWS) {
        let (mut at_least, mut all) = (0_u32, 0_u32);
        let count = &mut |arms: &[usize]| {
            all += 1;
            at_least += u32::from(is_at_least(arms));
        };
        randomization.visit(u128::from(DRAWS), count).ok()?;
        return (all > 0).then(|| f64::from(at_least) / f64::from(all));
    }
    let mut rng = ChaCha20Rng::from_seed(seed);
    let mut at_least = 1;
    for _ in 0..DRAWS {
        at_least += u32::from(is_at_least(&randomization.redraw(&mut rng).ok()?));
    }
    Some(f64::from(at_least) / f64::from(DRAWS + 1))
}
