//! Rows divided between groups, and between teams where a person is in several.
//!
//! One rule: the parts of a row are together the row, or less where only some teams are asked for.

use super::facts::{Facts, Groups, Part, Texts, UNKNOWN};
use super::teams::{RollUp, Teams, merged, shares};
use std::collections::{BTreeMap, BTreeSet};

/// Up to so many combinations of names have a place of their own in a table.
const TABLE: u128 = 1 << 20;

/// The dimensions of rows, and what is asked of them.
pub(super) struct Division<'a> {
    pub teams: &'a Teams,
    pub roll_up: RollUp<'a>,
    /// Only these teams.
    pub below: Option<BTreeSet<String>>,
    /// One a dimension to keep apart.
    pub cuts: Vec<Texts>,
    /// Which of them is the team.
    pub is_team: Vec<bool>,
    pub team: Option<Texts>,
    /// Known where a row is split.
    pub shares: Option<Texts>,
}

/// What teams have of a row, by the team that stands for them in the roll-up.
type Parts = BTreeMap<Option<String>, f64>;

impl Division<'_> {
    /// The facts with weights and groups. Rows of which no part is asked for are left out.
    pub(super) fn divide(mut self, mut facts: Facts) -> Facts {
        if let (Some(shares), Some(_)) = (&self.shares, &self.below) {
            let parts = self.parts_by_text();
            let weight = |row: usize| match parts.get(&self.key(row)) {
                Some(parts) => merged(parts.values().map(|weight| ((), *weight))).values().sum(),
                None => 1.0,
            };
            let weights: Vec<f64> = (0..shares.codes().len()).map(weight).collect();
            let is_kept: Vec<bool> = weights.iter().map(|weight| *weight > 0.0).collect();
            facts.weights = weights.iter().any(|weight| *weight < 1.0).then_some(weights);
            if is_kept.contains(&false) {
                facts.keep(&is_kept);
                self.cuts.iter_mut().for_each(|cut| cut.keep(&is_kept));
                self.team.iter_mut().chain(&mut self.shares).for_each(|texts| texts.keep(&is_kept));
            }
            facts.weights = facts.weights.filter(|weights| weights.iter().any(|weight| *weight < 1.0));
        }
        if !self.cuts.is_empty() {
            facts.groups = Some(self.groups(facts.len()));
        }
        facts
    }

    /// What decides the parts of a row.
    fn key(&self, row: usize) -> (u32, u32) {
        let code = |texts: &Option<Texts>| texts.as_ref().map_or(UNKNOWN, |texts| texts.code(row));
        (code(&self.shares), code(&self.team))
    }

    /// The parts of rows that are split, by what decides them: few are different.
    fn parts_by_text(&self) -> BTreeMap<(u32, u32), Parts> {
        let mut parts = BTreeMap::new();
        let Some(texts) = &self.shares else { return parts };
        for row in (0..texts.codes().len()).filter(|row| texts.code(*row) != UNKNOWN) {
            parts.entry(self.key(row)).or_insert_with(|| self.parts(row));
        }
        parts
    }

    fn parts(&self, row: usize) -> Parts {
        let text = |texts: &'_ Option<Texts>| texts.as_ref().and_then(|texts| texts.get(row)).map(str::to_owned);
        let (team, split) = (text(&self.team), text(&self.shares));
        let is_asked =
            |team: Option<&str>| self.below.as_ref().is_none_or(|below| team.is_some_and(|team| below.contains(team)));
        let parts = shares(team.as_deref(), split.as_deref()).into_iter().filter(|(team, _)| is_asked(*team));
        merged(parts.map(|(team, weight)| (team.map(|team| self.rolled(team)), weight)))
    }

    fn rolled(&self, team: &str) -> String {
        self.teams.rolled(team, &self.roll_up).to_owned()
    }

    fn groups(&self, rows: usize) -> Groups {
        let team_place = self.is_team.iter().position(|is_team| *is_team);
        let parts = if team_place.is_some() { self.parts_by_text() } else { BTreeMap::new() };
        let of_parts: BTreeSet<&String> = parts.values().flat_map(BTreeMap::keys).flatten().collect();
        let mut names = Vec::new();
        for (cut, is_team) in self.cuts.iter().zip(&self.is_team) {
            names.push(match is_team {
                true => Names::of(cut, |name| self.rolled(name), &of_parts),
                false => Names::of(cut, str::to_owned, &BTreeSet::new()),
            });
        }
        let mut numbers = Numbers::new(names.iter().map(Names::radix).product());
        let mut groups = Groups { of: vec![Groups::SPLIT; rows], ..Groups::default() };
        for row in 0..rows {
            // The combination of names as one number, in the order of the names.
            let combined = |team: Option<u32>| {
                let mut number = 0;
                for (place, names) in names.iter().enumerate() {
                    let code = team.filter(|_| Some(place) == team_place);
                    let code = code.unwrap_or_else(|| names.code(self.cuts[place].code(row)));
                    number = number * names.radix() + u128::from(code);
                }
                number
            };
            match team_place.and_then(|place| Some((place, parts.get(&self.key(row))?))) {
                None => groups.of[row] = numbers.of(combined(None)),
                Some((place, parts)) => {
                    for (team, weight) in parts {
                        let group = numbers.of(combined(Some(names[place].named(team.as_deref()))));
                        groups.parts.push(Part { row: row as u32, group, weight: *weight });
                    }
                }
            }
        }
        in_order(groups, numbers, &names)
    }
}

