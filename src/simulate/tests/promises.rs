//! Determinism, independence of the past from the future, and the shape of the rows.

use super::*;
use chrono::Duration;

#[test]
fn same_seed_gives_same_history_and_another_seed_another() {
    let config = assigned(small());
    let first = simulate(&config, config.ends()).unwrap();
    assert_eq!(first, simulate(&config, config.ends()).unwrap());
    let other = Config { seed: "other".into(), ..config.clone() };
    assert_ne!(first, simulate(&other, config.ends()).unwrap());
}

#[test]
fn every_table_has_the_models_columns() {
    let config = assigned(small());
    for (name, batch) in simulate(&config, config.ends()).unwrap() {
        assert!(batch.num_rows() > 0, "{name} is empty");
        let expected: Vec<&str> = model::table(name)
            .unwrap()
            .all_columns()
            .map(|column| column.name)
            .filter(|column| !model::COLLECTORS.contains(column))
            .collect();
        let found: Vec<String> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn rows_are_in_the_order_of_their_key_and_unique() {
    let config = assigned(Config { teams: 90, weeks: 3, ..small() });
    for (name, batch) in simulate(&config, config.ends()).unwrap() {
        assert!(keys(name, &batch).is_sorted_by(|left, right| left < right), "{name}");
    }
}

#[test]
fn history_before_the_rollout_depends_on_neither_lottery_nor_effect() {
    let drawn = assigned(small());
    let before = rollout_begins(&drawn);
    let plain = Config { rollout: None, assignment: BTreeMap::new(), ..drawn.clone() };
    let expected = simulate(&plain, before).unwrap();
    assert_eq!(simulate(&small(), before).unwrap(), expected);
    assert_eq!(simulate(&drawn, before).unwrap(), expected);
    let mut stronger = drawn.clone();
    stronger.rollout.as_mut().unwrap().effect.cycle_time = 3.0;
    assert_eq!(simulate(&stronger, before).unwrap(), expected);
    assert_ne!(simulate(&drawn, drawn.ends()).unwrap(), simulate(&small(), drawn.ends()).unwrap());
}

#[test]
fn later_observation_keeps_every_row_and_dates_every_change() {
    let config = assigned(Config { teams: 20, weeks: 13, ..small() });
    let observe = |hours: i64| {
        let until = config.begins() + Duration::hours(12 * 7 * 24 + 9 + hours);
        (until.timestamp_micros(), simulate(&config, until).unwrap())
    };
    // A few hours apart, so that a change is not covered by the next one; then a long step.
    let observations: Vec<_> = [0, 4, 8, 24, 28, 32, 24 * 200].into_iter().map(observe).collect();
    for pair in observations.windows(2) {
        let ((early, short), (_, long)) = (&pair[0], &pair[1]);
        for (name, before) in short {
            check_continuation(name, *early, before, &long[name]);
        }
    }
}

fn check_continuation(name: &str, early: i64, before: &RecordBatch, after: &RecordBatch) {
    let places: BTreeMap<Vec<String>, usize> =
        keys(name, after).into_iter().enumerate().map(|(row, key)| (key, row)).collect();
    for (row, key) in keys(name, before).into_iter().enumerate() {
        let place = *places.get(&key).unwrap_or_else(|| panic!("{name} {key:?} vanished"));
        let (old, new) = (times(before, "updated_at").value(row), times(after, "updated_at").value(place));
        assert!(old < early, "{name} {key:?} is from the future");
        if before.slice(row, 1) != after.slice(place, 1) {
            assert!(old < new && new >= early, "{name} {key:?} changed undated");
        }
    }
    let of_the_past = (0..after.num_rows()).filter(|row| times(after, "updated_at").value(*row) < early);
    assert!(of_the_past.count() <= before.num_rows(), "{name}: rows of the past appeared later");
}

#[test]
fn boundaries_are_ordered_and_phases_sum_to_the_total() {
    let config = assigned(small());
    let until = config.begins() + Duration::days(100);
    let history = simulate(&config, until).unwrap();
    let batch = &history["pull_requests"];
    let boundaries = ["first_commit_at", "ready_at", "first_review_at", "approved_at", "merged_at", "deployed_at"]
        .map(|name| times(batch, name));
    let mut complete = 0;
    for row in 0..batch.num_rows() {
        let known: Vec<i64> =
            boundaries.iter().filter(|column| column.is_valid(row)).map(|column| column.value(row)).collect();
        assert!(known.is_sorted(), "row {row}: {known:?}");
        assert!(known.iter().all(|instant| *instant < until.timestamp_micros()));
        let state = texts(batch, "state").value(row);
        assert_eq!(state == "merged", boundaries[4].is_valid(row));
        assert_eq!(state == "open", times(batch, "closed_at").is_null(row));
        if known.len() == boundaries.len() {
            complete += 1;
            let phases: i64 = known.windows(2).map(|pair| pair[1] - pair[0]).sum();
            assert_eq!(phases, known[5] - known[0]);
        }
    }
    assert!(complete > batch.num_rows() / 3, "{complete} of {}", batch.num_rows());
}

#[test]
fn reviews_lie_between_opening_and_closing_and_are_never_the_authors() {
    let config = assigned(small());
    let history = simulate(&config, config.ends()).unwrap();
    let (batch, reviews) = (&history["pull_requests"], &history["reviews"]);
    let rows: BTreeMap<(&str, i64), usize> = (0..batch.num_rows())
        .map(|row| ((texts(batch, "repository").value(row), ints(batch, "number").value(row)), row))
        .collect();
    for review in 0..reviews.num_rows() {
        let key = (texts(reviews, "repository").value(review), ints(reviews, "pull_request").value(review));
        let row = rows[&key];
        let submitted = times(reviews, "submitted_at").value(review);
        assert!(submitted >= times(batch, "first_review_at").value(row));
        let closed = times(batch, "closed_at");
        assert!(closed.is_null(row) || submitted <= closed.value(row));
        assert_ne!(texts(reviews, "reviewer_id").value(review), texts(batch, "author_id").value(row));
    }
}

#[test]
fn nobody_is_in_teams_for_more_than_a_whole() {
    let config = Config { teams: 40, weeks: 104, ..Config::default() };
    let history = simulate(&config, config.ends()).unwrap();
    let batch = &history["team_members"];
    let weights = batch.column_by_name("weight").unwrap().as_primitive::<arrow::datatypes::Float64Type>();
    let mut changes: BTreeMap<&str, Vec<(i64, f64)>> = BTreeMap::new();
    for row in 0..batch.num_rows() {
        let (from, to) = (times(batch, "valid_from").value(row), times(batch, "valid_to"));
        let person = changes.entry(texts(batch, "person_id").value(row)).or_default();
        person.push((from, weights.value(row)));
        if to.is_valid(row) {
            assert!(from < to.value(row));
            person.push((to.value(row), -weights.value(row)));
        }
    }
    let shared = changes.values().filter(|person| person.iter().any(|(_, weight)| weight.abs() < 1.0)).count();
    let moved = changes.values().filter(|person| person.len() > 2).count();
    assert!(shared > 3 && moved > 30, "{shared} share their time, {moved} moved or share");
    for (person, mut changes) in changes {
        // Leaving comes before entering at the same moment.
        changes.sort_by(|left, right| left.partial_cmp(right).unwrap());
        let mut sum = 0.0;
        for (_, change) in changes {
            sum += change;
            assert!(sum < 1.0 + 1e-9, "{person} has {sum}");
        }
    }
}
