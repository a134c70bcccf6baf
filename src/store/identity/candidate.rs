//! Pairs of persons that may be one: what the rules do not join, and a look of a human can.
//!
//! One rule: only persons who share a key are compared, so that the work grows with the number of persons and not with its
//! square. A key that many share says nothing and is passed over.

use super::Identity;
use super::decision::{Decisions, ordered};
use super::folding::{fold, tokens};
use super::person::{no_reply, without_relay};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A key that more persons share, such as a login `ubuntu`, tells nobody from anybody.
const MOST_ALIKE: usize = 12;

/// Shorter words are shared by chance.
const LEAST_LETTERS: usize = 3;

/// Local parts and logins that name a function or a machine.
const GENERIC: [&str; 24] = [
    "admin",
    "build",
    "code",
    "contact",
    "dev",
    "developer",
    "email",
    "git",
    "github",
    "hello",
    "help",
    "info",
    "mail",
    "me",
    "noreply",
    "nobody",
    "office",
    "root",
    "support",
    "team",
    "test",
    "ubuntu",
    "user",
    "work",
];

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

/// What is known of one person, made comparable.
#[derive(Default)]
struct Traits {
    names: BTreeSet<String>,
    /// Full names as folded words.
    folded: BTreeSet<Vec<String>>,
    logins: BTreeSet<String>,
    /// What stands before and behind the @.
    addresses: BTreeSet<(String, String)>,
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

fn persons(identities: &[(String, String, Identity)]) -> BTreeMap<&String, Traits> {
    let machines: BTreeSet<&String> = identities.iter().filter(|it| it.2.is_bot).map(|it| &it.1).collect();
    let mut persons: BTreeMap<&String, Traits> = BTreeMap::new();
    for (_, person, identity) in identities.iter().filter(|it| !machines.contains(&it.1)) {
        let traits = persons.entry(person).or_default();
        let (key, canonical) = (&identity.key, &identity.canonical);
        traits.name(&key.name);
        traits.email(&key.email);
        if (&canonical.0, &canonical.1) != (&key.name, &key.email) {
            traits.name(&canonical.0);
            traits.email(&canonical.1);
        }
        traits.login(&identity.key.login);
        if let Some(account) = &identity.account {
            traits.login(&account.login);
        }
    }
    persons
}

impl Traits {
    fn name(&mut self, name: &str) {
        let name = without_relay(name);
        let words: Vec<String> = tokens(name).into_iter().map(|it| it.folded).collect();
        // Never on a name of one word.
        if name.trim().contains(char::is_whitespace) && words.len() > 1 && !name.contains('@') {
            self.names.insert(name.trim().to_owned());
            self.folded.insert(words);
        }
    }

    fn email(&mut self, email: &str) {
        let email = email.trim().to_lowercase();
        match (no_reply(&email), email.split_once('@')) {
            (Some((_, _, login)), _) => self.login(login),
            (None, Some((local, domain))) => {
                // Mail to ann+git@ comes to ann@.
                let local = local.split('+').next().unwrap_or_default();
                self.addresses.insert((local.to_owned(), domain.to_owned()));
            }
            (None, None) => {}
        }
    }

