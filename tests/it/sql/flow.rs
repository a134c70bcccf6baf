//! What holds for the phases of any pull requests, for engineer-weeks and for work in progress, however absurd the data.

use super::database::Database;
use chrono::DateTime;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

/// A session takes long to make and a pull request is quickly measured: few cases of many.
const CASES: u32 = 4;
const PULLS: usize = 60;

/// 28 February 2024, a day before the leap day.
const BEGIN: i64 = 1_709_078_400_000_000;
const HOUR: i64 = 3_600_000_000;

const PEOPLE: [(&str, &str, bool); 4] =
    [("ada", "ada", false), ("ada@home", "ada", false), ("bo", "bo", false), ("robot", "robot", true)];

/// Names of the moments in the order in which they should be.
const MOMENTS: [&str; 6] =
    ["first_commit_at", "ready_at", "first_review_at", "approved_at", "merged_at", "deployed_at"];

/// All that the view says of a pull request but when it was.
const MEASURED: &str = "SELECT source, number, coding_microseconds, pickup_microseconds, review_microseconds,
    merge_wait_microseconds, deploy_wait_microseconds, unattributed_microseconds, cycle_microseconds, total_microseconds,
    is_reviewed, review_cycles, review_comments, flags FROM pull_request_phases ORDER BY source, number";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    /// The known phases and the unattributed time are the total, to the microsecond; nothing is negative; what is unknown is
    /// said.
    #[test]
    fn phases_sum_to_the_total(pulls in pulls()) {
        let sql = "SELECT
            CAST(first_commit_at AS BIGINT), CAST(ready_at AS BIGINT), CAST(first_review_at AS BIGINT),
            CAST(approved_at AS BIGINT), CAST(merged_at AS BIGINT), CAST(deployed_at AS BIGINT),
            coding_microseconds, pickup_microseconds, review_microseconds, merge_wait_microseconds, deploy_wait_microseconds,
            unattributed_microseconds, cycle_microseconds, total_microseconds,
            CAST(round((coalesce(coding_hours, 0) + coalesce(pickup_hours, 0) + coalesce(review_hours, 0) +
                coalesce(merge_wait_hours, 0) + coalesce(deploy_wait_hours, 0) + coalesce(unattributed_hours, 0)) * 3.6e9) AS BIGINT),
            flags FROM pull_request_phases";
        let rows = block_on(async { database(&PEOPLE, &statements(&pulls, 0, 1)).await.lines(sql).await.unwrap() });
        prop_assert_eq!(rows.len(), pulls.len());
        for row in rows {
            accounts_for_all_time(&row)?;
        }
    }

    /// Time moved as a whole changes no number, over leap days, changes of clocks and the turn of years.
    #[test]
    fn a_shift_of_all_moments_shifts_nothing_else(pulls in pulls(), by in -30_000 * HOUR..30_000 * HOUR) {
        let measured = |by| block_on(async {
            database(&PEOPLE, &statements(&pulls, by, 1)).await.lines(MEASURED).await.unwrap()
        });
        prop_assert_eq!(measured(by), measured(0));
    }

    /// What is told of a pull request twice, under other ids, happened once.
    #[test]
    fn parts_that_are_told_again_change_nothing(pulls in pulls()) {
        let measured = |times| block_on(async {
            database(&PEOPLE, &statements(&pulls, 0, times)).await.lines(MEASURED).await.unwrap()
        });
        prop_assert_eq!(measured(3), measured(1));
    }

    /// Two identities that are found to be one person are active in the weeks of both, and in no more.
    #[test]
    fn a_merge_of_identities_never_raises_engineer_weeks(acts in prop::collection::vec((0..4_usize, 0..900 * HOUR, 0..4_u8), 0..60)) {
        const APART: [(&str, &str, bool); 4] = [("a", "a", false), ("b", "b", false), ("c", "c", false), ("d", "d", true)];
        const MERGED: [(&str, &str, bool); 4] = [("a", "a", false), ("b", "a", false), ("c", "c", false), ("d", "d", true)];
        let statements: Vec<String> = acts.iter().enumerate().map(|(id, act)| activity(id, act)).collect();
        let weeks = |people: &'static [(&str, &str, bool)]| block_on(async {
            let database = database(people, &statements).await;
            database.lines("SELECT week, person_id FROM engineer_weeks ORDER BY week, person_id").await.unwrap()
        });
        let (apart, merged) = (weeks(&APART), weeks(&MERGED));
        prop_assert!(merged.len() <= apart.len());
        let mut united: Vec<String> = apart.iter().map(|week| week.replace(" b", " a")).collect();
        united.sort();
        united.dedup();
        prop_assert_eq!(merged, united);
    }

    /// Little's law: the time-averaged number in progress is the arrivals per unit of time times the mean time in progress.
    #[test]
    fn work_in_progress_obeys_littles_law(spans in prop::collection::vec((0..240_i64, 0..100_i64), 1..40)) {
        let rows = spans.iter().enumerate().map(|(number, (from, hours))| {
            let end = if number % 2 == 0 { "merged_at" } else { "closed_at" };
            format!("INSERT INTO stored.pull_requests (repository, number, state, created_at, {end}) VALUES
                ('app', {number}, 'over', {}, {})", at(BEGIN + from * HOUR), at(BEGIN + (from + hours) * HOUR))
        });
        let statements: Vec<String> = rows.collect();
        let (facts, mean) = block_on(async {
            let database = database(&PEOPLE, &statements).await;
            let facts = database.lines("SELECT CAST(at AS BIGINT), CAST(until AS BIGINT) FROM prs_in_progress").await.unwrap();
            let mean = "SELECT avg(hours_between(created_at, coalesce(merged_at, closed_at))) FROM pull_requests";
            (facts, database.lines(mean).await.unwrap())
        });
        // Whatever lasts whole hours is counted hour by hour.
        let open = |hour: i64| facts.iter().filter(|fact| {
            let ends: Vec<i64> = fact.split(' ').map(|it| it.parse().unwrap()).collect();
            ends[0] <= BEGIN + hour * HOUR && BEGIN + hour * HOUR < ends[1]
        }).count() as f64;
        const WINDOW_HOURS: i64 = 340;
        let in_progress = (0..WINDOW_HOURS).map(open).sum::<f64>() / WINDOW_HOURS as f64;
        let arrivals_per_hour = spans.len() as f64 / WINDOW_HOURS as f64;
        let mean_hours: f64 = mean[0].parse().unwrap();
        // A file's digits are four.
        prop_assert!((in_progress - arrivals_per_hour * mean_hours).abs() < 1e-4 * arrivals_per_hour + 1e-9);
    }
}

