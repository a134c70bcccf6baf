//! The software catalog in a repository: `catalog-info.yaml` anywhere in its tree and CODEOWNERS, over the main line.
//!
//! One rule: something holds from the commit that brought it to the main line until the one that changed it. A file that
//! cannot be read leaves what it said before.

mod entities;
mod files;

use super::super::catalog::codeowners::{self, Line, Owner};
use super::super::catalog::timeline::{Span, Timeline};
use super::super::{Collecting, Result, rows};
use super::history::History;
use super::samples::main_line;
use super::tables::Diffs;
use super::{GitError, Source};
use crate::collect::apply::Names;
use crate::collect::observation::{Row, Values};
use crate::model::Table;
use crate::model::catalog::{CODE_OWNERS, COMPONENT_OWNERS, COMPONENTS, DEPENDENCIES};
use crate::model::code::COMMIT_FILES;
use crate::store::StoreError;
use arrow::array::{AsArray, RecordBatch};
use chrono::{DateTime, Utc};
use files::Change;
use gix::ObjectId;
use std::collections::{BTreeMap, BTreeSet};

/// What is looked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Name of the files with entities.
    pub name: &'a str,
}

impl Wanted<'_> {
    fn holds(&self, path: &str) -> bool {
        self.is_entities(path) || codeowners::PLACES.contains(&path)
    }

    fn is_entities(&self, path: &str) -> bool {
        path.rsplit('/').next() == Some(self.name)
    }
}

