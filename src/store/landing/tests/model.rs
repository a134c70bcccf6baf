//! Random lives of a log beside what it promised: whatever fails and wherever it dies, each acknowledged record is applied
//! exactly once.

use super::*;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::SeedableRng as _;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug)]
enum Step {
    /// Records that are sent at once, with a key or without.
    Append(Vec<Option<u8>>),
    /// The applier does its work, up to so many segments, and removes the last of them or does not come to it.
    Apply {
        segments: usize,
        removes_last: bool,
    },
    Fault(Fault),
    Restart(Restart),
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Syncs(u32),
    SyncAndLength,
    Removal,
    Space(usize),
    ShortWrites(usize),
    /// The process dies after so many changes of the disk.
    Death(u32),
    None,
}

#[derive(Clone, Copy, Debug)]
enum Restart {
    Clean,
    ProcessDied,
    /// With the seed that decides what reaches the disk unasked.
    PowerFailed(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let restart = prop_oneof![
        Just(Restart::Clean),
        Just(Restart::ProcessDied),
        Just(Restart::PowerFailed(0)),
        (1..u64::MAX).prop_map(Restart::PowerFailed),
    ];
    let fault = prop_oneof![
        (1..3_u32).prop_map(Fault::Syncs),
        Just(Fault::SyncAndLength),
        Just(Fault::Removal),
        (0..300_usize).prop_map(Fault::Space),
        (1..50_usize).prop_map(Fault::ShortWrites),
        (1..12_u32).prop_map(Fault::Death),
        Just(Fault::None),
    ];
    let append = proptest::collection::vec(proptest::option::of(0..20_u8), 1..6).prop_map(Step::Append);
    let apply = (1..4_usize, any::<bool>());
    let step = prop_oneof![
        5 => append,
        2 => apply.prop_map(|(segments, removes_last)| Step::Apply { segments, removes_last }),
        2 => fault.prop_map(Step::Fault),
        2 => restart.prop_map(Step::Restart),
    ];
    proptest::collection::vec(step, 1..30)
}

/// What was promised, and the tables that the applier has brought rows into.
#[derive(Default)]
struct Promises {
    sent: u64,
    plain: BTreeSet<u64>,
    keys: BTreeSet<u8>,
    /// By the number of the segment, as a table's application transaction knows it.
    applied: BTreeMap<u64, Vec<Record>>,
}

impl Promises {
    async fn append(&mut self, landing: &Landing, keys: &[Option<u8>]) {
        let first = self.sent;
        self.sent += keys.len() as u64;
        let sending = keys.iter().zip(first..).map(|(key, id)| async move {
            let mut record = id.to_le_bytes().to_vec();
            record.resize(8 + (id * 37 % 90) as usize, id as u8);
            let result = match key {
                None => landing.append(record).await.map(|()| Outcome::Written),
                Some(key) => landing.append_once(delivery(&key.to_string()), record).await,
            };
            (*key, id, result)
        });
        for (key, id, result) in futures::future::join_all(sending).await {
            match (key, result) {
                (None, Ok(_)) => assert!(self.plain.insert(id)),
                (Some(key), Ok(Outcome::Written)) => {
                    assert!(self.keys.insert(key), "delivery {key} was promised before and is taken again");
                }
                // Taken, though its first sender may not have heard of it.
                (Some(key), Ok(Outcome::AlreadyThere)) => drop(self.keys.insert(key)),
                (_, Err(LandingError::Write { .. } | LandingError::Refused { .. })) => {}
                (_, Err(error)) => panic!("{error}"),
            }
        }
    }

    /// Brings segments into the tables; an error of the disk ends the work.
    async fn apply(&mut self, landing: &Landing, count: usize, removes_last: bool) -> Result<()> {
        let segments = landing.seal().await?;
        for (index, segment) in segments.iter().take(count).enumerate() {
            let records = segment.records()?.collect::<Result<Vec<Record>>>()?;
            let newest = self.applied.keys().next_back().copied().unwrap_or(0);
            if segment.number() <= newest {
                assert_eq!(self.applied.get(&segment.number()), Some(&records), "the same number, other records");
            } else {
                self.applied.insert(segment.number(), records);
            }
            if index + 1 < count.min(segments.len()) || removes_last {
                landing.remove(segment, day(1)).await?;
            }
        }
        Ok(())
    }

    fn check(&self) {
        let mut ids = BTreeSet::new();
        let mut keys = BTreeSet::new();
        for record in self.applied.values().flatten() {
            let id = u64::from_le_bytes(record.bytes[..8].try_into().unwrap());
            assert!(ids.insert(id), "record {id} is there twice");
            if let Some(delivery) = &record.delivery {
                assert!(keys.insert(delivery.key.parse().unwrap()), "delivery {} is there twice", delivery.key);
            }
        }
        assert!(self.plain.is_subset(&ids), "lost: {:?}", self.plain.difference(&ids));
        assert!(self.keys.is_subset(&keys), "lost: {:?}", self.keys.difference(&keys));
    }
}

fn inject(disk: &FakeDisk, fault: Fault) {
    let mut world = disk.world();
    match fault {
        Fault::Syncs(count) => world.failing_syncs = count,
        Fault::SyncAndLength => (world.failing_syncs, world.failing_lengths) = (1, 1),
        Fault::Removal => world.failing_removals = 1,
        Fault::Space(bytes) => world.space = Some(bytes),
        Fault::ShortWrites(bytes) => world.write_bytes = Some(bytes),
        Fault::Death(operations) => world.operations = Some(operations),
        // A process that is dead stays so.
        Fault::None if world.is_dead() => {}
        Fault::None => {
            (world.failing_syncs, world.failing_lengths, world.failing_removals) = (0, 0, 0);
            (world.space, world.write_bytes, world.operations) = (None, None, None);
        }
    }
}

fn restart(place: &Place, landing: Landing, restart: Restart) -> Landing {
    drop(landing);
    match restart {
        Restart::Clean if !place.disk.world().is_dead() => inject(&place.disk, Fault::None),
        Restart::Clean | Restart::ProcessDied => place.disk.process_died(),
        Restart::PowerFailed(0) => place.disk.power_failed(|| false),
        Restart::PowerFailed(seed) => {
            let mut chance = rand::rngs::ChaCha8Rng::seed_from_u64(seed);
            place.disk.power_failed(|| chance.random_bool(0.5));
        }
    }
    place.open()
}

async fn live(steps: Vec<Step>) {
    let mut place = Place::new();
    place.limits.segment_bytes = 400;
    let mut promises = Promises::default();
    let mut landing = place.open();
    for step in steps {
        match step {
            Step::Append(keys) => promises.append(&landing, &keys).await,
            Step::Apply { segments, removes_last } => {
                let result = promises.apply(&landing, segments, removes_last).await;
                assert!(matches!(result, Ok(()) | Err(LandingError::Store(StoreError::Io { .. }))), "{result:?}");
            }
            Step::Fault(fault) => inject(&place.disk, fault),
            Step::Restart(how) => landing = restart(&place, landing, how),
        }
    }
    landing = restart(&place, landing, Restart::PowerFailed(0));
    promises.append(&landing, &[None, Some(0), Some(1)]).await;
    promises.apply(&landing, usize::MAX, true).await.unwrap();
    promises.check();
    assert!(promises.keys.contains(&0) && promises.keys.contains(&1), "a log that was opened takes records");
    assert!(place.disk.sorted_names().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, rng_seed: RngSeed::Fixed(20_261_123), ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_each_acknowledged_record_is_applied_once(steps in steps()) {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(live(steps));
    }
}
