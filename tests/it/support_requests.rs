//! A fall of 47 % in support requests, put into a simulated organisation of 60 teams: what the experiment finds, and what a comparison
//! of before and after would have claimed. `docs/support_requests.md` tells the same figures.

mod organisation;

use paceline::stats::{Level, Variant, paired_difference};
use paceline::trial::{
    Better, Candidate, Design, Outcome, Randomization, Relative, Sample, Scale, analyse, form_units, seed,
};
use rand::rngs::ChaCha20Rng;
use rand::{RngExt, SeedableRng};

const TEAMS: usize = 60;
const WEEKS: usize = 12;
const FALL: f64 = -0.47;
/// Over the 24 weeks, for everybody.
const TREND: f64 = -0.15;
/// Fewer requests in the second twelve weeks, as around holidays.
const SEASON: f64 = -0.06;
const LEVEL: Level = Level::NINETY_FIVE;

struct Team {
    engineers: f64,
    /// Requests per engineer and week at the beginning, 0.3 to 1.5.
    rate: f64,
    /// What sets it apart from its own history for good, as a logarithm.
    drift: f64,
}

/// Requests of one week: Poisson with a mean that varies from week to week (a gamma of shape 3), so that counts are over-dispersed.
fn requests(mean: f64, rng: &mut ChaCha20Rng) -> u32 {
    let mut uniform = || 1.0 - rng.random::<f64>();
    let mean = -(uniform() * uniform() * uniform()).ln() / 3.0 * mean;
    let (least, mut product, mut count) = ((-mean).exp(), uniform(), 0);
    while product > least {
        product *= uniform();
        count += 1;
    }
    count
}

/// The log of a team's requests per engineer-week in the twelve weeks before or during.
fn log_rate(team: &Team, is_during: bool, effect: f64, rng: &mut ChaCha20Rng) -> f64 {
    let first = if is_during { WEEKS } else { 0 };
    let mut count = 0;
    for week in first..first + WEEKS {
        let trend = (1.0 + TREND).powf(week as f64 / (2 * WEEKS - 1) as f64);
        let season = if is_during { 1.0 + SEASON } else { 1.0 };
        let drift = if is_during { team.drift.exp() } else { 1.0 };
        count += requests(team.rate * team.engineers * trend * season * drift * (1.0 + effect), rng);
    }
    assert!(count > 0, "a rate of zero has no logarithm");
    (f64::from(count) / (team.engineers * WEEKS as f64)).ln()
}

/// What one repetition says, as parts: −0.47 is a fall of 47 %.
struct Said {
    experiment: Relative,
    ancova: Relative,
    naive: [f64; 3],
}

