//! Deployments of one repository with the reports on them. GraphQL gives them with their reports; which of the newest
//! changed is said by REST's list, for nothing when none did.
//!
//! One rule: a deployment that ended can still be told to be inactive, so none is ever done with.

use super::client::Client;
use super::map::{self, Voice};
use super::newest::{Item, LOOK_BACK, Look, Newest, Seen};
use super::payload::Deployment;
use super::repositories::Repository;
use super::{Cursor, Result, Session, Waiting, graph};
use crate::collect::observation::Observation;
use crate::collect::reconciliation::{self, Entity, Listed, Listing, Part, Scope};
use crate::model::delivery::{DEPLOYMENT_STATUSES, DEPLOYMENTS};
use crate::project::GithubPipeline;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A deployment that nobody reported on for so long is only looked at by the daily comparison: many tools never report.
const ATTENTION: TimeDelta = TimeDelta::days(35);

const ENTITY: Entity = Entity {
    table: &DEPLOYMENTS,
    created_at: "started_at",
    parts: &[Part { table: &DEPLOYMENT_STATUSES, of: &[("service", "service"), ("deployment_id", "deployment_id")] }],
};

/// Where the deployments of a repository were left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct DeploymentsCursor {
    newest: Newest,
    /// What has not been read yet, the newest last.
    gaps: Vec<Gap>,
    /// Those that did not end.
    waiting: BTreeMap<String, Waiting>,
}

/// Deployments from one place in the list to one moment of creation.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Gap {
    /// Where the next page of GraphQL's list begins.
    after: Option<String>,
    down_to: Option<DateTime<Utc>>,
}

impl Item for Deployment {
    type Page = Vec<Deployment>;

    fn items(page: Vec<Deployment>) -> Vec<Deployment> {
        page
    }

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    fn version(&self) -> DateTime<Utc> {
        self.updated_at.unwrap_or(self.created_at)
    }
}

/// One reading of the deployments of one repository.
struct Reading<'r, 'c, 's, 'a> {
    client: &'r mut Client<'c>,
    session: &'r mut Session<'s, 'a, Cursor>,
    repository: &'r Repository,
    since: Option<DateTime<Utc>>,
    cursor: DeploymentsCursor,
}

pub(super) async fn collect(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    keys: &GithubPipeline,
) -> Result<()> {
    let mut reading = Reading::new(client, session, repository, keys);
    if reading.cursor.newest.until.is_some() {
        reading.newest().await?;
    } else if reading.cursor.gaps.is_empty() {
        reading.cursor.gaps.push(Gap { after: None, down_to: keys.since });
    }
    reading.gaps().await?;
    reading.waiting().await
}

/// Compares all deployments with GitHub's list.
pub(super) async fn compare(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    repository: &Repository,
    keys: &GithubPipeline,
) -> Result<()> {
    let mut reading = Reading::new(client, session, repository, keys);
    let Some((all, at)) = graph::delivery::all(reading.client, repository.parts()).await? else { return Ok(()) };
    let all = all.into_iter().filter(|it| keys.since.is_none_or(|since| it.created_at >= since));
    let ids: BTreeMap<String, graph::delivery::ListedDeployment> =
        all.filter_map(|it| Some((it.database_id?.to_string(), it))).collect();
    let rows =
        ids.iter().map(|(key, it)| Listed { key: key.clone(), created_at: it.created_at, updated_at: it.updated_at });
    let listing = Listing { rows: rows.collect(), at, from: None };
    let missed =
        reconciliation::compare(reading.session, &ENTITY, Scope::Repository(&repository.full_name), &listing).await?;
    let missed: Vec<String> = missed.iter().filter_map(|key| Some(ids.get(key)?.id.clone())).collect();
    let (found, _) = graph::delivery::by_id(reading.client, &missed).await?;
    reading.take(&found);
    reading.put();
    reading.session.checkpoint().await
}

impl<'r, 'c, 's, 'a> Reading<'r, 'c, 's, 'a> {
    fn new(
        client: &'r mut Client<'c>,
        session: &'r mut Session<'s, 'a, Cursor>,
        repository: &'r Repository,
        keys: &GithubPipeline,
    ) -> Self {
        let cursor = session.cursor.repositories.get(&repository.node_id).map(|it| it.deployments.clone());
        Reading { client, session, repository, since: keys.since, cursor: cursor.unwrap_or_default() }
    }

