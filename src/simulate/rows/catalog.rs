//! The software catalog, a component for each repository, and what checks say of it.

use super::Window;
use crate::simulate::Result;
use crate::simulate::golden_path::{CHECKS, findings};
use crate::simulate::organisation::{Organisation, Repository, Team};
use crate::simulate::sheet::{Cell, Sheet};

pub const COMPONENTS: [&str; 9] =
    ["entity", "valid_from", "kind", "name", "type", "lifecycle", "repository", "path", "updated_at"];
pub const COMPONENT_OWNERS: [&str; 4] = ["entity", "valid_from", "owner", "updated_at"];
pub const CHECK_RESULTS: [&str; 6] = ["check_name", "entity", "checked_at", "passed", "evidence", "updated_at"];

pub fn add_components(
    components: &mut Sheet,
    owners: &mut Sheet,
    organisation: &Organisation,
    team: &Team,
) -> Result<()> {
    let begins = Cell::Time(Some(organisation.begins()));
    let owner = format!("group:default/{}", team.name);
    for repository in &team.repositories {
        let entity = entity(repository);
        components.push(&[
            Cell::Text(Some(&entity)),
            begins,
            Cell::Text(Some("component")),
            Cell::Text(Some(&repository.name)),
            Cell::Text(Some(if repository.services.is_empty() { "library" } else { "service" })),
            Cell::Text(Some("production")),
            Cell::Text(Some(&repository.name)),
            Cell::Text(Some("")),
            begins,
        ])?;
        owners.push(&[Cell::Text(Some(&entity)), begins, Cell::Text(Some(&owner)), begins])?;
    }
    Ok(())
}

pub fn add_findings(sheet: &mut Sheet, organisation: &Organisation, window: Window) -> Result<()> {
    let teams = || organisation.by_name.iter().map(|position| &organisation.teams[*position]);
    for (check, (name, _, _)) in CHECKS.iter().enumerate() {
        for repository in teams().flat_map(|team| &team.repositories) {
            for (at, passes) in findings(organisation, repository, check) {
                if at >= window.until {
                    continue;
                }
                sheet.push(&[
                    Cell::Text(Some(name)),
                    Cell::Text(Some(&entity(repository))),
                    Cell::Time(Some(at)),
                    Cell::Bool(passes),
                    Cell::Text(Some(if passes { "found" } else { "missing" })),
                    Cell::Time(Some(at)),
                ])?;
            }
        }
    }
    Ok(())
}

fn entity(repository: &Repository) -> String {
    format!("component:default/{}", repository.name)
}
