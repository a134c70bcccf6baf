//! What an experiment is about.

use serde::{Deserialize, Serialize};

/// What is drawn or measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    Team,
    Component,
    Repository,
    Developer,
    /// A pull request or an issue.
    Task,
}

impl UnitKind {
    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            UnitKind::Team => "team",
            UnitKind::Component => "component",
            UnitKind::Repository => "repository",
            UnitKind::Developer => "developer",
            UnitKind::Task => "task",
        }
    }

    /// Several of them, in a sentence.
    pub fn plural(self) -> &'static str {
        match self {
            UnitKind::Team => "teams",
            UnitKind::Component => "components",
            UnitKind::Repository => "repositories",
            UnitKind::Developer => "developers",
            UnitKind::Task => "tasks",
        }
    }

    /// The kind of that name.
    pub fn of(name: &str) -> Option<UnitKind> {
        use UnitKind::{Component, Developer, Repository, Task, Team};
        [Team, Component, Repository, Developer, Task].into_iter().find(|kind| kind.name() == name)
    }

    /// What each of these belongs to one of.
    pub fn belongs_to(self) -> &'static [UnitKind] {
        match self {
            UnitKind::Team => &[],
            UnitKind::Developer | UnitKind::Repository => &[UnitKind::Team],
            UnitKind::Component => &[UnitKind::Repository, UnitKind::Team],
            UnitKind::Task => &[UnitKind::Developer, UnitKind::Component, UnitKind::Repository, UnitKind::Team],
        }
    }
}
