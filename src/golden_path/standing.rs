//! How components stand now: which level each has reached, what it fails, how far campaigns are.

use super::Result;
use crate::project::{Campaign, GoldenPaths, Track};
use crate::query::{Engine, QueryError, Scope};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// All tracks and campaigns, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// By track: its components, by entity.
    pub tracks: BTreeMap<String, Vec<Subject>>,
    pub campaigns: BTreeMap<String, CampaignStanding>,
    /// When anything was last found out that was new.
    pub changed_at: Option<DateTime<Utc>>,
}

/// One component on one track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub entity: String,
    pub team: Option<String>,
    pub source: String,
    /// How many levels are reached: all checks of a level and of those before it pass.
    pub levels: usize,
    /// What each check of the track says, in the order of its levels.
    pub results: Vec<(String, Finding)>,
}

/// What a check says of a component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// `None` where it could not be told, or was never looked at.
    pub passed: Option<bool>,
    pub evidence: Option<String>,
    /// Since when it says so.
    pub since: Option<DateTime<Utc>>,
}

/// How many components of a track have reached a level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LevelShare {
    pub passed: usize,
    pub failed: usize,
    /// None of their checks fails, and one could not be told.
    pub unknown: usize,
}

/// How far a campaign is, and who is behind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CampaignStanding {
    pub share: LevelShare,
    /// Entities that fail, with their team.
    pub behind: Vec<(String, Option<String>)>,
}

impl LevelShare {
    /// The share that passes, of those of which it is known.
    pub fn value(&self) -> Option<f64> {
        let known = self.passed + self.failed;
        (known > 0).then(|| self.passed as f64 / known as f64)
    }

    fn count(&mut self, passed: Option<bool>) {
        match passed {
            Some(true) => self.passed += 1,
            Some(false) => self.failed += 1,
            None => self.unknown += 1,
        }
    }
}

impl Subject {
    /// Whether it passes all of these checks: no where one fails, `None` where none fails and one is not known.
    pub fn passes<'a>(&self, checks: impl Iterator<Item = &'a str>) -> Option<bool> {
        let mut all = Some(true);
        for check in checks {
            let said = self.results.iter().find(|(name, _)| name == check).and_then(|(_, result)| result.passed);
            match said {
                Some(false) => return Some(false),
                None => all = None,
                Some(true) => {}
            }
        }
        all
    }
}

impl Standing {
    /// The part that concerns one team's components, or all where none is named.
    #[must_use]
    pub fn of_team(mut self, team: Option<&str>) -> Standing {
        let Some(team) = team else { return self };
        for subjects in self.tracks.values_mut() {
            subjects.retain(|it| it.team.as_deref() == Some(team));
        }
        for campaign in self.campaigns.values_mut() {
            campaign.behind.retain(|(_, owner)| owner.as_deref() == Some(team));
        }
        self
    }

    /// How many of a track's components reach its level of that number, from 1.
    pub fn share(&self, track: &Track, level_number: usize) -> LevelShare {
        let mut share = LevelShare::default();
        for subject in self.tracks.get(&track.name).into_iter().flatten() {
            share.count(subject.passes(checks_up_to(track, level_number)));
        }
        share
    }
}

/// Reads how things stand at the newest moment that a scope knows of.
///
/// # Errors
/// [`super::GoldenPathError::Query`].
pub async fn standing(engine: &Engine, scope: &Scope) -> Result<Standing> {
    let session = engine.session(scope).await?;
    let rows =
        async |sql: &str| -> Result<Vec<RecordBatch>, QueryError> { Ok(session.sql(sql).await?.collect().await?) };
    let states =
        "SELECT check_name, entity, source, passed, evidence, valid_from FROM check_states WHERE valid_to IS NULL";
    let (known, changed_at) = known(&rows(states).await?);
    // Where nothing was ever evaluated there is no week to look at.
    let subjects = "SELECT track, entity, team, source FROM track_components
        WHERE week = (SELECT max(week) FROM check_weeks) ORDER BY track, entity, source";
    let paths = &engine.project().golden_paths;
    let mut standing = Standing { changed_at, ..Standing::default() };
    for batch in rows(subjects).await? {
        for row in 0..batch.num_rows() {
            let of = |column: usize| text(&batch, column, row);
            let (Some(name), Some(entity), Some(source)) = (of(0), of(1), of(3)) else { continue };
            let Some(track) = paths.tracks.get(&name) else { continue };
            let subject = subject(paths, track, &known, (entity, of(2), source));
            standing.tracks.entry(name).or_default().push(subject);
        }
    }
    for campaign in paths.campaigns.values() {
        let subjects = standing.tracks.get(&campaign.track).map_or(&[][..], Vec::as_slice);
        let of_campaign = of_campaign(paths, campaign, subjects);
        standing.campaigns.insert(campaign.name.clone(), of_campaign);
    }
    Ok(standing)
}

type Known = BTreeMap<(String, String, String), Finding>;

fn known(batches: &[RecordBatch]) -> (Known, Option<DateTime<Utc>>) {
    let (mut all, mut newest) = (Known::new(), None);
    for batch in batches {
        let (passed, times) =
            (batch.column(3).as_boolean(), batch.column(5).as_primitive::<TimestampMicrosecondType>());
        for row in 0..batch.num_rows() {
            let [check, entity, source] = [0, 1, 2].map(|column| text(batch, column, row).unwrap_or_default());
            let since = DateTime::from_timestamp_micros(times.value(row));
            newest = newest.max(since);
            let is_passed = passed.is_valid(row).then(|| passed.value(row));
            all.insert((check, entity, source), Finding { passed: is_passed, evidence: text(batch, 4, row), since });
        }
    }
    (all, newest)
}

fn text(batch: &RecordBatch, column: usize, row: usize) -> Option<String> {
    let texts = batch.column(column).as_string::<i32>();
    texts.is_valid(row).then(|| texts.value(row).to_owned())
}

fn subject(
    paths: &GoldenPaths,
    track: &Track,
    known: &Known,
    (entity, team, source): (String, Option<String>, String),
) -> Subject {
    // A campaign on the track may ask for further checks.
    let campaigns = paths.campaigns.values().filter(|it| it.track == track.name);
    let further = campaigns.flat_map(|it| paths.of_campaign(it)).map(|asked| asked.check);
    let mut seen = BTreeSet::new();
    let checks = checks_up_to(track, track.levels.len()).chain(further).filter(|check| seen.insert(*check));
    let results = checks.map(|check| {
        let said = known.get(&(check.to_owned(), entity.clone(), source.clone()));
        (check.to_owned(), said.cloned().unwrap_or_default())
    });
    let results = results.collect();
    let mut subject = Subject { entity, team, source, levels: 0, results };
    let reached =
        (1..=track.levels.len()).take_while(|number| subject.passes(checks_up_to(track, *number)) == Some(true));
    subject.levels = reached.count();
    subject
}

fn of_campaign(paths: &GoldenPaths, campaign: &Campaign, subjects: &[Subject]) -> CampaignStanding {
    let asked = paths.of_campaign(campaign);
    let mut standing = CampaignStanding::default();
    for subject in subjects {
        let passes = subject.passes(asked.iter().map(|it| it.check));
        standing.share.count(passes);
        if passes == Some(false) {
            standing.behind.push((subject.entity.clone(), subject.team.clone()));
        }
    }
    standing
}

/// The checks of the first so many levels.
fn checks_up_to(track: &Track, levels: usize) -> impl Iterator<Item = &str> {
    track.levels.iter().take(levels).flat_map(|level| &level.checks).map(|(name, _)| name.as_str())
}
