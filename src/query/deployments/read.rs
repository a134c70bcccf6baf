//! The stored rows that deployments are followed by.
//!
//! One rule: rows come in the order of their keys, so that the same tables give the same answer.

use super::chain::Deployment;
use super::failures::Incident;
use super::graph::{Graph, Told};
use super::pulls::Pull;
use crate::query::components::address_path;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// The components whose files a commit changes, by its object id; a commit without an entry is not known by its files.
pub(super) type Files = HashMap<String, BTreeSet<String>>;

/// Everything that is read.
#[derive(Default)]
pub(super) struct Read {
    pub deployments: Vec<Deployment>,
    pub incidents: Vec<Incident>,
    pub commits: CommitRows,
    pub files: Files,
}

/// Commits by number, in columns, since they are many.
#[derive(Default)]
pub(super) struct CommitRows {
    batches: Vec<RecordBatch>,
    /// Batch and row.
    rows: Vec<(u32, u32)>,
    pub committed: Vec<i64>,
    /// The repository of each, as a position in `repositories`.
    pub places: Vec<u32>,
    /// Source and repository.
    pub repositories: Vec<(String, String)>,
}

impl CommitRows {
    pub fn sha(&self, commit: u32) -> &str {
        let (batch, row) = self.rows[commit as usize];
        text(&self.batches[batch as usize], 0, row as usize).unwrap_or_default()
    }
}

const DEPLOYMENTS: &str = "SELECT t.source, t.service, t.deployment_id, t.environment, t.sha, t.status, t.fixes_incident_id,
    component_of_service(t.service, t.started_at) AS called, component_of_repository(t.repository, t.started_at) AS built,
    t.started_at, coalesce(t.finished_at, d.finished_at) AS finished_at, t.is_rollback
    FROM stored.deployments t LEFT JOIN stored.deployments_derived d
    ON d.source = t.source AND d.service = t.service AND d.deployment_id = t.deployment_id WHERE t.deleted_at IS NULL";
const FOLDERS: &str = "SELECT DISTINCT t.entity FROM stored.components t
    WHERE t.deleted_at IS NULL AND t.path IS NOT NULL AND t.path <> ''";
const INCIDENTS: &str =
    "SELECT t.source, t.incident_id, t.service, component_of_service(t.service, t.opened_at) AS component,
    t.deployment_id, t.opened_at, t.resolved_at FROM stored.incidents t WHERE t.deleted_at IS NULL";
const COMMITS: &str = "SELECT t.sha, t.parent_shas, t.source, t.repository, t.committed_at, t.parents
    FROM stored.commits t WHERE t.deleted_at IS NULL";
const FILES: &str = "SELECT DISTINCT t.sha, component_of_file(t.repository, t.path, t.committed_at) AS component
    FROM stored.commit_files t WHERE t.deleted_at IS NULL";
/// One that it has deleted since was told of as well.
const TELLING: &str = "SELECT DISTINCT t.source FROM stored.pull_requests t WHERE t.deployed_at IS NOT NULL";
const PULLS: &str = "SELECT t.source, t.repository, t.merge_sha, t.number, t.merged_at
    FROM stored.pull_requests t WHERE t.deleted_at IS NULL AND t.merged_at IS NOT NULL";
const PULL_COMMITS: &str = "SELECT t.source, t.repository, t.sha, t.pull_request
    FROM stored.pull_request_commits t WHERE t.deleted_at IS NULL";
const REPOSITORIES: &str = "SELECT t.repository, t.origin FROM stored.repositories t
    WHERE t.deleted_at IS NULL AND t.origin IS NOT NULL";

