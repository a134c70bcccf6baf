//! Groups as teams, and users as their members.
//!
//! One rule: a user is the account and the address that the catalog says, so that it is the same person as in other sources.

use crate::collect::catalog::Entity;
use crate::collect::catalog::reference::Reference;
use crate::collect::catalog::rows::{self as columns, user};
use crate::collect::observation::{Observation, Row, Who};
use crate::model::people::{TEAM_MEMBERS, TEAMS};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

pub(super) struct People<'e> {
    entities: &'e BTreeMap<Reference, Entity>,
    /// Groups that are there and could not be read, with their teams: they stay as they were.
    unread: &'e BTreeMap<Reference, String>,
    parents: BTreeMap<&'e Reference, &'e Reference>,
    /// What is wrong with the groups, a line each.
    pub complaints: Vec<String>,
}

impl<'e> People<'e> {
    pub fn of(entities: &'e BTreeMap<Reference, Entity>, unread: &'e BTreeMap<Reference, String>) -> People<'e> {
        let mut people = People { entities, unread, parents: BTreeMap::new(), complaints: Vec::new() };
        let is_there = |group: &Reference| entities.contains_key(group) || unread.contains_key(group);
        let groups = || entities.values().filter(|entity| entity.reference.kind == "group");
        for group in groups() {
            for (relation, other) in &group.relations {
                let (child, parent) = match *relation {
                    "childOf" => (&group.reference, other),
                    "parentOf" => (other, &group.reference),
                    _ => continue,
                };
                if !is_there(child) || !is_there(parent) {
                    let missing = if is_there(child) { parent } else { child };
                    people.complaints.push(format!("{} names {missing}, and there is no such group", group.reference));
                    continue;
                }
                let known = people.parents.entry(child).or_insert(parent);
                if *known != parent {
                    let line = format!("{child} is below both {known} and {parent}; the first counts");
                    people.complaints.push(line);
                }
            }
        }
        people.cut_circles();
        people
    }

    /// Groups that are above themselves are above nobody.
    fn cut_circles(&mut self) {
        let is_round = |group: &Reference| {
            let mut above = self.parents.get(group);
            for _ in 0..self.parents.len() {
                match above {
                    Some(parent) if *parent == group => return true,
                    Some(parent) => above = self.parents.get(*parent),
                    None => return false,
                }
            }
            false
        };
        let round: Vec<&Reference> = self.parents.keys().copied().filter(|group| is_round(group)).collect();
        for group in round {
            self.parents.remove(group);
            self.complaints.push(format!("the groups above {group} go round in a circle"));
        }
    }

    fn groups(&self) -> impl Iterator<Item = &'e Entity> {
        self.entities.values().filter(|entity| entity.reference.kind == "group")
    }

    fn team(&self, group: &Reference) -> String {
        let unread = || self.unread.get(group).cloned().unwrap_or_else(|| group.team());
        self.entities.get(group).and_then(Entity::team).unwrap_or_else(unread)
    }

    /// The teams as they are at this moment.
    pub fn teams(&self, at: DateTime<Utc>) -> Vec<Observation> {
        let row = |group: &Entity| {
            let parent = self.parents.get(&group.reference).map(|parent| self.team(parent));
            let row = Row::of(&TEAMS).set("team", self.team(&group.reference)).set("title", &group.title);
            row.set("parent", parent).set("updated_at", at).asked()
        };
        self.groups().map(row).collect()
    }

    /// Who is in which team. Somebody in several has equal shares of each, since the catalog says none.
    pub fn members(&self) -> Vec<Observation> {
        let mut teams_of: BTreeMap<&Reference, BTreeSet<String>> = BTreeMap::new();
        for entity in self.entities.values() {
            for other in &entity.members {
                let (person, group) = match entity.reference.kind.as_str() {
                    "user" => (&entity.reference, other),
                    "group" => (other, &entity.reference),
                    _ => continue,
                };
                // One that could not be read still has its share of a person.
                if self.entities.contains_key(group) || self.unread.contains_key(group) {
                    teams_of.entry(person).or_default().insert(self.team(group));
                }
            }
        }
        let mut rows = Vec::new();
        for (person, teams) in teams_of {
            let weight = 1.0 / teams.len() as f64;
            for team in teams.into_iter().filter(|team| !self.unread.values().any(|unread| unread == team)) {
                let row = Row::of(&TEAM_MEMBERS).set("team", team).set("person_id", self.who(person));
                rows.push(row.set("weight", weight).asked());
            }
        }
        rows
    }

    /// The row of an entity's owner.
    pub fn owner(&self, entity: &Reference, owner: &Reference) -> Row {
        let row = columns::owner(entity, owner);
        if owner.is_user() { row.set("owner_id", self.who(owner)) } else { row }
    }

    fn who(&self, person: &Reference) -> Who {
        let Some(entity) = self.entities.get(person) else { return user(person) };
        let text = |text: Option<&str>| text.unwrap_or_default().to_lowercase();
        let (login, email) = (text(entity.annotation("github.com/user-login")), text(entity.email.as_deref()));
        if login.is_empty() && email.is_empty() {
            return user(person);
        }
        let name = entity.display_name.clone().filter(|_| !email.is_empty()).unwrap_or_default();
        Who { login, name, email, ..Who::default() }
    }
}
