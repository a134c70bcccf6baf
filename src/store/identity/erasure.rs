//! Forgetting a person: the identity store keeps hashes of who must not come back, and nothing that names them.
//!
//! One rule: from the transaction that erases on, no name of the person is in the state, and everything else that remains to
//! be done can be done again from the hashes alone.

use super::decision::{By, put_line, short};
use super::person::{self, no_reply, without_relay};
use super::words::{Called, ErasedWords, Hashed};
use super::{Identity, IdentityKey, digest, note_change, read, settle};
use crate::model;
use crate::store::{Result, State, StoreError};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde_json::Value;
use std::collections::BTreeMap;

/// What became of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The opaque id of the erased person.
    pub person: String,
    /// Identities that belonged to it.
    pub identities: usize,
    /// Names that are too short or too ordinary to be looked for in texts.
    pub left: Vec<String>,
}

const PENDING_KEY: &str = "erasing";

impl State {
    /// Forgets who a person was. Its rows stay, as those of somebody erased; whoever shares an address or account with it
    /// later belongs to it without a name. What else holds its words is to be cleaned: see [`State::is_erasing`].
    ///
    /// # Errors
    /// [`StoreError::Decision`] when there is no such person, [`StoreError::Sqlite`].
    pub fn erase(&mut self, secret: &[u8; 32], person: &str, by: &By) -> Result<Erased> {
        let path = self.path.clone();
        let mut erase = || -> rusqlite::Result<Option<Erased>> {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let erased = forget(&transaction, secret, person, by)?;
            if erased.is_some() {
                settle(&transaction, secret, &[])?;
                note_change(&transaction)?;
                transaction.commit()?;
            }
            Ok(erased)
        };
        let erased = erase().map_err(|source| StoreError::Sqlite { path, source })?;
        erased.ok_or_else(|| StoreError::Decision(format!("there is no person {person}")))
    }

    /// Whether somebody was erased whose words are still to be removed elsewhere.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn is_erasing(&self) -> Result<bool> {
        let sql = "SELECT count(*) > 0 FROM meta WHERE key = ?1";
        self.check(self.connection.query_row(sql, [PENDING_KEY], |row| row.get(0)))
    }

    /// Nothing of an erased person is left elsewhere: the state's own free pages and its write-ahead log are emptied.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`], such as while another process reads the state.
    pub fn finish_erasing(&self) -> Result<()> {
        self.check(self.connection.execute_batch("VACUUM"))?;
        self.empty_log()?;
        self.check(self.connection.execute("DELETE FROM meta WHERE key = ?1", [PENDING_KEY])).map(|_| ())
    }

    fn empty_log(&self) -> Result<()> {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let is_busy: bool = self.check(self.connection.query_row(sql, [], |row| row.get(0)))?;
        if is_busy {
            let path = self.path.display();
            return Err(StoreError::Decision(format!(
                "{path} is being read by another process, so that old pages stay; stop it and run this again"
            )));
        }
        Ok(())
    }

    /// The words that named erased people.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn erased_words(&self, secret: &[u8; 32]) -> Result<ErasedWords> {
        self.check(words(&self.connection, secret))
    }

    /// Identities of erased people as (identity id, person id, identity); of the identity only its source and whether it is
    /// a machine are known.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn erased(&self) -> Result<Vec<(String, String, Identity)>> {
        self.rows("SELECT identity, person, source, is_bot FROM erased ORDER BY identity", |row| {
            let key = IdentityKey { source: row.get(2)?, ..IdentityKey::default() };
            let identity = Identity { key, canonical: Default::default(), account: None, is_bot: row.get(3)? };
            Ok((row.get(0)?, row.get(1)?, identity))
        })
    }

    /// Replaces erased words in what the state itself keeps as text: what was put aside, what waits, why runs
    /// failed, the audit.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn clean_texts(&mut self, words: &ErasedWords) -> Result<()> {
        let refused: Vec<_> = self.refused()?;
        let path = self.path.clone();
        let clean = || -> rusqlite::Result<()> {
            let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for it in refused {
                let cleaned = it.clone().without(words);
                if cleaned != it {
                    let key = params![it.source, it.place];
                    transaction.execute("DELETE FROM quarantine WHERE source = ?1 AND place = ?2", key)?;
                    let sql = "INSERT OR REPLACE INTO quarantine VALUES (?1, ?2, ?3, ?4, ?5)";
                    let at = cleaned.at.timestamp_micros();
                    let row = params![cleaned.source, cleaned.place, cleaned.reason, at, cleaned.words];
                    transaction.execute(sql, row)?;
                }
            }
            clean_partial(&transaction, words)?;
            clean_column(&transaction, words, "runs", "run", "error")?;
            clean_column(&transaction, words, "audit", "entry", "by")?;
            clean_column(&transaction, words, "audit", "entry", "reason")?;
            transaction.commit()
        };
        clean().map_err(|source| StoreError::Sqlite { path, source })
    }
}

fn words(connection: &Connection, secret: &[u8; 32]) -> rusqlite::Result<ErasedWords> {
    let mut select = connection.prepare("SELECT word, start FROM erased_words")?;
    let hashed = select.query_map([], |row| Ok(Hashed { whole: row.get(0)?, start: row.get(1)? }))?;
    Ok(ErasedWords::new(secret, hashed.collect::<rusqlite::Result<Vec<_>>>()?))
}

