use super::*;
use crate::stats::{
    Covariance, Effect, Lottery, LotteryRows, RandomizationOptions, Statistic, Unit, UnitRows, Variant, ancova,
    randomization_test, welch,
};
use crate::trial::{Finding, Method};
use rand::rngs::ChaCha20Rng;
use rand::{RngExt, SeedableRng};

const LEVEL: Level = Level::NINETY_FIVE;

fn seen(elapsed: f64, estimate: f64, p: f64) -> Seen {
    let standard_error = Some(1.0 / elapsed.sqrt());
    Seen {
        date: "2026-09-14".to_owned(),
        elapsed,
        estimate,
        p,
        standard_error,
        degrees_of_freedom: Some(17.0),
        units: [10, 10],
    }
}

fn ask<'a>(seen: &'a [Seen], now: &'a Seen) -> LookQuestion<'a> {
    LookQuestion { level: LEVEL, goals: 1, better: Better::Lower, seen, now, due: None }
}

const FOUR: Monitoring = Monitoring::GroupSequential { looks: 4, spending: Shape::ObrienFleming };

#[test]
fn without_declared_looks_nothing_is_shown_before_the_end() {
    let early = Monitoring::None.look(ask(&[], &seen(0.5, -3.0, 1e-9))).unwrap();
    assert!(!early.may_show && early.level.is_none() && early.stop.is_none());
    assert!(early.words.contains("50 % of the time"), "{}", early.words);
    let end = Monitoring::None.look(ask(&[], &seen(1.0, -3.0, 1e-9))).unwrap();
    assert!(end.may_show && (end.level.unwrap() - 0.95).abs() < 1e-12);
}

/// O'Brien–Fleming-like boundaries of four equal looks are 4.333, 2.963, 2.359 and 2.014 (Jennison & Turnbull 2000, table 7.2 for 5 %).
#[test]
fn looks_have_the_published_boundaries_and_goals_share_the_error() {
    let made = [seen(0.25, -1.0, 0.3), seen(0.5, -1.0, 0.2)];
    let third = FOUR.look(ask(&made, &seen(0.75, -1.0, 0.1))).unwrap();
    let z = crate::stats::z_of_p(third.p_needed.unwrap()).unwrap();
    assert!((z - 2.359).abs() < 1e-3 && third.stop.is_none(), "{z}");
    assert!((third.level.unwrap() + third.p_needed.unwrap() - 1.0).abs() < 1e-12);
    assert!((third.spent + third.left - 0.05).abs() < 1e-12 && third.left > 0.02);
    let shared = FOUR.look(LookQuestion { goals: 2, ..ask(&made, &seen(0.75, -1.0, 0.1)) }).unwrap();
    assert!(shared.p_needed.unwrap() < third.p_needed.unwrap() && shared.spent + shared.left < 0.0251);
    let made: Vec<Seen> = made.into_iter().chain([seen(0.75, -1.0, 0.1)]).collect();
    let last = FOUR.look(ask(&made, &seen(1.0, -1.0, 0.03))).unwrap();
    assert!(last.left.abs() < 1e-12 && last.stop == Some(Stop::Success), "{last:?}");
    assert!((crate::stats::z_of_p(last.p_needed.unwrap()).unwrap() - 2.014).abs() < 1e-3);
}

#[test]
fn a_crossed_boundary_is_success_or_harm_by_the_direction_and_a_small_effect_is_futile() {
    let at =
        |estimate, p, better| FOUR.look(LookQuestion { better, ..ask(&[], &seen(0.5, estimate, p)) }).unwrap().stop;
    assert_eq!(at(-1.0, 0.001, Better::Lower), Some(Stop::Success));
    assert_eq!(at(1.0, 0.001, Better::Lower), Some(Stop::Harm));
    assert_eq!(at(1.0, 0.001, Better::Higher), Some(Stop::Success));
    assert_eq!(at(1.0, 0.001, Better::Neither), Some(Stop::Changed));
    assert_eq!(at(-1.0, 0.02, Better::Lower), None);
    assert_eq!(at(0.1, 0.3, Better::Lower), Some(Stop::Futility));
    assert_eq!(at(0.1, 0.3, Better::Neither), None);
}

