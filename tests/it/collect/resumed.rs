//! A plan of which only some tables were written is carried out to the end, each of its rows once.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::repository::Repository;
use crate::cli::product::{Product, assert_same};

#[test]
fn a_first_plan_that_stopped_between_any_two_tables_ends_in_the_same_rows() {
    let repository = Repository::of_plain_work();
    stop_after_each_write(&repository, &Product::new());
}

#[test]
fn a_later_plan_that_stopped_between_any_two_tables_ends_in_the_same_rows() {
    let repository = Repository::of_plain_work();
    let head = repository.head();
    repository.set_head(&repository.line[150]);
    let before = Product::new();
    before.collect(repository.path());
    repository.set_head(&head);
    stop_after_each_write(&repository, &before);
}

#[test]
fn what_a_repository_got_after_a_plan_stopped_is_not_lost() {
    let repository = Repository::of_plain_work();
    let [old, new] = [&repository.line[150], &repository.line[299]];
    let interrupted = Product::new();
    repository.set_head(old);
    interrupted.collect(repository.path());
    let writes = writes(&interrupted);
    undo(&interrupted, &writes[writes.len() / 2..]);
    repository.set_head(new);
    interrupted.collect(repository.path());
    let full = Product::new();
    full.collect(repository.path());
    assert_same(&interrupted.dump(&[]), &full.dump(&[]), "two plans at once");
}

#[test]
fn another_source_with_the_same_contents_does_not_disturb_a_plan_that_stopped() {
    let (repository, fork) = (Repository::of_plain_work(), tempfile::tempdir().unwrap());
    let copy = fork.path().join("fork");
    copy_folder(repository.path(), &copy);
    let expected = Product::new();
    expected.collect(repository.path());
    let writes = writes(&expected);
    // Whichever source was first to read a content is named with it.
    let rows = "SELECT blob, language, 0, status, lines, cyclomatic FROM stored.blobs
                UNION ALL SELECT blob, language, start_line, name, lines, cyclomatic FROM stored.functions
                UNION ALL SELECT blob, language, 0, path, 0, 0 FROM stored.snapshot_files WHERE source = 'work'
                ORDER BY 1, 2, 3, 4, 5, 6";
    let complete = expected.rows(rows);
    // The last writes are those of the code: functions, contents, samples and the head's sample.
    for kept in writes.len() - 8..writes.len() {
        let interrupted = expected.copied();
        undo(&interrupted, &writes[kept..]);
        interrupted.collect(&copy);
        interrupted.collect(repository.path());
        assert!(interrupted.rows(rows) == complete, "stopped after {:?}", writes[kept - 1]);
    }
}

/// Brings `before` up to date in one go, and again for each number of writes after which the process might have died.
fn stop_after_each_write(repository: &Repository, before: &Product) {
    let finished = before.copied();
    finished.collect(repository.path());
    let expected = finished.dump(&[]);
    let old = writes(before);
    let new: Vec<PathBuf> = writes(&finished).into_iter().filter(|write| !old.contains(write)).collect();
    assert!(new.len() >= 9, "each table and the head's sample: {new:?}");
    for kept in 0..=new.len() {
        let interrupted = finished.copied();
        undo(&interrupted, &new[kept..]);
        interrupted.collect(repository.path());
        assert_same(&interrupted.dump(&[]), &expected, &format!("stopped after {:?}", new[..kept].last()));
        assert_eq!(interrupted.collect(repository.path()), "work: nothing new\n");
    }
}

/// The commits of all tables' logs, oldest first, as paths from the data folder.
fn writes(product: &Product) -> Vec<PathBuf> {
    let data = product.data();
    let mut writes: Vec<(SystemTime, PathBuf)> = product
        .files("tables")
        .into_iter()
        .filter(|(path, _)| path.extension().is_some_and(|extension| extension == "json"))
        .map(|(path, _)| (path.metadata().unwrap().modified().unwrap(), path.strip_prefix(&data).unwrap().to_owned()))
        .collect();
    writes.sort();
    writes.into_iter().map(|(_, path)| path).collect()
}

/// Makes the data folder what it was before these writes. Data files stay behind, as after a crash.
fn undo(product: &Product, writes: &[PathBuf]) {
    for write in writes {
        std::fs::remove_file(product.data().join(write)).unwrap();
    }
    let state = rusqlite::Connection::open(product.data().join("state.sqlite")).unwrap();
    let newest = "UPDATE plans SET finished = 0 WHERE version = (SELECT max(version) FROM plans)";
    assert_eq!(state.execute(newest, []).unwrap(), 1);
}

impl Product {
    /// Another product whose data folder holds the same, with the same times.
    pub fn copied(&self) -> Product {
        let mut copy = Product::new();
        copy.now = self.now;
        if self.data().exists() {
            copy_folder(&self.data(), &copy.data());
        }
        copy
    }
}

fn copy_folder(from: &Path, to: &Path) {
    let copied = std::process::Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(copied.success());
}