    fn put(&mut self) {
        if let Some(cursor) = self.session.cursor.repositories.get_mut(&self.repository.node_id) {
            cursor.deployments = self.cursor.clone();
        }
    }

    async fn newest(&mut self) -> Result<()> {
        let first = format!("/repos/{}/deployments?per_page=100", self.repository.full_name);
        let mut look = Look::<Deployment>::new(self.cursor.newest.clone(), first, self.since);
        let down_to = self.cursor.newest.until.max(self.since);
        while let Some(changed) = look.next(self.client).await? {
            if changed.moves_gap {
                self.cursor.gaps.pop();
            }
            if changed.opens_gap {
                self.cursor.gaps.push(Gap { after: None, down_to });
            }
            let ids: Vec<String> = changed.items.into_iter().filter_map(|it| it.node_id).collect();
            let (found, _) = graph::delivery::by_id(self.client, &ids).await?;
            self.take(&found);
            self.cursor.newest = look.newest.clone();
            self.put();
            self.session.checkpoint().await?;
        }
        Ok(())
    }

    async fn gaps(&mut self) -> Result<()> {
        while let Some(gap) = self.cursor.gaps.pop() {
            let page = graph::delivery::page(self.client, self.repository.parts(), gap.after.as_deref()).await?;
            let Some(page) = page else { return Ok(()) };
            let progress = self.session.collecting.progress;
            if gap.after.is_none() {
                let stage = format!("{}: reading deployments", self.repository.full_name);
                progress.stage(&stage, Some(page.total.unsigned_abs()));
            }
            progress.advance(page.deployments.len() as u64);
            if self.cursor.newest.pages.len() < LOOK_BACK {
                self.cursor.newest.pages.push(Seen::of(&page.deployments, page.at, None));
            }
            let newest = page.deployments.iter().map(|it| it.created_at).max();
            // Without any, whatever comes will be newer than this.
            self.cursor.newest.until = self.cursor.newest.until.max(newest).or(Some(DateTime::UNIX_EPOCH));
            let is_old = |it: &Deployment| gap.down_to.is_some_and(|down_to| it.created_at < down_to);
            let ends = page.next.is_none() || page.deployments.iter().any(is_old);
            let wanted: Vec<Deployment> = page.deployments.into_iter().filter(|it| !is_old(it)).collect();
            self.take(&wanted);
            if !ends {
                self.cursor.gaps.push(Gap { after: page.next, ..gap });
            }
            self.put();
            self.session.checkpoint().await?;
        }
        Ok(())
    }

    /// Asks for those that did not end and that the newest pages no longer show.
    async fn waiting(&mut self) -> Result<()> {
        let is_hidden = |(key, _): &(&String, &Waiting)| !self.cursor.newest.has(key);
        let hidden: BTreeMap<String, Waiting> =
            self.cursor.waiting.iter().filter(is_hidden).map(|(key, it)| (key.clone(), it.clone())).collect();
        let ids: Vec<String> = hidden.values().map(|it| it.node_id.clone()).collect();
        let (found, at) = graph::delivery::by_id(self.client, &ids).await?;
        for (key, known) in hidden {
            match found.iter().find(|it| it.key() == key) {
                Some(it) if it.version() > known.version || is_over(it) => self.take(std::slice::from_ref(it)),
                Some(_) if at.is_none_or(|at| at - known.version <= ATTENTION) => {}
                _ => drop(self.cursor.waiting.remove(&key)),
            }
        }
        self.put();
        self.session.checkpoint().await
    }

    fn take(&mut self, deployments: &[Deployment]) {
        for deployment in deployments {
            let rows = rows(&self.repository.full_name, deployment);
            self.session.take(rows);
            let node_id = deployment.node_id.clone().unwrap_or_default();
            if is_over(deployment) {
                self.cursor.waiting.remove(&deployment.key());
            } else {
                self.cursor.waiting.insert(deployment.key(), Waiting { node_id, version: deployment.version() });
            }
        }
    }
}

fn is_over(deployment: &Deployment) -> bool {
    deployment.statuses.as_ref().is_some_and(|statuses| map::is_deployed(statuses))
}

fn rows(repository: &str, deployment: &Deployment) -> impl Iterator<Item = Observation> {
    let statuses = deployment.statuses.as_deref().unwrap_or_default();
    let itself = map::deployment(repository, deployment, statuses, Voice::Asked);
    let reports = statuses.iter().map(|status| map::deployment_status(repository, deployment, status, Voice::Asked));
    std::iter::once(itself).chain(reports)
}
