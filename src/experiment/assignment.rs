//! Who gets which variant: units drawn by the declared design from their history, and recorded once.
//!
//! One rule: what was drawn can be drawn again from what was recorded, whatever is collected later.

use super::record::{self, Action, Assigned, Drawing, Event, HOLDOUT};
use super::study::{Study, midnight};
use super::{ExperimentError, Result, looks, panel};
use crate::flags::{Share, pick};
use crate::project::{Assignment, Experiment, TEAM_SIZE, UnitKind};
use crate::query::{Engine, Limits, QueryError, Scope};
use crate::stats::{Lottery, Mechanism, Unit, Variant};
use crate::trial::{self, Candidate, Design, Randomization, form_units, switchback_units};
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The name and version that stand in what is recorded.
pub(super) const PROGRAM: &str = concat!("paceline ", env!("CARGO_PKG_VERSION"));

/// Bounds on the answer of a query for units.
const LIMITS: Limits = Limits { rows: 1_000_000, time: Duration::from_secs(60) };

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
    roster: Vec<(String, String)>,
}

/// A unit that may be drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Eligible {
    /// Members at the start; 1 where units have none.
    pub people: f64,
    pub block: String,
}

/// The units that may be drawn, without looking at other experiments.
///
/// # Errors
/// [`ExperimentError::TooFewUnits`], [`ExperimentError::Eligible`].
pub(super) async fn eligible_members(engine: &Engine, experiment: &Experiment) -> Result<BTreeMap<String, Eligible>> {
    let roster = roster(engine, experiment).await?;
    let candidates = candidates(engine, experiment, &roster).await?;
    Ok(members(&candidates, &roster))
}

fn members(candidates: &BTreeMap<String, String>, roster: &[(String, String)]) -> BTreeMap<String, Eligible> {
    let mut people: BTreeMap<&str, f64> = BTreeMap::new();
    roster.iter().for_each(|(_, unit)| *people.entry(unit).or_default() += 1.0);
    let one = |(unit, block): (&String, &String)| {
        let people = people.get(unit.as_str()).copied().unwrap_or(1.0);
        (unit.clone(), Eligible { people, block: block.clone() })
    };
    candidates.iter().map(one).collect()
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
    let randomization = randomization(experiment, units, declared(experiment), &drawing).map_err(failed)?;
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
        "SELECT unit, variant, coalesce(stratum, '') FROM assignments WHERE experiment = '{}' ORDER BY unit",
        experiment.replace('\'', "''")
    );
    let batches = panel::collect(engine, &sql).await?;
    let (units, variants, strata) = (panel::texts(&batches, 0), panel::texts(&batches, 1), panel::texts(&batches, 2));
    let rows = units.into_iter().zip(variants).zip(strata);
    Ok(rows.map(|((unit, variant), stratum)| Assigned { unit, variant, stratum }).collect())
}

/// The lottery that was drawn, from what was recorded, with the variant of each of its units.
pub(super) fn recorded(
    experiment: &Experiment,
    assigned: &[Assigned],
    drawing: &Drawing,
) -> trial::Result<(Randomization, Vec<usize>)> {
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
    let randomization = randomization(experiment, units, variants, drawing)?;
    let variants: Vec<&str> = randomization.lottery().variants().iter().map(|it| it.name.as_str()).collect();
    let by_unit: BTreeMap<&str, &str> = assigned.iter().map(|it| (it.unit.as_str(), it.variant.as_str())).collect();
    let arm = |unit: &Unit| {
        let variant = by_unit.get(unit.id.as_str());
        variants.iter().position(|name| Some(name) == variant).unwrap_or_default()
    };
    let arms = randomization.lottery().units().iter().map(arm).collect();
    Ok((randomization, arms))
}

/// The control and the treatment with their weights.
fn declared(experiment: &Experiment) -> [Variant; 2] {
    let Assignment { control, treatment, .. } = &experiment.assignment;
    [control, treatment].map(|(name, weight)| Variant { name: name.clone(), weight: *weight })
}

/// The same as a percentage flag has them.
pub(super) fn shares(experiment: &Experiment) -> Vec<Share> {
    declared(experiment).map(|it| Share { variant: Some(it.name), weight: it.weight }).to_vec()
}

