use super::*;
use crate::stats::{Alternative, Precision};
use crate::trial::world::Random;
use crate::trial::{Better, Scale, seed};

/// Units whose weekly figures are independent and normal, with a standard deviation of 0.5 around levels that differ by `levels`.
fn history(units: usize, weeks: usize, levels: f64) -> History {
    let mut random = Random::new(seed("tests", "history"));
    let mut of_unit = || {
        let level = 3.0 + levels * random.normal();
        (0..weeks).map(|_| Some(Cell { sum: level + 0.5 * random.normal(), weight: 1.0 })).collect()
    };
    History {
        metric: "hours".to_owned(),
        scale: Scale::LogMean,
        better: Better::Lower,
        role: Role::Goal,
        margin: 0.0,
        weeks: (0..units).map(|_| of_unit()).collect(),
    }
}

fn planning(units: usize, outcomes: Vec<History>) -> Planning {
    Planning {
        units: (0..units).map(|unit| PlannedUnit { id: format!("t{unit:03}"), block: String::new() }).collect(),
        outcomes,
        covariates: vec![Covariate::Outcome(0)],
        variants: ["control", "treatment"].map(|name| Variant { name: name.to_owned(), weight: 1 }),
        design: Design::Complete,
        weeks: 4,
        history_weeks: 4,
        alpha: 0.05,
        power: 0.8,
        simulations: 200,
        draws: 99,
        seed: "tests".to_owned(),
    }
}

#[test]
fn simulated_power_agrees_with_the_noncentral_t_on_well_behaved_data() {
    let planning = Planning { simulations: 2000, draws: 399, ..planning(40, vec![history(40, 60, 0.0)]) };
    let outcome = power(&planning).unwrap().remove(0);
    // One-sided 5 % for a single goal; weeks are independent, so that history tells nothing.
    let precision = Precision::of_groups(20.0, 20.0, 0.5 / 2.0).unwrap();
    let mut compared = 0;
    for point in &outcome.curve {
        let formula = precision.power(point.effect.ln_1p(), Alternative::OneSided, Level::NINETY_FIVE).unwrap();
        assert!((point.power - formula).abs() < 0.03, "{point:?} beside {formula}");
        compared += usize::from(formula > 0.2 && formula < 0.95);
    }
    assert!(compared > 5, "{compared}");
    let smallest = precision.smallest_detectable_effect(0.8, Alternative::OneSided, Level::NINETY_FIVE).unwrap();
    assert!((outcome.smallest_detectable.unwrap().ln_1p().abs() / smallest - 1.0).abs() < 0.06);
    assert!((outcome.false_positive_rate.unwrap() - 0.05).abs() < 0.016, "{:?}", outcome.false_positive_rate);
}

#[test]
fn a_plan_compares_durations_and_designs() {
    let mut of_levels = history(16, 24, 0.5);
    of_levels.margin = 0.35;
    let planning = Planning { design: Design::Stratified, ..planning(16, vec![of_levels]) };
    let mut seen = Vec::new();
    let plan = plan(&planning, &mut |progress| seen.push(progress.clone())).unwrap();
    assert_eq!(plan.durations.iter().map(|it| it.weeks).collect::<Vec<_>>(), [2, 4, 6, 8, 12]);
    let sizes: Vec<f64> = plan.durations.iter().map(|it| it.smallest_detectable.unwrap().abs()).collect();
    assert!(sizes[0] > sizes[1] && sizes[1] > sizes[4], "{sizes:?}");
    let enough = |it: &&PlannedDuration| it.power_at_margin.unwrap() >= 0.8;
    assert_eq!(plan.weeks_needed, plan.durations.iter().find(enough).map(|it| it.weeks));
    assert!(plan.weeks_needed.is_some());
    let designs: Vec<&str> = plan.designs.iter().map(|it| it.design.words()).collect();
    assert_eq!(designs, ["stratified", "complete", "matched pairs", "rerandomized"]);
    assert!(
        plan.words[0].starts_with("With 16 units, 4 weeks and the design stratified, a change in hours from −"),
        "{:?}",
        plan.words
    );
    assert!(seen.windows(2).all(|pair| pair[0].done <= pair[1].done));
    assert_eq!(seen.last().map(|it| it.done), Some(seen[0].of));
    assert_eq!(plan, super::plan(&planning, &mut |_| {}).unwrap());
}

