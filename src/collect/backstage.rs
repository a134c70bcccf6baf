//! `type = "backstage"`: the software catalog of a Backstage server, by its REST API
//! (<https://backstage.io/docs/features/software-catalog/software-catalog-api>).
//!
//! One rule: the server says what there is and not since when, so everything begins with the first list that has it and ends
//! with the first complete one that lacks it.

mod people;

use super::apply::{self, Within};
use super::catalog::reference::Reference;
use super::catalog::rows::{self as columns, Component};
use super::catalog::{Entity, validate};
use super::http::{Client, Endpoint, HttpError, Limits, with_query};
use super::observation::Row;
use super::session::Session;
use super::{Collecting, Result, dated, roster};
use crate::collect::apply::Names;
use crate::model::Table;
use crate::model::catalog::{COMPONENT_OWNERS, COMPONENTS, DEPENDENCIES};
use crate::project::BackstagePipeline;
use crate::store::Refused;
use ::http::header::{ACCEPT, AUTHORIZATION};
use chrono::{DateTime, Utc};
use people::People;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Entities of one page.
const PAGE: usize = 200;

/// Where the server was left: nothing, since it is always listed as a whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Cursor {}

/// One page of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    items: Vec<Value>,
    #[serde(default)]
    page_info: PageInfo,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PageInfo {
    next_cursor: Option<String>,
}

/// Everything that was listed.
#[derive(Default)]
struct Listed {
    entities: BTreeMap<Reference, Entity>,
    /// Entities that are there and could not be read: they stay as they were.
    unread: BTreeSet<String>,
    /// Those of them that are groups, with their teams.
    unread_groups: BTreeMap<Reference, String>,
    refused: Vec<Refused>,
}

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &BackstagePipeline,
    folder: &Path,
) -> Result<()> {
    let mut headers = vec![(ACCEPT, "application/json".to_owned())];
    if let Some(token) = &keys.token {
        headers.push((AUTHORIZATION, format!("Bearer {}", token.read(folder).map_err(HttpError::Secret)?)));
    }
    let endpoint = Endpoint { product: "Backstage", address: &keys.url, headers };
    let mut client = Client::new(&endpoint, Limits::of(collecting, source))?;
    client.limits.record(None);
    collecting.put_origin(source, "backstage", keys.url.clone(), false)?;
    let host = Some("github.com".to_owned());
    let mut session = Session::<Cursor>::begin(collecting, source, format!("backstage:{source}"), host).await?;
    let listed = list(&mut client, &mut session, keys).await;
    client.limits.record(None);
    let (listed, at) = listed?;
    take(&mut session, listed, at).await?;
    session.store().await
}

async fn list(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    keys: &BackstagePipeline,
) -> Result<(Listed, DateTime<Utc>)> {
    let at = session.collecting.ambient.now();
    session.collecting.progress.stage(&format!("{}: reading entities", session.source), None);
    let mut listed = Listed::default();
    let limit = PAGE.to_string();
    let mut query: Vec<(&str, &str)> = vec![("limit", &limit)];
    query.extend(keys.filter.iter().map(|filter| ("filter", filter.as_str())));
    let mut path = with_query("/api/catalog/entities/by-query", query);
    let mut asked = BTreeSet::new();
    loop {
        let page = client.page(&path).await?;
        let page: Page = client.parse(&path, &page.body)?;
        session.collecting.progress.advance(page.items.len() as u64);
        for item in page.items {
            listed.take(session.source, item, at);
        }
        let Some(cursor) = page.page_info.next_cursor.filter(|cursor| !cursor.is_empty()) else { break };
        // A server that goes round would never end.
        if !asked.insert(cursor.clone()) {
            return Err(HttpError::Endless { address: client.address(&path), page: cursor }.into());
        }
        path = with_query("/api/catalog/entities/by-query", [("limit", limit.as_str()), ("cursor", cursor.as_str())]);
    }
    Ok((listed, at))
}

