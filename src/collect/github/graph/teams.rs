//! Teams by GraphQL: a hundred of them with their members cost a point, where REST takes a request for each.

use super::nested::{Connection, Nested, PageInfo, Pages};
use super::parts::{Actor, user};
use super::question::question;
use super::{Asker, read};
use crate::collect::github::client::{HttpError, Result};
use crate::collect::github::payload;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;

/// The teams of an organisation, each with its own members.
pub(in crate::collect::github) struct Listed {
    /// The organisation's login as GitHub spells it.
    pub organisation: String,
    pub teams: Vec<(payload::Team, Vec<payload::User>)>,
    /// When the last of them were listed, by GitHub's clock.
    pub at: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Organisation {
    login: String,
    teams: Connection<Team>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Team {
    id: String,
    name: String,
    slug: String,
    parent_team: Option<Parent>,
    members: Connection<Actor>,
}

#[derive(Deserialize)]
struct Parent {
    slug: String,
}

impl Asker<'_, '_> {
    /// Every team of an organisation that the asker may see; `None` where there is no such organisation.
    pub async fn teams(&mut self, organisation: &str) -> Result<Option<Listed>> {
        let query = question(
            "query Teams($login: String!, $first: Int!, $after: String) {
               organization(login: $login) {
                 login
                 teams(first: $first, after: $after, orderBy: { field: NAME, direction: ASC }) {
                   pageInfo { hasNextPage endCursor }
                   nodes {
                     id name slug parentTeam { slug }
                     members(first: 100, membership: IMMEDIATE) { ...members }
                   }
                 }
               }
             }",
        );
        let about = format!("teams of {organisation}");
        let (mut teams, mut after) = (Vec::new(), None);
        loop {
            let variables = |first: usize| json!({"login": organisation, "first": first, "after": after});
            let (data, at) = self.ask(&query, &about, variables).await?;
            let found = data.get("organization").cloned().unwrap_or_default();
            let Some(found): Option<Organisation> = read(found, &about)? else { return Ok(None) };
            let PageInfo { has_next_page, end_cursor } = found.teams.page_info;
            for mut team in found.teams.nodes.into_iter().flatten() {
                let (id, members) = (&team.id, &mut team.members);
                while members.info().has_next_page {
                    let nested = Nested::of(id, "Team", "members", "members", members);
                    self.next_page(nested.with("membership: IMMEDIATE")).await?;
                }
                teams.push(team.into_payload());
            }
            if !has_next_page {
                return Ok(Some(Listed { organisation: found.login, teams, at }));
            }
            if end_cursor == after {
                return Err(HttpError::Endless { address: about, page: after.unwrap_or_default() });
            }
            after = end_cursor;
        }
    }
}

impl Team {
    fn into_payload(self) -> (payload::Team, Vec<payload::User>) {
        let named = |slug: String| payload::Team { slug: Some(slug), ..payload::Team::default() };
        let members = self.members.items().map(user).collect();
        let parent = self.parent_team.map(|parent| Box::new(named(parent.slug)));
        (payload::Team { node_id: Some(self.id), name: Some(self.name), parent, ..named(self.slug) }, members)
    }
}
