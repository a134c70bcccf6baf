//! Pairs of persons that may be one: what the rules do not join, and a look of a human can.
//!
//! One rule: only persons who share a key are compared, so that the work grows with the number of persons and not with its
//! square. A key that many share says nothing and is passed over.

mod pairs;
#[cfg(test)]
mod tests;
mod traits;

use super::Identity;
use super::decision::{Decisions, ordered};
use pairs::{by_address, by_closeness, by_login, by_making, by_name};
use std::collections::{BTreeMap, BTreeSet};
use traits::{Traits, persons};

/// Two persons who may be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Person ids, the smaller first.
    pub persons: (String, String),
    /// 0 to 100. It orders the queue and is no probability.
    pub score: u8,
    /// The strongest first.
    pub reasons: Vec<Reason>,
}

/// Why two persons may be one, with what they share. The order is that of strength.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The same full name, letter by letter.
    SameName(String),
    /// The same full name whatever its case, accents and order.
    AlikeName(String),
    /// A login that is what stands before the @ of an address.
    LoginIsAddress(String),
    /// The same before the @ at two domains.
    SameLocalPart(String),
    /// Close names at one mail domain.
    CloseName(String),
    /// A login or address made of the name in a usual way.
    LoginIsName(String),
}

impl Reason {
    fn score(&self) -> u32 {
        match self {
            Reason::SameName(_) => 80,
            Reason::AlikeName(_) => 70,
            Reason::LoginIsAddress(_) => 60,
            Reason::SameLocalPart(_) => 50,
            Reason::CloseName(_) => 45,
            Reason::LoginIsName(_) => 40,
        }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::SameName(name) => write!(f, "both are called {name}"),
            Reason::AlikeName(name) => write!(f, "both are called {name}, written in two ways"),
            Reason::LoginIsAddress(word) => write!(f, "the login {word} of one stands before the @ of the other"),
            Reason::SameLocalPart(word) => write!(f, "both have an address that begins with {word}@"),
            Reason::CloseName(domain) => write!(f, "close names at {domain}"),
            Reason::LoginIsName(word) => write!(f, "{word} of one is made of the name of the other"),
        }
    }
}

/// The pairs that may be one person and of which nobody has said that they are two, the likeliest first. Machines are not
/// among them.
pub fn candidates(identities: &[(String, String, Identity)], decisions: &Decisions) -> Vec<Candidate> {
    let persons = persons(identities);
    let traits: Vec<&Traits> = persons.values().collect();
    let names: Vec<&String> = persons.keys().copied().collect();
    let mut found: BTreeMap<(usize, usize), BTreeSet<Reason>> = BTreeMap::new();
    for pairs in [by_name(&traits), by_login(&traits), by_address(&traits), by_closeness(&traits), by_making(&traits)] {
        for (pair, reason) in pairs {
            found.entry(pair).or_default().insert(reason);
        }
    }
    let decided = decided(identities, decisions);
    let candidate = |((one, other), reasons): ((usize, usize), BTreeSet<Reason>)| {
        let persons = (names[one].clone(), names[other].clone());
        let mut reasons: Vec<Reason> = reasons.into_iter().collect();
        // The same letters are alike too.
        if matches!(reasons[0], Reason::SameName(_)) {
            reasons.retain(|it| !matches!(it, Reason::AlikeName(_)));
        }
        let unlike = reasons.iter().fold(100_000, |unlike, reason| unlike * (100 - reason.score()) / 100);
        Candidate { persons, score: u8::try_from(100 - unlike.div_ceil(1_000)).unwrap_or(99), reasons }
    };
    let mut all: Vec<Candidate> =
        found.into_iter().map(candidate).filter(|it| !decided.contains(&it.persons)).collect();
    all.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.persons.cmp(&b.persons)));
    all
}

/// Pairs of persons who are two by decision.
fn decided(identities: &[(String, String, Identity)], decisions: &Decisions) -> BTreeSet<(String, String)> {
    let person: BTreeMap<&str, &str> = identities.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let pairs = decisions
        .different
        .iter()
        .filter_map(|(one, other)| Some(ordered(person.get(one.as_str())?, person.get(other.as_str())?)));
    pairs.collect()
}
