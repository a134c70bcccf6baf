//! What holds for weeks of work, whatever was done in them.

use super::database::Database;
use chrono::{Datelike, Duration};
use proptest::prelude::*;
use std::collections::BTreeSet;

const SUBJECTS: [&str; 5] = ["feat: a", "fix(b): c", "docs: d", "whatever", ""];

/// Who, on which day, about what.
type Work = (usize, i64, usize);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    /// Each week that a person worked in is one in all, however many things were done in it.
    #[test]
    fn weeks_are_divided_and_not_multiplied(
        commits in prop::collection::vec(work(), 1..30),
        pulls in prop::collection::vec((work(), prop::option::of(0..20_i64)), 1..12),
    ) {
        let weeks: BTreeSet<(usize, i64)> = commits
            .iter()
            .map(|(person, day, _)| (*person, week(*day)))
            .chain(pulls.iter().flat_map(|((person, day, _), merged)| {
                [Some(*day), merged.map(|after| day + after)].into_iter().flatten().map(|day| (*person, week(day)))
            }))
            .collect();
        let found = tokio::runtime::Runtime::new().unwrap().block_on(divided(&commits, &pulls));
        prop_assert_eq!(found, [format!("{} 0", weeks.len())]);
    }
}

fn work() -> impl Strategy<Value = Work> {
    (0..4_usize, 0..60_i64, 0..SUBJECTS.len())
}

/// Weeks since the Monday that all begins with.
fn week(day: i64) -> i64 {
    day.div_euclid(7)
}

fn moment(day: i64) -> String {
    let monday = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap();
    assert_eq!(monday.weekday(), chrono::Weekday::Mon);
    format!("{}T23:59:59Z", monday + Duration::days(day))
}

/// How many weeks of how many people there are, each of whom is alone in a team, and how many of them are not one.
async fn divided(commits: &[Work], pulls: &[(Work, Option<i64>)]) -> Vec<String> {
    let people = ["p0", "p1", "p2", "p3"].map(|person| (person, person, false));
    let members: Vec<String> =
        (0..people.len()).map(|it| format!("('t{it}', 'p{it}', '2020-01-01T00:00:00Z', 1.0)")).collect();
    let commits = commits.iter().enumerate().map(|(sha, (person, day, subject))| {
        format!("('app', '{sha}', 'p{person}', '{}', '{}')", moment(*day), SUBJECTS[*subject])
    });
    let pulls = pulls.iter().enumerate().map(|(number, ((person, day, subject), merged))| {
        let merged = merged.map_or("NULL".to_owned(), |after| format!("'{}'", moment(day + after)));
        // Every third was merged as a commit, which is then not work of its own.
        let sha = if number % 3 == 0 { format!("'{number}'") } else { "NULL".to_owned() };
        format!("('app', {number}, 'p{person}', '{}', {merged}, '{}', {sha})", moment(*day), SUBJECTS[*subject])
    });
    let statements = [
        format!("INSERT INTO stored.team_members (team, person_id, valid_from, weight) VALUES {}", members.join(", ")),
        format!(
            "INSERT INTO stored.commits (repository, sha, author_id, authored_at, subject) VALUES {}",
            commits.collect::<Vec<_>>().join(", ")
        ),
        format!(
            "INSERT INTO stored.pull_requests (repository, number, author_id, created_at, merged_at, title, merge_sha) VALUES {}",
            pulls.collect::<Vec<_>>().join(", ")
        ),
    ];
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    let database = Database::filled(&people, &statements).await.unwrap();
    let sql = "SELECT count(*), sum(CAST(abs(total - 1) > 1e-9 AS INT))
               FROM (SELECT at, team, sum(numerator) AS total FROM investment_balance GROUP BY at, team)";
    database.lines(sql).await.unwrap()
}
