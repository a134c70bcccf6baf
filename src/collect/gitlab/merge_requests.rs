//! Merge requests of one project, with all that belongs to them.

use super::list::List;
use super::map;
use super::payload::{Approvals, Commit, MergeRequest, Note, Size, StateEvent};
use super::projects::Place;
use super::sizes::sizes;
use super::walk::{Item, ListCursor};
use super::{Cursor, ProjectCursor};
use crate::collect::Result;
use crate::collect::http::{Answer, Client, HttpError};
use crate::collect::observation::{Observation, Row};
use crate::collect::session::Session;
use crate::model::Table;
use crate::model::flow::{PULL_REQUEST_COMMITS, PULL_REQUEST_EVENTS, REVIEW_COMMENTS, REVIEWS};
use crate::project::GitlabPipeline;
use chrono::{DateTime, Utc};

impl Item for MergeRequest {
    fn id(&self) -> i64 {
        self.iid
    }

    fn created_at(&self) -> DateTime<Utc> {
        self.created_at
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }
}

impl List for MergeRequest {
    const WORDS: &'static str = "merge requests";

    fn path(place: &Place) -> String {
        place.list("/merge_requests?scope=all&state=all")
    }

    fn cursor(project: &mut ProjectCursor) -> &mut ListCursor {
        &mut project.merge_requests
    }

    async fn read(
        client: &mut Client<'_>,
        session: &mut Session<'_, '_, Cursor>,
        place: &Place,
        _: &GitlabPipeline,
        found: Vec<MergeRequest>,
    ) -> Result<()> {
        let numbers: Vec<i64> = found.iter().map(|merge| merge.iid).collect();
        let mut sizes = sizes(client, session.collecting.progress, &place.path, &numbers).await?;
        for merge in found {
            let size = sizes.remove(&merge.iid).unwrap_or_default();
            session.take(observations(client, place, &merge, size).await?);
            session.collecting.progress.advance(1);
        }
        Ok(())
    }
}

/// A merge request and its parts, each part as a complete list. One that was deleted meanwhile is nothing.
async fn observations(
    client: &mut Client<'_>,
    place: &Place,
    merge: &MergeRequest,
    size: Size,
) -> Result<Vec<Observation>, HttpError> {
    let (repository, number, as_of) = (place.path.as_str(), merge.iid, merge.updated_at);
    let itself = place.list(&format!("/merge_requests/{number}"));
    let Some(commits) = client.list::<Commit>(format!("{itself}/commits?per_page=100")).await? else {
        return Ok(Vec::new());
    };
    let notes = format!("{itself}/notes?order_by=created_at&sort=asc&per_page=100");
    let notes = client.list::<Note>(notes).await?.unwrap_or_default();
    let turns = client.list::<StateEvent>(format!("{itself}/resource_state_events?per_page=100")).await?;
    let approvals = format!("{itself}/approvals");
    let approvals: Option<Approvals> = match client.get(&approvals, None).await? {
        Answer::Page(page) => Some(client.parse(&approvals, &page.body)?),
        _ => None,
    };
    let size = Size { commits: Some(commits.len()), ..size };
    let mut all = vec![map::merge_request(repository, merge, size).asked()];
    let mut part = |table: &'static Table, rows: Vec<Row>| {
        let rows: Vec<Observation> = rows.into_iter().map(Row::asked).collect();
        let of = Row::of(table).set("repository", repository).set("pull_request", number);
        let whole = of.set("updated_at", as_of).whole_of(&rows);
        all.extend(rows.into_iter().chain([whole]));
    };
    part(&PULL_REQUEST_COMMITS, map::commits(repository, number, &commits, as_of));
    part(&REVIEWS, map::reviews(repository, number, &notes, approvals.as_ref(), as_of));
    part(&REVIEW_COMMENTS, map::comments(repository, number, &notes));
    let turns = turns.iter().flatten().filter_map(|event| map::state_event(repository, number, event));
    part(&PULL_REQUEST_EVENTS, turns.chain(map::events(repository, number, &notes)).collect());
    Ok(all)
}
