//! Which part of a percentage flag a targeting key falls into.
//!
//! One rule: the answer is that of npm's `@openfeature/flagd-core` 4.0.1, for every key, and `tests/it/flags.rs` holds it to that.
//!
//! flagd hashes the flag's key followed by the targeting key (murmur3, seed 0), multiplies by the sum of the weights and takes the upper
//! 32 bits: a place below the sum, whatever it is. Weights are counted up in their order to that place.
//!
//! Implementations of flagd differ. Go's does the same over UTF-8 where JavaScript takes UTF-16: they agree on ASCII and not beyond.
//! PyPI's `openfeature-flagd-core` 2.0.0 follows the specification to come, which hashes the canonical CBOR of
//! `[flagKey, targetingKey]` (<https://github.com/open-feature/python-sdk-contrib/pull/415>), and agrees with neither. A list depends on
//! no hash: [`Flag::pinned`](super::Flag::pinned).

use super::{Share, murmur3_x86_32};

/// flagd refuses weights that add up to more than this, and answers with the default.
pub(super) const MAX_WEIGHT: u64 = i32::MAX.unsigned_abs() as u64;

/// The variant that a targeting key falls on, if any.
///
/// `None` where the share has no variant, where the targeting key is empty, and where the weights add up to nothing or to more
/// than 2³¹ − 1: flagd then answers with the flag's default.
pub fn pick<'s>(flag_key: &str, targeting_key: &str, shares: &'s [Share]) -> Option<&'s str> {
    let total: u64 = shares.iter().map(|share| u64::from(share.weight)).sum();
    if targeting_key.is_empty() || total > MAX_WEIGHT {
        return None;
    }
    let hash = murmur3_x86_32(flag_key.encode_utf16().chain(targeting_key.encode_utf16()), 0);
    let place = (u64::from(hash) * total) >> 32;
    let mut end = 0;
    for share in shares {
        end += u64::from(share.weight);
        if place < end {
            return share.variant.as_deref();
        }
    }
    None
}
