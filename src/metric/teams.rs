//! The tree of teams, and how a row is split between them.
//!
//! One rule: a team has what is below it, each row once, and of a person who is split no more than the whole.

use crate::query::{Engine, QueryError, Scope};
use arrow::array::AsArray;
use datafusion::error::DataFusionError;
use std::collections::{BTreeMap, BTreeSet};

/// Shares are written with a few digits: what is as near to a whole row as this is one.
const ROUNDING: f64 = 1e-9;

/// Teams of today by their parents. A row of the past is of the team its person was in then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Teams {
    parents: BTreeMap<String, String>,
    names: BTreeSet<String>,
}

impl Teams {
    /// Reads the teams that a scope's rows are seen with.
    ///
    /// # Errors
    /// As those of a query.
    pub async fn read(engine: &Engine, scope: &Scope) -> Result<Teams, QueryError> {
        // Where sources disagree the first one counts.
        let sql = "SELECT arrow_cast(team, 'Utf8') AS team, arrow_cast(parent, 'Utf8') AS parent FROM (
                SELECT team, parent, source FROM teams
                UNION ALL SELECT team, nullif(team, team) AS parent, source FROM team_members)
            ORDER BY parent IS NULL, source, team, parent";
        let session = engine.session(scope).await?;
        let batches =
            async { session.sql(sql).await?.collect().await }.await.map_err(|error: DataFusionError| error)?;
        let mut edges = Vec::new();
        for batch in &batches {
            let (teams, parents) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
            edges.extend(teams.iter().zip(parents.iter()).filter_map(|(team, parent)| Some((team?, parent))));
        }
        Ok(Teams::new(edges))
    }

    /// A tree of teams with their parents, the first parent of each.
    pub fn new<'t>(edges: impl IntoIterator<Item = (&'t str, Option<&'t str>)>) -> Teams {
        let mut teams = Teams::default();
        for (team, parent) in edges {
            teams.names.insert(team.to_owned());
            if let Some(parent) = parent {
                teams.names.insert(parent.to_owned());
                teams.parents.entry(team.to_owned()).or_insert_with(|| parent.to_owned());
            }
        }
        teams
    }

    /// Every team that is named, also those that only others name as their parent.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Every team, each followed by those below it.
    pub fn in_order(&self) -> Vec<&str> {
        let mut lines: Vec<(Vec<&str>, &str)> = Vec::new();
        for team in self.names() {
            let mut line = self.line(team);
            line.reverse();
            lines.push((line, team));
        }
        lines.sort();
        lines.into_iter().map(|(_, team)| team).collect()
    }

    /// The team, the one above it, and so on to the top. A circle ends before it closes.
    pub fn line<'t>(&'t self, team: &'t str) -> Vec<&'t str> {
        let mut line = vec![team];
        while let Some(parent) = self.parents.get(line[line.len() - 1]) {
            if line.contains(&parent.as_str()) {
                break;
            }
            line.push(parent);
        }
        line
    }

    /// How deep a team is: 1 at the top.
    pub fn level(&self, team: &str) -> usize {
        self.line(team).len()
    }

    /// The team and all below it.
    pub fn below(&self, team: &str) -> BTreeSet<String> {
        let mut below: BTreeSet<String> =
            self.names.iter().filter(|it| self.line(it).contains(&team)).cloned().collect();
        below.insert(team.to_owned());
        below
    }

    /// The team that stands for this one in a roll-up.
    pub(super) fn rolled<'t>(&'t self, team: &'t str, roll_up: &RollUp<'_>) -> &'t str {
        let line = self.line(team);
        match roll_up {
            RollUp::Named => team,
            RollUp::Level(level) => line[line.len().saturating_sub(*level)],
            RollUp::Below(above) => match line.iter().position(|it| it == above) {
                Some(place) => line[place.saturating_sub(1)],
                None => team,
            },
        }
    }
}

/// Which teams stand for those that rows name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RollUp<'a> {
    /// They themselves.
    Named,
    /// Those at this depth, 1 at the top; one that is higher stands for itself.
    Level(usize),
    /// The children of this team; it stands for itself.
    Below(&'a str),
}

