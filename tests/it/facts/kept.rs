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

/// That a source says when its pull requests are deployed is known by rows that did not change.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_tells_of_deployments_by_other_rows() {
    let folder = filled().await;
    let mut deployed = pull(20, "2026-02-20T00:00:00Z", "ann");
    deployed["deployed_at"] = json!("2026-02-21T00:00:00Z");
    folder.append("pull_requests", &[deployed]).await;
    folder.refresh(false).await;
    folder.append("pull_requests", &[pull(21, "2026-02-22T00:00:00Z", "bob")]).await;
    let ways = folder.refresh(false).await;
    assert_eq!((ways["arriving"], ways["waits"]), (Way::Changed(1), Way::Changed(1)));
    assert_eq!(
        folder.lines("SELECT delivery FROM arriving WHERE number > 19 ORDER BY number").await,
        ["deployed", "waiting"]
    );
    assert_same_as_whole(&folder, &["arriving", "waits"]).await;
}

/// Rows of several tables at once change the weeks that they are in, whatever these are put together from.
#[tokio::test(flavor = "multi_thread")]
async fn changed_weeks_are_asked_for_again() {
    let folder = filled().await;
    let moment = |number: i64| format!("2025-{:02}-{:02}T00:00:00Z", number % 12 + 1, number % 28 + 1);
    let dated = |number: i64| {
        let mut pull = pull(number, &moment(number), "bob");
        (pull["created_at"], pull["first_commit_at"]) = (json!(moment(number)), Value::Null);
        pull
    };
    folder.append("pull_requests", &(100..160).map(dated).collect::<Vec<_>>()).await;
    folder.refresh(false).await;
    let before = folder.files("weekly");
    // Sunday the first of March is of a week that began in February.
    folder.append("pull_requests", &[pull(11, "2026-03-01T12:00:00Z", "cyd")]).await;
    folder.append("reviews", &[review(4, "r3", "2026-03-01T10:00:00Z", "cyd")]).await;
    let ways = folder.refresh(false).await;
    assert_eq!((ways["weekly"], ways["yearly"], ways["reviewed"]), (Way::Changed(2), Way::Whole, Way::Whole));
    assert_same_as_whole(&folder, &METRICS.map(|(name, _)| name)).await;
    assert_eq!(folder.lines("SELECT at, numerator FROM weekly WHERE at > '2026-02-15' ORDER BY at").await.len(), 2);
    let after = folder.files("weekly");
    let changed: Vec<&String> = before.keys().filter(|file| !after.contains_key(*file)).collect();
    assert_eq!(changed.iter().map(|file| &file[..7]).collect::<Vec<_>>(), ["2026-01", "2026-02"]);
    // Its last moment is taken from a week, which is empty now.
    let mut gone = dated(100);
    (gone["deleted_at"], gone["updated_at"]) = (json!("2026-08-01T00:00:00Z"), json!("2026-08-01T00:00:00Z"));
    folder.upsert("pull_requests", &[gone]).await;
    assert!(matches!(folder.refresh(false).await["weekly"], Way::Changed(_)));
    assert_same_as_whole(&folder, &["weekly"]).await;
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

/// How many lines of a pull request are generated is known of another source's that the same commit merged.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_another_source_changes_what_follows_from_it() {
    let folder = filled().await;
    let mut forge = pull(30, "2026-03-10T00:00:00Z", "ann");
    (forge["merge_sha"], forge["lines_added"], forge["lines_deleted"]) = (json!("a"), json!(100), json!(0));
    folder.append("pull_requests", std::slice::from_ref(&forge)).await;
    folder.refresh(false).await;
    let lines = async || folder.lines("SELECT value FROM lines WHERE number = 30 AND source = 'app'").await;
    assert_eq!(lines().await, ["100"]);
    let mut history = forge.clone();
    (history["source"], history["lines_generated"]) = (json!("desk"), json!(40));
    folder.append("pull_requests", &[history]).await;
    assert_eq!(lines().await, ["60"], "computed");
    folder.refresh(false).await;
    assert_eq!(lines().await, ["60"], "kept");
    forge["updated_at"] = json!("2026-07-01T00:00:00Z");
    folder.upsert("pull_requests", &[forge]).await;
    folder.refresh(false).await;
    assert_eq!(lines().await, ["60"], "the other row is looked at though it did not change");
}

