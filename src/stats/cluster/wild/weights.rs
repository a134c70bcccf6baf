//! The weights that a draw puts on clusters: mean 0, variance 1. The one rule: they are read off the words of the
//! generator here, so that a later release of a library cannot change past draws.

use rand::Rng;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WildWeights {
    /// −1 or 1 with equal probability.
    #[default]
    Rademacher,
    /// ±√½, ±1 or ±√1½ with equal probability (Webb 2014).
    Webb,
}

/// All vectors of signs, those with the first sign flipped left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignVectors {
    half: u64,
}

impl SignVectors {
    /// `None` when there are more than `limit` vectors of signs.
    pub(super) fn within(clusters: usize, limit: u128) -> Option<SignVectors> {
        let exponent = u32::try_from(clusters).ok()?;
        let half = 1_u64.checked_shl(exponent.checked_sub(1)?)?;
        (u128::from(half) * 2 <= limit).then_some(SignVectors { half })
    }

    /// Half the number of vectors of signs.
    pub(super) fn half(self) -> u64 {
        self.half
    }

    /// The first sign is always positive, the others are the bits of `index`.
    pub(super) fn fill(self, index: u64, vector: &mut [f64]) {
        let mut bits = index << 1;
        for sign in vector {
            *sign = if bits & 1 == 1 { -1.0 } else { 1.0 };
            bits >>= 1;
        }
    }
}

pub(super) struct WeightSource<R> {
    rng: R,
    weights: WildWeights,
    word: u64,
    bits_left: u32,
}

impl<R: Rng> WeightSource<R> {
    pub(super) fn new(rng: R, weights: WildWeights) -> WeightSource<R> {
        WeightSource { rng, weights, word: 0, bits_left: 0 }
    }

    pub(super) fn fill(&mut self, vector: &mut [f64]) {
        for weight in vector {
            *weight = match self.weights {
                WildWeights::Rademacher => self.sign(),
                WildWeights::Webb => self.webb(),
            };
        }
    }

    fn sign(&mut self) -> f64 {
        if self.bits(1) == 1 { -1.0 } else { 1.0 }
    }

    /// One of six; three bits that say 6 or 7 are drawn again.
    fn webb(&mut self) -> f64 {
        loop {
            let magnitude = match self.bits(3) {
                0 => -(1.5_f64.sqrt()),
                1 => -1.0,
                2 => -(0.5_f64.sqrt()),
                3 => 0.5_f64.sqrt(),
                4 => 1.0,
                5 => 1.5_f64.sqrt(),
                _ => continue,
            };
            return magnitude;
        }
    }

    fn bits(&mut self, count: u32) -> u64 {
        if self.bits_left < count {
            self.word = self.rng.next_u64();
            self.bits_left = u64::BITS;
        }
        let bits = self.word & ((1 << count) - 1);
        self.word >>= count;
        self.bits_left -= count;
        bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha20Rng;

    #[test]
    fn weights_have_mean_zero_and_variance_one() {
        for weights in [WildWeights::Rademacher, WildWeights::Webb] {
            let mut vector = vec![0.0; 60_000];
            WeightSource::new(ChaCha20Rng::from_seed([3; 32]), weights).fill(&mut vector);
            let mean = vector.iter().sum::<f64>() / 60_000.0;
            let square = vector.iter().map(|weight| weight * weight).sum::<f64>() / 60_000.0;
            // Four standard errors: of the mean 1/√60,000, of Webb's squares √(1/6)/√60,000.
            assert!(mean.abs() < 0.0164, "{weights:?} {mean}");
            assert!((square - 1.0).abs() < 0.0067, "{weights:?} {square}");
            let mut values: Vec<i64> = vector.iter().map(|weight| (weight * 1e6) as i64).collect();
            values.sort_unstable();
            values.dedup();
            assert_eq!(values.len(), if weights == WildWeights::Webb { 6 } else { 2 });
        }
    }

    #[test]
    fn sign_vectors_are_counted_against_the_limit() {
        assert_eq!(SignVectors::within(3, 8).unwrap().half(), 4);
        assert!(SignVectors::within(3, 7).is_none());
        assert!(SignVectors::within(0, 7).is_none());
        assert!(SignVectors::within(400, u128::MAX).is_none());
        let mut vector = [0.0; 3];
        let mut seen = Vec::new();
        for index in 0..4 {
            SignVectors { half: 4 }.fill(index, &mut vector);
            seen.push(vector.map(|sign| sign > 0.0));
        }
        seen.sort_unstable();
        seen.dedup();
        assert!(seen.len() == 4 && seen.iter().all(|signs| signs[0]));
    }
}
