//! The catalog in memory.
//!
//! One rule: whatever is looked up is looked up at a moment, and answers with what held then.

use super::pattern::Pattern;
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use datafusion::error::Result;
use datafusion::prelude::SessionContext;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Microseconds since 1970, the end not included.
#[derive(Clone, Copy, Debug)]
struct Time {
    from: i64,
    to: Option<i64>,
}

impl Time {
    fn holds(self, at: i64) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// Where a component's code is.
struct Place {
    path: String,
    entity: String,
    time: Time,
}

/// Files that a line of CODEOWNERS names.
struct Line {
    pattern: Pattern,
    section: Option<String>,
    team: Option<String>,
    position: i64,
    /// Which of the owners on the line.
    ordinal: i64,
    time: Time,
}

/// Everything that is looked up.
#[derive(Default)]
pub(super) struct Index {
    /// By repository in lower case; longer paths first.
    places: HashMap<String, Vec<Place>>,
    /// By name, title, id or reference in lower case.
    services: HashMap<String, Vec<(String, Time)>>,
    owners: HashMap<String, Vec<(String, Time)>>,
    /// Teams that groups are.
    groups: HashMap<String, Vec<(String, Time)>>,
    /// By repository in lower case; later lines first.
    lines: HashMap<String, Vec<Line>>,
    /// What else a repository is called.
    aliases: HashMap<String, String>,
    /// By name in lower case.
    teams: BTreeMap<String, String>,
}

const COMPONENTS: &str = "SELECT entity, kind, name, title, repository, path, team, service, valid_from, valid_to
    FROM stored.components t WHERE deleted_at IS NULL AND kind IN ('component', 'group')";
const OWNERS: &str = "SELECT entity, owner, valid_from, valid_to
    FROM stored.component_owners t WHERE deleted_at IS NULL AND owner IS NOT NULL";
const LINES: &str = "SELECT repository, position, ordinal, pattern, section, team, valid_from, valid_to
    FROM stored.code_owners t WHERE deleted_at IS NULL";
const REPOSITORIES: &str = "SELECT repository, origin FROM stored.repositories t WHERE deleted_at IS NULL";
const TEAMS: &str = "SELECT team FROM stored.teams t WHERE deleted_at IS NULL";

impl Index {
    /// Reads the catalog of the sources that a condition on `t` chooses.
    pub async fn read(session: &SessionContext, within: &str) -> Result<Index> {
        let ask = async |sql: &str| session.sql(&format!("{sql}{within}")).await?.collect().await;
        // Where sources disagree the first one counts, and rows come from disk in any order.
        let in_order = async |sql: &str, key: &str| {
            session.sql(&format!("{sql}{within} ORDER BY t.source, {key}")).await?.collect().await
        };
        let mut index = Index::default();
        for batch in ask(COMPONENTS).await? {
            index.take_components(&batch);
        }
        for batch in in_order(LINES, "t.repository, t.position, t.ordinal, t.valid_from").await? {
            index.take_lines(&batch);
        }
        if index.is_empty() {
            return Ok(index);
        }
        for batch in ask(OWNERS).await? {
            let rows = Rows(&batch);
            for row in 0..batch.num_rows() {
                let Some((entity, owner)) = rows.text(0, row).zip(rows.text(1, row)) else { continue };
                index.owners.entry(entity).or_default().push((owner, rows.time(2, row)));
            }
        }
        for batch in in_order(REPOSITORIES, "t.repository").await? {
            index.take_repositories(&batch);
        }
        for batch in in_order(TEAMS, "t.team").await? {
            for team in (0..batch.num_rows()).filter_map(|row| Rows(&batch).text(0, row)) {
                index.teams.entry(team.to_lowercase()).or_insert(team);
            }
        }
        for places in index.places.values_mut() {
            places.sort_by(|a, b| (b.path.len(), &a.path, &a.entity).cmp(&(a.path.len(), &b.path, &b.entity)));
        }
        for lines in index.lines.values_mut() {
            lines.sort_by_key(|line| (std::cmp::Reverse(line.position), line.ordinal));
        }
        Ok(index)
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty() && self.services.is_empty() && self.lines.is_empty()
    }

