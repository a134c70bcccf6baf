//! Seeded draws from distributions with a known truth.

use rand::rngs::ChaCha20Rng;
use rand::{Rng, SeedableRng};

pub(super) struct Draws(ChaCha20Rng);

impl Draws {
    /// A stream of its own for each name.
    pub(super) fn new(name: &str) -> Draws {
        let mut seed = [0_u8; 32];
        for (place, byte) in name.bytes().enumerate() {
            seed[place % 32] = seed[place % 32].wrapping_mul(31).wrapping_add(byte);
        }
        Draws(ChaCha20Rng::from_seed(seed))
    }

    pub(super) fn many(&mut self, n: usize, mut draw: impl FnMut(&mut Draws) -> f64) -> Vec<f64> {
        (0..n).map(|_| draw(self)).collect()
    }

    /// From 0 to 1, both left out.
    pub(super) fn uniform(&mut self) -> f64 {
        ((self.0.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Box & Muller (1958).
    pub(super) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    pub(super) fn lognormal(&mut self) -> f64 {
        self.normal().exp()
    }

    pub(super) fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// By the waiting times between events.
    pub(super) fn poisson(&mut self, mean: f64) -> f64 {
        let (mut events, mut waited) = (0.0, self.exponential());
        while waited < mean {
            events += 1.0;
            waited += self.exponential();
        }
        events
    }
}
