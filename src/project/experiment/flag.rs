//! What tools are told about the variant.

use super::super::reading::Reading;
use super::assignment::Assignment;
use super::written::FlagFile;
use serde_json::Value;
use std::collections::BTreeMap;
use toml::Spanned;

/// A feature flag that has a value for each variant.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    /// The experiment's name unless said otherwise.
    pub key: String,
    /// By variant: its name unless said otherwise. All are of one type.
    pub values: BTreeMap<String, Value>,
}

pub(super) fn read(file: Option<&FlagFile>, reading: &mut Reading<'_>, assignment: &Assignment) -> Flag {
    let name = reading.content.name();
    let variants = [assignment.control.0.as_str(), assignment.treatment.0.as_str()];
    let by_name = || variants.map(|it| (it.to_owned(), Value::from(it))).into();
    let Some(file) = file else { return Flag { key: name, values: by_name() } };
    let key = file.key.as_ref().map_or(name, |key| {
        if key.get_ref().is_empty() || key.get_ref().contains(|it: char| it.is_whitespace() || it == '/') {
            reading.refuse(key.span(), format!("\"{}\" is no key of a flag; write a word", key.get_ref()));
        }
        key.get_ref().clone()
    });
    let values = file.values.as_ref().map_or_else(by_name, |it| values(it, &variants, reading));
    Flag { key, values }
}

type Written = Spanned<BTreeMap<Spanned<String>, Spanned<Value>>>;

fn values(file: &Written, variants: &[&str; 2], reading: &mut Reading<'_>) -> BTreeMap<String, Value> {
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    for (variant, value) in file.get_ref() {
        if !variants.contains(&variant.get_ref().as_str()) {
            let message = format!("{} is no variant of this experiment", variant.get_ref());
            reading.refuse_name(variant, message, variants);
        }
        if let Some((other, first)) = values.first_key_value().filter(|(_, first)| kind(first) != kind(value.get_ref()))
        {
            let message = format!(
                "a flag has values of one type; this is {}, that of {other} is {}",
                kind(value.get_ref()),
                kind(first)
            );
            reading.refuse(value.span(), message);
        }
        values.insert(variant.get_ref().clone(), value.get_ref().clone());
    }
    if let Some(missing) = variants.iter().find(|variant| !values.contains_key(**variant)) {
        reading.refuse(file.span(), format!("the flag has no value for {missing}"));
    }
    values
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}