fn repetition(number: u32, effect: f64, draws: u32) -> Said {
    let mut rng = ChaCha20Rng::from_seed(seed("support requests", &number.to_string()));
    let teams: Vec<Team> = (0..TEAMS)
        .map(|_| Team {
            engineers: f64::from(rng.random_range(6_u32..=14)),
            rate: 0.3 * 5.0_f64.powf(rng.random::<f64>()),
            drift: 0.1 * ((0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0),
        })
        .collect();
    let before: Vec<f64> = teams.iter().map(|team| log_rate(team, false, 0.0, &mut rng)).collect();
    let candidate = |team: usize| Candidate {
        id: format!("{team:02}"),
        block: String::new(),
        history: vec![before[team], teams[team].engineers],
    };
    let candidates: Vec<Candidate> = (0..TEAMS).map(candidate).collect();
    let covariates = ["support_requests", "engineers"].map(str::to_owned);
    let units = form_units(Design::Stratified, &covariates, &candidates).unwrap();
    let order: Vec<usize> = units.iter().map(|unit| unit.id.parse().unwrap()).collect();
    let variants = ["control", "assistant"].map(|name| Variant { name: name.to_owned(), weight: 1 }).to_vec();
    let randomization = Randomization::new(Design::Stratified, units, variants, &[]).unwrap();
    let arms = randomization.assign(seed("support requests", &format!("lottery {number}"))).unwrap();
    let during: Vec<f64> = order
        .iter()
        .zip(&arms)
        .map(|(team, arm)| log_rate(&teams[*team], true, if *arm == 1 { effect } else { 0.0 }, &mut rng))
        .collect();
    let outcome = Outcome {
        name: "support_requests".to_owned(),
        scale: Scale::LogRate,
        better: Better::Lower,
        during: during.iter().copied().map(Some).collect(),
        before: order.iter().map(|team| Some(before[*team])).collect(),
        further: Vec::new(),
        rows: vec![1; TEAMS],
        values: Vec::new(),
        periods: Vec::new(),
    };
    let sample =
        Sample { randomization: &randomization, arms: &arms, outcome: &outcome, seed: seed("draws", ""), draws };
    let analysed = analyse(sample, LEVEL).unwrap();
    let told = |finding| Relative::of("", finding, &outcome, &arms).unwrap();
    Said {
        experiment: told(&analysed.primary),
        ancova: told(&analysed.beside[0]),
        naive: before_and_after(&order, &arms, &before, &during),
    }
}

/// The treated teams' change from their own twelve weeks before: estimate and interval.
fn before_and_after(order: &[usize], arms: &[usize], before: &[f64], during: &[f64]) -> [f64; 3] {
    let (mut figures, mut is_after, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
    for (place, team) in order.iter().enumerate().filter(|(place, _)| arms[*place] == 1) {
        figures.extend([before[*team], during[place]]);
        is_after.extend([false, true]);
        pairs.extend([format!("{team:02}"), format!("{team:02}")]);
    }
    let effect = paired_difference(&figures, &is_after, &pairs, LEVEL).unwrap();
    [effect.estimate, effect.interval.low, effect.interval.high].map(|it| it.exp() - 1.0)
}

fn percent(part: f64) -> String {
    format!("{}{:.1} %", if part < 0.0 { "−" } else { "" }, part.abs() * 100.0)
}

/// Fails unless the write-up says the same.
fn check_told(figures: &[String]) {
    let told = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/support_requests.md")).unwrap();
    let untold: Vec<&String> = figures.iter().filter(|figure| !told.contains(figure.as_str())).collect();
    assert!(untold.is_empty(), "docs/support_requests.md does not say: {untold:#?}");
}

fn row(what: &str, estimate: f64, low: f64, high: f64) -> String {
    format!("| {what} | {} | {} to {} |", percent(estimate), percent(low), percent(high))
}

#[test]
fn one_experiment_finds_the_fall_and_before_and_after_claims_more() {
    let Said { experiment, ancova, naive } = repetition(0, FALL, 9_999);
    let (low, high) = (experiment.low.unwrap(), experiment.high.unwrap());
    assert!(low < FALL && FALL < high && experiment.method.contains("randomization"));
    assert!(naive[0] < experiment.estimate - 0.03, "{naive:?}");
    let modelled = (ancova.low.unwrap(), ancova.high.unwrap());
    check_told(&[
        row("the experiment", experiment.estimate, low, high),
        row("the experiment, by ANCOVA", ancova.estimate, modelled.0, modelled.1),
        row("treated teams, before and after", naive[0], naive[1], naive[2]),
    ]);
}

#[test]
fn an_assistant_that_does_nothing_is_found_to_do_nothing_and_before_and_after_claims_a_fall() {
    let Said { experiment, naive, .. } = repetition(0, 0.0, 9_999);
    let (low, high) = (experiment.low.unwrap(), experiment.high.unwrap());
    assert!(low < 0.0 && 0.0 < high && naive[2] < 0.0, "{experiment:?} {naive:?}");
    check_told(&[
        row("the experiment, nothing put in", experiment.estimate, low, high),
        row("treated teams, before and after, nothing put in", naive[0], naive[1], naive[2]),
    ]);
}

#[test]
fn the_interval_is_calibrated_over_three_hundred_experiments_and_that_of_before_and_after_is_not() {
    let repetitions = 300;
    let (mut held, mut found, mut naive_held, mut estimate, mut claimed) = (0, 0, 0, 0.0, 0.0);
    for number in 1..=repetitions {
        let Said { experiment, naive, .. } = repetition(number, FALL, 299);
        let (low, high) = (experiment.low.unwrap(), experiment.high.unwrap());
        held += u32::from(low <= FALL && FALL <= high);
        found += u32::from(high < 0.0);
        naive_held += u32::from(naive[1] <= FALL && FALL <= naive[2]);
        estimate += experiment.estimate.ln_1p() / f64::from(repetitions);
        claimed += naive[0].ln_1p() / f64::from(repetitions);
    }
    let (estimate, claimed) = (estimate.exp_m1(), claimed.exp_m1());
    let share = |count: u32| f64::from(count) / f64::from(repetitions);
    println!("held {held}, found {found}, before and after held {naive_held}; {estimate} and {claimed} on average");
    assert!((0.92..=0.98).contains(&share(held)), "{held}");
    assert!(found == repetitions && (estimate - FALL).abs() < 0.01, "{found} {estimate}");
    assert!(share(naive_held) < 0.5 && claimed < FALL - 0.05, "{naive_held} {claimed}");
    check_told(&[
        format!("held −47 % in {held} of {repetitions}"),
        format!("that of before and after in {naive_held}"),
        format!("found {} on average", percent(estimate)),
        format!("claimed {}", percent(claimed)),
    ]);
}
