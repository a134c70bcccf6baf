use super::super::facts::{Texts, Values};
use super::*;
use proptest::prelude::*;

/// org above platform and web, platform above core and edge.
fn tree() -> Teams {
    let edges = [("platform", "org"), ("web", "org"), ("core", "platform"), ("edge", "platform")];
    Teams::new(edges.map(|(team, parent)| (team, Some(parent))).into_iter().chain([("org", None)]))
}

const TEAMS: [&str; 5] = ["org", "platform", "web", "core", "edge"];

/// A row's home team and its shares in hundredths, where it is split.
type Row = (Option<usize>, Vec<(usize, u8)>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let share = prop::collection::btree_map(0..TEAMS.len(), 1..=100_u8, 0..4).prop_map(|it| it.into_iter().collect());
    prop::collection::vec((prop::option::of(0..TEAMS.len()), share), 0..40)
}

fn divided(rows: &[Row], roll_up: RollUp<'_>, below: Option<&str>) -> Facts {
    let teams = tree();
    let text = |shares: &Vec<(usize, u8)>| {
        let parts = shares.iter().map(|(team, share)| format!("{}={}", TEAMS[*team], f64::from(*share) / 100.0));
        (!shares.is_empty()).then(|| parts.collect::<Vec<_>>().join(" "))
    };
    let shares: Vec<Option<String>> = rows.iter().map(|(_, shares)| text(shares)).collect();
    let names: Vec<Option<&str>> = rows.iter().map(|(team, _)| team.map(|team| TEAMS[team])).collect();
    // As SQL does: rows of other teams that are not split are not read.
    let asked = below.map(|team| teams.below(team));
    let is_read = |row: usize| {
        asked.as_ref().is_none_or(|asked| shares[row].is_some() || names[row].is_some_and(|team| asked.contains(team)))
    };
    let read: Vec<usize> = (0..rows.len()).filter(|row| is_read(*row)).collect();
    let team: Texts = read.iter().map(|row| names[*row]).collect();
    let shares: Texts = read.iter().map(|row| shares[*row].as_deref()).collect();
    let facts = Facts { at: read.iter().map(|row| *row as i64).collect(), values: Values::Rows, ..Facts::default() };
    let division = Division {
        teams: &teams,
        roll_up,
        below: asked,
        cuts: vec![team.clone()],
        is_team: vec![true],
        team: Some(team),
        shares: Some(shares),
    };
    division.divide(facts)
}

/// How much each group has.
fn sums(facts: &Facts) -> BTreeMap<String, f64> {
    let groups = facts.groups.as_ref().unwrap();
    let mut sums = BTreeMap::new();
    for part in groups.entries() {
        *sums.entry(groups.name(part.group as usize).unwrap_or("–").to_owned()).or_insert(0.0) += part.weight;
    }
    sums
}

fn total(facts: &Facts) -> f64 {
    (0..facts.len()).map(|row| facts.weight(row)).sum()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

proptest! {
    /// However rows are split and teams rolled up, each row is there once.
    #[test]
    fn groups_are_together_the_rows(rows in rows(), level in 1..5_usize) {
        for roll_up in [RollUp::Named, RollUp::Level(level), RollUp::Below("org"), RollUp::Below("platform")] {
            let facts = divided(&rows, roll_up, None);
            prop_assert_eq!(facts.len(), rows.len());
            prop_assert!(near(sums(&facts).values().sum(), rows.len() as f64));
            let groups = facts.groups.as_ref().unwrap();
            // A row is in a group once, and by no more than the whole.
            let mut entries: Vec<(u32, u32)> = groups.entries().map(|part| (part.row, part.group)).collect();
            let before = entries.len();
            entries.sort_unstable();
            entries.dedup();
            prop_assert_eq!(entries.len(), before);
            prop_assert!(groups.entries().all(|part| 0.0 < part.weight && part.weight <= 1.0));
            prop_assert!(groups.names.windows(2).all(|pair| pair[0][0].is_some() && (pair[1][0].is_none() || pair[0] < pair[1])));
        }
    }

    /// What a team has is what its children have and what is its own, and what its filter gives.
    #[test]
    fn a_parent_is_the_union_of_its_children(rows in rows()) {
        let named = sums(&divided(&rows, RollUp::Named, None));
        for team in TEAMS {
            let below = tree().below(team);
            let expected: f64 = named.iter().filter(|(name, _)| below.contains(*name)).map(|(_, sum)| sum).sum();
            let filtered = divided(&rows, RollUp::Below(team), Some(team));
            prop_assert!(near(total(&filtered), expected), "{}: {} and {}", team, total(&filtered), expected);
            prop_assert!(near(sums(&filtered).values().sum(), expected));
        }
        let by_level = sums(&divided(&rows, RollUp::Level(2), None));
        let platform: f64 = ["platform", "core", "edge"].iter().filter_map(|team| named.get(*team)).sum();
        prop_assert!(near(by_level.get("platform").copied().unwrap_or_default(), platform));
    }

    /// Two teams that become one have what both had, and no row twice.
    #[test]
    fn merged_teams_have_what_both_had(rows in rows()) {
        let (core, edge) = (3, 4);
        let merge = |team: usize| if team == edge { core } else { team };
        let merged: Vec<Row> = rows
            .iter()
            .map(|(team, shares)| {
                let mut parts: BTreeMap<usize, u8> = BTreeMap::new();
                // Shares beyond a hundred are scaled either way.
                shares.iter().for_each(|(team, share)| {
                    let part = parts.entry(merge(*team)).or_default();
                    *part = part.saturating_add(*share);
                });
                (team.map(merge), parts.into_iter().collect())
            })
            .collect();
        let (apart, together) = (sums(&divided(&rows, RollUp::Named, None)), sums(&divided(&merged, RollUp::Named, None)));
        let of = |sums: &BTreeMap<String, f64>, team: &str| sums.get(team).copied().unwrap_or_default();
        prop_assert!(near(of(&together, "core"), of(&apart, "core") + of(&apart, "edge")));
    }
}
