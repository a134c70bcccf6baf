//! Pull requests by GraphQL: fifty of them with all their parts cost a few points, where REST takes hundreds of requests.

pub(super) mod rows;
pub(super) mod teams;

use super::client::{Client, GithubError, Graph, Result};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The parts of our questions.
const FRAGMENTS: &str = include_str!("fragments.graphql");

/// Pull requests of one question at first; fewer when GitHub cannot answer in time.
const PULLS: usize = 25;

/// A pull request with all its parts.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pull {
    pub id: String,
    pub number: i64,
    pub title: String,
    pub is_draft: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub merged_at: Option<DateTime<Utc>>,
    pub base_ref_name: String,
    pub additions: i64,
    pub deletions: i64,
    pub changed_files: i64,
    pub merge_commit: Option<Oid>,
    pub author: Option<Actor>,
    pub labels: Option<Connection<Label>>,
    pub commits: Connection<CommitNode>,
    pub reviews: Option<Connection<Review>>,
    pub comments: Connection<Comment>,
    pub review_threads: Connection<Thread>,
    pub timeline_items: Connection<Event>,
}

/// A list that may go on. Nodes that the asker may not see are NULL.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connection<T> {
    pub total_count: Option<i64>,
    pub page_info: PageInfo,
    #[serde(bound(deserialize = "T: Deserialize<'de>"), default = "Vec::new")]
    pub nodes: Vec<Option<T>>,
}

