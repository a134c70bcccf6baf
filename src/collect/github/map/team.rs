//! Teams and who is in them.

use super::{key, who};
use crate::collect::github::payload::{Team, User};
use crate::collect::observation::{Observation, Row};
use crate::model::people::{TEAM_MEMBERS, TEAMS};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The team's name in the tables, `organisation/slug`; `None` where GitHub leaves out the slug of a deleted team.
pub fn team_name(organisation: &str, team: &Team) -> Option<String> {
    Some(format!("{organisation}/{}", team.slug.as_deref()?))
}

/// The teams of an organisation as they were listed at `seen_at`.
pub fn teams(organisation: &str, teams: &[Team], seen_at: DateTime<Utc>) -> Vec<Observation> {
    let row = |team: &Team| {
        let parent = team.parent.as_ref().and_then(|parent| team_name(organisation, parent));
        let row = Row::of(&TEAMS)
            .set("team", team_name(organisation, team)?)
            .set("title", &team.name)
            .set("parent", parent)
            .set("source_key", key(team.node_id.as_deref(), team.id))
            // A renamed team says so in `updated_at`, a moved one does not.
            .set("updated_at", seen_at);
        Some(row.asked())
    };
    teams.iter().filter_map(row).collect()
}

/// Who was in which team when all teams of an organisation were listed, with `valid_from`, the moment of that list or the
/// earlier one since which it is known.
///
/// GitHub lists the members of a child team as members of its parent too: they count for the child alone. It has no shares
/// of a person's time: one in several teams has equal shares of each.
pub fn members(organisation: &str, teams: &[(Team, Vec<User>)], valid_from: DateTime<Utc>) -> Vec<Observation> {
    let parents: BTreeMap<&str, &str> =
        teams.iter().filter_map(|(team, _)| Some((slug(team)?, slug(team.parent.as_ref()?)?))).collect();
    let mut of_person: BTreeMap<(Option<i64>, &str), BTreeSet<&str>> = BTreeMap::new();
    for (team, users) in teams {
        let Some(team) = slug(team) else { continue };
        for account in users.iter().filter_map(account) {
            of_person.entry(account).or_default().insert(team);
        }
    }
    for slugs in of_person.values_mut() {
        let above: BTreeSet<&str> = slugs.iter().flat_map(|slug| ancestors(slug, &parents)).collect();
        slugs.retain(|slug| !above.contains(slug));
    }
    let row = |team: &Team, user: &User| {
        let own = of_person.get(&account(user)?)?;
        let row = Row::of(&TEAM_MEMBERS)
            .set("team", team_name(organisation, team).filter(|_| slug(team).is_some_and(|slug| own.contains(slug)))?)
            .set("person_id", who(Some(user))?)
            .set("valid_from", valid_from)
            .set("weight", 1.0 / own.len() as f64)
            .set("updated_at", valid_from);
        Some(row.asked())
    };
    teams.iter().flat_map(|(team, users)| users.iter().filter_map(move |user| row(team, user))).collect()
}

/// Its number, since it can get another login while the teams are listed; its login where there is no number.
fn account(user: &User) -> Option<(Option<i64>, &str)> {
    match user.id {
        Some(id) => Some((Some(id), "")),
        None => Some((None, user.login.as_deref()?)),
    }
}

fn slug(team: &Team) -> Option<&str> {
    team.slug.as_deref()
}

/// The teams above one, nearest first. A circle, which GitHub does not allow, would end where it began.
fn ancestors<'a>(team: &str, parents: &BTreeMap<&'a str, &'a str>) -> Vec<&'a str> {
    let mut above: Vec<&str> = Vec::new();
    let mut next = parents.get(team);
    while let Some(parent) = next.filter(|parent| **parent != team && !above.contains(parent)) {
        above.push(parent);
        next = parents.get(parent);
    }
    above
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(slug: &str, parent: Option<&str>) -> Team {
        let parent = parent.map(|parent| Box::new(team(parent, None)));
        Team { slug: Some(slug.to_owned()), parent, ..Team::default() }
    }

    fn users(logins: &[&str]) -> Vec<User> {
        logins.iter().map(|login| User { login: Some((*login).to_owned()), ..User::default() }).collect()
    }

    #[test]
    fn members_of_children_count_for_the_children_and_shares_are_equal() {
        let listed = [
            (team("all", None), users(&["a", "b", "c"])),
            (team("area", Some("all")), users(&["a", "b"])),
            (team("leaf", Some("area")), users(&["a"])),
            (team("guild", None), users(&["a"])),
        ];
        let rows = members("acme", &listed, DateTime::<Utc>::UNIX_EPOCH);
        let said: Vec<_> = rows
            .iter()
            .map(|row| {
                let Observation::Row { values, .. } = row else { panic!("not a row") };
                let text = |column: &str| values[column].as_str().unwrap().to_owned();
                (text("team"), values["person_id"]["login"].as_str().unwrap().to_owned(), values["weight"].as_f64())
            })
            .collect();
        let row = |team: &str, login: &str, weight| (team.to_owned(), login.to_owned(), Some(weight));
        assert_eq!(
            said,
            [
                row("acme/all", "c", 1.0),
                row("acme/area", "b", 1.0),
                row("acme/leaf", "a", 0.5),
                row("acme/guild", "a", 0.5)
            ]
        );
    }
}
