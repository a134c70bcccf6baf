//! Answers a checked query by walking from object to object.

use super::check::Checked;
use super::node::{Found, NEWEST_FIRST, Node, Place};
use super::schema::{SCHEMA, named};
use super::{Meter, Query};
use crate::github_world::world::World;
use graphql_parser::query::{Field, Selection, SelectionSet, TypeCondition};
use serde_json::{Map, Value, json};

type Selections = SelectionSet<'static, String>;

struct Walk<'w> {
    world: &'w World,
    query: &'w Query,
    errors: Vec<Value>,
    path: Vec<Value>,
}

pub fn walk<'w>(world: &'w World, query: &'w Query, checked: &Checked, meter: Meter) -> Value {
    let root = Node::Root { meter, cost: checked.cost(), nodes: checked.nodes };
    let mut walk = Walk { world, query, errors: Vec::new(), path: Vec::new() };
    let data = walk.object(root, &query.selection);
    if walk.errors.is_empty() { json!({ "data": data }) } else { json!({ "data": data, "errors": walk.errors }) }
}

impl<'w> Walk<'w> {
    fn object(&mut self, node: Node<'w>, set: &'w Selections) -> Value {
        let leaves = node.leaves(self.world);
        self.each_field(node.type_name(), set, |walk, field| match leaves.get(&field.name) {
            Some(leaf) => leaf.clone(),
            None => walk.link(node, field),
        })
    }

    /// An object of the fields selected of a type; a field that is selected twice holds what either selection asks for.
    fn each_field(
        &mut self,
        on: &str,
        set: &'w Selections,
        mut value: impl FnMut(&mut Walk<'w>, &'w Field<'static, String>) -> Value,
    ) -> Value {
        let mut object = Value::Object(Map::new());
        for field in self.fields(on, set) {
            let key = field.alias.clone().unwrap_or_else(|| field.name.clone());
            self.path.push(json!(key));
            let value = if field.name == "__typename" { json!(on) } else { value(self, field) };
            self.path.pop();
            merge(&mut object[&key], value);
        }
        object
    }

    /// The fields that are selected of an object of the type, fragments taken apart.
    fn fields(&self, on: &str, set: &'w Selections) -> Vec<&'w Field<'static, String>> {
        let mut fields = Vec::new();
        for item in &set.items {
            let (condition, set) = match item {
                Selection::Field(field) => {
                    fields.push(field);
                    continue;
                }
                Selection::InlineFragment(it) => (it.type_condition.as_ref(), &it.selection_set),
                Selection::FragmentSpread(it) => {
                    let fragment = &self.query.fragments[&it.fragment_name];
                    (Some(&fragment.type_condition), &fragment.selection_set)
                }
            };
            if condition.is_none_or(|TypeCondition::On(name)| SCHEMA.is(on, name)) {
                fields.extend(self.fields(on, set));
            }
        }
        fields
    }

    fn link(&mut self, node: Node<'w>, field: &'w Field<'static, String>) -> Value {
        let arguments = self.query.arguments(field);
        match node.link(self.world, &field.name, &arguments) {
            Found::One(Some(node)) => self.object(node, &field.selection_set),
            Found::One(None) => Value::Null,
            Found::Missing(message) => self.missing(&message),
            Found::Each(nodes) => {
                let mut rows = Vec::new();
                for (index, found) in nodes.into_iter().enumerate() {
                    self.path.push(json!(index));
                    rows.push(match found {
                        Ok(node) => self.object(node, &field.selection_set),
                        Err(message) => self.missing(&message),
                    });
                    self.path.pop();
                }
                Value::Array(rows)
            }
            Found::Many(rows, order) => {
                let kind = &SCHEMA.fields(node.type_name()).unwrap()[&field.name].kind;
                self.connection(field, named(kind), &arguments, (rows, order))
            }
        }
    }

    fn missing(&mut self, message: &str) -> Value {
        self.errors.push(json!({ "type": "NOT_FOUND", "path": self.path, "message": message }));
        Value::Null
    }

    fn connection(
        &mut self,
        field: &'w Field<'static, String>,
        kind: &str,
        arguments: &Map<String, Value>,
        (rows, order): (Vec<Node<'w>>, &str),
    ) -> Value {
        let by = arguments.get("orderBy").unwrap_or(&Value::Null);
        let order = by["field"].as_str().unwrap_or(order);
        let is_descending = by["direction"] == "DESC" || order == NEWEST_FIRST;
        let total = rows.len();
        let mut rows: Vec<(Place, Node)> = rows.into_iter().map(|node| (node.place(order), node)).collect();
        rows.sort_by(|one, other| if is_descending { other.0.cmp(&one.0) } else { one.0.cmp(&other.0) });
        if let Some(cursor) = arguments.get("after").and_then(Value::as_str) {
            let Some(after) = place_of(cursor) else {
                let message = format!("`{cursor}` does not appear to be a valid cursor.");
                let path = &self.path;
                self.errors.push(json!({ "type": "INVALID_CURSOR_ARGUMENTS", "path": path, "message": message }));
                return Value::Null;
            };
            rows.retain(|(place, _)| if is_descending { *place < after } else { *place > after });
        }
        let has_previous = rows.len() < total;
        let first = arguments.get("first").and_then(Value::as_u64).map_or(0, |first| usize::try_from(first).unwrap());
        let has_next = rows.len() > first;
        rows.truncate(first);
        let info = json!({
            "hasNextPage": has_next, "hasPreviousPage": has_previous,
            "startCursor": rows.first().map(|it| cursor(&it.0)), "endCursor": rows.last().map(|it| cursor(&it.0)),
        });
        self.each_field(kind, &field.selection_set, |walk, part| match part.name.as_str() {
            "totalCount" => json!(total),
            "pageInfo" => walk.each_field("PageInfo", &part.selection_set, |_, it| info[&it.name].clone()),
            "nodes" => rows.iter().map(|(_, node)| walk.object(*node, &part.selection_set)).collect(),
            _ => {
                rows.iter().map(|it| walk.edge(&kind.replace("Connection", "Edge"), it, &part.selection_set)).collect()
            }
        })
    }

    fn edge(&mut self, kind: &str, (place, node): &(Place, Node<'w>), set: &'w Selections) -> Value {
        self.each_field(kind, set, |walk, part| match part.name.as_str() {
            "cursor" => json!(cursor(place)),
            _ => walk.object(*node, &part.selection_set),
        })
    }
}

/// Puts `more` into what is there already.
fn merge(there: &mut Value, more: Value) {
    match (there, more) {
        (Value::Object(there), Value::Object(more)) => {
            for (key, value) in more {
                merge(there.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(there), Value::Array(more)) if there.len() == more.len() => {
            there.iter_mut().zip(more).for_each(|(there, more)| merge(there, more));
        }
        (there, more) => *there = more,
    }
}

/// Nobody outside can read it.
fn cursor(place: &Place) -> String {
    let text = format!("cursor:v2:{}", json!(place));
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn place_of(cursor: &str) -> Option<Place> {
    let pairs = cursor.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    let text = String::from_utf8(pairs.collect::<Option<Vec<u8>>>()?).ok()?;
    serde_json::from_str(text.strip_prefix("cursor:v2:")?).ok()
}
