//! Everything that happened to an issue.
//!
//! One rule: what an answer about several issues left out is asked for, and only then a list counts as whole.

use super::map;
use super::payload::{Comment, History, Issue};
use super::server::Server;
use crate::collect::http::{Answer, Client, HttpError, with_query};
use crate::collect::observation::{Observation, Row};
use crate::model::support::TICKET_EVENTS;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Changes or comments of one page.
const FULL: usize = 100;
/// Changes that the cloud's list of issues has of one issue at most: <https://developer.atlassian.com/changelog/#CHANGE-2046>.
const LISTED: usize = 40;

/// An issue with all of its changes and comments; `None` where it was deleted meanwhile.
pub(super) async fn complete(
    client: &mut Client<'_>,
    server: &Server,
    mut issue: Issue,
) -> Result<Option<Issue>, HttpError> {
    let is_whole = |total: Option<usize>, here: usize| total.is_some_and(|total| total <= here);
    let changes = issue.changelog.take().unwrap_or_default();
    let is_cut = server.is_cloud && changes.histories.len() >= LISTED;
    if !is_cut && is_whole(changes.total, changes.histories.len()) {
        issue.changelog = Some(changes);
    } else if server.is_cloud {
        let path = format!("/rest/api/3/issue/{}/changelog", issue.id);
        let Some(histories) = all::<History>(client, &path).await? else { return Ok(None) };
        issue.changelog = Some(super::payload::Changelog { total: Some(histories.len()), histories });
    } else {
        // A server lists the changes of one issue as a whole, and nowhere else.
        let Some(alone) = server.issue(client, &issue.key, "created,updated").await? else { return Ok(None) };
        issue.changelog = alone.changelog;
    }
    let comments = issue.fields.comment.take().unwrap_or_default();
    if is_whole(comments.total, comments.comments.len()) {
        issue.fields.comment = Some(comments);
    } else {
        let path = format!("/rest/api/2/issue/{}/comment", issue.key);
        let Some(comments) = all::<Comment>(client, &path).await? else { return Ok(None) };
        issue.fields.comment = Some(super::payload::Comments { total: Some(comments.len()), comments });
    }
    Ok(Some(issue))
}

/// The ticket, its events, and that there are no others.
pub(super) fn observations(server: &Server, issue: &Issue) -> Vec<Observation> {
    let histories = issue.changelog.iter().flat_map(|changes| &changes.histories);
    let changes = histories.flat_map(|history| map::history(&issue.id, history, &server.states));
    let comments = issue.fields.comment.iter().flat_map(|all| &all.comments);
    let comments = comments.map(|comment| map::comment(&issue.id, comment));
    let events: Vec<Observation> = changes.chain(comments).map(Row::asked).collect();
    let whole = Row::of(&TICKET_EVENTS).set("ticket_id", &issue.id).set("updated_at", issue.fields.updated.0);
    let whole = whole.whole_of(&events);
    [map::ticket(issue).asked()].into_iter().chain(events).chain([whole]).collect()
}

#[derive(Deserialize)]
struct Part<T> {
    /// Changes.
    #[serde(default = "Vec::new")]
    values: Vec<T>,
    /// Comments.
    #[serde(default = "Vec::new")]
    comments: Vec<T>,
    total: usize,
}

/// All of a list of which an answer has a part; `None` where its issue is gone.
async fn all<T: DeserializeOwned>(client: &mut Client<'_>, path: &str) -> Result<Option<Vec<T>>, HttpError> {
    let mut all = Vec::new();
    loop {
        let (start, full) = (all.len().to_string(), FULL.to_string());
        let path = with_query(path, [("startAt", start.as_str()), ("maxResults", full.as_str())]);
        let Answer::Page(page) = client.get(&path, None).await? else { return Ok(None) };
        let Part { values, comments, total } = client.parse(&path, &page.body)?;
        let before = all.len();
        all.extend(values.into_iter().chain(comments));
        if all.len() >= total || all.len() == before {
            return Ok(Some(all));
        }
    }
}
