//! Whether an entity is one, by the rules that npm's `@backstage/catalog-model` applies: the envelope, the forms of its
//! metadata, and the specification of its kind.
//!
//! One rule: the first fault is told with the way to it, and a caller who knows the file turns the way into a place.

use super::format;
use super::kind::{self, Field, Shape};
use serde_json::{Map, Value};
use std::fmt;

/// What is wrong, and the keys that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub path: Vec<String>,
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "{}", self.message)
        } else {
            write!(f, "{} {}", self.path.join("."), self.message)
        }
    }
}

/// The fields of an entity as a person writes it. A server adds relations and status.
const WRITTEN: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];

const METADATA: [Field; 9] = [
    Field::required("name", Shape::Text),
    Field::optional("uid", Shape::Text),
    Field::optional("etag", Shape::Text),
    Field::optional("namespace", Shape::Text),
    Field::optional("title", Shape::Text),
    Field::optional("description", Shape::AnyText),
    Field::optional("labels", Shape::Texts),
    Field::optional("annotations", Shape::Texts),
    Field::optional("tags", Shape::TextList),
];

const LINK: [Field; 4] = [
    Field::required("url", Shape::Text),
    Field::optional("title", Shape::Text),
    Field::optional("icon", Shape::Text),
    Field::optional("type", Shape::Text),
];

/// Checks an entity that a person wrote, of one of the kinds that Backstage knows by itself.
///
/// # Errors
/// The first fault.
pub fn entity(value: &Value) -> Result<(), Fault> {
    let entity = object(value, &[])?;
    if let Some(foreign) = entity.keys().find(|key| !WRITTEN.contains(&key.as_str())) {
        return fault(&[foreign], "is no field of an entity");
    }
    envelope(entity)?;
    specification(entity, true)
}

/// Checks an entity that a server gave out. It may be of a kind that only that server knows.
///
/// # Errors
/// The first fault.
pub fn served(value: &Value) -> Result<(), Fault> {
    let entity = object(value, &[])?;
    envelope(entity)?;
    specification(entity, false)
}

fn envelope(entity: &Map<String, Value>) -> Result<(), Fault> {
    for (name, is_valid) in
        [("apiVersion", format::is_api_version as fn(&str) -> bool), ("kind", format::is_kind as fn(&str) -> bool)]
    {
        let text = entity.get(name).map_or_else(|| fault(&[name], "is missing"), |value| text(value, &[name]))?;
        check(is_valid(text), &[name], &format!("has a wrong form: {text:?}"))?;
    }
    let metadata =
        entity.get("metadata").map_or_else(|| fault(&["metadata"], "is missing"), |it| object(it, &["metadata"]))?;
    fields(metadata, &METADATA, &["metadata"])?;
    if let Some(specification) = entity.get("spec") {
        object(specification, &["spec"])?;
    }
    forms(metadata)
}

fn forms(metadata: &Map<String, Value>) -> Result<(), Fault> {
    let named = |name: &str| metadata.get(name).and_then(Value::as_str);
    let name = named("name").unwrap_or_default();
    let letters = "is not letters and digits with any of -_. between, at most 63";
    check(format::is_name(name), &["metadata", "name"], &format!("{name:?} {letters}"))?;
    if let Some(namespace) = named("namespace") {
        let message = format!("{namespace:?} is not small letters and digits with - between, at most 63");
        check(format::is_namespace(namespace), &["metadata", "namespace"], &message)?;
    }
    for group in ["labels", "annotations"] {
        for (key, value) in metadata.get(group).and_then(Value::as_object).into_iter().flatten() {
            check(format::is_key(key), &["metadata", group, key], "is no key such as name or example.com/name")?;
            let text = value.as_str();
            let fits = |text: &str| group == "annotations" || text.is_empty() || format::is_name(text);
            check(
                text.is_some_and(fits),
                &["metadata", group, key],
                &format!("has the value {value}, which {letters}"),
            )?;
        }
    }
    for (at, tag) in list(metadata, "tags").enumerate() {
        let is_tag = tag.as_str().is_some_and(format::is_tag);
        let message = format!("is {tag}, not small letters, digits and any of :+# with - between, at most 63");
        check(is_tag, &["metadata", "tags", &at.to_string()], &message)?;
    }
    if metadata.get("links").is_some_and(|links| !links.is_array()) {
        return fault(&["metadata", "links"], "is no list");
    }
    for (at, link) in list(metadata, "links").enumerate() {
        let at = at.to_string();
        let link = object(link, &["metadata", "links", &at])?;
        fields(link, &LINK, &["metadata", "links", &at])?;
        let part = |name: &str| link.get(name).and_then(Value::as_str);
        let url = part("url").unwrap_or_default();
        check(format::is_url(url), &["metadata", "links", &at, "url"], &format!("{url:?} is no address"))?;
        for name in ["title", "icon"] {
            let is_blank = part(name).is_some_and(|text| text.trim().is_empty());
            check(!is_blank, &["metadata", "links", &at, name], "is blank")?;
        }
    }
    Ok(())
}

