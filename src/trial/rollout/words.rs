//! What a roll-out seems to have done, in words that name the design and promise no cause.

use super::RolloutAnswer;
use crate::trial::{Finding, Grade};

pub(super) fn sentences(answer: &RolloutAnswer) -> String {
    let mut words = format!(
        "{}: {}, {} treated units of {}.",
        answer.grade.words(),
        figures(answer, &answer.finding),
        answer.treated,
        answer.treated + answer.never_treated
    );
    if let Some(p) = answer.placebo_p {
        words += &format!(" Of units never treated, {:.1} % of choices show as much.", p * 100.0);
    }
    if answer.grade != Grade::BeforeAfter
        && let Some(naive) = &answer.before_after
    {
        words += &format!(" Before and after alone would have claimed {}.", figures(answer, naive));
    }
    if let Some(trend) = &answer.pre_trend {
        let moved = change(answer, trend.slope.estimate);
        let range =
            trend.slope.interval.map(|it| format!(" ({} to {})", change(answer, it.low), change(answer, it.high)));
        let range = range.unwrap_or_default();
        words += &format!(" Before it, treated units moved {moved}{range} a period beside the others.");
    }
    words
}

pub(super) fn warnings(answer: &RolloutAnswer) -> Vec<String> {
    let mut warnings = Vec::new();
    match &answer.pre_trend {
        Some(trend) if trend.is_suspicious() => {
            let joint = trend.joint_p.map_or_else(String::new, |p| format!(", of all placebos at once {}", shown_p(p)));
            warnings.push(format!(
                "The groups moved apart before the roll-out (p of the slope {}{joint}); carried on, that alone would be {}.",
                shown_p(trend.slope.p),
                change(answer, trend.carried_on)
            ));
        }
        Some(_) => {}
        None if answer.grade == Grade::BeforeAfter => {}
        None => warnings.push("Too few periods or units to check whether the groups moved alike before.".to_owned()),
    }
    warnings
}

fn figures(answer: &RolloutAnswer, finding: &Finding) -> String {
    let level = finding.level.fraction() * 100.0;
    let estimate = change(answer, finding.estimate);
    match finding.interval {
        Some(it) => {
            let (low, high) = (change(answer, it.low), change(answer, it.high));
            format!("{estimate} ({level:.0} % interval {low} to {high}, p {})", shown_p(finding.p))
        }
        None => format!("{estimate} (p {})", shown_p(finding.p)),
    }
}

fn shown_p(p: f64) -> String {
    if p < 0.001 { "below 0.001".to_owned() } else { format!("{p:.3}") }
}

/// A change on the scale as a signed percentage, or on the scale where it has no relation.
fn change(answer: &RolloutAnswer, value: f64) -> String {
    let (figure, unit) = match answer.scale.relative(value, answer.baseline) {
        Some(relative) => (relative * 100.0, " %"),
        None => (value, ""),
    };
    let sign = if figure < 0.0 { "−" } else { "+" };
    format!("{sign}{:.1}{unit}", figure.abs())
}
