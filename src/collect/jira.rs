//! `type = "jira"`: tickets of Jira, Jira Service Management included, on Atlassian's cloud or a server of one's own.
//!
//! One rule: an issue is known by its number, which it keeps when it moves to another project; its key, such as `OPS-12`, is
//! what it is called at present.

mod credential;
mod details;
mod find;
pub mod map;
pub mod payload;
mod reconciliation;
mod server;

use super::http::{Client, Endpoint, HttpError, Limits};
use super::session::Session;
use super::{Collecting, Result};
use crate::project::JiraPipeline;
use ::http::StatusCode;
use ::http::header::{ACCEPT, AUTHORIZATION};
use chrono::{DateTime, TimeDelta, Utc};
use credential::credential;
use find::{Next, Question};
use payload::Issue;
use serde::{Deserialize, Serialize};
use server::Server;
use std::collections::BTreeMap;
use std::path::Path;

/// How far back is looked again: the index that Jira answers from may be behind by this much.
const OVERLAP_MINUTES: i64 = 5;

/// Where a Jira was left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// When the last changed issue that is stored did change.
    until: Option<DateTime<Utc>>,
    /// The versions of those that changed shortly before, by number.
    recent: BTreeMap<String, DateTime<Utc>>,
    /// The first reading is under way.
    backfill: Option<Backfill>,
    /// When it was last compared with the tables, by our clock.
    compared_at: Option<DateTime<Utc>>,
}

/// How far a first reading came.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Backfill {
    next: Next,
    /// What becomes [`Cursor::until`] and [`Cursor::recent`] at the end.
    until: Option<DateTime<Utc>>,
    recent: BTreeMap<String, DateTime<Utc>>,
}

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &JiraPipeline,
    folder: &Path,
) -> Result<()> {
    let headers = vec![(AUTHORIZATION, credential(keys, folder)?), (ACCEPT, "application/json".to_owned())];
    let endpoint = Endpoint { product: "Jira", address: &keys.url, headers };
    let mut client = Client::new(&endpoint, Limits::of(collecting, source))?;
    // A run that died while it waited waits no more.
    client.limits.record(None);
    collecting.put_origin(source, "jira", keys.url.clone(), false)?;
    let host = url::Url::parse(&keys.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let mut session = Session::<Cursor>::begin(collecting, source, format!("jira:{source}"), host).await?;
    let collected = api(&mut client, &mut session, keys).await;
    // What was read before a failure is not read again.
    let stored = session.store().await;
    client.limits.record(None);
    collected.and(stored)
}

async fn api(client: &mut Client<'_>, session: &mut Session<'_, '_, Cursor>, keys: &JiraPipeline) -> Result<()> {
    let server = Server::ask(client).await?;
    if session.cursor.until.is_none() || session.cursor.backfill.is_some() {
        backfill(client, session, keys, &server).await?;
    } else {
        changed(client, session, keys, &server).await?;
    }
    reconciliation::run(client, session, keys, &server).await
}

/// All issues, the last changed first. What changes meanwhile moves to the front, behind us: it is newer than the first one
/// seen, so that the next run finds it.
async fn backfill(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    keys: &JiraPipeline,
    server: &Server,
) -> Result<()> {
    let clauses = keys.since.map(|since| find::on_or_after(since - TimeDelta::days(1)));
    let question = Question::of(keys, clauses, "updated DESC");
    let source = session.source;
    session.collecting.progress.stage(&format!("{source}: reading issues"), None);
    let mut is_resumed = session.cursor.backfill.is_some();
    loop {
        let started = session.cursor.backfill.clone();
        let next = started.as_ref().map_or_else(Next::default, |it| it.next.clone());
        let page = match server.page(client, &question, &next, server.fields()).await {
            // The cloud's word for a page lasts some days, and only for the question that it was given for.
            Err(HttpError::Refused { status: StatusCode::BAD_REQUEST, .. }) if is_resumed && next.is_token() => {
                session.cursor.backfill = None;
                is_resumed = false;
                continue;
            }
            page => page?,
        };
        is_resumed = false;
        let mut state = started.unwrap_or_else(|| Backfill {
            next: Next::default(),
            // Without any, whatever comes will be newer than this.
            until: page.issues.first().map(changed_at).or(server.now).or(Some(DateTime::UNIX_EPOCH)),
            recent: BTreeMap::new(),
        });
        let is_old = |issue: &Issue| keys.since.is_some_and(|since| changed_at(issue) < since);
        let ends = page.issues.iter().any(is_old);
        remember(&mut state.recent, state.until, &page.issues);
        let issues: Vec<Issue> = page.issues.into_iter().filter(|issue| !is_old(issue)).collect();
        take(client, session, server, issues).await?;
        match page.next.filter(|_| !ends) {
            Some(next) => session.cursor.backfill = Some(Backfill { next, ..state }),
            None => {
                session.cursor = Cursor { until: state.until, recent: state.recent, backfill: None, ..session.cursor };
                return session.checkpoint().await;
            }
        }
        session.checkpoint().await?;
    }
}

/// What changed since the last run. Jira takes a time to be of the asker's own zone and drops its seconds, so that it is asked
/// by how long ago that was.
async fn changed(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    keys: &JiraPipeline,
    server: &Server,
) -> Result<()> {
    let until = session.cursor.until.unwrap_or(DateTime::UNIX_EPOCH);
    let from = until - TimeDelta::minutes(OVERLAP_MINUTES);
    let now = server.now.unwrap_or_else(|| session.collecting.ambient.now());
    let question = Question::of(keys, Some(find::within(now - from)), "updated DESC");
    let mut newest = until;
    let mut recent = session.cursor.recent.clone();
    let mut next = Next::default();
    loop {
        let page = server.page(client, &question, &next, server.fields()).await?;
        newest = page.issues.iter().map(changed_at).fold(newest, DateTime::max);
        let is_new = |issue: &Issue| {
            let at = changed_at(issue);
            at >= from && session.cursor.recent.get(&issue.id) != Some(&at)
        };
        let (new, known): (Vec<Issue>, Vec<Issue>) = page.issues.into_iter().partition(is_new);
        remember(&mut recent, Some(newest), &new);
        // Beyond the overlap everything is stored: the list is ordered by the last change.
        let ends = known.iter().any(|issue| changed_at(issue) < from);
        take(client, session, server, new).await?;
        session.checkpoint().await?;
        match page.next.filter(|_| !ends) {
            Some(following) => next = following,
            None => break,
        }
    }
    recent.retain(|_, at| *at >= newest - TimeDelta::minutes(OVERLAP_MINUTES));
    session.cursor.until = Some(newest);
    session.cursor.recent = recent;
    session.checkpoint().await
}

fn remember(recent: &mut BTreeMap<String, DateTime<Utc>>, until: Option<DateTime<Utc>>, issues: &[Issue]) {
    let from = until.unwrap_or_default() - TimeDelta::minutes(OVERLAP_MINUTES);
    let late = issues.iter().filter(|issue| changed_at(issue) >= from);
    recent.extend(late.map(|issue| (issue.id.clone(), changed_at(issue))));
}

fn changed_at(issue: &Issue) -> DateTime<Utc> {
    issue.fields.updated.0
}

/// Issues with everything that happened to them.
async fn take(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    server: &Server,
    issues: Vec<Issue>,
) -> Result<()> {
    for issue in issues {
        if let Some(issue) = details::complete(client, server, issue).await? {
            session.take(details::observations(server, &issue));
        }
        session.collecting.progress.advance(1);
    }
    Ok(())
}
