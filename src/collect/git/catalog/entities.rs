//! The entities of a repository's files, over the main line.
//!
//! One rule: of two files that describe one entity the one that did so first counts, as at Backstage.

use super::super::super::catalog::reference::Reference;
use super::super::super::catalog::rows::{self as columns, Component};
use super::super::super::catalog::timeline::Timeline;
use super::super::super::catalog::{self, Entity, Problem};
use super::super::super::{Collecting, Result};
use super::super::{GitError, Source};
use super::dated;
use super::files::{self, Change};
use crate::collect::observation::Row;
use crate::model::catalog::COMPONENTS;
use crate::model::people::TEAMS;
use arrow::array::{Array, AsArray};
use gix::ObjectId;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of the three tables.
#[derive(Default)]
pub(super) struct Rows {
    pub components: Vec<Row>,
    pub owners: Vec<Row>,
    pub dependencies: Vec<Row>,
}

/// Reads the files as they changed.
pub(super) async fn read(collecting: &Collecting<'_>, source: &Source<'_>, changes: &[Change]) -> Result<Rows> {
    let mut state = State { place: Place::of(collecting, source)?, ..State::default() };
    let mut contents: BTreeMap<ObjectId, Content> = BTreeMap::new();
    for (at, change) in changes.iter().enumerate() {
        let content = match change.blob {
            None => Content::default(),
            Some(blob) => match contents.get(&blob) {
                Some(known) => known.clone(),
                None => contents.entry(blob).or_insert(content(source, blob)?).clone(),
            },
        };
        state.hear(&change.path, content);
        if changes.get(at + 1).is_none_or(|next| next.at != change.at) {
            state.settle(change.at);
        }
    }
    let known = if state.newest.is_empty() { BTreeSet::new() } else { known_teams(collecting).await? };
    for line in state.complaints(&known) {
        collecting.progress.warn(&format!("{}: {line}", source.repository));
    }
    Ok(state.rows())
}

/// What one content of a file says.
#[derive(Clone, Default)]
struct Content {
    entities: Vec<Entity>,
    problems: Vec<Problem>,
}

fn content(source: &Source<'_>, blob: ObjectId) -> Result<Content> {
    let mut content = Content::default();
    match files::text(&source.repo, blob).map_err(GitError::from)? {
        Some(text) => {
            for read in catalog::read(&text) {
                match read {
                    Ok(entity) => content.entities.push(entity),
                    Err(problem) => content.problems.push(problem),
                }
            }
        }
        None => content.problems.push(Problem { place: (1, 1), message: "not UTF-8 text of at most 4 MiB".to_owned() }),
    }
    Ok(content)
}