#[test]
fn between_declared_looks_nothing_is_shown_and_a_missed_look_is_no_second_one() {
    let made = [seen(0.25, -1.0, 0.3)];
    let between = FOUR.look(ask(&made, &seen(0.4, -9.0, 1e-9))).unwrap();
    assert!(!between.may_show && between.stop.is_none() && between.words.contains("next is due when 50 %"));
    let late = FOUR.look(ask(&[], &seen(0.6, -1.0, 0.3))).unwrap();
    assert!(late.may_show && late.look == 1);
    // Nobody can look a fifth time.
    let all: Vec<Seen> = [0.25, 0.5, 0.75, 1.0].map(|elapsed| seen(elapsed, -1.0, 0.2)).to_vec();
    assert!(!FOUR.look(ask(&all, &seen(1.0, -1.0, 1e-9))).unwrap().may_show);
}

#[test]
fn looks_that_share_their_information_leave_more_for_the_last() {
    // Standard errors hardly fall: what remains of the units' differences does not average out.
    let flat = |elapsed| Seen { standard_error: Some(1.0 - 0.05 * elapsed), ..seen(elapsed, -1.0, 0.2) };
    let needed = |at: &dyn Fn(f64) -> Seen| {
        let made = [0.25, 0.5, 0.75].map(at);
        FOUR.look(ask(&made, &at(1.0))).unwrap().p_needed.unwrap()
    };
    assert!(needed(&flat) > needed(&|elapsed| seen(elapsed, -1.0, 0.2)));
    // A standard error that grows, or is unknown, stops nothing.
    let unknown = |elapsed| Seen { standard_error: None, ..seen(elapsed, -1.0, 0.2) };
    assert!((needed(&unknown) - needed(&|elapsed| seen(elapsed, -1.0, 0.2))).abs() < 1e-9);
    assert!(needed(&|elapsed| Seen { standard_error: Some(elapsed), ..seen(elapsed, -1.0, 0.2) }) <= 0.05);
}

#[test]
fn always_valid_looks_are_refused_for_a_fixed_panel_of_few_units() {
    let anytime = Monitoring::AlwaysValid { planned_units: 400 };
    let refused = anytime.check(20, false).unwrap_err().to_string();
    assert!(refused.contains("20 units") && refused.contains("11.7 %"), "{refused}");
    assert!(anytime.check(20, true).is_ok() && anytime.check(60, false).is_ok());
    assert!(Monitoring::AlwaysValid { planned_units: 0 }.check(20, true).is_err());
    for looks in [0, 1, 27] {
        assert!(Monitoring::GroupSequential { looks, spending: Shape::Pocock }.check(20, false).is_err());
    }
    assert!(matches!(FOUR.look(ask(&[], &seen(1.2, 0.0, 0.5))), Err(TrialError::Elapsed { .. })));
}

#[test]
fn the_always_valid_interval_is_where_its_p_is_the_error_rate() {
    let anytime = Monitoring::AlwaysValid { planned_units: 400 };
    let at = |estimate: f64| Seen {
        standard_error: Some(0.2),
        degrees_of_freedom: Some(98.0),
        units: [50, 50],
        ..seen(0.5, estimate, 0.5)
    };
    let half_width = anytime.look(ask(&[], &at(0.1))).unwrap().half_width.unwrap();
    assert!(half_width > 0.4, "longer than that of a single look");
    let just = anytime.look(ask(&[], &at(-half_width * 1.0001))).unwrap();
    assert_eq!(just.stop, Some(Stop::Success));
    assert!(anytime.look(ask(&[], &at(-half_width * 0.9999))).unwrap().stop.is_none());
    // What was once shown stays shown.
    let later = anytime.look(ask(&[at(-half_width * 1.0001)], &at(-0.1))).unwrap();
    assert!(later.p <= 0.05);
}

