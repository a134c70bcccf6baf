//! Runs `tests/sql/**/*.slt`, each against a fresh session. PACELINE_TEST_SQL names the ones to run, by a part of their path.

use super::database::Database;
use paceline::project::{Project, Statistic};
use sqllogictest::{Runner, strict_column_validator};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

#[tokio::test(flavor = "multi_thread")]
async fn every_file_holds() {
    let mut failures = Vec::new();
    let wanted = std::env::var("PACELINE_TEST_SQL").unwrap_or_default();
    for file in files().into_iter().filter(|file| file.to_string_lossy().contains(&wanted)) {
        let mut runner = Runner::new(Database::empty);
        runner.with_column_validator(strict_column_validator);
        if let Err(error) = runner.run_file_async(&file).await {
            failures.push(error.to_string());
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_metric_has_a_file_of_its_family_and_name() {
    let project = Project::load(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    let files = files();
    let tested: BTreeSet<&Path> = files.iter().filter_map(|file| file.strip_prefix(folder()).ok()).collect();
    for metric in project.metrics.values() {
        let file = PathBuf::from(&metric.family).join(format!("{}.slt", metric.name));
        assert!(tested.contains(file.as_path()), "tests/sql/{} is missing", file.display());
    }
}

/// Another unit is printed as a plain number, and its change as a percentage of the number instead of percent points.
#[test]
fn a_share_has_the_unit_that_is_shown_in_percent() {
    let project = Project::load(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    for metric in project.metrics.values() {
        let header = &metric.header;
        let is_share = header.statistic == Statistic::Share || header.unit.starts_with("share");
        assert!(!is_share || header.unit == "share", "{}: unit = {:?}", metric.name, header.unit);
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sql")
}

fn files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "slt") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
