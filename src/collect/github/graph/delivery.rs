//! Deployments with their reports, and how runs stand, by GraphQL: a hundred in a question.

use super::nested::{Connection, Nested, PageInfo, Pages};
use super::parts::{Actor, user};
use super::question::question;
use super::{Asker, read};
use crate::collect::github::client::{Client, HttpError, PRODUCT, Result};
use crate::collect::github::payload;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

/// Deployments or runs of one question at first.
const MOST: usize = 100;

/// A deployment with its reports.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Deployment {
    id: String,
    /// Said to have 32 bits, and sent with more.
    database_id: Option<i64>,
    environment: Option<String>,
    task: Option<String>,
    /// JSON as text.
    payload: Option<String>,
    commit_oid: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    statuses: Option<Connection<Status>>,
}

/// A report on a deployment.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    id: String,
    state: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    creator: Option<Actor>,
}

/// One page of a repository's deployments, the newest first.
#[derive(Debug)]
pub(in crate::collect::github) struct DeploymentPage {
    pub deployments: Vec<payload::Deployment>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
    pub total: i64,
    /// When it was answered, by GitHub's clock.
    pub at: Option<DateTime<Utc>>,
}

/// What a list of all deployments says of each.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::collect::github) struct ListedDeployment {
    pub id: String,
    pub database_id: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// How a run stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::collect::github) struct RunState {
    pub id: String,
    pub updated_at: DateTime<Utc>,
    check_suite: CheckSuite,
}

#[derive(Clone, Debug, Deserialize)]
struct CheckSuite {
    status: String,
    conclusion: Option<String>,
}

impl RunState {
    pub fn is_completed(&self) -> bool {
        // One that waits for somebody's leave to begin counts as ended there.
        self.check_suite.status == "COMPLETED" && self.check_suite.conclusion.as_deref() != Some("ACTION_REQUIRED")
    }
}

/// One page of the deployments of a repository; `None` where the repository is gone.
pub(in crate::collect::github) async fn page(
    client: &mut Client<'_>,
    (owner, name): (&str, &str),
    after: Option<&str>,
) -> Result<Option<DeploymentPage>> {
    let query = question(
        "query Deployments($owner: String!, $name: String!, $first: Int!, $after: String) {
           repository(owner: $owner, name: $name) {
             deployments(first: $first, after: $after, orderBy: { field: CREATED_AT, direction: DESC }) {
               totalCount pageInfo { hasNextPage endCursor } nodes { ...deployment }
             }
           }
         }",
    );
    let mut questions = Asker::with_most(client, MOST);
    let about = format!("deployments of {owner}/{name}");
    let variables = |first| json!({"owner": owner, "name": name, "first": first, "after": after});
    let (data, at) = questions.ask(&query, &about, variables).await?;
    let Some(page) = data.pointer("/repository/deployments").cloned() else { return Ok(None) };
    let page: Connection<Deployment> = read(page, &about)?;
    let next = page.page_info.has_next_page.then_some(page.page_info.end_cursor).flatten();
    if next.is_some() && next.as_deref() == after {
        return Err(HttpError::Endless { address: about, page: next.unwrap_or_default() });
    }
    let total = page.total_count.unwrap_or_default();
    let deployments = questions.complete_deployments(page.nodes.into_iter().flatten().collect()).await?;
    Ok(Some(DeploymentPage { deployments, next, total, at }))
}

/// The deployments with these node ids that still exist, with their reports, and when the last of them were read.
pub(in crate::collect::github) async fn by_id(
    client: &mut Client<'_>,
    ids: &[String],
) -> Result<(Vec<payload::Deployment>, Option<DateTime<Utc>>)> {
    let query = question("query Deployed($ids: [ID!]!) { nodes(ids: $ids) { ...deployment } }");
    let mut questions = Asker::with_most(client, MOST);
    let (found, at) = questions.nodes(&query, "deployments", ids).await?;
    Ok((questions.complete_deployments(found).await?, at))
}

/// The identity and version of every deployment of a repository, and when the last of them were read; `None` where the
/// repository is gone.
pub(in crate::collect::github) async fn all(
    client: &mut Client<'_>,
    (owner, name): (&str, &str),
) -> Result<Option<(Vec<ListedDeployment>, Option<DateTime<Utc>>)>> {
    let about = format!("list of all deployments of {owner}/{name}");
    let mut questions = Asker::with_most(client, MOST);
    questions.everything("deployments", "id databaseId createdAt updatedAt", &about, (owner, name)).await
}

/// How the runs with these node ids stand, of those that still exist, and when the last of them were read; `None` for a token
/// that may read Actions and not Checks, which a fine-grained token never may.
pub(in crate::collect::github) async fn runs(
    client: &mut Client<'_>,
    ids: &[String],
) -> Result<Option<(Vec<RunState>, Option<DateTime<Utc>>)>> {
    let query = "query Runs($ids: [ID!]!) {
           nodes(ids: $ids) { ... on WorkflowRun { id updatedAt checkSuite { status conclusion } } }
         }";
    match Asker::with_most(client, MOST).nodes(query, "runs", ids).await {
        Err(HttpError::Refused { status: StatusCode::FORBIDDEN, .. }) => Ok(None),
        found => found.map(Some),
    }
}

