//! The identity store: the only place that knows names, logins and e-mail addresses.
//!
//! Tables hold an identity's id, an opaque keyed hash. Which person an identity belongs to is decided here and joined at
//! reading, so that a merge or a changed `.mailmap` is retroactive without touching a fact.

use super::{Result, State};
use rusqlite::params;
use std::collections::BTreeMap;

/// How a source names somebody. Empty text where it does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityKey {
    /// The pipeline that saw it.
    pub source: String,
    pub name: String,
    pub email: String,
    pub login: String,
}

/// One identity with the person it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub key: IdentityKey,
    /// Name and e-mail address after `.mailmap`.
    pub canonical: (String, String),
    /// The address that the source's host gives to the account, such as `login@users.noreply.github.com`; empty where it
    /// gives none.
    pub account: String,
    pub is_bot: bool,
}

impl IdentityKey {
    /// The opaque id of this identity in a folder with this secret: 128 bits as hexadecimal.
    pub fn id(&self, secret: &[u8; 32]) -> String {
        self.hash(secret, b"identity")
    }

    fn hash(&self, secret: &[u8; 32], purpose: &[u8]) -> String {
        let mut hasher = blake3::Hasher::new_keyed(secret);
        for part in
            [purpose, self.source.as_bytes(), self.name.as_bytes(), self.email.as_bytes(), self.login.as_bytes()]
        {
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
        }
        hasher.finalize().to_hex()[..32].to_owned()
    }
}

impl Identity {
    /// What identities of one person share: the canonical e-mail address, whatever its case, and the account. Where there is
    /// neither, the login at its source, and without that the name, unless it is of one word: many people are called Ann.
    fn anchors(&self) -> Vec<IdentityKey> {
        let email = |email: String| IdentityKey { email, ..IdentityKey::default() };
        let mut anchors: Vec<IdentityKey> =
            [&self.canonical.1, &self.account].into_iter().filter_map(|it| personal(it)).map(email).collect();
        if anchors.is_empty() {
            let IdentityKey { source, login, .. } = &self.key;
            let name = self.canonical.0.trim();
            anchors.push(if !login.is_empty() {
                IdentityKey { source: source.clone(), login: login.to_lowercase(), ..IdentityKey::default() }
            } else if name.contains(char::is_whitespace) {
                IdentityKey { name: name.to_owned(), ..IdentityKey::default() }
            } else {
                self.key.clone()
            });
        }
        anchors
    }
}

/// An address that belongs to one person, in the one form of it: lower case, and without the number that GitHub puts before
/// the login in `1234+login@users.noreply.github.com`.
fn personal(email: &str) -> Option<String> {
    let email = email.trim().to_lowercase();
    let (local, domain) = email.split_once('@')?;
    if email == "noreply@github.com" {
        // The merge button's committer.
        return None;
    }
    let login = local.split_once('+').filter(|(number, _)| number.chars().all(|c| c.is_ascii_digit()));
    match login {
        Some((_, login)) if domain.starts_with("users.noreply.") => Some(format!("{login}@{domain}")),
        _ => Some(email),
    }
}

/// The person of each identity: those who share an anchor, directly or through others, are one.
///
/// A person's opaque id follows from the smallest anchor, so that it depends on who is known and not on the order.
fn people(identities: &[Identity], secret: &[u8; 32]) -> Vec<String> {
    // Union by the smallest anchor, with path halving.
    let mut roots: BTreeMap<IdentityKey, IdentityKey> = BTreeMap::new();
    fn root(roots: &mut BTreeMap<IdentityKey, IdentityKey>, of: &IdentityKey) -> IdentityKey {
        let mut at = of.clone();
        while let Some(up) = roots.get(&at).filter(|up| **up != at).cloned() {
            if let Some(higher) = roots.get(&up).cloned() {
                roots.insert(at, higher);
            }
            at = up;
        }
        at
    }
    for identity in identities {
        let anchors = identity.anchors();
        for anchor in &anchors {
            roots.entry(anchor.clone()).or_insert_with(|| anchor.clone());
            let (one, other) = (root(&mut roots, anchor), root(&mut roots, &anchors[0]));
            let (smaller, larger) = if one <= other { (one, other) } else { (other, one) };
            roots.insert(larger, smaller);
        }
    }
    let person = |identity: &Identity| root(&mut roots, &identity.anchors()[0]).hash(secret, b"person");
    identities.iter().map(person).collect()
}

