//! The answer to each outcome, by the rules of experiments of our own.

use super::figures::Measured;
use super::lottery::Drawing;
use crate::project::{AnalysisSpec, ColumnOutcome, Missing};
use crate::stats::{Interval, Level, PartlyObserved, StatsError, worst_case_bounds};
use crate::trial::{
    Judged, Method, Outcome, OutcomeReport, Question, Relative, Role, Sample, judge, report_outcome, seed,
};

/// Draws beyond a million assignments, of up to 200 units.
const DRAWS: usize = 100_000;

/// Units times draws: of many units the lottery is no longer the primary answer, and fewer draws do.
const UNITS_DRAWN: usize = 20_000_000;

/// The fewest draws.
const FEWEST_DRAWS: usize = 1_000;

/// One outcome's report, and what the decision sees of it.
pub(super) fn answer(
    spec: &AnalysisSpec,
    outcome: &ColumnOutcome,
    measured: &Measured,
    drawing: &Drawing,
) -> Result<(OutcomeReport, Judged), StatsError> {
    let level = level(spec, outcome.role)?;
    let sample = Sample {
        randomization: &drawing.randomization,
        arms: &drawing.arms,
        outcome: &measured.outcome,
        seed: seed(&drawing.seed, &outcome.column.name),
        draws: draws(drawing.arms.len()),
    };
    let question = Question::new(&outcome.title, &outcome.unit, outcome.role, outcome.margin, level);
    let mut report = report_outcome(sample, &question);
    if drawing.design.is_none() {
        without_lottery(&mut report);
    }
    let mut interval = report.effect.as_ref().and_then(interval_of);
    if spec.missing == Missing::Bounds && measured.outcome.known() < drawing.arms.len() && report.effect.is_some() {
        interval = bound(&mut report, &measured.outcome, &drawing.arms, level);
    }
    report.verdict = judge(outcome.role, outcome.better, outcome.margin, interval);
    if measured.missing_rows > 0 {
        let all = measured.missing_rows + report.rows;
        report.warnings.push(format!("{} of {all} rows have no {}.", measured.missing_rows, outcome.column.name));
    }
    let judged = Judged { interval, ..report.judged() };
    Ok((report, judged))
}

fn draws(units: usize) -> u32 {
    u32::try_from((UNITS_DRAWN / units.max(1)).clamp(FEWEST_DRAWS, DRAWS)).unwrap_or(u32::MAX)
}

/// Goals share the error rate.
fn level(spec: &AnalysisSpec, role: Role) -> Result<Level, StatsError> {
    let goals = spec.outcomes.iter().filter(|it| it.role == Role::Goal).count().max(1);
    let parts = if role == Role::Goal { goals } else { 1 };
    Level::new(1.0 - spec.alpha / parts as f64)
}

/// Nothing was drawn, so nothing can be redrawn: what remains is the comparison adjusted for history.
fn without_lottery(report: &mut OutcomeReport) {
    let is_redrawn = |it: &Relative| it.method == Method::Randomization.words();
    if report.effect.as_ref().is_some_and(is_redrawn) {
        let adjusted = report.beside.iter().position(|it| it.method == Method::AncovaHc3.words());
        report.effect = adjusted.map(|place| report.beside.remove(place));
    }
    report.beside.retain(|it| !is_redrawn(it));
    report.sensitivity.retain(|it| !is_redrawn(it));
}

/// The interval that holds whatever the missing figures are, within the range of the known ones.
fn bound(report: &mut OutcomeReport, outcome: &Outcome, arms: &[usize], level: Level) -> Option<Interval> {
    let of = |arm: usize| -> Vec<Option<f64>> {
        outcome.during.iter().zip(arms).filter(|(_, it)| **it == arm).map(|(figure, _)| *figure).collect()
    };
    let known = || outcome.during.iter().flatten().copied();
    let range =
        Interval { low: known().fold(f64::INFINITY, f64::min), high: known().fold(f64::NEG_INFINITY, f64::max) };
    let rows = PartlyObserved { treated: &of(1), control: &of(0) };
    let bounds = match worst_case_bounds(rows, range, level) {
        Ok(bounds) => bounds,
        Err(error) => {
            report.warnings.push(format!("The bounds of missing outcomes do not exist: {error}."));
            return None;
        }
    };
    let mean = outcome.mean(arms, 0);
    let relative = |value: f64| outcome.scale.relative(value, mean);
    let interval = Interval { low: relative(bounds.interval().low)?, high: relative(bounds.interval().high)? };
    let effect = report.effect.as_ref()?;
    report.sensitivity.push(Relative {
        label: "missing outcomes at their worst".to_owned(),
        low: Some(interval.low),
        high: Some(interval.high),
        p: None,
        method: "worst-case bounds within the range of the known outcomes (Horowitz & Manski), Welch".to_owned(),
        degrees_of_freedom: None,
        n: arms.len() as u64,
        ..effect.clone()
    });
    let (treated, control) = (bounds.missing_treated, bounds.missing_control);
    report.warnings.push(format!(
        "The outcome of {treated} treated and {control} control units is missing; the verdict is by the bounds of what it may be."
    ));
    Some(interval)
}

fn interval_of(relative: &Relative) -> Option<Interval> {
    Some(Interval { low: relative.low?, high: relative.high? })
}
