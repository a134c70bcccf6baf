//! What follows from which commits were deployed when: what each deployment brought, when a pull request reached production,
//! which deployment failed, and which was made because of a failure.
//!
//! One rule: what cannot be known is said to be unknown and is never taken for the nearest thing that is known.
//!
//! A session derives all of it together, once and when somebody asks: reachability is no question for SQL, and who asks for one
//! row of it needs the others before it.

mod chain;
mod environment;
mod failures;
mod frontier;
mod graph;
mod pulls;
mod read;
mod rows;

use super::Scope;
use super::definitions::{Fill, Filled, may_have_rows};
use super::views::{stored, within};
use crate::model::Table;
use arrow::array::RecordBatch;
use chain::Commits;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use failures::Failures;
use read::{CommitRows, Read};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The tables that are registered here.
const TABLES: [&str; 4] =
    ["deployments_followed", "deployment_commits", "deployment_failures", "pull_requests_arrived"];

/// The tables that they follow from.
const READS: [&str; 14] = [
    "commits",
    "commit_files",
    "components",
    "component_owners",
    "code_owners",
    "deployments",
    "deployment_statuses",
    "incidents",
    "pull_requests",
    "pull_request_commits",
    "repositories",
    "teams",
    "team_members",
    "dependencies",
];

/// What a table that is registered here follows from.
pub(super) fn reads(stored: &str) -> Option<&'static [&'static str]> {
    TABLES.contains(&stored).then_some(&READS)
}

/// One table for each of [`TABLES`].
type Derived = [RecordBatch; TABLES.len()];

/// Registers the function over environments, and the tables, which are derived from the rows of a scope when one of them is
/// first read.
pub(super) async fn register(session: &SessionContext, scope: &Scope) -> Result<()> {
    environment::register(session);
    let is_any = may_have_rows(session, stored("deployments")).await?;
    let (sources, of_teams) = (within(&scope.sources), within(&scope.teams));
    let derived: Arc<OnceCell<Derived>> = Arc::default();
    for (position, (name, empty)) in TABLES.into_iter().zip(nothing()?).enumerate() {
        if !is_any {
            session.register_table(stored(name), Arc::new(EmptyTable::new(empty.schema())))?;
            continue;
        }
        let (derived, sources, of_teams) = (derived.clone(), sources.clone(), of_teams.clone());
        let fill: Fill = Arc::new(move |session| {
            let (derived, sources, of_teams) = (derived.clone(), sources.clone(), of_teams.clone());
            Box::pin(async move {
                let derived = derived.get_or_try_init(|| derive(&session, &sources, &of_teams)).await?;
                Ok(vec![derived[position].clone()])
            })
        });
        session.register_table(stored(name), Arc::new(Filled::new(empty.schema(), fill)))?;
    }
    Ok(())
}

async fn derive(session: &SessionContext, sources: &str, of_teams: &str) -> Result<Derived> {
    let read = Read::all(session, sources, of_teams).await?;
    let told = read.commits.told();
    let graph = graph::Graph::new(&told);
    let pulls = if told.is_empty() { Vec::new() } else { read::pulls(session, sources, &graph, &read).await? };
    let mut known = Known { commits: &read.commits, files: &read.files, is_awaited: vec![false; told.len()] };
    for commit in pulls.iter().filter_map(|pull| pull.commit) {
        known.is_awaited[commit as usize] = true;
    }
    let chains = chain::follow(&read.deployments, &graph, &known);
    let failures = Failures::new(&read.deployments, &chains.followed);
    let failed = failures.link(&read.incidents);
    let unplanned = failures.unplanned(&failed);
    let arrived = arrivals(&pulls, &chains.productions, &read.deployments, &known);
    Ok([
        rows::followed(&read.deployments, &chains.followed, &unplanned)?,
        rows::brought(&read.deployments, &read.commits, chains.brought)?,
        rows::failures(&read.deployments, &read.incidents, &failed)?,
        rows::arrived(&read.deployments, &arrived)?,
    ])
}

fn nothing() -> Result<Derived> {
    Ok([
        rows::followed(&[], &[], &BTreeMap::new())?,
        rows::brought(&[], &CommitRows::default(), Vec::new())?,
        rows::failures(&[], &[], &[])?,
        rows::arrived(&[], &[])?,
    ])
}

