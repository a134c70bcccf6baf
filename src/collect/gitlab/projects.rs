//! Which projects a pipeline means, and what became of their paths.

use super::payload::Project;
use super::{Cursor, map};
use crate::collect::Result;
use crate::collect::http::{Answer, Client, HttpError};
use crate::collect::session::Session;
use crate::project::{GitlabList, GitlabPipeline, names_repository};
use std::collections::BTreeMap;

/// A project that is read.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub id: i64,
    /// Groups and name.
    pub path: String,
    /// Its merge requests are read, and all else but issues.
    pub is_read: bool,
    /// Its issues are read, as tickets.
    pub takes_tickets: bool,
    object: Project,
}

impl Place {
    /// The address of one of its lists, which begins with a slash.
    pub fn list(&self, name: &str) -> String {
        format!("/v4/projects/{}{name}", self.id)
    }

    /// Whether its merge requests can be asked for.
    pub fn has_merge_requests(&self) -> bool {
        self.is_read && is_on(&self.object.merge_requests_access_level)
    }

    /// Whether a list can be asked for: one that is turned off is refused.
    pub fn has(&self, list: GitlabList) -> bool {
        self.is_read
            && match list {
                GitlabList::Builds | GitlabList::Jobs => is_on(&self.object.builds_access_level),
                GitlabList::Deployments => is_on(&self.object.environments_access_level),
                GitlabList::Releases => is_on(&self.object.releases_access_level),
            }
    }
}

/// Whether a project has what this is said of.
fn is_on(level: &Option<String>) -> bool {
    level.as_deref() != Some("disabled")
}

/// The projects that a pipeline names, each once, by path.
pub(super) async fn named(client: &mut Client<'_>, keys: &GitlabPipeline) -> Result<Vec<Place>, HttpError> {
    let (mut answers, mut found) = (Answers::new(), BTreeMap::new());
    for glob in &keys.projects {
        for object in matching(client, &mut answers, "projects", glob).await? {
            entry(&mut found, object).is_read = true;
        }
    }
    for glob in &keys.tickets {
        for object in matching(client, &mut answers, "tickets", glob).await? {
            let place = entry(&mut found, object);
            place.takes_tickets = is_on(&place.object.issues_access_level);
        }
    }
    let mut found: Vec<Place> = found.into_values().collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn entry(found: &mut BTreeMap<i64, Place>, object: Project) -> &mut Place {
    found.entry(object.id).or_insert_with(|| {
        let path = object.path_with_namespace.clone();
        Place { id: object.id, path, is_read: false, takes_tickets: false, object }
    })
}

/// The projects that GitLab named, by what it was asked for, a group with a slash at its end: nothing is asked twice.
type Answers = BTreeMap<String, Vec<Project>>;

/// The projects that a glob under `key` names. A path without wildcards finds a project under its former path too.
async fn matching(
    client: &mut Client<'_>,
    answers: &mut Answers,
    key: &str,
    glob: &str,
) -> Result<Vec<Project>, HttpError> {
    let wrong = |reason: &str| HttpError::Setup { address: format!("{key} = [\"{glob}\"]"), reason: reason.into() };
    let is_glob = glob.contains(['*', '?', '[']);
    let owner = group(glob).to_lowercase();
    let asked = if is_glob { format!("{owner}/") } else { glob.to_lowercase() };
    if !answers.contains_key(&asked) {
        let all = if is_glob {
            owned(client, &owner).await?.ok_or_else(|| wrong("there is no such group, or the token may not see it"))?
        } else {
            let path = format!("/v4/projects/{}", encoded(glob));
            let Answer::Page(page) = client.get(&path, None).await? else {
                return Err(wrong("there is no such project, or the token may not see it"));
            };
            vec![client.parse(&path, &page.body)?]
        };
        answers.insert(asked.clone(), all);
    }
    let all = answers.get(&asked).into_iter().flatten();
    Ok(all.filter(|it| !is_glob || names_repository(glob, &it.path_with_namespace)).cloned().collect())
}

/// The groups that stand before the first wildcard.
fn group(glob: &str) -> &str {
    let first = glob.find(['*', '?', '[']).unwrap_or(glob.len());
    glob[..first].rsplit_once('/').map_or("", |(group, _)| group)
}

/// The projects of a group and the groups in it, or of a user.
async fn owned(client: &mut Client<'_>, owner: &str) -> Result<Option<Vec<Project>>, HttpError> {
    let owner = encoded(owner);
    let query = "order_by=id&sort=asc&per_page=100";
    let of_group = format!("/v4/groups/{owner}/projects?include_subgroups=true&with_shared=false&{query}");
    match client.list(of_group).await? {
        Some(all) => Ok(Some(all)),
        None => client.list(format!("/v4/users/{owner}/projects?{query}")).await,
    }
}

fn encoded(path: &str) -> String {
    url::form_urlencoded::byte_serialize(path.as_bytes()).collect()
}

/// Moves the rows of renamed projects to their new paths. All at once and by way of the number, since a path that one gave up
/// may already be another's.
pub(super) async fn follow(session: &mut Session<'_, '_, Cursor>, places: &[Place]) -> Result<()> {
    let known = &session.cursor.projects;
    let renamed: Vec<(String, &Place)> = places
        .iter()
        .filter_map(|place| Some((known.get(&place.id)?.name.clone(), place)))
        .filter(|(old, place)| *old != place.path)
        .collect();
    for (old, place) in &renamed {
        session.collecting.rename_repository(session.source, old, &place.id.to_string()).await?;
    }
    for (_, place) in &renamed {
        session.collecting.rename_repository(session.source, &place.id.to_string(), &place.path).await?;
    }
    for place in places {
        let cursor = session.cursor.projects.entry(place.id).or_default();
        if cursor.name != place.path || cursor.activity_at != place.object.last_activity_at {
            cursor.name.clone_from(&place.path);
            cursor.activity_at = place.object.last_activity_at;
            session.take([map::repository(&place.object).asked()]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_wildcard_is_a_group() {
        for (glob, expected) in [("acme/*", "acme"), ("acme/tools/a*", "acme/tools"), ("acme/**/api", "acme")] {
            assert_eq!(group(glob), expected);
        }
        assert_eq!(encoded("acme/tools/app"), "acme%2Ftools%2Fapp");
    }
}
