//! Which component and which team something belonged to at a moment.
//!
//! One rule: what the catalog does not say for sure is unknown. Of several components that could be meant none is.
//!
//! The catalog is small and the files are many: it is read once for each session and looked up row by row, by functions that
//! views and analysts use alike.

mod functions;
mod index;
mod pattern;

use super::Scope;
use super::definitions::{Definitions, may_have_rows};
use super::views::{stored, within};
use crate::model::Table;
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use index::Index;
pub(super) use index::address_path;
use std::sync::Arc;

/// The columns of a table that the catalog answers, as (column, SQL over the row `t`).
type Columns = &'static [(&'static str, &'static str)];

/// The tables whose rows belong to components.
const ANSWERED: [(&str, Columns); 5] = [
    (
        "commit_files",
        &[
            ("component", "component_of_file(t.repository, t.path, t.committed_at)"),
            ("owning_team", "team_of_file(t.repository, t.path, t.committed_at)"),
        ],
    ),
    (
        "pull_requests",
        &[
            (
                "component",
                "coalesce(o.component, CASE WHEN o.source IS NULL THEN component_of_repository(t.repository, coalesce(t.created_at, t.first_commit_at, t.merged_at)) END)",
            ),
            (
                "owning_team",
                "coalesce(o.team, CASE WHEN o.source IS NULL THEN team_of_repository(t.repository, coalesce(t.created_at, t.first_commit_at, t.merged_at)) END)",
            ),
        ],
    ),
    (
        "builds",
        &[
            ("component", "component_of_repository(t.repository, t.started_at)"),
            ("owning_team", "team_of_repository(t.repository, t.started_at)"),
        ],
    ),
    (
        "deployments",
        &[
            (
                "component",
                "coalesce(component_of_service(t.service, t.started_at), component_of_repository(t.repository, t.started_at))",
            ),
            (
                "team",
                "coalesce(t.team, team_of_component(component_of_service(t.service, t.started_at), t.started_at), team_of_repository(t.repository, t.started_at))",
            ),
        ],
    ),
    (
        "incidents",
        &[
            ("component", "component_of_service(t.service, t.opened_at)"),
            ("team", "coalesce(t.team, team_of_component(component_of_service(t.service, t.opened_at), t.opened_at))"),
        ],
    ),
];

/// More than half of the files that a pull request changes decide, as with the home team of a person. Where nobody knows its
/// files it is not in this table.
const OF_PULL_REQUESTS: &str = "
WITH pulls AS (
    SELECT source, repository, number, merge_sha, coalesce(created_at, first_commit_at, merged_at) AS at
    FROM stored.pull_requests WHERE deleted_at IS NULL
), changed AS (
    SELECT p.source, p.repository, p.number, p.at, f.repository AS place, f.path
    FROM pulls p
    JOIN stored.pull_request_commits c ON c.source = p.source AND c.repository = p.repository AND c.pull_request = p.number
    JOIN stored.commit_files f ON f.sha = c.sha
    WHERE c.deleted_at IS NULL AND f.deleted_at IS NULL
    UNION
    SELECT p.source, p.repository, p.number, p.at, f.repository, f.path
    FROM pulls p JOIN stored.commit_files f ON f.sha = p.merge_sha
    WHERE f.deleted_at IS NULL
), files AS (
    SELECT source, repository, number, component_of_file(place, path, at) AS component, team_of_file(place, path, at) AS team
    FROM changed
), totals AS (
    SELECT source, repository, number, count(*) AS files FROM files GROUP BY source, repository, number
), components AS (
    SELECT source, repository, number, component, count(*) AS files
    FROM files WHERE component IS NOT NULL GROUP BY source, repository, number, component
), teams AS (
    SELECT source, repository, number, team, count(*) AS files
    FROM files WHERE team IS NOT NULL GROUP BY source, repository, number, team
)
SELECT t.source, t.repository, t.number, c.component, o.team
FROM totals t
LEFT JOIN components c ON c.source = t.source AND c.repository = t.repository AND c.number = t.number
    AND c.files * 2 > t.files
LEFT JOIN teams o ON o.source = t.source AND o.repository = t.repository AND o.number = t.number AND o.files * 2 > t.files";

/// The statement of a table of the schema of stored tables that is made here.
pub(super) fn sql_of(table: &str) -> Option<&'static str> {
    (table == "pull_requests_owned").then_some(OF_PULL_REQUESTS)
}

/// The catalog of one session.
#[derive(Clone, Copy)]
pub(super) struct Catalog {
    is_empty: bool,
}

/// Reads the catalog, registers the functions over it and defines what it says of pull requests.
pub(super) async fn register(
    session: &SessionContext,
    scope: &Scope,
    definitions: &mut Definitions,
) -> Result<Catalog> {
    let mut index = Index::default();
    if may_have_rows(session, stored("components")).await? || may_have_rows(session, stored("code_owners")).await? {
        index = Index::read(session, &within(&scope.teams)).await?;
    }
    let is_empty = index.is_empty();
    functions::register(session, &Arc::new(index));
    if !is_empty {
        definitions.asked("pull_requests_owned", OF_PULL_REQUESTS, &["commit_files"]);
    }
    Ok(Catalog { is_empty })
}

impl Catalog {
    /// The SQL of a column that the table has, where the catalog knows what a source does not say.
    pub fn instead(&self, table: &Table, column: &str) -> Option<String> {
        let (name, sql) = answered(table).iter().find(|(name, _)| *name == column && has(table, name))?;
        (!self.is_empty).then(|| format!("{sql} AS {name}"))
    }

    /// The further columns of a table, and the join they need. Without a catalog nothing is looked up.
    pub fn further(&self, table: &Table) -> (Vec<String>, &'static str) {
        let further = answered(table).iter().filter(|(name, _)| !has(table, name));
        let column = |(name, sql): &(&str, &str)| {
            if self.is_empty { format!("CAST(NULL AS VARCHAR) AS {name}") } else { format!("{sql} AS {name}") }
        };
        let join = if table.name == "pull_requests" && !self.is_empty {
            " LEFT JOIN stored.pull_requests_owned o ON o.source = t.source AND o.repository = t.repository AND o.number = t.number"
        } else {
            ""
        };
        (further.map(column).collect(), join)
    }
}

fn answered(table: &Table) -> Columns {
    ANSWERED.iter().find(|(name, _)| *name == table.name).map_or(&[], |(_, columns)| columns)
}

fn has(table: &Table, column: &str) -> bool {
    table.columns.iter().any(|it| it.name == column)
}
