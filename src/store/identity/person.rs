//! Who is one person.
//!
//! One rule: identities that share an anchor, directly or through others, are one person, unless somebody decided otherwise;
//! what many may have, such as a name of one word, is no anchor.

#[cfg(test)]
mod tests;

use super::decision::Decisions;
use super::{Identity, IdentityKey, digest};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What identities of one person share. The order decides which one a person's id follows from: an account's number never
/// changes, a login may.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Anchor {
    Account {
        host: String,
        number: i64,
    },
    /// At a host, or at a source where accounts have no host.
    Login {
        place: String,
        login: String,
    },
    Email(String),
    Name(String),
    Alone(IdentityKey),
}

/// The account that was last seen with each login of a host, and when.
type Holders<'a> = BTreeMap<(&'a str, &'a str), (DateTime<Utc>, i64)>;

/// The person of each identity: those who share an anchor, directly or through others, are one. What was decided by hand
/// comes first: the two of a merge are one, the two of a rejected pair are not, and what was split off shares nothing.
///
/// A person's opaque id follows from the smallest anchor, so that it depends on who is known and not on the order.
pub(super) fn people(ids: &[String], identities: &[Identity], decisions: &Decisions, secret: &[u8; 32]) -> Vec<String> {
    let holders = holders(identities);
    let mut numbers: HashMap<Anchor, usize> = HashMap::new();
    let mut of_each: Vec<Vec<usize>> = Vec::with_capacity(identities.len());
    for (id, identity) in ids.iter().zip(identities) {
        let is_alone = decisions.alone.contains(id);
        let anchors = if is_alone { vec![Anchor::Alone(identity.key.clone())] } else { anchors(identity, &holders) };
        let numbered = anchors.into_iter().map(|anchor| {
            let next = numbers.len();
            *numbers.entry(anchor).or_insert(next)
        });
        of_each.push(numbered.collect());
    }
    let mut sets = Sets::of(numbers.len());
    for anchors in &of_each {
        anchors.iter().for_each(|anchor| sets.join(*anchor, anchors[0]));
    }
    let place: BTreeMap<&str, usize> = match decisions.is_empty() {
        true => BTreeMap::new(),
        false => ids.iter().enumerate().map(|(index, id)| (id.as_str(), index)).collect(),
    };
    for (one, other) in places(&decisions.same, &place) {
        sets.join(of_each[one][0], of_each[other][0]);
    }
    let roots: Vec<usize> = of_each.iter().map(|anchors| sets.root(anchors[0])).collect();
    let mut smallest: Vec<Option<&Anchor>> = vec![None; numbers.len()];
    for (anchor, number) in &numbers {
        let least = &mut smallest[sets.root(*number)];
        *least = Some(least.map_or(anchor, |least| least.min(anchor)));
    }
    let mut persons: HashMap<usize, String> = HashMap::new();
    let named = |root: &usize| smallest[*root].map(|anchor| anchor.hash(secret)).unwrap_or_default();
    let mut people: Vec<String> =
        roots.iter().map(|root| persons.entry(*root).or_insert_with(|| named(root)).clone()).collect();

    let different: Vec<(usize, usize)> = places(&decisions.different, &place).collect();
    let torn: BTreeSet<usize> =
        different.iter().filter(|(one, other)| roots[*one] == roots[*other]).map(|(one, _)| roots[*one]).collect();
    for root in torn {
        let members: Vec<usize> = (0..roots.len()).filter(|index| roots[*index] == root).collect();
        let same: Vec<(usize, usize)> = places(&decisions.same, &place).collect();
        for group in apart(&members, &same, &different, &of_each, &numbers, identities) {
            let first = group.iter().map(|index| &identities[*index].key).min();
            let person = first.map(|key| Anchor::Alone(key.clone()).hash(secret)).unwrap_or_default();
            group.iter().for_each(|index| people[*index].clone_from(&person));
        }
    }
    people
}

/// Pairs of identities by their place; of those that are not known any more there is none.
fn places<'p>(
    pairs: &'p BTreeSet<(String, String)>,
    place: &'p BTreeMap<&str, usize>,
) -> impl Iterator<Item = (usize, usize)> + 'p {
    pairs.iter().filter_map(|(one, other)| Some((*place.get(one.as_str())?, *place.get(other.as_str())?)))
}

