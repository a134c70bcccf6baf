//! How somebody's time is divided among the teams of that moment.

use super::file::Member;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// A time of one weight in one team.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Share<'a> {
    pub member: &'a Member,
    pub from: DateTime<Utc>,
    pub to: Option<DateTime<Utc>>,
    pub weight: f64,
}

impl PartialEq for Member {
    fn eq(&self, other: &Member) -> bool {
        self.at == other.at
    }
}

/// The members' times, cut where a weight changes. Who has no weight has an equal share of the teams that the file names
/// the person in at that time, as with GitHub's teams.
pub(super) fn of(members: &[Member]) -> Vec<Share<'_>> {
    let mut of_person: BTreeMap<_, Vec<&Member>> = BTreeMap::new();
    for member in members {
        of_person.entry(member.person()).or_default().push(member);
    }
    members.iter().flat_map(|member| pieces(member, &of_person[&member.person()])).collect()
}

fn pieces<'a>(member: &'a Member, all: &[&Member]) -> Vec<Share<'a>> {
    let ends = all.iter().flat_map(|it| [Some(it.from), it.to]).flatten();
    let begins: BTreeSet<DateTime<Utc>> = ends.filter(|time| member.holds(*time)).collect();
    let mut pieces: Vec<Share<'a>> = Vec::new();
    for from in begins {
        let count = all.iter().filter(|it| it.holds(from)).count();
        let weight = member.weight.unwrap_or(1.0 / count as f64);
        if let Some(before) = pieces.last_mut() {
            if before.weight == weight {
                continue;
            }
            before.to = Some(from);
        }
        pieces.push(Share { member, from, to: member.to, weight });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn shares_change_with_the_teams_of_the_moment() {
        let day = |day| DateTime::UNIX_EPOCH + TimeDelta::days(day);
        let member = |team: &str, from, to: Option<i64>, weight| Member {
            team: team.to_owned(),
            login: Some("ann".to_owned()),
            email: None,
            from: day(from),
            to: to.map(day),
            weight,
            at: 0,
        };
        let members = [
            member("a", 0, None, None),
            member("b", 2, Some(4), None),
            member("c", 3, Some(4), Some(0.2)),
            member("b", 6, None, None),
        ];
        let said: Vec<(&str, i64, Option<i64>, f64)> = of(&members)
            .iter()
            .map(|it| {
                let days = |time: DateTime<Utc>| (time - DateTime::UNIX_EPOCH).num_days();
                (it.member.team.as_str(), days(it.from), it.to.map(days), it.weight)
            })
            .collect();
        let third = 1.0 / 3.0;
        assert_eq!(
            said,
            [
                ("a", 0, Some(2), 1.0),
                ("a", 2, Some(3), 0.5),
                ("a", 3, Some(4), third),
                ("a", 4, Some(6), 1.0),
                ("a", 6, None, 0.5),
                ("b", 2, Some(3), 0.5),
                ("b", 3, Some(4), third),
                ("c", 3, Some(4), 0.2),
                ("b", 6, None, 0.5),
            ]
        );
    }
}
