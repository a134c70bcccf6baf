//! The identity store: the only place that knows names, logins and e-mail addresses.
//!
//! Tables hold an identity's id, an opaque keyed hash. Which person an identity belongs to is decided here and joined at
//! reading, so that a merge or a changed `.mailmap` is retroactive without touching a fact.

mod candidate;
mod decision;
mod erasure;
mod folding;
mod person;
mod words;

use super::{Result, State, StoreError};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use std::collections::{BTreeMap, BTreeSet};

pub use candidate::{Candidate, Reason, candidates};
pub use decision::{AuditLine, By, Decisions, Verdict};
pub use erasure::Erased;
pub use words::ErasedWords;

/// How a source names somebody, and what the id in the tables follows from: the number of an account, or the name and
/// e-mail address of a signature, or a login where there is nothing better. The rest is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityKey {
    /// The pipeline that saw it.
    pub source: String,
    /// The number that a host gives an account and never changes.
    pub number: Option<i64>,
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
    /// The account that it is, or that its source says it belongs to.
    pub account: Option<Account>,
    pub is_bot: bool,
}

/// An account as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Where accounts have one number and one login each, such as `github.com`.
    pub host: String,
    pub number: Option<i64>,
    /// In lower case, as hosts compare them. Accounts get other logins, and logins other accounts.
    pub login: String,
    /// Since when it is known that this number and this login go together.
    pub seen_at: DateTime<Utc>,
}

impl IdentityKey {
    /// The opaque id of this identity in a folder with this secret: 128 bits as hexadecimal.
    pub fn id(&self, secret: &[u8; 32]) -> String {
        match self.number {
            Some(number) => digest(secret, &[b"account", self.source.as_bytes(), &number.to_le_bytes()]),
            None => {
                let IdentityKey { source, name, email, login, .. } = self;
                let parts = [source, name, email, login].map(|part| part.as_bytes());
                digest(secret, &[b"identity", parts[0], parts[1], parts[2], parts[3]])
            }
        }
    }
}

fn digest(secret: &[u8; 32], parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new_keyed(secret);
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

impl Identity {
    /// Takes over what was seen of the same identity after this, or before: the newer account counts, and what is not said
    /// takes nothing away. An account that was once called a machine stays one.
    pub fn learn(&mut self, seen: Identity) {
        self.is_bot = seen.is_bot || (self.is_bot && self.account.is_some());
        self.canonical = seen.canonical;
        self.account = match (self.account.take(), seen.account) {
            (Some(known), Some(seen)) => Some(known.or_newer(seen)),
            (known, seen) => seen.or(known),
        };
    }
}

impl Account {
    fn or_newer(self, seen: Account) -> Account {
        let number = seen.number.or(self.number);
        let login = if seen.login.is_empty() { self.login.clone() } else { seen.login };
        let says_other = (number, &login) != (self.number, &self.login);
        if says_other && seen.seen_at >= self.seen_at { Account { number, login, ..seen } } else { self }
    }
}

const COLUMNS: &str = "identity, person, source, number, name, email, login, canonical_name, canonical_email,
     host, account, account_login, seen_at, is_bot";

impl State {
    /// Adds identities, or updates them, and decides again who is one person, in one transaction. Who was erased is not
    /// added: such an identity joins the erased person without a name.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn put_identities(&mut self, secret: &[u8; 32], identities: &[Identity]) -> Result<()> {
        let path = self.path.clone();
        let mut put = || -> rusqlite::Result<()> {
            let news = news(&self.connection, secret, identities)?;
            if news.is_empty() {
                return Ok(());
            }
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let news = erasure::without_erased(&transaction, secret, news)?;
            if !news.is_empty() {
                settle(&transaction, secret, &news)?;
            }
            transaction.commit()
        };
        put().map_err(|source| StoreError::Sqlite { path, source })
    }

    /// Every identity as (identity id, person id, identity), by identity id, without those that were erased.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn identities(&self) -> Result<Vec<(String, String, Identity)>> {
        self.check(read(&self.connection))
    }

    /// Rises whenever anything about people changes.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn identities_version(&self) -> Result<i64> {
        self.check(version(&self.connection))
    }
}

