//! The canonical tables as views over the stored ones: identities resolved to people, people to the team of that moment.

use super::boundaries::{self, Derivation};
use super::calendar;
use super::components::{self, Catalog};
use super::definitions::Definitions;
use super::deployments::{self, Delivery};
use super::engineer_weeks;
use super::lineage;
use super::links;
use super::pull_request_phases;
use super::tool_weeks;
use super::topics;
use super::{Roster, Scope};
use crate::model::{self, Kind, Table};
use crate::project::Topics;
use crate::store::Identity;
use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use datafusion::common::TableReference;
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use std::sync::Arc;

/// The schema of the tables as they lie on disk.
pub(super) const STORED: &str = "stored";

/// Tables whose rows belong to one person's team: the person's column and the moment that decides the team.
const PERSONAL: [(&str, &str, &str); 5] = [
    ("commits", "author_id", "authored_at"),
    ("pull_requests", "author_id", "coalesce(t.created_at, t.first_commit_at, t.merged_at)"),
    ("reviews", "reviewer_id", "submitted_at"),
    ("tickets", "requester_id", "opened_at"),
    ("assistant_questions", "asker_id", "asked_at"),
];

/// The column of a table that says whose its rows are.
pub fn person_of(table: &str) -> Option<&'static str> {
    PERSONAL.iter().find(|(name, _, _)| *name == table).map(|(_, person, _)| *person)
}

/// The home team is the one that has more than half of the person. A person has one at a time, whatever the sources say, so
/// that no row is doubled: a membership ends at the latest when the next begins.
const HOMES: &str = "SELECT person_id, team, valid_from,
    least(valid_to, lead(valid_from) OVER (PARTITION BY person_id ORDER BY valid_from, team)) AS valid_to
    FROM team_members WHERE weight > 0.5";

/// How a person is split between teams at a time, where it is in several: `core=0.4 edge=0.6`.
const SHARES: &str = "SELECT c.person_id, c.valid_from, c.valid_to,
    array_to_string(array_agg(concat(m.team, '=', m.weight) ORDER BY m.team), ' ') AS team_shares
    FROM (
        SELECT person_id, at AS valid_from, lead(at) OVER (PARTITION BY person_id ORDER BY at) AS valid_to
        FROM (SELECT person_id, valid_from AS at FROM team_members
              UNION SELECT person_id, valid_to FROM team_members WHERE valid_to IS NOT NULL)
    ) c
    JOIN team_members m ON m.person_id = c.person_id AND m.valid_from <= c.valid_from AND m.weight > 0
         AND (m.valid_to > c.valid_from OR m.valid_to IS NULL)
    GROUP BY c.person_id, c.valid_from, c.valid_to
    HAVING count(*) > 1";

/// Contents that are shared by all sources, because the same bytes have the same object id.
const SHARED: [&str; 2] = ["blobs", "functions"];

/// Tables about the organisation and not about what a source holds beside them.
pub(super) const TEAMS: [&str; 9] = [
    "teams",
    "team_members",
    "team_calendars",
    "team_changes",
    "components",
    "component_owners",
    "dependencies",
    "code_owners",
    "check_results",
];

/// Which status a ticket was in from when to when: from its opening the one that its first change of status names as former, or
/// without any change the one it has; from each change the one that it names. The last interval has no end. The table's word
/// for a status is the one that tickets in it have at present, where they agree.
const TICKET_STATUSES: &str = "
WITH changes AS (
    SELECT e.source, e.ticket_id, e.from_value, e.to_value, e.happened_at,
           row_number() OVER (PARTITION BY e.source, e.ticket_id
                              ORDER BY e.happened_at, character_length(e.event_id), e.event_id) AS nth
    FROM ticket_events e WHERE e.field = 'status'
), begun AS (
    SELECT t.source, t.ticket_id, t.team, CASE WHEN c.nth IS NULL THEN t.status ELSE c.from_value END AS status,
           t.opened_at AS valid_from, CAST(0 AS BIGINT UNSIGNED) AS nth
    FROM tickets t LEFT JOIN changes c ON c.source = t.source AND c.ticket_id = t.ticket_id AND c.nth = 1
    UNION ALL
    SELECT t.source, t.ticket_id, t.team, c.to_value, c.happened_at, c.nth
    FROM tickets t JOIN changes c ON c.source = t.source AND c.ticket_id = t.ticket_id
), states AS (
    SELECT source, status, min(state) AS state FROM tickets WHERE state IS NOT NULL
    GROUP BY source, status HAVING count(DISTINCT state) = 1
), intervals AS (
    SELECT b.*, lead(b.valid_from) OVER (PARTITION BY b.source, b.ticket_id ORDER BY b.nth) AS valid_to,
           lead(b.nth) OVER (PARTITION BY b.source, b.ticket_id ORDER BY b.nth) IS NULL AS is_current
    FROM begun b
)
SELECT i.ticket_id, i.status, s.state, i.valid_from, i.valid_to, i.nth = 0 AS is_first, i.is_current, i.team, i.source
FROM intervals i LEFT JOIN states s ON s.source = i.source AND s.status = i.status";

