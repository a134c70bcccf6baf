//! Whatever happened to the tables, corrected facts are those of a whole computation, byte for byte.

use super::folder::{Folder, METRICS, id};
use super::kept::assert_same_as_whole;
use paceline::query::Way;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

/// One thing that a collector may do.
#[derive(Clone, Debug)]
enum Step {
    /// New or changed rows of a table: numbers, days, a person.
    Rows(usize, Vec<(i64, i64, usize)>),
    /// All rows of the source are exchanged for these.
    Replaced(usize, Vec<(i64, i64, usize)>),
    /// Rows are marked as deleted.
    Deleted(usize, Vec<i64>),
    Compacted(usize),
    Refreshed,
}

const TABLES: [&str; 10] = [
    "pull_requests",
    "reviews",
    "review_comments",
    "pull_request_commits",
    "pull_request_events",
    "tickets",
    "ticket_events",
    "deployments",
    "incidents",
    "commits",
];

const PEOPLE: [&str; 3] = ["ann", "bob", "cyd"];

fn row(table: usize, (number, day, person): (i64, i64, usize), step: usize) -> Value {
    let moment = |days: i64| {
        let start = "2026-01-01T00:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap();
        json!((start + chrono::Duration::hours(days * 17)).format("%Y-%m-%dT%H:%M:%SZ").to_string())
    };
    let mut row = match TABLES[table] {
        "pull_requests" => {
            json!({"repository": "web", "number": number, "state": "merged", "author_id": id(PEOPLE[person]),
            "created_at": moment(day), "merged_at": if day % 5 == 0 { Value::Null } else { moment(day + number) },
            "merge_sha": if number % 3 == 0 { Value::Null } else { json!(sha(number)) }, "lines_added": day, "lines_deleted": 7,
            "lines_generated": if day % 4 == 0 { json!(day % 9) } else { Value::Null },
            "deployed_at": if number % 8 == 0 { moment(day + number + 3) } else { Value::Null }})
        }
        "reviews" => {
            json!({"repository": "web", "pull_request": number % 7, "review_id": format!("r{number}"), "state": "approved",
            "submitted_at": moment(day), "reviewer_id": id(PEOPLE[person])})
        }
        "review_comments" => {
            json!({"repository": "web", "pull_request": number % 7, "comment_id": format!("c{number}"),
            "review_id": if day % 3 == 0 { Value::Null } else { json!(format!("r{}", number % 5)) },
            "place": if day % 4 == 0 { "conversation" } else { "code" }, "author_id": id(PEOPLE[person]), "created_at": moment(day)})
        }
        "pull_request_commits" => json!({"repository": "web", "pull_request": number % 7, "sha": format!("s{number}"),
            "authored_at": moment(day)}),
        "pull_request_events" => {
            json!({"repository": "web", "pull_request": number % 7, "event_id": format!("e{number}"),
            "event": if day % 2 == 0 { "ready_for_review" } else { "converted_to_draft" }, "happened_at": moment(day)})
        }
        "tickets" => {
            json!({"ticket_id": format!("t{number}"), "requester_id": id(PEOPLE[person]), "opened_at": moment(day)})
        }
        "ticket_events" => {
            json!({"ticket_id": format!("t{}", number % 7), "event_id": format!("e{number}"), "event": "commented",
            "actor_id": id(PEOPLE[person]), "happened_at": moment(day)})
        }
        "deployments" => {
            json!({"service": "web", "deployment_id": format!("d{number}"), "sha": sha(number * 5), "repository": "web",
            "environment": if day % 3 == 0 { "production-eu" } else { "production" }, "status": "success",
            "started_at": moment(day), "finished_at": if day % 6 == 0 { Value::Null } else { moment(day + 1) }})
        }
        "commits" => {
            json!({"repository": "web", "sha": sha(number), "parent_shas": if number % 18 == 0 { String::new() } else { sha(number - 1) },
            "parents": i64::from(number % 18 > 0), "committed_at": moment(number % 18), "authored_at": moment(number % 18)})
        }
        _ => json!({"incident_id": format!("i{number}"), "service": "web", "deployment_id": format!("d{}", number % 7),
            "opened_at": moment(day)}),
    };
    row["source"] = json!(if number % 4 == 0 { "desk" } else { "app" });
    row["updated_at"] = moment(1_000 + step as i64);
    row
}

/// Commits are few, so that pull requests of several sources are merged by the same one and deployments repeat one.
fn sha(number: i64) -> String {
    format!("m{}", number % 18)
}

/// The last one of each key counts.
fn rows(table: usize, said: &[(i64, i64, usize)], step: usize) -> Vec<Value> {
    let by_number: std::collections::BTreeMap<i64, Value> =
        said.iter().map(|it| (it.0, row(table, *it, step))).collect();
    by_number.into_values().collect()
}

