//! What somebody decided about who is who, and the line that says so.
//!
//! One rule: a decision is about identities, whose ids never change, so that it outlives whatever is collected later; and no
//! decision is taken without its audit line, in the same transaction.

use super::erasure::nameless;
use super::{read as read_identities, settle};
use crate::store::{Result, State, StoreError};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior, params};
use std::collections::BTreeSet;

/// Most pairs of identities that one verdict about two persons is written down for.
const MOST_PAIRS: usize = 400;

/// What stands between identities, by their ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions {
    /// Pairs that are one person, the smaller id first.
    pub same: BTreeSet<(String, String)>,
    /// Pairs that are two, the smaller id first.
    pub different: BTreeSet<(String, String)>,
    /// Identities whose addresses and accounts join them to nobody.
    pub alone: BTreeSet<String>,
}

impl Decisions {
    pub(super) fn is_empty(&self) -> bool {
        self.same.is_empty() && self.different.is_empty() && self.alone.is_empty()
    }
}

/// A decision to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// These two persons are one.
    Same(String, String),
    /// These two persons are two, whatever they share later.
    Different(String, String),
    /// This identity is a person of its own, whatever it shares.
    Split(String),
    /// What the audit line of this number decided no longer holds.
    Undo(i64),
}

/// Who decides, when, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    pub who: String,
    pub at: DateTime<Utc>,
    pub reason: String,
}

/// One line of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    pub number: i64,
    pub at: DateTime<Utc>,
    pub by: String,
    /// merge, reject, split, undo or erase.
    pub action: String,
    /// The opaque ids that it is about.
    pub about: String,
    pub reason: String,
}

impl State {
    /// Takes a decision, and decides at once who is one person by it. The number of its audit line.
    ///
    /// # Errors
    /// [`StoreError::Decision`] when it contradicts an earlier one or is about nobody; then nothing is changed.
    pub fn decide(&mut self, secret: &[u8; 32], verdict: &Verdict, by: &By) -> Result<i64> {
        let path = self.path.clone();
        let sqlite = |source| StoreError::Sqlite { path: path.clone(), source };
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
        let by = nameless(&transaction, secret, by).map_err(sqlite)?;
        let number = match write(&transaction, verdict, &by).map_err(sqlite)? {
            Ok(number) => number,
            Err(reason) => return Err(StoreError::Decision(reason)),
        };
        settle(&transaction, secret, &[]).map_err(sqlite)?;
        super::note_change(&transaction).map_err(sqlite)?;
        transaction.commit().map_err(sqlite)?;
        Ok(number)
    }

    /// Everything that was decided.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn decisions(&self) -> Result<Decisions> {
        self.check(read(&self.connection))
    }

    /// The audit, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn audit(&self) -> Result<Vec<AuditLine>> {
        self.rows("SELECT entry, at, by, action, about, reason FROM audit ORDER BY entry", |row| {
            Ok(AuditLine {
                number: row.get(0)?,
                at: DateTime::from_timestamp_micros(row.get(1)?).unwrap_or_default(),
                by: row.get(2)?,
                action: row.get(3)?,
                about: row.get(4)?,
                reason: row.get(5)?,
            })
        })
    }
}

/// Writes a verdict down, or says why it cannot stand.
fn write(connection: &Connection, verdict: &Verdict, by: &By) -> rusqlite::Result<Result<i64, String>> {
    match verdict {
        Verdict::Same(one, other) => pair(connection, (one, other), true, by),
        Verdict::Different(one, other) => pair(connection, (one, other), false, by),
        Verdict::Split(identity) => split(connection, identity, by),
        Verdict::Undo(number) => undo(connection, *number, by),
    }
}

