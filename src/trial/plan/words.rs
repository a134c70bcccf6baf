//! A plan in sentences.

use super::result::{Plan, PlannedOutcome};
use crate::trial::Role;

pub(super) fn words(plan: &Plan) -> Vec<String> {
    let mut words: Vec<String> = plan.outcomes.iter().map(|it| of_outcome(plan, it)).collect();
    let deciding = &plan.outcomes[plan.deciding];
    if let Some(rate) = deciding.false_positive_rate {
        let (metric, rate, simulations) = (&deciding.metric, percent(rate), plan.simulations);
        words.push(format!(
            "Where nothing was done, the analysis of {metric} had a p of at most 5 % in {rate} of {simulations} simulations on this history."
        ));
    }
    if let Some(refusal) = &deciding.refusal {
        words.push(format!("{} of simulations had no answer: {refusal}.", percent(deciding.refused)));
    }
    if deciding.margin > 0.0 {
        let (margin, power) = (percent(deciding.margin), percent(plan.planned_power));
        words.push(match plan.weeks_needed {
            Some(weeks) => format!("A change of {margin} in {} is found with a chance of {power} in {weeks} weeks.", deciding.metric),
            None => {
                let longest = plan.durations.last().map_or(plan.weeks, |it| it.weeks);
                format!(
                    "A change of {margin} in {} is not found with a chance of {power} in {longest} weeks: more units, or a larger change, are needed.",
                    deciding.metric
                )
            }
        });
    }
    words.push(of_designs(plan));
    words
}

fn of_outcome(plan: &Plan, outcome: &PlannedOutcome) -> String {
    let (units, weeks, design, power) = (plan.units, plan.weeks, plan.design.words(), percent(plan.planned_power));
    let metric = &outcome.metric;
    let Some(smallest) = outcome.smallest_detectable else {
        return format!(
            "With {units} units, {weeks} weeks and the design {design}, no change in {metric} is found with a chance of {power}."
        );
    };
    if outcome.role == Role::Guardrail {
        let smallest = percent(smallest.abs());
        return format!(
            "With {units} units, {weeks} weeks and the design {design}, {metric} is shown to be worse by less than {smallest} with a chance of {power} where it has not changed."
        );
    }
    let smallest = percent(smallest);
    format!(
        "With {units} units, {weeks} weeks and the design {design}, a change in {metric} from {smallest} on is found with a chance of {power}."
    )
}

fn of_designs(plan: &Plan) -> String {
    let all: Vec<String> = plan
        .designs
        .iter()
        .map(|it| match it.smallest_detectable {
            Some(smallest) => format!("{} {}", it.design.words(), percent(smallest)),
            None => format!("{} none", it.design.words()),
        })
        .collect();
    let all = all.join(", ");
    if plan.recommended == plan.design {
        return format!(
            "Smallest changes found by design: {all}. No other design is clearly better than the declared one."
        );
    }
    format!("Smallest changes found by design: {all}. Consider {}.", plan.recommended.words())
}

/// With a true minus sign.
fn percent(part: f64) -> String {
    let sign = if part < 0.0 { "−" } else { "" };
    format!("{sign}{:.1} %", part.abs() * 100.0)
}