/// One person too many in one: the members joined again, the strongest anchor first, wherever no pair that is different comes
/// together. The order follows from the anchors and keys alone.
fn apart(
    members: &[usize],
    same: &[(usize, usize)],
    different: &[(usize, usize)],
    of_each: &[Vec<usize>],
    numbers: &HashMap<Anchor, usize>,
    identities: &[Identity],
) -> Vec<Vec<usize>> {
    let by_number: HashMap<usize, &Anchor> = numbers.iter().map(|(anchor, number)| (*number, anchor)).collect();
    let mut holders: BTreeMap<&Anchor, Vec<usize>> = BTreeMap::new();
    let mut sorted = members.to_vec();
    sorted.sort_by(|one, other| identities[*one].key.cmp(&identities[*other].key));
    for index in &sorted {
        for anchor in &of_each[*index] {
            holders.entry(by_number[anchor]).or_default().push(*index);
        }
    }
    let mut groups: Vec<Vec<usize>> = sorted.iter().map(|index| vec![*index]).collect();
    let mut join = |one: usize, other: usize| {
        let find = |index: usize| groups.iter().position(|group| group.contains(&index));
        let (Some(one), Some(other)) = (find(one), find(other)) else { return };
        let (first, second) = (one.min(other), one.max(other));
        let crosses = |(one, other): &(usize, usize)| {
            let is_in = |group: usize, index: &usize| groups[group].contains(index);
            (is_in(first, one) && is_in(second, other)) || (is_in(first, other) && is_in(second, one))
        };
        if first != second && !different.iter().any(crosses) {
            let moved = groups.remove(second);
            groups[first].extend(moved);
        }
    };
    let mut joined: Vec<(usize, usize)> = same.to_vec();
    joined.sort_by_key(|(one, other)| (&identities[*one].key, &identities[*other].key));
    joined.iter().for_each(|(one, other)| join(*one, *other));
    for of_anchor in holders.values() {
        for (at, one) in of_anchor.iter().enumerate() {
            of_anchor[at + 1..].iter().for_each(|other| join(*one, *other));
        }
    }
    groups
}

/// Sets of numbers that are joined, with path halving.
struct Sets(Vec<usize>);

impl Sets {
    fn of(count: usize) -> Sets {
        Sets((0..count).collect())
    }

    fn root(&mut self, of: usize) -> usize {
        let mut at = of;
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        self.0[one.max(other)] = one.min(other);
    }
}

/// Hashes of everything that would make another identity the same person as this one, whatever becomes of logins and
/// `.mailmap`: for people who must not come back.
pub(super) fn marks(identity: &Identity, secret: &[u8; 32]) -> BTreeSet<String> {
    let mut marks = Vec::new();
    let mut account = |host: &str, number: Option<i64>, login: &str| match number {
        Some(number) => marks.push(Anchor::Account { host: host.to_owned(), number }),
        None if login.is_empty() => {}
        None => marks.push(Anchor::Login { place: host.to_owned(), login: login.to_owned() }),
    };
    let signatures = [&identity.canonical, &(identity.key.name.clone(), identity.key.email.clone())];
    let own = signatures.into_iter().filter(|(name, _)| without_relay(name) == name);
    let emails: Vec<String> = own.map(|(_, email)| email.trim().to_lowercase()).collect();
    if let Some(it) = &identity.account {
        account(&it.host, it.number, &it.login);
    }
    for (host, number, login) in emails.iter().filter_map(|email| no_reply(email)) {
        account(host, number, login);
    }
    marks.extend(emails.into_iter().filter(|email| is_address(email)).map(Anchor::Email));
    if marks.is_empty() {
        marks = anchors(identity, &Holders::new());
    }
    marks.iter().map(|anchor| anchor.hash(secret)).collect()
}

/// A name without the relay that wrote it beside its own address: mailing lists and bridges write `Ann Example via List`.
pub(super) fn without_relay(name: &str) -> &str {
    name.split_once(" via ").map_or(name, |(name, _)| name.trim_matches('\''))
}

