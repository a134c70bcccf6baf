//! A data folder that collects from a simulated API.

use arrow::array::RecordBatch;
use arrow::util::display::array_value_to_string;
use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use paceline::ambient::Ambient;
use paceline::collect::{Collecting, Patience, Report, Result, Silent};
use paceline::model;
use paceline::project::{Pipeline, PipelineKind, Project, Secret};
use paceline::query::{Engine, Scope};
use paceline::store::Store;
use std::sync::Arc;
use std::time::Duration;

pub struct ApiFolder {
    folder: tempfile::TempDir,
    store: Store,
}

impl ApiFolder {
    /// One that reads this token from a file.
    pub fn new(token: &str) -> ApiFolder {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), token).unwrap();
        let store = Store::open(&folder.path().join("data")).unwrap();
        ApiFolder { folder, store }
    }

    pub fn token() -> Secret {
        Secret::File("token".into())
    }

    /// Runs a pipeline, and compares with the source where it is said to.
    pub async fn collect(&self, kind: PipelineKind, now: DateTime<Utc>, reconciles: bool) -> Result<Report> {
        let ambient = Ambient::fixed(now, "tests");
        let patience = Patience { failure: Duration::from_millis(5), limit: Duration::from_secs(1) };
        let mut collecting = Collecting::begin(&self.store, &ambient, &Silent)?;
        if reconciles {
            collecting = collecting.with_reconciliation();
        }
        let pipeline = Pipeline { name: "forge".to_owned(), kind, every: None, embedded: false };
        collecting.with_patience(patience).run(&pipeline, self.folder.path()).await
    }

    /// Runs it a day later, so that it is compared by itself.
    pub async fn collect_next_day(&self, kind: PipelineKind, now: DateTime<Utc>) -> Result<Report> {
        self.collect(kind, now + TimeDelta::days(1), false).await
    }

    /// The rows of a query; NULL is empty.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let engine = Engine::new(self.store.clone(), Arc::new(Project::load(self.folder.path()).unwrap()));
        let stream = engine.sql(&Scope::default(), sql).await.unwrap();
        let batches: Vec<RecordBatch> = stream.try_collect().await.unwrap();
        let row = |batch: &RecordBatch, row| {
            batch.columns().iter().map(|column| array_value_to_string(column, row).unwrap()).collect()
        };
        batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |it| row(batch, it))).collect()
    }

    /// The one number of a query.
    pub async fn count(&self, sql: &str) -> usize {
        self.rows(sql).await[0][0].parse().unwrap()
    }

    /// Every stored row of a table that is not deleted, one a line, in the order of its key. The secrets of folders follow from
    /// the same seed, and so do the ids of people.
    pub async fn dump(&self, table: &str) -> Vec<String> {
        let model = model::table(table).unwrap();
        let names = model.all_columns().map(|it| it.name).filter(|it| !["deleted_at", "ingested_at"].contains(it));
        let (names, key) = (names.collect::<Vec<_>>().join(", "), model.key.join(", "));
        let sql = format!("SELECT {names} FROM stored.{table} WHERE deleted_at IS NULL ORDER BY {key}");
        self.rows(&sql).await.into_iter().map(|row| row.join("|")).collect()
    }

    /// Fails with the rows that only one of two folders has.
    pub async fn assert_equals(&self, other: &ApiFolder, tables: &[&str], what: &str) {
        for table in tables {
            let (ours, theirs) = (self.dump(table).await, other.dump(table).await);
            let only = |one: &[String], other: &[String]| -> Vec<String> {
                one.iter().filter(|line| !other.contains(line)).cloned().collect()
            };
            let (left, right) = (only(&ours, &theirs), only(&theirs, &ours));
            assert!(ours == theirs, "{what}: {table}: only the one has {left:#?}, only the other {right:#?}");
        }
    }
}