    fn login(&mut self, login: &str) {
        let login = login.to_lowercase();
        if tells(&login) {
            self.logins.insert(login);
        }
    }
}

fn tells(word: &str) -> bool {
    word.chars().count() >= LEAST_LETTERS && !GENERIC.contains(&word)
}

/// Pairs of persons by place, with what they share.
type Pairs = Vec<((usize, usize), Reason)>;

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

fn by_name(persons: &[&Traits]) -> Pairs {
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

fn by_login(persons: &[&Traits]) -> Pairs {
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

fn by_address(persons: &[&Traits]) -> Pairs {
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

fn by_closeness(persons: &[&Traits]) -> Pairs {
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

fn by_making(persons: &[&Traits]) -> Pairs {
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

/// Pairs of persons who are two by decision.
fn decided(identities: &[(String, String, Identity)], decisions: &Decisions) -> BTreeSet<(String, String)> {
    let person: BTreeMap<&str, &str> = identities.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    let pairs = decisions
        .different
        .iter()
        .filter_map(|(one, other)| Some(ordered(person.get(one.as_str())?, person.get(other.as_str())?)));
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::IdentityKey;

    fn person(name: &str, email: &str, login: &str) -> (String, String, Identity) {
        let key = IdentityKey {
            source: "s".to_owned(),
            name: name.to_owned(),
            email: email.to_owned(),
            login: login.to_owned(),
            ..IdentityKey::default()
        };
        let canonical = (name.to_owned(), email.to_owned());
        let id = format!("{name} {email} {login}");
        (id.clone(), id, Identity { key, canonical, account: None, is_bot: false })
    }

    fn said(all: &[(String, String, Identity)]) -> Vec<String> {
        let said = candidates(all, &Decisions::default());
        said.iter().map(|it| format!("{} {}", it.score, it.reasons[0])).collect()
    }

    #[test]
    fn what_may_be_one_person_is_found_with_its_reason() {
        let pair = |one: (&str, &str, &str), other: (&str, &str, &str)| {
            said(&[person(one.0, one.1, one.2), person(other.0, other.1, other.2)])
        };
        assert_eq!(
            pair(("Ann Example", "a@x.example", ""), ("Ann Example", "b@y.example", "")),
            ["80 both are called Ann Example"]
        );
        let alike = pair(("Zoë Example", "a@x.example", ""), ("example zoe", "b@y.example", ""));
        assert_eq!(alike, ["70 both are called Zoë Example, written in two ways"]);
        assert_eq!(
            pair(("", "anneke@x.example", ""), ("", "", "anneke")),
            ["60 the login anneke of one stands before the @ of the other"]
        );
        assert_eq!(
            pair(("", "ann.ex@x.example", ""), ("", "ann.ex@y.example", "")),
            ["50 both have an address that begins with ann.ex@"]
        );
        let close = pair(("A. Example", "a@x.example", ""), ("Annie Example", "b@x.example", ""));
        assert_eq!(close, ["45 close names at x.example"]);
        assert_eq!(
            pair(("Ann Example", "a@x.example", ""), ("", "", "aexample")),
            ["40 aexample of one is made of the name of the other"]
        );
        let found = [
            (("H. Ann Example", "a@x.example", ""), ("Ann Example", "b@y.example", "")),
            (("Ann Example", "a@x.example", ""), ("Ann Example via Relay", "relay@y.example", "")),
            (("", "anneke+git@gmail.com", ""), ("", "anneke@gmail.com", "")),
            (("", "anneke@one.x.example", ""), ("", "anneke@two.x.example", "")),
            (("Ann Exampel", "a@x.example", ""), ("Ann Example", "b@x.example", "")),
        ];
        for (one, other) in found {
            assert_eq!(pair(one, other).len(), 1, "{one:?} {other:?}");
        }
        for (one, other) in [
            (("Ann", "a@x.example", ""), ("Ann", "b@x.example", "")),
            (("", "info@x.example", ""), ("", "info@y.example", "info")),
            (("A. Example", "a@gmail.com", ""), ("Annie Example", "b@gmail.com", "")),
            (("Ann Example", "a@x.example", ""), ("Bob Example", "b@x.example", "")),
            (("Person 1", "a@x.example", ""), ("Person 11", "person11@x.example", "")),
            (("Ann Example", "ann@x.example", ""), ("Ann Builder", "ann@y.example", "")),
        ] {
            assert_eq!(pair(one, other), [""; 0], "{one:?} {other:?}");
        }
    }

    #[test]
    fn machines_and_decided_pairs_are_not_asked_about() {
        let mut all = [person("Ann Example", "a@x.example", ""), person("Ann Example", "b@y.example", "")];
        let decisions = Decisions { different: [ordered(&all[0].0, &all[1].0)].into(), ..Decisions::default() };
        assert_eq!(candidates(&all, &decisions), []);
        all[0].2.is_bot = true;
        assert_eq!(said(&all), [""; 0]);
    }

    #[test]
    fn a_name_that_many_have_asks_nothing() {
        let all: Vec<_> =
            (0..=MOST_ALIKE).map(|it| person("Ann Example", &format!("a{it}@x{it}.example"), "")).collect();
        assert_eq!(said(&all), [""; 0]);
        assert!(!said(&all[1..]).is_empty());
    }
}
