//! Deployments of one project. A list says all of them.

use super::map;
use super::payload::Deployment;
use super::projects::Place;
use super::walk::{Item, Walk};
use super::{Cursor, cursor};
use crate::collect::Result;
use crate::collect::http::Client;
use crate::collect::observation::{Observation, Row};
use crate::collect::session::Session;
use crate::project::GitlabPipeline;
use chrono::{DateTime, Utc};

impl Item for Deployment {
    fn id(&self) -> i64 {
        self.id
    }

    fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at.unwrap_or(self.created_at)
    }
}

/// The list of all of them, with a query.
pub(super) fn path(place: &Place) -> String {
    place.list("/deployments?")
}

pub(super) async fn collect(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    place: &Place,
    keys: &GitlabPipeline,
) -> Result<()> {
    let list = cursor(session, place).deployments.clone();
    let mut walk = Walk::<Deployment>::on(list, path(place), keys.since);
    session.collecting.progress.stage(&format!("{}: reading deployments", place.path), None);
    while let Some(deployments) = walk.next(client).await? {
        session.collecting.progress.advance(deployments.len() as u64);
        session.take(deployments.iter().flat_map(|it| observations(place, it)));
        cursor(session, place).deployments.clone_from(&walk.cursor);
        session.checkpoint().await?;
    }
    cursor(session, place).deployments = walk.cursor;
    session.checkpoint().await
}

/// A deployment and its end, where it has one.
pub(super) fn observations(place: &Place, deployment: &Deployment) -> Vec<Observation> {
    let itself = map::deployment(&place.path, deployment);
    let end = map::deployment_status(&place.path, deployment);
    [itself].into_iter().chain(end).map(Row::asked).collect()
}