fn pair(
    connection: &Connection,
    (one, other): (&str, &str),
    is_same: bool,
    by: &By,
) -> rusqlite::Result<Result<i64, String>> {
    let members = (members(connection, one)?, members(connection, other)?);
    for (person, members) in [(one, &members.0), (other, &members.1)] {
        if members.is_empty() {
            return Ok(Err(format!("there is no person {person}; `paceline identity list` names them")));
        }
    }
    if one == other {
        return Ok(Err(match is_same {
            true => format!("{} is one person already", short(one)),
            false => {
                format!("{} is one person by what its accounts share; `paceline identity split` parts them", short(one))
            }
        }));
    }
    let crossing = |pairs: &BTreeSet<(String, String)>| {
        members.0.iter().flat_map(|a| members.1.iter().map(move |b| ordered(a, b))).any(|pair| pairs.contains(&pair))
    };
    if is_same && crossing(&read(connection)?.different) {
        return Ok(Err(format!(
            "{} and {} were decided to be different; take that back with `paceline identity undo` before",
            short(one),
            short(other)
        )));
    }
    let (action, verdict) = if is_same { ("merge", "same") } else { ("reject", "different") };
    let number = put_line(connection, action, &format!("{} {}", short(one), short(other)), by)?;
    let all: Vec<(&String, &String)> = members.0.iter().flat_map(|a| members.1.iter().map(move |b| (a, b))).collect();
    // One pair joins two persons. That they are two is to hold for each of their identities.
    let pairs = if is_same || all.len() > MOST_PAIRS { &all[..1] } else { &all[..] };
    for (a, b) in pairs {
        let (a, b) = ordered(a, b);
        put(connection, &a, &b, verdict, number)?;
    }
    Ok(Ok(number))
}

fn split(connection: &Connection, identity: &str, by: &By) -> rusqlite::Result<Result<i64, String>> {
    let person = "SELECT person FROM identities WHERE identity = ?1";
    let mut select = connection.prepare(person)?;
    let Some(person) = select.query_map([identity], |row| row.get::<_, String>(0))?.next().transpose()? else {
        return Ok(Err(format!("there is no identity {identity}; `paceline identity list` names them")));
    };
    if members(connection, &person)?.len() < 2 {
        return Ok(Err(format!("{} is the only identity of its person", short(identity))));
    }
    let number = put_line(connection, "split", &format!("{} from {}", short(identity), short(&person)), by)?;
    let merged = "DELETE FROM decisions WHERE verdict = 'same' AND (one = ?1 OR other = ?1)";
    connection.execute(merged, [identity])?;
    put(connection, identity, "", "alone", number)?;
    Ok(Ok(number))
}

fn undo(connection: &Connection, number: i64, by: &By) -> rusqlite::Result<Result<i64, String>> {
    let undone = connection.execute("DELETE FROM decisions WHERE audit = ?1", [number])?;
    if undone == 0 {
        return Ok(Err(format!("line {number} of `paceline identity audit` decided nothing that still holds")));
    }
    put_line(connection, "undo", &format!("line {number}"), by).map(Ok)
}

fn put(connection: &Connection, one: &str, other: &str, verdict: &str, number: i64) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO decisions VALUES (?1, ?2, ?3, ?4)";
    connection.execute(sql, params![one, other, verdict, number]).map(|_| ())
}

/// Writes an audit line and gives its number.
pub(super) fn put_line(connection: &Connection, action: &str, about: &str, by: &By) -> rusqlite::Result<i64> {
    let sql = "INSERT INTO audit (at, by, action, about, reason) VALUES (?1, ?2, ?3, ?4, ?5)";
    connection.execute(sql, params![by.at.timestamp_micros(), by.who, action, about, by.reason])?;
    Ok(connection.last_insert_rowid())
}

/// The identities of a person, the one with the smallest key first.
fn members(connection: &Connection, person: &str) -> rusqlite::Result<Vec<String>> {
    let mut all: Vec<_> = read_identities(connection)?.into_iter().filter(|it| it.1 == person).collect();
    all.sort_by(|one, other| one.2.key.cmp(&other.2.key));
    Ok(all.into_iter().map(|it| it.0).collect())
}

pub(super) fn read(connection: &Connection) -> rusqlite::Result<Decisions> {
    let mut decisions = Decisions::default();
    let mut select = connection.prepare("SELECT one, other, verdict FROM decisions")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))?;
    for row in rows {
        let (one, other, verdict) = row?;
        match verdict.as_str() {
            "same" => drop(decisions.same.insert((one, other))),
            "different" => drop(decisions.different.insert((one, other))),
            _ => drop(decisions.alone.insert(one)),
        }
    }
    Ok(decisions)
}

/// A pair whatever its order.
pub(super) fn ordered(one: &str, other: &str) -> (String, String) {
    let (one, other) = if one <= other { (one, other) } else { (other, one) };
    (one.to_owned(), other.to_owned())
}

/// Enough of an opaque id to be told from others.
pub(super) fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}
