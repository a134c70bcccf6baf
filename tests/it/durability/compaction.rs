//! Compaction changes how many files a table has, and nothing that it says.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arrow::array::{BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use chrono::TimeDelta;
use datafusion::prelude::SessionContext;
use paceline::store::{Change, Compacted, Compaction, OVERWRITES};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::{Folder, TABLE, batch, sorted};

fn compacted(files_before: usize, files_after: usize, removed: usize) -> Option<Compacted> {
    Some(Compacted { table: TABLE.name, files_before, files_after, removed })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_becomes_one_file_and_a_short_log_with_all_its_marks() {
    let folder = Folder::new();
    folder.append("other", 7, 0..1).await;
    for version in 1..=98 {
        folder.append("vendor", version, 0..version as usize % 4 + 1).await;
    }
    // The table's creation is version 0, so that version 99 makes the checkpoint of a hundred versions.
    assert_eq!(folder.log("checkpoint.parquet").len(), 1);
    let rules = Compaction::default();
    assert_eq!(folder.store.compact(TABLE, &rules).await.unwrap(), None, "99 files are not many");
    folder.append("vendor", 99, 0..5).await;

    let (rows, open) = (folder.rows().await, folder.store.snapshot(TABLE).await.unwrap());
    assert_eq!(folder.store.compact(TABLE, &rules).await.unwrap(), compacted(100, 1, 0));
    assert_eq!(folder.store.compact(TABLE, &rules).await.unwrap(), None);
    assert!(folder.rows().await == rows);
    let old = SessionContext::new().read_table(Arc::new(open)).unwrap().collect().await.unwrap();
    assert!(sorted(&old) == rows, "who opened the table before reads on");
    for (application, newest) in [("vendor", 99), ("other", 7)] {
        assert!(folder.has(application, newest).await && !folder.has(application, newest + 1).await);
    }

    // Delta keeps the log of 30 days.
    for path in folder.log("") {
        age(&path, 31);
    }
    folder.append("vendor", 100, 0..2).await;
    assert!(
        folder.log("00000000000000000098.json").is_empty() && folder.log(".json").len() < 10,
        "{:?}",
        folder.log("")
    );
    folder.store.lock().unwrap();
    for (application, newest) in [("vendor", 100), ("other", 7)] {
        assert!(folder.has(application, newest).await && !folder.has(application, newest + 1).await);
    }
    assert_eq!(folder.rows().await.len(), rows.len() + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_removed_when_their_time_is_over() {
    let folder = Folder::new();
    for version in 1..=4 {
        folder.append("vendor", version, 0..3).await;
    }
    let whole = Change::Replace { column: "source", value: "vendor".to_owned() };
    folder.commit(&whole, "vendor", 5, batch("vendor", 0..9, 5)).await;
    let (old, young) = (folder.table().join("part-old.parquet"), folder.table().join("part-young.parquet"));
    for path in [&old, &young] {
        std::fs::write(path, "of a write that died").unwrap();
    }
    age(&old, 8);
    let (rows, version) = (folder.rows().await, folder.store.versions().unwrap());
    let rules = Compaction::default();
    assert_eq!(folder.store.compact(TABLE, &rules).await.unwrap(), compacted(1, 1, 1));
    assert!(!old.exists() && young.exists());
    assert_eq!(folder.files(".parquet").len(), 6, "four that were replaced, the table's, and the young one");
    let rules = Compaction { retention: TimeDelta::zero(), ..rules };
    assert_eq!(folder.store.compact(TABLE, &rules).await.unwrap(), compacted(1, 1, 5));
    assert_eq!(folder.store.compact(TABLE, &rules).await.unwrap(), None);
    assert_eq!(folder.files(".parquet").len(), 1);
    assert!(folder.rows().await == rows);
    assert_eq!(folder.store.versions().unwrap(), version, "no version comes from removing what is not in one");
}

fn age(path: &Path, days: u64) {
    let then =
        SystemTime::UNIX_EPOCH.max(path.metadata().unwrap().modified().unwrap() - Duration::from_hours(24 * days));
    std::fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
}

/// One write to a table.
#[derive(Clone, Debug)]
enum Write {
    Append(usize),
    Replace(usize),
    Upsert(usize, usize),
    Compact,
}

/// The rows, with the column that an upsert has beside the table's own.
fn overwriting(rows: &RecordBatch) -> RecordBatch {
    let mut fields = rows.schema().fields().to_vec();
    fields.push(Arc::new(Field::new(OVERWRITES, DataType::Boolean, false)));
    let mut columns = rows.columns().to_vec();
    columns.push(Arc::new(BooleanArray::from(vec![true; rows.num_rows()])));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

fn write() -> impl Strategy<Value = Write> {
    prop_oneof![
        4 => (0..40_usize).prop_map(Write::Append),
        1 => (0..10_usize).prop_map(Write::Replace),
        2 => (0..40_usize, 1..10_usize).prop_map(|(first, count)| Write::Upsert(first, count)),
        1 => Just(Write::Compact),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, rng_seed: RngSeed::Fixed(20_261_123), max_shrink_iters: 20, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_written_reads_the_same(writes in prop::collection::vec(write(), 3..12)) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (compacted, plain) = (Folder::new(), Folder::new());
            let rules = Compaction { small_files: 2, retention: TimeDelta::zero() };
            for (version, write) in (1..).zip(&writes) {
                // Appended rows are new ones; a row is upserted under a key that was appended, or not yet.
                let (change, rows) = match *write {
                    Write::Append(count) => (Change::Append, batch("vendor", version as usize * 100..version as usize * 100 + count, version)),
                    Write::Replace(count) => {
                        let change = Change::Replace { column: "source", value: "vendor".to_owned() };
                        (change, batch("vendor", 0..count, version))
                    }
                    Write::Upsert(first, count) => {
                        (Change::Upsert, overwriting(&batch("vendor", 100 + first..100 + first + count, version)))
                    }
                    Write::Compact => {
                        compacted.store.compact(TABLE, &rules).await.unwrap();
                        continue;
                    }
                };
                for folder in [&compacted, &plain] {
                    folder.commit(&change, "vendor", version, rows.clone()).await;
                }
            }
            compacted.store.compact(TABLE, &rules).await.unwrap();
            assert!(compacted.files(".parquet").len() <= 1, "{:?}", compacted.files(".parquet"));
            assert_eq!(compacted.rows().await, plain.rows().await);
        });
    }
}
