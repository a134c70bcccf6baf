//! Moments that were told without an id.
//!
//! A webhook does not say the id of what happened, and may come after an answer that names it. The moment would then be there
//! twice until the list that it belongs to is read again.

use super::stored::{Within, stored};
use crate::collect::observation::{Observation, Values};
use crate::collect::{Collecting, Result};
use crate::model::{Table, flow, support};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Tables of moments. All of a key but its last column says what a moment belongs to.
const MOMENTS: [&Table; 2] = [&flow::PULL_REQUEST_EVENTS, &support::TICKET_EVENTS];

/// Leaves out the moments without an id that their source has named by now.
pub(in crate::collect) async fn drop_known(
    collecting: &Collecting<'_>,
    source: &str,
    observations: &mut Vec<Observation>,
) -> Result<()> {
    for table in MOMENTS {
        let parents = table.key.iter().copied().take(table.key.len() - 1);
        let columns: Vec<&str> = parents.clone().chain(["event", "happened_at"]).collect();
        let mut within = Within::of(parents);
        let nameless = observations.iter().filter(|it| is_nameless(it, table));
        nameless.for_each(|it| within.add(it.subject().1));
        if !observations.iter().any(|it| is_nameless(it, table)) {
            continue;
        }
        let asked: Vec<&str> = columns.iter().copied().chain(["source_key"]).collect();
        let known = stored(collecting, table, &asked, source, &within).await?;
        let named = known.iter().filter(|values| values.contains_key("source_key"));
        let named: BTreeSet<String> = named.map(|values| moment(&columns, values)).collect();
        observations.retain(|it| !(is_nameless(it, table) && named.contains(&moment(&columns, it.subject().1))));
    }
    Ok(())
}

fn is_nameless(observation: &Observation, table: &Table) -> bool {
    matches!(observation, Observation::Row { table: name, values, asked: false }
        if name == table.name && !values.contains_key("source_key"))
}

/// What happened to what and when, to the second.
fn moment(columns: &[&str], values: &Values) -> String {
    let part = |column: &&str| match values.get(*column) {
        Some(Value::String(text)) if *column == "happened_at" => Value::String(text.chars().take(19).collect()),
        value => value.cloned().unwrap_or_default(),
    };
    json!(columns.iter().map(part).collect::<Vec<Value>>()).to_string()
}
