//! A small GitLab for tests: projects whose things are GitLab's own JSON, which change, behind GitLab's doors.
//!
//! Everything follows from the seed. A path or parameter that is not simulated is an error, never an empty answer.

mod answers;
mod change;
pub mod server;

use crate::vendor_world::folder::Chance;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is simulated.
pub struct World {
    pub now: DateTime<Utc>,
    pub projects: Vec<Project>,
    chance: Chance,
    ids: i64,
}

/// A project.
pub struct Project {
    pub body: Value,
    /// `merge_requests`, `issues`, `pipelines`, `deployments` and `releases`.
    pub lists: BTreeMap<&'static str, Vec<Thing>>,
    /// Lists that nobody may read.
    pub forbidden: Vec<&'static str>,
}

/// One thing of a list, and the lists of what belongs to it.
#[derive(Clone, Debug)]
pub struct Thing {
    pub body: Value,
    pub parts: BTreeMap<&'static str, Vec<Value>>,
}

pub const LISTS: [&str; 5] = ["merge_requests", "issues", "pipelines", "deployments", "releases"];

impl World {
    /// Two projects with so many things of each kind.
    pub fn new(seed: u64, things: usize) -> World {
        let now = "2026-02-01T08:00:00Z".parse().unwrap();
        let mut world = World { now, projects: Vec::new(), chance: Chance(seed), ids: 100 };
        for (id, path) in [(11, "acme/app"), (12, "acme/tools/desk")] {
            let body = json!({
                "id": id, "path_with_namespace": path, "web_url": format!("https://gitlab.example/{path}"),
                "default_branch": "main", "last_activity_at": moment(now),
            });
            world.projects.push(Project { body, lists: BTreeMap::new(), forbidden: Vec::new() });
        }
        for project in 0..world.projects.len() {
            for list in LISTS {
                for _ in 0..things {
                    world.create(project, list);
                    world.pass();
                }
            }
        }
        for _ in 0..things * 10 {
            world.change();
        }
        world
    }

    /// All things of one kind.
    pub fn all(&self, list: &str) -> impl Iterator<Item = &Thing> {
        self.projects.iter().flat_map(move |project| project.lists.get(list).into_iter().flatten())
    }

    /// How many parts of one kind things of another have.
    pub fn parts(&self, list: &str, part: &str) -> usize {
        self.all(list).filter_map(|thing| thing.parts.get(part)).map(Vec::len).sum()
    }

    /// Some time, often none of a whole millisecond.
    pub fn pass(&mut self) {
        let milliseconds = [0, 1, 40, 700, 61_000][self.below(5)];
        self.now += TimeDelta::milliseconds(milliseconds);
    }

    fn below(&mut self, end: usize) -> usize {
        self.chance.below(end)
    }

    fn id(&mut self) -> i64 {
        self.ids += 1;
        self.ids
    }

    fn user(&mut self) -> Value {
        let number = 1 + self.below(4);
        json!({ "id": number, "username": format!("user{number}"), "name": format!("User {number}") })
    }
}

impl Thing {
    /// Whether a part of a path addresses it.
    pub fn is_named(&self, part: &str) -> bool {
        part.parse().is_ok_and(|number: i64| self.key() == number)
    }

    /// The number that addresses it.
    pub fn key(&self) -> Value {
        self.body.get("iid").or(self.body.get("id")).or(self.body.get("tag_name")).cloned().unwrap_or_default()
    }
}

pub fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