/// One line of the moments, the phases, unattributed, cycle, total, the hours' sum and the flags.
fn accounts_for_all_time(row: &str) -> TestCaseResult {
    let mut words = row.splitn(16, ' ');
    let numbers: Vec<Option<i64>> = words.by_ref().take(15).map(|word| word.parse().ok()).collect();
    let flags = words.next().unwrap();
    let (moments, phases) = (&numbers[..6], &numbers[6..11]);
    let (unattributed, cycle, total) = (numbers[11].unwrap_or(0), numbers[12], numbers[13]);
    let known: Vec<i64> = moments.iter().flatten().copied().collect();
    prop_assert!(known.is_sorted(), "{} of {:?}", row, MOMENTS);
    for (phase, ends) in phases.iter().zip(moments.windows(2)) {
        let expected = ends[0].zip(ends[1]).map(|(from, to)| to - from);
        prop_assert_eq!(*phase, expected, "{}", row);
        prop_assert!(phase.is_none_or(|micros| micros >= 0), "{}", row);
    }
    prop_assert!(unattributed >= 0, "{}", row);
    let sum = phases.iter().flatten().sum::<i64>() + unattributed;
    let span = known.last().zip(known.first()).map_or(0, |(last, first)| last - first);
    prop_assert_eq!(sum, span, "{}", row);
    prop_assert_eq!(numbers[14], Some(sum), "{}", row);
    let is_total = moments[0].is_some() && moments[4].is_some();
    prop_assert_eq!(total, is_total.then_some(sum), "{}", row);
    prop_assert_eq!(cycle, is_total.then(|| sum - phases[4].unwrap_or(0)), "{}", row);
    let unknown = if flags == "NULL" { 0 } else { flags.split(", ").count() };
    prop_assert_eq!(unknown, moments.len() - known.len(), "{}", row);
    Ok(())
}

/// A pull request as a source may tell it.
#[derive(Clone, Debug)]
struct Pull {
    /// Its parts are told, and its moments follow from them.
    has_parts: bool,
    is_draft: bool,
    /// Opened and then as [`MOMENTS`].
    moments: [Option<i64>; 7],
    commits: Vec<i64>,
    reviews: Vec<(usize, usize, i64)>,
    events: Vec<(usize, i64)>,
}

