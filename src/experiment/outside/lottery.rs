//! The lottery that the specification declares, put together again from the table.

use super::rows::Rows;
use super::{OutcomeTable, OutsideError, Result, cells};
use crate::project::{AnalysisSpec, Drawn};
use crate::stats::{Mechanism, Unit, Variant};
use crate::trial::{Design, Grade, Randomization};
use std::collections::BTreeMap;

/// What was drawn, in the order of the lottery.
#[derive(Clone, Debug)]
pub(super) struct Drawing {
    /// Of an observational table one that lets every unit be treated; nothing is said of it.
    pub randomization: Randomization,
    /// The variant of each unit in the lottery's order.
    pub arms: Vec<usize>,
    /// The place in the lottery's order of each of the table's drawn units.
    pub places: Vec<usize>,
    /// `None` where nothing was drawn by lot.
    pub design: Option<Design>,
    /// Declared weights of control and treated.
    pub shares: Option<[u32; 2]>,
    pub seed: String,
}

impl Drawing {
    /// How far its numbers can be trusted to be caused by the treatment.
    pub fn grade(&self) -> Grade {
        match self.design {
            None => Grade::BeforeAfter,
            Some(design) if design.is_over_time() => Grade::RandomisedOverTime,
            Some(_) => Grade::Randomised,
        }
    }

    /// Units by variant.
    pub fn counts(&self) -> [usize; 2] {
        [0, 1].map(|arm| self.arms.iter().filter(|it| **it == arm).count())
    }
}

/// The lottery with the arms that the table has. Where units got their arms one by one, so that the numbers in the arms were left to
/// chance, it is the one that gives these numbers: the test is then one given the numbers in the arms.
pub(super) fn rebuild(spec: &AnalysisSpec, table: &OutcomeTable, rows: &Rows) -> Result<Drawing> {
    let by_default = blake3::hash(spec.text.as_bytes()).to_hex().to_string();
    let (design, seed, shares, covariates) = match &spec.drawn {
        Drawn::Observational => (None, by_default, None, &[][..]),
        Drawn::ByLot { design, seed, shares, covariates } => {
            (Some(*design), seed.clone().unwrap_or(by_default), *shares, covariates.as_slice())
        }
    };
    if design == Some(Design::Pairs) {
        check_pairs(table, rows)?;
    }
    let mut order: Vec<usize> = (0..rows.drawn.len()).collect();
    order.sort_by_key(|unit| (&rows.drawn[*unit].block, &rows.drawn[*unit].id));
    let arms: Vec<usize> = order.iter().map(|unit| rows.drawn[*unit].arm).collect();
    let history =
        covariates.iter().map(|it| history(table, rows, &it.name, &order)).collect::<Result<Vec<Vec<f64>>>>()?;
    let counts = [0, 1].map(|arm| arms.iter().filter(|it| **it == arm).count() as u32);
    let with = |weights: [u32; 2]| {
        let units = order.iter().map(|unit| &rows.drawn[*unit]);
        let units = units.map(|it| Unit { stratum: it.block.clone(), id: it.id.clone() }).collect();
        let names = [&spec.columns.control.name, &spec.columns.treated.name];
        let variants = names.into_iter().zip(weights).map(|(name, weight)| Variant { name: name.clone(), weight });
        Randomization::new(design.unwrap_or(Design::Complete), units, variants.collect(), &history)
            .map_err(|source| OutsideError::Trial { file: table.file.clone(), source })
    };
    let declared = with(shares.unwrap_or([1, 1]))?;
    let randomization = match declared.check(&arms) {
        Ok(()) => declared,
        Err(_) => {
            let given_counts = with(counts)?;
            if given_counts.check(&arms).is_ok() { given_counts } else { declared }
        }
    };
    let mut places = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, unit)| places[*unit] = place);
    Ok(Drawing { randomization, arms, places, design, shares, seed })
}

/// Each pair has one unit in each arm.
fn check_pairs(table: &OutcomeTable, rows: &Rows) -> Result<()> {
    let mut pairs: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    rows.drawn.iter().for_each(|it| pairs.entry(&it.block).or_default()[it.arm] += 1);
    match pairs.into_iter().find(|(_, counts)| *counts != [1, 1]) {
        Some((pair, [control, treated])) => {
            Err(table.problem(format!("pair {pair} has {control} control and {treated} treated, expected one of each")))
        }
        None => Ok(()),
    }
}

/// The mean of a balanced column over the rows of each unit, in the order of the lottery.
fn history(table: &OutcomeTable, rows: &Rows, name: &str, order: &[usize]) -> Result<Vec<f64>> {
    let mut sums = vec![(0.0, 0.0); rows.drawn.len()];
    for (row, value) in cells::numbers(table, name)?.into_iter().enumerate() {
        let Some(value) = value else {
            return Err(
                table.problem_at(row, format!("{name} is not known; what a design balanced is known of every row"))
            );
        };
        let sum = &mut sums[rows.drawn_of[row]];
        *sum = (sum.0 + value, sum.1 + 1.0);
    }
    Ok(order.iter().map(|unit| sums[*unit].0 / sums[*unit].1).collect())
}
