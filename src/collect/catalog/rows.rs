//! Entities as the columns of their tables.

use super::Entity;
use super::reference::Reference;
use crate::collect::observation::{Row, Who};
use crate::model::catalog::{COMPONENT_OWNERS, COMPONENTS, DEPENDENCIES};

/// What a row of `components` says, but its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    pub entity: String,
    kind: String,
    name: String,
    title: Option<String>,
    kind_of: Option<String>,
    lifecycle: Option<String>,
    system: Option<String>,
    domain: Option<String>,
    description: Option<String>,
    repository: Option<String>,
    path: Option<String>,
    team: Option<String>,
    service: Option<String>,
    url: Option<String>,
}

impl Component {
    /// The row of an entity whose code is in this folder of this repository.
    pub fn of(entity: &Entity, place: Option<(String, String)>) -> Component {
        let (repository, path) = place.unzip();
        Component {
            entity: entity.reference.to_string(),
            kind: entity.reference.kind.clone(),
            name: entity.name.clone(),
            title: entity.title.clone(),
            kind_of: entity.kind_of.clone(),
            lifecycle: entity.lifecycle.clone(),
            system: entity.system.as_ref().map(Reference::to_string),
            domain: entity.domain.as_ref().map(Reference::to_string),
            description: entity.description.clone(),
            repository,
            path,
            team: entity.team(),
            service: entity.annotation("pagerduty.com/service-id").map(str::to_owned),
            url: entity.url().map(str::to_owned),
        }
    }

    pub fn row(&self) -> Row {
        Row::of(&COMPONENTS)
            .set("entity", &self.entity)
            .set("kind", &self.kind)
            .set("name", &self.name)
            .set("title", &self.title)
            .set("type", &self.kind_of)
            .set("lifecycle", &self.lifecycle)
            .set("system", &self.system)
            .set("domain", &self.domain)
            .set("description", &self.description)
            .set("repository", &self.repository)
            .set("path", &self.path)
            .set("team", &self.team)
            .set("service", &self.service)
            .set("url", &self.url)
    }
}

/// The row of an entity's owner; a person is to be put away.
pub fn owner(entity: &Reference, owner: &Reference) -> Row {
    let row = Row::of(&COMPONENT_OWNERS).set("entity", entity.to_string());
    if owner.is_user() { row.set("owner_id", user(owner)) } else { row.set("owner", owner.to_string()) }
}

/// The row of a relation.
pub fn dependency(entity: &Reference, relation: &str, target: &Reference) -> Row {
    let row = Row::of(&DEPENDENCIES).set("entity", entity.to_string());
    row.set("relation", relation).set("target", target.to_string())
}

/// A person as the catalog names one: its own name, which need not be an account anywhere.
pub fn user(reference: &Reference) -> Who {
    Who { login: reference.to_string(), ..Who::default() }
}

/// Whether an entity of this kind has code of its own.
pub fn has_code(entity: &Entity) -> bool {
    ["component", "api", "resource"].contains(&entity.reference.kind.as_str())
}
