//! How often a stable series is called changed, and how often a change is found.

use super::draws::Draws;
use paceline::stats::shift;

const LENGTHS: [usize; 4] = [12, 26, 52, 104];
const SERIES: usize = 4_000;

/// What a series remembers from point to point.
const MEMORY: f64 = 0.3;

/// Draws a series of a length.
type Series = fn(&mut Draws, usize) -> Vec<f64>;

#[test]
fn a_stable_series_is_called_changed_in_at_most_five_of_a_hundred_cases() {
    let kinds: [(&str, Series); 5] = [
        ("normal", |draws, n| draws.many(n, Draws::normal)),
        ("lognormal", |draws, n| draws.many(n, Draws::lognormal)),
        ("Poisson 5", |draws, n| draws.many(n, |it| it.poisson(5.0))),
        ("Poisson 1", |draws, n| draws.many(n, |it| it.poisson(1.0))),
        ("remembering", remembering),
    ];
    for (name, draw) in kinds {
        for n in LENGTHS {
            let mut draws = Draws::new(&format!("stable {name} {n}"));
            let rate = rate_of_changed(|| draw(&mut draws, n));
            println!("| {name} | {n} | {:.1} %", 100.0 * rate);
            assert!(rate <= 0.05, "a stable series of {n} points, {name}, is called changed in {rate} of cases");
        }
    }
}

/// The last eight points, or half of twelve, lie higher by some standard deviations.
#[test]
fn a_change_is_found_within_eight_points() {
    let expected =
        [(12, [0.08, 0.35, 0.60]), (26, [0.15, 0.70, 0.92]), (52, [0.20, 0.85, 0.98]), (104, [0.25, 0.90, 0.99])];
    for (n, at_least) in expected {
        for (height, at_least) in [1.0, 2.0, 3.0].into_iter().zip(at_least) {
            let mut draws = Draws::new(&format!("changed {height} {n}"));
            let rate = rate_of_changed(|| {
                let mut values = draws.many(n, Draws::normal);
                let since = n - (n / 2).min(8);
                values[since..].iter_mut().for_each(|value| *value += height);
                values
            });
            println!("| {n} | {height} | {:.0} %", 100.0 * rate);
            assert!(rate >= at_least, "a change by {height} sd in {n} points is found in {rate} of cases");
        }
    }
}

/// A change by three standard deviations is placed where it was.
#[test]
fn a_change_is_dated_within_two_points() {
    let mut draws = Draws::new("dated");
    let mut near = 0;
    for _ in 0..1_000 {
        let values = draws.many(52, Draws::normal);
        let series: Vec<Option<f64>> =
            values.iter().enumerate().map(|(place, value)| Some(value + if place < 30 { 0.0 } else { 3.0 })).collect();
        let found = shift(&series).unwrap();
        near += usize::from(found.is_some_and(|found| found.since.abs_diff(30) <= 2));
    }
    assert!(near >= 950, "only {near} of 1000 are dated within two points");
}

fn rate_of_changed(mut draw: impl FnMut() -> Vec<f64>) -> f64 {
    let is_changed = |values: Vec<f64>| shift(&values.into_iter().map(Some).collect::<Vec<_>>()).unwrap().is_some();
    (0..SERIES).filter(|_| is_changed(draw())).count() as f64 / SERIES as f64
}

fn remembering(draws: &mut Draws, n: usize) -> Vec<f64> {
    let mut last = draws.normal();
    let innovation = (1.0 - MEMORY * MEMORY).sqrt();
    draws.many(n, |it| {
        last = MEMORY * last + innovation * it.normal();
        last
    })
}