/// The pull requests of which it is known whether they have arrived, each asked of the services of its repository alone.
fn arrivals<'p>(
    pulls: &'p [pulls::Pull],
    productions: &[chain::Production],
    deployments: &[chain::Deployment],
    known: &Known<'_>,
) -> Vec<(&'p pulls::Pull, pulls::Arrived)> {
    let mut services: HashMap<u32, Vec<&chain::Production>> = HashMap::new();
    for production in productions {
        let places: BTreeSet<u32> = production.deployed.iter().map(|commit| known.place(*commit)).collect();
        for place in places {
            services.entry(place).or_default().push(production);
        }
    }
    let arrival = |pull: &'p pulls::Pull| {
        let of_repository = services.get(&known.place(pull.commit?))?;
        Some((pull, pulls::arrived(pull, of_repository, deployments, known)?))
    };
    pulls.iter().filter_map(arrival).collect()
}

/// What is known of a scope's pull requests before anything is derived.
#[derive(Default)]
pub(super) struct Delivery {
    /// Some may be known to have arrived, or to wait.
    may_arrive: bool,
    /// Sources that say themselves when their pull requests were deployed.
    telling: Vec<String>,
}

impl Delivery {
    /// What the view of a table has to know.
    pub async fn of(table: &Table, session: &SessionContext, scope: &Scope) -> Result<Delivery> {
        if table.name != "pull_requests" || !may_have_rows(session, stored(table.name)).await? {
            return Ok(Delivery::default());
        }
        let has_deployments = may_have_rows(session, stored("deployments")).await?;
        Ok(Delivery {
            may_arrive: has_deployments && may_have_rows(session, stored("commits")).await?,
            telling: read::telling(session, &within(&scope.sources)).await?,
        })
    }

    /// The SQL of a column that is told and derived both.
    pub fn instead(&self, table: &Table, column: &str) -> Option<&'static str> {
        match (table.name, column) {
            ("deployments", "is_rollback") => Some("coalesce(w.is_rollback, t.is_rollback) AS is_rollback"),
            ("pull_requests", "deployed_at") if self.may_arrive => {
                Some("coalesce(t.deployed_at, w.deployed_at) AS deployed_at")
            }
            _ => None,
        }
    }

    /// The further columns of a table and the join that they need.
    pub fn further(&self, table: &Table) -> (Vec<String>, &'static str) {
        match table.name {
            "deployments" => (FURTHER.map(str::to_owned).to_vec(), FOLLOWED),
            "pull_requests" => {
                let (derived, watched, join) = if self.may_arrive {
                    ("w.delivery", "coalesce(w.watched_source, t.source)", ARRIVED)
                } else {
                    ("NULL", "t.source", "")
                };
                // A source that says when its pull requests are deployed would say so of the others as well.
                let tells = within(&Some(self.telling.clone()));
                let delivery = format!(
                    "CASE WHEN t.deployed_at IS NOT NULL THEN 'deployed' WHEN t.merged_at IS NOT NULL
                     THEN coalesce({derived}, CASE WHEN true{tells} THEN 'waiting' ELSE 'unknown' END) END AS delivery"
                );
                (vec![delivery, format!("{watched} AS watched_source")], join)
            }
            _ => (Vec::new(), ""),
        }
    }
}

const FURTHER: [&str; 6] = [
    "is_production(t.environment) AS is_production",
    "w.previous_deployment_id",
    "w.copy_of_deployment_id",
    "coalesce(w.is_copy, false) AS is_copy",
    "w.history",
    "w.unplanned",
];
const FOLLOWED: &str = " LEFT JOIN stored.deployments_followed w
    ON w.source = t.source AND w.service = t.service AND w.deployment_id = t.deployment_id";
const ARRIVED: &str = " LEFT JOIN stored.pull_requests_arrived w
    ON w.source = t.source AND w.repository = t.repository AND w.number = t.number";

/// What is known of the commits of a graph, by their numbers.
struct Known<'r> {
    commits: &'r read::CommitRows,
    files: &'r read::Files,
    is_awaited: Vec<bool>,
}

impl Known<'_> {
    /// The repository that it is told of, by number.
    fn place(&self, commit: u32) -> u32 {
        self.commits.places[commit as usize]
    }
}

impl Commits for Known<'_> {
    fn committed(&self, commit: u32) -> i64 {
        self.commits.committed[commit as usize]
    }

    fn touches(&self, commit: u32, component: &str) -> Option<bool> {
        let sha = self.commits.sha(commit);
        Some(self.files.get(sha)?.contains(component))
    }

    fn is_awaited(&self, commit: u32) -> bool {
        self.is_awaited[commit as usize]
    }
}