fn pulls() -> impl Strategy<Value = Vec<Pull>> {
    // Few moments, so that many are the same, and some odd microseconds.
    let moment = || prop_oneof![4 => (0..12_i64).prop_map(|it| it * HOUR), 1 => -HOUR..12 * HOUR];
    let moments = prop::array::uniform7(prop::option::weighted(0.85, moment()));
    let reviews = prop::collection::vec((0..4_usize, 0..4_usize, moment()), 0..5);
    let events = prop::collection::vec((0..3_usize, moment()), 0..5);
    let commits = prop::collection::vec(moment(), 0..4);
    let pull = (any::<bool>(), any::<bool>(), moments, commits, reviews, events);
    let pull = pull.prop_map(|(has_parts, is_draft, moments, commits, reviews, events)| Pull {
        has_parts,
        is_draft,
        moments,
        commits,
        reviews,
        events,
    });
    prop::collection::vec(pull, PULLS)
}

/// The rows of pull requests, `by` microseconds later, and their parts so many times.
fn statements(pulls: &[Pull], by: i64, times: usize) -> Vec<String> {
    let mut rows = [const { Vec::new() }; 4];
    // A source that tells parts tells those of all of its pull requests.
    rows[1].push("('hub', 'other', 0, 'a', NULL)".to_owned());
    for (number, pull) in pulls.iter().enumerate() {
        let time = |offset: Option<i64>| offset.map_or("NULL".to_owned(), |it| at(BEGIN + it + by));
        let [opened, commit, ready, review, approved, merged, deployed] = pull.moments.map(time);
        if !pull.has_parts {
            rows[0].push(format!(
                "('file', 'app', {number}, 'ada', {}, {opened}, {commit}, {ready}, {review}, {approved}, {merged},
                {deployed})",
                pull.is_draft
            ));
            continue;
        }
        let key = format!("'hub', 'app', {number}");
        rows[0]
            .push(format!("({key}, 'ada', {}, {opened}, NULL, NULL, NULL, NULL, {merged}, {deployed})", pull.is_draft));
        for copy in 0..times {
            for (id, offset) in pull.commits.iter().enumerate() {
                rows[1].push(format!("({key}, '{copy}-{id}', {})", time(Some(*offset))));
            }
            for (id, (who, state, offset)) in pull.reviews.iter().enumerate() {
                let (who, state) =
                    (PEOPLE[*who].0, ["commented", "changes_requested", "approved", "dismissed"][*state]);
                rows[2].push(format!("({key}, '{copy}-{id}', '{who}', '{state}', {})", time(Some(*offset))));
            }
            for (id, (event, offset)) in pull.events.iter().enumerate() {
                let event = ["ready_for_review", "converted_to_draft", "head_force_pushed"][*event];
                rows[3].push(format!("({key}, '{copy}-{id}', '{event}', {})", time(Some(*offset))));
            }
        }
    }
    let columns = [
        "pull_requests (source, repository, number, author_id, is_draft, created_at, first_commit_at, ready_at, first_review_at,
            approved_at, merged_at, deployed_at)",
        "pull_request_commits (source, repository, pull_request, sha, authored_at)",
        "reviews (source, repository, pull_request, review_id, reviewer_id, state, submitted_at)",
        "pull_request_events (source, repository, pull_request, event_id, event, happened_at)",
    ];
    let filled = columns.iter().zip(&rows).filter(|(_, rows)| !rows.is_empty());
    filled.map(|(columns, rows)| format!("INSERT INTO stored.{columns} VALUES {}", rows.join(", "))).collect()
}

/// Something that a person did so long after the beginning.
fn activity(id: usize, (who, offset, kind): &(usize, i64, u8)) -> String {
    let (who, time) = (["a", "b", "c", "d"][*who], at(BEGIN + offset));
    match kind {
        0 => format!(
            "INSERT INTO stored.commits (repository, sha, author_id, authored_at) VALUES ('app', '{id}', '{who}', {time})"
        ),
        1 => format!(
            "INSERT INTO stored.pull_requests (repository, number, author_id, created_at) VALUES ('app', {id}, '{who}', {time})"
        ),
        2 => format!(
            "INSERT INTO stored.pull_requests (repository, number, author_id, merged_at) VALUES ('app', {id}, '{who}', {time})"
        ),
        _ => format!(
            "INSERT INTO stored.reviews (repository, pull_request, review_id, reviewer_id, submitted_at)
             VALUES ('app', 1, '{id}', '{who}', {time})"
        ),
    }
}

/// A moment as SQL.
fn at(micros: i64) -> String {
    format!("'{}'", DateTime::from_timestamp_micros(micros).unwrap().format("%Y-%m-%dT%H:%M:%S%.6fZ"))
}

async fn database(people: &[(&str, &str, bool)], statements: &[String]) -> Database {
    let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
    Database::filled(people, &statements).await.unwrap()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}
