//! Runs of workflows and their jobs of one repository: the newest in every run, the older ones once, and those without a
//! result until they have one.
//!
//! One rule: GitHub lists runs by creation, so a run is looked at again because of what is known of it, and never left out
//! because of when it last changed.

use super::client::{Answer, Client, HttpError};
use super::map::{self, Voice};
use super::newest::{Item, Look, Newest, not_found, page_path};
use super::payload::{Job, Run};
use super::repositories::Repository;
use super::{Cursor, Result, Session, Waiting, graph};
use crate::collect::reconciliation::{self, Entity, Listed, Listing, Part, Scope};
use crate::model::delivery::{BUILD_JOBS, BUILDS};
use crate::project::{GithubList, GithubPipeline};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// GitHub ends a run after 35 days: <https://docs.github.com/en/actions/reference/limits>.
const LONGEST_RUN: TimeDelta = TimeDelta::days(35);
/// A run can be run again so long after it was created:
/// <https://docs.github.com/en/actions/how-tos/manage-workflow-runs/re-run-workflows-and-jobs>.
const RUN_AGAIN: TimeDelta = TimeDelta::days(30);
/// Nobody lets GitHub keep runs for less. One that is older than this and than everything listed is no longer kept, which is no
/// deletion.
const KEPT: TimeDelta = TimeDelta::days(14);
/// Pages of older runs, with the jobs of each run, that are stored together.
const TOGETHER: usize = 10;

const ENTITY: Entity = Entity {
    table: &BUILDS,
    // Of the newest attempt, so that it is up to `RUN_AGAIN` later than the run's creation.
    created_at: "started_at",
    parts: &[Part { table: &BUILD_JOBS, of: &[("repository", "repository"), ("build_id", "build_id")] }],
};

/// Where the runs of a repository were left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct BuildsCursor {
    newest: Newest,
    /// What has not been read yet, the newest last.
    gaps: Vec<Gap>,
    /// Runs without a result.
    waiting: BTreeMap<String, Waiting>,
    /// Jobs were read too.
    with_jobs: bool,
}

/// Runs that were created from one moment to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Gap {
    /// The last moment; GitHub gives them from here backwards.
    before: DateTime<Utc>,
    /// Those of that moment that are stored.
    read: Vec<String>,
    down_to: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
pub(super) struct RunPage {
    workflow_runs: Vec<Run>,
}

#[derive(Deserialize)]
struct JobPage {
    jobs: Vec<Job>,
}

impl Item for Run {
    type Page = RunPage;

    fn items(page: RunPage) -> Vec<Run> {
        page.workflow_runs
    }

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    fn version(&self) -> DateTime<Utc> {
        map::run_version(self)
    }
}

/// One reading of the runs of one repository.
struct Reading<'r, 'c, 's, 'a> {
    client: &'r mut Client<'c>,
    session: &'r mut Session<'s, 'a, Cursor>,
    repository: &'r Repository,
    since: Option<DateTime<Utc>>,
    cursor: BuildsCursor,
}

pub(super) async fn collect(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    keys: &GithubPipeline,
) -> Result<()> {
    let mut reading = Reading::new(client, session, repository, keys);
    let with_jobs = keys.lists(GithubList::Jobs);
    if with_jobs && !reading.cursor.with_jobs {
        // The runs are stored without their jobs: all are read again.
        reading.cursor = BuildsCursor::default();
    }
    reading.cursor.with_jobs = with_jobs;
    reading.newest().await?;
    reading.gaps().await?;
    reading.waiting().await
}

/// Compares the runs of the last two months, all that can still change, with GitHub's list.
pub(super) async fn compare(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    keys: &GithubPipeline,
) -> Result<()> {
    let mut reading = Reading::new(client, session, repository, keys);
    let mut listing = reading.listing().await?;
    let suspects =
        reconciliation::unlisted(reading.session, &ENTITY, Scope::Repository(&repository.full_name), &listing).await?;
    let ids: Vec<String> = suspects.iter().filter_map(|it| it.node_id.clone()).collect();
    // A list that moves while it is read by pages may pass over what is there.
    let there = graph::delivery::runs(reading.client, &ids).await?;
    for it in suspects {
        let is_there = match &there {
            Some((there, _)) => there.iter().any(|run| Some(&run.id) == it.node_id.as_ref()),
            None => reading.one(&it.key).await?.is_some(),
        };
        let listed = it.created_at.zip(it.updated_at).filter(|_| is_there);
        listing.rows.extend(listed.map(|(created_at, updated_at)| Listed { key: it.key, created_at, updated_at }));
    }
    let missed =
        reconciliation::compare(reading.session, &ENTITY, Scope::Repository(&repository.full_name), &listing).await?;
    for key in missed {
        if let Some(run) = reading.one(&key).await? {
            reading.take(vec![run]).await?;
            reading.put();
            reading.session.checkpoint().await?;
        }
    }
    Ok(())
}

