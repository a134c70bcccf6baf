//! Deployments against what Apache DevLake expects of its own fixtures: which pipelines are deployments, which successful one
//! came before each, and which commits lie between the two.

use super::database::Database;
use crate::github_payloads::{difference::plain, shared, table};
use chrono::{DateTime, TimeDelta};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

type Row = BTreeMap<String, String>;

/// What DevLake's generator chooses, written as whoever maps its tables to ours would.
const GENERATOR: &str = "
WITH pipelines (id, result, type, environment, seconds, created, finished, scope) AS (VALUES {pipelines}),
tasks (pipeline, result, type, environment) AS (VALUES {tasks}),
commits (pipeline, sha, url) AS (VALUES {commits}),
ran AS (SELECT * FROM tasks WHERE result IN ('SUCCESS', 'FAILURE')),
produced AS (SELECT DISTINCT pipeline FROM ran WHERE environment = 'PRODUCTION'),
deployed AS (SELECT DISTINCT pipeline FROM ran WHERE type = 'DEPLOYMENT')
SELECT concat(p.id, ':', c.url, '|', p.scope, '|', c.url, '|',
              coalesce(p.environment, CASE WHEN t.pipeline IS NOT NULL THEN 'PRODUCTION' ELSE '' END), '|', c.sha, '|', p.result,
              '|', p.seconds, '|', p.created, '|', coalesce(p.finished, ''))
FROM pipelines p JOIN commits c ON c.pipeline = p.id
LEFT JOIN produced t ON t.pipeline = p.id LEFT JOIN deployed d ON d.pipeline = p.id
WHERE p.result IN ('SUCCESS', 'FAILURE') AND (p.type = 'DEPLOYMENT' OR d.pipeline IS NOT NULL)";

/// One difference: of a deployment that has no end DevLake does not say when it started; here it is when its pipeline was created,
/// since a deployment has a beginning.
#[tokio::test]
async fn pipelines_are_the_deployments_that_devlake_generates() {
    let Some(folder) = shared("devlake-e2e/dora/e2e/deployment_generator") else { return };
    let read = |name: &str| table::read(&folder.join(Path::new(name)));
    let values = |rows: &[Row], columns: &[&str]| {
        let row =
            |row: &Row| format!("({})", columns.iter().map(|name| text(&row[*name])).collect::<Vec<_>>().join(", "));
        rows.iter().map(row).collect::<Vec<_>>().join(", ")
    };
    let pipelines =
        ["id", "result", "type", "environment", "duration_sec", "created_date", "finished_date", "cicd_scope_id"];
    let sql = GENERATOR
        .replace("{pipelines}", &values(&read("cicd_pipelines.csv"), &pipelines))
        .replace("{tasks}", &values(&read("cicd_tasks.csv"), &["pipeline_id", "result", "type", "environment"]))
        .replace("{commits}", &values(&read("cicd_pipeline_commits.csv"), &["pipeline_id", "commit_sha", "repo_url"]));
    let chosen = Database::empty().await.unwrap().lines(&sql).await.unwrap();
    let rows: Vec<String> = chosen.iter().map(|line| generated(line)).collect();
    let insert = format!(
        "INSERT INTO stored.deployments
         (deployment_id, service, repository, environment, sha, status, started_at, finished_at) VALUES {}",
        rows.join(", ")
    );
    let database = Database::filled(&[], &[&insert]).await.unwrap();
    let found = database
        .lines(
            "SELECT deployment_id || '|' || sha || '|' || service || '|' || upper(status) || '|' || repository || '|' ||
                    environment || '|' || to_char(started_at, '%Y-%m-%dT%H:%M:%SZ') || '|' ||
                    coalesce(to_char(finished_at, '%Y-%m-%dT%H:%M:%SZ'), 'NULL') FROM deployments",
        )
        .await
        .unwrap();
    let line = |row: Row| {
        let names = ["id", "commit_sha", "cicd_scope_id", "result", "repo_url", "environment"];
        let words: Vec<&str> = names.iter().map(|name| row[*name].as_str()).collect();
        format!("{}|{}|{}", words.join("|"), plain(&row["started_date"]), plain(&row["finished_date"]))
    };
    let mut expected: BTreeSet<String> = read("cicd_deployment_commits.csv").into_iter().map(line).collect();
    let open = expected.iter().find(|line| line.ends_with("|PRODUCTION|NULL|NULL")).cloned().unwrap();
    expected.remove(&open);
    expected.insert(open.replace("|NULL|NULL", "|2022-01-27T10:07:36Z|NULL"));
    assert_eq!(found.into_iter().collect::<BTreeSet<String>>(), expected);
    assert_eq!(expected.len(), 6);
}