/// What waits of a row loses the words that the row would lose: what it is called by stays as it is in its key.
fn clean_partial(connection: &Connection, words: &ErasedWords) -> rusqlite::Result<()> {
    let mut select = connection.prepare("SELECT DISTINCT \"table\", \"values\" FROM partial")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let texts: Vec<(String, String)> = rows.collect::<rusqlite::Result<_>>()?;
    for (name, text) in texts {
        // What is neither is passed over by whoever brings it in.
        let (Some(table), Ok(mut values)) = (model::table(&name), serde_json::from_str(&text)) else { continue };
        if words.clean_values(table, &mut values) {
            let sql = "UPDATE partial SET \"values\" = ?3 WHERE \"table\" = ?1 AND \"values\" = ?2";
            connection.execute(sql, params![name, text, Value::Object(values).to_string()])?;
        }
    }
    Ok(())
}

/// Who decides, and why, without the words of erased people.
pub(super) fn nameless(connection: &Connection, secret: &[u8; 32], by: &By) -> rusqlite::Result<By> {
    let words = words(connection, secret)?;
    let clean = |text: &String| words.clean(text).unwrap_or_else(|| text.clone());
    Ok(By { who: clean(&by.who), at: by.at, reason: clean(&by.reason) })
}

fn clean_column(
    connection: &Connection,
    words: &ErasedWords,
    table: &str,
    key: &str,
    column: &str,
) -> rusqlite::Result<()> {
    let sql = format!("SELECT {key}, {column} FROM {table} WHERE {column} IS NOT NULL");
    let mut select = connection.prepare(&sql)?;
    let rows = select.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
    let rows: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    for (number, text) in rows {
        if let Some(text) = words.clean(&text) {
            let sql = format!("UPDATE {table} SET {column} = ?2 WHERE {key} = ?1");
            connection.execute(&sql, params![number, text])?;
        }
    }
    Ok(())
}

/// `None` when nobody is that person.
fn forget(connection: &Connection, secret: &[u8; 32], person: &str, by: &By) -> rusqlite::Result<Option<Erased>> {
    let theirs: Vec<(String, Identity)> =
        read(connection)?.into_iter().filter(|it| it.1 == person).map(|(id, _, identity)| (id, identity)).collect();
    if theirs.is_empty() {
        return Ok(None);
    }
    // Another id: somebody who shares an address, and was decided to be another, may have the old one.
    let erased = digest(secret, &[b"erased", person.as_bytes()]);
    let mut called = Called::default();
    for (id, identity) in &theirs {
        call(&mut called, identity);
        let values = params![id, erased, identity.key.source, identity.is_bot];
        connection.execute("INSERT OR REPLACE INTO erased VALUES (?1, ?2, ?3, ?4)", values)?;
        connection.execute("DELETE FROM identities WHERE identity = ?1", [id])?;
        connection.execute("DELETE FROM decisions WHERE one = ?1 OR other = ?1", [id])?;
        for mark in person::marks(identity, secret) {
            connection.execute("INSERT OR REPLACE INTO erased_marks VALUES (?1, ?2)", params![mark, erased])?;
        }
    }
    for Hashed { whole, start } in called.hashed(secret) {
        connection.execute("INSERT OR REPLACE INTO erased_words VALUES (?1, ?2)", params![whole, start])?;
    }
    put_line(connection, "erase", short(&erased), &nameless(connection, secret, by)?)?;
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?1, x'01')", [PENDING_KEY])?;
    let left = called.left.into_iter().collect();
    Ok(Some(Erased { person: erased, identities: theirs.len(), left }))
}

fn call(called: &mut Called, identity: &Identity) {
    let Identity { key, canonical, account, .. } = identity;
    for (name, email) in [(&key.name, &key.email), (&canonical.0, &canonical.1)] {
        called.name(without_relay(name));
        if without_relay(name) != name {
            // The address is of all who write through the relay.
            continue;
        }
        called.email(email);
        if let Some((_, _, login)) = no_reply(&email.trim().to_lowercase()) {
            called.login(login);
        }
    }
    called.login(&key.login);
    if let Some((_, name)) = key.login.strip_prefix("user:").and_then(|reference| reference.split_once('/')) {
        called.login(name);
    }
    if let Some(account) = account {
        called.login(&account.login);
    }
}

/// Those who were seen without those who were erased. Whoever belongs to somebody erased joins them here.
pub(super) fn without_erased(
    connection: &Connection,
    secret: &[u8; 32],
    seen: Vec<Identity>,
) -> rusqlite::Result<Vec<Identity>> {
    let mut select = connection.prepare("SELECT mark, person FROM erased_marks")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let erased: BTreeMap<String, String> = rows.collect::<rusqlite::Result<_>>()?;
    if erased.is_empty() {
        return Ok(seen);
    }
    let (mut kept, mut joined) = (Vec::new(), false);
    for identity in seen {
        let id = identity.key.id(secret);
        let is_known = exists(connection, "identities", &id)?;
        let person = person::marks(&identity, secret).iter().find_map(|mark| erased.get(mark).cloned());
        match person {
            Some(person) if !is_known => {
                let values = params![id, person, identity.key.source, identity.is_bot];
                connection.execute("INSERT OR IGNORE INTO erased VALUES (?1, ?2, ?3, ?4)", values)?;
                joined = true;
            }
            _ if exists(connection, "erased", &id)? => {}
            _ => kept.push(identity),
        }
    }
    if joined {
        note_change(connection)?;
    }
    Ok(kept)
}

/// Whether an identity is in one of the two tables of identities.
pub(super) fn exists(connection: &Connection, table: &str, id: &str) -> rusqlite::Result<bool> {
    let sql = format!("SELECT 1 FROM {table} WHERE identity = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([id], |_| Ok(())).optional()?.is_some())
}
