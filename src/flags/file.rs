//! The flags in flagd's format (<https://flagd.dev/schema/v0/flags.json>), for tools that run without this server.
//!
//! One rule: the file answers what the server answers, to everybody whom it lists.
//!
//! A drawn assignment becomes lists of targeting keys by variant. Who is on none gets the default, as does a context
//! without a targeting key, which the server refuses. A split becomes flagd's `fractional`, which implementations hash
//! differently ([`super::pick`]), and of which older ones refuse a share without a variant: everybody then gets the default. A
//! split that was pinned is read alike by all. The same flags and members give the same bytes.

use super::{Flag, FlagError, FlagSet, Rule, Share, State};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const SCHEMA: &str = "https://flagd.dev/schema/v0/flags.json";

/// A file that flagd and its providers read.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FlagFile<'s> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    flags: BTreeMap<&'s str, Entry<'s>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'s BTreeMap<String, Value>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry<'s> {
    state: State,
    variants: &'s BTreeMap<String, Value>,
    default_variant: Option<&'s str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    targeting: Option<Value>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: &'s BTreeMap<String, Value>,
}

impl<'s> FlagFile<'s> {
    /// `members(flag, unit)` are the targeting keys of a unit: the logins and addresses of those who were in the team when the
    /// assignment was drawn. It is the other way round of what [`FlagSet::evaluate`] asks its caller.
    ///
    /// # Errors
    /// [`FlagError::ListedTwice`] where a targeting key belongs to units of two variants.
    pub fn new(set: &'s FlagSet, members: impl Fn(&Flag, &str) -> Vec<String>) -> Result<Self, FlagError> {
        let mut flags = BTreeMap::new();
        for flag in set.flags() {
            let targeting = match &flag.rule {
                Rule::Everybody => None,
                Rule::Split(shares) => Some(fractional(shares)),
                Rule::Drawn(drawn) => lists(&variants_by_targeting_key(flag, drawn, &members)?, Value::Null),
                Rule::DrawnOrSplit(drawn, shares) => {
                    let listed = variants_by_targeting_key(flag, drawn, &members)?;
                    lists(&listed, fractional(shares)).or_else(|| Some(fractional(shares)))
                }
            };
            let entry = Entry {
                state: flag.state,
                variants: &flag.variants,
                default_variant: flag.default_variant.as_deref(),
                targeting,
                metadata: &flag.metadata,
            };
            flags.insert(flag.key.as_str(), entry);
        }
        Ok(Self { schema: SCHEMA, flags, metadata: set.metadata() })
    }
}

fn fractional(shares: &[Share]) -> Value {
    let shares: Vec<Value> = shares.iter().map(|share| json!([share.variant, share.weight])).collect();
    json!({ "fractional": shares })
}

fn variants_by_targeting_key<'f>(
    flag: &Flag,
    drawn: &'f BTreeMap<String, String>,
    members: impl Fn(&Flag, &str) -> Vec<String>,
) -> Result<BTreeMap<String, &'f str>, FlagError> {
    let mut variants: BTreeMap<String, &str> = BTreeMap::new();
    for (unit, variant) in drawn {
        for targeting_key in members(flag, unit) {
            match variants.get(&targeting_key) {
                Some(first) if first != variant => {
                    let (flag, first, second) = (flag.key.clone(), (*first).to_owned(), variant.clone());
                    return Err(FlagError::ListedTwice { flag, targeting_key, first, second });
                }
                _ => variants.insert(targeting_key, variant),
            };
        }
    }
    Ok(variants)
}

/// `if` the targeting key is in the first variant's list, that variant, `else if` in the next one's …, else `otherwise`.
fn lists(variants: &BTreeMap<String, &str>, otherwise: Value) -> Option<Value> {
    let mut keys: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (targeting_key, variant) in variants {
        keys.entry(variant).or_default().push(targeting_key);
    }
    if keys.is_empty() {
        return None;
    }
    let mut steps = Vec::new();
    for (variant, keys) in keys {
        steps.extend([json!({ "in": [{ "var": "targetingKey" }, keys] }), json!(variant)]);
    }
    steps.push(otherwise);
    Some(json!({ "if": steps }))
}
