//! Deployments of one project. A list says all of them.

use super::list::List;
use super::map;
use super::payload::Deployment;
use super::projects::Place;
use super::walk::{Item, ListCursor};
use super::{Cursor, ProjectCursor};
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

impl List for Deployment {
    const WORDS: &'static str = "deployments";

    fn path(place: &Place) -> String {
        place.list("/deployments?")
    }

    fn cursor(project: &mut ProjectCursor) -> &mut ListCursor {
        &mut project.deployments
    }

    async fn read(
        _: &mut Client<'_>,
        session: &mut Session<'_, '_, Cursor>,
        place: &Place,
        _: &GitlabPipeline,
        found: Vec<Deployment>,
    ) -> Result<()> {
        session.collecting.progress.advance(found.len() as u64);
        session.take(found.iter().flat_map(|it| observations(place, it)));
        Ok(())
    }
}

/// A deployment and its end, where it has one.
fn observations(place: &Place, deployment: &Deployment) -> Vec<Observation> {
    let itself = map::deployment(&place.path, deployment);
    let end = map::deployment_status(&place.path, deployment);
    [itself].into_iter().chain(end).map(Row::asked).collect()
}
