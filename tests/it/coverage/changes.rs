//! Whether intervals of changes keep their promise, and those of counts over periods.

use super::draws::Draws;
use super::{LEVEL, check, check_from};
use paceline::stats::{
    Estimate, RatioRows, StatsError, difference, geometric_mean, mean, mean_count, quantile, quotient, rate, ratio,
    share,
};

/// Percent. The distances of two independent t intervals of n rows are put together, instead of one t of about 2n: of normal rows
/// they hold the truth in P(|T₂ₙ₋₂| ≤ tₙ₋₁) of cases, which is 95.7 % for 20 rows, and in more where intervals are for counts.
pub(super) const HIGHEST: f64 = 97.0;

/// Draws the estimate of a sample of so many rows.
type Draw = fn(&mut Draws, usize) -> Result<Estimate, StatsError>;

/// Both are drawn from the same distribution, of which one is perhaps scaled.
fn check_change(name: &str, draw: Draw) {
    check(&format!("change of {name}, difference"), 0.0, |draws, n| difference(&draw(draws, n)?, &draw(draws, n)?));
    check(&format!("change of {name}, quotient"), 1.0, |draws, n| quotient(&draw(draws, n)?, &draw(draws, n)?));
}

#[test]
fn changes_of_means_and_medians_cover_the_truth() {
    check_change("mean, exponential", |draws, n| mean(&draws.many(n, Draws::exponential), LEVEL));
    check_change("geometric mean, lognormal", |draws, n| geometric_mean(&draws.many(n, Draws::lognormal), LEVEL));
    check_change("median, lognormal", |draws, n| quantile(&draws.many(n, Draws::lognormal), 0.5, LEVEL));
    // Unequal spreads.
    check("change of mean, from exponential to three times", 3.0, |draws, n| {
        let (now, before) = (draws.many(n, |it| 3.0 * it.exponential()), draws.many(n, Draws::exponential));
        quotient(&mean(&now, LEVEL)?, &mean(&before, LEVEL)?)
    });
}

#[test]
fn changes_of_shares_ratios_and_rates_cover_the_truth() {
    check_change("share, 0.4", |draws, n| {
        let hits = draws.many(n, Draws::uniform).into_iter().filter(|it| *it < 0.4).count();
        share(hits as u64, n as u64, LEVEL)
    });
    check_change("ratio, exponential", |draws, n| {
        let (numerators, denominators) = (draws.many(n, Draws::exponential), draws.many(n, Draws::exponential));
        ratio(RatioRows { numerators: &numerators, denominators: &denominators }, LEVEL)
    });
    check_change("rate, Poisson 3", |draws, n| {
        let numerators = draws.many(n, |it| it.poisson(3.0));
        rate(RatioRows { numerators: &numerators, denominators: &vec![1.0; n] }, LEVEL)
    });
}

#[test]
fn counts_and_their_changes_cover_the_truth() {
    check("count, Poisson 3", 3.0, poisson);
    check("count, clustered 3", 3.0, clustered);
    check_change("count, Poisson 3", poisson);
    check_change("count, clustered 3", clustered);
    // Rare events, of which many weeks have none.
    check_from(200, "count, Poisson 0.5", 0.5, |draws, n| mean_count(&draws.many(n, |it| it.poisson(0.5)), LEVEL));
}

/// Few periods: intervals that hold the truth too often are wide, and that is what two weeks are worth.
#[test]
fn counts_of_few_periods_promise_no_more_than_they_hold() {
    for periods in [2, 4, 8] {
        at_least("Poisson 0.5", periods, 0.5, |draws, n| mean_count(&draws.many(n, |it| it.poisson(0.5)), LEVEL));
        at_least("Poisson 3", periods, 3.0, poisson);
        at_least("clustered 3", periods, 3.0, clustered);
        at_least("change of Poisson 3", periods, 1.0, |draws, n| quotient(&poisson(draws, n)?, &poisson(draws, n)?));
    }
}

fn at_least(name: &str, periods: usize, truth: f64, draw: impl Fn(&mut Draws, usize) -> Result<Estimate, StatsError>) {
    let mut draws = Draws::new(&format!("few {name} {periods}"));
    let samples = 5_000;
    let intervals = (0..samples).filter_map(|_| draw(&mut draws, periods).unwrap().interval);
    let (mut all, mut held) = (0.0, 0.0);
    for interval in intervals {
        all += 1.0;
        held += if interval.contains(truth) { 1.0 } else { 0.0 };
    }
    println!("| {name} | {periods} periods | {:.1} | {:.3}", 100.0 * held / all, all / f64::from(samples));
    assert!(held / all > LEAST, "{name}: intervals of {periods} periods hold the truth in {} of cases", held / all);
}

/// 94 % less 2.5 standard errors of 5,000 samples.
const LEAST: f64 = 0.932;

fn poisson(draws: &mut Draws, periods: usize) -> Result<Estimate, StatsError> {
    mean_count(&draws.many(periods, |it| it.poisson(3.0)), LEVEL)
}

/// Each period has an expectation of its own, gamma of shape 1.5 around 3: the variance is three times the mean.
fn clustered(draws: &mut Draws, periods: usize) -> Result<Estimate, StatsError> {
    let counts = draws.many(periods, |it| {
        // A sum of exponentials of mean 2 and of half the square of a normal, which is gamma of shape ½.
        let own = 2.0 * (it.exponential() + it.normal().powi(2) / 2.0);
        it.poisson(own)
    });
    mean_count(&counts, LEVEL)
}
