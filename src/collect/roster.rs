//! Teams and who is in them, as a source lists them all, and what that changed.
//!
//! One rule: a team is known by its source's own id where it has one, so that a renamed team is one that changed and not two.

use super::apply::{self, Names, Within};
use super::dated;
use super::observation::{Observation, Row, Values};
use super::session::Session;
use super::{Collecting, Result};
use crate::model::people::{TEAM_CHANGES, TEAM_MEMBERS, TEAMS};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const TEAM: [&str; 4] = ["team", "title", "parent", "source_key"];

/// Teams and members, by column name and without times.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    pub teams: Vec<Values>,
    /// Their people are ids.
    pub members: Vec<Values>,
}

impl Roster {
    /// What is stored of a source, of the teams that are meant. Of memberships those that go on.
    pub async fn stored(
        collecting: &Collecting<'_>,
        source: &str,
        is_meant: impl Fn(&str) -> bool,
        now: DateTime<Utc>,
    ) -> Result<Roster> {
        let mut teams = apply::stored(collecting, &TEAMS, &TEAM, source, &Within::default()).await?;
        let columns = ["team", "person_id", "valid_from", "valid_to", "weight"];
        let mut members = apply::stored(collecting, &TEAM_MEMBERS, &columns, source, &Within::default()).await?;
        teams.retain(|row| is_meant(text(row, "team")));
        members.retain(|row| is_meant(text(row, "team")) && goes_on(row, now));
        Ok(Roster { teams, members })
    }
}

/// Whether a membership has not ended by now. Files say ends that are still to come.
fn goes_on(row: &Values, now: DateTime<Utc>) -> bool {
    let ended = |end: &str| DateTime::parse_from_rfc3339(end).is_ok_and(|end| end <= now);
    !row.get("valid_to").and_then(Value::as_str).is_some_and(ended)
}

/// Takes what a list of all teams that are meant changes. Everybody's login is learned, also where no row changes.
pub(super) async fn take<C: Serialize + DeserializeOwned + Default>(
    session: &mut Session<'_, '_, C>,
    is_meant: impl Fn(&str) -> bool,
    mut teams: Vec<Observation>,
    members: Vec<Observation>,
    at: DateTime<Utc>,
) -> Result<()> {
    session.collecting.clean_observations(&mut teams);
    let known = Roster::stored(session.collecting, session.source, is_meant, at).await?;
    let members = named(session, members, at)?;
    let listed = Roster { teams: teams.iter().map(|row| row.subject().1.clone()).collect(), members };
    let log = changes(&known, &listed, at).into_iter().map(Row::asked);
    session.take(log.collect::<Vec<Observation>>());
    session.take(team_changes(&known.teams, teams, at));
    // A membership that is to end later goes on until then.
    let open: Vec<Values> = known.members.into_iter().filter(|row| !row.contains_key("valid_to")).collect();
    session.take(dated::changes(&TEAM_MEMBERS, &open, listed.members, at));
    session.checkpoint().await
}

/// Teams that are new or not what they were, and those that are gone.
fn team_changes(known: &[Values], listed: Vec<Observation>, at: DateTime<Utc>) -> Vec<Observation> {
    let says =
        |row: &Observation, known: &Values| TEAM.iter().all(|name| row.subject().1.get(*name) == known.get(*name));
    let is_listed = |known: &&Values| listed.iter().any(|row| row.subject().1.get("team") == known.get("team"));
    let gone = known
        .iter()
        .filter(|known| !is_listed(known))
        .map(|known| Row::of(&TEAMS).set("team", known.get("team")).set("updated_at", at).gone());
    let gone: Vec<Observation> = gone.collect();
    listed.into_iter().filter(|row| !known.iter().any(|known| says(row, known))).chain(gone).collect()
}

/// Rows with the ids of their people in place of names.
fn named<C>(session: &mut Session<'_, '_, C>, rows: Vec<Observation>, at: DateTime<Utc>) -> Result<Vec<Values>> {
    let secret = session.collecting.secret;
    let mut names = Names::new(session.source, session.host.as_deref(), &secret);
    let mut named = Vec::with_capacity(rows.len());
    for row in rows {
        if let Observation::Row { mut values, .. } = row {
            names.put_away(&TEAM_MEMBERS, &mut values, at);
            named.push(values);
        }
    }
    session.collecting.put_identities(&names.identities())?;
    Ok(named)
}