fn specification(entity: &Map<String, Value>, must_be_known: bool) -> Result<(), Fault> {
    let named = |name: &str| entity.get(name).and_then(Value::as_str).unwrap_or_default();
    let specification = entity.get("spec");
    let kind_of = specification.and_then(|it| it.get("type")).and_then(Value::as_str);
    let Some(known) = kind::of(named("kind"), kind_of) else {
        let message = format!("{} is none of {}", named("kind"), kind::names().join(", "));
        return if must_be_known { fault(&["kind"], &message) } else { Ok(()) };
    };
    if !known.versions.contains(&named("apiVersion")) {
        let message = format!("of a {} is one of {}", known.name, known.versions.join(", "));
        return if must_be_known { fault(&["apiVersion"], &message) } else { Ok(()) };
    }
    match specification {
        Some(specification) => fields(object(specification, &["spec"])?, known.fields, &["spec"]),
        None => fault(&["spec"], "is missing"),
    }
}

fn fields(map: &Map<String, Value>, expected: &[Field], within: &[&str]) -> Result<(), Fault> {
    for field in expected.iter().filter(|field| field.name == "*") {
        let is_named = |key: &str| expected.iter().any(|field| field.name == key);
        for (key, value) in map.iter().filter(|(key, _)| !is_named(key)) {
            shape(value, field.shape, &[within, &[key.as_str()]].concat())?;
        }
    }
    for field in expected.iter().filter(|field| field.name != "*") {
        let path: Vec<&str> = within.iter().copied().chain([field.name]).collect();
        match map.get(field.name) {
            Some(value) => shape(value, field.shape, &path)?,
            None if field.required => return fault(&path, "is missing"),
            None => {}
        }
    }
    Ok(())
}

fn shape(value: &Value, shape: Shape, path: &[&str]) -> Result<(), Fault> {
    match shape {
        Shape::Text => text(value, path).map(drop),
        Shape::AnyText => check(value.is_string(), path, "is no text"),
        Shape::OneOf(words) => {
            let is_one = value.as_str().is_some_and(|text| words.contains(&text));
            check(is_one, path, &format!("is {value}, not one of {}", words.join(", ")))
        }
        Shape::TextList => {
            for (at, item) in items(value, path)?.iter().enumerate() {
                text(item, &[path, &[&at.to_string()]].concat())?;
            }
            Ok(())
        }
        Shape::Texts => {
            for (key, value) in object(value, path)? {
                check(value.is_string(), &[path, &[key]].concat(), "is no text")?;
            }
            Ok(())
        }
        Shape::Map(inner) => fields(object(value, path)?, inner, path),
        Shape::Maps { least, fields: inner } => {
            let items = items(value, path)?;
            check(items.len() >= least, path, &format!("has fewer than {least} items"))?;
            for (at, item) in items.iter().enumerate() {
                let at = at.to_string();
                let path = [path, &[at.as_str()]].concat();
                fields(object(item, &path)?, inner, &path)?;
            }
            Ok(())
        }
        Shape::MapOrMaps(inner) => match value {
            Value::Array(_) => self::shape(value, Shape::Maps { least: 0, fields: inner }, path),
            _ => self::shape(value, Shape::Map(inner), path),
        },
        Shape::AnyTexts => {
            let is_texts = items(value, path)?.iter().all(Value::is_string);
            check(is_texts, path, "is no list of texts")
        }
        Shape::TextOrBool => {
            check(value.is_string() || value.is_boolean(), path, "is neither a text nor true or false")
        }
    }
}

fn items<'v>(value: &'v Value, path: &[&str]) -> Result<&'v Vec<Value>, Fault> {
    value.as_array().map_or_else(|| fault(path, "is no list"), Ok)
}

fn list<'v>(map: &'v Map<String, Value>, name: &str) -> impl Iterator<Item = &'v Value> {
    map.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn object<'v>(value: &'v Value, path: &[&str]) -> Result<&'v Map<String, Value>, Fault> {
    value.as_object().map_or_else(|| fault(path, "is no map of keys and values"), Ok)
}

fn text<'v>(value: &'v Value, path: &[&str]) -> Result<&'v str, Fault> {
    match value.as_str() {
        Some("") => fault(path, "is empty"),
        Some(text) => Ok(text),
        None => fault(path, "is no text"),
    }
}

fn check(holds: bool, path: &[&str], message: &str) -> Result<(), Fault> {
    if holds { Ok(()) } else { fault(path, message) }
}

fn fault<T>(path: &[&str], message: &str) -> Result<T, Fault> {
    Err(Fault { path: path.iter().map(|it| (*it).to_owned()).collect(), message: message.to_owned() })
}