/// Writes the catalog again where the new part of the history can have changed it. The commits' files are stored by then.
pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &Source<'_>,
    whole: &History,
    touched: BTreeSet<String>,
    wanted: Wanted<'_>,
) -> Result<()> {
    let line = main_line(whole, source.plan.head);
    let paths = match &source.plan.base {
        None => touched,
        Some(base) if touched.is_empty() && line.iter().any(|commit| commit.id == base.head) => return Ok(()),
        Some(_) => stored_paths(collecting, source, wanted).await?,
    };
    let moments = moments(&line, source.plan.at);
    let changes = files::changes(&source.repo, &moments, &paths).map_err(GitError::from)?;
    let (entities, owners): (Vec<Change>, Vec<Change>) =
        changes.into_iter().partition(|change| wanted.is_entities(&change.path));
    let secret = collecting.secret;
    // The catalog says which account at GitHub a person has; CODEOWNERS means those of the forge that it is kept at.
    let host = host(collecting, source.name)?;
    let mut of_catalog = Names::new(source.name, Some("github.com"), &secret);
    let mut of_forge = Names::new(source.name, Some(&host), &secret);
    let found = entities::read(collecting, source, &entities).await?;
    let owners = code_owners(collecting, source, &owners)?;
    let batches = [
        (&COMPONENTS, found.components),
        (&COMPONENT_OWNERS, found.owners),
        (&DEPENDENCIES, found.dependencies),
        (&CODE_OWNERS, owners),
    ];
    let mut finished: Vec<(&'static Table, Vec<RecordBatch>)> = Vec::new();
    for (table, spans) in batches {
        let names = if table.name == CODE_OWNERS.name { &mut of_forge } else { &mut of_catalog };
        let mut values: Vec<Values> = Vec::with_capacity(spans.len());
        for row in spans {
            let mut row = row.values();
            names.put_away(table, &mut row, source.plan.at);
            values.push(row);
        }
        finished.push((table, rows::of_values(table, values, source.name, source.plan.at)?));
    }
    let identities = [of_catalog.identities(), of_forge.identities()].concat();
    collecting.put_identities(&identities)?;
    for (table, batches) in finished {
        collecting.write(table, &source.replace(), &source.mark, batches).await?;
    }
    Ok(())
}

/// The forge that a repository is cloned from; GitHub, where it is a folder and nobody knows.
fn host(collecting: &Collecting<'_>, source: &str) -> Result<String> {
    let origin = collecting.state.origins()?.into_iter().find(|origin| origin.source == source);
    Ok(origin.and_then(|origin| host_of(&origin.address)).unwrap_or_else(|| "github.com".to_owned()))
}

/// The host of `https://HOST:PORT/…`, `ssh://NAME@HOST/…` or `NAME@HOST:…`.
fn host_of(address: &str) -> Option<String> {
    let authority = match address.split_once("://") {
        Some((_, rest)) => rest.split('/').next()?,
        None => address.split_once(':').map(|(authority, _)| authority).filter(|it| !it.contains('/'))?,
    };
    let host = authority.rsplit('@').next()?.split(':').next()?.to_lowercase();
    Some(host).filter(|host| !host.is_empty())
}

/// Paths in the new part of the history that the catalog may be in.
pub(super) fn touched(diffs: &Diffs, wanted: Wanted<'_>) -> BTreeSet<String> {
    diffs.files.iter().flat_map(|batch| paths_in(batch, wanted)).collect()
}

fn paths_in(batch: &RecordBatch, wanted: Wanted<'_>) -> Vec<String> {
    let columns = ["path", "previous_path"].into_iter().filter_map(|name| batch.column_by_name(name));
    let texts = columns.flat_map(|column| column.as_string::<i32>().iter().flatten());
    texts.filter(|path| wanted.holds(path)).map(str::to_owned).collect()
}

async fn stored_paths(
    collecting: &Collecting<'_>,
    source: &Source<'_>,
    wanted: Wanted<'_>,
) -> Result<BTreeSet<String>> {
    let mut paths = BTreeSet::new();
    for batch in collecting.store.read(&COMMIT_FILES, &["source", "path", "previous_path"]).await? {
        let own = batch.column(0).as_string::<i32>().iter().map(|it| it == Some(source.name)).collect();
        let batch = arrow::compute::filter_record_batch(&batch, &own)
            .map_err(|source| StoreError::Arrow { table: COMMIT_FILES.name, source })?;
        paths.extend(paths_in(&batch, wanted));
    }
    Ok(paths)
}

/// The commits of the main line with the moments that they count as made at: see [`super::samples`].
fn moments(line: &[&super::history::Commit], believed_until: DateTime<Utc>) -> Vec<(i64, ObjectId)> {
    let mut clock = i64::MIN;
    let mut moments = Vec::with_capacity(line.len());
    for commit in line {
        if commit.committed.seconds <= believed_until.timestamp() {
            clock = clock.max(commit.committed.seconds);
        }
        let at = if clock == i64::MIN { believed_until.timestamp() } else { clock };
        moments.push((at, commit.id));
    }
    moments
}

/// The lines of the file that counts, as it changed.
fn code_owners(collecting: &Collecting<'_>, source: &Source<'_>, changes: &[Change]) -> Result<Vec<Row>> {
    let mut there: BTreeMap<&str, ObjectId> = BTreeMap::new();
    let mut timeline: Timeline<(i64, i64), OwnedPattern> = Timeline::new();
    let mut counted = None;
    for (at, change) in changes.iter().enumerate() {
        match change.blob {
            Some(blob) => drop(there.insert(change.path.as_str(), blob)),
            None => drop(there.remove(change.path.as_str())),
        }
        let is_last = changes.get(at + 1).is_none_or(|next| next.at != change.at);
        let counts = codeowners::PLACES.into_iter().find_map(|place| Some((place, *there.get(place)?)));
        if !is_last || counts == counted {
            continue;
        }
        counted = counts;
        let mut lines = BTreeMap::new();
        if let Some((place, blob)) = counts {
            let text = files::text(&source.repo, blob).map_err(GitError::from)?.unwrap_or_default();
            let (read, problems) = codeowners::read(place, &text);
            if changes[at + 1..].is_empty() {
                for problem in problems {
                    let (line, column) = problem.place;
                    let message = problem.message;
                    collecting.progress.warn(&format!("{}: {place}:{line}:{column}: {message}", source.repository));
                }
            }
            lines.extend(read.into_iter().flat_map(by_owner));
        }
        for key in timeline.keys().into_iter().filter(|key| !lines.contains_key(key)).collect::<Vec<_>>() {
            timeline.set(&key, None, change.at);
        }
        for (key, value) in lines {
            timeline.set(&key, Some(value), change.at);
        }
    }
    let row = |span: Span<(i64, i64), OwnedPattern>| {
        let (pattern, section, owner) = span.value;
        let row = Row::of(&CODE_OWNERS)
            .set("repository", &source.repository)
            .set("position", span.key.0)
            .set("ordinal", span.key.1)
            .set("pattern", pattern)
            .set("section", section);
        let row = match owner {
            Some(Owner::Team(team)) => row.set("team", team),
            Some(Owner::Person(who)) => row.set("owner_id", who),
            None => row,
        };
        dated(row, span.from, span.to)
    };
    Ok(timeline.spans().into_iter().map(row).collect())
}

type OwnedPattern = (String, Option<String>, Option<Owner>);

fn by_owner(line: Line) -> Vec<((i64, i64), OwnedPattern)> {
    let Line { position, pattern, section, owners } = line;
    let position = position as i64;
    if owners.is_empty() {
        return vec![((position, 0), (pattern, section, None))];
    }
    let owned = owners.into_iter().zip(1..);
    owned.map(|(owner, ordinal)| ((position, ordinal), (pattern.clone(), section.clone(), Some(owner)))).collect()
}

/// A row with its time, which is also when it last changed.
fn dated(row: Row, from: i64, to: Option<i64>) -> Row {
    let time = |seconds: i64| DateTime::<Utc>::from_timestamp(seconds, 0);
    row.set("valid_from", time(from)).set("valid_to", to.and_then(time)).set("updated_at", time(to.unwrap_or(from)))
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn forges_of_addresses() {
        let host = |address: &str| host_of(address).unwrap_or_default();
        assert_eq!(host("https://GitLab.example:8443/acme/shop.git"), "gitlab.example");
        assert_eq!(host("ssh://git@gitlab.com/acme/shop"), "gitlab.com");
        assert_eq!(host("git@github.com:acme/shop.git"), "github.com");
        for folder in ["/srv/shop", "file:///srv/shop", "../a:b"] {
            assert_eq!(host(folder), "", "{folder}");
        }
    }
}
