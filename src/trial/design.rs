//! How units get their variants: from a declared design and their history to a lottery that can be drawn and redrawn.

use super::Result;
use crate::stats::{
    Balance, Lottery, Mechanism, Rerandomized, Sequences, Split, StatsError, Unit, Variant, distance_bound, form_pairs,
    form_strata,
};
use rand::rngs::ChaCha20Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Into how many parts of equal size each covariate of a stratified design is cut.
const PARTS: usize = 2;

/// Strata with fewer units join others: small ones leave few assignments, and cost more degrees of freedom than they give. With ten
/// teams in strata of two or three the largest level that a lottery can reach is 3 %, and intervals are a third wider than without strata.
const SMALLEST_STRATUM: usize = 4;

/// The design of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Design {
    /// Every assignment with the declared shares is as likely as any other.
    Complete,
    /// As complete, within strata of the units' history.
    Stratified,
    /// Units with like histories are paired, one of each pair is treated.
    Pairs,
    /// Complete, drawn again until the arms' histories are alike: `accepted` is the part of all assignments that is.
    Rerandomized { accepted: f64 },
    /// Every unit begins without and gets the treatment at one of `steps` moments, drawn by lot.
    SteppedWedge { steps: usize },
    /// Half of the units are treated first, the others second.
    Crossover,
    /// The treatment goes on and off for everybody, block of time by block of time.
    Switchback,
    /// Each developer by the hash of a name, as percentage flags do, so that nobody need be known beforehand. The lottery is the one
    /// given how many fell to each variant.
    Hash,
}

impl Design {
    /// Its name in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Design::Complete => "complete",
            Design::Stratified => "stratified",
            Design::Pairs => "matched pairs",
            Design::Rerandomized { .. } => "rerandomized",
            Design::SteppedWedge { .. } => "stepped wedge",
            Design::Crossover => "crossover",
            Design::Switchback => "switchback",
            Design::Hash => "hash",
        }
    }

    /// Whether units change their variant while it runs.
    pub fn is_over_time(self) -> bool {
        matches!(self, Design::SteppedWedge { .. } | Design::Crossover | Design::Switchback)
    }
}

/// What may be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub id: String,
    /// Units are drawn within it, whatever the design; empty for one block.
    pub block: String,
    /// The declared history, an entry for each covariate.
    pub history: Vec<f64>,
}

/// The units of a lottery with their strata, sorted by stratum and id as [`Lottery`] sorts them.
///
/// Stratified designs cut each covariate at its median into strata of at least four units, pairs go by Mahalanobis distance; both within blocks.
///
/// # Errors
/// [`TrialError::Stats`] for histories that cannot be told apart, and where a block is too small.
pub fn form_units(design: Design, covariates: &[String], candidates: &[Candidate]) -> Result<Vec<Unit>> {
    let mut blocks: BTreeMap<&str, Vec<&Candidate>> = BTreeMap::new();
    candidates.iter().for_each(|it| blocks.entry(&it.block).or_default().push(it));
    let mut units = Vec::with_capacity(candidates.len());
    for (block, members) in blocks {
        let ids: Vec<String> = members.iter().map(|it| it.id.clone()).collect();
        let columns: Vec<Vec<f64>> =
            (0..covariates.len()).map(|column| members.iter().map(|it| it.history[column]).collect()).collect();
        let strata = match design {
            Design::Stratified => {
                let split = |(name, values)| Split { name, values, parts: PARTS };
                let splits: Vec<Split<'_>> =
                    covariates.iter().map(String::as_str).zip(columns.iter().map(Vec::as_slice)).map(split).collect();
                form_strata(&ids, &splits, SMALLEST_STRATUM.min(ids.len()).max(PARTS))?
            }
            Design::Pairs => form_pairs(&ids, &varying(columns))?,
            _ => vec![String::new(); ids.len()],
        };
        let named = |stratum: String| match (block.is_empty(), stratum.is_empty()) {
            (true, _) => stratum,
            (false, true) => block.to_owned(),
            (false, false) => format!("{block}: {stratum}"),
        };
        units.extend(ids.into_iter().zip(strata).map(|(id, stratum)| Unit { stratum: named(stratum), id }));
    }
    units.sort();
    Ok(units)
}

/// Columns that tell units apart.
fn varying(columns: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    columns.into_iter().filter(|column| column.iter().any(|value| Some(value) != column.first())).collect()
}

/// A lottery over units, of whatever design.
#[derive(Clone, Debug)]
pub enum Randomization {
    Plain(Lottery),
    Rerandomized(Rerandomized),
    Sequences(Sequences),
}

