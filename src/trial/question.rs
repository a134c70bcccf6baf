//! One outcome of an experiment in full: the primary answer, its verdict, and everything that stands around it.
//!
//! One rule: where the primary answer is refused, nothing else is shown as a number either; the refusal is the note.

use super::agreement::contradictions;
use super::aside::Aside;
use super::caveats::caveats;
use super::compliers::{Compliers, compliers};
use super::over_time::over_time;
use super::quantiles::quantiles;
use super::segments::segments;
use super::sensitivity::sensitivity;
use super::{
    Analysed, DesignAnalysed, Finding, OutcomeReport, Randomization, Relative, Role, Sample, TrialError, analyse,
    analyse_panel, judge, panel_means,
};
use crate::stats::{Interval, Level, Mechanism, StatsError};

/// What is asked of one outcome, beside the sample itself.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What people call the metric.
    pub title: &'a str,
    /// Of the metric, such as `hours`.
    pub unit: &'a str,
    pub role: Role,
    /// The relative change worth acting on (goal) or tolerated (guardrail), above zero.
    pub margin: f64,
    /// Of the primary answer, corrected for the number of goals by the caller; all else is at the same level.
    pub level: Level,
    /// Declared strata by which the effect is shown.
    pub dimensions: &'a [Dimension],
    /// Probabilities of declared quantiles of rows, such as 0.5 and 0.9.
    pub quantiles: &'a [f64],
    /// A name for each period of [`Outcome::periods`](super::Outcome::periods), such as `2026-W38`.
    pub periods: &'a [String],
    /// The share of each unit's people who used the treatment, 0 to 1, in the lottery's order; empty where use is not recorded.
    pub used: &'a [Option<f64>],
    /// The share of rows that were still open at the end, whose values are at least what is known of them.
    pub open: Option<f64>,
}

/// A way to tell units apart that was declared before the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// Such as `platform`.
    pub name: String,
    /// A label for each unit in the lottery's order; empty where it is not known.
    pub labels: Vec<String>,
}

impl<'a> Question<'a> {
    /// A question with nothing declared beside the margin.
    pub fn new(title: &'a str, unit: &'a str, role: Role, margin: f64, level: Level) -> Question<'a> {
        Question {
            title,
            unit,
            role,
            margin,
            level,
            dimensions: &[],
            quantiles: &[],
            periods: &[],
            used: &[],
            open: None,
        }
    }
}

/// Answers a question about an outcome of a lottery of two variants. Never fails: what cannot be answered is a note or a warning.
pub fn report_outcome(sample: Sample<'_>, question: &Question<'_>) -> OutcomeReport {
    let mut report = described(&sample, question);
    if matches!(sample.randomization, Randomization::Sequences(_)) {
        over_periods(&mut report, sample, question);
        return report;
    }
    match answered(sample, question) {
        Ok((effect, beside)) => {
            report.verdict = judge(question.role, sample.outcome.better, question.margin, interval_of(&effect));
            report.effect = Some(effect);
            report.beside = beside;
            attach(&mut report, &sample, question);
        }
        Err(refusal) => report.note = Some(sentence(&refusal)),
    }
    report
}

/// The answer of a design in which each unit is treated in some of its periods and not in others.
fn over_periods(report: &mut OutcomeReport, sample: Sample<'_>, question: &Question<'_>) {
    match found_over_periods(sample, question) {
        Ok(found) => {
            report.verdict = judge(question.role, sample.outcome.better, question.margin, interval_of(&found.effect));
            [report.control, report.treatment] = found.means;
            report.units = found.effect.n as usize;
            report.effect = Some(found.effect);
            report.beside = found.beside;
            report.warnings = found.warnings;
        }
        Err(refusal) => report.note = Some(sentence(&refusal)),
    }
}

struct OverPeriods {
    effect: Relative,
    beside: Vec<Relative>,
    /// Of the cells without and with the treatment.
    means: [Option<f64>; 2],
    warnings: Vec<String>,
}