/// An address of one person.
fn is_address(email: &str) -> bool {
    // The merge button's committer is many people.
    email.contains('@') && email != "noreply@github.com" && no_reply(email).is_none()
}

fn holders(identities: &[Identity]) -> Holders<'_> {
    let mut holders = Holders::new();
    for identity in identities.iter().filter(|identity| !identity.key.login.is_empty()) {
        let Some((account, number)) = identity.account.as_ref().and_then(|it| Some((it, it.number?))) else { continue };
        let seen = (account.seen_at, number);
        let holder = holders.entry((&account.host, &account.login)).or_insert(seen);
        *holder = seen.max(*holder);
    }
    holders
}

/// What identities of one person share: the canonical e-mail address, whatever its case, and the account. Where there is
/// neither, the login at its source, and without that the name, unless it is of one word: many people are called Ann.
fn anchors(identity: &Identity, holders: &Holders<'_>) -> Vec<Anchor> {
    let mut anchors = Vec::new();
    let mut account = |host: &str, number: Option<i64>, login: &str| {
        anchors.extend(number.map(|number| Anchor::Account { host: host.to_owned(), number }));
        // A login that another account has by now says nothing of this one.
        let is_theirs = |holder: &(DateTime<Utc>, i64)| number.is_none_or(|number| holder.1 == number);
        if !login.is_empty() && holders.get(&(host, login)).is_none_or(is_theirs) {
            anchors.push(Anchor::Login { place: host.to_owned(), login: login.to_owned() });
        }
    };
    if let Some(it) = &identity.account {
        account(&it.host, it.number, &it.login);
    }
    let email = identity.canonical.1.trim().to_lowercase();
    // A mailmap that gives an account's address another one does not take the account away.
    let own = identity.key.email.trim().to_lowercase();
    if own != email
        && let Some((host, Some(number), login)) = no_reply(&own)
    {
        account(host, Some(number), login);
    }
    match no_reply(&email) {
        // An old address has the login alone, which its account may have given up: the account that is known counts.
        Some((host, None, _)) if identity.account.as_ref().is_some_and(|it| it.host == host && it.number.is_some()) => {
        }
        Some((host, number, login)) => account(host, number, login),
        // The address is the relay's, and of all who write through it.
        None if without_relay(&identity.canonical.0) != identity.canonical.0 => {}
        None if is_address(&email) => anchors.push(Anchor::Email(email)),
        None => {}
    }
    if anchors.is_empty() {
        let IdentityKey { source, login, .. } = &identity.key;
        let name = identity.canonical.0.trim();
        anchors.push(if !login.is_empty() {
            Anchor::Login { place: source.clone(), login: login.to_lowercase() }
        } else if name.contains(char::is_whitespace) {
            Anchor::Name(name.to_owned())
        } else {
            Anchor::Alone(identity.key.clone())
        });
    }
    anchors
}

/// Host, number and login of the account that hides behind an address like `1234+login@users.noreply.github.com`; older ones
/// have no number.
pub(super) fn no_reply(email: &str) -> Option<(&str, Option<i64>, &str)> {
    let (local, domain) = email.split_once('@')?;
    let host = domain.strip_prefix("users.noreply.")?;
    match local.split_once('+').and_then(|(number, login)| Some((number.parse().ok()?, login))) {
        Some((number, login)) => Some((host, Some(number), login)),
        None => Some((host, None, local)),
    }
}

impl Anchor {
    pub(super) fn hash(&self, secret: &[u8; 32]) -> String {
        let parts: [&[u8]; 4] = match self {
            Anchor::Account { host, number } => [b"person", b"account", host.as_bytes(), &number.to_le_bytes()],
            Anchor::Login { place, login } => [b"person", b"login", place.as_bytes(), login.as_bytes()],
            Anchor::Email(email) => [b"person", b"email", email.as_bytes(), b""],
            Anchor::Name(name) => [b"person", b"name", name.as_bytes(), b""],
            Anchor::Alone(key) => return digest(secret, &[b"person", b"alone", key.id(secret).as_bytes()]),
        };
        digest(secret, &parts)
    }
}
