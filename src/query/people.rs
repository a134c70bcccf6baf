//! Who is who, for those who may know: the pairs that wait for a decision with what speaks for each, and the decisions.
//!
//! One rule: names leave the identity store through here and `paceline identity` alone, and never together with a figure about
//! a person that is more than how much and when.

use super::{Engine, Result, Scope};
pub use crate::store::{AuditLine, By, Verdict};

use crate::project::Project;
use crate::store::{Identity, StoreError, candidates};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, Utc};
use datafusion::error::DataFusionError;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of who is who.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// Pairs that may be one person, the likeliest first; of two as likely the more active.
    pub queue: Vec<Question>,
    /// What was decided, oldest first.
    pub audit: Vec<AuditLine>,
    pub identities: usize,
    pub persons: usize,
    /// Persons that are machines.
    pub bots: usize,
    /// Persons that were erased.
    pub erased: usize,
    /// What is not resolved, by source and table.
    pub unresolved: Vec<Unresolved>,
}

/// Whether these two are one person.
#[derive(Clone, Debug)]
pub struct Question {
    pub one: Person,
    pub other: Person,
    /// 0 to 100. It orders the queue and is no probability.
    pub score: u8,
    /// Sentences, the strongest first.
    pub reasons: Vec<String>,
}

/// A person as its sources name it.
#[derive(Clone, Debug, Default)]
pub struct Person {
    pub id: String,
    pub names: BTreeSet<String>,
    pub emails: BTreeSet<String>,
    pub logins: BTreeSet<String>,
    pub sources: BTreeSet<String>,
    /// Opaque ids of its identities with what the source called each.
    pub identities: BTreeMap<String, String>,
    pub is_bot: bool,
    pub seen: Seen,
}

/// How much there is of a person, and since when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub commits: i64,
    pub pull_requests: i64,
    pub reviews: i64,
    pub tickets: i64,
    pub first_at: Option<DateTime<Utc>>,
    pub last_at: Option<DateTime<Utc>>,
}

/// How many rows of a table are not surely somebody's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unresolved {
    pub source: String,
    /// commits, pull_requests or tickets.
    pub table: &'static str,
    pub rows: i64,
    /// Nobody is named.
    pub unnamed: i64,
    /// The person is in a pair that waits for a decision.
    pub undecided: i64,
}

/// Tables that say whose a row is: the name, its place in [`Seen`], the person, the moment.
const SEEN: [(&str, &str, &str); 4] = [
    ("commits", "author_id", "authored_at"),
    ("pull_requests", "author_id", "coalesce(created_at, merged_at)"),
    ("reviews", "reviewer_id", "submitted_at"),
    ("tickets", "requester_id", "opened_at"),
];

impl Engine {
    /// Who is who, and what of it waits for a decision.
    ///
    /// # Errors
    /// [`super::QueryError`] when the tables or the state cannot be read.
    pub async fn people(&self) -> Result<People> {
        let state = self.store.state()?;
        let (identities, decisions) = (flagged(state.identities()?, &self.project), state.decisions()?);
        // Of many people it takes seconds, in which other pages are to be answered.
        let look = move || {
            let found = candidates(&identities, &decisions);
            (identities, found)
        };
        let looked = tokio::task::spawn_blocking(look).await;
        let stopped = |error: tokio::task::JoinError| DataFusionError::Execution(error.to_string());
        let (identities, found) = looked.map_err(stopped)?;
        let mut persons = persons(&identities);
        let waiting: BTreeSet<&String> = found.iter().flat_map(|it| [&it.persons.0, &it.persons.1]).collect();
        let mut unresolved: BTreeMap<(String, usize), Unresolved> = BTreeMap::new();
        for Counted { source, table, person, rows, first_at, last_at } in self.counted().await? {
            let name = SEEN[table].0;
            if name != "reviews" {
                let fresh = Unresolved { source: source.clone(), table: name, ..Unresolved::default() };
                let it = unresolved.entry((source, table)).or_insert(fresh);
                it.rows += rows;
                match &person {
                    None => it.unnamed += rows,
                    Some(person) if waiting.contains(person) => it.undecided += rows,
                    Some(_) => {}
                }
            }
            if let Some(person) = person.and_then(|person| persons.get_mut(&person)) {
                person.seen.add(table, rows, first_at, last_at);
            }
        }
        let person = |id: &String| persons.get(id).cloned().unwrap_or_default();
        let question = |it: &crate::store::Candidate| Question {
            one: person(&it.persons.0),
            other: person(&it.persons.1),
            score: it.score,
            reasons: it.reasons.iter().map(ToString::to_string).collect(),
        };
        let mut queue: Vec<Question> = found.iter().map(question).collect();
        // Stable: what is as likely and as active stays by id.
        queue.sort_by_key(|it| std::cmp::Reverse((it.score, it.one.seen.rows().min(it.other.seen.rows()))));
        let erased: BTreeSet<String> = state.erased()?.into_iter().map(|it| it.1).collect();
        Ok(People {
            queue,
            audit: state.audit()?,
            identities: identities.len(),
            persons: persons.len(),
            bots: persons.values().filter(|it| it.is_bot).count(),
            erased: erased.len(),
            unresolved: unresolved.into_values().collect(),
        })
    }

