//! How often the default analysis is wrong: experiments in simulated organisations, of which the truth is known.
//!
//! One rule: every simulated experiment takes the path of a real one, from strata over the lottery to the interval.

mod cell;
mod family;
mod markdown;
mod peeking;
mod planned;
mod reference;
mod simulated;
#[cfg(test)]
mod tests;

use super::world::{Tails, World};
use super::{Design, Result};
use crate::stats::Level;
pub use cell::CellResult;
pub use family::FamilyResult;
pub use peeking::PeekingResult;
pub use planned::PlannedResult;
pub use reference::{ReferenceMethod, ReferenceRate};
use serde::{Deserialize, Serialize};

const LEVEL: Level = Level::NINETY_FIVE;

/// How much is simulated. The same options always give the same table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct CalibrationOptions {
    pub seed: String,
    /// Experiments without effect in each row of worlds and designs, and half as many with one. Other sections have half or a
    /// quarter as many.
    pub experiments: usize,
    /// Of these, so many are analysed by the other methods too.
    pub reference_experiments: usize,
    /// Of a randomization test whose lottery has more than ten times as many assignments. Such a test is exact with any number of draws
    /// of which 5 % and one more are whole; more of them find a little more.
    pub draws: u32,
}

impl Default for CalibrationOptions {
    fn default() -> CalibrationOptions {
        CalibrationOptions {
            seed: "calibration".to_owned(),
            experiments: 20_000,
            reference_experiments: 1_000,
            draws: 299,
        }
    }
}

impl CalibrationOptions {
    fn with_effect(&self) -> usize {
        self.experiments / 2
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct CalibrationTable {
    pub options: CalibrationOptions,
    /// Stratified designs in all worlds.
    pub worlds: Vec<CellResult>,
    /// The other designs.
    pub designs: Vec<CellResult>,
    /// Effects that differ from team to team.
    pub varying: Vec<CellResult>,
    pub families: Vec<FamilyResult>,
    pub peeking: Vec<PeekingResult>,
    pub planned: Vec<PlannedResult>,
}

/// How far a calibration has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalibrationProgress {
    pub done: usize,
    pub of: usize,
    /// What comes next, such as `40 teams, stratified, Pareto team levels, ICC 0.2`.
    pub next: String,
}

const TEAMS: [usize; 4] = [10, 20, 40, 100];
const CORRELATIONS: [f64; 3] = [0.05, 0.2, 0.5];
const TAILS: [Tails; 3] = [Tails::Normal, Tails::LogNormal, Tails::Pareto];
/// Of so few teams a fifth of the assignments is too few.
const FEW_TEAMS: usize = 10;
/// Of worlds that vary in something else.
const CORRELATION: f64 = 0.2;

/// Simulates all rows of the table, one after the other, each on all processors.
///
/// # Errors
/// Those of a simulated experiment that could not be drawn at all.
pub fn calibrate(
    options: &CalibrationOptions,
    progress: &mut dyn FnMut(&CalibrationProgress),
) -> Result<CalibrationTable> {
    let world = |teams, intraclass_correlation, tails| World { teams, intraclass_correlation, tails };
    let mut rows: Vec<Row> = Vec::new();
    for teams in TEAMS {
        for tails in TAILS {
            let of = |correlation| Row::World(world(teams, correlation, tails), Design::Stratified);
            rows.extend(CORRELATIONS.map(of));
        }
    }
    for teams in TEAMS {
        let accepted = if teams <= FEW_TEAMS { 0.5 } else { 0.2 };
        let designs = [Design::Complete, Design::Pairs, Design::Rerandomized { accepted }];
        rows.extend(designs.map(|design| Row::Design(world(teams, CORRELATION, Tails::Normal), design)));
    }
    for teams in TEAMS {
        rows.extend(TAILS.map(|tails| Row::Varying(world(teams, CORRELATION, tails))));
    }
    for teams in [20, 40, 100] {
        rows.push(Row::Family(world(teams, CORRELATION, Tails::Normal)));
    }
    for teams in TEAMS {
        rows.push(Row::Peeking(world(teams, CORRELATION, Tails::Normal)));
    }
    for teams in [20, 40, 60] {
        rows.push(Row::Planned(world(teams, CORRELATION, Tails::Normal)));
    }
    let mut table = CalibrationTable {
        options: options.clone(),
        worlds: Vec::new(),
        designs: Vec::new(),
        varying: Vec::new(),
        families: Vec::new(),
        peeking: Vec::new(),
        planned: Vec::new(),
    };
    for (done, row) in rows.iter().enumerate() {
        progress(&CalibrationProgress { done, of: rows.len(), next: row.words() });
        row.fill(&mut table)?;
    }
    Ok(table)
}

/// A row to simulate.
#[derive(Clone, Copy, Debug)]
enum Row {
    World(World, Design),
    Design(World, Design),
    Varying(World),
    Family(World),
    Peeking(World),
    Planned(World),
}

impl Row {
    fn words(self) -> String {
        match self {
            Row::World(world, design) | Row::Design(world, design) => cell::words(world, design),
            Row::Varying(world) => format!("effects that vary, {}", cell::words(world, Design::Stratified)),
            Row::Family(world) => format!("decisions, {} teams", world.teams),
            Row::Peeking(world) => format!("weekly looks, {} teams", world.teams),
            Row::Planned(world) => format!("power as planned, {} teams", world.teams),
        }
    }

    fn fill(self, table: &mut CalibrationTable) -> Result<()> {
        let options = table.options.clone();
        match self {
            Row::World(world, design) => table.worlds.push(cell::cell(world, design, &options)?),
            Row::Design(world, design) => table.designs.push(cell::cell(world, design, &options)?),
            Row::Varying(world) => table.varying.push(cell::varying(world, &options)?),
            Row::Family(world) => table.families.push(family::family(world, &options)?),
            Row::Peeking(world) => table.peeking.push(peeking::peeking(world, &options)?),
            Row::Planned(world) => table.planned.push(planned::planned(world, &options)?),
        }
        Ok(())
    }
}

/// The part of `values` that is true.
fn part(values: impl Iterator<Item = bool>) -> f64 {
    let (mut yes, mut all) = (0_u32, 0_u32);
    for value in values {
        yes += u32::from(value);
        all += 1;
    }
    if all == 0 { 0.0 } else { f64::from(yes) / f64::from(all) }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut all) = (0.0, 0_u32);
    for value in values {
        sum += value;
        all += 1;
    }
    if all == 0 { 0.0 } else { sum / f64::from(all) }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}
