//! Recorded answers, held against the tables that Apache DevLake's own tests expect of them.

use crate::vendor_world::folder::Folder;
use paceline::project::{ApiSource, PagerdutyPipeline, PipelineKind};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Where Apache DevLake's `backend/plugins` are; their end-to-end tests are not part of this project.
fn devlake() -> Option<PathBuf> {
    let folder = std::env::var_os("PACELINE_DEVLAKE_E2E").map(PathBuf::from);
    let folder = folder.unwrap_or_else(|| "../../shared/data/devlake-e2e".into());
    let found = folder.join("pagerduty/e2e");
    if !found.is_dir() {
        eprintln!("skipped: {} is not there; name the folder in PACELINE_DEVLAKE_E2E", found.display());
        return None;
    }
    Some(found)
}

/// The rows of a file, by column.
fn csv_rows(path: PathBuf) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[tokio::test]
async fn recorded_incidents_give_the_expected_tables() {
    let Some(devlake) = devlake() else { return };
    let folder = Folder::new();
    for row in csv_rows(devlake.join("raw_tables/_raw_pagerduty_incidents.csv")) {
        folder.write(&format!("answers/{}.json", row["id"]), &row["data"]);
    }
    let keys = PagerdutyPipeline { from: ApiSource::Saved("answers".into()), services: Vec::new(), since: None };
    let now = "2026-03-01T12:00:00Z".parse().unwrap();
    folder.collect(PipelineKind::Pagerduty(keys), now, false).await.unwrap();
    let moment = |text: &str| match text.is_empty() {
        true => String::new(),
        false => chrono::DateTime::parse_from_rfc3339(text).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    };
    let mut expected: Vec<Vec<String>> = csv_rows(devlake.join("snapshot_tables/issues.csv"))
        .into_iter()
        .map(|row| {
            vec![
                row["url"].clone(),
                // Its number stands before the title there.
                row["description"].split_once("] ").unwrap().1.to_owned(),
                row["original_status"].clone(),
                row["urgency"].clone(),
                moment(&row["created_date"]),
                moment(&row["resolution_date"]),
                moment(&row["updated_date"]),
                row["lead_time_minutes"].clone(),
            ]
        })
        .collect();
    expected.sort();
    let sql = "SELECT url, subject, status, severity, opened_at, resolved_at, updated_at,
               floor(hours_between(opened_at, resolved_at) * 60)::BIGINT FROM stored.incidents ORDER BY url";
    assert_eq!(folder.rows(sql).await, expected);
    // Of one that was escalated, or is resolved, the acknowledgement is in its log alone.
    let acknowledged = folder.rows("SELECT subject, acknowledged_at FROM incidents ORDER BY opened_at").await;
    let expected = [
        ["Crash reported", "2022-11-03T06:23:07Z"],
        ["Slow startup", "2022-11-03T06:44:37Z"],
        ["Spamming logs", "2022-11-03T06:45:46Z"],
    ];
    assert_eq!(acknowledged, expected);
}