/// An ordinary test at each look would reject in a third of these experiments.
#[test]
fn units_that_keep_coming_may_be_looked_at_after_every_ten() {
    let anytime = Monitoring::AlwaysValid { planned_units: 200 };
    let mut rng = ChaCha20Rng::from_seed([12; 32]);
    let (mut naive, mut stopped, trials) = (0, 0, 300);
    for _ in 0..trials {
        let (mut arms, mut made) = ([Vec::new(), Vec::new()], Vec::new());
        let (mut is_naive, mut is_stopped) = (false, false);
        for look in 1..=20_u64 {
            for arm in &mut arms {
                arm.extend((0..5).map(|_| (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0));
            }
            let finding = Finding::of_effect(Method::RowsWelch, &welch(&arms[1], &arms[0], LEVEL).unwrap());
            let now = Seen::of("2026-09-14", look as f64 / 20.0, &finding, [5 * look, 5 * look]).unwrap();
            is_naive |= now.p <= 0.05;
            is_stopped |= anytime.look(ask(&made, &now)).unwrap().stop.is_some();
            made.push(now);
        }
        naive += u32::from(is_naive);
        stopped += u32::from(is_stopped);
    }
    println!("always valid: {stopped} of {trials}, naive {naive}");
    // Three standard errors of 300 trials at 5 % are 11 experiments.
    assert!(stopped <= 26 && naive > 45, "{stopped} {naive}");
}

#[test]
fn declarations_read_as_written() {
    let read = |text: &str| serde_json::from_str::<Monitoring>(text).ok();
    assert_eq!(read(r#"{"kind":"none"}"#), Some(Monitoring::None));
    assert_eq!(read(r#"{"kind":"group_sequential","looks":4}"#), Some(FOUR));
    let pocock = Monitoring::GroupSequential { looks: 3, spending: Shape::Pocock };
    assert_eq!(read(r#"{"kind":"group_sequential","looks":3,"spending":"pocock"}"#), Some(pocock));
    assert_eq!(read(r#"{"kind":"group_sequential","looks":3,"speding":"pocock"}"#), None);
    assert_eq!(
        read(r#"{"kind":"always_valid","planned_units":100}"#),
        Some(Monitoring::AlwaysValid { planned_units: 100 })
    );
}

/// How often any of twelve weekly looks rejects under no effect: naively at 5 %, and by the declared boundaries.
fn peeking(shape: Shape, trials: u32, mut experiment: impl FnMut() -> Vec<Seen>) -> (f64, f64) {
    let (mut naive, mut declared) = (0, 0);
    for _ in 0..trials {
        let looks = experiment();
        naive += u32::from(looks.iter().any(|look| look.p <= 0.05));
        declared += u32::from((0..looks.len()).any(|now| {
            let (p, so_far) = (looks[now].p, looks[..=now].iter().collect::<Vec<_>>());
            // A look needs no more than what was spent up to it, so that others need no boundary.
            let spent = 2.0 * shape.spending().spent(0.025, looks[now].elapsed).unwrap();
            p <= spent && p <= 2.0 * group_sequential::boundaries(&so_far, shape, 0.025).unwrap()[now].nominal_p
        }));
    }
    (f64::from(naive) / f64::from(trials), f64::from(declared) / f64::from(trials))
}

/// Twelve weeks of one A/A experiment by the default analysis, ANCOVA on the units' own history with HC3. `drift` is the standard
/// deviation of what sets a unit apart from its history for good, in that of a week.
fn weekly(units: usize, drift: f64, rng: &mut ChaCha20Rng) -> Vec<Seen> {
    let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let level: Vec<f64> = (0..units).map(|_| normal()).collect();
    let before: Vec<f64> = level.iter().map(|level| level + normal() / 12.0_f64.sqrt()).collect();
    let now: Vec<f64> = level.iter().map(|level| level + drift * normal()).collect();
    let mut sums = vec![0.0; units];
    // Units are exchangeable, so that the first half is as good a draw as any.
    let treated: Vec<bool> = (0..units).map(|unit| unit < units / 2).collect();
    let mut looks = Vec::new();
    for week in 1..=12 {
        sums.iter_mut().zip(&now).for_each(|(sum, level)| *sum += level + normal());
        let outcome: Vec<f64> = sums.iter().map(|sum| sum / f64::from(week)).collect();
        let rows =
            UnitRows { outcome: &outcome, treated: &treated, covariates: std::slice::from_ref(&before), strata: &[] };
        let effect: Effect = ancova(rows, Covariance::Hc3, LEVEL).unwrap();
        let finding = Finding::of_effect(Method::AncovaHc3, &effect);
        let half = u64::try_from(units / 2).unwrap();
        looks.push(Seen::of("2026-09-14", f64::from(week) / 12.0, &finding, [half, half]).unwrap());
    }
    looks
}

/// The parts of `trials` A/A experiments that weekly peeking rejects, naively and as declared.
fn peeking_at(units: usize, drift: f64, shape: Shape, trials: u32) -> (f64, f64) {
    let mut rng = ChaCha20Rng::from_seed([u8::try_from(units).unwrap(); 32]);
    let (naive, declared) = peeking(shape, trials, || weekly(units, drift, &mut rng));
    println!("{units} units, drift {drift}, {shape:?}: naive {naive}, declared {declared}");
    (naive, declared)
}

#[test]
fn weekly_peeking_keeps_the_declared_error_and_naive_peeking_does_not() {
    // Three standard errors of 1,000 trials at 5 % are 2.1 points, of 400 trials 3.3.
    let (naive, declared) = peeking_at(10, 0.0, Shape::ObrienFleming, 1000);
    assert!(declared <= 0.071 && naive > 0.10, "10 units: {naive} {declared}");
    let (naive, declared) = peeking_at(40, 0.3, Shape::ObrienFleming, 400);
    assert!(declared <= 0.083 && naive > 0.10, "40 units: {naive} {declared}");
}

#[test]
#[ignore = "measures the error rates that the docs state, in a minute"]
fn error_rates_of_weekly_peeking() {
    for units in [10, 20, 40] {
        for drift in [0.0, 0.3] {
            for shape in [Shape::ObrienFleming, Shape::Pocock] {
                let (naive, declared) = peeking_at(units, drift, shape, 4000);
                // Three standard errors of 4,000 trials at 5 % are 1.0 points.
                assert!(declared <= 0.06 && naive > 0.10, "{naive} {declared}");
            }
        }
    }
}

#[test]
fn weekly_peeking_at_randomization_p_values_keeps_the_declared_error() {
    let units = (0..10).map(|unit| Unit { stratum: String::new(), id: format!("team-{unit}") }).collect();
    let variants = ["control", "treatment"].map(|name| Variant { name: name.to_owned(), weight: 1 }).to_vec();
    let lottery = Lottery::new(units, variants).unwrap();
    let mut rng = ChaCha20Rng::from_seed([2; 32]);
    let (naive, declared) = peeking(Shape::ObrienFleming, 400, || {
        let arms = lottery.draw(&mut rng);
        let mut sums = vec![0.0; 10];
        let week = |week: u32| {
            sums.iter_mut().for_each(|sum| *sum += (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0);
            let rows = LotteryRows { outcome: &sums, arms: &arms, covariates: &[], known: &[] };
            let options = RandomizationOptions::with_seed([3; 32]);
            let test = randomization_test(&lottery, rows, Statistic::StudentisedResidual, options).unwrap();
            let finding = Finding::of_test(Method::Randomization, &test);
            // The effect is on sums; the looks are tied together on means.
            let look = Seen::of("2026-09-14", f64::from(week) / 12.0, &finding, [5, 5]).unwrap();
            Seen { standard_error: look.standard_error.map(|it| it / f64::from(week)), ..look }
        };
        (1..=12).map(week).collect()
    });
    println!("10 units, randomization: naive {naive}, declared {declared}");
    // Three standard errors of 400 trials at 5 % are 3.3 points.
    assert!(declared <= 0.08 && naive > 0.10, "{naive} {declared}");
}
