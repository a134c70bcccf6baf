//! Pipelines of one project and their jobs.
//!
//! One rule: a pipeline that goes on changes later than it is read, and so comes again by the order of its last change.

use super::map;
use super::payload::{Job, Pipeline};
use super::projects::Place;
use super::walk::{Item, Walk};
use super::{Cursor, cursor};
use crate::collect::Result;
use crate::collect::http::{Answer, Client};
use crate::collect::observation::Row;
use crate::collect::session::Session;
use crate::project::{GitlabList, GitlabPipeline};
use chrono::{DateTime, Utc};

impl Item for Pipeline {
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
    place.list("/pipelines?")
}

pub(super) async fn collect(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    place: &Place,
    keys: &GitlabPipeline,
) -> Result<()> {
    let list = cursor(session, place).builds.clone();
    let mut walk = Walk::<Pipeline>::on(list, path(place), keys.since);
    session.collecting.progress.stage(&format!("{}: reading pipelines", place.path), None);
    while let Some(pipelines) = walk.next(client).await? {
        for pipeline in pipelines {
            read(client, session, place, keys, pipeline.id).await?;
        }
        cursor(session, place).builds.clone_from(&walk.cursor);
        session.checkpoint().await?;
    }
    cursor(session, place).builds = walk.cursor;
    session.checkpoint().await
}

/// Takes one with its jobs; one that was deleted meanwhile is nothing. A list does not say when it started and finished.
pub(super) async fn read(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    place: &Place,
    keys: &GitlabPipeline,
    id: i64,
) -> Result<()> {
    let itself = place.list(&format!("/pipelines/{id}"));
    let Answer::Page(page) = client.get(&itself, None).await? else { return Ok(()) };
    let pipeline: Pipeline = client.parse(&itself, &page.body)?;
    session.take([map::pipeline(&place.path, &pipeline).asked()]);
    if keys.lists(GitlabList::Jobs) {
        let jobs = client.list::<Job>(format!("{itself}/jobs?include_retried=true&per_page=100")).await?;
        session.take(jobs.iter().flatten().map(|job| map::job(&place.path, job)).map(Row::asked));
    }
    session.collecting.progress.advance(1);
    Ok(())
}