#[test]
fn a_guardrail_is_planned_by_the_margin_that_it_can_show() {
    let mut guardrail = history(20, 24, 0.3);
    (guardrail.role, guardrail.margin) = (Role::Guardrail, 0.6);
    let goal = history(20, 24, 0.3);
    let both = power(&planning(20, vec![goal, guardrail.clone()])).unwrap();
    // Two must come out, so that each needs more power, and harm is above zero where lower is better.
    assert!(both[0].smallest_detectable.unwrap() < 0.0 && both[1].smallest_detectable.unwrap() > 0.0);
    assert!(both[1].power_at_margin.unwrap() > 0.9, "{:?}", both[1]);
    guardrail.better = Better::Higher;
    let higher = power(&planning(20, vec![guardrail])).unwrap();
    assert!(higher[0].smallest_detectable.unwrap() < 0.0);
}

#[test]
fn a_lottery_that_is_too_coarse_finds_nothing_and_says_why() {
    let planning = Planning { design: Design::Pairs, ..planning(10, vec![history(10, 24, 0.5)]) };
    // With one goal the two-sided level is 10 %, which five pairs reach; with two goals it is 5 %.
    assert!(power(&planning).unwrap()[0].refused.abs() < 1e-12);
    let two = Planning { outcomes: vec![history(10, 24, 0.5), history(10, 24, 0.4)], ..planning };
    let outcome = power(&two).unwrap().remove(0);
    assert_eq!((outcome.smallest_detectable, outcome.refused), (None, 1.0));
    assert!(outcome.refusal.unwrap().contains("32 possible assignments"));
    let plan = plan(&two, &mut |_| {}).unwrap();
    assert!(plan.words[0].contains("no change in hours is found"), "{:?}", plan.words);
    assert_ne!(plan.recommended, Design::Pairs);
}

#[test]
fn figures_are_sums_of_what_is_known() {
    let cell = |sum, weight| Some(Cell { sum, weight });
    let weeks = vec![vec![cell(6.0, 2.0), None, cell(4.0, 3.0), cell(0.0, 2.0)]];
    let history = |scale| History { scale, weeks: weeks.clone(), ..history(1, 1, 0.0) };
    assert_eq!(history(Scale::Linear).figure(0, 0..3), Some(2.0));
    assert_eq!(history(Scale::LogRate).figure(0, 0..3), Some(2.0_f64.ln()));
    assert_eq!(history(Scale::LogMean).figure(0, 1..2), None);
    assert_eq!(history(Scale::Linear).figure(0, 3..4), Some(0.0));
    assert_eq!(history(Scale::LogRate).figure(0, 3..4), None);
}

#[test]
fn refuses_what_cannot_be_simulated() {
    let good = planning(12, vec![history(12, 24, 0.5)]);
    assert!(power(&Planning { simulations: 20, ..good.clone() }).is_ok());
    let refuse = |planning: Planning| power(&planning).unwrap_err().to_string();
    assert_eq!(
        refuse(Planning { weeks: 21, ..good.clone() }),
        "the history has 24 weeks; a plan needs 4 before and 21 during"
    );
    assert!(refuse(Planning { weeks: 0, ..good.clone() }).contains("0 weeks"));
    assert!(refuse(Planning { simulations: 0, ..good.clone() }).contains("0 simulations"));
    assert!(refuse(Planning { outcomes: Vec::new(), ..good.clone() }).contains("0 outcomes"));
    assert!(refuse(Planning { design: Design::Switchback, ..good.clone() }).contains("switchback"));
    assert!(refuse(planning(6, vec![history(6, 24, 0.5)])).contains("6 units"));
    assert!(refuse(planning(12, vec![history(11, 24, 0.5)])).contains("11 units"));
    let odd = History { margin: f64::NAN, ..history(12, 24, 0.5) };
    assert!(refuse(planning(12, vec![odd])).contains("margin"));
    let covariates = vec![Covariate::Fixed { name: "size".to_owned(), values: vec![1.0; 3] }];
    assert!(refuse(Planning { covariates, ..good.clone() }).contains("covariate"));
    assert!(power(&Planning { alpha: 0.0, ..good }).is_err());
}
