//! The teams of a real organisation, written as CSV: <https://github.com/kubernetes/org>.

use super::product;
use crate::github_payloads::{output, shared};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Team → the one above it, and its members.
type Teams = BTreeMap<String, (Option<String>, BTreeSet<String>)>;

/// What the files say of teams; they are YAML of which no more is read than keys and lists.
fn teams(text: &str) -> Teams {
    let mut teams = Teams::new();
    // The keys above the line, with their indentation.
    let mut above: Vec<(usize, String)> = Vec::new();
    for line in text.lines() {
        let content = line.split(" #").next().unwrap_or_default().trim();
        let indent = line.len() - line.trim_start().len();
        let is_list = matches!(above.last(), Some((_, key)) if ["members", "maintainers"].contains(&key.as_str()));
        if let Some(login) = content.strip_prefix("- ").filter(|_| is_list) {
            let team = above[above.len() - 2].1.clone();
            teams.entry(team).or_default().1.insert(login.trim_matches('"').to_lowercase());
        } else if let Some((key, _)) =
            content.split_once(':').filter(|(key, _)| !key.contains([' ', '-', '/']) || is_name(&above, indent))
        {
            above.retain(|(depth, _)| *depth < indent);
            let is_team = matches!(above.last(), Some((_, key)) if key == "teams");
            if is_team {
                let parent = above.len().checked_sub(2).map(|index| above[index].1.clone());
                teams.entry(key.to_owned()).or_default().0 = parent;
            }
            above.push((indent, key.to_owned()));
        }
    }
    teams
}

/// Whether what stands at this depth is the name of a team.
fn is_name(above: &[(usize, String)], indent: usize) -> bool {
    matches!(above.iter().rev().find(|(depth, _)| *depth < indent), Some((_, key)) if key == "teams")
}

#[test]
fn a_large_organisation_is_read() {
    let Some(archive) = shared("teams/kubernetes-org-HEAD-config.tar.xz") else { return };
    let mut unpack = Command::new("tar");
    unpack.arg("-xJOf").arg(archive).args(["--wildcards", "config/kubernetes/*/teams.yaml"]);
    let Some(text) = output(&mut unpack) else { return };
    let teams = teams(&String::from_utf8(text).unwrap());
    let memberships: usize = teams.values().map(|(_, members)| members.len()).sum();
    assert!(teams.len() > 200 && memberships > 1_000, "{} teams, {memberships} memberships", teams.len());

    let mut csv = "team,parent,login\n".to_owned();
    for (team, (parent, members)) in &teams {
        let parent = parent.as_deref().unwrap_or_default();
        csv += &format!("{team},{parent},\n");
        csv.extend(members.iter().map(|login| format!("{team},,{login}\n")));
    }
    let product = product("teams.csv", &csv);
    let said = product.run(["collect"]).succeeded().stderr;
    assert_eq!(said, format!("people: {} teams, {memberships} team_members\n", teams.len()));
    let people: BTreeSet<&String> = teams.values().flat_map(|(_, members)| members).collect();
    let expected = people.len().to_string();
    // Everybody is one person, of whom the shares are the whole.
    let sql = "SELECT count(*), min(whole), max(whole) FROM
               (SELECT person_id, round(sum(weight), 6) AS whole FROM team_members GROUP BY person_id)";
    assert_eq!(product.rows(sql), [[expected.as_str(), "1.0", "1.0"]]);
    let parents = teams.values().filter(|(parent, _)| parent.is_some()).count();
    assert_eq!(product.rows("SELECT count(parent) FROM teams"), [[parents.to_string()]]);
}
