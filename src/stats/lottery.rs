//! The lottery that assigns units to variants. The one rule: given the units, variants and seed anyone can redraw it.
//!
//! The mechanism, in full:
//! 1. Units are sorted by stratum and id (as bytes), so that the order of input does not matter.
//! 2. With weights w and W = Σw, a stratum of n units owes variant k the quota n wₖ / W. Each variant gets the quota
//!    rounded down; every leftover place of the stratum goes to a different variant whose quota was rounded. So a
//!    stratum differs from its quotas by less than one place.
//! 3. Over all strata variant k gets N wₖ / W places, rounded by the largest remainder: the leftover places of the
//!    strata are spread so that the totals are as declared. Which variant gets the odd place in which stratum is drawn.
//!    Where the largest remainders tie (or strata cannot meet them) the totals with the largest sum of remainders are
//!    all admitted.
//! 4. Every assignment that meets 2 and 3 is equally likely: first the counts are drawn with probability proportional
//!    to the number of assignments that have them, then each stratum is shuffled (Fisher & Yates 1938; Durstenfeld
//!    1964).
//!
//! With equal weights every unit has the same chance of every variant. With unequal weights and incomplete quotas the
//! chance of a unit can differ from wₖ / W by less than one place in its stratum; the randomization test accounts for
//! it exactly.
//!
//! Randomness is `ChaCha20` (Bernstein 2008), read as 64-bit little-endian words; uniform integers below m take the
//! first word below the largest multiple of m, modulo m; uniform fractions are the upper 53 bits of a word over 2⁵³. No
//! random word is used where there is one possibility. The counts are drawn first: the extra places in total, then
//! those of each stratum from the last to the first, each time one fraction over the possibilities in lexicographic
//! order of the extra places left to earlier strata. Then each stratum, from the first to the last, lists its places in
//! the order of variants and swaps them from the end.

mod assignments;
mod balance;
mod mechanism;
mod pairs;
mod plan;
mod random;
mod rerandomized;
mod sequences;
mod stratum;

use super::StatsError;
pub use assignments::Assignments;
pub use balance::Balance;
pub use mechanism::Mechanism;
pub use pairs::form_pairs;
use plan::Plan;
use rand::rngs::ChaCha20Rng;
use rand::{Rng, SeedableRng};
pub use rerandomized::{Rerandomized, distance_bound};
pub use sequences::{Sequences, switchback};
use std::collections::BTreeSet;
use stratum::Stratum;

/// What is randomised, for example a team.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    pub stratum: String,
    /// Unique over all strata.
    pub id: String,
}

/// An arm and its share of the units, relative to the other weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    pub name: String,
    pub weight: u32,
}

/// A stratified lottery, see the module's mechanism. Assignments are indices into [`Lottery::variants`], one for each
/// of [`Lottery::units`] in that order.
#[derive(Debug, Clone)]
pub struct Lottery {
    units: Vec<Unit>,
    variants: Vec<Variant>,
    strata: Vec<Stratum>,
    plan: Plan,
}

impl Lottery {
    /// # Errors
    /// [`StatsError::TooFew`] under two variants or without units, [`StatsError::ZeroWeight`],
    /// [`StatsError::Duplicate`] for a unit id or variant name that appears twice, [`StatsError::LotteryTooLarge`].
    pub fn new(mut units: Vec<Unit>, variants: Vec<Variant>) -> Result<Lottery, StatsError> {
        units.sort();
        check_units(&units)?;
        check_variants(&variants)?;
        let weights: Vec<u32> = variants.iter().map(|variant| variant.weight).collect();
        let groups = units.chunk_by(|left, right| left.stratum == right.stratum);
        let strata = groups.map(|group| Stratum::new(group.len(), &weights)).collect::<Result<Vec<_>, _>>()?;
        let plan = Plan::new(&strata, units.len(), &weights)?;
        Ok(Lottery { units, variants, strata, plan })
    }

