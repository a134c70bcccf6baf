//! Who gets which variant: units drawn by the declared design from their history, and recorded once.
//!
//! One rule: what was drawn can be drawn again from what was recorded, whatever is collected later.

use super::eligible::{candidates, members, roster};
use super::exclusive::refuse_shared;
use super::hashed::hashed;
use super::record::{self, Action, Assigned, Drawing, Event};
use super::study::Study;
use super::{ExperimentError, Result, looks, panel};
use crate::project::{Assignment, Experiment, HOLDOUT, TEAM_SIZE, UnitKind};
use crate::query::{Engine, quoted};
use crate::stats::{Lottery, Mechanism, Unit, Variant};
use crate::trial::{self, Candidate, Design, Randomization, form_units, switchback_units};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The name and version that stand in what is recorded.
pub(super) const PROGRAM: &str = concat!("paceline ", env!("CARGO_PKG_VERSION"));

/// Of so many blocks of a switchback in a row half are treated.
const BALANCED_OVER: usize = 2;

/// Shares of a holdout are drawn in thousandths.
const THOUSANDTHS: f64 = 1000.0;

/// What a draw came to.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// By unit, those held out included.
    pub assigned: Vec<Assigned>,
    pub(super) drawing: Drawing,
    /// Identities of people with their units.
    pub(super) roster: Vec<(String, String)>,
}

/// Draws the assignment that the definition and the history before its start stand for. Nothing is stored.
///
/// # Errors
/// [`ExperimentError::TooFewUnits`], [`ExperimentError::Exclusive`], [`ExperimentError::Eligible`], and those of the design.
pub async fn draw(engine: &Engine, experiment: &Experiment) -> Result<Drawn> {
    let roster = roster(engine, experiment).await?;
    let candidates = candidates(engine, experiment, &roster).await?;
    let name = experiment.name.clone();
    let roster: Vec<(String, String)> = roster.into_iter().filter(|(_, unit)| candidates.contains_key(unit)).collect();
    refuse_shared(engine, experiment, &candidates, &roster).await?;
    let failed = |source: trial::TrialError| ExperimentError::Trial { experiment: name.clone(), source };
    let held_out = held_out(experiment, &candidates).map_err(failed)?;
    let members = members(&candidates, &roster).into_iter().filter(|(id, _)| !held_out.contains(id));
    let drawn: BTreeMap<String, f64> = members.map(|(id, it)| (id, it.people)).collect();
    if experiment.assignment.design == Design::Hash {
        return Ok(hashed(engine, experiment, drawn, roster)?);
    }
    let study = Study::planned(experiment, &drawn);
    let mut history: BTreeMap<String, Vec<f64>> = drawn.keys().map(|id| (id.clone(), Vec::new())).collect();
    let covariates: Vec<String> = experiment.assignment.stratify.iter().map(|(name, _)| name.clone()).collect();
    for covariate in &covariates {
        let column = if covariate == TEAM_SIZE {
            study.sizes.clone()
        } else {
            panel::history(engine, &study, covariate).await?
        };
        history.values_mut().zip(column).for_each(|(row, value)| row.push(value));
    }
    let drawing = Drawing {
        design: experiment.assignment.design,
        covariates,
        history,
        keys: BTreeMap::new(),
        program: PROGRAM.to_owned(),
    };
    let candidate = |(id, history): (&String, &Vec<f64>)| Candidate {
        id: id.clone(),
        block: candidates[id].clone(),
        history: history.clone(),
    };
    let all: Vec<Candidate> = drawing.history.iter().map(candidate).collect();
    looks::declared(experiment, all.len()).check(all.len() as u64, false).map_err(failed)?;
    let units = match drawing.design {
        Design::Switchback => {
            let systems: Vec<String> = drawing.history.keys().cloned().collect();
            let blocks = experiment.schedule.days() / experiment.assignment.period_days.unwrap_or(1).max(1);
            switchback_units(&systems, blocks as usize, BALANCED_OVER).map_err(failed)?
        }
        design => form_units(design, &drawing.covariates, &all).map_err(failed)?,
    };
    let history = history_of(&units, &drawing);
    let randomization =
        Randomization::new(drawing.design, units, declared(experiment).to_vec(), &history).map_err(failed)?;
    let arms = randomization.assign(trial::seed(&experiment.assignment.seed, "")).map_err(failed)?;
    let mut assigned = assigned(&randomization, &arms);
    let holdout = |unit: String| Assigned { unit, variant: HOLDOUT.to_owned(), stratum: String::new() };
    assigned.extend(held_out.into_iter().map(holdout));
    assigned.sort_by(|a, b| a.unit.cmp(&b.unit));
    Ok(Drawn { assigned, drawing, roster })
}

/// Draws the assignment and records it, once, with the definition and who was in which unit.
///
/// The caller holds the data folder's lock.
///
/// # Errors
/// [`ExperimentError::AlreadyStarted`], and those of [`draw`].
pub async fn start(engine: &Engine, experiment: &Experiment, now: DateTime<Utc>) -> Result<Drawn> {
    if !record::events(engine, &experiment.name).await?.is_empty() {
        return Err(ExperimentError::AlreadyStarted { experiment: experiment.name.clone() });
    }
    let drawn = draw(engine, experiment).await?;
    record::add_drawn(engine, &experiment.name, &drawn.assigned, &drawn.roster, now).await?;
    let json = serde_json::to_string(&drawn.drawing);
    let unwritable = |_| ExperimentError::Record { experiment: experiment.name.clone() };
    let event = Event {
        sequence: 1,
        action: Action::Start,
        happened_at: now,
        reason: None,
        definition_hash: record::definition_hash(&experiment.text),
        definition: experiment.text.clone(),
        record: Some(json.map_err(unwritable)?),
    };
    // Last: an experiment has started when this stands.
    record::add(engine, &experiment.name, &event).await?;
    Ok(drawn)
}