/// Developers by the hash of the name that tools ask by. Whoever has no such name cannot ask and is not in it.
fn hashed(
    engine: &Engine,
    experiment: &Experiment,
    developers: BTreeMap<String, f64>,
    roster: Vec<(String, String)>,
) -> Result<Drawn, QueryError> {
    let (people, shares) = (engine.persons()?, shares(experiment));
    let (mut assigned, mut keys) = (Vec::new(), BTreeMap::new());
    for id in developers.into_keys() {
        let person = people.get(&id);
        let key = person.and_then(|person| person.logins.iter().chain(&person.emails).next());
        let Some(key) = key else { continue };
        if let Some(variant) = pick(&experiment.flag.key, key, &shares) {
            assigned.push(Assigned { unit: id.clone(), variant: variant.to_owned(), stratum: String::new() });
            keys.insert(id, key.clone());
        }
    }
    let history = keys.keys().map(|id| (id.clone(), Vec::new())).collect();
    let drawing = Drawing { design: Design::Hash, covariates: Vec::new(), history, keys, program: PROGRAM.to_owned() };
    Ok(Drawn { assigned, drawing, roster })
}

/// Units that fall by another hash than they were recorded by.
pub(super) fn fallen_otherwise(experiment: &Experiment, assigned: &[Assigned], drawing: &Drawing) -> usize {
    let shares = shares(experiment);
    let differs = |it: &&Assigned| {
        let key = drawing.keys.get(&it.unit).map(String::as_str).unwrap_or_default();
        pick(&experiment.flag.key, key, &shares) != Some(it.variant.as_str())
    };
    assigned.iter().filter(differs).count()
}