    fn take_components(&mut self, batch: &RecordBatch) {
        let rows = Rows(batch);
        for row in 0..batch.num_rows() {
            let [entity, kind, name] = [0, 1, 2].map(|column| rows.text(column, row).unwrap_or_default());
            let time = rows.time(8, row);
            if kind == "group" {
                self.groups.entry(entity).or_default().extend(rows.text(6, row).map(|team| (team, time)));
                continue;
            }
            let called = [Some(entity.clone()), Some(name), rows.text(3, row), rows.text(7, row)];
            let called: BTreeSet<String> = called.into_iter().flatten().map(|it| it.to_lowercase()).collect();
            for word in called {
                self.services.entry(word).or_default().push((entity.clone(), time));
            }
            if let (Some(repository), Some(path)) = (rows.text(4, row), rows.text(5, row)) {
                self.places.entry(repository.to_lowercase()).or_default().push(Place { path, entity, time });
            }
        }
    }

    fn take_lines(&mut self, batch: &RecordBatch) {
        let rows = Rows(batch);
        for row in 0..batch.num_rows() {
            let Some((repository, pattern)) = rows.text(0, row).zip(rows.text(3, row)) else { continue };
            let [position, ordinal] = [1, 2].map(|column| batch.column(column).as_primitive::<Int64Type>().value(row));
            let (section, team) = (rows.text(4, row), rows.text(5, row));
            let (pattern, time) = (Pattern::new(&pattern), rows.time(6, row));
            let line = Line { pattern, section, team, position, ordinal, time };
            self.lines.entry(repository.to_lowercase()).or_default().push(line);
        }
    }

    /// A repository is also called by the path of the address that it is cloned from, such as `acme/shop`, and the other way
    /// round.
    fn take_repositories(&mut self, batch: &RecordBatch) {
        let rows = Rows(batch);
        for row in 0..batch.num_rows() {
            let Some((repository, origin)) = rows.text(0, row).zip(rows.text(1, row)) else { continue };
            let name = repository.to_lowercase();
            if let Some(path) = address_path(&origin).filter(|path| *path != name) {
                self.aliases.entry(name.clone()).or_insert_with(|| path.clone());
                self.aliases.entry(path).or_insert(name);
            }
        }
    }

    /// What is kept under the name of a repository, or under that of its address.
    fn of_repository<'i, T>(&'i self, kept: &'i HashMap<String, Vec<T>>, repository: &str) -> &'i [T] {
        let name = repository.to_lowercase();
        let other = || self.aliases.get(&name).and_then(|alias| kept.get(alias));
        kept.get(&name).or_else(other).map_or(&[][..], Vec::as_slice)
    }

    /// The component whose folder is the nearest around a file.
    pub fn component_of_file(&self, repository: &str, path: &str, at: i64) -> Option<&str> {
        let around = self.of_repository(&self.places, repository).iter().filter(|place| place.time.holds(at));
        let mut around = around.filter(|place| is_in(path, &place.path));
        let nearest = around.next()?;
        let is_alone =
            around.take_while(|place| place.path == nearest.path).all(|place| place.entity == nearest.entity);
        is_alone.then_some(nearest.entity.as_str())
    }

    /// The component that a whole repository is: the one of its root, or the only one in it.
    pub fn component_of_repository(&self, repository: &str, at: i64) -> Option<&str> {
        let there = self.of_repository(&self.places, repository).iter().filter(|place| place.time.holds(at));
        let there: Vec<&Place> = there.collect();
        let roots: BTreeSet<&str> =
            there.iter().filter(|place| place.path.is_empty()).map(|place| place.entity.as_str()).collect();
        only(if roots.is_empty() { there.iter().map(|place| place.entity.as_str()).collect() } else { roots })
    }

    /// The component that a service is called by: its reference, name, title or id at PagerDuty.
    pub fn component_of_service(&self, service: &str, at: i64) -> Option<&str> {
        only(holding(self.services.get(&service.to_lowercase()), at))
    }

    /// The team that owns a component.
    pub fn team_of_component(&self, entity: &str, at: i64) -> Option<String> {
        let owner = only(holding(self.owners.get(&entity.to_lowercase()), at))?;
        let (_, name) = owner.split_once(':')?;
        let named = || self.team(name.strip_prefix("default/").unwrap_or(name));
        Some(only(holding(self.groups.get(owner), at)).map_or_else(named, |team| self.team(team)))
    }

