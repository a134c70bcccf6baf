//! Why flags are refused before anybody can ask them.

use thiserror::Error;

/// A flag that no answer could be given for, with the values that say which.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FlagError {
    #[error("a flag has an empty key")]
    EmptyKey,
    #[error("flag {flag} is defined twice")]
    Duplicate { flag: String },
    #[error("flag {flag} has no variants")]
    NoVariants { flag: String },
    #[error("flag {flag} has a variant without a name")]
    EmptyVariant { flag: String },
    #[error("flag {flag}: the value of variant {variant} is {found}, expected {expected}")]
    Value { flag: String, variant: String, found: &'static str, expected: &'static str },
    #[error("flag {flag} names the variant {variant}, which it does not have")]
    UnknownVariant { flag: String, variant: String },
    #[error("flag {flag}: the weights add up to {total}, expected 1 to 2147483647")]
    Weights { flag: String, total: u64 },
    #[error("{of}: metadata {name} is {found}, expected a boolean, a number or a string")]
    Metadata { of: String, name: String, found: &'static str },
    #[error("flag {flag}: {targeting_key} is listed for {first} and for {second}, expected one of them")]
    ListedTwice { flag: String, targeting_key: String, first: String, second: String },
}
