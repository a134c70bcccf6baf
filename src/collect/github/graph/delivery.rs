//! Deployments with their reports, and how runs stand, by GraphQL: a hundred in a question.

use super::{Actor, Connection, PageInfo, Pulls, question, rows};
use crate::collect::github::client::{Client, GithubError, Result};
use crate::collect::github::payload;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

/// Deployments or runs of one question at first.
const MOST: usize = 100;

/// A deployment with its reports.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::collect::github) struct Deployment {
    pub id: String,
    /// Said to have 32 bits, and sent with more.
    pub database_id: Option<i64>,
    pub environment: Option<String>,
    pub task: Option<String>,
    /// JSON as text.
    pub payload: Option<String>,
    pub commit_oid: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub statuses: Option<Connection<Status>>,
}

/// A report on a deployment.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::collect::github) struct Status {
    pub id: String,
    pub state: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub creator: Option<Actor>,
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
}

impl RunState {
    pub fn is_completed(&self) -> bool {
        self.check_suite.status == "COMPLETED"
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
    let mut questions = Pulls::with_most(client, MOST);
    let about = format!("deployments of {owner}/{name}");
    let variables = |first| json!({"owner": owner, "name": name, "first": first, "after": after});
    let (data, at) = questions.ask(&query, &about, variables).await?;
    let Some(page) = data.pointer("/repository/deployments").cloned() else { return Ok(None) };
    let page: Connection<Deployment> = questions.read(page, &about)?;
    let next = page.page_info.has_next_page.then_some(page.page_info.end_cursor).flatten();
    if next.is_some() && next.as_deref() == after {
        return Err(GithubError::Endless { address: about, page: next.unwrap_or_default() });
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
    let mut questions = Pulls::with_most(client, MOST);
    let (found, at) = questions.nodes(&query, "deployments", ids).await?;
    Ok((questions.complete_deployments(found).await?, at))
}

/// The identity and version of every deployment of a repository, and when the last of them were read; `None` where the
/// repository is gone.
pub(in crate::collect::github) async fn all(
    client: &mut Client<'_>,
    (owner, name): (&str, &str),
) -> Result<Option<(Vec<ListedDeployment>, Option<DateTime<Utc>>)>> {
    let query = "query AllDeployments($owner: String!, $name: String!, $after: String) {
           repository(owner: $owner, name: $name) {
             deployments(first: 100, after: $after, orderBy: { field: CREATED_AT, direction: ASC }) {
               pageInfo { hasNextPage endCursor } nodes { id databaseId createdAt updatedAt }
             }
           }
         }";
    let about = format!("list of all deployments of {owner}/{name}");
    let mut questions = Pulls::with_most(client, MOST);
    questions.everything(query, &about, "/repository/deployments", (owner, name)).await
}

/// How the runs with these node ids stand, of those that still exist, and when the last of them were read.
pub(in crate::collect::github) async fn runs(
    client: &mut Client<'_>,
    ids: &[String],
) -> Result<(Vec<RunState>, Option<DateTime<Utc>>)> {
    let query = "query Runs($ids: [ID!]!) {
           nodes(ids: $ids) { ... on WorkflowRun { id updatedAt checkSuite { status } } }
         }";
    Pulls::with_most(client, MOST).nodes(query, "runs", ids).await
}

impl Pulls<'_, '_> {
    /// Reads the lists of reports that are longer than one page to their end.
    async fn complete_deployments(&mut self, found: Vec<Deployment>) -> Result<Vec<payload::Deployment>> {
        let mut all = Vec::new();
        for mut deployment in found {
            let id = deployment.id.clone();
            let none = || Connection { total_count: None, page_info: PageInfo::end(), nodes: Vec::new() };
            let statuses = deployment.statuses.get_or_insert_with(none);
            self.rest(statuses, &id, "Deployment", "statuses(first: 100, after: $after) { ...statuses }").await?;
            all.push(rows::deployment(&deployment).ok_or_else(|| GithubError::Malformed {
                address: format!("deployment {id}"),
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

/// A payload as REST has it.
pub(super) fn payload_of(text: Option<&str>) -> Option<Value> {
    text.map(|text| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())))
}
