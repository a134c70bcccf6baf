//! What tools are told: the flags of started experiments, and which unit somebody belongs to.
//!
//! One rule: a developer has what the unit of the assignment date drew, wherever the developer is now; who is not in an experiment has
//! the tool's own default.

use super::hashed::shares;
use super::record::{self, State};
use super::{ExperimentError, Result, assignment, panel};
use crate::flags::{Flag, FlagFile, FlagSet, Rule, State as FlagState};
use crate::project::{Experiment, HOLDOUT};
use crate::query::{Engine, quoted};
use crate::trial::Design;
use chrono::{DateTime, Utc};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The flags of a moment.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub flags: FlagSet,
    /// People by what tools call them, in lower case: logins and addresses.
    people: BTreeMap<String, String>,
    /// The same as they are written.
    written: BTreeMap<String, String>,
    /// By flag: the unit of each person.
    units: BTreeMap<String, BTreeMap<String, String>>,
}

impl Delivery {
    /// The unit that a targeting key belongs to for a flag of these; units themselves may ask too.
    pub fn unit_of(&self, flag: &str, targeting_key: &str) -> Option<&str> {
        let person = self.people.get(&targeting_key.to_lowercase());
        let unit = person.and_then(|person| self.units.get(flag)?.get(person));
        if unit.is_some() {
            return unit.map(String::as_str);
        }
        let (Rule::Drawn(drawn) | Rule::DrawnOrSplit(drawn, _)) = &self.flags.get(flag)?.rule else { return None };
        drawn.get_key_value(targeting_key).map(|(unit, _)| unit.as_str())
    }

    /// The flags as a file of flagd's, with everybody listed who was in a unit.
    ///
    /// # Errors
    /// [`ExperimentError::Flags`] where two people of different variants are called the same.
    pub fn file(&self) -> Result<FlagFile<'_>> {
        let members = |flag: &Flag, unit: &str| -> Vec<String> {
            let Some(units) = self.units.get(&flag.key) else { return vec![unit.to_owned()] };
            let people: BTreeSet<&String> =
                units.iter().filter(|(_, of)| *of == unit).map(|(person, _)| person).collect();
            // A file knows a name only as it stands there.
            let names = self.people.iter().chain(&self.written).filter(|(_, person)| people.contains(person));
            let names: BTreeSet<String> = names.map(|(name, _)| name.clone()).chain([unit.to_owned()]).collect();
            names.into_iter().collect()
        };
        FlagFile::new(&self.flags, members).map_err(|source| ExperimentError::Flags { source })
    }
}

/// The flags of every experiment that was started.
///
/// # Errors
/// [`ExperimentError::Flags`] for experiments whose flags cannot stand beside each other.
pub async fn delivery(engine: &Engine, now: DateTime<Utc>) -> Result<Delivery> {
    let mut flags = Vec::new();
    let mut units = BTreeMap::new();
    for experiment in engine.project().experiments.values() {
        let events = record::events(engine, &experiment.name).await?;
        let Some(held) = record::held(&experiment.name, &events)? else { continue };
        // Units of a design over time change what they have; tools are told by its schedule, which is not built yet.
        if held.assignment.design.is_over_time() {
            continue;
        }
        let state = State::of(Some(&held), &events, now.date_naive());
        flags.push(flag(engine, &held, state, events.last().map(|it| it.definition_hash.as_str())).await?);
        units.insert(held.flag.key.clone(), roster(engine, &held.name).await?);
    }
    let (mut people, mut written) = (BTreeMap::new(), BTreeMap::new());
    for (id, person) in engine.persons()? {
        for name in person.logins.iter().chain(&person.emails) {
            people.insert(name.to_lowercase(), id.clone());
            written.insert(name.clone(), id.clone());
        }
    }
    let flags = FlagSet::new(flags, BTreeMap::new()).map_err(|source| ExperimentError::Flags { source })?;
    Ok(Delivery { flags, people, written, units })
}

async fn flag(engine: &Engine, held: &Experiment, state: State, hash: Option<&str>) -> Result<Flag> {
    let assigned = assignment::assignments(engine, &held.name).await?;
    let drawn = assigned.into_iter().filter(|it| it.variant != HOLDOUT).map(|it| (it.unit, it.variant)).collect();
    let metadata = BTreeMap::from([
        ("experiment".to_owned(), json!(held.name)),
        ("unit".to_owned(), json!(held.assignment.drawn().name())),
        ("definition".to_owned(), json!(hash.unwrap_or_default())),
    ]);
    Ok(Flag {
        key: held.flag.key.clone(),
        state: if state == State::Running { FlagState::Enabled } else { FlagState::Disabled },
        variants: held.flag.values.iter().map(|(variant, value)| (variant.clone(), value.clone())).collect(),
        default_variant: None,
        rule: match held.assignment.design {
            Design::Hash => Rule::DrawnOrSplit(drawn, shares(held)),
            _ => Rule::Drawn(drawn),
        },
        metadata,
    })
}

/// The unit of each person of an experiment.
async fn roster(engine: &Engine, experiment: &str) -> Result<BTreeMap<String, String>> {
    let sql = format!(
        "SELECT person_id, min(unit) FROM experiment_rosters WHERE experiment = {} GROUP BY person_id",
        quoted(experiment)
    );
    let batches = panel::collect(engine, &sql).await?;
    Ok(panel::texts(&batches, 0).into_iter().zip(panel::texts(&batches, 1)).collect())
}