/// The recorded assignment, by unit; empty before the start.
///
/// # Errors
/// [`ExperimentError::Query`].
pub async fn assignments(engine: &Engine, experiment: &str) -> Result<Vec<Assigned>> {
    let sql = format!(
        "SELECT unit, variant, coalesce(stratum, '') FROM assignments WHERE experiment = {} ORDER BY unit",
        quoted(experiment)
    );
    let batches = panel::collect(engine, &sql).await?;
    let (units, variants, strata) = (panel::texts(&batches, 0), panel::texts(&batches, 1), panel::texts(&batches, 2));
    let rows = units.into_iter().zip(variants).zip(strata);
    Ok(rows.map(|((unit, variant), stratum)| Assigned { unit, variant, stratum }).collect())
}

/// A lottery put back together from what was recorded.
pub(super) struct Recorded {
    /// Its units are named as they may be shown.
    pub randomization: Randomization,
    /// The variant of each unit, in the lottery's order.
    pub arms: Vec<usize>,
    /// What was drawn, in the same order.
    pub units: Vec<String>,
}

/// The lottery that was drawn, with the variant of each of its units.
pub(super) fn recorded(experiment: &Experiment, assigned: &[Assigned], drawing: &Drawing) -> trial::Result<Recorded> {
    let drawn = assigned.iter().filter(|it| it.variant != HOLDOUT);
    let mut units: Vec<Unit> = drawn.map(|it| Unit { stratum: it.stratum.clone(), id: it.unit.clone() }).collect();
    units.sort();
    let variants = match drawing.design {
        // How many fell to each variant was not drawn; the lottery is the one given these numbers.
        Design::Hash => declared(experiment).map(|variant| {
            let units = assigned.iter().filter(|it| it.variant == variant.name).count();
            Variant { weight: u32::try_from(units).unwrap_or(u32::MAX), ..variant }
        }),
        _ => declared(experiment),
    };
    let history = history_of(&units, drawing);
    let shown = shown(experiment.assignment.drawn(), &units);
    let randomization = Randomization::new(drawing.design, shown, variants.to_vec(), &history)?;
    let variants: Vec<&str> = randomization.lottery().variants().iter().map(|it| it.name.as_str()).collect();
    let by_unit: BTreeMap<&str, &str> = assigned.iter().map(|it| (it.unit.as_str(), it.variant.as_str())).collect();
    let arm = |unit: &Unit| {
        let variant = by_unit.get(unit.id.as_str());
        variants.iter().position(|name| Some(name) == variant).unwrap_or_default()
    };
    let arms = units.iter().map(arm).collect();
    Ok(Recorded { randomization, arms, units: units.into_iter().map(|unit| unit.id).collect() })
}

/// Units under the names that reports give them, in the same order. Developers are numbered: a report counts people and names none.
fn shown(kind: UnitKind, units: &[Unit]) -> Vec<Unit> {
    if kind != UnitKind::Developer {
        return units.to_vec();
    }
    let digits = units.len().to_string().len();
    let number = |(place, unit): (usize, &Unit)| Unit {
        stratum: unit.stratum.clone(),
        id: format!("developer {:0digits$}", place + 1),
    };
    units.iter().enumerate().map(number).collect()
}

/// The control and the treatment with their weights.
pub(super) fn declared(experiment: &Experiment) -> [Variant; 2] {
    let Assignment { control, treatment, .. } = &experiment.assignment;
    [control, treatment].map(|(name, weight)| Variant { name: name.clone(), weight: *weight })
}

/// A column for each covariate, in the order of the units.
fn history_of(units: &[Unit], drawing: &Drawing) -> Vec<Vec<f64>> {
    let value = |unit: &Unit, column: usize| drawing.history.get(&unit.id).and_then(|row| row.get(column)).copied();
    (0..drawing.covariates.len())
        .map(|column| units.iter().map(|unit| value(unit, column).unwrap_or_default()).collect())
        .collect()
}

/// What these arms give each unit, by unit.
pub(super) fn assigned(randomization: &Randomization, arms: &[usize]) -> Vec<Assigned> {
    let lottery = randomization.lottery();
    let one = |(unit, arm): (&Unit, &usize)| Assigned {
        unit: unit.id.clone(),
        variant: lottery.variants()[*arm].name.clone(),
        stratum: unit.stratum.clone(),
    };
    let mut assigned: Vec<Assigned> = lottery.units().iter().zip(arms).map(one).collect();
    assigned.sort_by(|a, b| a.unit.cmp(&b.unit));
    assigned
}

/// The units that are kept out, drawn before all others.
fn held_out(experiment: &Experiment, candidates: &BTreeMap<String, String>) -> trial::Result<BTreeSet<String>> {
    let Some(share) = experiment.holdout else { return Ok(BTreeSet::new()) };
    let out = (share * THOUSANDTHS).round() as u32;
    let variant = |name: &str, weight| Variant { name: name.to_owned(), weight };
    let units = candidates.keys().map(|id| Unit { stratum: String::new(), id: id.clone() }).collect();
    let lottery = Lottery::new(units, vec![variant("drawn", THOUSANDTHS as u32 - out), variant(HOLDOUT, out)])?;
    let arms = lottery.assign(trial::seed(&experiment.assignment.seed, HOLDOUT));
    let drawn = lottery.units().iter().zip(arms);
    Ok(drawn.filter(|(_, arm)| *arm == 1).map(|(unit, _)| unit.id.clone()).collect())
}
