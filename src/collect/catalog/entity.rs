//! A valid entity, with what it says of others as complete references.

use super::kind;
use super::reference::{DEFAULT_NAMESPACE, Reference};
use super::validate::Fault;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What Paceline takes of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    pub reference: Reference,
    /// Name in its own letters.
    pub name: String,
    pub title: Option<String>,
    pub kind_of: Option<String>,
    pub lifecycle: Option<String>,
    pub description: Option<String>,
    pub annotations: BTreeMap<String, String>,
    pub owner: Option<Reference>,
    pub system: Option<Reference>,
    pub domain: Option<Reference>,
    /// Relation and target, without people and without the owner.
    pub relations: BTreeSet<(&'static str, Reference)>,
    /// Of a group: who is said to be in it. Of a user: the groups.
    pub members: BTreeSet<Reference>,
    pub email: Option<String>,
    pub display_name: Option<String>,
    /// Where its name stands in its file.
    pub place: (usize, usize),
    /// Where its owner stands in its file.
    pub owner_place: (usize, usize),
}

/// Files that a text of an entity may stand in instead of the entity itself
/// (<https://backstage.io/docs/features/software-catalog/descriptor-format#substitutions-in-the-descriptor-format>). What they
/// hold says nothing to us.
const PLACEHOLDERS: [&str; 5] = ["$text", "$openapi", "$asyncapi", "$graphql", "$grpc"];

/// Puts a text where one stands in another file.
pub fn fill_placeholders(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let names = |map: &Map<String, Value>| {
                map.iter().all(|(key, it)| PLACEHOLDERS.contains(&key.as_str()) && it.is_string())
            };
            if map.len() == 1 && names(map) {
                *value = map.values().next().cloned().unwrap_or_default();
            } else {
                map.values_mut().for_each(fill_placeholders);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(fill_placeholders),
        _ => {}
    }
}

impl Entity {
    /// Takes what counts from an entity that was found valid.
    ///
    /// # Errors
    /// A reference that is none.
    pub fn of(value: &Value) -> Result<Entity, Fault> {
        let (metadata, spec) = (&value["metadata"], &value["spec"]);
        let text = |within: &Value, name: &str| within.get(name).and_then(Value::as_str).map(str::to_owned);
        let kind = text(value, "kind").unwrap_or_default();
        let namespace = text(metadata, "namespace");
        let name = text(metadata, "name").unwrap_or_default();
        let inherited = namespace.clone().unwrap_or_else(|| DEFAULT_NAMESPACE.to_owned());
        let read = |field: &str, default_kind: Option<&str>| references(spec, field, default_kind, &inherited);
        let one = |field: &str, default_kind: &str| read(field, Some(default_kind)).map(|all| all.into_iter().next());
        let mut relations = BTreeSet::new();
        for relation in kind::of(&kind, text(spec, "type").as_deref()).map_or(&[][..], |kind| kind.relations) {
            let targets = read(relation.field, relation.default_kind)?.into_iter();
            relations.extend(targets.filter(|target| !target.is_user()).map(|target| (relation.relation, target)));
        }
        let members = match kind.as_str() {
            "Group" => read("members", Some("user"))?,
            "User" => read("memberOf", Some("group"))?,
            _ => Vec::new(),
        };
        let domain = match kind.as_str() {
            "System" => one("domain", "domain")?,
            "Domain" => one("subdomainOf", "domain")?,
            _ => None,
        };
        let annotations = metadata.get("annotations").and_then(Value::as_object).into_iter().flatten();
        let annotations = annotations.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
        let profile = &spec["profile"];
        Ok(Entity {
            reference: Reference::new(&kind, namespace.as_deref(), &name),
            title: text(metadata, "title").or_else(|| text(profile, "displayName").filter(|_| kind == "Group")),
            kind_of: text(spec, "type"),
            lifecycle: text(spec, "lifecycle"),
            description: text(metadata, "description").filter(|it| !it.is_empty()),
            annotations: annotations.collect(),
            owner: one("owner", "group")?,
            system: if kind == "System" { None } else { one("system", "system")? },
            domain,
            relations,
            members: members.into_iter().collect(),
            email: text(profile, "email"),
            display_name: text(profile, "displayName"),
            name,
            place: (1, 1),
            owner_place: (1, 1),
        })
    }

    /// The value of an annotation, unless it is empty.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The repository that it says its code is in, `owner/name`.
    pub fn repository(&self) -> Option<String> {
        let slug = ["github.com/project-slug", "gitlab.com/project-slug"].iter().find_map(|key| self.annotation(key));
        slug.map(str::to_owned).or_else(|| self.source().map(|source| source.repository))
    }

