//! Pipelines of one project and their jobs.
//!
//! One rule: a pipeline that goes on changes later than it is read, and so comes again by the order of its last change.

use super::list::List;
use super::map;
use super::payload::{Job, Pipeline};
use super::projects::Place;
use super::walk::{Item, ListCursor};
use super::{Cursor, ProjectCursor};
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

impl List for Pipeline {
    const WORDS: &'static str = "pipelines";

    fn path(place: &Place) -> String {
        place.list("/pipelines?")
    }

    fn cursor(project: &mut ProjectCursor) -> &mut ListCursor {
        &mut project.builds
    }

    async fn read(
        client: &mut Client<'_>,
        session: &mut Session<'_, '_, Cursor>,
        place: &Place,
        keys: &GitlabPipeline,
        found: Vec<Pipeline>,
    ) -> Result<()> {
        for pipeline in found {
            read(client, session, place, keys, pipeline.id).await?;
        }
        Ok(())
    }
}

/// Takes one with its jobs; one that was deleted meanwhile is nothing. A list does not say when it started and finished.
async fn read(
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
