//! Which repositories a pipeline means, and what became of their names.

use super::client::{Answer, Client, HttpError};
use super::map::{self, Voice};
use super::{Cursor, Result, Session, payload};
use crate::project::{GithubPipeline, names_repository};
use std::collections::BTreeMap;

/// A repository that can be told from others.
#[derive(Clone, Debug)]
pub(super) struct Repository {
    pub node_id: String,
    /// `owner/name`.
    pub full_name: String,
    /// Its pull requests are read.
    pub is_read: bool,
    /// Its issues are read, as tickets.
    pub takes_tickets: bool,
    object: payload::Repository,
}

impl Repository {
    fn of(object: payload::Repository) -> Option<Repository> {
        let (node_id, full_name) = (object.node_id.clone()?, object.full_name.clone()?);
        Some(Repository { node_id, full_name, is_read: false, takes_tickets: false, object })
    }

    /// Owner and name.
    pub fn parts(&self) -> (&str, &str) {
        self.full_name.split_once('/').unwrap_or(("", &self.full_name))
    }
}

/// The repositories that a pipeline names, each once, by name.
pub(super) async fn named(client: &mut Client<'_>, keys: &GithubPipeline) -> Result<Vec<Repository>, HttpError> {
    let (mut answers, mut found) = (Answers::new(), BTreeMap::new());
    for glob in &keys.repositories {
        for object in matching(client, &mut answers, "repositories", glob).await? {
            entry(&mut found, object).is_read = true;
        }
    }
    for glob in &keys.tickets {
        for object in matching(client, &mut answers, "tickets", glob).await? {
            let repository = entry(&mut found, object);
            // Where issues are turned off GitHub refuses to list them.
            repository.takes_tickets = repository.object.has_issues != Some(false);
        }
    }
    let mut found: Vec<Repository> = found.into_values().collect();
    found.sort_by(|a, b| a.full_name.cmp(&b.full_name));
    Ok(found)
}

fn entry(found: &mut BTreeMap<String, Repository>, repository: Repository) -> &mut Repository {
    found.entry(repository.node_id.clone()).or_insert(repository)
}

/// The repositories that GitHub named, by what it was asked for: nothing is asked twice.
type Answers = BTreeMap<String, Vec<Repository>>;

/// The repositories that a glob under `key` names. A name without wildcards finds a repository under its former name too.
async fn matching(
    client: &mut Client<'_>,
    answers: &mut Answers,
    key: &str,
    glob: &str,
) -> Result<Vec<Repository>, HttpError> {
    let wrong = |reason: &str| HttpError::Setup { address: format!("{key} = [\"{glob}\"]"), reason: reason.into() };
    let (owner, name) = glob.split_once('/').ok_or_else(|| wrong("not of the form OWNER/NAME"))?;
    let is_glob = |text: &str| text.contains(['*', '?', '[']);
    if is_glob(owner) {
        return Err(wrong("the owner must be written out"));
    }
    let asked = if is_glob(name) { owner } else { glob }.to_lowercase();
    if !answers.contains_key(&asked) {
        let all = if is_glob(name) {
            owned(client, owner).await?.ok_or_else(|| wrong("there is no such owner"))?
        } else {
            let path = format!("/repos/{glob}");
            let Answer::Page(page) = client.get(&path, None).await? else {
                return Err(wrong("there is no such repository, or the token may not see it"));
            };
            let repository = Repository::of(client.parse(&path, &page.body)?);
            vec![repository.ok_or_else(|| wrong("it has no node_id or no full_name"))?]
        };
        answers.insert(asked.clone(), all);
    }
    let all = answers.get(&asked).into_iter().flatten();
    Ok(all.filter(|it| !is_glob(name) || names_repository(glob, &it.full_name)).cloned().collect())
}

async fn owned(client: &mut Client<'_>, owner: &str) -> Result<Option<Vec<Repository>>, HttpError> {
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
    for cursor in session.cursor.repositories.values_mut() {
        (cursor.is_read, cursor.takes_tickets) = (false, false);
    }
    for repository in repositories {
        let cursor = session.cursor.repositories.entry(repository.node_id.clone()).or_default();
        (cursor.is_read, cursor.takes_tickets) = (repository.is_read, repository.takes_tickets);
        if cursor.name != repository.full_name || cursor.updated_at != repository.object.updated_at {
            cursor.name.clone_from(&repository.full_name);
            cursor.updated_at = repository.object.updated_at;
            session.take(map::repository(&repository.object, Voice::Asked));
        }
    }
    Ok(())
}
