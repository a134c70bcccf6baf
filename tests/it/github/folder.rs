//! A data folder that collects from a simulated GitHub.

use crate::github_world::server::Server;
use crate::github_world::server::app::TOKEN;
use crate::github_world::webhooks::Delivery;
use arrow::array::RecordBatch;
use futures::TryStreamExt;
use paceline::ambient::Ambient;
use paceline::collect::deliveries::{Deliveries, Letter};
use paceline::collect::github::Patience;
use paceline::collect::{Collecting, Report, Result, Silent};
use paceline::model;
use paceline::project::{Credential, GithubPipeline, GithubSource, Pipeline, PipelineKind, Project, Secret};
use paceline::query::{Engine, Scope};
use paceline::store::Store;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// What the collector fills.
pub const TABLES: [&str; 13] = [
    "repositories",
    "pull_requests",
    "pull_request_commits",
    "pull_request_events",
    "reviews",
    "review_comments",
    "tickets",
    "ticket_events",
    "builds",
    "build_jobs",
    "deployments",
    "deployment_statuses",
    "releases",
];

pub struct Folder {
    /// What is collected; where from is decided by the run.
    pub keys: GithubPipeline,
    folder: tempfile::TempDir,
    ambient: Ambient,
    store: Store,
}

impl Folder {
    pub fn new() -> Folder {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), TOKEN).unwrap();
        let store = Store::open(&folder.path().join("data")).unwrap();
        let now = "2026-03-01T12:00:00Z".parse().unwrap();
        let keys = GithubPipeline {
            from: GithubSource::Saved("answers".into()),
            repositories: vec!["acme/*".to_owned()],
            tickets: vec!["acme/*".to_owned()],
            since: None,
            leave_out: Vec::new(),
            webhook_secret: None,
        };
        Folder { keys, folder, ambient: Ambient::fixed(now, "tests"), store }
    }

    /// Runs the pipeline over everything of the organisation.
    pub async fn collect(&self, server: &Server) -> Result<Report> {
        self.run(api(server), false).await
    }

    /// Runs it over answers that were saved in the folder `answers`.
    pub async fn collect_saved(&self, answers: &[(String, Value)]) -> Result<Report> {
        let folder = self.folder.path().join("answers");
        std::fs::create_dir_all(&folder).unwrap();
        for (name, answer) in answers {
            std::fs::write(folder.join(name), answer.to_string()).unwrap();
        }
        self.run(GithubSource::Saved("answers".into()), false).await
    }

    /// Runs it, and compares the tables with the source.
    pub async fn reconcile(&self, server: &Server) -> Result<Report> {
        self.run(api(server), true).await
    }

    /// Takes deliveries as a door does, and brings them into the tables.
    pub async fn deliver(&self, server: &Server, sent: &[Delivery]) -> Result<()> {
        let deliveries = Deliveries::open(&self.store, [self.pipeline(api(server))])?;
        for it in sent {
            let (key, letter) = (it.guid.clone(), Letter { event: it.event, body: it.body.as_bytes() });
            let delivery =
                paceline::store::Delivery { source: "github".to_owned(), key, received_at: self.ambient.now() };
            deliveries.take(delivery, letter).await?;
        }
        let collecting = Collecting::begin(&self.store, &self.ambient, &Silent)?;
        collecting.with_deliveries(Some(&deliveries)).take_deliveries().await
    }

    async fn run(&self, from: GithubSource, reconciles: bool) -> Result<Report> {
        let pipeline = self.pipeline(from);
        let patience = Patience { failure: Duration::from_millis(10), limit: Duration::from_secs(1) };
        let mut collecting = Collecting::begin(&self.store, &self.ambient, &Silent)?;
        if reconciles {
            collecting = collecting.with_reconciliation();
        }
        collecting.with_patience(patience).run(&pipeline, self.folder.path()).await
    }

    fn pipeline(&self, from: GithubSource) -> Pipeline {
        let keys = GithubPipeline { from, ..self.keys.clone() };
        let kind = PipelineKind::Github(Box::new(keys));
        Pipeline { name: "github".to_owned(), kind, every: None, embedded: false }
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

    /// What was put aside, as place and reason.
    pub fn refused(&self) -> Vec<String> {
        let refused = self.store.state().unwrap().refused().unwrap();
        refused.into_iter().map(|it| format!("{}: {}", it.place, it.reason)).collect()
    }

    /// Fails with the rows that only one of two folders has.
    pub fn assert_equals(&self, other: &Folder, name: &str) {
        self.assert_equal_in(&TABLES, other, name);
    }

    /// Fails with the rows of these tables that only one of two folders has.
    pub fn assert_equal_in(&self, tables: &[&str], other: &Folder, name: &str) {
        for table in tables {
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

fn api(server: &Server) -> GithubSource {
    let credential = Credential::Token(Secret::File("token".into()));
    GithubSource::Api { url: server.url().to_owned(), credential }
}
