//! Lists of a project that are read by the order of their last changes.
//!
//! One rule: the cursor moves when everything of a page was taken, and not before.

use super::projects::Place;
use super::walk::{Item, ListCursor, Walk};
use super::{Cursor, ProjectCursor, cursor};
use crate::collect::Result;
use crate::collect::http::Client;
use crate::collect::session::Session;
use crate::project::GitlabPipeline;

/// Something that a project has such a list of.
pub(super) trait List: Item {
    /// What they are called.
    const WORDS: &'static str;

    /// The list of all of them, with a query.
    fn path(place: &Place) -> String;

    /// Where the list was left.
    fn cursor(project: &mut ProjectCursor) -> &mut ListCursor;

    /// Takes these with all that belongs to them. One that was deleted meanwhile is nothing.
    async fn read(
        client: &mut Client<'_>,
        session: &mut Session<'_, '_, Cursor>,
        place: &Place,
        keys: &GitlabPipeline,
        found: Vec<Self>,
    ) -> Result<()>;
}

/// Reads what changed since the list was left.
pub(super) async fn collect<T: List>(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    place: &Place,
    keys: &GitlabPipeline,
) -> Result<()> {
    let left = T::cursor(cursor(session, place)).clone();
    let mut walk = Walk::<T>::on(left, T::path(place), keys.since);
    session.collecting.progress.stage(&format!("{}: reading {}", place.path, T::WORDS), None);
    while let Some(found) = walk.next(client).await? {
        T::read(client, session, place, keys, found).await?;
        T::cursor(cursor(session, place)).clone_from(&walk.cursor);
        session.checkpoint().await?;
    }
    *T::cursor(cursor(session, place)) = walk.cursor;
    session.checkpoint().await
}
