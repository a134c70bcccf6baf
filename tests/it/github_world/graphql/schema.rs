//! The part of GitHub's schema that is answered here, read from `schema.graphql`.

use graphql_parser::schema::{Definition, Type, TypeDefinition, parse_schema};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

pub static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::parse(include_str!("schema.graphql")));

pub type TypeRef = Type<'static, String>;

#[derive(Debug, Default)]
pub struct Schema {
    /// Fields of object types and interfaces.
    composite: BTreeMap<String, BTreeMap<String, Field>>,
    /// The object types that a type can be: its members, those that implement it, or itself.
    possible: BTreeMap<String, Vec<String>>,
    enums: BTreeMap<String, Vec<String>>,
    inputs: BTreeMap<String, BTreeMap<String, TypeRef>>,
}

#[derive(Debug)]
pub struct Field {
    pub kind: TypeRef,
    pub arguments: BTreeMap<String, TypeRef>,
}

impl Schema {
    fn parse(text: &str) -> Schema {
        let mut schema = Schema::default();
        for definition in parse_schema::<String>(text).unwrap().into_static().definitions {
            let Definition::TypeDefinition(definition) = definition else { panic!("{definition:?} is no type") };
            match definition {
                TypeDefinition::Object(it) => {
                    for of in it.implements_interfaces.iter().chain([&it.name]) {
                        schema.possible.entry(of.clone()).or_default().push(it.name.clone());
                    }
                    schema.composite.insert(it.name, fields(it.fields));
                }
                TypeDefinition::Interface(it) => {
                    schema.composite.insert(it.name, fields(it.fields));
                }
                TypeDefinition::Union(it) => {
                    schema.composite.insert(it.name.clone(), BTreeMap::new());
                    schema.possible.insert(it.name, it.types);
                }
                TypeDefinition::Enum(it) => {
                    schema.enums.insert(it.name, it.values.into_iter().map(|value| value.name).collect());
                }
                TypeDefinition::InputObject(it) => {
                    let fields = it.fields.into_iter().map(|field| (field.name, field.value_type)).collect();
                    schema.inputs.insert(it.name, fields);
                }
                TypeDefinition::Scalar(_) => {}
            }
        }
        schema
    }

    /// The fields of an object type or interface; none of a union. `None` for what has no fields or does not exist.
    pub fn fields(&self, name: &str) -> Option<&BTreeMap<String, Field>> {
        self.composite.get(name)
    }

    /// The object types that a type can be.
    pub fn possible(&self, name: &str) -> &[String] {
        self.possible.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether an object of type `object` can stand where `condition` is asked for.
    pub fn is(&self, object: &str, condition: &str) -> bool {
        self.possible(condition).iter().any(|it| it == object)
    }

    /// Whether some object is of both types.
    pub fn overlap(&self, one: &str, other: &str) -> bool {
        self.possible(one).iter().any(|it| self.is(it, other))
    }

    /// Whether a value is of the type; what `of` is null counts as absent.
    pub fn fits(&self, kind: &TypeRef, value: &Value) -> bool {
        match (kind, value) {
            (Type::NonNullType(inner), _) => !value.is_null() && self.fits(inner, value),
            (_, Value::Null) => true,
            (Type::ListType(inner), Value::Array(items)) => items.iter().all(|item| self.fits(inner, item)),
            (Type::ListType(inner), _) => self.fits(inner, value),
            (Type::NamedType(name), _) => self.fits_named(name, value),
        }
    }

    fn fits_named(&self, name: &str, value: &Value) -> bool {
        if let Some(values) = self.enums.get(name) {
            return value.as_str().is_some_and(|text| values.iter().any(|it| it == text));
        }
        if let Some(fields) = self.inputs.get(name) {
            let Some(object) = value.as_object() else { return false };
            return object.keys().all(|key| fields.contains_key(key))
                && fields.iter().all(|(key, kind)| self.fits(kind, object.get(key).unwrap_or(&Value::Null)));
        }
        match name {
            "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            "Boolean" => value.is_boolean(),
            "DateTime" => value.as_str().is_some_and(|text| chrono::DateTime::parse_from_rfc3339(text).is_ok()),
            _ => value.is_string(),
        }
    }
}

fn fields(fields: Vec<graphql_parser::schema::Field<'static, String>>) -> BTreeMap<String, Field> {
    let of = |field: graphql_parser::schema::Field<'static, String>| {
        let arguments = field.arguments.into_iter().map(|it| (it.name, it.value_type)).collect();
        (field.name, Field { kind: field.field_type, arguments })
    };
    fields.into_iter().map(of).collect()
}

/// The type's name without lists and exclamation marks.
pub fn named(kind: &TypeRef) -> &str {
    match kind {
        Type::NamedType(name) => name,
        Type::ListType(inner) | Type::NonNullType(inner) => named(inner),
    }
}