impl State {
    /// Adds identities, or updates them, and decides again who is one person, in one transaction.
    ///
    /// # Errors
    /// [`super::StoreError::Sqlite`].
    pub fn put_identities(&mut self, secret: &[u8; 32], identities: &[Identity]) -> Result<()> {
        let known: BTreeMap<String, (String, Identity)> =
            self.identities()?.into_iter().map(|(id, person, identity)| (id, (person, identity))).collect();
        let mut all: BTreeMap<String, Identity> =
            known.iter().map(|(id, (_, identity))| (id.clone(), identity.clone())).collect();
        all.extend(identities.iter().map(|identity| (identity.key.id(secret), identity.clone())));
        let (ids, all): (Vec<String>, Vec<Identity>) = all.into_iter().unzip();
        let changed: Vec<(&String, String, &Identity)> = ids
            .iter()
            .zip(people(&all, secret))
            .zip(&all)
            .map(|((id, person), identity)| (id, person, identity))
            .filter(|(id, person, identity)| {
                known.get(*id).is_none_or(|(before, known)| before != person || known != *identity)
            })
            .collect();
        let path = self.path.clone();
        let write = || -> rusqlite::Result<()> {
            let transaction = self.connection.transaction()?;
            {
                let sql = "INSERT OR REPLACE INTO identities VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
                let mut insert = transaction.prepare(sql)?;
                for (id, person, identity) in changed {
                    let (key, canonical) = (&identity.key, &identity.canonical);
                    insert.execute(params![
                        id,
                        person,
                        key.source,
                        key.name,
                        key.email,
                        key.login,
                        canonical.0,
                        canonical.1,
                        identity.account,
                        identity.is_bot,
                    ])?;
                }
            }
            transaction.commit()
        };
        write().map_err(|source| super::StoreError::Sqlite { path, source })
    }

    /// Every identity as (identity id, person id, identity), by identity id.
    ///
    /// # Errors
    /// [`super::StoreError::Sqlite`].
    pub fn identities(&self) -> Result<Vec<(String, String, Identity)>> {
        let sql =
            "SELECT identity, person, source, name, email, login, canonical_name, canonical_email, account, is_bot
                   FROM identities ORDER BY identity";
        self.rows(sql, |row| {
            let key = IdentityKey { source: row.get(2)?, name: row.get(3)?, email: row.get(4)?, login: row.get(5)? };
            let canonical = (row.get(6)?, row.get(7)?);
            let identity = Identity { key, canonical, account: row.get(8)?, is_bot: row.get(9)? };
            Ok((row.get(0)?, row.get(1)?, identity))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(name: &str, email: &str, login: &str, account: &str) -> Identity {
        let key = IdentityKey {
            source: "s".to_owned(),
            name: name.to_owned(),
            email: email.to_owned(),
            login: login.to_owned(),
        };
        let canonical = (name.to_owned(), email.to_owned());
        Identity { key, canonical, account: account.to_owned(), is_bot: false }
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
        let noreply = "ann@users.noreply.github.com";
        let all = [
            identity("Ann", "Ann@Work.example", "", ""),
            identity("", "", "ann", noreply),
            identity("Ann", "1234+Ann@users.noreply.github.com", "", ""),
            // The commit that GitHub knows the author of.
            identity("Ann Example", "ann@work.example", "Ann", noreply),
            identity("Ann", "ann@home.example", "", ""),
        ];
        assert_eq!(first_of(&all), [0, 0, 0, 0, 4]);
        assert_eq!(first_of(&all[..3]), [0, 1, 1]);
    }

    #[test]
    fn what_does_not_name_a_person_joins_nobody() {
        let all = [
            identity("GitHub", "noreply@github.com", "", ""),
            identity("Ann", "noreply@github.com", "", ""),
            identity("Ann", "", "", ""),
            identity("Ann", "root@host", "", ""),
            identity("Ann Example", "", "", ""),
            identity("Ann Example", "noreply@github.com", "", ""),
        ];
        // Without anything better a full name decides.
        assert_eq!(first_of(&all), [0, 1, 2, 3, 4, 4]);
    }

    #[test]
    fn a_login_is_of_its_source() {
        let mut other = identity("", "", "dev-1", "");
        other.key.source = "t".to_owned();
        assert_eq!(first_of(&[identity("", "", "dev-1", ""), other, identity("", "", "Dev-1", "")]), [0, 1, 0]);
    }
}
