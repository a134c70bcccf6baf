//! What a report says of an experiment beside its numbers: what it is, how it was drawn, what it was computed from.

use super::assignment::PROGRAM;
use super::setting::Setting;
use super::{Result, health};
use crate::project::Experiment;
use crate::query::Engine;
use crate::stats::{Mechanism, Variant};
use crate::trial::{About, DesignReport, Provenance, VariantReport};

pub(super) fn about(experiment: &Experiment) -> About {
    About {
        name: experiment.name.clone(),
        title: experiment.title.clone(),
        hypothesis: experiment.hypothesis.clone(),
        start: Some(experiment.schedule.start.to_string()),
        end: Some(experiment.schedule.end.to_string()),
    }
}

pub(super) fn design(setting: &Setting) -> DesignReport {
    let lottery = setting.randomization.lottery();
    let variant = |(arm, variant): (usize, &Variant)| VariantReport {
        name: variant.name.clone(),
        weight: variant.weight,
        units: setting.arms.iter().filter(|it| **it == arm).count(),
    };
    let mut strata = lottery.strata();
    strata.dedup();
    DesignReport {
        unit: setting.experiment.assignment.drawn().name().to_owned(),
        design: setting.drawing.design.words().to_owned(),
        variants: lottery.variants().iter().enumerate().map(variant).collect(),
        strata: strata.len(),
        assignments: setting.randomization.assignments_in_digits(),
        smallest_p: setting.randomization.smallest_p(),
    }
}

pub(super) fn provenance(engine: &Engine, setting: &Setting) -> Result<Provenance> {
    let definition = setting.events.last().map(|event| event.definition_hash.clone()).unwrap_or_default();
    Ok(Provenance {
        definition,
        seed: setting.experiment.assignment.seed.clone(),
        data: engine.versions()?.into_iter().map(|(table, version)| (table.to_owned(), version.to_string())).collect(),
        data_through: setting.data_through.map(health::day),
        program: PROGRAM.to_owned(),
    })
}
