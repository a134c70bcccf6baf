//! Teams of an organisation and who is in them, as a history.
//!
//! One rule: GitHub says who is in a team and not since when, so a membership begins with the first list that has it and ends
//! with the first that lacks it. What is written of the past stays as it is.

use super::client::{Client, HttpError};
use super::graph::{Asker, teams::Listed};
use super::{Cursor, Result, Session, map};
use crate::collect::apply::{self, Names, Within};
use crate::collect::observation::{Observation, Row, Values};
use crate::model::people::{TEAM_MEMBERS, TEAMS};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

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
    let is_ours = |row: &Values| text(row, "team").split_once('/').is_some_and(|(owner, _)| owner == organisation);

    let columns = ["team", "title", "parent", "source_key"];
    let mut known = apply::stored(session.collecting, &TEAMS, &columns, session.source, &Within::default()).await?;
    known.retain(is_ours);
    let listed: Vec<_> = teams.iter().map(|(team, _)| team.clone()).collect();
    let changes = team_changes(&known, map::teams(&organisation, &listed, at), &columns, at);

    let columns = ["team", "person_id", "valid_from", "valid_to", "weight"];
    let mut known =
        apply::stored(session.collecting, &TEAM_MEMBERS, &columns, session.source, &Within::default()).await?;
    known.retain(|row| is_ours(row) && !row.contains_key("valid_to"));
    let listed = named(session, map::members(&organisation, &teams, at), at)?;
    session.take(changes.into_iter().chain(member_changes(known, listed, at)));
    session.checkpoint().await
}

/// Teams that are new or not what they were, and those that are gone.
fn team_changes(known: &[Values], listed: Vec<Observation>, columns: &[&str], at: DateTime<Utc>) -> Vec<Observation> {
    let says =
        |row: &Observation, known: &Values| columns.iter().all(|name| row.subject().1.get(*name) == known.get(*name));
    let is_listed = |known: &&Values| listed.iter().any(|row| row.subject().1.get("team") == known.get("team"));
    let gone = known
        .iter()
        .filter(|known| !is_listed(known))
        .map(|known| Row::of(&TEAMS).set("team", known.get("team")).set("updated_at", at).gone());
    let gone: Vec<Observation> = gone.collect();
    listed.into_iter().filter(|row| !known.iter().any(|known| says(row, known))).chain(gone).collect()
}

/// Rows with the ids of their people in place of names. Everybody's login is learned, also where no row changes.
fn named(
    session: &mut Session<'_, '_, Cursor>,
    mut rows: Vec<Observation>,
    at: DateTime<Utc>,
) -> Result<BTreeMap<(String, String), Observation>> {
    let secret = session.collecting.secret;
    let mut names = Names::new(session.source, session.host.as_deref(), &secret);
    for row in &mut rows {
        if let Observation::Row { values, .. } = row {
            names.put_away(&TEAM_MEMBERS, values, at);
        }
    }
    session.collecting.put_identities(&names.identities())?;
    Ok(rows.into_iter().map(|row| (place(row.subject().1), row)).collect())
}

/// The memberships that began, ended, or are of another weight: that ends one and begins another.
fn member_changes(
    known: Vec<Values>,
    mut listed: BTreeMap<(String, String), Observation>,
    at: DateTime<Utc>,
) -> Vec<Observation> {
    let mut changes = Vec::new();
    for row in known {
        let place = place(&row);
        if listed.get(&place).is_some_and(|listed| listed.subject().1.get("weight") == row.get("weight")) {
            listed.remove(&place);
            continue;
        }
        let columns = TEAM_MEMBERS.columns.iter().filter(|column| column.name != "valid_to");
        let ended = columns.fold(Row::of(&TEAM_MEMBERS), |ended, column| ended.set(column.name, row.get(column.name)));
        changes.push(ended.set("valid_to", at).set("updated_at", at).asked());
    }
    // Within one second a new row may take the place of the ended one.
    changes.extend(listed.into_values());
    changes
}

/// Team and person.
fn place(row: &Values) -> (String, String) {
    (text(row, "team").to_owned(), text(row, "person_id").to_owned())
}

fn text<'a>(row: &'a Values, column: &str) -> &'a str {
    row.get(column).and_then(Value::as_str).unwrap_or_default()
}