impl<'r, 'c, 's, 'a> Reading<'r, 'c, 's, 'a> {
    fn new(
        client: &'r mut Client<'c>,
        session: &'r mut Session<'s, 'a, Cursor>,
        repository: &'r Repository,
        keys: &GithubPipeline,
    ) -> Self {
        let cursor = session.cursor.repositories.get(&repository.node_id).map(|it| it.builds.clone());
        Reading { client, session, repository, since: keys.since, cursor: cursor.unwrap_or_default() }
    }

    /// The path of the list's first page.
    fn list(&self) -> String {
        format!("/repos/{}/actions/runs?per_page=100", self.repository.full_name)
    }

    fn put(&mut self) {
        if let Some(cursor) = self.session.cursor.repositories.get_mut(&self.repository.node_id) {
            cursor.builds = self.cursor.clone();
        }
    }

    async fn newest(&mut self) -> Result<()> {
        let mut look = Look::<Run>::new(self.cursor.newest.clone(), self.list(), self.since);
        let down_to = self.cursor.newest.until.max(self.since);
        while let Some(changed) = look.next(self.client).await? {
            if changed.moves_gap {
                self.cursor.gaps.pop();
            }
            if let Some(before) = changed.oldest.filter(|_| changed.opens_gap) {
                let read = changed.items.iter().filter(|run| run.created_at == before).map(Item::key).collect();
                self.cursor.gaps.push(Gap { before, read, down_to });
            }
            self.take(changed.items).await?;
            self.cursor.newest = look.newest.clone();
            self.put();
            self.session.checkpoint().await?;
        }
        Ok(())
    }

    /// Reads older runs backwards by the moment of their creation, which does not move while they are read as pages do. A
    /// list with such a filter ends after a thousand; of each only as many pages are read as have runs of one second.
    async fn gaps(&mut self) -> Result<()> {
        let mut pages = 0;
        while let Some(gap) = self.cursor.gaps.last().cloned() {
            let before = gap.before.to_rfc3339_opts(SecondsFormat::Secs, true);
            let first = format!("{}&created=*..{before}", self.list());
            let mut next = Some(first);
            // The page after the last of this second, should one second have more than a page.
            while let Some(path) = next.take() {
                next = self.gap(&path).await?;
                pages += 1;
                if pages % TOGETHER == 0 {
                    self.session.store().await?;
                } else {
                    self.session.checkpoint().await?;
                }
            }
        }
        Ok(())
    }

    /// Reads one page of the last gap and makes it smaller. Gives the next page where all runs are of the same second.
    async fn gap(&mut self, path: &str) -> Result<Option<String>> {
        let Answer::Page(page) = self.client.get(path, None).await? else {
            return Err(not_found(self.client, path).into());
        };
        let runs = Run::items(self.client.parse(path, &page.body)?);
        let Some(mut gap) = self.cursor.gaps.pop() else { return Ok(None) };
        let oldest = runs.iter().map(|run| run.created_at).min().unwrap_or(gap.before);
        let of_oldest = runs.iter().filter(|run| run.created_at == oldest).map(Item::key).collect();
        let is_wanted = |run: &Run| {
            gap.down_to.is_none_or(|down_to| run.created_at >= down_to)
                && !gap.read.contains(&run.key())
                && !self.cursor.newest.knows(run)
        };
        let wanted = runs.into_iter().filter(is_wanted).collect();
        let ends = page.next.is_none() || gap.down_to.is_some_and(|down_to| oldest < down_to);
        let mut rest = None;
        if !ends && oldest < gap.before {
            self.cursor.gaps.push(Gap { before: oldest, read: of_oldest, down_to: gap.down_to });
        } else if !ends {
            let known = gap.read.len();
            gap.read.extend(of_oldest.into_iter().filter(|key| !gap.read.contains(key)).collect::<Vec<_>>());
            if gap.read.len() == known && page.next.as_deref() == Some(path) {
                return Err(HttpError::Endless { address: self.client.address(path), page: path.to_owned() }.into());
            }
            self.cursor.gaps.push(gap);
            rest = page.next;
        }
        self.take(wanted).await?;
        self.put();
        Ok(rest)
    }