/// A chosen pipeline as a row of deployments: it began as many seconds before its end as it took.
fn generated(line: &str) -> String {
    let words: Vec<&str> = line.split('|').collect();
    let [id, service, repository, environment, sha, result, seconds, created, finished] = words[..] else {
        panic!("{line}");
    };
    let time = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
    let ended = (!finished.is_empty()).then(|| time(finished));
    let began = ended.map_or_else(|| time(created), |ended| ended - TimeDelta::seconds(seconds.parse().unwrap()));
    let ended = ended.map_or("NULL".to_owned(), |ended| format!("'{}'", ended.to_rfc3339()));
    let texts = [id, service, repository, environment, sha, &result.to_lowercase(), &began.to_rfc3339()];
    format!("({}, {ended})", texts.map(|text| format!("'{text}'")).join(", "))
}

/// No difference: a service here is what a scope's repository is there.
#[tokio::test]
async fn the_deployment_before_is_the_one_that_devlake_finds() {
    let Some(folder) = shared("devlake-e2e/dora/e2e/prev_success_deployment_commit") else { return };
    let expected = table::read(&folder.join("cicd_deployment_commits_after.csv"));
    let database = Database::filled(&[], &[&deployments(&expected)]).await.unwrap();
    let found = database
        .lines("SELECT deployment_id || '|' || coalesce(previous_deployment_id, '') FROM deployments")
        .await
        .unwrap();
    let line = |row: &Row| format!("{}|{}", row["id"], row["prev_success_deployment_commit_id"]);
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected.iter().map(line).collect::<BTreeSet<_>>());
    assert_eq!(expected.len(), 16);
}

/// Differences:
///
/// - DevLake gives the first deployment everything that is reachable from it; here it brings nothing, since what was deployed
///   before it is not known.
/// - The second repository is of a project that DevLake was not asked for; here it is followed as well.
#[tokio::test]
async fn between_deployments_lie_the_commits_that_devlake_finds() {
    let Some(folder) = shared("devlake-e2e/refdiff/e2e/deployment_commit_diff") else { return };
    let read = |name: &str| table::read(&folder.join(Path::new(name)));
    let deployed = read("cicd_deployment_commits.csv");
    let mut parents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mut row in read("commit_parents.csv") {
        parents.entry(row.remove("commit_sha").unwrap()).or_default().push(row.remove("parent_commit_sha").unwrap());
    }
    let commit = |row: &Row| {
        let parents = parents.get(&row["commit_sha"]).cloned().unwrap_or_default();
        format!("('{}', '{}', {}, '{}')", row["repo_id"], row["commit_sha"], parents.len(), parents.join(" "))
    };
    let commits: Vec<String> = read("repo_commits.csv").iter().map(commit).collect();
    let commits =
        format!("INSERT INTO stored.commits (repository, sha, parents, parent_shas) VALUES {}", commits.join(", "));
    let database = Database::filled(&[], &[&deployments(&deployed), &commits]).await.unwrap();
    let found = database
        .lines(
            "SELECT d.sha || '|' || p.sha || '|' || c.sha FROM deployment_commits c
                JOIN deployments d ON d.deployment_id = c.deployment_id
                JOIN deployments p ON p.deployment_id = d.previous_deployment_id",
        )
        .await
        .unwrap();
    let line = |row: &Row| format!("{}|{}|{}", row["new_commit_sha"], row["old_commit_sha"], row["commit_sha"]);
    let mut expected: BTreeSet<String> = read("commits_diffs.csv").iter().map(line).collect();
    let all = expected.len();
    expected.retain(|line| !line.starts_with("commit_sha1||"));
    assert_eq!((all, expected.len()), (5, 3));
    expected.extend(
        ["commit_sha11|commit_sha10|commit_sha11", "commit_sha12|commit_sha11|commit_sha12"].map(str::to_owned),
    );
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected);
}

/// Rows of DevLake's `cicd_deployment_commits` as deployments.
fn deployments(rows: &[Row]) -> String {
    let row = |row: &Row| {
        let service = format!("'{} {}'", row["cicd_scope_id"], row["repo_url"]);
        let finished = row.get("finished_date").map_or("NULL".to_owned(), |finished| text(finished));
        let words = ["id", "environment", "commit_sha"].map(|name| format!("'{}'", row[name]));
        let status = row["result"].to_lowercase();
        format!("({service}, {}, '{status}', {}, {finished})", words.join(", "), text(&row["started_date"]))
    };
    let rows: Vec<String> = rows.iter().map(row).collect();
    format!(
        "INSERT INTO stored.deployments (service, deployment_id, environment, sha, status, started_at, finished_at) VALUES {}",
        rows.join(", ")
    )
}

fn text(text: &str) -> String {
    if text.is_empty() { "NULL".to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}
