//! A data folder that collects from a simulated GitHub.

use crate::github_world::server::Server;
use crate::github_world::server::app::TOKEN;
use crate::github_world::webhooks::Delivery;
use arrow::array::RecordBatch;
use futures::TryStreamExt;
use paceline::ambient::Ambient;
use paceline::collect::Patience;
use paceline::collect::deliveries::{Deliveries, Letter};
use paceline::collect::{Collecting, Report, Result, Silent};
use paceline::model;
use paceline::project::{
    Credential, GithubPipeline, GithubSource, Pipeline, PipelineKind, Project, Secret, TeamsPipeline,
};
use paceline::query::{Engine, Scope};
use paceline::store::{Identity, IdentityKey, Store};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
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
            teams: Vec::new(),
            copilot: Vec::new(),
            since: None,
            leave_out: Vec::new(),
            webhook_secret: None,
        };
        Folder { keys, folder, ambient: Ambient::fixed(now, "tests"), store }
    }

    /// One that reads the teams of these organisations too.
    pub fn with_teams(organisations: &[&str]) -> Folder {
        let mut folder = Folder::new();
        folder.keys.teams = organisations.iter().map(|it| (*it).to_owned()).collect();
        folder
    }

    /// One that reads the organisation's use of Copilot too.
    pub fn with_copilot() -> Folder {
        let mut folder = Folder::new();
        folder.keys.copilot = vec!["acme".to_owned()];
        folder
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
        self.run_pipeline(&self.pipeline(from), reconciles).await
    }

    /// Reads a file of teams whose logins are accounts of the simulated GitHub.
    pub async fn collect_teams(&self, text: &str) -> Result<Report> {
        std::fs::write(self.folder.path().join("teams.toml"), text).unwrap();
        let kind = PipelineKind::Teams(TeamsPipeline::of("teams.toml", "127.0.0.1"));
        let pipeline = Pipeline { name: "people".to_owned(), kind, every: None, embedded: false };
        self.run_pipeline(&pipeline, false).await
    }

    async fn run_pipeline(&self, pipeline: &Pipeline, reconciles: bool) -> Result<Report> {
        let patience = Patience { failure: Duration::from_millis(10), limit: Duration::from_secs(1) };
        let mut collecting = Collecting::begin(&self.store, &self.ambient, &Silent)?;
        if reconciles {
            collecting = collecting.with_reconciliation();
        }
        collecting.with_patience(patience).run(pipeline, self.folder.path()).await
    }

    fn pipeline(&self, from: GithubSource) -> Pipeline {
        let keys = GithubPipeline { from, ..self.keys.clone() };
        let kind = PipelineKind::Github(Box::new(keys));
        Pipeline { name: "github".to_owned(), kind, every: None, embedded: false }
    }

    fn engine(&self) -> Engine {
        Engine::new(self.store.clone(), Arc::new(Project::load(self.folder.path()).unwrap()))
    }

    fn batches(&self, scope: &Scope, sql: &str) -> Vec<RecordBatch> {
        let engine = self.engine();
        let ask = async { engine.sql(scope, sql).await.unwrap().try_collect().await.unwrap() };
        std::thread::scope(|scope| {
            // The caller may be inside a runtime, where waiting is not allowed.
            scope.spawn(|| super::runtime().block_on(ask)).join().unwrap()
        })
    }

    /// The rows of a query; NULL is empty.
    pub fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        self.scoped_rows(&Scope::default(), sql)
    }

    /// The rows of a query on a page that shows one source.
    pub fn rows_of(&self, source: &str, sql: &str) -> Vec<Vec<String>> {
        self.scoped_rows(&self.engine().catalogue().unwrap().scope(Some(source)), sql)
    }

    fn scoped_rows(&self, scope: &Scope, sql: &str) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for batch in self.batches(scope, sql) {
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
        self.assert_equals_without(other, &BTreeSet::new(), name);
    }

    /// Like [`Folder::assert_equals`], when these accounts were deleted at GitHub meanwhile.
    ///
    /// GitHub names nobody in their place from then on, but tells no row again because of it. A row that is told again for
    /// another reason says nobody, the others keep whom they named. So here a deleted account counts as nobody, and all
    /// else must be equal: which account each person is, the name and address of a commit's author, and whose they are.
    pub fn assert_equals_without(&self, other: &Folder, deleted: &BTreeSet<i64>, name: &str) {
        self.assert_equal_in(&TABLES, other, deleted, name);
        let (ours, theirs) = (self.people(), other.people());
        for (number, person) in theirs {
            assert_eq!(ours.get(&number), Some(&person), "{name}: account {number}");
        }
    }

    /// Fails with the rows of these tables that only one of two folders has; see [`Folder::assert_equals_without`].
    pub fn assert_equal_in(&self, tables: &[&str], other: &Folder, deleted: &BTreeSet<i64>, name: &str) {
        for table in tables {
            let (ours, theirs) = (self.dump(table, deleted), other.dump(table, deleted));
            let only = |one: &[String], other: &[String]| -> Vec<String> {
                one.iter().filter(|line| !other.contains(line)).cloned().collect()
            };
            let (left, right) = (only(&ours, &theirs), only(&theirs, &ours));
            assert!(ours == theirs, "{name}: {table}: only the one has {left:#?}, only the other {right:#?}");
        }
    }

    /// Who is in which team now, with the share.
    pub fn members(&self) -> Vec<Vec<String>> {
        let words = self.words(&BTreeSet::new());
        let sql =
            "SELECT team, person_id, weight FROM stored.team_members WHERE valid_to IS NULL AND deleted_at IS NULL";
        let mut rows = self.rows(sql);
        for row in &mut rows {
            row[1] = words[&row[1]].clone();
        }
        rows.sort();
        rows
    }

    /// The time of an account in teams: the team without its organisation, from, to, share.
    pub fn history(&self, number: u64) -> Vec<Vec<String>> {
        let known = self.store.state().unwrap().identities().unwrap().into_iter();
        let number = Some(number.cast_signed());
        let mut known = known.filter(|it| it.2.key.number == number).map(|it| format!("'{}'", it.0));
        let id = known.next_back().unwrap_or_else(|| "NULL".to_owned());
        let sql = format!(
            "SELECT substr(team, 6), valid_from, valid_to, weight FROM stored.team_members
             WHERE person_id = {id} AND deleted_at IS NULL ORDER BY valid_from, team"
        );
        self.rows(&sql)
    }

    /// The person of each account that a row may name.
    pub fn people(&self) -> BTreeMap<i64, String> {
        let all = self.store.state().unwrap().identities().unwrap();
        all.into_iter().filter_map(|(_, person, identity)| Some((identity.key.number?, person))).collect()
    }

    /// What each identity is: an account by its number, a commit's author by name and address with the account. A login
    /// changes and may not be what a row knows somebody by.
    fn words(&self, deleted: &BTreeSet<i64>) -> BTreeMap<String, String> {
        let words = |Identity { key, account, .. }: Identity| {
            let number = account.and_then(|it| it.number).filter(|number| !deleted.contains(number));
            let account = number.map_or_else(String::new, |number| format!("account {number}"));
            match key {
                IdentityKey { number: Some(_), .. } => account,
                IdentityKey { login, .. } if !login.is_empty() => format!("login {login}"),
                IdentityKey { name, email, .. } => format!("{name} <{email}> {account}"),
            }
        };
        let all = self.store.state().unwrap().identities().unwrap();
        all.into_iter().map(|(id, _, identity)| (id, words(identity))).collect()
    }

    /// Every stored row of a table that is not deleted, one a line, in the order of its key.
    fn dump(&self, table: &str, deleted: &BTreeSet<i64>) -> Vec<String> {
        let model = model::table(table).unwrap();
        let columns: Vec<&model::Column> =
            model.all_columns().filter(|it| !["deleted_at", "ingested_at"].contains(&it.name)).collect();
        let names: Vec<&str> = columns.iter().map(|it| it.name).collect();
        let (names, key) = (names.join(", "), model.key.join(", "));
        let sql = format!("SELECT {names} FROM stored.{table} WHERE deleted_at IS NULL ORDER BY {key}");
        let words = self.words(deleted);
        let shown = |(column, cell): (&&model::Column, String)| match column.kind {
            model::Kind::Person if !cell.is_empty() => words[&cell].clone(),
            _ => cell,
        };
        let lines =
            self.rows(&sql).into_iter().map(|row| columns.iter().zip(row).map(shown).collect::<Vec<_>>().join("|"));
        lines.collect()
    }
}

fn api(server: &Server) -> GithubSource {
    let credential = Credential::Token(Secret::File("token".into()));
    GithubSource::Api { url: server.url().to_owned(), credential }
}
