use super::*;
use crate::stats::Variant;
use crate::trial::{Better, Scale, seed};
use crate::trial::{Design, analyse};
use rand::rngs::ChaCha20Rng;
use rand::{RngExt, SeedableRng};

const LEVEL: Level = Level::NINETY_FIVE;
const WEDGE: Design = Design::SteppedWedge { steps: 4 };

fn units(count: usize) -> Vec<Unit> {
    (0..count).map(|unit| Unit { stratum: String::new(), id: format!("team-{unit:02}") }).collect()
}

fn drawn(design: Design, count: usize) -> Randomization {
    Randomization::new(design, units(count), Vec::new(), &[]).unwrap()
}

fn outcome(periods: Vec<Vec<Option<f64>>>) -> Outcome {
    Outcome {
        name: "review_hours".to_owned(),
        scale: Scale::LogMean,
        better: Better::Lower,
        during: Vec::new(),
        before: Vec::new(),
        further: Vec::new(),
        rows: Vec::new(),
        values: Vec::new(),
        periods,
    }
}

/// A panel with unit levels, a season that all share, and noise that remembers 70 % of the period before.
fn world(units: usize, periods: usize, rng: &mut ChaCha20Rng) -> Vec<Vec<Option<f64>>> {
    let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let season: Vec<f64> = (0..periods).map(|_| 2.0 * normal()).collect();
    let mut rows = Vec::new();
    for _ in 0..units {
        let (level, mut noise) = (3.0 * normal(), normal());
        let mut row = Vec::new();
        for common in &season {
            row.push(Some(level + common + noise));
            noise = 0.7 * noise + (1.0_f64 - 0.49).sqrt() * normal();
        }
        rows.push(row);
    }
    rows
}

fn analysed(randomization: &Randomization, arms: &[usize], outcome: &Outcome, draws: u32) -> Result<DesignAnalysed> {
    analyse_panel(Sample { randomization, arms, outcome, seed: seed("panel", "test"), draws }, LEVEL)
}

fn add_effect(randomization: &Randomization, arms: &[usize], outcome: &mut Outcome, effect: f64) {
    let schedules = sequences(randomization).unwrap().schedules();
    for (arm, row) in arms.iter().zip(&mut outcome.periods) {
        for (cell, is_treated) in row.iter_mut().zip(&schedules[*arm]) {
            *cell = cell.map(|it| it + if *is_treated { effect } else { 0.0 });
        }
    }
}

/// The 99.9 % bounds of a count of rejections at 5 % in 400 trials are 7 and 37.
fn rejections(design: Design, count: usize) -> u32 {
    let mut rng = ChaCha20Rng::from_seed([u8::try_from(count).unwrap(); 32]);
    let randomization = drawn(design, count);
    let periods = sequences(&randomization).unwrap().periods();
    let mut rejected = 0;
    for trial in 0..400 {
        let arms = randomization.assign(seed("draw", &trial.to_string())).unwrap();
        let outcome = outcome(world(count, periods, &mut rng));
        let sample = Sample { randomization: &randomization, arms: &arms, outcome: &outcome, seed: [0; 32], draws: 0 };
        // Draws in place of all 369,600 assignments of the wedge, for speed; as exact.
        let options =
            RandomizationOptions { exact_limit: 0, draws: 199, ..RandomizationOptions::with_seed(seed("test", "")) };
        rejected += u32::from(analyse_with(sample, options).unwrap().analysed.primary.p <= 0.05);
    }
    rejected
}

#[test]
fn a_stepped_wedge_without_effect_is_rejected_as_often_as_declared() {
    let rejected = rejections(WEDGE, 12);
    println!("stepped wedge: {rejected} of 400");
    assert!((7..=37).contains(&rejected), "{rejected} of 400");
}

#[test]
fn a_crossover_without_effect_is_rejected_as_often_as_declared() {
    let rejected = rejections(Design::Crossover, 16);
    println!("crossover: {rejected} of 400");
    assert!((7..=37).contains(&rejected), "{rejected} of 400");
}

