//! What is wrong with a query before it is answered, in GitHub's words, and what it costs.

use super::Query;
use super::schema::{Field as Described, SCHEMA, TypeRef, named};
use graphql_parser::Pos;
use graphql_parser::query::{Field, Selection, SelectionSet, Type, TypeCondition, Value as Literal};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Rows of a connection at most.
const MOST_ROWS: i64 = 100;
/// Nodes of a query at most.
const MOST_NODES: u64 = 500_000;

pub struct Checked {
    pub errors: Vec<Value>,
    pub nodes: u64,
    requests: u64,
}

impl Checked {
    /// Points: requests ÷ 100, rounded, at least 1.
    pub fn cost(&self) -> u64 {
        ((self.requests + 50) / 100).max(1)
    }
}

struct Check<'a> {
    query: &'a Query,
    checked: Checked,
    used: BTreeSet<String>,
    /// Where we are: `query`, fields and fragments.
    path: Vec<String>,
}

pub fn check(query: &Query) -> Checked {
    let checked = Checked { errors: Vec::new(), nodes: 0, requests: 0 };
    let begin = query.name.as_ref().map_or("query".to_owned(), |name| format!("query {name}"));
    let mut check = Check { query, checked, used: BTreeSet::new(), path: vec![begin] };
    check.selection(&query.selection, "Query", 1);
    check.variables();
    if check.checked.errors.is_empty() && check.checked.nodes > MOST_NODES {
        let nodes = grouped(check.checked.nodes);
        let message =
            format!("This query requests up to {nodes} possible nodes which exceeds the maximum limit of 500,000.");
        check.checked.errors.push(json!({ "type": "MAX_NODE_LIMIT_EXCEEDED", "message": message }));
    }
    check.checked
}

/// A number with commas between thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

