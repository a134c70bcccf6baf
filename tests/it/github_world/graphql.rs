//! The GraphQL door: a small executor over the world.
//!
//! What may be asked is said by `graphql/schema.graphql`, a part of GitHub's own schema; anything else is an error in the
//! words that GitHub has for it. A list is a connection with opaque keyset cursors: a cursor names the row it stands at by
//! its place in the order, not by counting, so rows that move do not shift those behind them. Only `first` and `after` page.

mod check;
mod node;
pub mod schema;
mod walk;

use super::world::World;
use graphql_parser::query::{Definition, Document, OperationDefinition, Type, parse_query};
use graphql_parser::query::{FragmentDefinition, SelectionSet, Value as Literal};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What a query costs and what is left, for the field `rateLimit`.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    pub limit: u64,
    pub used: u64,
    /// Seconds until the budget is whole again.
    pub resets_in_seconds: u64,
}

/// A query with its variables, ready to be walked.
struct Query {
    name: Option<String>,
    selection: SelectionSet<'static, String>,
    fragments: BTreeMap<String, FragmentDefinition<'static, String>>,
    declared: Vec<(String, Type<'static, String>)>,
    variables: Map<String, Value>,
}

/// Points that a request costs, at least 1: the sum of requests that fulfil each connection, divided by 100 and rounded.
pub fn cost(request: &Value) -> u64 {
    Query::parse(request).map_or(1, |query| check::check(&query).cost())
}

/// Nodes that a request could return at most.
pub fn nodes(request: &Value) -> u64 {
    Query::parse(request).map_or(0, |query| check::check(&query).nodes)
}

/// Answers the body of `POST /graphql`.
pub fn answer(world: &World, request: &Value, meter: Meter) -> Value {
    let query = match Query::parse(request) {
        Ok(query) => query,
        Err(message) => return json!({ "errors": [{ "message": message }] }),
    };
    let checked = check::check(&query);
    if checked.errors.is_empty() {
        walk::walk(world, &query, &checked, meter)
    } else {
        json!({ "errors": checked.errors })
    }
}

impl Query {
    fn parse(request: &Value) -> Result<Query, String> {
        let text = request["query"].as_str().ok_or("A query attribute must be specified and must be a string.")?;
        let document: Document<'static, String> =
            parse_query::<String>(text).map_err(|error| format!("Parse error: {error}"))?.into_static();
        let mut query = Query {
            name: None,
            selection: SelectionSet { span: Default::default(), items: Vec::new() },
            fragments: BTreeMap::new(),
            declared: Vec::new(),
            variables: request["variables"].as_object().cloned().unwrap_or_default(),
        };
        let wanted = request["operationName"].as_str();
        let mut operations = 0;
        for definition in document.definitions {
            match definition {
                Definition::Fragment(it) => {
                    query.fragments.insert(it.name.clone(), it);
                }
                Definition::Operation(OperationDefinition::SelectionSet(it)) => {
                    operations += 1;
                    query.selection = it;
                }
                Definition::Operation(OperationDefinition::Query(it)) => {
                    if wanted.is_some() && it.name.as_deref() != wanted {
                        continue;
                    }
                    operations += 1;
                    query.declare(it.variable_definitions);
                    query.name = it.name;
                    query.selection = it.selection_set;
                }
                Definition::Operation(_) => return Err("the simulator answers queries only".to_owned()),
            }
        }
        if operations == 1 { Ok(query) } else { Err("An operation name is required".to_owned()) }
    }

    fn declare(&mut self, definitions: Vec<graphql_parser::query::VariableDefinition<'static, String>>) {
        for definition in definitions {
            if let Some(default) = definition.default_value
                && !self.variables.contains_key(&definition.name)
            {
                let value = self.value(&default);
                self.variables.insert(definition.name.clone(), value);
            }
            self.declared.push((definition.name, definition.var_type));
        }
    }

    /// A literal with variables put in; enum values as text.
    fn value(&self, literal: &Literal<'static, String>) -> Value {
        match literal {
            Literal::Variable(name) => self.variables.get(name).cloned().unwrap_or(Value::Null),
            Literal::Int(number) => json!(number.as_i64()),
            Literal::Float(number) => json!(number),
            Literal::String(text) | Literal::Enum(text) => json!(text),
            Literal::Boolean(value) => json!(value),
            Literal::Null => Value::Null,
            Literal::List(items) => items.iter().map(|item| self.value(item)).collect(),
            Literal::Object(fields) => {
                Value::Object(fields.iter().map(|(name, item)| (name.clone(), self.value(item))).collect())
            }
        }
    }

    fn arguments(&self, field: &graphql_parser::query::Field<'static, String>) -> Map<String, Value> {
        field.arguments.iter().map(|(name, value)| (name.clone(), self.value(value))).collect()
    }
}