    /// Every person, by id, without how much there is of it.
    ///
    /// # Errors
    /// [`super::QueryError::Store`].
    pub fn persons(&self) -> Result<BTreeMap<String, Person>> {
        Ok(persons(&flagged(self.store.state()?.identities()?, &self.project)))
    }

    /// Takes a decision; every session knows of it at once. The number of its audit line.
    ///
    /// # Errors
    /// [`StoreError::Decision`] when it contradicts an earlier one.
    pub fn decide(&self, verdict: &Verdict, by: &By) -> Result<i64> {
        let mut state = self.store.state()?;
        let nobody = || StoreError::Decision("nothing was collected yet".to_owned());
        let secret = state.known_secret()?.ok_or_else(nobody)?;
        Ok(state.decide(&secret, verdict, by)?)
    }

    async fn counted(&self) -> Result<Vec<Counted>> {
        let one = |(index, (table, person, at)): (usize, &(&str, &str, &str))| {
            format!(
                "SELECT source, {index} AS of, {person} AS who, {at} AS at FROM stored.{table} WHERE deleted_at IS NULL"
            )
        };
        let all: Vec<String> = SEEN.iter().enumerate().map(one).collect();
        let sql = format!(
            "SELECT t.source, t.of, i.person_id, count(*) AS rows, min(t.at) AS first_at, max(t.at) AS last_at
             FROM ({}) t LEFT JOIN stored.identities i ON i.identity = t.who
             GROUP BY t.source, t.of, i.person_id ORDER BY t.source, t.of, i.person_id",
            all.join(" UNION ALL ")
        );
        let batches = self.session(&Scope::default()).await?.sql(&sql).await?.collect().await?;
        Ok(batches.iter().flat_map(counts).collect())
    }
}

/// Rows of one person in one table of one source.
struct Counted {
    source: String,
    /// Place in [`SEEN`].
    table: usize,
    person: Option<String>,
    rows: i64,
    first_at: Option<DateTime<Utc>>,
    last_at: Option<DateTime<Utc>>,
}

fn counts(batch: &RecordBatch) -> Vec<Counted> {
    let (sources, persons) = (batch.column(0).as_string::<i32>(), batch.column(2).as_string::<i32>());
    let number = |column: usize, row: usize| batch.column(column).as_primitive::<Int64Type>().value(row);
    let time = |column: usize, row: usize| {
        let times = batch.column(column).as_primitive::<TimestampMicrosecondType>();
        if times.is_null(row) { None } else { DateTime::from_timestamp_micros(times.value(row)) }
    };
    let counted = |row: usize| Counted {
        source: sources.value(row).to_owned(),
        table: usize::try_from(number(1, row)).unwrap_or_default(),
        person: (!persons.is_null(row)).then(|| persons.value(row).to_owned()),
        rows: number(3, row),
        first_at: time(4, row),
        last_at: time(5, row),
    };
    (0..batch.num_rows()).map(counted).collect()
}

impl Seen {
    fn add(&mut self, table: usize, rows: i64, first_at: Option<DateTime<Utc>>, last_at: Option<DateTime<Utc>>) {
        *match table {
            0 => &mut self.commits,
            1 => &mut self.pull_requests,
            2 => &mut self.reviews,
            _ => &mut self.tickets,
        } += rows;
        self.first_at = self.first_at.into_iter().chain(first_at).min();
        self.last_at = self.last_at.max(last_at);
    }

    /// Of all tables.
    pub fn rows(&self) -> i64 {
        self.commits + self.pull_requests + self.reviews + self.tickets
    }
}

/// Identities with what the project declares about machines.
pub(super) fn flagged(
    mut identities: Vec<(String, String, Identity)>,
    project: &Project,
) -> Vec<(String, String, Identity)> {
    for (_, _, identity) in &mut identities {
        let login = identity.account.as_ref().map_or("", |account| account.login.as_str());
        let key = &identity.key;
        let words = [&key.name, &key.email, &key.login, &identity.canonical.0, &identity.canonical.1];
        let words: Vec<&str> = words.iter().map(|word| word.as_str()).chain([login]).collect();
        identity.is_bot = project.identities.is_bot(&words, identity.is_bot);
    }
    identities
}

fn persons(identities: &[(String, String, Identity)]) -> BTreeMap<String, Person> {
    let mut persons: BTreeMap<String, Person> = BTreeMap::new();
    for (id, person_id, identity) in identities {
        let Identity { key, canonical, account, is_bot } = identity;
        let person = persons.entry(person_id.clone()).or_default();
        person.id.clone_from(person_id);
        let login = account.as_ref().map_or("", |account| account.login.as_str());
        let words =
            |words: &[&str]| words.iter().filter(|it| !it.is_empty()).map(|it| (*it).to_owned()).collect::<Vec<_>>();
        person.names.extend(words(&[&key.name, &canonical.0]));
        person.emails.extend(words(&[&key.email, &canonical.1]));
        person.logins.extend(words(&[&key.login, login]));
        person.sources.insert(key.source.clone());
        let called = match key.number {
            Some(number) => format!("account {number} of {}", key.source),
            None if !key.login.is_empty() => format!("login {} of {}", key.login, key.source),
            None => format!("{} <{}> of {}", key.name, key.email, key.source),
        };
        person.identities.insert(id.clone(), called);
        person.is_bot |= is_bot;
    }
    persons
}
