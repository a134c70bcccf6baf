//! `queries/golden_paths/`: checks in SQL, tracks that put them into levels, campaigns that want a share of components through by a day.
//!
//! One rule: a check says something of single entities and knows no track; which entities must pass it is said by tracks alone.

mod campaign;
mod check;
mod track;

use super::diagnostic::{Diagnostic, closest};
use super::files::Place;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

pub use campaign::{Campaign, Wanted};
pub use check::{CHECK_COLUMNS, Check};
pub use track::{Filter, Level, Track};

/// Everything that the folder defines, by name.
#[derive(Clone, Debug, Default)]
pub struct GoldenPaths {
    pub checks: BTreeMap<String, Check>,
    pub tracks: BTreeMap<String, Track>,
    pub campaigns: BTreeMap<String, Campaign>,
}

/// A check that must be passed, under the name of what asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement<'a> {
    pub level: &'a str,
    /// From 1; a level asks for its own checks and those of all levels before it.
    pub level_number: usize,
    pub check: &'a str,
}

impl GoldenPaths {
    pub(super) fn read(folder: &Path, found: &mut Vec<Diagnostic>) -> GoldenPaths {
        let paths = GoldenPaths {
            checks: super::read_all(folder, "queries/golden_paths/checks", "sql", check::parse, found),
            tracks: super::read_all(folder, "queries/golden_paths/tracks", "toml", track::parse, found),
            campaigns: super::read_all(folder, "queries/golden_paths/campaigns", "toml", campaign::parse, found),
        };
        paths.check_references(found);
        paths
    }

    /// What a campaign asks for: the checks of its track up to its level, or those that it names, as one level of its own name.
    pub fn of_campaign<'a>(&'a self, campaign: &'a Campaign) -> Vec<Requirement<'a>> {
        let asked: Vec<&str> = match &campaign.wanted {
            Wanted::Checks(checks) => checks.iter().map(|(name, _)| name.as_str()).collect(),
            Wanted::Level(level, _) => {
                let Some(track) = self.tracks.get(&campaign.track) else { return Vec::new() };
                let last = track.levels.iter().position(|it| it.name == *level);
                let levels = last.map_or(&[][..], |last| &track.levels[..=last]);
                let names = levels.iter().flat_map(|it| &it.checks).map(|(name, _)| name.as_str());
                names.collect::<BTreeSet<_>>().into_iter().collect()
            }
        };
        asked.into_iter().map(|check| Requirement { level: &campaign.name, level_number: 1, check }).collect()
    }

    fn check_references(&self, found: &mut Vec<Diagnostic>) {
        let checks: Vec<&str> = self.checks.keys().map(String::as_str).collect();
        let in_tracks = self.tracks.values().flat_map(|it| &it.levels).flat_map(|level| &level.checks);
        let in_campaigns = self.campaigns.values().flat_map(|campaign| match &campaign.wanted {
            Wanted::Checks(checks) => checks.as_slice(),
            Wanted::Level(..) => &[],
        });
        for (name, place) in in_tracks.chain(in_campaigns) {
            if !self.checks.contains_key(name) {
                found.push(unknown("check", name, place, &checks));
            }
        }
        let tracks: Vec<&str> = self.tracks.keys().map(String::as_str).collect();
        for campaign in self.campaigns.values() {
            let Some(track) = self.tracks.get(&campaign.track) else {
                found.push(unknown("track", &campaign.track, &campaign.track_place, &tracks));
                continue;
            };
            let levels: Vec<&str> = track.levels.iter().map(|it| it.name.as_str()).collect();
            if let Wanted::Level(level, place) = &campaign.wanted
                && !levels.contains(&level.as_str())
            {
                found.push(unknown(&format!("level of {}", track.name), level, place, &levels));
            }
        }
    }
}

fn unknown(what: &str, name: &str, place: &Place, known: &[&str]) -> Diagnostic {
    place.diagnostic(format!("unknown {what} {name}"), closest(name, known))
}

#[cfg(test)]
mod tests;