    /// Asks for the runs without a result that the newest pages no longer show.
    async fn waiting(&mut self) -> Result<()> {
        let is_hidden = |(key, _): &(&String, &Waiting)| !self.cursor.newest.has(key);
        let hidden: BTreeMap<String, Waiting> =
            self.cursor.waiting.iter().filter(is_hidden).map(|(key, it)| (key.clone(), it.clone())).collect();
        let ids: Vec<String> = hidden.values().map(|it| it.node_id.clone()).collect();
        let (found, at) = graph::delivery::runs(self.client, &ids).await?.unwrap_or_default();
        let at = at.unwrap_or_else(|| self.session.collecting.ambient.now());
        let states: BTreeMap<&String, &graph::delivery::RunState> = found.iter().map(|run| (&run.id, run)).collect();
        for (key, known) in hidden {
            let state = states.get(&known.node_id);
            if state.is_some_and(|state| !state.is_completed() && state.updated_at <= known.version) {
                if at - known.version > LONGEST_RUN {
                    self.cursor.waiting.remove(&key);
                }
                continue;
            }
            match self.one(&key).await? {
                Some(run) if run.version() == known.version && at - known.version <= LONGEST_RUN => {}
                Some(run) if run.version() == known.version => drop(self.cursor.waiting.remove(&key)),
                Some(run) => self.take(vec![run]).await?,
                None => drop(self.cursor.waiting.remove(&key)),
            }
        }
        self.put();
        self.session.checkpoint().await
    }

    async fn one(&mut self, key: &str) -> Result<Option<Run>> {
        let path = format!("/repos/{}/actions/runs/{key}", self.repository.full_name);
        match self.client.get(&path, None).await? {
            Answer::Page(page) => Ok(Some(self.client.parse(&path, &page.body)?)),
            _ => Ok(None),
        }
    }

    /// Takes runs with the jobs of all their attempts.
    async fn take(&mut self, runs: Vec<Run>) -> Result<()> {
        let repository = self.repository;
        let name = &repository.full_name;
        let progress = self.session.collecting.progress;
        if !runs.is_empty() {
            progress.stage(&format!("{name}: reading builds"), Some(runs.len() as u64));
        }
        for run in runs {
            let mut jobs = Vec::new();
            if self.cursor.with_jobs {
                let path = format!("/repos/{name}/actions/runs/{}/jobs?filter=all&per_page=100", run.id);
                // It was deleted while the list was read.
                let Some(pages) = self.client.pages::<JobPage>(path).await? else { continue };
                jobs.extend(pages.into_iter().flat_map(|page| page.jobs));
            }
            self.session.take([map::run(name, &run, Voice::Asked)]);
            self.session.take(jobs.iter().filter_map(|job| map::job(name, job, Voice::Asked)));
            let waiting = Waiting { node_id: run.node_id.clone().unwrap_or_default(), version: run.version() };
            if map::is_running(&run) {
                self.cursor.waiting.insert(run.key(), waiting);
            } else {
                self.cursor.waiting.remove(&run.key());
            }
            progress.advance(1);
        }
        Ok(())
    }

    /// What GitHub lists, back to the oldest run that can still change.
    async fn listing(&mut self) -> Result<Listing> {
        let (mut rows, mut at, mut from) = (BTreeMap::new(), None, None);
        for number in 0.. {
            let path = page_path(&self.list(), number);
            let Answer::Page(page) = self.client.get(&path, None).await? else {
                return Err(not_found(self.client, &path).into());
            };
            let runs = Run::items(self.client.parse(&path, &page.body)?);
            let oldest = runs.iter().map(|run| run.created_at).min();
            let is_in = |run: &&Run| self.since.is_none_or(|since| run.created_at >= since);
            rows.extend(runs.iter().filter(is_in).map(|run| {
                (run.key(), Listed { key: run.key(), created_at: run.created_at, updated_at: run.version() })
            }));
            at = page.at;
            let limit = at.map(|at| at - LONGEST_RUN - RUN_AGAIN);
            let is_behind =
                |limit: Option<DateTime<Utc>>| oldest.zip(limit).is_some_and(|(oldest, limit)| oldest < limit);
            let ends = runs.is_empty() || page.next.is_none() || is_behind(self.since);
            if ends || is_behind(limit) {
                // What began after this cannot have been created before the limit.
                from = limit.map(|limit| limit + RUN_AGAIN + TimeDelta::days(1));
                let kept = at.map(|at| oldest.map_or(at - KEPT, |oldest| oldest.min(at - KEPT)));
                from = if ends { from.max(kept) } else { from };
                break;
            }
        }
        Ok(Listing { rows: rows.into_values().collect(), at, from })
    }
}
