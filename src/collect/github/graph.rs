//! Pull requests and issues by GraphQL: fifty of them with all their parts cost a few points, where REST takes hundreds of
//! requests.
//!
//! One rule: an [`Item`] says what it has and what that means; asking for it exists once.

pub(super) mod delivery;
pub(super) mod issue;
mod nested;
mod parts;
pub(super) mod pull;
mod question;
pub(super) mod teams;

use super::client::{ATTEMPTS, Client, Graph, HttpError, PRODUCT, Result};
use super::{ListCursor, RepositoryCursor};
use crate::collect::observation::Observation;
use chrono::{DateTime, Utc};
use http::StatusCode;
use nested::{Connection, Nested, PageInfo};
use question::question;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Items of one question at first; fewer when GitHub cannot answer in time.
const ITEMS: usize = 25;

/// Something that a repository lists by its last change, and that has lists within itself.
pub(super) trait Item: DeserializeOwned + Send {
    /// What several of them are called.
    const NAME: &'static str;
    /// The field of a repository that lists them.
    const FIELD: &'static str;
    /// The fragment that asks for all of one.
    const FRAGMENT: &'static str;
    /// The end of REST's address of the list.
    const PATH: &'static str;

    /// Where the list was left.
    fn cursor(repository: &mut RepositoryCursor) -> &mut ListCursor;

    /// When it last changed.
    fn updated_at(&self) -> DateTime<Utc>;

    /// The lists within it.
    fn lists(&mut self) -> Vec<Nested<'_>>;

    /// Everything the tables hold of it.
    fn observations(&self, repository: &str) -> Vec<Observation>;
}

/// One page of a repository's items, the last changed first.
#[derive(Debug)]
pub(super) struct ItemPage<I> {
    pub items: Vec<I>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
    pub total: i64,
    /// When it was answered, by GitHub's clock.
    pub at: Option<DateTime<Utc>>,
}

/// What a list of all items says of each.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    pub id: String,
    pub number: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Asks for items, in questions that shrink when GitHub cannot answer them in time and grow again.
pub(super) struct Asker<'c, 'p> {
    client: &'c mut Client<'p>,
    size: usize,
    most: usize,
}

impl<'c, 'p> Asker<'c, 'p> {
    pub fn new(client: &'c mut Client<'p>) -> Self {
        Asker::with_most(client, ITEMS)
    }

    /// Asks for things that are smaller, so many in a question at most.
    fn with_most(client: &'c mut Client<'p>, most: usize) -> Self {
        Asker { client, size: most, most }
    }

