//! Releases of one project. There are few, so that the list is read as a whole whenever its first page changed, and what it
//! lacks is gone.

use super::payload::Release;
use super::projects::Place;
use super::walk::not_found;
use super::{Cursor, cursor, map};
use crate::collect::Result;
use crate::collect::http::{Answer, Client};
use crate::collect::observation::{Observation, Row};
use crate::collect::session::Session;
use crate::model::code::RELEASES;

pub(super) async fn collect(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    place: &Place,
) -> Result<()> {
    let first = place.list("/releases?order_by=created_at&sort=asc&per_page=100");
    let known = cursor(session, place).releases_etag.clone();
    let page = match client.get(&first, known.as_deref()).await? {
        Answer::Same => return Ok(()),
        Answer::Missing => return Err(not_found(client, &first).into()),
        Answer::Page(page) => page,
    };
    let mut releases: Vec<Release> = client.parse(&first, &page.body)?;
    let is_one_page = page.next.is_none();
    if let Some(next) = page.next {
        // What half a list lacks is not gone.
        releases.extend(client.list::<Release>(next.clone()).await?.ok_or_else(|| not_found(client, &next))?);
    }
    let now = page.at.unwrap_or_else(|| session.collecting.ambient.now());
    let is_due = |release: &Release| release.released_at.is_none_or(|at| at <= now);
    let all_are_due = releases.iter().all(is_due);
    let rows = releases.iter().filter_map(|release| map::release(&place.path, release, now));
    let rows: Vec<Observation> = rows.map(Row::asked).collect();
    let whole = Row::of(&RELEASES).set("repository", &place.path).set("updated_at", now).whole_of(&rows);
    session.take(rows.into_iter().chain([whole]));
    // The same list says more when the day of a release has come.
    cursor(session, place).releases_etag = page.etag.filter(|_| is_one_page && all_are_due);
    session.checkpoint().await
}