impl Randomization {
    /// The lottery of a design. `history` has a column for each covariate in the order of the sorted `units`; rerandomized designs alone
    /// look at it. The first variant is the control. Stepped wedges and crossovers draw sequences and need no variants.
    ///
    /// # Errors
    /// [`TrialError::Design`], and those of the lotteries.
    pub fn new(
        design: Design,
        units: Vec<Unit>,
        variants: Vec<Variant>,
        history: &[Vec<f64>],
    ) -> Result<Randomization> {
        Ok(match design {
            Design::Complete | Design::Stratified | Design::Pairs | Design::Switchback | Design::Hash => {
                Randomization::Plain(Lottery::new(units, variants)?)
            }
            Design::Rerandomized { accepted } => {
                let history = varying(history.to_vec());
                let bound = distance_bound(history.len(), accepted)?;
                let lottery = Lottery::new(units, variants)?;
                Randomization::Rerandomized(Rerandomized::new(lottery, Balance::new(&history)?, bound)?)
            }
            Design::SteppedWedge { steps } => Randomization::Sequences(Sequences::stepped_wedge(units, steps)?),
            Design::Crossover => Randomization::Sequences(Sequences::crossover(units)?),
        })
    }

    /// What a seed draws: the variant of each unit, in the lottery's order.
    ///
    /// # Errors
    /// Where no assignment is balanced enough.
    pub fn assign(&self, seed: [u8; 32]) -> Result<Vec<usize>> {
        Ok(match self {
            Randomization::Plain(lottery) => lottery.assign(seed),
            Randomization::Rerandomized(lottery) => lottery.assign(seed)?,
            Randomization::Sequences(sequences) => sequences.lottery().assign(seed),
        })
    }

    /// The smallest p that a two-sided test under this lottery can have: an assignment and its mirror of all. Of more assignments than
    /// are counted here it is zero.
    pub fn smallest_p(&self) -> f64 {
        let assignments = self.assignments();
        if assignments > COUNTED { 0.0 } else { (2.0 / assignments as f64).min(1.0) }
    }

    /// How many assignments are possible: of a rerandomized design those that are balanced enough, where they can be counted.
    pub fn assignments(&self) -> u128 {
        let all = self.lottery().assignments_count();
        match self {
            Randomization::Rerandomized(it) => it.accepted_count(COUNTED).map_or(all, u128::from),
            Randomization::Plain(_) | Randomization::Sequences(_) => all,
        }
    }

    /// The same in digits, which may be more than a number of JSON holds; `> 10^38` beyond what can be counted.
    pub fn assignments_in_digits(&self) -> String {
        match self.assignments() {
            u128::MAX => "> 10^38".to_owned(),
            count => count.to_string(),
        }
    }

    /// The place of each unit's id in the lottery's order.
    pub fn places(&self) -> BTreeMap<&str, usize> {
        self.lottery().units().iter().enumerate().map(|(place, unit)| (unit.id.as_str(), place)).collect()
    }
}

/// Up to so many assignments are looked at one by one.
const COUNTED: u128 = 1_000_000;

impl Mechanism for Randomization {
    fn lottery(&self) -> &Lottery {
        match self {
            Randomization::Plain(lottery) => lottery,
            Randomization::Rerandomized(it) => it.lottery(),
            Randomization::Sequences(it) => it.lottery(),
        }
    }

    fn redraw(&self, rng: &mut ChaCha20Rng) -> Result<Vec<usize>, StatsError> {
        match self {
            Randomization::Plain(lottery) => lottery.redraw(rng),
            Randomization::Rerandomized(it) => it.redraw(rng),
            Randomization::Sequences(it) => it.redraw(rng),
        }
    }

    fn visit(&self, limit: u128, each: &mut dyn FnMut(&[usize])) -> Result<(), StatsError> {
        match self {
            Randomization::Plain(lottery) => lottery.visit(limit, each),
            Randomization::Rerandomized(it) => it.visit(limit, each),
            Randomization::Sequences(it) => it.visit(limit, each),
        }
    }

    fn check(&self, arms: &[usize]) -> Result<(), StatsError> {
        match self {
            Randomization::Plain(lottery) => lottery.check(arms),
            Randomization::Rerandomized(it) => it.check(arms),
            Randomization::Sequences(it) => it.check(arms),
        }
    }
}

/// The key of a generator for one purpose of an experiment: what is drawn for one cannot follow from what is drawn for another.
pub fn seed(text: &str, purpose: &str) -> [u8; 32] {
    let key = *blake3::hash(text.as_bytes()).as_bytes();
    if purpose.is_empty() { key } else { *blake3::keyed_hash(&key, purpose.as_bytes()).as_bytes() }
}
