//! Uniform choices from random words. Written out here so that a later release of a library cannot change past draws.

use rand::Rng;

/// Shuffles in place from the end (Durstenfeld 1964).
pub(super) fn shuffle<R: Rng + ?Sized>(items: &mut [usize], rng: &mut R) {
    if items.iter().all(|item| *item == items[0]) {
        return;
    }
    for last in (1..items.len()).rev() {
        items.swap(last, below(last + 1, rng));
    }
}

/// The index of one of `weights` (at least one, all above zero), with probability proportional to it.
pub(super) fn pick<R: Rng + ?Sized>(weights: impl ExactSizeIterator<Item = f64> + Clone, rng: &mut R) -> usize {
    let last = weights.len() - 1;
    if last == 0 {
        return 0;
    }
    let mut left = fraction(rng) * weights.clone().sum::<f64>();
    for (index, weight) in weights.enumerate() {
        if left < weight {
            return index;
        }
        left -= weight;
    }
    last
}

/// Uniform on 0..`bound`.
#[expect(clippy::cast_possible_truncation, reason = "the remainder is below `bound`, which is a usize")]
fn below<R: Rng + ?Sized>(bound: usize, rng: &mut R) -> usize {
    let bound = bound as u64;
    loop {
        let word = rng.next_u64();
        // The largest multiple is above MAX − bound, which spares nearly all words a second division.
        if word <= u64::MAX - bound || word < u64::MAX - u64::MAX % bound {
            return (word % bound) as usize;
        }
    }
}

/// Uniform on [0, 1).
#[expect(clippy::cast_precision_loss, reason = "53 bits fit a f64 exactly")]
fn fraction<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}
