//! Releases of one repository. There are few, so that the list is read as a whole whenever any page of it changed, and what it
//! lacks is gone.
//!
//! One rule: a list of several pages is believed only when none of them changed until the last was read.

use super::client::{Answer, Client, HttpError, Page};
use super::map::{self, Voice};
use super::newest::{not_found, page_path};
use super::payload::Release;
use super::repositories::Repository;
use super::{Cursor, Result, Session};
use crate::collect::observation::Row;
use crate::collect::reconciliation::{self, Entity, Listed, Listing, Scope};
use crate::model::code::RELEASES;
use crate::project::GithubPipeline;
use chrono::{DateTime, Utc};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows of a full page.
const FULL: usize = 100;
/// How often a list that changes while it is read is read again.
const ATTEMPTS: usize = 3;

const ENTITY: Entity = Entity { table: &RELEASES, created_at: "released_at", parts: &[] };

/// Where the releases of a repository were left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ReleasesCursor {
    /// Of every page, in order.
    etags: Vec<String>,
    /// The versions that are stored, by tag.
    versions: BTreeMap<String, DateTime<Utc>>,
}

/// The releases of a page by tag, in order; a draft has no version.
type Versions = Vec<(String, Option<DateTime<Utc>>)>;

/// The whole list.
struct All {
    /// Without drafts and what is older than the pipeline's `since`.
    releases: BTreeMap<String, (DateTime<Utc>, Release)>,
    etags: Vec<String>,
    at: Option<DateTime<Utc>>,
    /// No page changed while the others were read.
    is_exact: bool,
}

pub(super) async fn collect(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    keys: &GithubPipeline,
) -> Result<()> {
    let cursor = session.cursor.repositories.get(&repository.node_id).map(|it| it.releases.clone());
    let cursor = cursor.unwrap_or_default();
    let first = path(repository);
    let mut known = None;
    for (number, etag) in cursor.etags.iter().enumerate() {
        match client.get(&page_path(&first, number), Some(etag)).await? {
            Answer::Same => continue,
            Answer::Page(page) => known = Some((number, page)),
            Answer::Missing => return Err(not_found(client, &first).into()),
        }
        break;
    }
    if known.is_none() && !cursor.etags.is_empty() {
        return Ok(());
    }
    let all = all(client, repository, keys.since, known).await?;
    take(session, repository, &cursor.versions, &all);
    if all.is_exact {
        let whole = Row::of(&RELEASES).set("repository", &repository.full_name).set("updated_at", all.at);
        session.take([whole.whole(all.releases.keys().cloned())]);
    }
    put(session, repository, &all);
    session.checkpoint().await
}

/// Compares all releases with GitHub's list.
pub(super) async fn compare(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    keys: &GithubPipeline,
) -> Result<()> {
    let all = all(client, repository, keys.since, None).await?;
    if !all.is_exact {
        // It is compared tomorrow.
        return Ok(());
    }
    let row = |(tag, (version, it)): (&String, &(DateTime<Utc>, Release))| Listed {
        key: tag.clone(),
        created_at: it.published_at.unwrap_or(*version),
        updated_at: *version,
    };
    let listing = Listing { rows: all.releases.iter().map(row).collect(), at: all.at, from: None };
    let missed = reconciliation::compare(session, &ENTITY, Scope::Repository(&repository.full_name), &listing).await?;
    let mut stored: BTreeMap<String, DateTime<Utc>> =
        all.releases.iter().map(|(tag, (version, _))| (tag.clone(), *version)).collect();
    stored.retain(|tag, _| !missed.contains(tag));
    take(session, repository, &stored, &all);
    put(session, repository, &all);
    session.checkpoint().await
}

fn path(repository: &Repository) -> String {
    format!("/repos/{}/releases?per_page={FULL}", repository.full_name)
}

/// Takes what is not stored as it is.
fn take(
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    stored: &BTreeMap<String, DateTime<Utc>>,
    all: &All,
) {
    let changed = all.releases.iter().filter(|(tag, (version, _))| stored.get(*tag) != Some(version));
    session.take(changed.filter_map(|(_, (_, it))| map::release(&repository.full_name, it, Voice::Asked)));
}

fn put(session: &mut Session<'_, '_, Cursor>, repository: &Repository, all: &All) {
    let versions = all.releases.iter().map(|(tag, (version, _))| (tag.clone(), *version)).collect();
    let etags = if all.is_exact { all.etags.clone() } else { Vec::new() };
    if let Some(cursor) = session.cursor.repositories.get_mut(&repository.node_id) {
        cursor.releases = ReleasesCursor { etags, versions };
    }
}

/// Reads all pages but the one that is at hand.
async fn all(
    client: &mut Client<'_>,
    repository: &Repository,
    since: Option<DateTime<Utc>>,
    mut at_hand: Option<(usize, Page)>,
) -> Result<All> {
    let first = path(repository);
    let mut attempts = 0;
    loop {
        attempts += 1;
        let mut all = All { releases: BTreeMap::new(), etags: Vec::new(), at: None, is_exact: true };
        let (mut pages, mut is_cut) = (Vec::new(), false);
        // A release of an old commit is put among the old ones, perhaps behind the last full page: that one is read too.
        for number in 0.. {
            let page = match at_hand.take_if(|(at_hand, _)| *at_hand == number) {
                Some((_, page)) => page,
                None => match client.get(&page_path(&first, number), None).await {
                    Ok(Answer::Page(page)) => page,
                    // GitHub lists no more than so many.
                    Err(HttpError::Refused { status: StatusCode::UNPROCESSABLE_ENTITY, .. }) if number > 0 => {
                        is_cut = true;
                        break;
                    }
                    other => return Err(other.err().unwrap_or_else(|| not_found(client, &first)).into()),
                },
            };
            let releases: Vec<Release> = client.parse(&first, &page.body)?;
            let count = releases.len();
            pages.push(versions(&releases));
            let is_new = |it: &Release| since.is_none_or(|since| it.published_at.is_some_and(|at| at >= since));
            let published = releases.into_iter().filter(is_new);
            all.releases
                .extend(published.filter_map(|it| Some((it.tag_name.clone(), (map::release_version(&it)?, it)))));
            all.etags.extend(page.etag);
            all.is_exact &= all.etags.len() == number + 1;
            all.at = page.at;
            if count < FULL {
                break;
            }
        }
        if all.etags.len() > 1 && !is_cut {
            all.is_exact &= is_unchanged(client, &first, &all.etags, &pages).await?;
        }
        if is_cut || all.is_exact || attempts == ATTEMPTS {
            all.is_exact &= !is_cut;
            return Ok(all);
        }
    }
}

/// Whether every page still lists the same. A page has another ETag whenever somebody downloads something of it.
async fn is_unchanged(client: &mut Client<'_>, first: &str, etags: &[String], pages: &[Versions]) -> Result<bool> {
    for (number, (etag, known)) in etags.iter().zip(pages).enumerate() {
        let is_same = match client.get(&page_path(first, number), Some(etag)).await? {
            Answer::Same => true,
            Answer::Page(page) => versions(&client.parse::<Vec<Release>>(first, &page.body)?) == *known,
            Answer::Missing => false,
        };
        if !is_same {
            return Ok(false);
        }
    }
    Ok(true)
}

fn versions(releases: &[Release]) -> Versions {
    releases.iter().map(|it| (it.tag_name.clone(), map::release_version(it))).collect()
}