impl Listed {
    fn take(&mut self, source: &str, item: Value, at: DateTime<Utc>) {
        let read = validate::served(&item).and_then(|()| Entity::of(&item));
        match read {
            Ok(entity) => drop(self.entities.insert(entity.reference.clone(), entity)),
            Err(fault) => {
                let text = |within: &Value, name: &str| {
                    within.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
                };
                let namespace = item["metadata"].get("namespace").and_then(Value::as_str);
                let reference = Reference::new(&text(&item, "kind"), namespace, &text(&item["metadata"], "name"));
                self.unread.insert(reference.to_string());
                if reference.kind == "group" {
                    let named = item["metadata"]["annotations"]["github.com/team-slug"].as_str().map(str::trim);
                    let team = named.filter(|team| !team.is_empty()).map_or_else(|| reference.team(), str::to_owned);
                    self.unread_groups.insert(reference.clone(), team);
                }
                self.refused.push(Refused {
                    source: source.to_owned(),
                    place: format!("entity {reference}"),
                    reason: fault.to_string(),
                    at,
                    words: serde_json::to_vec(&item).unwrap_or_default(),
                });
            }
        }
    }
}

async fn take(session: &mut Session<'_, '_, Cursor>, listed: Listed, at: DateTime<Utc>) -> Result<()> {
    session.collecting.put_aside(&listed.refused)?;
    let people = People::of(&listed.entities, &listed.unread_groups);
    for line in people.complaints.iter().chain(&unknown_owners(&listed)) {
        session.collecting.progress.warn(&format!("{}: {line}", session.source));
    }
    let is_read = |team: &str| !listed.unread_groups.values().any(|unread| unread == team);
    roster::take(session, is_read, people.teams(at), people.members(), at).await?;

    let entities = || listed.entities.values().filter(|it| !["user", "location"].contains(&it.reference.kind.as_str()));
    let components = entities().map(|entity| Component::of(entity, place(entity)).row()).collect();
    let owner = |entity: &Entity| entity.owner.as_ref().map(|owner| people.owner(&entity.reference, owner));
    let owners = entities().filter_map(owner).collect();
    let related = |entity: &Entity| -> Vec<Row> {
        let relations = entity.relations.iter();
        relations.map(|(relation, target)| columns::dependency(&entity.reference, relation, target)).collect()
    };
    let dependencies = entities().flat_map(related).collect();
    let rows: [(&'static Table, Vec<Row>); 3] =
        [(&COMPONENTS, components), (&COMPONENT_OWNERS, owners), (&DEPENDENCIES, dependencies)];
    for (table, rows) in rows {
        take_table(session, table, rows, &listed.unread, at).await?;
    }
    Ok(())
}

/// The repository and folder that an entity says its code is in.
fn place(entity: &Entity) -> Option<(String, String)> {
    let repository = entity.repository().filter(|_| columns::has_code(entity))?;
    Some((repository, entity.folder().unwrap_or_default()))
}

async fn take_table(
    session: &mut Session<'_, '_, Cursor>,
    table: &'static Table,
    rows: Vec<Row>,
    unread: &BTreeSet<String>,
    at: DateTime<Utc>,
) -> Result<()> {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let mut known = apply::stored(session.collecting, table, &columns, session.source, &Within::default()).await?;
    let is_unread =
        |entity: Option<&Value>| entity.and_then(Value::as_str).is_some_and(|entity| unread.contains(entity));
    known.retain(|row| !row.contains_key("valid_to") && !is_unread(row.get("entity")));
    let secret = session.collecting.secret;
    let mut names = Names::new(session.source, session.host.as_deref(), &secret);
    let mut listed = Vec::with_capacity(rows.len());
    for row in rows {
        let mut values = row.values();
        names.put_away(table, &mut values, at);
        session.collecting.clean_values(table, &mut values);
        listed.push(values);
    }
    session.collecting.put_identities(&names.identities())?;
    session.take(dated::changes(table, &known, listed, at));
    session.checkpoint().await
}

/// Owners that the server does not have. Where only some entities are asked for, nobody can say so.
fn unknown_owners(listed: &Listed) -> Vec<String> {
    let any_known = listed.entities.keys().any(|it| it.kind == "group");
    let entities = listed.entities.values().filter(|_| any_known);
    let is_unknown = |owner: &&Reference| {
        owner.kind == "group" && !listed.entities.contains_key(*owner) && !listed.unread.contains(&owner.to_string())
    };
    let unknown = entities.filter_map(|entity| Some((entity, entity.owner.as_ref().filter(is_unknown)?)));
    unknown
        .map(|(entity, owner)| format!("{} is owned by {owner}, and no such team is known", entity.reference))
        .collect()
}