/// What a list changed, as rows of the log of changes. The first list of a source is a beginning and no change.
pub(super) fn changes(known: &Roster, listed: &Roster, at: DateTime<Utc>) -> Vec<Row> {
    if known.teams.is_empty() && known.members.is_empty() {
        return Vec::new();
    }
    let by_name = |roster: &Roster| -> BTreeMap<String, Values> {
        roster.teams.iter().map(|row| (text(row, "team").to_owned(), row.clone())).collect()
    };
    let (before, after) = (by_name(known), by_name(listed));
    let key = |row: &Values| row.get("source_key").and_then(Value::as_str).map(str::to_owned);
    let new: BTreeMap<String, &str> = after
        .iter()
        .filter(|(team, _)| !before.contains_key(*team))
        .filter_map(|(team, row)| Some((key(row)?, team.as_str())))
        .collect();
    // Former name → name.
    let renamed: BTreeMap<&str, &str> = before
        .iter()
        .filter(|(team, _)| !after.contains_key(*team))
        .filter_map(|(team, row)| Some((team.as_str(), *new.get(&key(row)?)?)))
        .collect();
    let called = |team: &str| renamed.get(team).copied().unwrap_or(team).to_owned();
    let mut log = Log { at, rows: Vec::new() };
    for (team, row) in &before {
        let now = called(team);
        match after.get(&now) {
            None => log.add(team, "removed", None, None, None),
            Some(new) => {
                if now != *team {
                    log.add(&now, "renamed", None, Some(team), Some(&now));
                } else if row.get("title") != new.get("title") {
                    log.add(team, "renamed", None, some(row, "title"), some(new, "title"));
                }
                let above = some(row, "parent").map(&called);
                if above.as_deref() != some(new, "parent") {
                    log.add(&now, "moved", None, some(row, "parent"), some(new, "parent"));
                }
            }
        }
    }
    for team in after.keys().filter(|team| !before.contains_key(*team) && !renamed.values().any(|it| it == team)) {
        log.add(team, "created", None, None, None);
    }
    let places = |roster: &Roster, called: &dyn Fn(&str) -> String| -> BTreeSet<(String, String)> {
        roster.members.iter().map(|row| (called(text(row, "team")), text(row, "person_id").to_owned())).collect()
    };
    let (before, after) = (places(known, &called), places(listed, &str::to_owned));
    for (team, person) in before.difference(&after) {
        log.add(team, "left", Some(person), None, None);
    }
    for (team, person) in after.difference(&before) {
        log.add(team, "joined", Some(person), None, None);
    }
    log.rows
}

struct Log {
    at: DateTime<Utc>,
    rows: Vec<Row>,
}

impl Log {
    fn add(&mut self, team: &str, change: &str, person: Option<&str>, before: Option<&str>, after: Option<&str>) {
        let row = Row::of(&TEAM_CHANGES)
            .set("changed_at", self.at)
            .set("ordinal", self.rows.len() + 1)
            .set("team", team)
            .set("change", change)
            .set("person_id", person)
            .set("before", before)
            .set("after", after)
            .set("updated_at", self.at);
        self.rows.push(row);
    }
}

fn some<'a>(row: &'a Values, column: &str) -> Option<&'a str> {
    row.get(column).and_then(Value::as_str)
}

fn text<'a>(row: &'a Values, column: &str) -> &'a str {
    some(row, column).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roster(teams: &[(&str, &str, &str)], members: &[(&str, &str)]) -> Roster {
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let team = |(team, parent, key): &(&str, &str, &str)| {
            Row::of(&TEAMS).set("team", team).set("parent", filled(parent)).set("source_key", filled(key)).values()
        };
        let member =
            |(team, person): &(&str, &str)| Row::of(&TEAM_MEMBERS).set("team", team).set("person_id", person).values();
        Roster { teams: teams.iter().map(team).collect(), members: members.iter().map(member).collect() }
    }

    #[test]
    fn what_changed_is_told() {
        let known = roster(
            &[("all", "", "1"), ("old", "all", "2"), ("kid", "old", "3"), ("gone", "", "4"), ("file", "", "")],
            &[("old", "ann"), ("old", "bob"), ("gone", "cy")],
        );
        let listed = roster(
            &[("all", "", "1"), ("new", "all", "2"), ("kid", "new", "3"), ("file", "all", ""), ("fresh", "", "5")],
            &[("new", "ann"), ("fresh", "cy")],
        );
        let said: Vec<String> = changes(&known, &listed, DateTime::UNIX_EPOCH)
            .into_iter()
            .map(|row| {
                let row = row.values();
                ["team", "change", "person_id", "before", "after"].map(|name| text(&row, name).to_owned()).join(" ")
            })
            .collect();
        let expected = [
            "file moved   all",
            "gone removed   ",
            "new renamed  old new",
            "fresh created   ",
            "gone left cy  ",
            "new left bob  ",
            "fresh joined cy  ",
        ];
        assert_eq!(said, expected);
        assert!(changes(&Roster::default(), &listed, DateTime::UNIX_EPOCH).is_empty());
    }
}
