//! The teams of a real community, written as files of teams: <https://github.com/kubernetes/org> and the special interest groups of
//! <https://github.com/kubernetes/community>.

use super::product;
use crate::github_payloads::{output, shared};
use paceline::collect::catalog::yaml;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Team → the one above it, and its members.
type Teams = BTreeMap<String, (Option<String>, BTreeSet<String>)>;

/// Takes the teams of a map by name, as `teams.yaml` and `org.yaml` have them.
fn take(organisation: &str, parent: Option<&str>, within: &Value, teams: &mut Teams) {
    for (name, team) in within["teams"].as_object().into_iter().flatten() {
        let name = format!("{organisation}/{name}");
        let people = ["members", "maintainers"].into_iter().filter_map(|list| team[list].as_array()).flatten();
        let people = people.map(|login| login.as_str().unwrap().to_lowercase());
        let known = teams.entry(name.clone()).or_default();
        known.0 = parent.map(str::to_owned);
        known.1.extend(people);
        take(organisation, Some(&name), team, teams);
    }
}

/// Writes the teams as CSV, collects them and holds the tables against them.
fn are_read(teams: &Teams) {
    let memberships: usize = teams.values().map(|(_, members)| members.len()).sum();
    let mut csv = "team,parent,login\n".to_owned();
    for (team, (parent, members)) in teams {
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
    let tree: Vec<Vec<String>> = teams
        .iter()
        .map(|(team, (parent, members))| {
            vec![team.clone(), parent.clone().unwrap_or_default(), members.len().to_string()]
        })
        .collect();
    let sql = "SELECT t.team, t.parent, count(m.person_id) FROM teams t LEFT JOIN team_members m ON m.team = t.team
               GROUP BY t.team, t.parent ORDER BY 1";
    assert_eq!(product.rows(sql), tree);
}

#[test]
fn large_organisations_are_read() {
    let Some(archive) = shared("teams/kubernetes-org-HEAD-config.tar.xz") else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut unpack = Command::new("tar");
    unpack.arg("-xJf").arg(archive).arg("-C").arg(folder.path());
    let Some(_) = output(&mut unpack) else { return };
    let mut teams = Teams::new();
    let mut organisations = BTreeSet::new();
    let files = format!("{}/config/**/*.yaml", folder.path().display());
    for path in glob::glob(&files).unwrap() {
        let path = path.unwrap();
        let below = path.strip_prefix(folder.path().join("config")).unwrap();
        let organisation = below.iter().next().unwrap().to_str().unwrap().to_owned();
        if !["teams.yaml", "org.yaml"].contains(&path.file_name().unwrap().to_str().unwrap()) {
            continue;
        }
        for document in yaml::documents(&std::fs::read_to_string(&path).unwrap()).unwrap() {
            take(&organisation, None, &document.value, &mut teams);
        }
        organisations.insert(organisation);
    }
    let nested = teams.values().filter(|(parent, _)| parent.is_some()).count();
    let memberships: usize = teams.values().map(|(_, members)| members.len()).sum();
    eprintln!(
        "{} organisations, {} teams, {nested} below others, {memberships} memberships",
        organisations.len(),
        teams.len()
    );
    assert!(organisations.len() >= 3 && teams.len() > 400 && nested > 50 && memberships > 2_000);
    are_read(&teams);
}

#[test]
fn special_interest_groups_are_read() {
    let Some(path) = shared("teams/kubernetes-sigs.yaml") else { return };
    let documents = yaml::documents(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut teams = Teams::new();
    for kind in ["sigs", "workinggroups", "committees", "usergroups"] {
        for group in documents[0].value[kind].as_array().into_iter().flatten() {
            let name = group["dir"].as_str().unwrap();
            let leaders =
                ["chairs", "tech_leads"].into_iter().filter_map(|list| group["leadership"][list].as_array()).flatten();
            let leaders = leaders.map(|leader| leader["github"].as_str().unwrap().to_lowercase());
            teams.entry(name.to_owned()).or_default().1.extend(leaders);
            for subproject in group["subprojects"].as_array().into_iter().flatten() {
                let below = format!("{name}/{}", subproject["name"].as_str().unwrap());
                teams.entry(below).or_default().0 = Some(name.to_owned());
            }
        }
    }
    assert!(teams.len() > 150, "{} groups", teams.len());
    are_read(&teams);
}