impl Read {
    /// Reads the rows of the sources and of the catalog's sources that conditions on `t` choose. Commits are read only where the
    /// commit of a successful deployment is told, and files only where a service is a folder of a repository.
    pub async fn all(session: &SessionContext, within: &str, of_teams: &str) -> Result<Read> {
        let mut read = Read::default();
        let mut folders: BTreeSet<String> = BTreeSet::new();
        for batch in ask(session, FOLDERS, of_teams, "t.entity").await? {
            folders.extend((0..batch.num_rows()).filter_map(|row| owned(&batch, 0, row)));
        }
        for batch in ask(session, DEPLOYMENTS, within, "t.source, t.service, t.deployment_id").await? {
            read.deployments.extend((0..batch.num_rows()).map(|row| deployment(&batch, row, &folders)));
        }
        for batch in ask(session, INCIDENTS, within, "t.source, t.incident_id").await? {
            read.incidents.extend((0..batch.num_rows()).map(|row| incident(&batch, row)));
        }
        if !read.deployments.iter().any(|it| it.is_success && it.sha.is_some()) {
            return Ok(read);
        }
        read.commits = CommitRows::new(ask(session, COMMITS, within, "t.source, t.repository").await?);
        if read.deployments.iter().any(|it| it.folder.is_some()) {
            for batch in ask(session, FILES, within, "1, 2").await? {
                for row in 0..batch.num_rows() {
                    let Some(sha) = owned(&batch, 0, row) else { continue };
                    read.files.entry(sha).or_default().extend(owned(&batch, 1, row));
                }
            }
        }
        Ok(read)
    }
}

/// Sources that say themselves when their pull requests were deployed.
pub(super) async fn telling(session: &SessionContext, within: &str) -> Result<Vec<String>> {
    let mut telling = Vec::new();
    for batch in ask(session, TELLING, within, "t.source").await? {
        telling.extend((0..batch.num_rows()).filter_map(|row| owned(&batch, 0, row)));
    }
    Ok(telling)
}

/// Reads merged pull requests with the commits that they became: what the source says, or else what the repository's own history
/// says that the number became. Their commits before the merge are read where files are asked for.
pub(super) async fn pulls(session: &SessionContext, within: &str, graph: &Graph<'_>, read: &Read) -> Result<Vec<Pull>> {
    let mut names: HashMap<String, String> = HashMap::new();
    for batch in ask(session, REPOSITORIES, within, "t.source, t.repository").await? {
        for row in 0..batch.num_rows() {
            let path = text(&batch, 1, row).and_then(address_path);
            names.extend(text(&batch, 0, row).map(str::to_lowercase).zip(path));
        }
    }
    let mut pulls: Vec<Pull> = Vec::new();
    for batch in ask(session, PULLS, within, "t.source, t.repository, t.number").await? {
        for row in 0..batch.num_rows() {
            let shared = |column: usize, before: Option<&Arc<str>>| {
                let word = text(&batch, column, row).unwrap_or_default();
                before.filter(|it| &***it == word).cloned().unwrap_or_else(|| word.into())
            };
            let (source, repository) = {
                let last = pulls.last();
                (shared(0, last.map(|pull| &pull.source)), shared(1, last.map(|pull| &pull.repository)))
            };
            let commit = text(&batch, 2, row).and_then(|sha| graph.number(sha));
            let (number, merged) = (int(&batch, 3, row), time(&batch, 4, row).unwrap_or_default());
            let pull = Pull { source, repository, number, merged, commit, commits: Vec::new() };
            pulls.push(pull);
        }
    }
    if pulls.iter().any(|pull| pull.commit.is_none()) {
        recognise(&mut pulls, &names);
    }
    if !read.files.is_empty() {
        let order = "t.source, t.repository, t.pull_request, t.sha";
        for batch in ask(session, PULL_COMMITS, within, order).await? {
            for row in 0..batch.num_rows() {
                let [source, repository, sha] = [0, 1, 2].map(|column| text(&batch, column, row).unwrap_or_default());
                let this = (source, repository, int(&batch, 3, row));
                let place = pulls.binary_search_by(|it| (&*it.source, &*it.repository, it.number).cmp(&this));
                if let (Ok(place), Some(commit)) = (place, graph.number(sha)) {
                    pulls[place].commits.push(commit);
                }
            }
        }
    }
    Ok(pulls)
}