impl Check<'_> {
    fn fail(&mut self, at: Pos, extensions: Value, message: String) {
        self.checked.errors.push(json!({
            "path": self.path, "extensions": extensions, "message": message,
            "locations": [{ "line": at.line, "column": at.column }],
        }));
    }

    /// Checks a selection on a type of which there are up to `count` objects.
    fn selection(&mut self, set: &SelectionSet<'static, String>, on: &str, count: u64) {
        for item in &set.items {
            match item {
                Selection::Field(field) => self.field(field, on, count),
                Selection::InlineFragment(it) => {
                    let condition = it.type_condition.as_ref().map_or(on, |TypeCondition::On(name)| name);
                    self.path.push(format!("... on {condition}"));
                    if self.condition(condition, on, it.position) {
                        self.selection(&it.selection_set, condition, count);
                    }
                    self.path.pop();
                }
                Selection::FragmentSpread(it) => {
                    let spread = format!("... {}", it.fragment_name);
                    let Some(fragment) = self.query.fragments.get(&it.fragment_name) else {
                        let message = format!("Fragment {} was used, but not defined", it.fragment_name);
                        self.fail(it.position, json!({ "code": "useAndDefineFragment" }), message);
                        continue;
                    };
                    if self.path.contains(&spread) {
                        let message = format!("Fragment {} contains an infinite loop", it.fragment_name);
                        self.fail(it.position, json!({ "code": "infiniteLoop" }), message);
                        continue;
                    }
                    self.path.push(spread);
                    let TypeCondition::On(condition) = &fragment.type_condition;
                    if self.condition(condition, on, it.position) {
                        self.selection(&fragment.selection_set, condition, count);
                    }
                    self.path.pop();
                }
            }
        }
    }

    fn condition(&mut self, condition: &str, on: &str, at: Pos) -> bool {
        if SCHEMA.fields(condition).is_none() {
            let message = format!("No such type {condition}, so it can't be a fragment condition");
            self.fail(at, json!({ "code": "undefinedType", "typeName": condition }), message);
            return false;
        }
        if !SCHEMA.overlap(condition, on) {
            let message = format!("Fragment on {condition} can't be spread inside {on}");
            self.fail(at, json!({ "code": "cannotSpreadFragment", "fragmentName": condition }), message);
            return false;
        }
        true
    }

    fn field(&mut self, field: &Field<'static, String>, on: &str, count: u64) {
        if field.name == "__typename" {
            return;
        }
        self.path.push(field.alias.clone().unwrap_or_else(|| field.name.clone()));
        match SCHEMA.fields(on).and_then(|fields| fields.get(&field.name)) {
            Some(described) => self.known_field(field, described, count),
            None => {
                let extensions = json!({ "code": "undefinedField", "typeName": on, "fieldName": field.name });
                let message = format!("Field '{}' doesn't exist on type '{on}'", field.name);
                self.fail(field.position, extensions, message);
            }
        }
        self.path.pop();
    }

    fn known_field(&mut self, field: &Field<'static, String>, described: &Described, count: u64) {
        let arguments = self.arguments(field, described);
        let returns = named(&described.kind);
        let node = format!("field '{}'", field.name);
        let extensions = json!({ "code": "selectionMismatch", "nodeName": node, "typeName": returns });
        match (SCHEMA.fields(returns).is_some(), field.selection_set.items.is_empty()) {
            (true, true) => {
                let hint = format!("Did you mean '{} {{ ... }}'?", field.name);
                let message =
                    format!("Field must have selections ({node} returns {returns} but has no selections. {hint})");
                self.fail(field.position, extensions, message);
            }
            (false, false) => {
                let message =
                    format!("Selections can't be made on scalars ({node} returns {returns} but has selections)");
                self.fail(field.position, extensions, message);
            }
            (false, true) => {}
            (true, false) => {
                let count = if returns.ends_with("Connection") {
                    self.connection(field, &arguments, count)
                } else {
                    arguments.get("ids").and_then(Value::as_array).map_or(count, |ids| ids.len() as u64)
                };
                self.selection(&field.selection_set, returns, count);
            }
        }
    }

    /// Counts the rows of a connection within `count` objects.
    fn connection(&mut self, field: &Field<'static, String>, arguments: &Map<String, Value>, count: u64) -> u64 {
        let name = &field.name;
        let (kind, message) = match arguments.get("first").and_then(Value::as_i64) {
            None => (
                "MISSING_PAGINATION_BOUNDARIES",
                format!("You must provide a `first` or `last` value to properly paginate the `{name}` connection."),
            ),
            Some(first) if first > MOST_ROWS => (
                "EXCESSIVE_PAGINATION",
                format!(
                    "Requesting {first} records on the `{name}` connection exceeds the `first` limit of 100 records."
                ),
            ),
            Some(first) => match u64::try_from(first) {
                Ok(first) => {
                    self.checked.requests += count;
                    self.checked.nodes += count * first;
                    return count * first;
                }
                Err(_) => {
                    ("INVALID_PAGINATION", format!("`first` on the `{name}` connection cannot be less than zero."))
                }
            },
        };
        let at = json!([{ "line": field.position.line, "column": field.position.column }]);
        self.checked.errors.push(json!({ "type": kind, "path": self.path, "locations": at, "message": message }));
        0
    }

    fn arguments(&mut self, field: &Field<'static, String>, described: &Described) -> Map<String, Value> {
        for (name, literal) in &field.arguments {
            self.note_variables(literal, field.position);
            let Some(kind) = described.arguments.get(name) else {
                let extensions = json!({
                    "code": "argumentNotAccepted", "name": field.name, "typeName": "Field", "argumentName": name
                });
                let message = format!("Field '{}' doesn't accept argument '{name}'", field.name);
                self.fail(field.position, extensions, message);
                continue;
            };
            if !has_variable(literal) && !SCHEMA.fits(kind, &self.query.value(literal)) {
                let extensions = json!({ "code": "argumentLiteralsIncompatible", "argumentName": name });
                let message = format!(
                    "Argument '{name}' on Field '{}' has an invalid value ({literal}). Expected type '{kind}'.",
                    field.name
                );
                self.fail(field.position, extensions, message);
            }
        }
        let given: BTreeSet<&String> = field.arguments.iter().map(|it| &it.0).collect();
        let is_missing = |it: &(&String, &TypeRef)| matches!(it.1, Type::NonNullType(_)) && !given.contains(it.0);
        let missing: Vec<&str> = described.arguments.iter().filter(is_missing).map(|it| it.0.as_str()).collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            let extensions = json!({ "code": "missingRequiredArguments", "name": field.name, "arguments": missing });
            let message = format!("Field '{}' is missing required arguments: {missing}", field.name);
            self.fail(field.position, extensions, message);
        }
        self.query.arguments(field)
    }

    fn note_variables(&mut self, literal: &Literal<'static, String>, at: Pos) {
        match literal {
            Literal::Variable(name) => {
                self.used.insert(name.clone());
                if !self.query.declared.iter().any(|it| it.0 == *name) {
                    let extensions = json!({ "code": "variableNotDefined", "variableName": name });
                    self.fail(
                        at,
                        extensions,
                        format!("Variable ${name} is used by {} but not declared", self.operation()),
                    );
                }
            }
            Literal::List(items) => items.iter().for_each(|item| self.note_variables(item, at)),
            Literal::Object(fields) => fields.values().for_each(|item| self.note_variables(item, at)),
            _ => {}
        }
    }

    fn operation(&self) -> String {
        self.query.name.clone().unwrap_or_else(|| "anonymous query".to_owned())
    }

    /// Every variable is used and has a value of its type.
    fn variables(&mut self) {
        for (name, kind) in &self.query.declared {
            if !self.used.contains(name) {
                let extensions = json!({ "code": "variableNotUsed", "variableName": name });
                let message = format!("Variable ${name} is declared by {} but not used", self.operation());
                self.checked.errors.push(json!({ "extensions": extensions, "message": message }));
            }
            let value = self.query.variables.get(name).unwrap_or(&Value::Null);
            if !SCHEMA.fits(kind, value) {
                let message = format!("Variable ${name} of type {kind} was provided invalid value");
                self.checked.errors.push(json!({ "extensions": { "value": value }, "message": message }));
            }
        }
    }
}

fn has_variable(literal: &Literal<'static, String>) -> bool {
    match literal {
        Literal::Variable(_) => true,
        Literal::List(items) => items.iter().any(has_variable),
        Literal::Object(fields) => fields.values().any(has_variable),
        _ => false,
    }
}
