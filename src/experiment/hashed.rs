//! Developers who fall to variants by the hash of their name, as percentage flags have it.
//!
//! One rule: what somebody fell to is recorded by the name that it fell by, so that another login changes nothing.

use super::assignment::{Drawn, PROGRAM, declared};
use super::record::{Assigned, Drawing};
use crate::flags::{Share, pick};
use crate::project::Experiment;
use crate::query::{Engine, QueryError};
use crate::trial::Design;
use std::collections::BTreeMap;

/// The declared weights as a percentage flag has them.
pub(super) fn shares(experiment: &Experiment) -> Vec<Share> {
    declared(experiment).map(|it| Share { variant: Some(it.name), weight: it.weight }).to_vec()
}

/// Developers by the hash of the name that tools ask by. Whoever has no such name cannot ask and is not in it.
pub(super) fn hashed(
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
