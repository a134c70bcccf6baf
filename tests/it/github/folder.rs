//! A data folder that collects from a simulated GitHub.

use crate::github_world::server::Server;
use crate::github_world::server::app::TOKEN;
use arrow::array::RecordBatch;
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use paceline::ambient::Ambient;
use paceline::collect::github::Patience;
use paceline::collect::{Collecting, Report, Result, Silent};
use paceline::model;
use paceline::project::{
    Credential, GithubList, GithubPipeline, GithubSource, Pipeline, PipelineKind, Project, Secret,
};
use paceline::query::{Engine, Scope};
use paceline::store::Store;
use std::sync::Arc;
use std::time::Duration;

/// What the collector fills.
pub const TABLES: [&str; 11] = [
    "repositories",
    "pull_requests",
    "pull_request_commits",
    "pull_request_events",
    "reviews",
    "review_comments",
    "builds",
    "build_jobs",
    "deployments",
    "deployment_statuses",
    "releases",
];

pub struct Folder {
    folder: tempfile::TempDir,
    ambient: Ambient,
    store: Store,
    /// What the pipeline leaves out.
    pub leave_out: Vec<GithubList>,
    pub since: Option<DateTime<Utc>>,
}

impl Folder {
    pub fn new() -> Folder {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), TOKEN).unwrap();
        let store = Store::open(&folder.path().join("data")).unwrap();
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let ambient = Ambient::fixed(now, "tests");
        Folder { folder, ambient, store, leave_out: Vec::new(), since: None }
    }

    /// Runs the pipeline over everything of the organisation.
    pub async fn collect(&self, server: &Server) -> Result<Report> {
        self.run(server, false).await
    }

    /// Runs it, and compares the tables with the source.
    pub async fn reconcile(&self, server: &Server) -> Result<Report> {
        self.run(server, true).await
    }

    async fn run(&self, server: &Server, reconciles: bool) -> Result<Report> {
        let credential = Credential::Token(Secret::File("token".into()));
        let keys = GithubPipeline {
            from: GithubSource::Api { url: server.url().to_owned(), credential },
            repositories: vec!["acme/*".to_owned()],
            tickets: Vec::new(),
            since: self.since,
            leave_out: self.leave_out.clone(),
            webhook_secret: None,
        };
        let kind = PipelineKind::Github(Box::new(keys));
        let pipeline = Pipeline { name: "github".to_owned(), kind, every: None, embedded: false };
        let patience = Patience { failure: Duration::from_millis(10), limit: Duration::from_secs(1) };
        let mut collecting = Collecting::begin(&self.store, &self.ambient, &Silent)?;
        if reconciles {
            collecting = collecting.with_reconciliation();
        }
        collecting.with_patience(patience).run(&pipeline, self.folder.path()).await
    }

    fn batches(&self, sql: &str) -> Vec<RecordBatch> {
        let project = Arc::new(Project::load(self.folder.path()).unwrap());
        let engine = Engine::new(self.store.clone(), project);
        let ask = async { engine.sql(&Scope::default(), sql).await.unwrap().try_collect().await.unwrap() };
        std::thread::scope(|scope| {
            // The caller may be inside a runtime, where waiting is not allowed.
            scope.spawn(|| super::runtime().block_on(ask)).join().unwrap()
        })
    }

    /// The rows of a query; NULL is empty.
    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for batch in self.batches(sql) {
            let columns: Vec<_> = (batch.columns().iter())
                .map(|column| arrow::util::display::ArrayFormatter::try_new(column, &Default::default()).unwrap())
                .collect();
            rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|it| it.value(row).to_string()).collect()));
        }
        rows
    }

    /// Fails with the rows that only one of two folders has.
    pub fn assert_equals(&self, other: &Folder, name: &str) {
        for table in TABLES {
            let (ours, theirs) = (self.dump(table), other.dump(table));
            let only = |one: &[String], other: &[String]| -> Vec<String> {
                one.iter().filter(|line| !other.contains(line)).cloned().collect()
            };
            let (left, right) = (only(&ours, &theirs), only(&theirs, &ours));
            assert!(ours == theirs, "{name}: {table}: only the one has {left:#?}, only the other {right:#?}");
        }
    }

    /// Every stored row of a table that is not deleted, one a line, in the order of its key. People are left out: when an
    /// account gets another login or is deleted, GitHub names another author in every row without a new version of any.
    fn dump(&self, table: &str) -> Vec<String> {
        let model = model::table(table).unwrap();
        let is_shown =
            |it: &&model::Column| it.kind != model::Kind::Person && !["deleted_at", "ingested_at"].contains(&it.name);
        let names: Vec<&str> = model.all_columns().filter(is_shown).map(|it| it.name).collect();
        let (names, key) = (names.join(", "), model.key.join(", "));
        let sql = format!("SELECT {names} FROM stored.{table} WHERE deleted_at IS NULL ORDER BY {key}");
        self.rows(&sql).into_iter().map(|row| row.join("|")).collect()
    }
}
