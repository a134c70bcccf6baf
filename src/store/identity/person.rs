//! Who is one person.
//!
//! One rule: identities that share an anchor, directly or through others, are one person; what many may have, such as a
//! name of one word, is no anchor.

use super::{Identity, IdentityKey, digest};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What identities of one person share. The order decides which one a person's id follows from: an account's number never
/// changes, a login may.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Anchor {
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

/// The person of each identity: those who share an anchor, directly or through others, are one.
///
/// A person's opaque id follows from the smallest anchor, so that it depends on who is known and not on the order.
pub(super) fn people(identities: &[Identity], secret: &[u8; 32]) -> Vec<String> {
    let holders = holders(identities);
    let anchors: Vec<Vec<Anchor>> = identities.iter().map(|identity| anchors(identity, &holders)).collect();
    // Union by the smallest anchor, with path halving.
    let mut roots: BTreeMap<&Anchor, &Anchor> = BTreeMap::new();
    fn root<'a>(roots: &mut BTreeMap<&'a Anchor, &'a Anchor>, of: &'a Anchor) -> &'a Anchor {
        let mut at = of;
        while let Some(up) = roots.get(at).copied().filter(|up| *up != at) {
            if let Some(higher) = roots.get(up).copied() {
                roots.insert(at, higher);
            }
            at = up;
        }
        at
    }
    for of_one in &anchors {
        for anchor in of_one {
            roots.entry(anchor).or_insert(anchor);
            let (one, other) = (root(&mut roots, anchor), root(&mut roots, &of_one[0]));
            let (smaller, larger) = if one <= other { (one, other) } else { (other, one) };
            roots.insert(larger, smaller);
        }
    }
    anchors.iter().map(|of_one| root(&mut roots, &of_one[0]).hash(secret)).collect()
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
    match no_reply(&email) {
        // An old address has the login alone, which its account may have given up: the account that is known counts.
        Some((host, None, _)) if identity.account.as_ref().is_some_and(|it| it.host == host && it.number.is_some()) => {
        }
        Some((host, number, login)) => account(host, number, login),
        // The merge button's committer is many people.
        None if email.contains('@') && email != "noreply@github.com" => anchors.push(Anchor::Email(email)),
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
fn no_reply(email: &str) -> Option<(&str, Option<i64>, &str)> {
    let (local, domain) = email.split_once('@')?;
    let host = domain.strip_prefix("users.noreply.")?;
    match local.split_once('+').and_then(|(number, login)| Some((number.parse().ok()?, login))) {
        Some((number, login)) => Some((host, Some(number), login)),
        None => Some((host, None, local)),
    }
}

impl Anchor {
    fn hash(&self, secret: &[u8; 32]) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Account;

    fn identity(name: &str, email: &str, login: &str) -> Identity {
        let key = IdentityKey {
            source: "s".to_owned(),
            name: name.to_owned(),
            email: email.to_owned(),
            login: login.to_owned(),
            ..IdentityKey::default()
        };
        let canonical = (name.to_owned(), email.to_owned());
        Identity { key, canonical, account: None, is_bot: false }
    }

    fn of_account(identity: Identity, number: Option<i64>, login: &str) -> Identity {
        let (host, login, seen_at) = ("github.com".to_owned(), login.to_owned(), DateTime::UNIX_EPOCH);
        Identity { account: Some(Account { host, number, login, seen_at }), ..identity }
    }

    /// An account that is known by its number.
    fn numbered(number: i64, login: &str) -> Identity {
        let key = IdentityKey { source: "s".to_owned(), number: Some(number), ..IdentityKey::default() };
        of_account(Identity { key, ..identity("", "", "") }, Some(number), login)
    }

    /// For each identity, the first one that is the same person; also when they are seen in the opposite order.
    fn first_of(identities: &[Identity]) -> Vec<usize> {
        let ids = people(identities, &[7; 32]);
        let reversed: Vec<Identity> = identities.iter().rev().cloned().collect();
        let again: Vec<String> = people(&reversed, &[7; 32]).into_iter().rev().collect();
        assert_eq!(ids, again);
        ids.iter().map(|id| ids.iter().position(|it| it == id).unwrap()).collect()
    }

    #[test]
    fn accounts_and_addresses_of_one_person_are_joined() {
        let all = [
            identity("Ann", "Ann@Work.example", ""),
            of_account(identity("", "", "ann"), None, "ann"),
            identity("Ann", "1234+Ann@users.noreply.github.com", ""),
            // The commit that GitHub knows the author of.
            of_account(identity("Ann Example", "ann@work.example", ""), None, "ann"),
            identity("Ann", "ann@home.example", ""),
            numbered(1234, "anna"),
        ];
        assert_eq!(first_of(&all), [0, 0, 0, 0, 4, 0]);
        assert_eq!(first_of(&all[..3]), [0, 1, 1]);
        assert_eq!(first_of(&all[2..]), [0, 0, 2, 0]);
    }

    #[test]
    fn a_number_decides_where_a_login_is_of_another_by_now() {
        let all = [
            numbered(1, "anna"),
            numbered(2, "ann"),
            of_account(identity("", "", "ann"), Some(2), "ann"),
            identity("Ann", "1+ann@users.noreply.github.com", ""),
            identity("Ann", "ann@users.noreply.github.com", ""),
            of_account(identity("", "", "ann"), None, "ann"),
            of_account(identity("Ann", "ann@work.example", ""), Some(1), "ann"),
            // Another host has other accounts.
            identity("Ann", "1+ann@users.noreply.ghe.example", ""),
            // GitHub knows whose the commit is, whatever became of the login in its address.
            of_account(identity("Ann A", "ann@users.noreply.github.com", ""), Some(1), "anna"),
        ];
        assert_eq!(first_of(&all), [0, 1, 1, 0, 1, 1, 0, 7, 0]);
    }

    #[test]
    fn what_does_not_name_a_person_joins_nobody() {
        let all = [
            identity("GitHub", "noreply@github.com", ""),
            identity("Ann", "noreply@github.com", ""),
            identity("Ann", "", ""),
            identity("Ann", "root@host", ""),
            identity("Ann Example", "", ""),
            identity("Ann Example", "noreply@github.com", ""),
        ];
        // Without anything better a full name decides.
        assert_eq!(first_of(&all), [0, 1, 2, 3, 4, 4]);
    }

    #[test]
    fn a_login_is_of_its_source() {
        let mut other = identity("", "", "dev-1");
        other.key.source = "t".to_owned();
        assert_eq!(first_of(&[identity("", "", "dev-1"), other, identity("", "", "Dev-1")]), [0, 1, 0]);
    }
}
