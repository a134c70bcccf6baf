//! A data folder that collects from a simulated vendor.

use arrow::util::display::ArrayFormatter;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use paceline::ambient::Ambient;
use paceline::collect::{Collecting, Patience, Report, Result, Silent};
use paceline::model;
use paceline::project::{Pipeline, PipelineKind, Project, Secret};
use paceline::query::{Engine, Scope};
use paceline::store::Store;
use std::sync::Arc;
use std::time::Duration;

pub const TOKEN: &str = "s3cret";

pub struct Folder {
    folder: tempfile::TempDir,
    pub store: Store,
}

impl Folder {
    pub fn new() -> Folder {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), TOKEN).unwrap();
        let store = Store::open(&folder.path().join("data")).unwrap();
        Folder { folder, store }
    }

    pub fn token() -> Secret {
        Secret::File("token".into())
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs a pipeline at this moment, and compares with the source where it is said to.
    pub async fn collect(&self, kind: PipelineKind, now: DateTime<Utc>, reconciles: bool) -> Result<Report> {
        let ambient = Ambient::fixed(now, "tests");
        let patience = Patience { failure: Duration::from_millis(10), limit: Duration::from_secs(1) };
        let mut collecting = Collecting::begin(&self.store, &ambient, &Silent)?;
        if reconciles {
            collecting = collecting.with_reconciliation();
        }
        let pipeline = Pipeline { name: "vendor".to_owned(), kind, every: None, embedded: false };
        collecting.with_patience(patience).run(&pipeline, self.folder.path()).await
    }

    /// The rows of a query; NULL is empty.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let engine = Engine::new(self.store.clone(), Arc::new(Project::load(self.folder.path()).unwrap()));
        let stream = engine.sql(&Scope::default(), sql).await.unwrap();
        let batches: Vec<arrow::array::RecordBatch> = stream.try_collect().await.unwrap();
        let mut rows = Vec::new();
        for batch in batches {
            let columns: Vec<_> = (batch.columns().iter())
                .map(|column| ArrayFormatter::try_new(column, &Default::default()).unwrap())
                .collect();
            rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|it| it.value(row).to_string()).collect()));
        }
        rows
    }

    /// The one number of a query.
    pub async fn count(&self, sql: &str) -> usize {
        self.rows(sql).await[0][0].parse().unwrap()
    }

    /// Every stored row of a table that is not deleted, one a line, in the order of its key. The random numbers of two folders
    /// are the same, and so are the ids of people.
    pub async fn dump(&self, table: &str) -> Vec<String> {
        let model = model::table(table).unwrap();
        let names: Vec<&str> = model.all_columns().map(|it| it.name).collect();
        let names: Vec<&str> = names.into_iter().filter(|it| !["deleted_at", "ingested_at"].contains(it)).collect();
        let (names, key) = (names.join(", "), model.key.join(", "));
        let sql = format!("SELECT {names} FROM stored.{table} WHERE deleted_at IS NULL ORDER BY {key}");
        self.rows(&sql).await.into_iter().map(|row| row.join("|")).collect()
    }

    /// Fails with the rows that only one of two folders has.
    pub async fn assert_equals(&self, other: &Folder, tables: &[&str]) {
        for table in tables {
            let (ours, theirs) = (self.dump(table).await, other.dump(table).await);
            let only = |one: &[String], other: &[String]| -> Vec<String> {
                one.iter().filter(|line| !other.contains(line)).cloned().collect()
            };
            let (left, right) = (only(&ours, &theirs), only(&theirs, &ours));
            assert!(ours == theirs, "{table}: only the one has {left:#?}, only the other {right:#?}");
        }
    }
}

/// Numbers that follow from a seed.
pub struct Chance(pub u64);

impl Chance {
    /// A number below `end`: <https://prng.di.unimi.it/splitmix64.c>.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}
