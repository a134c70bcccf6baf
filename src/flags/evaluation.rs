//! What a tool is answered.
//!
//! One rule: who is not in an experiment gets no value, so that the tool's own default holds and no answer passes for a variant.

use super::{Context, ErrorCode, Failure, FailureBody, Flag, FlagSet, Rule, State, fractional};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// Why somebody has a value, in OpenFeature's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// Everybody has it.
    Static,
    /// The unit drew it.
    TargetingMatch,
    /// The targeting key fell on it by its hash.
    Split,
    /// The flag is switched off.
    Disabled,
    /// The rule says nothing of who asks.
    Default,
}

/// One flag's answer, as it is sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation<'s> {
    pub key: &'s str,
    /// `None`: the tool's own default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<&'s Value>,
    /// Sent as `""` where there is none, as flagd does: Python's provider 0.3.0 fails on an answer without this field.
    #[serde(serialize_with = "text_or_empty")]
    pub variant: Option<&'s str>,
    pub reason: Reason,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: &'s BTreeMap<String, Value>,
}

/// The answer to a bulk request, as it is sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bulk<'s> {
    /// In the order of their keys.
    pub flags: Vec<Answer<'s>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: &'s BTreeMap<String, Value>,
}

/// One flag in a bulk answer. A flag that fails does not take the others with it.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<'s> {
    Evaluated(Evaluation<'s>),
    Failed(&'s str, Failure),
}

impl Serialize for Answer<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Evaluated(evaluation) => evaluation.serialize(serializer),
            Self::Failed(key, failure) => FailureBody::serialize(&failure.body(Some(key)), serializer),
        }
    }
}

impl FlagSet {
    /// What one flag answers. `unit_of(flag, targeting_key)` is the unit that a targeting key belongs to for a flag: for an experiment on
    /// teams, the team that the developer was in when the assignment was drawn, wherever the developer is now.
    ///
    /// # Errors
    /// [`ErrorCode::FlagNotFound`]; [`ErrorCode::TargetingKeyMissing`] where the flag goes by the targeting key.
    pub fn evaluate<'s, 'u>(
        &'s self,
        key: &str,
        context: &Context,
        unit_of: impl Fn(&Flag, &str) -> Option<&'u str>,
    ) -> Result<Evaluation<'s>, Failure> {
        let Some(flag) = self.get(key) else {
            return Err(Failure::new(ErrorCode::FlagNotFound, format!("there is no flag {key}")));
        };
        evaluated(flag, context, unit_of)
    }

    /// What every flag answers, for a tool that keeps the answers.
    pub fn evaluate_all<'s, 'u>(
        &'s self,
        context: &Context,
        unit_of: impl Fn(&Flag, &str) -> Option<&'u str>,
    ) -> Bulk<'s> {
        let answer = |flag: &'s Flag| match evaluated(flag, context, &unit_of) {
            Ok(evaluation) => Answer::Evaluated(evaluation),
            Err(failure) => Answer::Failed(&flag.key, failure),
        };
        Bulk { flags: self.flags().map(answer).collect(), metadata: self.metadata() }
    }
}

fn evaluated<'s, 'u>(
    flag: &'s Flag,
    context: &Context,
    unit_of: impl Fn(&Flag, &str) -> Option<&'u str>,
) -> Result<Evaluation<'s>, Failure> {
    if flag.state == State::Disabled {
        return answer(flag, None, Reason::Disabled);
    }
    let (variant, matched) = match &flag.rule {
        Rule::Everybody => (flag.default_variant.as_deref(), Reason::Static),
        Rule::Split(shares) => {
            let targeting_key = targeting_key(flag, context)?;
            (fractional::pick(&flag.key, targeting_key, shares), Reason::Split)
        }
        Rule::DrawnOrSplit(drawn, shares) => {
            let targeting_key = targeting_key(flag, context)?;
            match unit_of(flag, targeting_key).and_then(|unit| drawn.get(unit)) {
                Some(variant) => (Some(variant.as_str()), Reason::TargetingMatch),
                None => (fractional::pick(&flag.key, targeting_key, shares), Reason::Split),
            }
        }
        Rule::Drawn(drawn) => {
            let unit = unit_of(flag, targeting_key(flag, context)?);
            (unit.and_then(|unit| drawn.get(unit)).map(String::as_str), Reason::TargetingMatch)
        }
    };
    match variant {
        Some(variant) => answer(flag, Some(variant), matched),
        None => answer(flag, flag.default_variant.as_deref(), Reason::Default),
    }
}

fn targeting_key<'c>(flag: &Flag, context: &'c Context) -> Result<&'c str, Failure> {
    context.targeting_key.as_deref().ok_or_else(|| {
        Failure::new(ErrorCode::TargetingKeyMissing, format!("flag {} needs context.targetingKey", flag.key))
    })
}

fn answer<'s>(flag: &'s Flag, variant: Option<&'s str>, reason: Reason) -> Result<Evaluation<'s>, Failure> {
    let value = match variant {
        None => None,
        Some(variant) => Some(flag.variants.get(variant).ok_or_else(|| {
            let details = format!("flag {} has no variant {variant}", flag.key);
            Failure::new(ErrorCode::General, details)
        })?),
    };
    Ok(Evaluation { key: &flag.key, value, variant, reason, metadata: &flag.metadata })
}

fn text_or_empty<S: Serializer>(variant: &Option<&str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(variant.unwrap_or_default())
}