#[test]
fn an_effect_of_a_wedge_is_found_beside_levels_and_seasons_and_unknown_cells_are_left_out() {
    let mut rng = ChaCha20Rng::from_seed([1; 32]);
    let randomization = drawn(WEDGE, 24);
    let arms = randomization.assign(seed("wedge", "")).unwrap();
    let mut outcome = outcome(world(24, 5, &mut rng));
    add_effect(&randomization, &arms, &mut outcome, -2.0);
    let whole = analysed(&randomization, &arms, &outcome, 1999).unwrap();
    let found = whole.analysed.primary.clone();
    assert!(found.p < 0.01 && found.interval.unwrap().contains(-2.0), "{found:?}");
    assert_eq!((found.method, found.n, whole.warnings.len()), (Method::PanelRandomization, 24, 0));
    let beside = &whole.analysed.beside[0];
    assert!((beside.estimate - found.estimate).abs() < 1e-8 && beside.method == Method::RowsCr2 && beside.n == 120);
    let width = |finding: &Finding| finding.interval.map(|it| it.high - it.low).unwrap();
    assert!((width(beside) / width(&found) - 1.0).abs() < 0.5, "{beside:?} {found:?}");
    // A team dissolved in the last period, and nothing was measured in the second one.
    outcome.periods[7][4] = None;
    outcome.periods.iter_mut().for_each(|row| row[1] = None);
    let partly = analysed(&randomization, &arms, &outcome, 1999).unwrap();
    assert_eq!(partly.analysed.primary.n, 23);
    assert_eq!(partly.warnings, ["25 cells are unknown; left out: the 1 unit team-07 and the 1 period 2."]);
    assert!(partly.analysed.primary.interval.unwrap().contains(-2.0));
    let [untreated, treated] = panel_means(&randomization, &arms, &outcome).unwrap();
    assert!(untreated.unwrap() > 0.0 && treated.unwrap() > 0.0);
}

#[test]
fn an_unknown_unit_of_a_crossover_leaves_the_answer_of_the_others() {
    let mut rng = ChaCha20Rng::from_seed([4; 32]);
    let randomization = drawn(Design::Crossover, 16);
    let arms = randomization.assign(seed("crossover", "")).unwrap();
    let mut outcome = outcome(world(16, 2, &mut rng));
    outcome.periods[3][1] = None;
    let found = analysed(&randomization, &arms, &outcome, 999).unwrap().analysed.primary;
    // By hand: half the difference between the orders of the mean change.
    let change = |arm: usize| {
        let of_arm = outcome.periods.iter().zip(&arms).filter(|(row, it)| **it == arm && row[1].is_some());
        let changes: Vec<f64> = of_arm.map(|(row, _)| row[0].unwrap() - row[1].unwrap()).collect();
        changes.iter().sum::<f64>() / changes.len() as f64
    };
    assert!((found.estimate - (change(0) - change(1)) / 2.0).abs() < 1e-10, "{found:?}");
}

#[test]
fn what_cannot_be_tested_over_time_is_refused_with_the_figures() {
    let randomization = drawn(Design::Crossover, 16);
    let arms = randomization.assign([1; 32]).unwrap();
    let mut rng = ChaCha20Rng::from_seed([5; 32]);
    let cells = world(16, 2, &mut rng);
    let mut unknown = cells.clone();
    unknown.iter_mut().for_each(|row| row[1] = None);
    let refused = analysed(&randomization, &arms, &outcome(unknown), 99).unwrap_err();
    assert!(matches!(refused, TrialError::UnknownCells { unknown: 16, cells: 32, periods: 1, .. }), "{refused}");
    let refused = analysed(&randomization, &arms, &outcome(cells[..5].to_vec()), 99).unwrap_err();
    assert!(refused.to_string().contains("of 16 units in 2 periods"), "{refused}");
    let constant = outcome(vec![vec![Some(1.0); 2]; 16]);
    assert!(matches!(analysed(&randomization, &arms, &constant, 99), Err(TrialError::NoVariation { .. })));
    let small = drawn(Design::Crossover, 6);
    let few = analysed(&small, &small.assign([1; 32]).unwrap(), &outcome(cells[..6].to_vec()), 99);
    assert!(matches!(few, Err(TrialError::TooFewUnits { units: 6, .. })));
    let variants = ["control", "treatment"].map(|name| Variant { name: name.to_owned(), weight: 1 }).to_vec();
    let plain = Randomization::new(Design::Complete, units(16), variants, &[]).unwrap();
    assert!(matches!(analysed(&plain, &arms, &outcome(cells), 99), Err(TrialError::Design { .. })));
}

#[test]
fn a_switchback_is_analysed_by_its_blocks() {
    let systems = ["build", "deploy"].map(str::to_owned);
    let blocks = switchback_units(&systems, 10, 2).unwrap();
    let variants = ["control", "treatment"].map(|name| Variant { name: name.to_owned(), weight: 1 }).to_vec();
    let randomization = Randomization::new(Design::Switchback, blocks, variants, &[]).unwrap();
    let arms = randomization.assign([6; 32]).unwrap();
    let mut rng = ChaCha20Rng::from_seed([7; 32]);
    let figures: Vec<f64> = world(2, 10, &mut rng).concat().into_iter().flatten().collect();
    let during = arms.iter().zip(figures).map(|(arm, it)| Some(it / 5.0 + 3.0 * *arm as f64)).collect();
    let outcome = Outcome { during, before: vec![None; 20], ..outcome(Vec::new()) };
    let sample = Sample { randomization: &randomization, arms: &arms, outcome: &outcome, seed: [8; 32], draws: 999 };
    let found = analyse(sample, LEVEL).unwrap().primary;
    assert!(found.p < 0.01 && found.method == Method::Randomization && found.n == 20, "{found:?}");
    assert!(switchback_units(&systems, 1, 2).is_err());
}
