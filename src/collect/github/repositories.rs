//! Which repositories a pipeline means, and what became of their names.

use super::client::{Answer, Client, GithubError};
use super::map::{self, Voice};
use super::{Cursor, Result, Session, payload};
use std::collections::BTreeMap;

/// A repository that can be told from others.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    pub node_id: String,
    /// `owner/name`.
    pub full_name: String,
    object: payload::Repository,
}

impl Repository {
    fn of(object: payload::Repository) -> Option<Repository> {
        let (node_id, full_name) = (object.node_id.clone()?, object.full_name.clone()?);
        Some(Repository { node_id, full_name, object })
    }

    /// Owner and name.
    pub fn parts(&self) -> (&str, &str) {
        self.full_name.split_once('/').unwrap_or(("", &self.full_name))
    }
}

/// The repositories that the globs name, by node id: each once, in whatever order they are named.
pub(super) async fn named(client: &mut Client<'_>, globs: &[String]) -> Result<Vec<Repository>, GithubError> {
    let mut found = BTreeMap::new();
    let mut owners: BTreeMap<&str, Vec<Repository>> = BTreeMap::new();
    for glob in globs {
        let wrong = |reason: &str| GithubError::Setup {
            address: format!("repositories = [\"{glob}\"]"),
            reason: reason.into(),
        };
        let (owner, name) = glob.split_once('/').ok_or_else(|| wrong("not of the form OWNER/NAME"))?;
        let pattern = glob::Pattern::new(name).map_err(|error| wrong(&error.to_string()))?;
        let is_glob = |text: &str| text.contains(['*', '?', '[']);
        if is_glob(owner) {
            return Err(wrong("the owner must be written out"));
        }
        if !is_glob(name) {
            let path = format!("/repos/{glob}");
            match client.get(&path, None).await? {
                Answer::Page(page) => {
                    let repository = Repository::of(client.parse(&path, &page.body)?);
                    let repository = repository.ok_or_else(|| wrong("it has no node_id or no full_name"))?;
                    found.insert(repository.node_id.clone(), repository);
                }
                _ => return Err(wrong("there is no such repository, or the token may not see it")),
            }
            continue;
        }
        if !owners.contains_key(owner) {
            let all = owned(client, owner).await?.ok_or_else(|| wrong("there is no such owner"))?;
            owners.insert(owner, all);
        }
        let matching = owners[owner].iter().filter(|it| pattern.matches(it.parts().1));
        found.extend(matching.map(|it| (it.node_id.clone(), it.clone())));
    }
    let mut found: Vec<Repository> = found.into_values().collect();
    found.sort_by(|a, b| a.full_name.cmp(&b.full_name));
    Ok(found)
}

async fn owned(client: &mut Client<'_>, owner: &str) -> Result<Option<Vec<Repository>>, GithubError> {
    for kind in ["orgs", "users"] {
        let all = client.list(format!("/{kind}/{owner}/repos?per_page=100&sort=full_name")).await?;
        if let Some(all) = all {
            return Ok(Some(all.into_iter().filter_map(Repository::of).collect()));
        }
    }
    Ok(None)
}

/// Moves the rows of renamed repositories to their new names. All at once and by way of the node id, since a name that one
/// gave up may already be another's.
pub(super) async fn follow(session: &mut Session<'_, '_, Cursor>, repositories: &[Repository]) -> Result<()> {
    let known = &session.cursor.repositories;
    let renamed: Vec<(String, &Repository)> = repositories
        .iter()
        .filter_map(|repository| Some((known.get(&repository.node_id)?.name.clone(), repository)))
        .filter(|(old, repository)| *old != repository.full_name)
        .collect();
    for (old, repository) in &renamed {
        session.collecting.rename_repository(session.source, old, &repository.node_id).await?;
    }
    for (_, repository) in &renamed {
        session.collecting.rename_repository(session.source, &repository.node_id, &repository.full_name).await?;
    }
    for repository in repositories {
        let cursor = session.cursor.repositories.entry(repository.node_id.clone()).or_default();
        if cursor.name != repository.full_name || cursor.updated_at != repository.object.updated_at {
            cursor.name.clone_from(&repository.full_name);
            cursor.updated_at = repository.object.updated_at;
            session.take(map::repository(&repository.object, Voice::Asked));
        }
    }
    Ok(())
}
