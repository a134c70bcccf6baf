//! A list in the order of its last changes, from where it was left.
//!
//! One rule: a page begins at a moment and not at a number of rows. What changes while the list is read moves to its end, before
//! us, and what is deleted moves nothing, so that nothing is missed.

use crate::collect::http::{Answer, Client, HttpError};
use ::http::StatusCode;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// Rows of a full page.
const FULL: usize = 100;
/// How far back is looked again: a change has the moment at which it began to be written, and may show later.
const OVERLAP: TimeDelta = TimeDelta::minutes(2);

/// Something that such a list holds.
pub(super) trait Item: DeserializeOwned {
    fn id(&self) -> i64;
    fn created_at(&self) -> DateTime<Utc>;
    fn updated_at(&self) -> DateTime<Utc>;
}

/// Where a list was left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ListCursor {
    /// The last change that is stored.
    pub until: Option<DateTime<Utc>>,
    /// The versions of what changed shortly before, by id.
    recent: BTreeMap<i64, DateTime<Utc>>,
    /// Of the last page, where it was the only one.
    etag: Option<String>,
}

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Updated,
    Created,
}

/// A walk over a list.
pub(super) struct Walk<T> {
    /// As far as the walk came.
    pub cursor: ListCursor,
    /// The list, with a query.
    path: String,
    order: Order,
    after: Option<DateTime<Utc>>,
    /// Only where a whole page is of one moment another than the first.
    page: usize,
    is_first: bool,
    is_done: bool,
    /// The first of the page before.
    before: Option<i64>,
    item: PhantomData<fn() -> T>,
}

impl<T: Item> Walk<T> {
    /// From where the list was left, or from `since`.
    pub fn on(cursor: ListCursor, path: String, since: Option<DateTime<Utc>>) -> Walk<T> {
        let after = cursor.until.map(|until| until - OVERLAP).max(since);
        let (order, page) = (Order::Updated, 1);
        Walk { cursor, path, order, after, page, is_first: true, is_done: false, before: None, item: PhantomData }
    }

    /// Over all of a list by the order of creation, or of what changed after a moment.
    pub fn over(path: String, order: Order, after: Option<DateTime<Utc>>) -> Walk<T> {
        Walk { order, ..Walk::on(ListCursor::default(), path, after) }
    }

    /// What is new on the next page; `None` at the end.
    pub async fn next(&mut self, client: &mut Client<'_>) -> Result<Option<Vec<T>>, HttpError> {
        if self.is_done {
            return Ok(None);
        }
        let path = self.page_path();
        let etag = self.cursor.etag.take().filter(|_| self.is_first);
        let page = match client.get(&path, etag.as_deref()).await? {
            Answer::Same => {
                (self.cursor.etag, self.is_done) = (etag, true);
                return Ok(None);
            }
            Answer::Missing => return Err(not_found(client, &path)),
            Answer::Page(page) => page,
        };
        let items: Vec<T> = client.parse(&path, &page.body)?;
        self.is_done = items.len() < FULL;
        let first = items.first().map(T::id);
        if self.page > 1 && first.is_some() && first == self.before {
            return Err(HttpError::Endless { address: client.address(&path), page: path });
        }
        self.before = first;
        self.cursor.etag = page.etag.filter(|_| self.is_first && self.is_done);
        self.is_first = false;
        let newest = items.iter().map(|item| self.moment(item)).max();
        // In the same millisecond there may be more than a page.
        (self.after, self.page) = if newest > self.after { (newest, 1) } else { (self.after, self.page + 1) };
        let is_new = |item: &T| self.cursor.recent.get(&item.id()) != Some(&self.moment(item));
        let new: Vec<T> = items.into_iter().filter(is_new).collect();
        let versions: Vec<(i64, DateTime<Utc>)> = new.iter().map(|item| (item.id(), self.moment(item))).collect();
        self.cursor.recent.extend(versions);
        self.cursor.until = self.cursor.until.max(newest);
        let until = self.cursor.until;
        self.cursor.recent.retain(|_, at| until.is_none_or(|until| *at >= until - OVERLAP));
        Ok(Some(new))
    }

    /// All that is left.
    pub async fn rest(mut self, client: &mut Client<'_>) -> Result<Vec<T>, HttpError> {
        let mut all: BTreeMap<i64, T> = BTreeMap::new();
        while let Some(items) = self.next(client).await? {
            all.extend(items.into_iter().map(|item| (item.id(), item)));
        }
        Ok(all.into_values().collect())
    }

    fn moment(&self, item: &T) -> DateTime<Utc> {
        match self.order {
            Order::Updated => item.updated_at(),
            Order::Created => item.created_at(),
        }
    }

    fn page_path(&self) -> String {
        let order = match self.order {
            Order::Updated => "updated",
            Order::Created => "created",
        };
        let mut path = format!("{}&order_by={order}_at&sort=asc&per_page={FULL}", self.path);
        if let Some(after) = self.after {
            path += &format!("&{order}_after={}", after.to_rfc3339_opts(SecondsFormat::Millis, true));
        }
        if self.page > 1 { format!("{path}&page={}", self.page) } else { path }
    }
}

/// That a list is not there.
pub(super) fn not_found(client: &Client<'_>, path: &str) -> HttpError {
    let message = "it is gone, or the token may not see it".to_owned();
    HttpError::Refused { address: client.address(path), status: StatusCode::NOT_FOUND, message }
}
