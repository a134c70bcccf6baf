//! The answer to each outcome, by the rules of experiments of our own.

use super::figures::Measured;
use super::lottery::Drawing;
use crate::project::{AnalysisSpec, ColumnOutcome, Missing};
use crate::stats::{Interval, Level, StatsError};
use crate::trial::{
    BOUNDS_OF_MISSING, Dimension, Judged, Method, Outcome, OutcomeReport, Question, Relative, Role, Sample, judge,
    report_outcome, seed,
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
    segments: &[Dimension],
) -> Result<(OutcomeReport, Judged), StatsError> {
    let level = level(spec, outcome.role)?;
    let sample = Sample {
        randomization: &drawing.randomization,
        arms: &drawing.arms,
        outcome: &measured.outcome,
        seed: seed(&drawing.seed, &outcome.column.name),
        draws: draws(drawing.arms.len()),
    };
    let question = Question {
        dimensions: segments,
        quantiles: &spec.quantiles,
        ..Question::new(&outcome.title, &outcome.unit, outcome.role, outcome.margin, level)
    };
    let mut report = report_outcome(sample, &question);
    if drawing.design.is_none() {
        without_lottery(&mut report);
    }
    let mut interval = report.effect.as_ref().and_then(interval_of);
    if spec.missing == Missing::Bounds && measured.outcome.known() < drawing.arms.len() && report.effect.is_some() {
        interval = bound(&mut report, &measured.outcome, &drawing.arms);
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
    role.level(spec.alpha, spec.outcomes.iter().filter(|it| it.role == Role::Goal).count())
}

/// Nothing was drawn, so nothing can be redrawn: what remains is the comparison adjusted for history.
fn without_lottery(report: &mut OutcomeReport) {
    let is_redrawn = |it: &Relative| it.method == Method::Randomization.words();
    if report.effect.as_ref().is_some_and(is_redrawn) {
        let adjusted = report.beside.iter().position(|it| it.method == Method::AncovaHc3.words());
        report.effect = adjusted.map(|place| report.beside.remove(place));
    }
    for list in [&mut report.beside, &mut report.sensitivity, &mut report.segments, &mut report.quantiles] {
        list.retain(|it| !is_redrawn(it));
    }
}

/// The interval that holds whatever the missing figures are, within the range of the known ones: from the least effect that they allow
/// to the greatest.
fn bound(report: &mut OutcomeReport, outcome: &Outcome, arms: &[usize]) -> Option<Interval> {
    let missing = |arm: usize| {
        let figures = outcome.during.iter().zip(arms);
        figures.filter(|(figure, it)| figure.is_none() && **it == arm).count()
    };
    report.warnings.push(format!(
        "The outcome of {} treated and {} control units is missing; the verdict is by the bounds of what it may be.",
        missing(1),
        missing(0)
    ));
    let [low, high] = BOUNDS_OF_MISSING.map(|label| report.sensitivity.iter().find(|it| it.label == label));
    Some(Interval { low: low?.low?, high: high?.high? })
}

fn interval_of(relative: &Relative) -> Option<Interval> {
    Some(Interval { low: relative.low?, high: relative.high? })
}