/// Since when and until when each source was watched: the oldest and the newest moment that it told of. What has not happened by then is not known to
/// happen never. A clock that runs ahead of ours says nothing, and neither does a row without a moment.
const OBSERVED: &str = "
SELECT source, min(least(at, ingested_at)) AS since, max(least(at, ingested_at)) AS until FROM (
    SELECT source, committed_at AS at, ingested_at FROM commits
    UNION ALL SELECT source, coalesce(updated_at, merged_at, created_at), ingested_at FROM pull_requests
    UNION ALL SELECT source, coalesce(updated_at, finished_at, started_at), ingested_at FROM deployments
    UNION ALL SELECT source, coalesce(updated_at, resolved_at, opened_at), ingested_at FROM incidents
    UNION ALL SELECT source, coalesce(updated_at, resolved_at, opened_at), ingested_at FROM tickets
    UNION ALL SELECT source, coalesce(updated_at, asked_at), ingested_at FROM assistant_questions
    UNION ALL SELECT source, coalesce(updated_at, day + INTERVAL '1 day'), ingested_at FROM tool_activity
) WHERE at IS NOT NULL GROUP BY source";

/// The commits that each successful deployment brought to its environment, as `git rev-list` lists what its commit reaches and
/// that of no earlier one. Of a service that is a folder of a repository, those that change files in it.
const DEPLOYMENT_COMMITS: &str = "SELECT t.* FROM stored.deployment_commits t
    JOIN deployments d ON d.source = t.source AND d.service = t.service AND d.deployment_id = t.deployment_id";

/// Which deployment each incident is put down to, and by what; a rollback without an incident counts against what it undid.
const DEPLOYMENT_FAILURES: &str = "SELECT t.* FROM stored.deployment_failures t";

/// Hours from each commit to the production deployment that brought it, and one row without a commit's time for each deployment
/// of which it is not known what it brought.
const CHANGE_LEAD_TIMES: &str = "
SELECT coalesce(d.finished_at, d.started_at) AS at,
       CASE WHEN b.is_certain THEN hours_between(c.authored_at, d.finished_at) END AS lead_hours,
       CASE WHEN abs(date_part('epoch', c.committed_at) - date_part('epoch', c.authored_at)) > 86400 THEN 'rewritten'
            ELSE 'as authored' END AS dates,
       c.source, c.repository, c.sha, d.source AS deployment_source, d.service, d.deployment_id, d.environment, d.team,
       d.component
FROM stored.deployment_commits b
JOIN deployments d ON d.source = b.source AND d.service = b.service AND d.deployment_id = b.deployment_id
JOIN commits c ON c.source = b.commit_source AND c.repository = b.repository AND c.sha = b.sha
WHERE d.is_production AND NOT c.is_merge AND NOT c.is_bot
UNION ALL
SELECT coalesce(finished_at, started_at) AS at, NULL AS lead_hours, NULL AS dates, source, repository, sha,
       source AS deployment_source, service, deployment_id, environment, team, component
FROM deployments WHERE is_production AND history IN ('unknown commit', 'incomplete')";

/// Which of our repositories the code of an entity is in. The catalog may call it by the path of the address that it is cloned
/// from, such as `acme/shop`, and we by a short name, or the other way round.
const COMPONENT_REPOSITORIES: &str = "
SELECT c.entity, c.valid_from, c.valid_to, r.repository, c.path, c.source, r.source AS repository_source
FROM components c
JOIN (
    SELECT repository, source, lower(repository) AS name,
           lower(regexp_replace(regexp_replace(origin, '^([a-z+]+://[^/]+/|[^/:]+:)', ''), '(\\.git)?/*$', '')) AS address
    FROM repositories
) r ON lower(c.repository) IN (r.name, r.address) OR ends_with(r.name, concat('/', lower(c.repository)))";

