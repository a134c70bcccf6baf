//! Numbers from distributions, made of the words of one generator.

use rand::rngs::ChaCha20Rng;
use rand::{Rng, SeedableRng};

/// Pareto's exponent.
const EXPONENT: f64 = 2.5;

#[derive(Debug)]
pub(crate) struct Random {
    words: ChaCha20Rng,
    /// The second of a pair of normal numbers.
    spare: Option<f64>,
}

impl Random {
    pub(crate) fn new(seed: [u8; 32]) -> Random {
        Random { words: ChaCha20Rng::from_seed(seed), spare: None }
    }

    /// Between 0 and 1, both excluded.
    fn fraction(&mut self) -> f64 {
        ((self.words.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// A number from 0, below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.fraction() * bound as f64) as usize
    }

    /// Standard normal, by the polar method (Marsaglia & Bray 1964).
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (2.0 * self.fraction() - 1.0, 2.0 * self.fraction() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square > 0.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.spare = Some(y * factor);
                return x * factor;
            }
        }
    }

    /// Pareto's distribution less its mean over its standard deviation: at least −0.45, with a long tail above.
    pub(crate) fn pareto(&mut self) -> f64 {
        let mean = EXPONENT / (EXPONENT - 1.0);
        let variance = EXPONENT / ((EXPONENT - 1.0).powi(2) * (EXPONENT - 2.0));
        (self.fraction().powf(-1.0 / EXPONENT) - mean) / variance.sqrt()
    }

    /// A Poisson number whose chance of zero is `zero`, by multiplication (Knuth 1969).
    pub(crate) fn poisson(&mut self, zero: f64) -> usize {
        let mut product = self.fraction();
        let mut count = 0;
        while product > zero {
            product *= self.fraction();
            count += 1;
        }
        count
    }
}