    /// Sorted by stratum and id.
    #[must_use]
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// As declared.
    #[must_use]
    pub fn variants(&self) -> &[Variant] {
        &self.variants
    }

    /// The stratum of each unit in the order of [`Lottery::units`].
    #[must_use]
    pub fn strata(&self) -> Vec<String> {
        self.units.iter().map(|unit| unit.stratum.clone()).collect()
    }

    /// The assignment of a seed of 32 bytes. For a text seed, hash it with a 256-bit hash and name the hash where it is
    /// stored.
    #[must_use]
    pub fn assign(&self, seed: [u8; 32]) -> Vec<usize> {
        self.draw(&mut ChaCha20Rng::from_seed(seed))
    }

    /// One draw: every possible assignment is equally likely.
    #[must_use]
    pub fn draw<R: Rng + ?Sized>(&self, rng: &mut R) -> Vec<usize> {
        let mut arms = Vec::with_capacity(self.units.len());
        for (stratum, choice) in self.strata.iter().zip(self.plan.draw(rng)) {
            let start = arms.len();
            stratum.extend_sorted(choice, &mut arms);
            random::shuffle(&mut arms[start..], rng);
        }
        arms
    }

    /// How many assignments are possible; `u128::MAX` for more than can be counted.
    #[must_use]
    pub fn assignments_count(&self) -> u128 {
        self.plan.count()
    }

    /// All possible assignments, in a fixed order.
    ///
    /// # Errors
    /// [`StatsError::TooManyAssignments`] when there are more than `limit`.
    pub fn assignments(&self, limit: u128) -> Result<Assignments<'_>, StatsError> {
        let count = self.assignments_count();
        if count > limit {
            return Err(StatsError::TooManyAssignments { count, limit });
        }
        Ok(Assignments::new(&self.strata, self.plan.tables()))
    }

    /// Whether this lottery could have drawn `arms`.
    ///
    /// # Errors
    /// [`StatsError::NotDrawable`] with the reason.
    pub fn check_assignment(&self, arms: &[usize]) -> Result<(), StatsError> {
        let refuse = |why: String| Err(StatsError::NotDrawable { why });
        if arms.len() != self.units.len() {
            return refuse(format!("it has {} entries for {} units", arms.len(), self.units.len()));
        }
        if let Some(arm) = arms.iter().find(|arm| **arm >= self.variants.len()) {
            return refuse(format!("it names variant {arm} of {}", self.variants.len()));
        }
        let mut start = 0;
        let mut extra = vec![0; self.variants.len()];
        for stratum in &self.strata {
            let within = &arms[start..start + stratum.size()];
            if !stratum.add_extra(within, &mut extra) {
                return refuse(format!("the counts of stratum {} are not its quotas", self.units[start].stratum));
            }
            start += stratum.size();
        }
        if self.plan.ends_at(&extra) {
            Ok(())
        } else {
            refuse("the totals of the variants are not as declared".to_owned())
        }
    }
}

fn check_units(units: &[Unit]) -> Result<(), StatsError> {
    if units.is_empty() {
        return Err(StatsError::TooFew { what: "units", needed: 1, actual: 0 });
    }
    check_unique("unit", units.iter().map(|unit| &unit.id))
}

fn check_variants(variants: &[Variant]) -> Result<(), StatsError> {
    if variants.len() < 2 {
        return Err(StatsError::TooFew { what: "variants", needed: 2, actual: variants.len() });
    }
    if let Some(variant) = variants.iter().find(|variant| variant.weight == 0) {
        return Err(StatsError::ZeroWeight { name: variant.name.clone() });
    }
    check_unique("variant", variants.iter().map(|variant| &variant.name))
}

fn check_unique<'a>(what: &'static str, names: impl Iterator<Item = &'a String>) -> Result<(), StatsError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(StatsError::Duplicate { what, name: name.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod design_tests;
#[cfg(test)]
mod tests;
