//! Samples for tests whose answer is known by construction.

use super::{Better, Design, Outcome, Randomization, Sample, Scale, seed};
use crate::stats::{Mechanism, Unit, Variant};
use rand::rngs::ChaCha20Rng;
use rand::{RngExt, SeedableRng};

/// An experiment with a constant effect.
#[derive(Clone, Debug)]
pub(super) struct Planted {
    pub randomization: Randomization,
    pub arms: Vec<usize>,
    pub outcome: Outcome,
}

/// Units of `sizes` rows each, half of them treated within strata of `stratum` units. Logs of rows are 2 + a unit's own level (which
/// its history tells up to noise) + noise, and `effect` more where treated.
pub(super) fn planted(sizes: &[usize], stratum: usize, effect: f64, text: &str) -> Planted {
    let units: Vec<Unit> = (0..sizes.len())
        .map(|unit| Unit { id: format!("team-{unit:02}"), stratum: format!("s{:02}", unit / stratum) })
        .collect();
    let randomization = Randomization::new(Design::Complete, units, variants(), &[]).unwrap();
    let arms = randomization.assign(seed(text, "assignment")).unwrap();
    let mut rng = ChaCha20Rng::from_seed(seed(text, "values"));
    // A sum of three uniform numbers, of mean 0 and variance 1/4.
    let mut noise = || rng.random::<f64>() + rng.random::<f64>() + rng.random::<f64>() - 1.5;
    let (mut during, mut before, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (size, arm) in sizes.iter().zip(&arms) {
        let level = 2.0 + 0.8 * noise();
        before.push(Some(level + 0.2 * noise()));
        let shift = if *arm == 1 { effect } else { 0.0 };
        let logs: Vec<f64> = (0..*size).map(|_| level + shift + noise()).collect();
        during.push(Some(logs.iter().sum::<f64>() / *size as f64));
        values.push(logs.iter().map(|it| it.exp()).collect::<Vec<f64>>());
    }
    let outcome = Outcome {
        name: "pr_cycle_time".to_owned(),
        scale: Scale::LogMean,
        better: Better::Lower,
        during,
        before,
        further: Vec::new(),
        rows: sizes.iter().map(|it| *it as u64).collect(),
        values,
        periods: Vec::new(),
    };
    Planted { randomization, arms, outcome }
}

pub(super) fn variants() -> Vec<Variant> {
    ["control", "treatment"].map(|name| Variant { name: name.to_owned(), weight: 1 }).to_vec()
}

impl Planted {
    pub(super) fn sample(&self) -> Sample<'_> {
        Sample {
            randomization: &self.randomization,
            arms: &self.arms,
            outcome: &self.outcome,
            seed: seed("planted", "draws"),
            draws: 2_000,
        }
    }

    /// Places of the arm's units.
    pub(super) fn places(&self, arm: usize) -> Vec<usize> {
        (0..self.arms.len()).filter(|place| self.arms[*place] == arm).collect()
    }

    pub(super) fn id(&self, place: usize) -> &str {
        &self.randomization.lottery().units()[place].id
    }
}