/// The names of a dimension in the order of the alphabet, the unknown last.
struct Names {
    names: Vec<String>,
    /// Of each code of the column its place in them.
    places: Vec<u32>,
}

impl Names {
    fn of(cut: &Texts, stands_for: impl Fn(&str) -> String, further: &BTreeSet<&String>) -> Names {
        let all: Vec<String> = cut.names().iter().map(|name| stands_for(name)).collect();
        let names: BTreeSet<&String> = all.iter().chain(further.iter().copied()).collect();
        let names: Vec<String> = names.into_iter().cloned().collect();
        let place = |name: &String| names.binary_search(name).unwrap_or(names.len()) as u32;
        let places = all.iter().map(place).collect();
        Names { names, places }
    }

    fn radix(&self) -> u128 {
        self.names.len() as u128 + 1
    }

    fn unknown(&self) -> u32 {
        self.names.len() as u32
    }

    fn code(&self, code: u32) -> u32 {
        self.places.get(code as usize).copied().unwrap_or(self.unknown())
    }

    fn named(&self, name: Option<&str>) -> u32 {
        let place = name.and_then(|name| self.names.binary_search_by(|it| it.as_str().cmp(name)).ok());
        place.map_or(self.unknown(), |place| place as u32)
    }
}

/// Combinations of names, numbered as they come.
struct Numbers {
    /// By combination where there are few, else in the map; [`UNKNOWN`] until it comes.
    table: Vec<u32>,
    map: BTreeMap<u128, u32>,
    seen: Vec<u128>,
}

impl Numbers {
    fn new(combinations: u128) -> Numbers {
        let size = if combinations <= TABLE { combinations as usize } else { 0 };
        Numbers { table: vec![UNKNOWN; size], map: BTreeMap::new(), seen: Vec::new() }
    }

    fn of(&mut self, combination: u128) -> u32 {
        let next = self.seen.len() as u32;
        let number = match self.table.get_mut(combination as usize).filter(|_| combination < TABLE) {
            Some(number) if *number == UNKNOWN => {
                *number = next;
                next
            }
            Some(number) => return *number,
            None => *self.map.entry(combination).or_insert(next),
        };
        if number == next {
            self.seen.push(combination);
        }
        number
    }
}

/// The groups numbered in the order of their names.
fn in_order(mut groups: Groups, numbers: Numbers, names: &[Names]) -> Groups {
    let mut order: Vec<(u128, u32)> = numbers.seen.iter().copied().zip(0..).collect();
    order.sort_unstable();
    let mut places = vec![0_u32; order.len()];
    for (place, (combination, number)) in order.iter().enumerate() {
        places[*number as usize] = place as u32;
        let mut rest = *combination;
        let mut name: Vec<Option<String>> = Vec::new();
        for names in names.iter().rev() {
            name.push(names.names.get((rest % names.radix()) as usize).cloned());
            rest /= names.radix();
        }
        name.reverse();
        groups.names.push(name);
    }
    groups.of.iter_mut().filter(|group| **group != Groups::SPLIT).for_each(|group| *group = places[*group as usize]);
    groups.parts.iter_mut().for_each(|part| part.group = places[part.group as usize]);
    groups.parts.sort_by_key(|part| (part.row, part.group));
    groups
}

#[cfg(test)]
mod tests;
