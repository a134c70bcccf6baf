//! Which metrics decide, and by how much.

use super::super::files::Place;
use super::super::percentage::percentage;
use super::super::reading::Reading;
use super::Role;
use super::written::AnalysisFile;
use std::collections::BTreeMap;
use toml::Spanned;

/// One metric with the part it plays.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub metric: String,
    pub role: Role,
    /// Relative change worth acting on (goal) or tolerated (guardrail), such as 0.1. Secondary metrics have none: 0.
    pub margin: f64,
    pub place: Place,
}

/// Goals, secondary metrics and guardrails, each in the order of the file. A metric plays one part.
pub(super) fn read(file: &AnalysisFile, reading: &mut Reading<'_>) -> Vec<Outcome> {
    if file.goals.get_ref().is_empty() {
        let example = "goals = { pr_cycle_time = \"10%\" }";
        reading.refuse(file.goals.span(), format!("nothing can be decided without a goal; write {example}"));
    }
    let mut all = with_margins(file.goals.get_ref(), Role::Goal, reading);
    let secondary = |metric: &Spanned<String>, reading: &Reading<'_>| Outcome {
        metric: metric.get_ref().clone(),
        role: Role::Secondary,
        margin: 0.0,
        place: reading.place(metric),
    };
    all.extend(file.secondary.iter().map(|metric| secondary(metric, reading)));
    all.extend(with_margins(&file.guardrails, Role::Guardrail, reading));
    for (index, outcome) in all.iter().enumerate() {
        if let Some(first) = all[..index].iter().find(|it| it.metric == outcome.metric) {
            let (metric, first, second) = (&outcome.metric, name(first.role), name(outcome.role));
            let message = match first == second {
                true => format!("{metric} is a {first} twice"),
                false => format!("{metric} is a {first} and a {second}; a metric plays one part"),
            };
            reading.wrong.push(outcome.place.diagnostic(message, None));
        }
    }
    all
}

fn name(role: Role) -> &'static str {
    match role {
        Role::Goal => "goal",
        Role::Secondary => "secondary metric",
        Role::Guardrail => "guardrail",
    }
}

fn with_margins(
    named: &BTreeMap<Spanned<String>, Spanned<String>>,
    role: Role,
    reading: &mut Reading<'_>,
) -> Vec<Outcome> {
    let mut all = Vec::new();
    for (metric, margin) in named {
        let Some(value) = percentage(margin.get_ref()) else {
            let message = format!("{} is not a margin; write a positive percentage such as \"10%\"", margin.get_ref());
            reading.refuse(margin.span(), message);
            continue;
        };
        all.push(Outcome { metric: metric.get_ref().clone(), role, margin: value, place: reading.place(metric) });
    }
    // A map is ordered by name; the file's order is the author's.
    all.sort_by_key(|outcome| (outcome.place.line, outcome.place.column));
    all
}