fn randomization(
    experiment: &Experiment,
    units: Vec<Unit>,
    variants: [Variant; 2],
    drawing: &Drawing,
) -> trial::Result<Randomization> {
    let history: Vec<Vec<f64>> = (0..drawing.covariates.len())
        .map(|column| {
            let value = |unit: &Unit| drawing.history.get(&unit.id).and_then(|row| row.get(column)).copied();
            units.iter().map(|unit| value(unit).unwrap_or_default()).collect()
        })
        .collect();
    Randomization::new(experiment.assignment.design, units, variants.to_vec(), &history)
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

/// Who is in which unit at the start: identities with units; empty for units that nobody is a member of.
async fn roster(engine: &Engine, experiment: &Experiment) -> Result<Vec<(String, String)>> {
    let unit = match experiment.assignment.drawn() {
        UnitKind::Team => "h.team",
        UnitKind::Developer => "h.person_id",
        UnitKind::Component | UnitKind::Repository | UnitKind::Task => return Ok(Vec::new()),
    };
    let at = moment(experiment.schedule.start);
    let sql = format!(
        "SELECT min(i.identity) AS identity, min({unit}) AS unit
         FROM home_teams h JOIN stored.identities i ON i.person_id = h.person_id
         WHERE h.valid_from <= {at} AND (h.valid_to IS NULL OR h.valid_to > {at})
         GROUP BY h.person_id ORDER BY identity"
    );
    let batches = panel::collect(engine, &sql).await?;
    Ok(panel::texts(&batches, 0).into_iter().zip(panel::texts(&batches, 1)).collect())
}

/// The units that may be drawn, each with its block.
async fn candidates(
    engine: &Engine,
    experiment: &Experiment,
    roster: &[(String, String)],
) -> Result<BTreeMap<String, String>> {
    let assignment = &experiment.assignment;
    let kind = assignment.drawn();
    let at = moment(experiment.schedule.start);
    let known = match kind {
        UnitKind::Team | UnitKind::Developer => None,
        UnitKind::Repository => Some("SELECT DISTINCT repository FROM repositories".to_owned()),
        UnitKind::Component => Some(format!(
            "SELECT DISTINCT entity FROM components
             WHERE kind = 'component' AND valid_from <= {at} AND (valid_to IS NULL OR valid_to > {at})"
        )),
        UnitKind::Task => return Err(ExperimentError::Tasks { experiment: experiment.name.clone() }),
    };
    let mut units: BTreeMap<String, String> = match known {
        None => roster.iter().map(|(_, unit)| (unit.clone(), String::new())).collect(),
        Some(sql) => {
            panel::texts(&panel::collect(engine, &sql).await?, 0).into_iter().map(|it| (it, String::new())).collect()
        }
    };
    if let Some((sql, place)) = &assignment.eligible {
        let wrong = |problem: String| ExperimentError::Eligible { place: place.to_string(), problem };
        let (batches, is_cut) =
            engine.sql_limited(&Scope::default(), sql, &LIMITS).await.map_err(|error| wrong(error.to_string()))?;
        if is_cut {
            return Err(wrong(format!("more than {} units", LIMITS.rows)));
        }
        let eligible = eligible(&batches).map_err(|error| wrong(error.to_string()))?;
        if let Some(unknown) = eligible.keys().find(|unit| !units.contains_key(*unit)) {
            let (known, kind) = (units.len(), kind.plural());
            return Err(wrong(format!(
                "{unknown} is none of the {known} {kind} that can be drawn on {}",
                experiment.schedule.start
            )));
        }
        units = eligible;
    }
    if let Some(block) = &assignment.block
        && let Some(kind_of_block) = UnitKind::of(&block.0)
        && assignment.eligible.is_none()
    {
        let blocks = blocks(engine, kind, kind_of_block, experiment).await?;
        units.iter_mut().for_each(|(unit, block)| block.clone_from(blocks.get(unit).unwrap_or(&String::new())));
    }
    if units.len() < 2 {
        let (name, start) = (experiment.name.clone(), experiment.schedule.start);
        return Err(ExperimentError::TooFewUnits { experiment: name, kind: kind.plural(), units: units.len(), start });
    }
    Ok(units)
}

/// Units by the first column, with the second as their block where there is one.
fn eligible(batches: &[RecordBatch]) -> Result<BTreeMap<String, String>, arrow::error::ArrowError> {
    let mut units = BTreeMap::new();
    for batch in batches {
        let column = |index: usize| cast(batch.column(index), &DataType::Utf8);
        let ids = column(0)?;
        let blocks = if batch.num_columns() > 1 { Some(column(1)?) } else { None };
        for (row, id) in ids.as_string::<i32>().iter().enumerate() {
            let block = blocks.as_ref().map(|blocks| blocks.as_string::<i32>().value(row).to_owned());
            units.extend(id.map(|id| (id.to_owned(), block.unwrap_or_default())));
        }
    }
    Ok(units)
}

/// What each unit belongs to at the start.
async fn blocks(
    engine: &Engine,
    kind: UnitKind,
    block: UnitKind,
    experiment: &Experiment,
) -> Result<BTreeMap<String, String>> {
    let at = moment(experiment.schedule.start);
    let sql = match (kind, block) {
        (UnitKind::Developer, UnitKind::Team) => format!(
            "SELECT person_id, min(team) FROM home_teams
             WHERE valid_from <= {at} AND (valid_to IS NULL OR valid_to > {at}) GROUP BY person_id"
        ),
        _ => {
            let (experiment, kind, block) = (experiment.name.clone(), kind.name(), block.name());
            return Err(ExperimentError::Block { experiment, kind, block });
        }
    };
    let batches = panel::collect(engine, &sql).await?;
    Ok(panel::texts(&batches, 0).into_iter().zip(panel::texts(&batches, 1)).collect())
}

/// Refuses units that an experiment of the same exclusive group has at the time.
async fn refuse_shared(
    engine: &Engine,
    experiment: &Experiment,
    candidates: &BTreeMap<String, String>,
    roster: &[(String, String)],
) -> Result<()> {
    for other in engine.project().experiments.values().filter(|other| experiment.excludes(other)) {
        let events = record::events(engine, &other.name).await?;
        let is_over = events.last().is_none_or(|event| {
            event.action == Action::Stop && event.happened_at <= midnight(experiment.schedule.start)
        });
        if is_over {
            continue;
        }
        let taken: BTreeSet<String> = assignments(engine, &other.name).await?.into_iter().map(|it| it.unit).collect();
        let people = people_of(engine, &other.name).await?;
        let units = taken.iter().filter(|unit| candidates.contains_key(*unit)).count();
        let shared = roster.iter().filter(|(person, _)| people.contains(person)).count();
        if units > 0 || shared > 0 {
            return Err(ExperimentError::Exclusive {
                experiment: experiment.name.clone(),
                group: experiment.exclusive.clone().unwrap_or_default(),
                other: other.name.clone(),
                start: other.schedule.start,
                end: other.schedule.end,
                units,
            });
        }
    }
    Ok(())
}

async fn people_of(engine: &Engine, experiment: &str) -> Result<BTreeSet<String>> {
    let sql = format!(
        "SELECT person_id FROM stored.experiment_rosters WHERE experiment = '{}'",
        experiment.replace('\'', "''")
    );
    Ok(panel::texts(&panel::collect(engine, &sql).await?, 0).into_iter().collect())
}

/// The beginning of a day in SQL.
pub(super) fn moment(day: NaiveDate) -> String {
    format!("arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')", midnight(day).timestamp_micros())
}
