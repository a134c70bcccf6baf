use super::*;
use crate::trial::{Method, seed};
use rand::rngs::ChaCha20Rng;
use rand::{RngExt, SeedableRng};

const LEVEL: Level = Level::NINETY_FIVE;

/// A simulated organisation of which some units are treated.
struct World {
    treated: usize,
    others: usize,
    periods: usize,
    /// First treated periods, taken in turn.
    starts: &'static [usize],
    /// By how much treated units move more per period anyway.
    drift: f64,
    effect: f64,
    /// By how much everybody moves per period.
    trend: f64,
}

const TWO_WAVES: World =
    World { treated: 12, others: 12, periods: 14, starts: &[6, 9], drift: 0.0, effect: -0.3, trend: -0.02 };

impl World {
    /// Levels, a common season, and noise with a standard deviation of 0.3 that remembers 70 % of the period before.
    fn cells(&self, rng: &mut ChaCha20Rng) -> (Vec<Vec<Option<f64>>>, Vec<Option<usize>>) {
        let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let season: Vec<f64> = (0..self.periods).map(|_| 0.2 * normal()).collect();
        let (mut rows, mut first) = (Vec::new(), Vec::new());
        for unit in 0..self.treated + self.others {
            let start = (unit < self.treated).then(|| self.starts[unit % self.starts.len()]);
            let (level, mut noise) = (normal(), normal());
            let mut row = Vec::new();
            for (period, common) in season.iter().enumerate() {
                let slope = self.trend + if start.is_some() { self.drift } else { 0.0 };
                let effect = if start.is_some_and(|start| period >= start) { self.effect } else { 0.0 };
                row.push(Some(level + common + slope * period as f64 + effect + 0.3 * noise));
                noise = 0.7 * noise + (1.0_f64 - 0.49).sqrt() * normal();
            }
            rows.push(row);
            first.push(start);
        }
        (rows, first)
    }
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|unit| format!("team-{unit:02}")).collect()
}

fn read(cells: &[Vec<Option<f64>>], first: &[Option<usize>], draws: u32) -> Result<RolloutAnswer> {
    analyse_rollout(Rollout {
        outcome: "review_hours",
        scale: Scale::LogMean,
        ids: &ids(cells.len()),
        periods: cells,
        first_treated: first,
        level: LEVEL,
        seed: seed("rollout", "placebo"),
        draws,
    })
}

fn one(world: &World, key: u8, draws: u32) -> RolloutAnswer {
    let (cells, first) = world.cells(&mut ChaCha20Rng::from_seed([key; 32]));
    read(&cells, &first, draws).unwrap()
}

/// How often the interval holds what was put in.
fn coverage(world: &World, trials: u32, draws: u32) -> f64 {
    let mut rng = ChaCha20Rng::from_seed([9; 32]);
    let mut held = 0;
    for _ in 0..trials {
        let (cells, first) = world.cells(&mut rng);
        let found = read(&cells, &first, draws).unwrap();
        held += u32::from(found.finding.interval.unwrap().contains(world.effect));
    }
    f64::from(held) / f64::from(trials)
}

#[test]
fn many_treated_units_are_read_by_staggered_differences_with_a_kept_interval() {
    let found = one(&TWO_WAVES, 1, 99);
    assert_eq!((found.grade, found.finding.method), (Grade::StaggeredDifferenceInDifferences, Method::Staggered));
    assert!(found.event_study.iter().any(|(time, _)| *time < 0) && found.pre_trend.is_some());
    let held = coverage(&TWO_WAVES, 300, 0);
    println!("staggered, 12 and 12: {held}");
    // Three standard errors of 300 trials are 3.8 points.
    assert!((0.912..=0.99).contains(&held), "{held}");
}

#[test]
fn few_treated_units_are_read_by_a_synthetic_comparison_with_placebos() {
    let few = World { treated: 3, others: 17, starts: &[8], ..TWO_WAVES };
    let found = one(&few, 2, 199);
    assert_eq!((found.grade, found.finding.method), (Grade::Synthetic, Method::Synthetic));
    assert!(found.placebo_p.unwrap() > 0.0 && found.event_study.len() == 14);
    let held = coverage(&few, 60, 40);
    println!("synthetic, 3 and 17: {held}");
    // Three standard errors of 60 trials are 8.4 points.
    assert!(held >= 0.866, "{held}");
    // One team is enough, though before and after of one has no interval.
    let single = one(&World { treated: 1, ..few }, 3, 99);
    assert!(single.grade == Grade::Synthetic && single.before_after.is_none() && single.pre_trend.is_none());
    assert!(single.warnings.iter().any(|it| it.contains("Too few periods or units")), "{:?}", single.warnings);
}