fn found_over_periods(sample: Sample<'_>, question: &Question<'_>) -> Result<OverPeriods, Refusal> {
    check_margin(question)?;
    let means = panel_means(sample.randomization, sample.arms, sample.outcome)?;
    let DesignAnalysed { analysed, warnings } = analyse_panel(sample, question.level)?;
    let relative = |finding: &Finding| Relative::to_control("", finding, sample.outcome.scale, means[0]);
    let effect = relative(&analysed.primary).ok_or(Refusal::NoControlMean)?;
    Ok(OverPeriods { effect, beside: analysed.beside.iter().filter_map(relative).collect(), means, warnings })
}

/// Everything that stands around the primary answer.
fn attach(report: &mut OutcomeReport, sample: &Sample<'_>, question: &Question<'_>) {
    report.warnings = caveats(sample, question);
    let mut keep = |aside: Aside| {
        report.warnings.extend(aside.warnings);
        aside.relatives
    };
    report.sensitivity = keep(sensitivity(sample, question));
    report.segments = keep(segments(sample, question));
    report.quantiles = keep(quantiles(sample, question));
    report.over_time = keep(over_time(sample, question));
    if let Some(primary) = &report.effect {
        let others = [report.beside.as_slice(), report.sensitivity.as_slice()].concat();
        report.warnings.extend(contradictions(primary, &others));
    }
    match compliers(sample, question) {
        Compliers::NotAsked => {}
        Compliers::Found { relative, remark } => {
            report.compliers = Some(relative);
            report.warnings.extend(remark);
        }
        Compliers::Refused(why) => report.warnings.push(why),
    }
}

/// Means and counts, which are shown whatever comes of the comparison.
fn described(sample: &Sample<'_>, question: &Question<'_>) -> OutcomeReport {
    let outcome = sample.outcome;
    let (named, role) = ((question.title, question.unit), (question.role, question.margin));
    OutcomeReport {
        control: outcome.mean(sample.arms, 0),
        treatment: outcome.mean(sample.arms, 1),
        units: outcome.known(),
        rows: outcome.rows.iter().sum(),
        ..OutcomeReport::unanswered(&outcome.name, named, role, outcome.better, outcome.scale)
    }
}

/// The primary answer and those beside it in parts of the control.
fn answered(sample: Sample<'_>, question: &Question<'_>) -> Result<(Relative, Vec<Relative>), Refusal> {
    check(&sample, question)?;
    let Analysed { primary, beside } = analyse(sample, question.level)?;
    let relative = |finding: &Finding| Relative::of("", finding, sample.outcome, sample.arms);
    let effect = relative(&primary).ok_or(Refusal::NoControlMean)?;
    Ok((effect, beside.iter().filter_map(relative).collect()))
}

/// Why there is no number.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
enum Refusal {
    #[error("{0}")]
    Trial(#[from] TrialError),
    #[error("the control's mean is zero, so that no change in parts of it exists")]
    NoControlMean,
    #[error("the margin is {0}, expected a relative change of zero or more")]
    Margin(f64),
}

fn check_margin(question: &Question<'_>) -> Result<(), Refusal> {
    if question.margin.is_finite() && question.margin >= 0.0 { Ok(()) } else { Err(Refusal::Margin(question.margin)) }
}

/// Refuses what is no comparison of a treated with a control arm.
fn check(sample: &Sample<'_>, question: &Question<'_>) -> Result<(), Refusal> {
    check_margin(question)?;
    let lottery = sample.randomization.lottery();
    let (variants, units) = (lottery.variants().len(), lottery.units().len());
    if variants != 2 {
        return Err(TrialError::from(StatsError::NotTwoVariants { variants }).into());
    }
    for (what, actual) in [("arms", sample.arms.len()), ("outcome", sample.outcome.during.len())] {
        if actual != units {
            return Err(TrialError::from(StatsError::Length { what, expected: units, actual }).into());
        }
    }
    if let Some(index) = sample.outcome.during.iter().position(|it| it.is_some_and(|it| !it.is_finite())) {
        let value = sample.outcome.during[index].unwrap_or(f64::NAN);
        return Err(TrialError::from(StatsError::NotFinite { what: "outcome", index, value }).into());
    }
    Ok(())
}

fn interval_of(relative: &Relative) -> Option<Interval> {
    Some(Interval { low: relative.low?, high: relative.high? })
}

/// With a capital and a full stop.
fn sentence(refusal: &Refusal) -> String {
    let words = refusal.to_string();
    let mut letters = words.chars();
    let first: String = letters.next().map(|it| it.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
mod tests;