impl Asker<'_, '_> {
    /// Reads the lists of reports that are longer than one page to their end.
    async fn complete_deployments(&mut self, found: Vec<Deployment>) -> Result<Vec<payload::Deployment>> {
        let mut all = Vec::new();
        for mut deployment in found {
            let id = deployment.id.clone();
            let none = || Connection { total_count: None, page_info: PageInfo::end(), nodes: Vec::new() };
            let statuses = deployment.statuses.get_or_insert_with(none);
            while statuses.info().has_next_page {
                self.next_page(Nested::of(&id, "Deployment", "statuses", "statuses", statuses)).await?;
            }
            all.push(row(&deployment).ok_or_else(|| HttpError::Malformed {
                address: format!("deployment {id}"),
                product: PRODUCT,
                reason: "it has no databaseId, by which its row is known".to_owned(),
            })?);
        }
        Ok(all)
    }
}

impl PageInfo {
    fn end() -> PageInfo {
        PageInfo { has_next_page: false, end_cursor: None }
    }
}

/// A deployment with its reports; `None` where its number is not said.
fn row(deployment: &Deployment) -> Option<payload::Deployment> {
    // GitHub gives the newest first.
    let mut statuses: Vec<&Status> = deployment.statuses.iter().flat_map(|statuses| statuses.items()).collect();
    statuses.reverse();
    statuses.sort_by_key(|status| status.created_at);
    Some(payload::Deployment {
        id: deployment.database_id?,
        node_id: Some(deployment.id.clone()),
        url: None,
        sha: Some(deployment.commit_oid.clone()),
        task: deployment.task.clone(),
        environment: deployment.environment.clone(),
        payload: payload_of(deployment.payload.as_deref()),
        created_at: deployment.created_at,
        updated_at: Some(deployment.updated_at),
        statuses: Some((1..).zip(statuses).map(|(place, it)| status(place, it)).collect()),
    })
}

/// A report. GraphQL does not say its number: its place puts it in order among those of the same deployment. It has to name
/// somebody, and names <https://github.com/ghost> where the account was deleted.
fn status(place: i64, status: &Status) -> payload::DeploymentStatus {
    payload::DeploymentStatus {
        id: place,
        node_id: Some(status.id.clone()),
        state: Some(status.state.clone()),
        creator: status.creator.as_ref().filter(|actor| actor.login != "ghost").map(user),
        created_at: status.created_at,
        updated_at: Some(status.updated_at),
    }
}

/// A payload as REST has it.
fn payload_of(text: Option<&str>) -> Option<Value> {
    text.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::github::map::{self, Voice};

    fn deployed(payload: Value) -> payload::Deployment {
        let status = |id: &str, state: &str, at: &str| {
            json!({
                "id": id, "state": state, "createdAt": at, "updatedAt": at,
                "creator": { "__typename": "User", "login": "ghost" },
            })
        };
        let statuses = json!({
            "pageInfo": { "hasNextPage": false, "endCursor": null },
            "nodes": [
                status("DES_3", "INACTIVE", "2026-02-20T00:31:00Z"),
                status("DES_2", "FAILURE", "2026-02-20T00:30:59Z"),
                status("DES_1", "SUCCESS", "2026-02-20T00:30:59Z"),
            ],
        });
        let node: Deployment = serde_json::from_value(json!({
            "id": "DE_1", "databaseId": 3_881_429_895_i64, "environment": "production", "task": "deploy",
            "payload": payload, "commitOid": "c0ffee", "createdAt": "2026-02-20T00:30:38Z",
            "updatedAt": "2026-02-20T00:31:00Z", "statuses": statuses,
        }))
        .unwrap();
        row(&node).unwrap()
    }

    #[test]
    fn reports_stand_in_the_order_in_which_they_were_made() {
        let deployment = deployed(Value::Null);
        let statuses = deployment.statuses.as_deref().unwrap();
        let ids: Vec<&str> = statuses.iter().filter_map(|status| status.node_id.as_deref()).collect();
        assert_eq!(ids, ["DES_1", "DES_2", "DES_3"]);
        assert!(statuses.iter().all(|status| status.creator.is_none()), "a deleted account is nobody");
        let row = map::deployment("a/b", &deployment, statuses, Voice::Asked);
        let values = row.subject().1;
        assert_eq!((&values["status"], &values["deployment_id"]), (&json!("success"), &json!("3881429895")));
    }

    #[test]
    fn the_service_is_found_in_a_payload_of_text() {
        let object = r#"{"service": "checkout"}"#;
        for payload in [json!(object), json!(json!(object).to_string())] {
            let row = map::deployment("a/b", &deployed(payload), &[], Voice::Asked);
            assert_eq!(row.subject().1["service"], "checkout");
        }
        let row = map::deployment("a/b", &deployed(json!("by hand")), &[], Voice::Asked);
        assert_eq!(row.subject().1["service"], "a/b");
    }
}