/// The teams of a row with how much of it each has. What is left of the whole is nobody's; shares that are together more
/// than the whole are scaled to it.
pub(super) fn shares<'t>(team: Option<&'t str>, shares: Option<&'t str>) -> Vec<(Option<&'t str>, f64)> {
    let Some(shares) = shares else { return vec![(team, 1.0)] };
    let mut parts: Vec<(Option<&str>, f64)> = Vec::new();
    let mut begin = 0;
    for end in shares.match_indices(' ').map(|(end, _)| end).chain([shares.len()]) {
        // A team's name may have spaces and signs of equality; its share is what ends in a number.
        let share = shares[begin..end].rsplit_once('=');
        let Some((team, weight)) = share.and_then(|(team, weight)| Some((team, weight.parse::<f64>().ok()?))) else {
            continue;
        };
        begin = end + 1;
        if weight > 0.0 && weight.is_finite() {
            parts.push((Some(team), weight));
        }
    }
    let total: f64 = parts.iter().map(|(_, weight)| weight).sum();
    if total <= 0.0 {
        return vec![(team, 1.0)];
    }
    if total > 1.0 + ROUNDING {
        parts.iter_mut().for_each(|(_, weight)| *weight /= total);
    } else if total < 1.0 - ROUNDING {
        parts.push((None, 1.0 - total));
    }
    parts
}

/// The parts of equal keys put together, in the order of the keys; a part that is all but the whole is the whole.
pub(super) fn merged<K: Ord>(parts: impl IntoIterator<Item = (K, f64)>) -> BTreeMap<K, f64> {
    let mut merged: BTreeMap<K, f64> = BTreeMap::new();
    for (key, weight) in parts {
        *merged.entry(key).or_default() += weight;
    }
    for weight in merged.values_mut().filter(|weight| **weight > 1.0 - ROUNDING) {
        *weight = 1.0;
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Teams {
        Teams::new([
            ("rd", None),
            ("platform", Some("rd")),
            ("core", Some("platform")),
            ("edge", Some("platform")),
            ("web", Some("rd")),
        ])
    }

    #[test]
    fn a_team_has_all_below_it() {
        let teams = tree();
        let names = |team: &str| teams.below(team).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(names("rd"), "core edge platform rd web");
        assert_eq!(names("platform"), "core edge platform");
        assert_eq!(names("core"), "core");
        assert_eq!(names("gone"), "gone");
        assert_eq!((teams.level("rd"), teams.level("core")), (1, 3));
    }

    #[test]
    fn a_circle_of_parents_ends() {
        let teams = Teams::new([("a", Some("b")), ("b", Some("a")), ("c", Some("a"))]);
        assert_eq!(teams.line("a"), ["a", "b"]);
        assert_eq!(teams.line("c"), ["c", "a", "b"]);
        assert_eq!(teams.below("a").len(), 3);
    }

    #[test]
    fn teams_are_rolled_up_to_a_level_or_below_a_team() {
        let teams = tree();
        let rolled = |roll_up: RollUp<'static>| {
            ["core", "web", "rd", "else"].map(|team| teams.rolled(team, &roll_up).to_owned())
        };
        assert_eq!(rolled(RollUp::Named), ["core", "web", "rd", "else"]);
        assert_eq!(rolled(RollUp::Level(1)), ["rd", "rd", "rd", "else"]);
        assert_eq!(rolled(RollUp::Level(2)), ["platform", "web", "rd", "else"]);
        assert_eq!(rolled(RollUp::Level(9)), ["core", "web", "rd", "else"]);
        assert_eq!(rolled(RollUp::Below("rd")), ["platform", "web", "rd", "else"]);
        assert_eq!(rolled(RollUp::Below("platform")), ["core", "web", "rd", "else"]);
    }

    #[test]
    fn shares_are_together_the_row() {
        assert_eq!(shares(Some("core"), None), [(Some("core"), 1.0)]);
        assert_eq!(shares(None, None), [(None, 1.0)]);
        assert_eq!(shares(Some("edge"), Some("core=0.4 edge=0.6")), [(Some("core"), 0.4), (Some("edge"), 0.6)]);
        // Two full memberships are two halves; half a membership leaves half to nobody.
        assert_eq!(shares(Some("a"), Some("a=1 b=1")), [(Some("a"), 0.5), (Some("b"), 0.5)]);
        assert_eq!(shares(None, Some("a=0.25 b=0.25")), [(Some("a"), 0.25), (Some("b"), 0.25), (None, 0.5)]);
        assert_eq!(shares(Some("a"), Some("a=nothing")), [(Some("a"), 1.0)]);
        assert_eq!(shares(None, Some("the a=1 team=0.5 b=0.5"))[0], (Some("the a"), 0.5));
        // Below one parent they are the whole row again, to the last digit.
        assert_eq!(merged([("p", 0.1), ("p", 0.2), ("p", 0.7)]).into_iter().collect::<Vec<_>>(), [("p", 1.0)]);
    }
}
