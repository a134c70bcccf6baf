//! Teams of an organisation and who is in them, as a history.
//!
//! One rule: GitHub says who is in a team and not since when, so a membership begins with the first list that has it and ends
//! with the first that lacks it. What is written of the past stays as it is.

use super::client::{Client, HttpError};
use super::graph::{Asker, teams::Listed};
use super::{Cursor, Result, Session, map};
use crate::collect::roster;

/// Lists the teams of an organisation and takes what changed.
pub(super) async fn collect(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    organisation: &str,
) -> Result<()> {
    session.collecting.progress.stage(&format!("{organisation}: reading teams"), None);
    let Some(Listed { organisation, teams, at }) = Asker::new(client).teams(organisation).await? else {
        let message = "there is no such organisation, or the token may not see it".to_owned();
        let address = format!("teams = [\"{organisation}\"]");
        return Err(HttpError::Refused { address, status: http::StatusCode::NOT_FOUND, message }.into());
    };
    let at = at.unwrap_or_else(|| session.collecting.ambient.now());
    let is_ours = |team: &str| team.split_once('/').is_some_and(|(owner, _)| owner == organisation);
    let listed: Vec<_> = teams.iter().map(|(team, _)| team.clone()).collect();
    let members = map::members(&organisation, &teams, at);
    roster::take(session, is_ours, map::teams(&organisation, &listed, at), members, at).await
}
