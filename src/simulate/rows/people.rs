//! Teams, their members, repositories and support requests, and first uses of the tool.

use super::{Window, newest};
use crate::simulate::Result;
use crate::simulate::names::{self, AREAS, login};
use crate::simulate::organisation::{Organisation, Team};
use crate::simulate::sheet::{Cell, Sheet};
use crate::simulate::ticket::Ticket;
use std::collections::BTreeMap;

pub const REPOSITORIES: [&str; 4] = ["repository", "origin", "default_branch", "updated_at"];
pub const TICKETS: [&str; 9] = [
    "ticket_id",
    "repository",
    "requester_id",
    "topic",
    "opened_at",
    "first_response_at",
    "resolved_at",
    "reopened",
    "updated_at",
];
pub const TEAMS: [&str; 4] = ["team", "title", "parent", "updated_at"];
pub const TEAM_MEMBERS: [&str; 6] = ["team", "person_id", "valid_from", "valid_to", "weight", "updated_at"];
pub const EXPOSURES: [&str; 5] = ["experiment", "person_id", "variant", "exposed_at", "updated_at"];

pub fn add_teams(sheet: &mut Sheet, organisation: &Organisation) -> Result<()> {
    let mut parents: BTreeMap<&str, Option<&str>> = AREAS.iter().map(|area| (*area, None)).collect();
    for (index, team) in organisation.teams.iter().enumerate() {
        parents.insert(&team.name, Some(AREAS[index % AREAS.len()]));
    }
    for (team, parent) in parents {
        sheet.push(&[
            Cell::Text(Some(team)),
            Cell::Text(Some(&title(team))),
            Cell::Text(parent),
            Cell::Time(Some(organisation.begins())),
        ])?;
    }
    Ok(())
}

pub fn add_repositories(sheet: &mut Sheet, organisation: &Organisation, team: &Team) -> Result<()> {
    let host = names::host(&organisation.config.organisation);
    for repository in &team.repositories {
        sheet.push(&[
            Cell::Text(Some(&repository.name)),
            Cell::Text(Some(&format!("https://git.{host}/{}/{}", team.name, repository.name))),
            Cell::Text(Some("main")),
            Cell::Time(Some(organisation.begins())),
        ])?;
    }
    Ok(())
}

pub fn add_members(sheet: &mut Sheet, organisation: &Organisation, position: usize, window: Window) -> Result<()> {
    let roster = &organisation.roster;
    let mut stints: Vec<_> = roster.by_team[position]
        .iter()
        .map(|stint| &roster.stints[*stint as usize])
        .filter(|stint| window.shows(stint.from, stint.to))
        .map(|stint| (login(stint.person), stint))
        .collect();
    stints.sort_by(|left, right| (&left.0, left.1.from).cmp(&(&right.0, right.1.from)));
    for (person, stint) in stints {
        let to = window.seen(stint.to);
        sheet.push(&[
            Cell::Text(Some(&organisation.teams[position].name)),
            Cell::Text(Some(&person)),
            Cell::Time(Some(stint.from)),
            Cell::Time(to),
            Cell::Float(stint.weight),
            newest(&[Some(stint.from), to]),
        ])?;
    }
    Ok(())
}

pub fn add_tickets(sheet: &mut Sheet, team: &Team, tickets: &[Ticket], window: Window) -> Result<()> {
    let team = &team.name;
    for (ordinal, ticket) in tickets.iter().enumerate() {
        if !window.shows(ticket.opened, ticket.resolved) {
            continue;
        }
        let answered = window.seen(Some(ticket.answered));
        let resolved = window.seen(ticket.resolved);
        // A request can only be opened again once it was resolved.
        let reopened = resolved.map_or(0, |_| ticket.reopened);
        sheet.push(&[
            Cell::Text(Some(&format!("sup-{team}-{:06}", ordinal + 1))),
            Cell::Text(None),
            Cell::Text(Some(&login(ticket.requester))),
            Cell::Text(Some(ticket.topic)),
            Cell::Time(Some(ticket.opened)),
            Cell::Time(answered),
            Cell::Time(resolved),
            Cell::Int(Some(reopened)),
            newest(&[Some(ticket.opened), answered, resolved]),
        ])?;
    }
    Ok(())
}

pub fn add_exposures(sheet: &mut Sheet, organisation: &Organisation, window: Window) -> Result<()> {
    let Some(rollout) = &organisation.config.rollout else {
        return Ok(());
    };
    let mut users: Vec<(String, i64)> = (0_u32..)
        .zip(&organisation.treatment.first_use)
        .filter_map(|(person, first_use)| Some((login(person), window.seen(*first_use)?)))
        .collect();
    users.sort_unstable();
    for (person, first_use) in users {
        sheet.push(&[
            Cell::Text(Some(&rollout.experiment)),
            Cell::Text(Some(&person)),
            Cell::Text(Some(&rollout.variant)),
            Cell::Time(Some(first_use)),
            Cell::Time(Some(first_use)),
        ])?;
    }
    Ok(())
}

/// `area-core` → `Area core`.
fn title(name: &str) -> String {
    let spaced = name.replace('-', " ");
    let mut letters = spaced.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}
