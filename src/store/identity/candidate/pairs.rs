//! Pairs of persons who share something.
//!
//! One rule: only persons who share a key are compared, and a key that many share says nothing.

use super::Reason;
use super::traits::{LEAST_LETTERS, Traits, tells};
use crate::store::identity::folding::{fold, tokens};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A key that more persons share, such as a login `ubuntu`, tells nobody from anybody.
pub(super) const MOST_ALIKE: usize = 12;

/// Mail domains whose addresses have nothing to do with each other.
const PUBLIC_DOMAINS: [&str; 16] = [
    "163.com",
    "126.com",
    "aol.com",
    "foxmail.com",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.ru",
    "outlook.com",
    "protonmail.com",
    "qq.com",
    "yahoo.com",
];

/// Pairs of persons by place, with what they share.
pub(super) type Pairs = Vec<((usize, usize), Reason)>;

/// Persons by what they share, each in ascending order.
#[derive(Default)]
struct Blocks(HashMap<String, Vec<usize>>);

impl Blocks {
    /// Adds a person, after those who come before.
    fn add(&mut self, key: impl Into<String>, person: usize) {
        let persons = self.0.entry(key.into()).or_default();
        if persons.last() != Some(&person) {
            persons.push(person);
        }
    }

    /// Every two who share a key that tells, by key.
    fn pairs(&self) -> impl Iterator<Item = (&str, usize, usize)> {
        let telling = self.0.iter().filter(|(_, persons)| (2..=MOST_ALIKE).contains(&persons.len()));
        let telling: BTreeMap<&String, &Vec<usize>> = telling.collect();
        telling.into_iter().flat_map(|(key, persons)| {
            let after = |at: usize| persons[at + 1..].iter();
            let pairs = (0..persons.len()).flat_map(move |at| after(at).map(move |other| (persons[at], *other)));
            pairs.map(move |(one, other)| (key.as_str(), one, other))
        })
    }
}

pub(super) fn by_name(persons: &[&Traits]) -> Pairs {
    let (mut same, mut alike) = (Blocks::default(), Blocks::default());
    for (person, traits) in persons.iter().enumerate() {
        traits.names.iter().for_each(|name| same.add(name, person));
        for words in &traits.folded {
            // H. Peter Example is Peter Example.
            let mut words: Vec<&str> = words.iter().map(String::as_str).filter(|word| word.len() > 1).collect();
            words.sort_unstable();
            if words.len() > 1 {
                alike.add(words.join(" "), person);
            }
        }
    }
    let same = same.pairs().map(|(name, one, other)| ((one, other), Reason::SameName(name.to_owned())));
    let written = |one: usize| persons[one].names.iter().next().cloned().unwrap_or_default();
    let alike = alike.pairs().map(|(_, one, other)| ((one, other), Reason::AlikeName(written(one))));
    same.chain(alike).collect()
}

pub(super) fn by_login(persons: &[&Traits]) -> Pairs {
    let mut blocks = Blocks::default();
    for (person, traits) in persons.iter().enumerate() {
        traits.logins.iter().for_each(|login| blocks.add(login, person));
        traits.addresses.iter().filter(|it| tells(&it.0)).for_each(|it| blocks.add(&it.0, person));
    }
    let has = |person: usize, word: &str| {
        let traits = persons[person];
        (traits.logins.contains(word), traits.addresses.iter().any(|it| it.0 == word))
    };
    let shared = blocks.pairs().filter(|(word, one, other)| {
        let ((login, address), (other_login, other_address)) = (has(*one, word), has(*other, word));
        (login && other_address) || (address && other_login)
    });
    shared.map(|(word, one, other)| ((one, other), Reason::LoginIsAddress(word.to_owned()))).collect()
}

pub(super) fn by_address(persons: &[&Traits]) -> Pairs {
    let mut blocks = Blocks::default();
    for (person, traits) in persons.iter().enumerate() {
        for (local, domain) in traits.addresses.iter().filter(|it| tells(&it.0)) {
            // A first name alone begins many addresses, but not at the hosts of one domain.
            if tokens(local).len() > 1 {
                blocks.add(local, person);
            }
            let is_public = PUBLIC_DOMAINS.contains(&domain.as_str());
            blocks.add(format!("{local}@{}", if is_public { domain } else { registered(domain) }), person);
        }
    }
    let local = |key: &str| key.split('@').next().unwrap_or_default().to_owned();
    blocks.pairs().map(|(key, one, other)| ((one, other), Reason::SameLocalPart(local(key)))).collect()
}