    /// One page of all items of a repository.
    pub async fn page<I: Item>(&mut self, owner: &str, name: &str, after: Option<&str>) -> Result<Option<ItemPage<I>>> {
        let query = question(&format!(
            "query Page($owner: String!, $name: String!, $first: Int!, $after: String) {{
               repository(owner: $owner, name: $name) {{
                 list: {}(first: $first, after: $after, orderBy: {{ field: UPDATED_AT, direction: DESC }}) {{
                   totalCount pageInfo {{ hasNextPage endCursor }} nodes {{ ...{} }}
                 }}
               }}
             }}",
            I::FIELD,
            I::FRAGMENT
        ));
        let about = format!("{} of {owner}/{name}", I::NAME);
        let (data, at) = self
            .ask(&query, &about, |first| json!({"owner": owner, "name": name, "first": first, "after": after}))
            .await?;
        let Some(page) = data.pointer("/repository/list").cloned() else { return Ok(None) };
        let page: Connection<I> = read(page, &about)?;
        let next = page.page_info.has_next_page.then_some(page.page_info.end_cursor).flatten();
        let total = page.total_count.unwrap_or_default();
        let mut items: Vec<I> = page.nodes.into_iter().flatten().collect();
        for item in &mut items {
            self.complete(item).await?;
        }
        Ok(Some(ItemPage { items, next, total, at }))
    }

    /// The items with these node ids that still exist.
    pub async fn by_id<I: Item>(&mut self, ids: &[String]) -> Result<Vec<I>> {
        let query = question(&format!("query Changed($ids: [ID!]!) {{ nodes(ids: $ids) {{ ...{} }} }}", I::FRAGMENT));
        let mut items: Vec<I> = self.nodes(&query, I::NAME, ids).await?.0;
        for item in &mut items {
            self.complete(item).await?;
        }
        Ok(items)
    }

    /// What the query says of the nodes with these ids that still exist, and when the last of them were read.
    async fn nodes<T: DeserializeOwned>(
        &mut self,
        query: &str,
        what: &str,
        ids: &[String],
    ) -> Result<(Vec<T>, Option<DateTime<Utc>>)> {
        let (mut all, mut rest, mut read_at) = (Vec::new(), ids, None);
        while !rest.is_empty() {
            let about = format!("{} {what}", rest.len());
            let mut asked = 0;
            let (data, at) = self
                .ask(query, &about, |first| {
                    asked = first.min(rest.len());
                    json!({"ids": rest[..asked]})
                })
                .await?;
            let nodes = data.get("nodes").cloned().unwrap_or_default();
            let nodes: Vec<Option<T>> = read(nodes, &about)?;
            all.extend(nodes.into_iter().flatten());
            (rest, read_at) = (&rest[asked..], at);
        }
        Ok((all, read_at))
    }

    /// The identity and version of every item of a repository, and when the last of them were read; `None` where the
    /// repository is gone.
    pub async fn all<I: Item>(
        &mut self,
        owner: &str,
        name: &str,
    ) -> Result<Option<(Vec<Listed>, Option<DateTime<Utc>>)>> {
        let about = format!("list of all {} of {owner}/{name}", I::NAME);
        self.everything(I::FIELD, "id number createdAt updatedAt", &about, (owner, name)).await
    }

    /// A repository's whole list of that name, the oldest first, with these fields of each, and when the last of it was read;
    /// `None` where the repository is gone.
    async fn everything<T: DeserializeOwned>(
        &mut self,
        list: &str,
        fields: &str,
        about: &str,
        (owner, name): (&str, &str),
    ) -> Result<Option<(Vec<T>, Option<DateTime<Utc>>)>> {
        let query = format!(
            "query All($owner: String!, $name: String!, $after: String) {{
               repository(owner: $owner, name: $name) {{
                 list: {list}(first: 100, after: $after, orderBy: {{ field: CREATED_AT, direction: ASC }}) {{
                   pageInfo {{ hasNextPage endCursor }} nodes {{ {fields} }}
                 }}
               }}
             }}"
        );
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (data, at) = self.ask(&query, about, |_| json!({"owner": owner, "name": name, "after": after})).await?;
            let Some(page) = data.pointer("/repository/list").cloned() else { return Ok(None) };
            let page: Connection<T> = read(page, about)?;
            let (PageInfo { has_next_page, end_cursor }, nodes) = (page.page_info, page.nodes);
            all.extend(nodes.into_iter().flatten());
            if !has_next_page {
                return Ok(Some((all, at)));
            }
            if end_cursor == after {
                return Err(HttpError::Endless { address: about.to_owned(), page: after.unwrap_or_default() });
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
        let mut failures = 0;
        loop {
            match self.client.graphql(query, &variables(self.size)).await? {
                Graph::Data(data, at) => {
                    self.size = (self.size * 2).min(self.most);
                    return Ok((data, at));
                }
                Graph::TooLarge if self.size > 1 || failures < ATTEMPTS => {
                    failures += 1;
                    // Where several in a row fail the gateway may be to blame and not the question.
                    if failures > 2 {
                        self.client.limits().fail(failures - 2, "no answer in time");
                    }
                    self.size = self.size.div_ceil(2);
                }
                Graph::TooLarge => {
                    let message = "even one at a time is not answered in ten seconds".to_owned();
                    let status = StatusCode::GATEWAY_TIMEOUT;
                    return Err(HttpError::Refused { address: about.to_owned(), status, message });
                }
            }
        }
    }

    /// Reads the lists within an item that are longer than one page to their end.
    async fn complete<I: Item>(&mut self, item: &mut I) -> Result<()> {
        while let Some(nested) = unfinished(item) {
            self.next_page(nested).await?;
        }
        Ok(())
    }

    async fn next_page(&mut self, nested: Nested<'_>) -> Result<()> {
        let Nested { of: (id, kind), field, fragment, arguments, list } = nested;
        let query = question(&format!(
            "query Rest($id: ID!, $after: String) {{
               node(id: $id) {{ ... on {kind} {{ list: {field}(first: 100, after: $after{arguments}) {{ ...{fragment} }} }} }}
             }}"
        ));
        let about = format!("{field} of {id}");
        let after = list.info().end_cursor.clone();
        let (data, _) = self.ask(&query, &about, |_| json!({"id": id, "after": after})).await?;
        let Some(page) = data.pointer("/node/list").filter(|page| !page.is_null()).cloned() else {
            // It was deleted while it was read.
            list.info().has_next_page = false;
            return Ok(());
        };
        list.add(page).map_err(|error| malformed(&about, &error))?;
        let info = list.info();
        if info.has_next_page && info.end_cursor == after {
            return Err(HttpError::Endless { address: about, page: after.unwrap_or_default() });
        }
        Ok(())
    }
}

fn unfinished<I: Item>(item: &mut I) -> Option<Nested<'_>> {
    item.lists().into_iter().find_map(|nested| nested.list.info().has_next_page.then_some(nested))
}

fn read<T: DeserializeOwned>(value: Value, about: &str) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| malformed(about, &error))
}

fn malformed(about: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> HttpError {
    let reason = format!("at {}: {}", error.path(), error.inner());
    HttpError::Malformed { address: about.to_owned(), product: PRODUCT, reason }
}
