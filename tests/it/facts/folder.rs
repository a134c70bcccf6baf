//! A data folder whose tables a test writes, and a project of few metrics.

use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Schema};
use chrono::{DateTime, Utc};
use paceline::model::{self, Kind, Table};
use paceline::project::Project;
use paceline::query::{Engine, Refreshed, Scope, Way};
use paceline::store::{Change, Compaction, Identity, IdentityKey, Mark, OVERWRITES, Origin, Store};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

pub const SECRET: [u8; 32] = [7; 32];

/// Facts of every kind of plan: of one table, of derived columns, grouped by the key, joined with another table or with parts, of no
/// entity, of phases, of what follows from other rows of the same table, of weeks, and of weeks beside what is of no week.
pub const METRICS: [(&str, &str); 14] = [
    (
        "cycle",
        "entity = \"pull_requests\"\nstatistic = \"median\"\n*/\nSELECT merged_at AS at, hours_between(first_commit_at, merged_at) AS value, \
         team, repository, number, source FROM pull_requests WHERE merged_at IS NOT NULL AND NOT is_bot",
    ),
    (
        "pickup",
        "entity = \"pull_requests\"\nstatistic = \"mean\"\n*/\nSELECT p.created_at AS at, hours_between(p.created_at, p.first_review_at) AS value, \
         p.review_comments, p.team, p.repository, p.number, p.source FROM pull_requests p",
    ),
    (
        "depth",
        "entity = \"reviews\"\nstatistic = \"mean\"\n*/\nSELECT submitted_at AS at, comments AS value, team, repository, pull_request, \
         review_id, source FROM reviews",
    ),
    (
        "failing",
        "entity = \"deployments\"\nstatistic = \"share\"\n*/\nSELECT d.finished_at AS at, count(i.incident_id) > 0 AS value, d.team, d.service, \
         d.deployment_id, d.source FROM deployments d LEFT JOIN incidents i ON i.service = d.service \
         AND i.deployment_id = d.deployment_id GROUP BY d.finished_at, d.team, d.service, d.deployment_id, d.source",
    ),
    (
        "answers",
        "entity = \"tickets\"\nstatistic = \"median\"\n*/\nSELECT opened_at AS at, hours_between(opened_at, first_response_at) AS value, \
         team, ticket_id, source FROM tickets",
    ),
    (
        "reviewed",
        "statistic = \"count\"\n*/\nSELECT r.submitted_at AS at, r.team, p.number FROM reviews r JOIN pull_requests p \
         ON p.repository = r.repository AND p.number = r.pull_request",
    ),
    (
        "phases",
        "entity = \"pull_requests\"\nstatistic = \"median\"\n*/\nSELECT merged_at AS at, cycle_hours AS value, review_cycles, is_reviewed, \
         team, repository, number, source FROM pull_request_phases WHERE merged_at IS NOT NULL AND NOT is_bot",
    ),
    (
        "lines",
        "entity = \"pull_requests\"\nstatistic = \"median\"\n*/\nSELECT merged_at AS at, lines AS value, team, repository, number, source \
         FROM pull_request_phases WHERE merged_at IS NOT NULL",
    ),
    (
        "waits",
        "entity = \"pull_requests\"\nstatistic = \"median\"\n*/\nSELECT merged_at AS at, deploy_wait_hours AS value, team, repository, \
         number, source FROM pull_request_phases WHERE merged_at IS NOT NULL",
    ),
    (
        "arriving",
        "entity = \"pull_requests\"\nstatistic = \"count\"\n*/\nSELECT merged_at AS at, delivery, watched_source, team, repository, number, \
         source FROM pull_requests",
    ),
    (
        "copies",
        "entity = \"deployments\"\nstatistic = \"share\"\n*/\nSELECT finished_at AS at, is_copy AS value, is_rollback, \
         previous_deployment_id, history, team, service, deployment_id, source FROM deployments",
    ),
    (
        "judged",
        "entity = \"pull_requests\"\nstatistic = \"mean\"\n*/\nSELECT p.merged_at AS at, count(r.review_id) AS value, min(r.team) AS by, \
         p.repository, p.number, p.source FROM pull_request_phases p LEFT JOIN reviews r ON r.source = p.source \
         AND r.repository = p.repository AND r.pull_request = p.number AND r.submitted_at >= p.ready_at \
         GROUP BY p.merged_at, p.repository, p.number, p.source",
    ),
    (
        "weekly",
        "statistic = \"ratio\"\n*/\nSELECT w.week AS at, coalesce(m.merged, 0) AS numerator, w.things AS denominator, w.first_at FROM ( \
         SELECT person, date_trunc('week', at) AS week, count(*) AS things, min(at) AS first_at FROM ( \
         SELECT author_id AS person, created_at AS at FROM pull_requests \
         UNION ALL SELECT reviewer_id, submitted_at FROM reviews \
         UNION ALL SELECT author_id, authored_at FROM commits) GROUP BY 1, 2) w LEFT JOIN ( \
         SELECT author_id AS person, date_trunc('week', merged_at) AS week, count(*) AS merged FROM pull_requests \
         WHERE merged_at IS NOT NULL GROUP BY 1, 2) m ON m.person = w.person AND m.week = w.week",
    ),
    (
        "yearly",
        "statistic = \"ratio\"\n*/\nSELECT w.week AS at, m.merged AS numerator, w.things AS denominator FROM ( \
         SELECT author_id AS person, date_trunc('week', created_at) AS week, count(*) AS things FROM pull_requests GROUP BY 1, 2) w \
         LEFT JOIN (SELECT author_id AS person, count(merged_at) AS merged FROM pull_requests GROUP BY 1) m ON m.person = w.person",
    ),
];