impl<T> Connection<T> {
    /// What may be seen of it.
    pub fn items(&self) -> impl Iterator<Item = &T> {
        self.nodes.iter().flatten()
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    pub has_next_page: bool,
    pub end_cursor: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Oid {
    pub oid: String,
}

/// A user, a bot, or another kind of account. Where GitHub names a user and nothing else, the kind is left out.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Actor {
    #[serde(rename = "__typename")]
    pub kind: Option<String>,
    pub database_id: Option<i64>,
    pub login: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Label {
    pub name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct CommitNode {
    pub commit: Commit,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Commit {
    pub id: String,
    pub oid: String,
    pub authored_date: DateTime<Utc>,
    pub committed_date: DateTime<Utc>,
    pub author: Option<GitActor>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct GitActor {
    pub name: Option<String>,
    pub email: Option<String>,
    pub user: Option<Actor>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Review {
    pub id: String,
    pub full_database_id: Option<Value>,
    pub state: String,
    pub submitted_at: Option<DateTime<Utc>>,
    pub author: Option<Actor>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Comment {
    pub id: String,
    pub full_database_id: Option<Value>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub author: Option<Actor>,
    #[serde(default)]
    pub pull_request_review: Option<ReviewId>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReviewId {
    pub full_database_id: Option<Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Thread {
    pub id: String,
    pub comments: Connection<Comment>,
}

/// A moment in the life of a pull request. Kinds that were not asked for have no id.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    #[serde(rename = "__typename")]
    pub kind: String,
    pub id: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    #[serde(default)]
    pub actor: Option<Actor>,
    #[serde(default)]
    pub requested_reviewer: Option<Reviewer>,
}

/// An account, or a team by its slug.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Reviewer {
    Account(Actor),
    Team {
        slug: String,
    },
    /// A kind that was not asked for.
    Other {},
}

/// One page of a repository's pull requests, the last changed first.
#[derive(Debug)]
pub(super) struct PullPage {
    pub pulls: Vec<Pull>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
    pub total: i64,
    /// When it was answered, by GitHub's clock.
    pub at: Option<DateTime<Utc>>,
}

/// What a list of all pull requests says of each.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    pub id: String,
    pub number: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Asks for pull requests, in questions that shrink when GitHub cannot answer them in time and grow again.
pub(super) struct Pulls<'c, 'p> {
    pub client: &'c mut Client<'p>,
    size: usize,
}

impl<'c, 'p> Pulls<'c, 'p> {
    pub fn new(client: &'c mut Client<'p>) -> Self {
        Pulls { client, size: PULLS }
    }

    /// One page of all pull requests of a repository.
    pub async fn page(&mut self, owner: &str, name: &str, after: Option<&str>) -> Result<Option<PullPage>> {
        let query = question(
            "query Pulls($owner: String!, $name: String!, $first: Int!, $after: String) {
               repository(owner: $owner, name: $name) {
                 pullRequests(first: $first, after: $after, orderBy: { field: UPDATED_AT, direction: DESC }) {
                   totalCount pageInfo { hasNextPage endCursor } nodes { ...pull }
                 }
               }
             }",
        );
        let about = format!("pull requests of {owner}/{name}");
        let (data, at) = self
            .ask(&query, &about, |first| json!({"owner": owner, "name": name, "first": first, "after": after}))
            .await?;
        let Some(page) = data.pointer("/repository/pullRequests").cloned() else { return Ok(None) };
        let page: Connection<Pull> = self.read(page, &about)?;
        let next = page.page_info.has_next_page.then_some(page.page_info.end_cursor).flatten();
        let total = page.total_count.unwrap_or_default();
        let mut pulls: Vec<Pull> = page.nodes.into_iter().flatten().collect();
        for pull in &mut pulls {
            self.complete(pull).await?;
        }
        Ok(Some(PullPage { pulls, next, total, at }))
    }

    /// The pull requests with these node ids that still exist.
    pub async fn by_id(&mut self, ids: &[String]) -> Result<Vec<Pull>> {
        let query = question("query Changed($ids: [ID!]!) { nodes(ids: $ids) { ...pull } }");
        let (mut pulls, mut rest) = (Vec::new(), ids);
        while !rest.is_empty() {
            let about = format!("{} pull requests", rest.len());
            let mut asked = 0;
            let (data, _) = self
                .ask(&query, &about, |first| {
                    asked = first.min(rest.len());
                    json!({"ids": rest[..asked]})
                })
                .await?;
            let nodes = data.get("nodes").cloned().unwrap_or_default();
            let nodes: Vec<Option<Pull>> = self.read(nodes, &about)?;
            pulls.extend(nodes.into_iter().flatten());
            rest = &rest[asked..];
        }
        for pull in &mut pulls {
            self.complete(pull).await?;
        }
        Ok(pulls)
    }

    /// The identity and version of every pull request of a repository, and when the last of them were read; `None` where
    /// the repository is gone.
    pub async fn all(&mut self, owner: &str, name: &str) -> Result<Option<(Vec<Listed>, Option<DateTime<Utc>>)>> {
        let query = "query All($owner: String!, $name: String!, $after: String) {
               repository(owner: $owner, name: $name) {
                 pullRequests(first: 100, after: $after, orderBy: { field: CREATED_AT, direction: ASC }) {
                   pageInfo { hasNextPage endCursor } nodes { id number createdAt updatedAt }
                 }
               }
             }";
        let about = format!("list of all pull requests of {owner}/{name}");
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (data, at) = self.ask(query, &about, |_| json!({"owner": owner, "name": name, "after": after})).await?;
            let Some(page) = data.pointer("/repository/pullRequests").cloned() else { return Ok(None) };
            let page: Connection<Listed> = self.read(page, &about)?;
            let (PageInfo { has_next_page, end_cursor }, nodes) = (page.page_info, page.nodes);
            all.extend(nodes.into_iter().flatten());
            if !has_next_page {
                return Ok(Some((all, at)));
            }
            if end_cursor == after {
                return Err(GithubError::Endless { address: about, page: after.unwrap_or_default() });
            }
            after = end_cursor;
        }
    }

    async fn ask(
        &mut self,
        query: &str,
        about: &str,
        mut variables: impl FnMut(usize) -> Value,
    ) -> Result<(Value, Option<DateTime<Utc>>)> {
        loop {
            match self.client.graphql(query, &variables(self.size)).await? {
                Graph::Data(data, at) => {
                    self.size = (self.size * 2).min(PULLS);
                    return Ok((data, at));
                }
                Graph::TooLarge if self.size > 1 => self.size = self.size.div_ceil(2),
                Graph::TooLarge => {
                    let reason = "even one at a time is not answered in ten seconds (502 or 504)".to_owned();
                    return Err(GithubError::Unreachable { address: about.to_owned(), attempts: 1, reason });
                }
            }
        }
    }

    fn read<T: DeserializeOwned>(&self, value: Value, about: &str) -> Result<T> {
        serde_path_to_error::deserialize(value).map_err(|error| GithubError::Malformed {
            address: about.to_owned(),
            reason: format!("at {}: {}", error.path(), error.inner()),
        })
    }

    /// Reads the lists of a pull request that are longer than one page to their end.
    async fn complete(&mut self, pull: &mut Pull) -> Result<()> {
        let id = pull.id.clone();
        if let Some(labels) = &mut pull.labels {
            self.rest(labels, &id, "PullRequest", "labels(first: 100, after: $after) { ...labels }").await?;
        }
        self.rest(&mut pull.commits, &id, "PullRequest", "commits(first: 100, after: $after) { ...commits }").await?;
        if let Some(reviews) = &mut pull.reviews {
            self.rest(reviews, &id, "PullRequest", "reviews(first: 100, after: $after) { ...reviews }").await?;
        }
        self.rest(&mut pull.comments, &id, "PullRequest", "comments(first: 100, after: $after) { ...comments }")
            .await?;
        let threads = "reviewThreads(first: 100, after: $after) { ...threads }";
        self.rest(&mut pull.review_threads, &id, "PullRequest", threads).await?;
        let events = "timelineItems(first: 100, after: $after, itemTypes: [READY_FOR_REVIEW_EVENT, CONVERT_TO_DRAFT_EVENT, \
             HEAD_REF_FORCE_PUSHED_EVENT, CLOSED_EVENT, REOPENED_EVENT, MERGED_EVENT, REVIEW_REQUESTED_EVENT, \
             REVIEW_REQUEST_REMOVED_EVENT]) { ...events }";
        self.rest(&mut pull.timeline_items, &id, "PullRequest", events).await?;
        for thread in pull.review_threads.nodes.iter_mut().flatten() {
            let comments = "comments(first: 100, after: $after) { ...threadComments }";
            self.rest(&mut thread.comments, &thread.id, "PullRequestReviewThread", comments).await?;
        }
        Ok(())
    }

    async fn rest<T: DeserializeOwned>(
        &mut self,
        list: &mut Connection<T>,
        id: &str,
        kind: &str,
        field: &str,
    ) -> Result<()> {
        let query = question(&format!(
            "query Rest($id: ID!, $after: String) {{ node(id: $id) {{ ... on {kind} {{ list: {field} }} }} }}"
        ));
        let about = format!("{field} of {id}");
        while list.page_info.has_next_page {
            let after = list.page_info.end_cursor.clone();
            let (data, _) = self.ask(&query, &about, |_| json!({"id": id, "after": after})).await?;
            // It was deleted while it was read.
            let Some(page) = data.pointer("/node/list").filter(|page| !page.is_null()).cloned() else { break };
            let page: Connection<T> = self.read(page, &about)?;
            if page.page_info.has_next_page && page.page_info.end_cursor == after {
                return Err(GithubError::Endless { address: about, page: after.unwrap_or_default() });
            }
            list.nodes.extend(page.nodes);
            list.page_info = page.page_info;
        }
        Ok(())
    }
}

/// The operation with the fragments it uses, directly or through others: GitHub refuses one that is not used.
fn question(operation: &str) -> String {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut unread = vec![operation];
    while let Some(text) = unread.pop() {
        for name in spreads(text) {
            if let Some(fragment) = FRAGMENTS.split("fragment ").find(|it| it.split_whitespace().next() == Some(name))
                && used.insert(fragment)
            {
                unread.push(fragment);
            }
        }
    }
    used.into_iter().fold(operation.to_owned(), |all, fragment| format!("{all}\nfragment {}", fragment.trim_end()))
}

/// The names after `...`, but for inline fragments.
fn spreads(text: &str) -> impl Iterator<Item = &str> {
    let names = text.split("...").skip(1).filter(|rest| !rest.starts_with(' '));
    names.filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_has_the_fragments_it_needs_and_no_other() {
        let text = question("query { node(id: 1) { ... on PullRequest { list: reviews(first: 1) { ...reviews } } } }");
        let names: Vec<&str> =
            text.split("\nfragment ").skip(1).filter_map(|it| it.split_whitespace().next()).collect();
        assert_eq!(names, ["reviews", "who"]);
    }
}