const DERIVED: [(&str, &str); 11] = [
    ("people", "SELECT person_id, bool_or(is_bot) AS is_bot FROM stored.identities GROUP BY person_id"),
    (
        "code_files",
        "SELECT s.repository, s.sample, s.sampled_at, s.sha, s.is_head, s.path, s.language, s.blob, b.status, b.lines,
                b.code_lines, b.comment_lines, b.logical_lines, b.cyclomatic, b.cognitive, b.halstead_volume, b.functions, s.source
         FROM snapshot_files s JOIN blobs b ON b.blob = s.blob AND b.language = s.language",
    ),
    (
        "code_units",
        "SELECT s.repository, s.sample, s.sampled_at, s.sha, s.is_head, s.path, s.language, s.blob, f.ordinal, f.name, f.start_line, f.end_line,
                f.lines, f.code_lines, f.own_code_lines, f.cyclomatic, f.cognitive, f.halstead_volume, f.parameters,
                f.nesting, s.source
         FROM snapshot_files s JOIN functions f ON f.blob = s.blob AND f.language = s.language",
    ),
    ("ticket_statuses", TICKET_STATUSES),
    ("observed", OBSERVED),
    ("deployment_commits", DEPLOYMENT_COMMITS),
    ("deployment_failures", DEPLOYMENT_FAILURES),
    ("change_lead_times", CHANGE_LEAD_TIMES),
    ("home_teams", HOMES),
    ("component_repositories", COMPONENT_REPOSITORIES),
    (
        "file_owners",
        "SELECT repository, sampled_at, sha, is_head, path, component_of_file(repository, path, sampled_at) AS component,
                team_of_file(repository, path, sampled_at) AS owning_team, source
         FROM snapshot_files",
    ),
];

pub(super) fn stored(table: &str) -> TableReference {
    TableReference::partial(STORED, table)
}

/// Registers the functions that read tables, and defines every canonical table, seen through `scope`.
pub(super) async fn register(
    session: &SessionContext,
    identities: &[(String, String, Identity)],
    scope: &Scope,
    rules: &Arc<Topics>,
    definitions: &mut Definitions,
) -> Result<()> {
    session.register_table(stored("identities"), Arc::new(identity_table(identities)?))?;
    let catalog = components::register(session, scope, definitions).await?;
    topics::register(session, rules);
    calendar::register(session, scope).await?;
    links::register(session).await?;
    boundaries::define(definitions);
    deployments::register(session, scope).await?;
    for table in model::TABLES {
        let (scope, rules) = (Arc::new(scope.clone()), rules.clone());
        definitions.written(table.name, move |session| {
            let (scope, rules) = (scope.clone(), rules.clone());
            async move {
                let derivation = Derivation::of(table, &session).await?;
                let delivery = Delivery::of(table, &session, &scope).await?;
                let sql = canonical(table, &scope, derivation, &catalog, &delivery, &rules);
                Ok(match &scope.roster {
                    Some(roster) if table.name == "team_members" => frozen(&sql, roster),
                    _ => sql,
                })
            }
        });
    }
    for (name, sql) in DERIVED {
        definitions.view(name, sql);
    }
    definitions.view("engineer_weeks", engineer_weeks::sql());
    pull_request_phases::define(definitions);
    tool_weeks::define(definitions);
    lineage::register(session)
}

fn identity_table(identities: &[(String, String, Identity)]) -> Result<MemTable> {
    let text = |pick: fn(&(String, String, Identity)) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(identities.iter().map(pick)))
    };
    let bots = BooleanArray::from_iter(identities.iter().map(|(_, _, identity)| Some(identity.is_bot)));
    let batch = RecordBatch::try_from_iter([
        ("identity", text(|it| &it.0)),
        ("person_id", text(|it| &it.1)),
        ("is_bot", Arc::new(bots) as ArrayRef),
    ])?;
    MemTable::try_new(batch.schema(), vec![vec![batch]])
}