#[derive(Default)]
struct State {
    place: Place,
    /// What each file says now, for complaints.
    newest: BTreeMap<String, Content>,
    /// Who describes an entity.
    claims: BTreeMap<Reference, BTreeMap<String, Entity>>,
    holders: BTreeMap<Reference, String>,
    /// Entities of which anything changed since they were settled.
    touched: BTreeSet<Reference>,
    components: Timeline<Reference, Component>,
    owners: Timeline<Reference, Reference>,
    dependencies: Timeline<(Reference, &'static str, Reference), ()>,
    /// Relations that an entity has now.
    related: BTreeMap<Reference, BTreeSet<(&'static str, Reference)>>,
}

impl State {
    fn hear(&mut self, path: &str, content: Content) {
        let is_gone = content.entities.is_empty() && content.problems.is_empty();
        // What a wrong file said before still holds for all that it names now or could not be read for.
        if content.problems.is_empty() {
            for (reference, claims) in &mut self.claims {
                if claims.remove(path).is_some() {
                    self.touched.insert(reference.clone());
                }
            }
        }
        for entity in &content.entities {
            // People stay out of the tables, and a location says only where else to look.
            if ["user", "location"].contains(&entity.reference.kind.as_str()) {
                continue;
            }
            let claims = self.claims.entry(entity.reference.clone()).or_default();
            claims.insert(path.to_owned(), entity.clone());
            self.touched.insert(entity.reference.clone());
        }
        if is_gone {
            self.newest.remove(path);
        } else {
            self.newest.insert(path.to_owned(), content);
        }
    }

    fn settle(&mut self, at: i64) {
        for reference in std::mem::take(&mut self.touched) {
            let claims = self.claims.get(&reference);
            let held =
                self.holders.get(&reference).filter(|path| claims.is_some_and(|claims| claims.contains_key(*path)));
            let holder = held.cloned().or_else(|| claims.and_then(|claims| claims.keys().next().cloned()));
            let entity = holder.as_ref().and_then(|path| claims?.get(path));
            let component = entity
                .zip(holder.as_ref())
                .map(|(entity, path)| Component::of(entity, self.place.of_code(entity, path)));
            self.components.set(&reference, component, at);
            self.owners.set(&reference, entity.and_then(|entity| entity.owner.clone()), at);
            let now = entity.map(|entity| entity.relations.clone()).unwrap_or_default();
            let before = self.related.insert(reference.clone(), now.clone()).unwrap_or_default();
            for (relation, target) in before.difference(&now) {
                self.dependencies.set(&(reference.clone(), relation, target.clone()), None, at);
            }
            for (relation, target) in now {
                self.dependencies.set(&(reference.clone(), relation, target), Some(()), at);
            }
            match holder {
                Some(holder) => drop(self.holders.insert(reference, holder)),
                None => drop(self.holders.remove(&reference)),
            }
        }
    }

    /// What is wrong with the files as they are now, a line each.
    fn complaints(&self, teams: &BTreeSet<String>) -> Vec<String> {
        let mut lines = Vec::new();
        let groups: BTreeSet<&Reference> = self.holders.keys().filter(|it| it.kind == "group").collect();
        let parents = self.parents();
        for (path, content) in &self.newest {
            let mut say = |(line, column): (usize, usize), message: String| {
                lines.push(format!("{path}:{line}:{column}: {message}"))
            };
            for problem in &content.problems {
                say(problem.place, problem.message.clone());
            }
            for entity in &content.entities {
                let reference = &entity.reference;
                if let Some(holder) = self.holders.get(reference).filter(|holder| *holder != path) {
                    say(entity.place, format!("{reference} is described by {holder} already, which counts"));
                }
                // Where no team is known, nobody can say that one is missing.
                let is_known = |owner: &Reference| {
                    let team = owner.team();
                    let ends = format!("/{team}");
                    owner.is_user()
                        || groups.contains(owner)
                        || teams.iter().any(|it| *it == team || it.ends_with(&ends))
                };
                let any_known = !groups.is_empty() || !teams.is_empty();
                if let Some(owner) = entity.owner.as_ref().filter(|owner| any_known && !is_known(owner)) {
                    say(entity.owner_place, format!("{reference} is owned by {owner}, and no such team is known"));
                }
                if goes_round(reference, &parents) {
                    say(entity.place, format!("the groups above {reference} go round in a circle"));
                }
            }
        }
        lines
    }

    fn parents(&self) -> BTreeMap<&Reference, &Reference> {
        let related = self.related.iter().filter(|(reference, _)| self.holders.contains_key(*reference));
        related
            .filter_map(|(reference, all)| Some((reference, &all.iter().find(|(word, _)| *word == "childOf")?.1)))
            .collect()
    }

    fn rows(self) -> Rows {
        let components = self.components.spans().into_iter().map(|it| dated(it.value.row(), it.from, it.to)).collect();
        let owners = self.owners.spans().into_iter();
        let owners = owners.map(|it| dated(columns::owner(&it.key, &it.value), it.from, it.to)).collect();
        let dependencies = self.dependencies.spans().into_iter().map(|it| {
            let (entity, relation, target) = &it.key;
            dated(columns::dependency(entity, relation, target), it.from, it.to)
        });
        Rows { components, owners, dependencies: dependencies.collect() }
    }
}

/// Whether the parents of a group lead back to it.
fn goes_round(group: &Reference, parents: &BTreeMap<&Reference, &Reference>) -> bool {
    let mut above = parents.get(group);
    for _ in 0..parents.len() {
        match above {
            Some(parent) if *parent == group => return true,
            Some(parent) => above = parents.get(*parent),
            None => return false,
        }
    }
    false
}

/// How the repository is called here and elsewhere.
#[derive(Default)]
struct Place {
    repository: String,
    address: String,
}

impl Place {
    fn of(collecting: &Collecting<'_>, source: &Source<'_>) -> Result<Place> {
        let origin = collecting.state.origins()?.into_iter().find(|origin| origin.source == source.name);
        let address = origin.map(|origin| origin.address).unwrap_or_default();
        Ok(Place { repository: source.repository.clone(), address: address.trim_end_matches(".git").to_lowercase() })
    }

    /// Repository and folder of an entity's code: those of its file, unless it says that its code is elsewhere.
    fn of_file(&self, path: &str) -> (String, String) {
        (self.repository.clone(), path.rsplit_once('/').map(|(folder, _)| folder).unwrap_or_default().to_owned())
    }

    fn of_code(&self, entity: &Entity, path: &str) -> Option<(String, String)> {
        if !columns::has_code(entity) {
            return None;
        }
        let own = self.of_file(path);
        Some(match (entity.repository(), entity.folder()) {
            (Some(repository), folder) if !self.is_here(&repository) => (repository, folder.unwrap_or_default()),
            (Some(_), Some(folder)) => (own.0, folder),
            _ => own,
        })
    }

    /// Whether a repository that a forge knows as `owner/name` is this one.
    fn is_here(&self, slug: &str) -> bool {
        let slug = slug.to_lowercase();
        let here = self.repository.to_lowercase();
        let last = slug.rsplit('/').next().unwrap_or_default();
        here == slug || (!here.contains('/') && here == last) || self.address.ends_with(&format!("/{slug}"))
    }
}

/// Teams and groups that any source told of.
async fn known_teams(collecting: &Collecting<'_>) -> Result<BTreeSet<String>> {
    let mut known = BTreeSet::new();
    for (table, column) in [(&TEAMS, "team"), (&COMPONENTS, "team")] {
        for batch in collecting.store.read(table, &[column, "deleted_at"]).await? {
            let (teams, deleted) = (batch.column(0).as_string::<i32>(), batch.column(1));
            let there = teams.iter().enumerate().filter(|(row, _)| deleted.is_null(*row));
            known.extend(there.filter_map(|(_, team)| team).map(str::to_lowercase));
        }
    }
    Ok(known)
}