/// Gives pull requests without a commit that of the same number of the same repository, whatever tells of it. `names` are the
/// paths of the addresses that repositories are cloned from.
fn recognise(pulls: &mut [Pull], names: &HashMap<String, String>) {
    let key = |pull: &Pull| {
        let name = pull.repository.to_lowercase();
        (names.get(&name).cloned().unwrap_or(name), pull.number)
    };
    let mut became: HashMap<(String, i64), u32> = HashMap::new();
    for pull in pulls.iter() {
        if let Some(commit) = pull.commit {
            became.entry(key(pull)).or_insert(commit);
        }
    }
    for pull in pulls.iter_mut().filter(|pull| pull.commit.is_none()) {
        pull.commit = became.get(&key(pull)).copied();
    }
}

async fn ask(session: &SessionContext, sql: &str, within: &str, order: &str) -> Result<Vec<RecordBatch>> {
    session.sql(&format!("{sql}{within} ORDER BY {order}")).await?.collect().await
}

impl CommitRows {
    /// The commits as a graph is made of them.
    pub fn told(&self) -> Vec<Told<'_>> {
        let one = |(batch, row): &(u32, u32)| {
            let (batch, row) = (&self.batches[*batch as usize], *row as usize);
            Told {
                sha: text(batch, 0, row).unwrap_or_default(),
                parents: text(batch, 1, row),
                count: int(batch, 5, row),
            }
        };
        self.rows.iter().map(one).collect()
    }

    fn new(batches: Vec<RecordBatch>) -> CommitRows {
        let mut commits = CommitRows::default();
        for (number, batch) in batches.iter().enumerate() {
            for row in 0..batch.num_rows() {
                let place = [2, 3].map(|column| text(batch, column, row).unwrap_or_default());
                let is_same = |known: &(String, String)| [known.0.as_str(), known.1.as_str()] == place;
                // Rows come in the order of repositories.
                if !commits.repositories.last().is_some_and(is_same) {
                    commits.repositories.push((place[0].to_owned(), place[1].to_owned()));
                }
                commits.rows.push((number as u32, row as u32));
                commits.committed.push(time(batch, 4, row).unwrap_or_default());
                commits.places.push(commits.repositories.len() as u32 - 1);
            }
        }
        commits.batches = batches;
        commits
    }
}

fn deployment(batch: &RecordBatch, row: usize, folders: &BTreeSet<String>) -> Deployment {
    let [source, service, id, environment, sha, status, fixes, called, built] =
        std::array::from_fn(|column| owned(batch, column, row));
    Deployment {
        source: source.unwrap_or_default(),
        service: service.unwrap_or_default(),
        id: id.unwrap_or_default(),
        environment: environment.unwrap_or_default(),
        sha: sha.filter(|sha| !sha.is_empty()),
        is_success: status.as_deref() == Some("success"),
        started: time(batch, 9, row).unwrap_or_default(),
        finished: time(batch, 10, row),
        is_rollback: batch.column(11).as_boolean().value(row),
        fixes,
        folder: called.clone().filter(|component| folders.contains(component)),
        component: called.or(built),
    }
}

fn incident(batch: &RecordBatch, row: usize) -> Incident {
    let [source, id, service, component, deployment] = std::array::from_fn(|column| owned(batch, column, row));
    Incident {
        source: source.unwrap_or_default(),
        id: id.unwrap_or_default(),
        service,
        component,
        deployment,
        opened: time(batch, 5, row).unwrap_or_default(),
        resolved: time(batch, 6, row),
    }
}

fn text(batch: &RecordBatch, column: usize, row: usize) -> Option<&str> {
    let column = batch.column(column);
    if column.is_null(row) {
        return None;
    }
    let plain = column.as_string_opt::<i32>().map(|texts| texts.value(row));
    plain.or_else(|| column.as_string_view_opt().map(|texts| texts.value(row)))
}

fn owned(batch: &RecordBatch, column: usize, row: usize) -> Option<String> {
    text(batch, column, row).map(str::to_owned)
}

fn int(batch: &RecordBatch, column: usize, row: usize) -> i64 {
    batch.column(column).as_primitive::<Int64Type>().value(row)
}

fn time(batch: &RecordBatch, column: usize, row: usize) -> Option<i64> {
    let times = batch.column(column).as_primitive::<TimestampMicrosecondType>();
    times.is_valid(row).then(|| times.value(row))
}
