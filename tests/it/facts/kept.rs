//! Kept facts: used while what they follow from is as it was, corrected where rows changed, never half.

use super::folder::{Folder, METRICS, id, lines, ways};
use paceline::query::{Scope, Way};
use serde_json::{Value, json};

fn pull(number: i64, merged: &str, author: &str) -> Value {
    json!({"source": "app", "repository": "web", "number": number, "state": "merged", "created_at": "2026-01-05T00:00:00Z",
           "first_commit_at": "2026-01-04T00:00:00Z", "merged_at": merged, "author_id": id(author),
           "updated_at": format!("2026-06-01T00:00:{:02}Z", number % 60)})
}

fn review(number: i64, review: &str, at: &str, by: &str) -> Value {
    json!({"source": "app", "repository": "web", "pull_request": number, "review_id": review, "state": "approved",
           "submitted_at": at, "reviewer_id": id(by), "updated_at": at})
}

async fn filled() -> Folder {
    let folder = Folder::new();
    let pulls: Vec<Value> =
        (1..=9).map(|number| pull(number, &format!("2026-0{}-10T00:00:00Z", (number + 2) / 3), "ann")).collect();
    folder.append("pull_requests", &pulls).await;
    folder
        .append(
            "reviews",
            &[review(1, "r1", "2026-01-07T00:00:00Z", "bob"), review(9, "r2", "2026-03-07T00:00:00Z", "bob")],
        )
        .await;
    // Few of many, so that it is worth while to tell them apart.
    let others: Vec<Value> =
        (0..20).map(|number| review(50 + number, &format!("x{number}"), "2026-02-07T00:00:00Z", "bob")).collect();
    folder.append("reviews", &others).await;
    let commit = json!({"source": "app", "repository": "web", "pull_request": 1, "sha": "a", "authored_at": "2026-01-03T00:00:00Z"});
    folder.append("pull_request_commits", &[commit]).await;
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_row_rewrites_its_months_alone() {
    let folder = filled().await;
    let first = folder.refresh(false).await;
    assert!(first.values().all(|way| *way == Way::Whole), "{first:?}");
    let again = folder.refresh(false).await;
    assert!(again.values().all(|way| *way == Way::Fresh), "{again:?}");
    let before = folder.files("cycle");
    let months: Vec<&str> = before.keys().map(|file| &file[..7]).collect();
    assert_eq!(months, ["2026-01", "2026-02", "2026-03"]);

    // One moves from February to April, one is new and late.
    let mut moved = pull(5, "2026-04-02T00:00:00Z", "ann");
    moved["updated_at"] = json!("2026-07-01T00:00:00Z");
    folder.upsert("pull_requests", &[moved, pull(10, "2026-01-20T00:00:00Z", "bob")]).await;
    let ways = folder.refresh(false).await;
    assert_eq!(ways["cycle"], Way::Changed(2));
    assert_eq!((ways["depth"], ways["answers"], ways["reviewed"]), (Way::Fresh, Way::Fresh, Way::Whole));
    let after = folder.files("cycle");
    let march = |files: &std::collections::BTreeMap<String, u64>| {
        files.iter().find(|(file, _)| file.starts_with("2026-03")).map(|it| (it.0.clone(), *it.1))
    };
    assert_eq!(march(&after), march(&before), "the file of a month without changes is the same one");
    let counts = folder.lines("SELECT date_trunc('month', at), count(*) FROM cycle GROUP BY 1 ORDER BY 1").await;
    let counts: Vec<&str> = counts.iter().map(|line| line.rsplit(' ').next().unwrap()).collect();
    assert_eq!(counts, ["4", "2", "3", "1"]);
    assert_same_as_whole(&folder, &METRICS.map(|(name, _)| name)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_changes_its_whole() {
    let folder = filled().await;
    folder.refresh(false).await;
    // Pull request 4 gets its first review, by somebody else than its author.
    folder.append("reviews", &[review(4, "r3", "2026-01-06T00:00:00Z", "cyd")]).await;
    let ways = folder.refresh(false).await;
    assert_eq!((ways["pickup"], ways["depth"]), (Way::Changed(1), Way::Changed(1)));
    let found = folder.lines("SELECT value FROM pickup WHERE number = 4").await;
    assert_eq!(found, ["24.0"]);
    assert_same_as_whole(&folder, &["cycle", "pickup", "depth"]).await;
    // The first source to tell comments on code: whether a review has any becomes known for all of them.
    let comment = json!({"source": "app", "repository": "web", "pull_request": 4, "comment_id": "c", "review_id": "r3", "place": "code"});
    folder.append("review_comments", &[comment]).await;
    let ways = folder.refresh(false).await;
    assert_eq!((ways["pickup"], ways["depth"]), (Way::Whole, Way::Whole));
    assert_eq!(
        folder.lines("SELECT value FROM depth WHERE review_id LIKE 'r%' ORDER BY review_id").await,
        ["0", "0", "1"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_facts_follow_from_decides_whether_they_are_used() {
    let folder = filled().await;
    let plan = async |folder: &Folder| folder.lines("EXPLAIN SELECT count(value) FROM cycle").await.join("\n");
    assert!(!plan(&folder).await.contains("facts/"));
    folder.refresh(false).await;
    assert!(plan(&folder).await.contains("facts/"), "kept facts are read");
    folder.append("pull_requests", &[pull(11, "2026-05-01T00:00:00Z", "ann")]).await;
    assert!(!plan(&folder).await.contains("facts/"), "a table has another version");
    assert_eq!(folder.lines("SELECT count(*) FROM cycle").await, ["10"]);
    folder.refresh(false).await;
    assert!(plan(&folder).await.contains("facts/"));
    // Another definition under the same name: the kept facts are not its.
    let other = METRICS.map(|(name, text)| (name, text.replace("NOT is_bot", "NOT is_revert")));
    let other: Vec<(&str, &str)> = other.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let engine = folder.engine_of(&other);
    assert!(!lines(&engine, "EXPLAIN SELECT count(value) FROM cycle").await.join("\n").contains("facts/"));
    let refreshed = ways(&engine.refresh(&Scope::default(), false).await.unwrap());
    assert_eq!((refreshed["cycle"], refreshed["pickup"]), (Way::Whole, Way::Fresh));
    // A metric that is gone takes its facts with it.
    let fewer = folder.engine_of(&METRICS[1..]);
    fewer.refresh(&Scope::default(), false).await.unwrap();
    assert!(!folder.facts().join("cycle").exists() && folder.facts().join("pickup").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_metric_that_asks_the_clock_is_not_kept() {
    let text = "statistic = \"count\"\n*/\nSELECT now() AS at, team FROM pull_requests";
    let folder = Folder::with(&[("clock", text)]);
    folder.append("pull_requests", &[pull(1, "2026-01-10T00:00:00Z", "ann")]).await;
    let refreshed = folder.engine.refresh(&Scope::default(), false).await.unwrap();
    assert!(refreshed[0].error.as_ref().unwrap().contains("asks the clock"), "{refreshed:?}");
    assert_eq!(folder.lines("SELECT count(*) FROM clock").await, ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_refresh_is_refused_and_a_damaged_manifest_is_none() {
    let folder = filled().await;
    folder.refresh(false).await;
    let lock = folder.store.lock_facts().unwrap();
    let error = folder.engine.refresh(&Scope::default(), false).await.unwrap_err();
    assert!(error.to_string().contains("in use by another process"), "{error}");
    drop(lock);
    let manifest = folder.facts().join("cycle/facts.json");
    std::fs::write(&manifest, "{").unwrap();
    std::fs::write(folder.facts().join("cycle/left.parquet"), "of a refresh that died").unwrap();
    let ways = folder.refresh(false).await;
    assert_eq!((ways["cycle"], ways["pickup"]), (Way::Whole, Way::Fresh));
    assert!(!folder.facts().join("cycle/left.parquet").exists());
    assert_eq!(folder.lines("SELECT count(*) FROM cycle").await, ["9"]);
}

/// What was corrected is what would have been made of everything, byte for byte.
pub async fn assert_same_as_whole(folder: &Folder, metrics: &[&str]) {
    let corrected: Vec<Value> = metrics.iter().map(|metric| folder.manifest(metric)["parts"].clone()).collect();
    folder.refresh(true).await;
    for (metric, corrected) in metrics.iter().zip(corrected) {
        assert_eq!(corrected, folder.manifest(metric)["parts"], "{metric}");
    }
}
