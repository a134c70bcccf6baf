//! Flags and what makes them valid.
//!
//! One rule: a [`FlagSet`] holds only flags that can be answered and written, so that nothing after it need look again.

use super::{FlagError, fractional};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One flag: an experiment as tools see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    pub key: String,
    pub state: State,
    /// Variant → what a tool gets; all booleans, all numbers, all strings or all objects.
    pub variants: BTreeMap<String, Value>,
    /// What those get whom the rule says nothing of. `None`: the tool's own default, as for all who are not in an experiment.
    pub default_variant: Option<String>,
    pub rule: Rule,
    /// Booleans, numbers and strings that go with every answer.
    pub metadata: BTreeMap<String, Value>,
}

/// Whether a flag is in force. A disabled one answers with the tool's own default.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum State {
    Enabled,
    Disabled,
}

/// Who gets what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Everybody gets the default variant.
    Everybody,
    /// Targeting keys fall into shares by their hash ([`super::pick`]).
    Split(Vec<Share>),
    /// As drawn for the units that are listed; whoever belongs to none falls into shares by the hash.
    DrawnOrSplit(BTreeMap<String, String>, Vec<Share>),
    /// Unit → variant, as it was drawn. Which unit a targeting key belongs to is the caller's to say.
    Drawn(BTreeMap<String, String>),
}

/// A part of all targeting keys, by weight. Without a variant those in it are not in the experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub variant: Option<String>,
    pub weight: u32,
}

impl Flag {
    /// The flag with what each of the targeting keys falls on written down, for a file that every implementation of flagd answers
    /// alike, whatever it hashes. Keys outside the list then get the default. Only a split is changed; the units of the new rule
    /// are the targeting keys themselves.
    #[must_use]
    pub fn pinned<'k>(&self, targeting_keys: impl IntoIterator<Item = &'k str>) -> Self {
        let Rule::Split(shares) = &self.rule else {
            return self.clone();
        };
        let mut drawn = BTreeMap::new();
        for key in targeting_keys {
            if let Some(variant) = fractional::pick(&self.key, key, shares) {
                drawn.insert(key.to_owned(), variant.to_owned());
            }
        }
        Self { rule: Rule::Drawn(drawn), ..self.clone() }
    }
}

/// Valid flags by key.
#[derive(Clone, Debug, PartialEq)]
pub struct FlagSet {
    flags: BTreeMap<String, Flag>,
    metadata: BTreeMap<String, Value>,
}

impl FlagSet {
    /// # Errors
    /// The first flag that cannot be answered or written.
    pub fn new(flags: Vec<Flag>, metadata: BTreeMap<String, Value>) -> Result<Self, FlagError> {
        check_metadata("the set of flags", &metadata)?;
        let mut by_key = BTreeMap::new();
        for flag in flags {
            check(&flag)?;
            let key = flag.key.clone();
            if by_key.insert(key.clone(), flag).is_some() {
                return Err(FlagError::Duplicate { flag: key });
            }
        }
        Ok(Self { flags: by_key, metadata })
    }

    pub fn get(&self, key: &str) -> Option<&Flag> {
        self.flags.get(key)
    }

    /// By key.
    pub fn flags(&self) -> impl Iterator<Item = &Flag> {
        self.flags.values()
    }

    pub fn metadata(&self) -> &BTreeMap<String, Value> {
        &self.metadata
    }
}

fn check(flag: &Flag) -> Result<(), FlagError> {
    if flag.key.is_empty() {
        return Err(FlagError::EmptyKey);
    }
    check_metadata(&format!("flag {}", flag.key), &flag.metadata)?;
    check_values(flag)?;
    if let Some(variant) = &flag.default_variant {
        check_variant(flag, variant)?;
    }
    match &flag.rule {
        Rule::Everybody => Ok(()),
        Rule::Drawn(drawn) => drawn.values().try_for_each(|variant| check_variant(flag, variant)),
        Rule::Split(shares) => check_shares(flag, shares),
        Rule::DrawnOrSplit(drawn, shares) => {
            drawn.values().try_for_each(|variant| check_variant(flag, variant))?;
            check_shares(flag, shares)
        }
    }
}

fn check_shares(flag: &Flag, shares: &[Share]) -> Result<(), FlagError> {
    let total = shares.iter().map(|share| u64::from(share.weight)).sum();
    if total == 0 || total > fractional::MAX_WEIGHT {
        return Err(FlagError::Weights { flag: flag.key.clone(), total });
    }
    shares.iter().filter_map(|share| share.variant.as_ref()).try_for_each(|variant| check_variant(flag, variant))
}

/// One kind of value for all variants: a tool asks for a boolean or for a string, not for either.
fn check_values(flag: &Flag) -> Result<(), FlagError> {
    let Some(first) = flag.variants.values().next() else {
        return Err(FlagError::NoVariants { flag: flag.key.clone() });
    };
    let expected = match first {
        Value::Null | Value::Array(_) => "a boolean, a number, a string or an object",
        value => kind(value),
    };
    for (variant, value) in &flag.variants {
        if variant.is_empty() {
            return Err(FlagError::EmptyVariant { flag: flag.key.clone() });
        }
        let found = kind(value);
        if found != expected {
            return Err(FlagError::Value { flag: flag.key.clone(), variant: variant.clone(), found, expected });
        }
    }
    Ok(())
}

fn check_variant(flag: &Flag, variant: &str) -> Result<(), FlagError> {
    if flag.variants.contains_key(variant) {
        return Ok(());
    }
    Err(FlagError::UnknownVariant { flag: flag.key.clone(), variant: variant.to_owned() })
}

fn check_metadata(of: &str, metadata: &BTreeMap<String, Value>) -> Result<(), FlagError> {
    for (name, value) in metadata {
        if !matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_)) {
            return Err(FlagError::Metadata { of: of.to_owned(), name: name.clone(), found: kind(value) });
        }
    }
    Ok(())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
