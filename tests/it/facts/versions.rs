//! The same question of the same versions has the same answer, whatever was stored since.

use super::folder::{Folder, lines};
use paceline::query::{AsOf, Scope};
use paceline::store::Compaction;
use serde_json::json;

async fn commit(folder: &Folder, number: i64) {
    let row = json!({"source": "app", "repository": "web", "number": number, "state": "merged", "merged_at": "2026-01-10T00:00:00Z",
                     "first_commit_at": "2026-01-09T00:00:00Z"});
    folder.append("pull_requests", &[row]).await;
}

async fn count(folder: &Folder, as_of: &str) -> Result<Vec<String>, String> {
    let as_of: AsOf = as_of.parse()?;
    let engine = folder.engine.as_of(&as_of).await.map_err(|error| error.to_string())?;
    Ok(lines(&engine, "SELECT count(*) FROM cycle").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_answers_as_it_did() {
    let folder = Folder::new();
    for number in 1..=3 {
        commit(&folder, number).await;
    }
    // Version 0 made the table.
    for (version, expected) in [(0, "0"), (1, "1"), (2, "2"), (3, "3")] {
        assert_eq!(count(&folder, &format!("pull_requests={version}")).await.unwrap(), [expected]);
    }
    folder.refresh(false).await;
    assert_eq!(count(&folder, "pull_requests=2").await.unwrap(), ["2"], "kept facts are of the newest version");
    assert_eq!(count(&folder, "pull_requests=3").await.unwrap(), ["3"]);
    let read = folder.engine.versions_read(&Scope::default(), "SELECT count(*) FROM cycle").await.unwrap();
    assert!(read.split(',').any(|part| part == "pull_requests=3"), "{read}");
    assert_eq!(count(&folder, &read).await.unwrap(), ["3"], "what is said can be asked");
    let error = count(&folder, "pull_requests=4").await.unwrap_err();
    assert_eq!(error, "table pull_requests has no version 4; the newest is 3");
    let error = count(&folder, "teams=1").await.unwrap_err();
    assert_eq!(error, "table teams was never written and has no version");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_means_what_was_committed_by_then() {
    let folder = Folder::new();
    commit(&folder, 1).await;
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let between = paceline::ambient::Ambient::default().now();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    commit(&folder, 2).await;
    let engine = folder.engine.as_of(&AsOf::Moment(between)).await.unwrap();
    assert_eq!(lines(&engine, "SELECT count(*) FROM cycle").await, ["1"]);
    assert_eq!(count(&folder, "2100-01-01").await.unwrap(), ["2"]);
    let error = count(&folder, "2020-01-01").await.unwrap_err();
    assert!(error.starts_with("nothing was stored by 2020-01-01T00:00:00Z; the oldest version is of "), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_whose_files_are_gone_is_refused_in_one_line() {
    let folder = Folder::new();
    for number in 1..=3 {
        commit(&folder, number).await;
    }
    let rules = Compaction { small_files: 2, retention: chrono::Duration::zero() };
    folder.store.compact(paceline::model::table("pull_requests").unwrap(), &rules).await.unwrap();
    let error = count(&folder, "pull_requests=2").await.unwrap_err();
    assert_eq!(error, "version 2 of table pull_requests is no longer kept; the oldest is 4");
    assert_eq!(count(&folder, "pull_requests=4").await.unwrap(), ["3"]);
}
