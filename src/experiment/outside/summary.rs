//! The report: what can be known of the experiment's health, the results, the decision.

use super::figures::Measured;
use super::lottery::Drawing;
use super::{OutcomeTable, results};
use crate::chart::capitalised;
use crate::experiment::assignment::PROGRAM;
use crate::project::AnalysisSpec;
use crate::stats::{Mechanism, StatsError};
use crate::trial::health::{Counted, History, balance, failures, missing, sample_ratio};
use crate::trial::{
    About, Check, Design, DesignReport, Dimension, FORMAT, Outcome, Provenance, Report, Status, VariantReport, decide,
    seed,
};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn report(
    spec: &AnalysisSpec,
    table: &OutcomeTable,
    drawing: &Drawing,
    measured: &[Measured],
    segments: &[Dimension],
) -> Result<Report, StatsError> {
    let health = health(spec, drawing, measured);
    let answers =
        spec.outcomes.iter().zip(measured).map(|(outcome, it)| results::answer(spec, outcome, it, drawing, segments));
    let (results, judged): (Vec<_>, Vec<_>) = answers.collect::<Result<Vec<_>, StatsError>>()?.into_iter().unzip();
    let mut decision = decide(&failures(&health), None, &judged);
    if !drawing.grade().is_randomised() {
        decision.reasons.push(format!(
            "{}: what differs between the arms may have other causes.",
            capitalised(drawing.grade().words())
        ));
    }
    Ok(Report {
        format: FORMAT.to_owned(),
        about: About {
            name: spec.name.clone(),
            title: spec.title.clone(),
            hypothesis: spec.hypothesis.clone(),
            start: None,
            end: None,
        },
        grade: drawing.grade(),
        design: design(spec, drawing),
        health,
        results,
        decision,
        provenance: Provenance {
            definition: blake3::hash(spec.text.as_bytes()).to_hex().to_string(),
            seed: drawing.seed.clone(),
            data: BTreeMap::from([(table.file.clone(), table.hash.clone())]),
            data_through: None,
            program: PROGRAM.to_owned(),
        },
    })
}

/// What the table says of the lottery. Without one there is no possible assignment but the one that was chosen.
fn design(spec: &AnalysisSpec, drawing: &Drawing) -> DesignReport {
    let lottery = drawing.randomization.lottery();
    let counts = drawing.counts();
    let variant = |(arm, it): (usize, &crate::stats::Variant)| VariantReport {
        name: it.name.clone(),
        weight: drawing.shares.map_or(it.weight, |shares| shares[arm]),
        units: counts[arm],
    };
    let strata: BTreeSet<&str> = lottery.units().iter().map(|it| it.stratum.as_str()).collect();
    let (words, assignments, smallest_p) = match drawing.design {
        None => ("observational", "1".to_owned(), 1.0),
        Some(design) => {
            (design.words(), drawing.randomization.assignments_in_digits(), drawing.randomization.smallest_p())
        }
    };
    DesignReport {
        unit: spec.columns.drawn().name.clone(),
        design: words.to_owned(),
        variants: lottery.variants().iter().enumerate().map(variant).collect(),
        strata: strata.len(),
        assignments,
        smallest_p,
    }
}

fn health(spec: &AnalysisSpec, drawing: &Drawing, measured: &[Measured]) -> Vec<Check> {
    let outcomes: Vec<&Outcome> = measured.iter().map(|it| &it.outcome).collect();
    let gaps = missing(&drawing.randomization, &drawing.arms, &outcomes, seed(&drawing.seed, "missing"));
    if drawing.design.is_none() {
        let words =
            "The treatment was not drawn by lot; who got it may differ from who did not in more than the treatment.";
        return vec![Check::new("assignment", "Assignment", Status::Warning, words), gaps];
    }
    let with_history = spec.outcomes.iter().zip(measured).filter(|(it, _)| it.before.is_some());
    let history: Vec<History<'_>> =
        with_history.map(|(it, measured)| History { name: &it.title, figures: &measured.outcome.before }).collect();
    let before = balance(&drawing.randomization, &drawing.arms, &history, seed(&drawing.seed, "balance"));
    vec![ratio(spec, drawing), before, gaps]
}

/// Whether the arms have the units that they should have. Units of a complete lottery may have come one by one, so that their numbers
/// are tested; those of the others are fixed by strata.
fn ratio(spec: &AnalysisSpec, drawing: &Drawing) -> Check {
    let counts = drawing.counts();
    let seen = counts.map(|it| it as u64);
    let tested = drawing.shares.filter(|_| drawing.design == Some(Design::Complete));
    let weights = tested.unwrap_or([1, 1]).map(f64::from);
    let counted = Counted::OneByOne { what: "units", counts: &seen, weights: &weights };
    let found = sample_ratio(
        &drawing.randomization,
        &drawing.arms,
        tested.map(|_| counted),
        seed(&drawing.seed, "sample ratio"),
    );
    if drawing.shares.is_some() || found.status != Status::Ok {
        return found;
    }
    let (control, treated) = (&spec.columns.control.name, &spec.columns.treated.name);
    let words = format!(
        "{} {control} and {} {treated}; the specification declares no shares to hold these numbers against.",
        counts[0], counts[1]
    );
    Check { status: Status::Unknown, words, ..found }
}