async fn act(folder: &Folder, number: usize, step: &Step) {
    match step {
        Step::Rows(table, said) => folder.upsert(TABLES[*table], &rows(*table, said, number)).await,
        Step::Replaced(table, said) => {
            let mut rows = rows(*table, said, number);
            rows.iter_mut().for_each(|row| row["source"] = json!("app"));
            folder.replace(TABLES[*table], "app", &rows).await;
        }
        Step::Deleted(table, numbers) => {
            let said: Vec<(i64, i64, usize)> = numbers.iter().map(|number| (*number, 1, 0)).collect();
            let mut rows = rows(*table, &said, number);
            rows.iter_mut().for_each(|row| row["deleted_at"] = json!("2026-08-01T00:00:00Z"));
            folder.upsert(TABLES[*table], &rows).await;
        }
        Step::Compacted(table) => folder.compact(TABLES[*table]).await,
        Step::Refreshed => {
            folder.refresh(false).await;
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly pull requests and their parts.
    let table = prop_oneof![3 => 0..5_usize, 1 => 0..TABLES.len()];
    let said = prop::collection::vec((1..40_i64, 0..300_i64, 0..PEOPLE.len()), 1..6);
    prop_oneof![
        6 => (table.clone(), said.clone()).prop_map(|(table, said)| Step::Rows(table, said)),
        1 => (table.clone(), said).prop_map(|(table, said)| Step::Replaced(table, said)),
        1 => (table.clone(), prop::collection::vec(1..40_i64, 1..4)).prop_map(|(table, numbers)| Step::Deleted(table, numbers)),
        1 => table.prop_map(Step::Compacted),
        3 => Just(Step::Refreshed),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, rng_seed: RngSeed::Fixed(20_261_128), max_shrink_iters: 30, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn corrected_facts_are_those_of_a_whole_computation(steps in prop::collection::vec(step(), 4..14)) {
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(16 << 20).build().unwrap().block_on(async {
            let folder = Folder::new();
            for table in 0..TABLES.len() {
                let said: Vec<(i64, i64, usize)> = (1..=30).map(|number| (number, number * 7 % 290 + 1, number as usize % 3)).collect();
                act(&folder, 0, &Step::Rows(table, said)).await;
            }
            folder.refresh(false).await;
            for (number, step) in (1..).zip(&steps) {
                act(&folder, number, step).await;
            }
            folder.refresh(false).await;
            assert_same_as_whole(&folder, &METRICS.map(|(name, _)| name)).await;
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_row_is_corrected_and_not_made_anew() {
    let folder = Folder::new();
    for table in 0..TABLES.len() {
        let said: Vec<(i64, i64, usize)> =
            (1..=30).map(|number| (number, number * 7 % 290 + 1, number as usize % 3)).collect();
        act(&folder, 0, &Step::Rows(table, said)).await;
    }
    folder.refresh(false).await;
    let mut steps = 0;
    for (table, metrics) in [
        (0, ["cycle", "pickup"].as_slice()),
        (1, &["pickup", "depth"]),
        (2, &["pickup", "depth"]),
        (3, &["pickup"]),
        (4, &["cycle"]),
        (5, &["answers"]),
        (6, &["answers"]),
        (7, &["failing"]),
        (0, &["phases"]),
        (1, &["phases"]),
        (4, &["phases", "judged"]),
        (1, &["judged"]),
        (2, &["judged"]),
        (0, &["judged"]),
    ] {
        steps += 1;
        act(&folder, steps, &Step::Rows(table, vec![(3, 77 + steps as i64, 1), (31, 11, 2)])).await;
        let ways = folder.refresh(false).await;
        for metric in metrics {
            assert!(matches!(ways[*metric], Way::Changed(1..=3)), "{}: {metric} {ways:?}", TABLES[table]);
        }
        assert_same_as_whole(&folder, &METRICS.map(|(name, _)| name)).await;
    }
    // What the facts do not ask for may change: nobody waits for a commit or a deployment.
    act(&folder, 40, &Step::Rows(9, vec![(17, 3, 1)])).await;
    act(&folder, 41, &Step::Rows(7, vec![(5, 40, 1)])).await;
    let ways = folder.refresh(false).await;
    assert_eq!((ways["cycle"], ways["phases"], ways["waits"]), (Way::Fresh, Way::Fresh, Way::Whole));
    assert_same_as_whole(&folder, &METRICS.map(|(name, _)| name)).await;
    // What is joined changed: everything is new.
    act(&folder, 42, &Step::Rows(8, vec![(3, 77, 1)])).await;
    assert_eq!(folder.refresh(false).await["failing"], Way::Whole);
}