pub struct Folder {
    home: tempfile::TempDir,
    pub store: Store,
    pub engine: Engine,
    version: std::cell::Cell<i64>,
}

impl Folder {
    pub fn new() -> Folder {
        Folder::with(&METRICS)
    }

    pub fn with(metrics: &[(&str, &str)]) -> Folder {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(&home.path().join("data")).unwrap();
        let mut state = store.state().unwrap();
        for (source, kind) in [("app", "github"), ("desk", "zendesk")] {
            let origin = Origin { source: source.into(), kind: kind.into(), address: String::new(), simulated: false };
            state.put_origin(&origin).unwrap();
        }
        let people: Vec<Identity> = ["ann", "bob", "cyd"].map(identity).to_vec();
        state.put_identities(&SECRET, &people).unwrap();
        let project = project(&home.path().join("project"), metrics);
        let engine = Engine::new(store.clone(), Arc::new(project));
        Folder { home, store, engine, version: std::cell::Cell::new(0) }
    }

    /// The same data folder with other metrics.
    pub fn engine_of(&self, metrics: &[(&str, &str)]) -> Engine {
        self.engine_with(metrics, &[])
    }

    /// And with further files of the project.
    pub fn engine_with(&self, metrics: &[(&str, &str)], files: &[(&str, &str)]) -> Engine {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Engine::new(self.store.clone(), Arc::new(project(folder.path(), metrics)))
    }

    pub async fn append(&self, table: &str, rows: &[Value]) {
        self.commit(table, &Change::Append, rows, false).await;
    }

    pub async fn upsert(&self, table: &str, rows: &[Value]) {
        self.commit(table, &Change::Upsert, rows, true).await;
    }

    /// All rows of a source are exchanged for these.
    pub async fn replace(&self, table: &str, source: &str, rows: &[Value]) {
        self.commit(table, &Change::Replace { column: "source", value: source.to_owned() }, rows, false).await;
    }

    async fn commit(&self, table: &str, change: &Change, rows: &[Value], overwrites: bool) {
        self.version.set(self.version.get() + 1);
        let table = model::table(table).unwrap();
        let mark = Mark { application: "test".to_owned(), version: self.version.get() };
        self.store.commit(table, change, &mark, vec![batch(table, rows, overwrites)]).await.unwrap();
    }

    /// Rewrites a table into few files, and says that it is the same.
    pub async fn compact(&self, table: &str) {
        let rules = Compaction { small_files: 2, ..Compaction::default() };
        self.store.compact(model::table(table).unwrap(), &rules).await.unwrap();
    }

    /// How each metric's facts came to be up to date.
    pub async fn refresh(&self, wholly: bool) -> BTreeMap<String, Way> {
        ways(&self.engine.refresh(&Scope::default(), wholly).await.unwrap())
    }

    /// The files of a metric's facts with their inodes.
    pub fn files(&self, metric: &str) -> BTreeMap<String, u64> {
        use std::os::unix::fs::MetadataExt;
        let manifest = self.manifest(metric);
        let inode = |file: &str| self.facts().join(metric).join(file).metadata().unwrap().ino();
        let names = manifest["parts"].as_array().unwrap().iter().map(|part| part["file"].as_str().unwrap());
        names.map(|file| (file.to_owned(), inode(file))).collect()
    }