#[test]
fn before_and_after_alone_counts_the_trend_and_says_so() {
    let found = one(&World { trend: -0.05, ..TWO_WAVES }, 4, 99);
    let naive = found.before_after.clone().unwrap();
    assert!(naive.estimate < found.finding.estimate - 0.2, "{} beside {}", naive.estimate, found.finding.estimate);
    assert!(found.words.contains("Before and after alone would have claimed −"), "{}", found.words);
    // Where everybody is treated at once, nothing better is left.
    let (cells, _) = TWO_WAVES.cells(&mut ChaCha20Rng::from_seed([5; 32]));
    let alone = read(&cells, &[Some(7); 24], 99).unwrap();
    assert_eq!((alone.grade, alone.finding.method), (Grade::BeforeAfter, Method::BeforeAfter));
    assert!(alone.warnings.iter().any(|it| it.starts_with("Nobody is left to compare with")));
}

#[test]
fn groups_that_moved_apart_before_are_warned_of() {
    let found = one(&World { drift: -0.2, effect: 0.0, ..TWO_WAVES }, 6, 99);
    let trend = found.pre_trend.clone().unwrap();
    assert!(trend.is_suspicious() && trend.slope.interval.unwrap().high < 0.0, "{trend:?}");
    assert!(trend.carried_on < -0.5);
    assert!(found.warnings.iter().any(|it| it.contains("moved apart before the roll-out")), "{:?}", found.warnings);
}

#[test]
fn no_words_call_it_an_effect_and_all_begin_with_the_design() {
    let few = World { treated: 3, ..TWO_WAVES };
    for world in
        [&TWO_WAVES, &few, &World { others: 0, starts: &[7], ..TWO_WAVES }, &World { drift: -0.2, ..TWO_WAVES }]
    {
        let found = one(world, 7, 60);
        println!("{}\n  {:?}", found.words, found.warnings);
        assert!(
            found.words.starts_with(found.grade.words()) && found.words.contains(" % interval "),
            "{}",
            found.words
        );
        for text in found.warnings.iter().chain([&found.words]) {
            let has_hyphen_for_minus =
                text.as_bytes().windows(2).any(|pair| pair[0] == b'-' && pair[1].is_ascii_digit());
            assert!(!text.contains("effect") && !has_hyphen_for_minus, "{text}");
        }
    }
}

#[test]
fn a_report_gets_the_figures_with_their_grade_as_label() {
    let found = one(&TWO_WAVES, 8, 99);
    let mut report = empty_report();
    found.fill(&mut report);
    let shown = report.effect.unwrap();
    assert_eq!(shown.label, "observational: staggered difference-in-differences");
    assert!((shown.estimate - (found.finding.estimate.exp() - 1.0)).abs() < 1e-12 && shown.n == 24);
    assert_eq!(report.beside[0].label, "observational: before and after");
    assert_eq!(report.over_time.len(), found.event_study.len());
    assert!(report.over_time.iter().any(|it| it.label == "period 1 of treatment"));
    assert!(report.over_time.iter().any(|it| it.label == "placebo, 1 before"));
}

#[test]
fn a_linear_outcome_is_told_in_parts_of_what_the_treated_would_have_had() {
    let (cells, first) = TWO_WAVES.cells(&mut ChaCha20Rng::from_seed([12; 32]));
    let raised: Vec<Vec<Option<f64>>> =
        cells.iter().map(|row| row.iter().map(|cell| cell.map(|it| it + 10.0)).collect()).collect();
    let ids = ids(24);
    let rollout = Rollout {
        outcome: "review_share",
        scale: Scale::Linear,
        ids: &ids,
        periods: &raised,
        first_treated: &first,
        level: LEVEL,
        seed: [0; 32],
        draws: 99,
    };
    let found = analyse_rollout(rollout).unwrap();
    let treated: Vec<f64> =
        (0..12).flat_map(|unit| raised[unit][first[unit].unwrap()..].iter().flatten().copied()).collect();
    let mean = treated.iter().sum::<f64>() / treated.len() as f64;
    assert!((found.baseline.unwrap() - (mean - found.finding.estimate)).abs() < 1e-9);
    let mut report = empty_report();
    found.fill(&mut report);
    assert!((report.effect.unwrap().estimate - found.finding.estimate / found.baseline.unwrap()).abs() < 1e-12);
}

