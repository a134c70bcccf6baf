//! Which columns decide, and how they are compared.

use super::super::percentage::percentage;
use super::super::reading::Reading;
use super::columns::Named;
pub use super::written::Transformation;
use super::written::{OutcomeFile, SpecFile};
use crate::trial::{Better, Role};

/// One outcome.
#[derive(Clone, Debug)]
pub struct ColumnOutcome {
    pub column: Named,
    /// What people call it: the column's name unless said otherwise.
    pub title: String,
    /// Such as `hours`; may be empty.
    pub unit: String,
    pub role: Role,
    /// Relative change worth acting on (goal) or tolerated (guardrail), such as 0.1. Secondary outcomes have none: 0.
    pub margin: f64,
    pub better: Better,
    pub transformation: Transformation,
    /// What sums are divided by.
    pub exposure: Option<Named>,
    /// The same before the start, to adjust for.
    pub before: Option<Named>,
    /// Numbers of before the start that are adjusted for as well.
    pub covariates: Vec<Named>,
}

pub(super) fn read(file: &SpecFile, reading: &mut Reading<'_>) -> Vec<ColumnOutcome> {
    let mut all: Vec<ColumnOutcome> = Vec::with_capacity(file.outcome.len());
    for written in &file.outcome {
        let Some(outcome) = outcome(written.get_ref(), file, reading) else { continue };
        if all.iter().any(|it| it.column.name == outcome.column.name) {
            let message = format!("{} is an outcome twice; an outcome plays one part", outcome.column.name);
            reading.wrong.push(outcome.column.place.diagnostic(message, None));
        }
        all.push(outcome);
    }
    if !file.outcome.iter().any(|it| it.get_ref().role == Role::Goal) {
        let message =
            "nothing can be decided without a goal; write [[outcome]] with column, role = \"goal\", margin, better";
        let at = file.outcome.first().map_or(0..0, toml::Spanned::span);
        reading.refuse(at, message);
    }
    all
}

fn outcome(file: &OutcomeFile, spec: &SpecFile, reading: &mut Reading<'_>) -> Option<ColumnOutcome> {
    let column = Named::of(&file.column, "column", reading);
    let reserved = [&spec.data.unit, &spec.data.treatment];
    if reserved.into_iter().chain(&spec.data.cluster).chain(&spec.data.block).any(|it| *it.get_ref() == column.name) {
        reading.refuse(file.column.span(), format!("{} is named under [data]; it cannot be an outcome", column.name));
    }
    let margin = margin(file, reading)?;
    let better = match (file.better, file.role) {
        (Some(better), _) => better,
        (None, Role::Secondary) => Better::Neither,
        (None, _) => {
            let message = format!("{} needs better = \"lower\" or \"higher\", the direction that is good", column.name);
            reading.refuse(file.column.span(), message);
            return None;
        }
    };
    let transformation = file.transformation.as_ref().map_or(Transformation::None, |it| *it.get_ref());
    let exposure = match (transformation, &file.exposure, &spec.data.exposure) {
        (Transformation::Log, Some(exposure), _) => {
            reading
                .refuse(exposure.span(), "exposure is for transformation = \"rate\", or \"none\" for a ratio of sums");
            None
        }
        (Transformation::Log, None, _) | (Transformation::None, None, _) => None,
        (_, Some(exposure), _) | (Transformation::Rate, None, Some(exposure)) => {
            Some(Named::of(exposure, "exposure", reading))
        }
        (Transformation::Rate, None, None) => {
            reading.refuse(
                file.column.span(),
                format!("a rate needs exposure = \"…\", what {} is divided by", column.name),
            );
            return None;
        }
    };
    let before = file.before.as_ref().map(|it| Named::of(it, "before", reading));
    let covariates = reading.names(&file.covariates).into_iter().map(|(name, place)| Named { name, place }).collect();
    let title = file.title.clone().unwrap_or_else(|| column.name.clone());
    Some(ColumnOutcome {
        column,
        title,
        unit: file.unit.clone(),
        role: file.role,
        margin,
        better,
        transformation,
        exposure,
        before,
        covariates,
    })
}

fn margin(file: &OutcomeFile, reading: &mut Reading<'_>) -> Option<f64> {
    match (&file.margin, file.role) {
        (None, Role::Secondary) => Some(0.0),
        (Some(margin), Role::Secondary) => {
            reading.refuse(margin.span(), "a secondary outcome decides nothing and has no margin; leave it out");
            None
        }
        (None, _) => {
            let message = format!("{} needs margin = \"10%\"", file.column.get_ref());
            reading.refuse(file.column.span(), message);
            None
        }
        (Some(margin), _) => {
            let value = percentage(margin.get_ref());
            if value.is_none() {
                let message =
                    format!("{} is not a margin; write a positive percentage such as \"10%\"", margin.get_ref());
                reading.refuse(margin.span(), message);
            }
            value
        }
    }
}