    pub fn manifest(&self, metric: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.facts().join(metric).join("facts.json")).unwrap()).unwrap()
    }

    /// Where the facts of the only scope are.
    pub fn facts(&self) -> PathBuf {
        let entries = std::fs::read_dir(self.home.path().join("data/facts")).unwrap();
        let mut scopes = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        let scope = scopes.next().unwrap();
        assert_eq!(scopes.next(), None);
        scope
    }

    pub async fn lines(&self, sql: &str) -> Vec<String> {
        lines(&self.engine, sql).await
    }
}

pub fn ways(refreshed: &[Refreshed]) -> BTreeMap<String, Way> {
    for it in refreshed {
        assert_eq!(it.error, None, "{}", it.metric);
    }
    refreshed.iter().map(|it| (it.metric.clone(), it.way)).collect()
}

/// The rows of a query, one a line, in order.
pub async fn lines(engine: &Engine, sql: &str) -> Vec<String> {
    let batches = engine.session(&Scope::default()).await.unwrap().sql(sql).await.unwrap().collect().await.unwrap();
    let mut lines = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let cells =
                batch.columns().iter().map(|column| arrow::util::display::array_value_to_string(column, row).unwrap());
            lines.push(cells.collect::<Vec<_>>().join(" "));
        }
    }
    lines
}

fn project(folder: &std::path::Path, metrics: &[(&str, &str)]) -> Project {
    std::fs::create_dir_all(folder.join("queries/test")).unwrap();
    for (name, text) in metrics {
        let text = format!(
            "/*\ntitle = \"T\"\nabout = \"A\"\nunit = \"hours\"\nbetter = \"lower\"\ndimensions = [\"team\"]\n{text}"
        );
        std::fs::write(folder.join(format!("queries/test/{name}.sql")), text).unwrap();
    }
    let mut project = Project::load(folder).unwrap();
    project.metrics.retain(|name, _| metrics.iter().any(|(own, _)| own == name));
    assert_eq!(project.metrics.len(), metrics.len());
    project
}

fn identity(login: &str) -> Identity {
    let key = IdentityKey { source: "app".into(), login: login.into(), ..IdentityKey::default() };
    Identity { key, canonical: (login.into(), String::new()), account: None, is_bot: false }
}

/// How tables call somebody.
pub fn id(login: &str) -> String {
    identity(login).key.id(&SECRET)
}

/// Rows by column name. What a row does not say is NULL, or dull where it must be something.
pub fn batch(table: &'static Table, rows: &[Value], overwrites: bool) -> RecordBatch {
    let schema = table.schema();
    let rows: Vec<&Map<String, Value>> = rows.iter().map(|row| row.as_object().unwrap()).collect();
    for row in &rows {
        for name in row.keys() {
            assert!(schema.index_of(name).is_ok(), "{} has no column {name}", table.name);
        }
    }
    let mut columns: Vec<ArrayRef> = table
        .all_columns()
        .map(|column| {
            let dull = match (column.required, column.kind) {
                (false, _) => Value::Null,
                (true, Kind::Text | Kind::Person) => json!("unset"),
                (true, Kind::Bool) => json!(false),
                (true, Kind::Int) => json!(0),
                (true, Kind::Float) => json!(0.0),
                (true, Kind::Time) => json!("2020-01-01T00:00:00Z"),
            };
            let values = rows.iter().map(|row| row.get(column.name).unwrap_or(&dull));
            let array: ArrayRef = match column.kind {
                Kind::Text | Kind::Person => Arc::new(values.map(Value::as_str).collect::<StringArray>()),
                Kind::Bool => Arc::new(values.map(Value::as_bool).collect::<BooleanArray>()),
                Kind::Int => Arc::new(values.map(Value::as_i64).collect::<Int64Array>()),
                Kind::Float => Arc::new(values.map(Value::as_f64).collect::<Float64Array>()),
                Kind::Time => {
                    let micros =
                        values.map(|value| Some(value.as_str()?.parse::<DateTime<Utc>>().unwrap().timestamp_micros()));
                    Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
                }
            };
            array
        })
        .collect();
    let mut fields = schema.fields().to_vec();
    if overwrites {
        fields.push(Arc::new(Field::new(OVERWRITES, DataType::Boolean, false)));
        columns.push(Arc::new(BooleanArray::from(vec![true; rows.len()])));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}