fn empty_report() -> OutcomeReport {
    let role = (crate::trial::Role::Goal, 0.1);
    OutcomeReport::unanswered("m", ("", "hours"), role, crate::trial::Better::Lower, Scale::LogMean)
}

#[test]
fn unknown_cells_and_units_treated_from_the_beginning_are_left_out_with_a_warning() {
    let (mut cells, mut first) = TWO_WAVES.cells(&mut ChaCha20Rng::from_seed([10; 32]));
    cells[3][13] = None;
    cells.iter_mut().for_each(|row| row[2] = None);
    first[0] = Some(0);
    let found = read(&cells, &first, 99).unwrap();
    assert_eq!((found.treated, found.never_treated), (10, 12));
    assert!(found.warnings[0].contains("team-03") && found.warnings[0].contains("period 3"), "{:?}", found.warnings);
    assert!(found.warnings[1].contains("team-00"), "{:?}", found.warnings);
}

#[test]
fn what_nothing_can_be_said_of_is_refused() {
    let (cells, first) = TWO_WAVES.cells(&mut ChaCha20Rng::from_seed([11; 32]));
    assert!(matches!(read(&cells, &[None; 24], 9), Err(TrialError::Design { .. })));
    assert!(matches!(read(&cells, &first[..20], 9), Err(TrialError::Design { .. })));
    assert!(matches!(read(&vec![vec![Some(1.0); 14]; 24], &first, 9), Err(TrialError::NoVariation { .. })));
    assert!(matches!(read(&vec![vec![None; 14]; 24], &first, 9), Err(TrialError::UnknownCells { .. })));
    let few: Vec<Option<usize>> = (0..24).map(|unit| (unit == 0).then_some(7)).collect();
    assert!(read(&cells, &few, 19).unwrap_err().to_string().contains("at least 20"));
    // One treated unit and one other.
    assert!(matches!(read(&cells[..2], &[Some(7), None], 9), Err(TrialError::Design { .. })));
}

#[test]
#[ignore = "measures the coverage that the docs state, in minutes"]
fn coverage_of_roll_outs() {
    for (treated, others) in [(12, 12), (30, 30), (80, 80)] {
        let world = World { treated, others, ..TWO_WAVES };
        let mut rng = ChaCha20Rng::from_seed([9; 32]);
        let (mut slope, mut joint, mut suspicious) = (0, 0, 0);
        for _ in 0..400 {
            let (cells, first) = world.cells(&mut rng);
            let trend = read(&cells, &first, 0).unwrap().pre_trend.unwrap();
            slope += u32::from(trend.slope.p < 0.1);
            joint += u32::from(trend.joint_p.is_some_and(|p| p < 0.1));
            suspicious += u32::from(trend.is_suspicious());
        }
        println!("pre-trend, {treated} and {others}: slope {slope}, joint {joint}, either {suspicious} of 400");
    }
    for (treated, others) in [(10, 10), (15, 15), (30, 30), (10, 40), (24, 4)] {
        let world = World { treated, others, ..TWO_WAVES };
        println!("staggered, {treated} and {others}: {}", coverage(&world, 1000, 0));
    }
    println!(
        "staggered, everybody in four waves: {}",
        coverage(&World { treated: 24, others: 0, starts: &[5, 7, 9, 11], ..TWO_WAVES }, 1000, 0)
    );
    for (treated, others) in [(1, 12), (1, 20), (3, 17), (6, 24)] {
        let world = World { treated, others, starts: &[8], ..TWO_WAVES };
        println!("synthetic, {treated} and {others}: {}", coverage(&world, 300, 100));
    }
    println!("synthetic, two waves, 6 and 24: {}", coverage(&World { treated: 6, others: 24, ..TWO_WAVES }, 300, 100));
}
