//! What was acknowledged survives: power cuts, damaged logs, compaction.

mod compaction;
mod log;
pub mod machine;
mod power_cut;

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::util::display::array_value_to_string;
use paceline::model::adoption::TOOL_USAGE;
use paceline::model::{Kind, Table};
use paceline::store::{Change, Mark, Outcome, Store};

const TABLE: &Table = &TOOL_USAGE;

/// A data folder with one table that takes rows without any collector.
struct Folder {
    store: Store,
    _folder: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("data")).unwrap();
        // So that the folder is known as one of ours.
        drop((store.lock().unwrap(), store.state().unwrap()));
        Self { store, _folder: folder }
    }

    fn table(&self) -> PathBuf {
        self.store.root().join("tables").join(TABLE.name)
    }

    /// The files in the table's folder whose names end so, by name.
    fn files(&self, suffix: &str) -> Vec<PathBuf> {
        list(&self.table(), suffix)
    }

    fn log(&self, suffix: &str) -> Vec<PathBuf> {
        list(&self.table().join("_delta_log"), suffix)
    }

    async fn append(&self, application: &str, version: i64, rows: std::ops::Range<usize>) {
        self.commit(&Change::Append, application, version, batch("vendor", rows, version)).await;
    }

    async fn commit(&self, change: &Change, application: &str, version: i64, rows: RecordBatch) {
        let mark = mark(application, version);
        assert_eq!(self.store.commit(TABLE, change, &mark, vec![rows]).await.unwrap(), Outcome::Written);
    }

    async fn has(&self, application: &str, version: i64) -> bool {
        self.store.has(TABLE, &mark(application, version)).await.unwrap()
    }

    /// Every row with every column, sorted.
    async fn rows(&self) -> Vec<Vec<String>> {
        let names: Vec<&str> = TABLE.all_columns().map(|column| column.name).collect();
        sorted(&self.store.read(TABLE, &names).await.unwrap())
    }
}

fn list(folder: &std::path::Path, suffix: &str) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = paths.filter(|path| path.to_str().unwrap().ends_with(suffix)).collect();
    paths.sort();
    paths
}

fn mark(application: &str, version: i64) -> Mark {
    Mark { application: application.to_owned(), version }
}

/// Rows that say by their numbers who they are; every third value is NULL.
fn batch(source: &str, rows: std::ops::Range<usize>, moment: i64) -> RecordBatch {
    let columns = TABLE.all_columns().map(|column| -> ArrayRef {
        match (column.name, column.kind) {
            ("source", _) => Arc::new(StringArray::from(vec![source; rows.len()])),
            ("source_key", _) => Arc::new(StringArray::new_null(rows.len())),
            ("deleted_at", _) => Arc::new(TimestampMicrosecondArray::new_null(rows.len()).with_timezone("UTC")),
            ("updated_at" | "ingested_at", _) => {
                Arc::new(TimestampMicrosecondArray::from(vec![moment; rows.len()]).with_timezone("UTC"))
            }
            (name, Kind::Text) => {
                Arc::new(StringArray::from_iter_values(rows.clone().map(|row| format!("{name} {row}"))))
            }
            (_, Kind::Time) => {
                let times = rows.clone().map(|row| Some(row as i64 * 1_000_000));
                Arc::new(TimestampMicrosecondArray::from_iter(times).with_timezone("UTC"))
            }
            (_, Kind::Float) => {
                Arc::new(Float64Array::from_iter(rows.clone().map(|row| (row % 3 > 0).then_some(row as f64 / 7.0))))
            }
            (name, kind) => panic!("{name} is {kind:?}"),
        }
    });
    RecordBatch::try_new(TABLE.schema(), columns.collect()).unwrap()
}

fn sorted(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let row = |batch: &RecordBatch, row| -> Vec<String> {
        let text = |column: &ArrayRef| match column.is_null(row) {
            true => "NULL".to_owned(),
            false => format!("={}", array_value_to_string(column, row).unwrap()),
        };
        batch.columns().iter().map(text).collect()
    };
    let mut rows: Vec<Vec<String>> =
        batches.iter().flat_map(|batch| (0..batch.num_rows()).map(|index| row(batch, index))).collect();
    rows.sort();
    rows
}