    /// The folder in its repository that it says its code is in, without slashes around.
    pub fn folder(&self) -> Option<String> {
        self.source().map(|source| source.folder)
    }

    /// The page that it says its code is at.
    pub fn url(&self) -> Option<&str> {
        let keys = ["backstage.io/source-location", "backstage.io/managed-by-location", "backstage.io/view-url"];
        keys.iter()
            .filter_map(|key| self.annotation(key))
            .map(|it| it.strip_prefix("url:").unwrap_or(it))
            .find(|it| it.starts_with("http"))
    }

    fn source(&self) -> Option<Source> {
        let location = self.annotation("backstage.io/source-location")?;
        Source::of(location.strip_prefix("url:")?)
    }

    /// The team that a group is: GitHub's, where it says which, otherwise by its own name.
    pub fn team(&self) -> Option<String> {
        let own = || self.reference.team();
        (self.reference.kind == "group")
            .then(|| self.annotation("github.com/team-slug").map_or_else(own, str::to_owned))
    }
}

fn references(spec: &Value, field: &str, default_kind: Option<&str>, namespace: &str) -> Result<Vec<Reference>, Fault> {
    let texts: Vec<&str> = match spec.get(field) {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let wrong = |message: String| Fault { path: vec!["spec".to_owned(), field.to_owned()], message };
    texts.into_iter().map(|text| Reference::parse(text, default_kind, namespace).map_err(wrong)).collect()
}

/// A place in a repository at a forge.
struct Source {
    repository: String,
    folder: String,
}

impl Source {
    /// GitHub's `https://HOST/OWNER/NAME/tree/BRANCH/FOLDER/` and GitLab's `https://HOST/GROUP/…/NAME/-/tree/BRANCH/FOLDER/`. A
    /// branch with a slash in its name is taken for a folder; nothing in the address tells them apart.
    fn of(address: &str) -> Option<Source> {
        let url = url::Url::parse(address).ok().filter(|url| url.scheme().starts_with("http"))?;
        let parts: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
        let gitlab = parts.iter().position(|part| *part == "-");
        let (repository, rest) = match gitlab {
            Some(dash) => (&parts[..dash], parts.get(dash + 1..)?),
            None => (parts.get(..2)?, parts.get(2..)?),
        };
        let is_file = rest.first() == Some(&"blob");
        let folder = rest.get(2..).unwrap_or_default();
        let folder = if is_file { folder.get(..folder.len().saturating_sub(1))? } else { folder };
        let repository = repository.join("/").trim_end_matches(".git").to_owned();
        (repository.contains('/')).then(|| Source { repository, folder: folder.join("/") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_is_completed() {
        let mut value = json!({
            "apiVersion": "backstage.io/v1alpha1",
            "kind": "Component",
            "metadata": {
                "name": "Till", "namespace": "shop",
                "annotations": { "backstage.io/source-location": "url:https://github.com/acme/shop/tree/main/services/till/" },
            },
            "spec": {
                "type": "service", "lifecycle": "production", "owner": "user:Ann", "system": "sales",
                "dependsOn": ["resource:default/db"], "providesApis": ["orders"], "definition": { "$text": "./api.yaml" },
            },
        });
        fill_placeholders(&mut value);
        assert_eq!(value["spec"]["definition"], "./api.yaml");
        let entity = Entity::of(&value).unwrap();
        assert_eq!(entity.reference.to_string(), "component:shop/till");
        assert_eq!(entity.owner.as_ref().unwrap().to_string(), "user:shop/ann");
        let relations: Vec<String> = entity.relations.iter().map(|(word, target)| format!("{word} {target}")).collect();
        assert_eq!(
            relations,
            ["dependsOn resource:default/db", "partOf system:shop/sales", "providesApi api:shop/orders"]
        );
        assert_eq!(entity.repository().as_deref(), Some("acme/shop"));
        assert_eq!(entity.folder().as_deref(), Some("services/till"));
    }

    #[test]
    fn places_in_repositories() {
        let source = |address: &str| Source::of(address).map(|it| (it.repository, it.folder));
        let found = |repository: &str, folder: &str| Some((repository.to_owned(), folder.to_owned()));
        assert_eq!(source("https://github.com/acme/shop"), found("acme/shop", ""));
        assert_eq!(source("https://github.com/acme/shop/blob/main/a/b.yaml"), found("acme/shop", "a"));
        assert_eq!(source("https://gitlab.com/acme/web/shop/-/tree/main/a/b"), found("acme/web/shop", "a/b"));
        assert_eq!(source("https://github.com/acme"), None);
        assert_eq!(source("file:/tmp/x"), None);
    }
}
