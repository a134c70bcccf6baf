//! Whether the arms were alike before the treatment.

use super::super::redrawn::part_at_least;
use super::super::words::{counted, decimal, percent};
use super::super::{Check, Randomization};
use super::{Topic, ok_unless};
use crate::stats::{Balance, standardised_mean_difference};

/// A standardised difference of more is worth a look (Stuart 2010).
const NOTABLE: f64 = 0.25;

/// So is a draw further out than this part of all.
const UNLIKELY: f64 = 0.01;

/// One metric of the time before the start, for each unit in the lottery's order.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    pub name: &'a str,
    pub figures: &'a [Option<f64>],
}

/// Standardised mean differences of the history, treated less control, and the part of the lottery's draws whose Mahalanobis distance
/// over all of it is at least as large (Morgan & Rubin 2012). Chance alone makes differences in small experiments: that part says
/// whether it is more than chance, the differences whether they matter.
pub fn balance(randomization: &Randomization, arms: &[usize], history: &[History<'_>], seed: [u8; 32]) -> Check {
    let topic = Topic("balance", "Balance before the start");
    let mut differences: Vec<(&str, f64)> = Vec::new();
    for metric in history.iter().filter(|it| it.figures.len() == arms.len()) {
        let of = |arm: usize| -> Vec<f64> {
            let units = metric.figures.iter().zip(arms).filter(|(_, it)| **it == arm);
            units.filter_map(|(figure, _)| *figure).collect()
        };
        if let Ok(Some(difference)) = standardised_mean_difference(&of(1), &of(0)) {
            differences.push((metric.name, difference));
        }
    }
    let worst = differences.iter().copied().reduce(|worst, it| if it.1.abs() > worst.1.abs() { it } else { worst });
    let Some((name, worst)) = worst else {
        return topic.unknown("No metric has a history of at least two units in each arm.");
    };
    let p = omnibus(randomization, arms, history, seed);
    let chance = match p {
        Some(p) => {
            format!(" Of the lottery's assignments {} are as far apart over all of them, or further.", percent(p))
        }
        None => String::new(),
    };
    let count = counted(differences.len() as u64, "metric", "metrics");
    let words =
        format!("Of {count} before the start {name} differs most, by {} standard deviations.{chance}", decimal(worst));
    // A draw that far out hints at another lottery than the recorded one.
    let is_doubtful = worst.abs() > NOTABLE || p.is_some_and(|p| p < UNLIKELY);
    let mut check = topic.answer(ok_unless(is_doubtful), words).with("largest", worst);
    for (name, difference) in differences {
        check = check.with(&format!("difference_{name}"), difference);
    }
    match p {
        Some(p) => check.with("p", p),
        None => check,
    }
}

/// The part of the lottery's assignments that are at least as far apart; `None` where the history cannot tell units apart.
fn omnibus(randomization: &Randomization, arms: &[usize], history: &[History<'_>], seed: [u8; 32]) -> Option<f64> {
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut balance = None;
    for metric in history.iter().filter(|it| it.figures.len() == arms.len()) {
        let known: Vec<f64> = metric.figures.iter().flatten().copied().collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        columns.push(metric.figures.iter().map(|it| it.unwrap_or(mean)).collect());
        match Balance::new(&columns) {
            Ok(it) => balance = Some(it),
            // It does not vary, follows from the others, or there are too few units for one more.
            Err(_) => {
                columns.pop();
            }
        }
    }
    let balance = balance?;
    part_at_least(randomization, arms, seed, |arms| balance.distance(arms))
}
