//! Facts are folded into what is known of their rows.
//!
//! One rule: to fold the same facts again changes nothing, so that a segment may be brought in twice. What lacks a column that
//! its table needs, such as the beginning of a run that was only told to have ended, waits in the state without naming anybody.

use super::facts::{Fact, Placed};
use crate::collect::apply::{Within, stored};
use crate::collect::observation::{Observation, Row, Values};
use crate::collect::{Collecting, Result};
use crate::model::{Kind, Table, delivery};
use crate::store::Partial;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Of these the earliest that was told counts.
const EARLIEST: [&str; 2] = ["created_at", "opened_at"];

/// What facts come to.
#[derive(Default)]
pub(in crate::collect) struct Folded {
    pub observations: Vec<Observation>,
    /// Rows that are whole now: what waited of them is in the observations.
    pub whole: Vec<Partial>,
    /// What has no place, and why.
    pub homeless: Vec<(Placed, String)>,
}

/// A row as far as it is known.
#[derive(Default)]
struct Known {
    values: Values,
    waits: bool,
}

/// Folds what one source told into what is stored of it. What is not whole is written down.
///
/// # Errors
/// [`crate::collect::CollectError::Store`].
pub(in crate::collect) async fn fold(
    collecting: &mut Collecting<'_>,
    source: &str,
    facts: &[Fact],
    placed: &[Placed],
    told: &[Observation],
) -> Result<Folded> {
    let mut tables: BTreeMap<&str, (&'static Table, Vec<&Fact>)> = BTreeMap::new();
    for fact in facts {
        tables.entry(fact.table.name).or_insert_with(|| (fact.table, Vec::new())).1.push(fact);
    }
    let (mut folded, mut waiting) = (Folded::default(), Vec::new());
    for (table, facts) in tables.into_values() {
        let mut rows = known(collecting, source, table, &facts).await?;
        for fact in facts {
            add(rows.entry(key(table, &fact.values)).or_default(), fact);
        }
        for (key, Known { mut values, waits }) in rows {
            conclude(table, &mut values);
            let mut partial =
                Partial { source: source.to_owned(), table: table.name.to_owned(), key, values: String::new() };
            if is_whole(table, &values) {
                folded.observations.push(Observation::Row { table: table.name.to_owned(), values, asked: true });
                folded.whole.extend(waits.then_some(partial));
            } else {
                let mut values = nameless(table, values);
                collecting.clean_values(table, &mut values);
                partial.values = json!(values).to_string();
                waiting.push(partial);
            }
        }
    }
    collecting.state.put_partial(&waiting)?;
    place(collecting, source, placed, told, &mut folded).await?;
    Ok(folded)
}

/// The rows that facts are about, as the table and what waits say them.
async fn known(
    collecting: &Collecting<'_>,
    source: &str,
    table: &'static Table,
    facts: &[&Fact],
) -> Result<BTreeMap<String, Known>> {
    let mut within = Within::of(table.key.iter().copied());
    facts.iter().for_each(|fact| within.add(&fact.values));
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).chain(["updated_at"]).collect();
    let mut rows: BTreeMap<String, Known> = BTreeMap::new();
    for values in stored(collecting, table, &columns, source, &within).await? {
        rows.insert(key(table, &values), Known { values, waits: false });
    }
    for fact in facts {
        let key = key(table, &fact.values);
        let Some(text) = collecting.state.partial(source, table.name, &key)? else { continue };
        let Ok(values) = serde_json::from_str::<Values>(&text) else { continue };
        let known = rows.entry(key).or_default();
        if !known.waits {
            known.waits = true;
            let at = updated_at(&values).unwrap_or_default();
            add(known, &Fact { table, values, at, opens: true });
        }
    }
    // Columns are looked for one by one, which finds other combinations of them too.
    let meant: BTreeSet<String> = facts.iter().map(|fact| key(table, &fact.values)).collect();
    rows.retain(|row, _| meant.contains(row));
    Ok(rows)
}

