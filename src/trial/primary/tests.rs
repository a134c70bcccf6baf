use super::*;
use crate::stats::{Unit, Variant, paired_difference};
use crate::trial::world::Random;
use crate::trial::{Better, Design, Scale, seed};

/// Pairs of units with normal figures that have their pair in common.
fn pairs(count: usize) -> (Randomization, Outcome, Vec<usize>) {
    let mut random = Random::new(seed("tests", "pairs"));
    let unit = |place: usize| Unit { stratum: format!("pair {:03}", place / 2), id: format!("{place:04}") };
    let units = (0..2 * count).map(unit).collect();
    let variants = ["control", "treatment"].map(|name| Variant { name: name.to_owned(), weight: 1 });
    let randomization = Randomization::new(Design::Pairs, units, variants.to_vec(), &[]).unwrap();
    let levels: Vec<f64> = (0..count).map(|_| random.normal()).collect();
    let during = (0..2 * count).map(|place| Some(levels[place / 2] + random.normal())).collect();
    let arms = randomization.assign(seed("tests", "lottery")).unwrap();
    let outcome = Outcome {
        name: "hours".to_owned(),
        scale: Scale::LogMean,
        better: Better::Lower,
        during,
        before: vec![None; 2 * count],
        further: Vec::new(),
        rows: Vec::new(),
        values: Vec::new(),
        periods: Vec::new(),
    };
    (randomization, outcome, arms)
}

fn of<'a>(randomization: &'a Randomization, outcome: &'a Outcome, arms: &'a [usize]) -> Sample<'a> {
    Sample { randomization, arms, outcome, seed: seed("tests", "draws"), draws: 999 }
}

#[test]
fn many_pairs_get_the_paired_t_test() {
    let (randomization, outcome, arms) = pairs(120);
    let found = analyse(of(&randomization, &outcome, &arms), Level::NINETY_FIVE).unwrap();
    assert_eq!(found.primary.method, Method::AncovaHc2);
    let figures: Vec<f64> = outcome.during.iter().flatten().copied().collect();
    let treated: Vec<bool> = arms.iter().map(|arm| *arm == 1).collect();
    let strata = randomization.lottery().strata();
    let expected = paired_difference(&figures, &treated, &strata, Level::NINETY_FIVE).unwrap();
    let interval = found.primary.interval.unwrap();
    assert!((found.primary.estimate - expected.estimate).abs() < 1e-12);
    assert!((interval.low - expected.interval.low).abs() < 1e-9, "{interval:?} is not {:?}", expected.interval);
    // The lottery itself agrees.
    assert_eq!(found.beside[0].method, Method::Randomization);
    assert!((found.beside[0].interval.unwrap().low - interval.low).abs() < 0.1 * (interval.high - interval.low));
}

#[test]
fn a_single_unit_without_history_does_not_take_the_answer_away() {
    let (randomization, mut outcome, arms) = pairs(110);
    outcome.before = outcome.during.iter().map(|figure| figure.map(|it| it * 0.5)).collect();
    for (place, before) in outcome.before.iter_mut().enumerate() {
        // So that history does not fit exactly.
        *before = before.map(|it| it + (place % 7) as f64 * 0.1);
    }
    outcome.before[5] = None;
    let units: Vec<usize> = (0..220).collect();
    assert_eq!(outcome.covariates(&units).len(), 1);
    assert!(analyse(of(&randomization, &outcome, &arms), Level::NINETY_FIVE).is_ok());
    outcome.before[9] = None;
    assert_eq!(outcome.covariates(&units).len(), 2);
}

#[test]
fn up_to_two_hundred_units_are_judged_by_their_lottery() {
    let (randomization, outcome, arms) = pairs(100);
    let sample = of(&randomization, &outcome, &arms);
    let found = analyse(sample, Level::NINETY_FIVE).unwrap();
    assert_eq!((found.primary.method, found.beside[0].method), (Method::Randomization, Method::AncovaHc2));
    assert_eq!(primary(sample, Level::NINETY_FIVE).unwrap(), found.primary);
}

#[test]
fn a_lottery_that_cannot_reach_the_level_is_refused_with_its_size() {
    let (randomization, outcome, arms) = pairs(5);
    let refused = analyse(of(&randomization, &outcome, &arms), Level::NINETY_FIVE).unwrap_err();
    let expected = TrialError::TooCoarse { assignments: 32, smallest: 0.0625, level: Level::NINETY_FIVE.alpha() };
    assert_eq!(refused, expected);
    let wider = Level::NINETY;
    assert!(analyse(of(&randomization, &outcome, &arms), wider).is_ok());
}
