//! The newest pages of a list that is ordered by creation: what is new on them, and what changed though it is old.
//!
//! One rule: such a list is never left because of when something on it last changed, which says nothing of what stands behind
//! it. Pages that did not change since they were last read cost nothing.

use super::client::{Answer, Client, HttpError, Page};
use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::marker::PhantomData;

/// Pages of a hundred that are looked at in every run. What changes behind them is found by the daily comparison.
pub(super) const LOOK_BACK: usize = 2;

/// Something that such a list holds.
pub(super) trait Item: Sized {
    /// One page of the list.
    type Page: DeserializeOwned;
    fn items(page: Self::Page) -> Vec<Self>;
    /// The last column of its row's key.
    fn key(&self) -> String;
    fn created_at(&self) -> DateTime<Utc>;
    /// Grows whenever it changes.
    fn version(&self) -> DateTime<Utc>;
}

/// What the newest pages held when they were last read.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Newest {
    pub pages: Vec<Seen>,
    /// When the newest of all was created.
    pub until: Option<DateTime<Utc>>,
}

/// One page, as it was.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    pub etag: Option<String>,
    /// The versions that are stored, by key; null where it is to be read again.
    pub versions: BTreeMap<String, Option<DateTime<Utc>>>,
}

/// What changed on one page.
pub(super) struct Changed<T> {
    /// New, or in another version than before.
    pub items: Vec<T>,
    /// When the oldest of the page was created.
    pub oldest: Option<DateTime<Utc>>,
    /// What stands behind this page may be new as well: there is a gap between it and what is known.
    pub opens_gap: bool,
    /// The page before it opened a gap, which now begins behind this one or is closed.
    pub moves_gap: bool,
}

/// A walk over the newest pages.
pub(super) struct Look<T> {
    /// As they are now, as far as the walk came.
    pub newest: Newest,
    /// As they were when it began.
    before: Newest,
    first: String,
    since: Option<DateTime<Utc>>,
    number: usize,
    has_gap: bool,
    item: PhantomData<fn() -> T>,
}

impl Newest {
    /// Whether a thing is on these pages.
    pub fn has(&self, key: &str) -> bool {
        self.pages.iter().any(|page| page.versions.contains_key(key))
    }

    /// Whether a thing is stored as it is.
    pub fn knows<T: Item>(&self, item: &T) -> bool {
        let (key, version) = (item.key(), Some(item.version()));
        self.pages.iter().any(|page| page.versions.get(&key) == Some(&version))
    }
}

impl<T: Item> Look<T> {
    /// `first` is the path of the first page, with a query; what was created before `since` is left out.
    pub fn new(newest: Newest, first: String, since: Option<DateTime<Utc>>) -> Look<T> {
        Look { before: newest.clone(), newest, first, since, number: 0, has_gap: false, item: PhantomData }
    }

    /// The next page on which anything changed; `None` when all have been looked at.
    pub async fn next(&mut self, client: &mut Client<'_>) -> Result<Option<Changed<T>>, HttpError> {
        while self.number < LOOK_BACK {
            let number = self.number;
            let path = page_path(&self.first, number);
            let etag = self.newest.pages.get(number).and_then(|page| page.etag.clone());
            let page = match client.get(&path, etag.as_deref()).await? {
                Answer::Same => {
                    self.number = if number + 1 < self.newest.pages.len() { number + 1 } else { LOOK_BACK };
                    continue;
                }
                Answer::Missing => return Err(not_found(client, &path)),
                Answer::Page(page) => page,
            };
            return Ok(Some(self.changed(T::items(client.parse(&path, &page.body)?), page)));
        }
        Ok(None)
    }

    fn changed(&mut self, all: Vec<T>, page: Page) -> Changed<T> {
        let number = self.number;
        let oldest = all.iter().map(T::created_at).min();
        let is_behind = |limit: Option<DateTime<Utc>>| oldest.zip(limit).is_some_and(|(oldest, limit)| oldest < limit);
        let is_last = page.next.is_none() || is_behind(self.since);
        self.number = if is_last { LOOK_BACK } else { number + 1 };
        let moves_gap = std::mem::replace(&mut self.has_gap, false);
        self.has_gap = (number == 0 || moves_gap) && !is_last && !is_behind(self.before.until);
        if is_last {
            self.newest.pages.truncate(number);
        }
        let seen = Seen::of(&all, page.at, page.etag);
        match self.newest.pages.get_mut(number) {
            Some(place) => *place = seen,
            None => self.newest.pages.push(seen),
        }
        self.newest.until = all.iter().map(T::created_at).max().max(self.newest.until);
        let is_new = |item: &T| self.since.is_none_or(|since| item.created_at() >= since) && !self.before.knows(item);
        Changed { items: all.into_iter().filter(is_new).collect(), oldest, opens_gap: self.has_gap, moves_gap }
    }
}

impl Seen {
    /// A page that was answered at `at`. GitHub's moments are whole seconds: what changed in the one that was not over may
    /// change again without a word, so it is read again.
    pub fn of<T: Item>(items: &[T], at: Option<DateTime<Utc>>, etag: Option<String>) -> Seen {
        let is_settled = |item: &T| at.is_some_and(|at| at - item.version() >= TimeDelta::seconds(2));
        let version = |item: &T| is_settled(item).then(|| item.version());
        let etag = etag.filter(|_| items.iter().all(is_settled));
        Seen { etag, versions: items.iter().map(|item| (item.key(), version(item))).collect() }
    }
}

/// The path of a page, from 0.
pub(super) fn page_path(first: &str, number: usize) -> String {
    if number == 0 { first.to_owned() } else { format!("{first}&page={}", number + 1) }
}

/// That a list is not there.
pub(super) fn not_found(client: &Client<'_>, path: &str) -> HttpError {
    let message = "it is gone, or the token may not see it".to_owned();
    HttpError::Refused { address: client.address(path), status: StatusCode::NOT_FOUND, message }
}