/// The last two parts of a domain.
fn registered(domain: &str) -> &str {
    let dot = domain.rmatch_indices('.').nth(1);
    dot.map_or(domain, |(at, _)| &domain[at + 1..])
}

pub(super) fn by_closeness(persons: &[&Traits]) -> Pairs {
    let mut blocks = Blocks::default();
    for (person, traits) in persons.iter().enumerate() {
        let domains = traits.addresses.iter().map(|it| &it.1).filter(|it| !PUBLIC_DOMAINS.contains(&it.as_str()));
        for (domain, words) in domains.flat_map(|domain| traits.folded.iter().map(move |words| (domain, words))) {
            let (Some(first), Some(last)) = (words.first(), words.last()) else { continue };
            blocks.add(format!("{domain} {} {last}", beginning(first, 1)), person);
            blocks.add(format!("{domain} {first} {}", beginning(last, 3)), person);
        }
    }
    let close = blocks.pairs().filter(|(_, one, other)| {
        persons[*one].folded.iter().any(|a| persons[*other].folded.iter().any(|b| are_close(a, b)))
    });
    let domain = |key: &str| key.split(' ').next().unwrap_or_default().to_owned();
    close.map(|(key, one, other)| ((one, other), Reason::CloseName(domain(key)))).collect()
}

fn beginning(word: &str, letters: usize) -> String {
    word.chars().take(letters).collect()
}

/// One letter apart, or the one's first name is short for the other's.
fn are_close(one: &[String], other: &[String]) -> bool {
    let (Some(last), Some(other_last)) = (one.last(), other.last()) else { return false };
    let (first, other_first) = (&one[0], &other[0]);
    let short = first.starts_with(other_first.as_str()) || other_first.starts_with(first.as_str());
    if last == other_last && short {
        return true;
    }
    let mut unlike = one.iter().zip(other).filter(|(one, other)| one != other);
    let only = unlike.next().filter(|_| one.len() == other.len() && unlike.next().is_none());
    only.is_some_and(|(one, other)| are_one_letter_apart(one, other))
}

/// One letter was left out, added or written as another, or two stand the other way round.
fn are_one_letter_apart(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let start = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[..one.len() - end], &other[..other.len() - end]);
    let are_letters = one.iter().chain(other).all(|letter| letter.is_alphabetic());
    are_letters && (one.len().max(other.len()) == 1 || matches!((one, other), ([a, b], [c, d]) if (a, b) == (d, c)))
}

pub(super) fn by_making(persons: &[&Traits]) -> Pairs {
    let (mut blocks, mut made) = (Blocks::default(), Vec::new());
    for (person, traits) in persons.iter().enumerate() {
        let making: BTreeSet<String> = traits.folded.iter().flat_map(|words| made_of(words)).collect();
        making.iter().for_each(|word| blocks.add(word, person));
        let words = traits.logins.iter().chain(traits.addresses.iter().map(|it| &it.0));
        let words: BTreeSet<String> = words.map(|word| joined(word)).filter(|word| tells(word)).collect();
        words.iter().for_each(|word| blocks.add(word, person));
        made.push((making, words));
    }
    let shared = blocks.pairs().filter(|(word, one, other)| {
        let is_of = |a: usize, b: usize| made[a].0.contains(*word) && made[b].1.contains(*word);
        is_of(*one, *other) || is_of(*other, *one)
    });
    shared.map(|(word, one, other)| ((one, other), Reason::LoginIsName(word.to_owned()))).collect()
}

/// Ann Example: annexample, exampleann, aexample, anne.
fn made_of(words: &[String]) -> Vec<String> {
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return Vec::new() };
    let is_name = |word: &str| word.chars().all(char::is_alphabetic);
    if !is_name(first) || !is_name(last) || last.chars().count() < LEAST_LETTERS {
        return Vec::new();
    }
    let made = [
        format!("{first}{last}"),
        format!("{last}{first}"),
        format!("{}{last}", beginning(first, 1)),
        format!("{first}{}", beginning(last, 1)),
    ];
    // Two short parts make words that many have.
    made.into_iter().filter(|word| word.chars().count() > LEAST_LETTERS && tells(word)).collect()
}

fn joined(word: &str) -> String {
    fold(word).chars().filter(|letter| letter.is_alphanumeric()).collect()
}
