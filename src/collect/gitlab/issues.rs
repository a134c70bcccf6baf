//! Issues of one project, as tickets, with all that happened to them.

use super::list::List;
use super::map;
use super::payload::{Issue, LabelEvent, Note, StateEvent};
use super::projects::Place;
use super::walk::{Item, ListCursor};
use super::{Cursor, ProjectCursor};
use crate::collect::Result;
use crate::collect::http::{Client, HttpError};
use crate::collect::observation::{Observation, Row};
use crate::collect::session::Session;
use crate::model::support::TICKET_EVENTS;
use crate::project::GitlabPipeline;
use chrono::{DateTime, Utc};

impl Item for Issue {
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

impl List for Issue {
    const WORDS: &'static str = "issues";

    fn path(place: &Place) -> String {
        place.list("/issues?scope=all&state=all")
    }

    fn cursor(project: &mut ProjectCursor) -> &mut ListCursor {
        &mut project.issues
    }

    async fn read(
        client: &mut Client<'_>,
        session: &mut Session<'_, '_, Cursor>,
        place: &Place,
        _: &GitlabPipeline,
        found: Vec<Issue>,
    ) -> Result<()> {
        for issue in found {
            session.take(observations(client, place, &issue).await?);
            session.collecting.progress.advance(1);
        }
        Ok(())
    }
}

/// A ticket and its events. One that was deleted meanwhile is nothing.
async fn observations(client: &mut Client<'_>, place: &Place, issue: &Issue) -> Result<Vec<Observation>, HttpError> {
    let ticket = map::ticket_id(&place.path, issue.iid);
    let itself = place.list(&format!("/issues/{}", issue.iid));
    let notes = format!("{itself}/notes?order_by=created_at&sort=asc&per_page=100");
    let Some(notes) = client.list::<Note>(notes).await? else { return Ok(Vec::new()) };
    let turns = client.list::<StateEvent>(format!("{itself}/resource_state_events?per_page=100")).await?;
    let labels = client.list::<LabelEvent>(format!("{itself}/resource_label_events?per_page=100")).await?;
    let notes = notes.iter().filter_map(|note| map::ticket_note(&ticket, note));
    let turns = turns.iter().flatten().filter_map(|event| map::ticket_state_event(&ticket, event));
    let labels = labels.iter().flatten().map(|event| map::label_event(&ticket, event));
    let events: Vec<Observation> = notes.chain(turns).chain(labels).map(Row::asked).collect();
    let whole = Row::of(&TICKET_EVENTS).set("ticket_id", &ticket).set("updated_at", issue.updated_at);
    let whole = whole.whole_of(&events);
    Ok([map::ticket(&place.path, issue).asked()].into_iter().chain(events).chain([whole]).collect())
}