/// The SQL of one canonical table, with what is derived of it where there is any.
fn canonical(
    table: &Table,
    scope: &Scope,
    derivation: Option<&Derivation>,
    catalog: &Catalog,
    delivery: &Delivery,
    rules: &Topics,
) -> String {
    let mut columns = Vec::new();
    let mut joins = String::new();
    if let Some(derivation) = derivation {
        let same: String = table.key.iter().map(|key| format!(" AND d.{key} = t.{key}")).collect();
        joins += &format!(" LEFT JOIN {STORED}.{} d ON d.source = t.source{same}", derivation.table());
    }
    // A deleted row is not shown, so the moment of its deletion says nothing.
    for column in table.all_columns().filter(|column| column.name != "deleted_at") {
        if column.kind == Kind::Person {
            let alias = format!("who_{}", column.name);
            columns.push(format!("{alias}.person_id AS {}", column.name));
            joins += &format!(" LEFT JOIN stored.identities {alias} ON {alias}.identity = t.{}", column.name);
        } else if let Some(derived) = delivery.instead(table, column.name) {
            columns.push(derived.to_owned());
        } else if derivation.is_some_and(|it| it.columns.contains(&column.name)) {
            columns.push(format!("coalesce(t.{0}, d.{0}) AS {0}", column.name));
        } else if (table.name, column.name) == ("tickets", "topic") {
            columns.push(topics::topic(rules));
        } else if let Some(answered) = catalog.instead(table, column.name) {
            columns.push(answered);
        } else {
            columns.push(format!("t.{}", column.name));
        }
    }
    if let Some((_, person, at)) = PERSONAL.iter().find(|(name, _, _)| *name == table.name) {
        columns.push(format!("coalesce(who_{person}.is_bot, false) AS is_bot"));
        columns.push("home.team AS team".to_owned());
        columns.push("shares.team_shares AS team_shares".to_owned());
        joins += &membership(&format!("who_{person}.person_id"), at);
    }
    let (further, join) = catalog.further(table);
    columns.extend(further);
    if table.name == "tickets" {
        columns.extend(topics::further(rules));
    }
    joins += join;
    let (further, join) = delivery.further(table);
    columns.extend(further);
    joins += join;
    format!("SELECT {} FROM stored.{} t{joins}{}", columns.join(", "), table.name, filter(table, scope))
}

/// Memberships up to the moment that a roster is of, and from then on the roster.
fn frozen(members: &str, roster: &Roster) -> String {
    let at = format!("arrow_cast({}, 'Timestamp(Microsecond, Some(\"UTC\"))')", roster.from);
    let nothing = |kind: &str| format!("arrow_cast(NULL, '{kind}')");
    let (no_text, no_time) = (nothing("Utf8"), nothing("Timestamp(Microsecond, Some(\"UTC\"))"));
    format!(
        "SELECT m.team, m.person_id, m.valid_from, least(coalesce(m.valid_to, {at}), {at}) AS valid_to, m.weight,
                m.source, m.source_key, m.updated_at, m.ingested_at
         FROM ({members}) m WHERE m.valid_from < {at}
         UNION ALL
         SELECT min(r.unit), i.person_id, {at}, {no_time}, 1.0, 'experiments', {no_text}, {no_time}, {at}
         FROM {STORED}.experiment_rosters r JOIN {STORED}.identities i ON i.identity = r.person_id
         WHERE r.experiment = {} AND r.deleted_at IS NULL GROUP BY i.person_id",
        quoted(&roster.experiment)
    )
}

/// The joins that give `home.team` and `shares.team_shares` of a person at a moment, both SQL.
pub(super) fn membership(person: &str, at: &str) -> String {
    format!(
        " LEFT JOIN ({HOMES}) home ON home.person_id = {person} \
         AND {at} >= home.valid_from AND ({at} < home.valid_to OR home.valid_to IS NULL) \
         LEFT JOIN ({SHARES}) shares ON shares.person_id = {person} \
         AND {at} >= shares.valid_from AND ({at} < shares.valid_to OR shares.valid_to IS NULL)"
    )
}

fn filter(table: &Table, scope: &Scope) -> String {
    let sources = if TEAMS.contains(&table.name) { &scope.teams } else { &scope.sources };
    let within = if SHARED.contains(&table.name) { String::new() } else { within(sources) };
    format!(" WHERE t.deleted_at IS NULL{within}")
}

/// A text as a literal of SQL.
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The condition that a row of `t` is of one of these sources.
pub(super) fn within(sources: &Option<Vec<String>>) -> String {
    let Some(sources) = sources else { return String::new() };
    let quoted: Vec<String> = sources.iter().map(|source| quoted(source)).collect();
    // An empty list would not parse, and means that nothing is visible.
    let list = if quoted.is_empty() { "NULL".to_owned() } else { quoted.join(", ") };
    format!(" AND t.source IN ({list})")
}