fn add(known: &mut Known, fact: &Fact) {
    let known_at = updated_at(&known.values);
    let is_newer = known_at.is_none_or(|known| fact.at > known || (fact.at == known && !fact.opens));
    for (column, value) in &fact.values {
        let is_better = match known.values.get(column) {
            None => true,
            Some(before) if EARLIEST.contains(&column.as_str()) => moment(value) < moment(before),
            // No event takes back that something is so.
            Some(Value::Bool(_)) => value == true,
            Some(_) => is_newer,
        };
        if is_better && column != "updated_at" {
            known.values.insert(column.clone(), value.clone());
        }
    }
    let at = known_at.map_or(fact.at, |known| known.max(fact.at));
    known.values.insert("updated_at".to_owned(), at.to_rfc3339_opts(SecondsFormat::Micros, true).into());
}

/// What follows from the moments that are known, and is told by no event.
fn conclude(table: &Table, values: &mut Values) {
    let state = match table.name {
        "pull_requests" if values.contains_key("merged_at") => "merged",
        "pull_requests" if values.contains_key("closed_at") => "closed",
        "tickets" if values.contains_key("resolved_at") => "done",
        "pull_requests" | "tickets" => "open",
        _ => return,
    };
    values.insert("state".to_owned(), state.into());
    if table.name == "pull_requests" {
        values.entry("is_revert").or_insert(false.into());
    }
}

fn key(table: &Table, values: &Values) -> String {
    json!(table.key.iter().map(|name| values.get(*name)).collect::<Vec<_>>()).to_string()
}

fn is_whole(table: &Table, values: &Values) -> bool {
    table.columns.iter().filter(|column| column.required).all(|column| values.contains_key(column.name))
}

/// Without people and without what they wrote: every event of the same thing says them again.
fn nameless(table: &Table, mut values: Values) -> Values {
    let named = |column: &&crate::model::Column| column.kind == Kind::Person || column.name == "subject";
    table.columns.iter().filter(named).for_each(|column| drop(values.remove(column.name)));
    values
}

fn moment(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|time| time.to_utc())
}

fn updated_at(values: &Values) -> Option<DateTime<Utc>> {
    moment(values.get("updated_at")?)
}

/// Finds the deployment that something happened to: the newest of that service and environment before it.
async fn place(
    collecting: &Collecting<'_>,
    source: &str,
    placed: &[Placed],
    told: &[Observation],
    folded: &mut Folded,
) -> Result<()> {
    if placed.is_empty() {
        return Ok(());
    }
    let table = &delivery::DEPLOYMENTS;
    let mut within = Within::of(std::iter::once("service"));
    for it in placed {
        within.add(&Values::from_iter([("service".to_owned(), it.service.as_str().into())]));
    }
    let mut deployments =
        stored(collecting, table, &["service", "environment", "deployment_id", "started_at"], source, &within).await?;
    let told = told.iter().map(Observation::subject).filter(|(name, _)| *name == table.name);
    deployments.extend(told.map(|(_, values)| values.clone()));
    for it in placed {
        let is_it = |values: &&Values| {
            values.get("service").and_then(Value::as_str) == Some(&it.service)
                && values.get("environment").and_then(Value::as_str) == Some(&it.environment)
        };
        let started = |values: &Values| values.get("started_at").and_then(moment);
        let before = deployments.iter().filter(is_it).filter(|values| started(values).is_some_and(|at| at <= it.at));
        let id = |values: &Values| values.get("deployment_id").and_then(Value::as_str).map(str::to_owned);
        let Some(deployment) = before.max_by_key(|values| (started(values), id(values))).and_then(id) else {
            let reason = format!("no deployment of {} to {} before it is known", it.service, it.environment);
            folded.homeless.push((it.clone(), reason));
            continue;
        };
        let row = Row::of(&delivery::DEPLOYMENT_STATUSES).set("service", &it.service).set("deployment_id", deployment);
        let row = row.set("status_id", &it.id).set("status", &it.status).set("reported_at", it.at);
        folded.observations.push(row.set("updated_at", it.at).asked());
    }
    Ok(())
}
