//! Lotteries of treatment over time: stepped wedge, crossover and switchback. The one rule: what is drawn is the sequence
//! of a unit, or the arm of a block of time, never a single measurement.

use super::{Lottery, Mechanism, Unit, Variant};
use crate::stats::StatsError;
use rand::rngs::ChaCha20Rng;

/// A lottery whose variants are sequences: in which periods a unit is treated.
#[derive(Debug, Clone)]
pub struct Sequences {
    lottery: Lottery,
    /// Of each variant, whether it is treated in each period.
    schedules: Vec<Vec<bool>>,
}

impl Sequences {
    /// Named schedules of the same number of periods, equally likely, over units and their strata.
    ///
    /// # Errors
    /// [`StatsError::Length`] when schedules differ in length, [`StatsError::NoVariation`] when none or all of them are
    /// treated in every period, and those of [`Lottery::new`].
    pub fn new(units: Vec<Unit>, schedules: Vec<(String, Vec<bool>)>) -> Result<Sequences, StatsError> {
        let periods = schedules.first().map_or(0, |(_, schedule)| schedule.len());
        for (_, schedule) in &schedules {
            super::super::error::check_length("schedule", periods, schedule.len())?;
        }
        let differs = (0..periods).any(|period| schedules.iter().any(|(_, it)| it[period] != schedules[0].1[period]));
        if !differs {
            return Err(StatsError::NoVariation { what: "the treatment between sequences", n: schedules.len() });
        }
        let (names, schedules): (Vec<String>, Vec<Vec<bool>>) = schedules.into_iter().unzip();
        let variants = names.into_iter().map(|name| Variant { name, weight: 1 }).collect();
        Ok(Sequences { lottery: Lottery::new(units, variants)?, schedules })
    }

    /// A stepped wedge (Hussey & Hughes 2007): `steps` sequences (two at least) over `steps` + 1 periods; sequence s is
    /// treated from period s + 1 on, so that no unit is treated in the first period and all are in the last.
    ///
    /// # Errors
    /// As [`Sequences::new`]; fewer than two steps are [`StatsError::TooFew`].
    pub fn stepped_wedge(units: Vec<Unit>, steps: usize) -> Result<Sequences, StatsError> {
        if steps < 2 {
            return Err(StatsError::TooFew { what: "steps", needed: 2, actual: steps });
        }
        let digits = steps.to_string().len();
        let schedule = |step: usize| (0..=steps).map(|period| period >= step).collect();
        Sequences::new(units, (1..=steps).map(|step| (format!("step {step:0digits$}"), schedule(step))).collect())
    }

    /// A crossover of two periods: half of the units are treated in the first, the others in the second.
    ///
    /// # Errors
    /// As [`Sequences::new`].
    pub fn crossover(units: Vec<Unit>) -> Result<Sequences, StatsError> {
        let schedules = [("treatment first", [true, false]), ("control first", [false, true])];
        Sequences::new(units, schedules.map(|(name, schedule)| (name.to_owned(), schedule.to_vec())).to_vec())
    }

    #[must_use]
    pub fn periods(&self) -> usize {
        self.schedules[0].len()
    }

    /// Whether a unit of a variant of [`Mechanism::lottery`] is treated in each period.
    #[must_use]
    pub fn schedules(&self) -> &[Vec<bool>] {
        &self.schedules
    }
}

impl Mechanism for Sequences {
    fn lottery(&self) -> &Lottery {
        &self.lottery
    }

    fn redraw(&self, rng: &mut ChaCha20Rng) -> Result<Vec<usize>, StatsError> {
        Ok(self.lottery.draw(rng))
    }

    fn visit(&self, limit: u128, each: &mut dyn FnMut(&[usize])) -> Result<(), StatsError> {
        self.lottery.visit(limit, each)
    }

    fn check(&self, arms: &[usize]) -> Result<(), StatsError> {
        self.lottery.check_assignment(arms)
    }
}

/// A switchback: every system has `blocks` blocks of time, each of them control or treatment as a whole, balanced within
/// every `balanced_over` (two at least) consecutive blocks of a system. A unit of the lottery is one block of one system,
/// `system 07` for the seventh; blocks should be longer than an effect carries over (Bojinov, Simchi-Levi & Zhao 2023).
/// Variant 0 is control. Test the figures of the blocks with [`crate::stats::randomization_test`].
///
/// # Errors
/// [`StatsError::TooFew`], [`StatsError::Duplicate`] for a system named twice, [`StatsError::LotteryTooLarge`].
pub fn switchback(systems: &[String], blocks: usize, balanced_over: usize) -> Result<Lottery, StatsError> {
    for (what, needed, actual) in [("blocks", 2, blocks), ("blocks to balance over", 2, balanced_over)] {
        if actual < needed {
            return Err(StatsError::TooFew { what, needed, actual });
        }
    }
    let digits = blocks.to_string().len();
    let mut units = Vec::with_capacity(systems.len() * blocks);
    for system in systems {
        for block in 0..blocks {
            let from = block / balanced_over * balanced_over;
            units.push(Unit {
                stratum: format!("{system} {:0digits$}", from + 1),
                id: format!("{system} {:0digits$}", block + 1),
            });
        }
    }
    let variants = ["control", "treatment"].map(|name| Variant { name: name.to_owned(), weight: 1 });
    Lottery::new(units, variants.to_vec())
}