/// What is not known yet of those who were seen. Mostly it is nothing, which is found out without reading all identities.
fn news(connection: &Connection, secret: &[u8; 32], seen: &[Identity]) -> rusqlite::Result<Vec<Identity>> {
    let mut select = connection.prepare(&format!("SELECT {COLUMNS} FROM identities WHERE identity = ?1"))?;
    let mut news = Vec::new();
    for identity in seen {
        let id = identity.key.id(secret);
        let is_known = match select.query_row([&id], |row| Ok(from_row(row)?.2)).optional()? {
            None => erasure::exists(connection, "erased", &id)?,
            Some(known) => {
                let mut now = known.clone();
                now.learn(identity.clone());
                now == known
            }
        };
        if !is_known {
            news.push(identity.clone());
        }
    }
    Ok(news)
}

/// Takes news in and decides who is one person.
fn settle(connection: &Connection, secret: &[u8; 32], news: &[Identity]) -> rusqlite::Result<()> {
    let (mut ids, mut before, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for (id, person, identity) in read(connection)? {
        ids.push(id);
        before.push(person);
        all.push(identity);
    }
    let (mut learned, mut new) = (BTreeSet::new(), BTreeMap::<String, Identity>::new());
    for seen in news {
        let id = seen.key.id(secret);
        // They were read in order.
        match ids.binary_search(&id) {
            Ok(place) => {
                all[place].learn(seen.clone());
                learned.insert(place);
            }
            Err(_) => drop(new.entry(id).and_modify(|it| it.learn(seen.clone())).or_insert_with(|| seen.clone())),
        }
    }
    for (id, identity) in new {
        ids.push(id);
        all.push(identity);
    }
    let people = person::people(&ids, &all, &decision::read(connection)?, secret);
    let sql = format!(
        "INSERT OR REPLACE INTO identities ({COLUMNS})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    );
    let mut insert = connection.prepare(&sql)?;
    let mut changed = false;
    for (place, ((id, person), identity)) in ids.iter().zip(&people).zip(&all).enumerate() {
        if before.get(place) == Some(person) && !learned.contains(&place) {
            continue;
        }
        let Identity { key, canonical, account, is_bot } = identity;
        let account = account.as_ref();
        insert.execute(params![
            id,
            person,
            key.source,
            key.number,
            key.name,
            key.email,
            key.login,
            canonical.0,
            canonical.1,
            account.map(|it| &it.host),
            account.and_then(|it| it.number),
            account.map(|it| &it.login),
            account.map(|it| it.seen_at.timestamp_micros()),
            is_bot,
        ])?;
        changed = true;
    }
    if changed { note_change(connection) } else { Ok(()) }
}

fn read(connection: &Connection) -> rusqlite::Result<Vec<(String, String, Identity)>> {
    let mut select = connection.prepare(&format!("SELECT {COLUMNS} FROM identities ORDER BY identity"))?;
    select.query_map([], from_row)?.collect()
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<(String, String, Identity)> {
    let key = IdentityKey {
        source: row.get(2)?,
        number: row.get(3)?,
        name: row.get(4)?,
        email: row.get(5)?,
        login: row.get(6)?,
    };
    let (canonical, account) = ((row.get(7)?, row.get(8)?), account(row)?);
    Ok((row.get(0)?, row.get(1)?, Identity { key, canonical, account, is_bot: row.get(13)? }))
}

const VERSION_KEY: &str = "identities_version";

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    let read = "SELECT value FROM meta WHERE key = ?1";
    let stored = connection.query_row(read, [VERSION_KEY], |row| row.get::<_, [u8; 8]>(0)).optional()?;
    Ok(stored.map_or(0, i64::from_le_bytes))
}

fn note_change(connection: &Connection) -> rusqlite::Result<()> {
    let next = version(connection)? + 1;
    let write = "INSERT OR REPLACE INTO meta VALUES (?1, ?2)";
    connection.execute(write, params![VERSION_KEY, next.to_le_bytes()]).map(|_| ())
}

fn account(row: &Row<'_>) -> rusqlite::Result<Option<Account>> {
    let Some(host) = row.get(9)? else { return Ok(None) };
    let seen_at = DateTime::from_timestamp_micros(row.get(12)?).unwrap_or_default();
    Ok(Some(Account { host, number: row.get(10)?, login: row.get(11)?, seen_at }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use chrono::TimeDelta;

    const SECRET: [u8; 32] = [7; 32];

    /// An account, and its login by itself, as they were seen on one day.
    fn seen(number: i64, login: &str, day: i64) -> [Identity; 2] {
        let seen_at = DateTime::UNIX_EPOCH + TimeDelta::days(day);
        let account = Account { host: "github.com".into(), number: Some(number), login: login.into(), seen_at };
        let key = IdentityKey { source: "acme".into(), ..IdentityKey::default() };
        let keys = [IdentityKey { number: Some(number), ..key.clone() }, IdentityKey { login: login.into(), ..key }];
        keys.map(|key| Identity { key, canonical: Default::default(), account: Some(account.clone()), is_bot: false })
    }

    /// The number or login of each identity with its account's login or number, and the person as a small number.
    fn told(sightings: &[(i64, &str, i64)]) -> Vec<(String, String, usize)> {
        let folder = tempfile::tempdir().unwrap();
        let mut state = Store::open(folder.path()).unwrap().state().unwrap();
        for (number, login, day) in sightings {
            state.put_identities(&SECRET, &seen(*number, login, *day)).unwrap();
        }
        let mut all = state.identities().unwrap();
        all.sort_by(|a, b| a.2.key.cmp(&b.2.key));
        let persons: Vec<String> = all.iter().map(|it| it.1.clone()).collect();
        let first = |person: &String| persons.iter().position(|it| it == person).unwrap();
        let words = |(_, person, identity): &(String, String, Identity)| {
            let account = identity.account.as_ref().unwrap();
            let number = account.number.unwrap().to_string();
            match identity.key.number {
                Some(_) => (number, account.login.clone(), first(person)),
                None => (identity.key.login.clone(), number, first(person)),
            }
        };
        all.iter().map(words).collect()
    }

    fn expected(rows: &[(&str, &str, usize)]) -> Vec<(String, String, usize)> {
        rows.iter().map(|(one, other, person)| ((*one).to_owned(), (*other).to_owned(), *person)).collect()
    }

    #[test]
    fn an_account_keeps_its_person_through_another_login_and_late_news_change_nothing() {
        let renamed = expected(&[("1", "new", 2), ("new", "1", 2), ("old", "1", 2)]);
        let with_order = |sightings: &[(i64, &str, i64)]| {
            let mut said = told(sightings);
            said.sort();
            said.iter().map(|it| (it.0.clone(), it.1.clone())).collect::<Vec<_>>()
        };
        let names: Vec<(String, String)> = renamed.iter().map(|it| (it.0.clone(), it.1.clone())).collect();
        for sightings in [&[(1, "old", 1), (1, "new", 2)][..], &[(1, "new", 2), (1, "old", 1)]] {
            assert_eq!(with_order(sightings), names);
            assert_eq!(told(sightings).iter().map(|it| it.2).collect::<Vec<_>>(), [0, 0, 0]);
        }
    }

    #[test]
    fn a_login_is_of_the_account_that_had_it_last() {
        // Two exchange their logins by way of a third.
        let all = told(&[(1, "ann", 1), (2, "bob", 1), (1, "free", 2), (2, "ann", 3)]);
        let person = |word: &str| all.iter().find(|it| it.0 == word).unwrap().2;
        assert_ne!(person("1"), person("2"));
        assert_eq!(["free", "ann", "bob"].map(person), [person("1"), person("2"), person("2")]);
    }
}