/// A deployment is a copy because of another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_follows_from_others() {
    let folder = filled().await;
    let deployment = |number: i64, environment: &str| {
        json!({"source": "app", "service": "web", "deployment_id": format!("d{number}"), "environment": environment, "sha": format!("s{number}"),
               "status": "success", "started_at": format!("2026-01-{:02}T00:00:00Z", number + 1),
               "finished_at": format!("2026-01-{:02}T00:10:00Z", number + 1)})
    };
    folder.append("deployments", &(1..=20).map(|number| deployment(number, "production")).collect::<Vec<_>>()).await;
    folder.refresh(false).await;
    let mut copy = deployment(21, "production-eu");
    copy["sha"] = json!("s3");
    folder.append("deployments", &[copy]).await;
    let copies = async || folder.lines("SELECT deployment_id FROM copies WHERE value ORDER BY 1").await;
    assert_eq!(copies().await, ["d21"], "computed");
    folder.refresh(false).await;
    assert_eq!(copies().await, ["d21"], "kept");
    assert_same_as_whole(&folder, &["copies"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_no_plan_shows_decide_too() {
    let listed = |last: i64| {
        let sql = format!(
            "statistic = \"mean\"\n*/\nSELECT p.merged_at AS at, v.column2 AS value, p.team FROM pull_requests p \
             JOIN (VALUES (1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, {last})) v ON v.column1 = p.number"
        );
        [("listed", sql), ("reading", "statistic = \"mean\"\n*/\nSELECT at, value, team FROM listed".to_owned())]
    };
    let folder = filled().await;
    let engine = |last: i64| {
        let metrics = listed(last);
        folder.engine_of(&metrics.each_ref().map(|(name, text)| (*name, text.as_str())))
    };
    engine(1).refresh(&Scope::default(), false).await.unwrap();
    let changed = engine(8);
    for name in ["listed", "reading"] {
        let sum = format!("SELECT sum(value) FROM {name}");
        assert_eq!((lines(&engine(1), &sum).await, lines(&changed, &sum).await), (vec!["7".into()], vec!["14".into()]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_the_project_decide_where_a_function_reads_them() {
    let metric = [(
        "invested",
        "statistic = \"count\"\n*/\nSELECT merged_at AS at, investment_category(repository, NULL, NULL, NULL) AS value, team FROM pull_requests",
    )];
    let folder = filled().await;
    let engine = |category: &str| {
        let rules = format!("[[rule]]\ncategory = \"{category}\"\nwhen = {{ subject = 'web' }}\n");
        folder.engine_with(&metric, &[("investment.toml", rules.as_str())])
    };
    engine("upkeep").refresh(&Scope::default(), false).await.unwrap();
    for category in ["upkeep", "bugs"] {
        assert_eq!(lines(&engine(category), "SELECT DISTINCT value FROM invested").await, [category]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_whose_files_are_not_all_there_are_none() {
    let folder = filled().await;
    folder.refresh(false).await;
    let file = folder.facts().join("cycle").join(folder.files("cycle").keys().next().unwrap());
    let whole = std::fs::read(&file).unwrap();
    for left in [None, Some(&whole[..whole.len() / 2])] {
        std::fs::remove_file(&file).unwrap();
        if let Some(half) = left {
            std::fs::write(&file, half).unwrap();
        }
        // As whoever has copied the folder meanwhile finds it.
        let engine = folder.engine_of(&METRICS);
        assert_eq!(lines(&engine, "SELECT count(*) FROM cycle").await, ["9"]);
        let ways = ways(&engine.refresh(&Scope::default(), false).await.unwrap());
        assert_eq!((ways["cycle"], ways["pickup"]), (Way::Whole, Way::Fresh));
        assert_eq!(std::fs::read(&file).unwrap(), whole);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_of_a_first_refresh_that_died_at_its_end_are_used() {
    let folder = filled().await;
    folder.refresh(false).await;
    std::fs::remove_file(folder.facts().parent().unwrap().join("refreshes")).unwrap();
    assert!(folder.refresh(false).await.values().all(|way| *way == Way::Fresh));
    assert!(folder.lines("EXPLAIN SELECT count(value) FROM cycle").await.join("\n").contains("facts/"));
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
    // What it writes at last would still have the words of whoever is erased meanwhile.
    let error = folder.store.forget_facts().unwrap_err();
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
