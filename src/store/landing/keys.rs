//! The deliveries whose records wait to be applied, in memory: 128 bits of hash a delivery.

use crate::store::Delivery;
use std::collections::{BTreeMap, HashSet};

/// A delivery's source and key as 128 bits.
pub(super) type KeyHash = [u8; 16];

/// The hashes of all deliveries in the segments that are not removed.
#[derive(Default)]
pub(super) struct Keys {
    all: HashSet<KeyHash>,
    by_segment: BTreeMap<u64, Vec<KeyHash>>,
}

impl Keys {
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    pub(super) fn contains(&self, key: &KeyHash) -> bool {
        self.all.contains(key)
    }

    pub(super) fn insert(&mut self, segment: u64, key: KeyHash) {
        self.all.insert(key);
        self.by_segment.entry(segment).or_default().push(key);
    }

    /// Drops the keys of one segment.
    pub(super) fn forget(&mut self, segment: u64) {
        for key in self.by_segment.remove(&segment).unwrap_or_default() {
            self.all.remove(&key);
        }
    }
}

/// The hash that stands for a delivery.
pub(super) fn hash(delivery: &Delivery) -> KeyHash {
    let mut hasher = blake3::Hasher::new();
    // The length keeps ("ab", "c") and ("a", "bc") apart.
    hasher.update(&(delivery.source.len() as u64).to_le_bytes());
    hasher.update(delivery.source.as_bytes()).update(delivery.key.as_bytes());
    let mut hash = [0; 16];
    hash.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    hash
}
