//! Seeded draws from distributions with a known truth.

/// The generator SplitMix64 (Steele, Lea & Flood 2014): a few operations a number, since these are drawn by the million in
/// a build without optimisation.
pub(super) struct Draws(u64);

impl Draws {
    /// A stream of its own for each name.
    pub(super) fn new(name: &str) -> Draws {
        Draws(
            name.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)),
        )
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn many(&mut self, n: usize, mut draw: impl FnMut(&mut Draws) -> f64) -> Vec<f64> {
        (0..n).map(|_| draw(self)).collect()
    }

    /// From 0 to 1, both left out.
    pub(super) fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
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