    /// The team that owns a file: its component's, or that of CODEOWNERS.
    pub fn team_of_file(&self, repository: &str, path: &str, at: i64) -> Option<String> {
        let component = self.component_of_file(repository, path, at);
        component
            .and_then(|entity| self.team_of_component(entity, at))
            .or_else(|| self.code_owner(repository, path, at))
    }

    /// The team that owns a whole repository.
    pub fn team_of_repository(&self, repository: &str, at: i64) -> Option<String> {
        let component = self.component_of_repository(repository, at);
        component.and_then(|entity| self.team_of_component(entity, at))
    }

    /// The last line that fits decides, in each of GitLab's sections; the lines outside of any section come first, then
    /// the sections as they stand in the file.
    fn code_owner(&self, repository: &str, path: &str, at: i64) -> Option<String> {
        // By section: the line that decides with its first team, and where the section begins.
        let mut decided: BTreeMap<Option<&str>, (i64, Option<&str>)> = BTreeMap::new();
        let mut begins: BTreeMap<Option<&str>, i64> = BTreeMap::new();
        for line in self.of_repository(&self.lines, repository).iter().filter(|line| line.time.holds(at)) {
            let section = line.section.as_deref();
            let first = begins.entry(section).or_insert(line.position);
            *first = line.position.min(*first);
            match decided.get_mut(&section) {
                Some((position, team)) if *position == line.position => *team = team.or(line.team.as_deref()),
                Some(_) => {}
                None if line.pattern.fits(path) => {
                    decided.insert(section, (line.position, line.team.as_deref()));
                }
                None => {}
            }
        }
        let mut teams: Vec<(bool, i64, &str)> = Vec::new();
        for (section, (_, team)) in decided {
            teams.extend(team.map(|team| (section.is_some(), begins[&section], team)));
        }
        teams.into_iter().min().map(|(_, _, team)| self.team(team))
    }

    /// The team that is meant by a name, in whatever letters: of that very name, or the only one that is called so in one
    /// organisation, or without it.
    fn team(&self, name: &str) -> String {
        let lower = name.to_lowercase();
        if let Some(team) = self.teams.get(&lower) {
            return team.clone();
        }
        let bare = lower.rsplit('/').next().unwrap_or_default();
        let ends = format!("/{bare}");
        let is_meant = |team: &str| team == bare || (!lower.contains('/') && team.ends_with(&ends));
        let meant: Vec<&String> = self.teams.iter().filter(|(team, _)| is_meant(team)).map(|(_, team)| team).collect();
        if let [one] = meant.as_slice() { (*one).clone() } else { name.to_owned() }
    }
}

/// The path of the address that a repository is cloned from, in lower case: `acme/shop`.
pub(in crate::query) fn address_path(origin: &str) -> Option<String> {
    let origin = origin.to_lowercase();
    let path = match origin.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map(|(_, path)| path),
        None => origin.split_once(':').filter(|(host, _)| !host.contains('/')).map(|(_, path)| path),
    };
    path.map(|path| path.trim_end_matches('/').trim_end_matches(".git").to_owned())
}

fn is_in(path: &str, folder: &str) -> bool {
    folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn holding(all: Option<&Vec<(String, Time)>>, at: i64) -> BTreeSet<&str> {
    all.into_iter().flatten().filter(|(_, time)| time.holds(at)).map(|(word, _)| word.as_str()).collect()
}

fn only(all: BTreeSet<&str>) -> Option<&str> {
    if all.len() == 1 { all.into_iter().next() } else { None }
}

/// The rows of a batch by column and row.
struct Rows<'b>(&'b RecordBatch);

impl Rows<'_> {
    fn text(&self, column: usize, row: usize) -> Option<String> {
        let column = self.0.column(column);
        if column.is_null(row) {
            return None;
        }
        column
            .as_string_opt::<i32>()
            .map(|texts| texts.value(row).to_owned())
            .or_else(|| column.as_string_view_opt().map(|texts| texts.value(row).to_owned()))
    }

    /// A time whose end stands in the next column.
    fn time(&self, column: usize, row: usize) -> Time {
        let micros = |column: usize| {
            let times = self.0.column(column).as_primitive_opt::<TimestampMicrosecondType>()?;
            times.is_valid(row).then(|| times.value(row))
        };
        Time { from: micros(column).unwrap_or(i64::MAX), to: micros(column + 1) }
    }
}
