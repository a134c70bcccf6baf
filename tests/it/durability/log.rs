//! A damaged log is refused by name when a data folder is opened for writing, and what dead writers left is cleared away.

use std::path::{Path, PathBuf};

use super::{Folder, TABLE};
use crate::cli::product::Product;
use crate::collect::generated;

/// A table with four versions: its creation and three appends.
async fn folder() -> Folder {
    let folder = Folder::new();
    for version in 1..=3 {
        folder.append("vendor", version, 0..5).await;
    }
    folder
}

fn refusal(folder: &Folder) -> String {
    folder.store.check().expect_err("a damaged log").to_string();
    folder.store.lock().expect_err("a damaged log").to_string()
}

fn cut(path: &Path, share: f64) -> PathBuf {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..(bytes.len() as f64 * share) as usize]).unwrap();
    path.to_owned()
}

#[tokio::test]
async fn an_empty_or_cut_last_commit_is_named_with_what_to_do() {
    for (share, problem) in [(0.0, "empty"), (0.5, "cut short or overwritten")] {
        let folder = folder().await;
        folder.store.check().unwrap();
        let path = cut(folder.log("3.json").last().unwrap(), share);
        let said = refusal(&folder);
        let expected = format!("table {}: version 3 is {problem} in {}; ", TABLE.name, path.display());
        assert!(said.starts_with(&expected), "{said}");
        assert!(said.contains("if the run that wrote it never ended, move the file away"), "{said}");
        std::fs::remove_file(path).unwrap();
        folder.store.lock().unwrap();
        assert_eq!(folder.rows().await.len(), 10);
    }
}

#[tokio::test]
async fn a_commit_overwritten_with_zeros_is_named() {
    let folder = folder().await;
    let path = folder.log("3.json").pop().unwrap();
    std::fs::write(&path, vec![0; 700]).unwrap();
    assert!(refusal(&folder).contains("version 3 is cut short or overwritten"));
}

#[tokio::test]
async fn a_damaged_commit_in_the_middle_cannot_be_moved_away() {
    let folder = folder().await;
    cut(folder.log("1.json").last().unwrap(), 0.5);
    let said = refusal(&folder);
    assert!(said.contains("version 1 is cut short or overwritten") && said.contains("from a backup"), "{said}");
    assert!(!said.contains("move the file away"), "{said}");
}

#[tokio::test]
async fn a_missing_version_is_named() {
    let folder = folder().await;
    let path = folder.log("2.json").pop().unwrap();
    std::fs::remove_file(&path).unwrap();
    let said = refusal(&folder);
    assert!(
        said.contains(&format!("version 2 is missing in {}; later versions build on it", path.display())),
        "{said}"
    );
}

#[tokio::test]
async fn what_stands_before_a_checkpoint_does_not_matter_and_a_cut_checkpoint_does() {
    let folder = folder().await;
    let url = url::Url::from_directory_path(folder.table()).unwrap();
    deltalake::checkpoints::create_checkpoint(&deltalake::open_table(url).await.unwrap(), None).await.unwrap();
    folder.append("vendor", 4, 5..6).await;
    std::fs::remove_file(&folder.log("1.json")[0]).unwrap();
    folder.store.lock().unwrap();
    assert_eq!(folder.rows().await.len(), 16);
    cut(&folder.log("checkpoint.parquet")[0], 0.9);
    assert!(refusal(&folder).contains("version 3 is cut short in "));
}

#[tokio::test]
async fn files_that_a_dead_process_was_writing_are_removed_and_nothing_else() {
    let folder = folder().await;
    let before = (folder.files(""), folder.log(""));
    let left = [
        folder.table().join("part-00000-x.zstd.parquet#1"),
        folder.table().join("_delta_log/00000000000000000004.json#12"),
        folder.table().join("_delta_log/_last_checkpoint#1"),
    ];
    for path in &left {
        std::fs::write(path, "half").unwrap();
    }
    // Who only reads clears nothing away.
    assert_eq!(folder.rows().await.len(), 15);
    assert!(left.iter().all(|path| path.exists()));
    let lock = folder.store.lock().unwrap();
    assert_eq!((folder.files(""), folder.log("")), before);
    drop(lock);
    let kept = folder.table().join("part#one.parquet");
    std::fs::write(&kept, "").unwrap();
    folder.store.lock().unwrap();
    assert!(kept.exists());
}

#[tokio::test]
async fn a_refused_folder_is_left_as_it_is() {
    let folder = folder().await;
    cut(folder.log("3.json").last().unwrap(), 0.0);
    std::fs::write(folder.table().join("part-00000-x.zstd.parquet#1"), "half").unwrap();
    let before = (folder.files(""), folder.log(""));
    refusal(&folder);
    assert_eq!((folder.files(""), folder.log("")), before);
}

#[test]
fn a_collection_into_a_damaged_folder_says_one_line() {
    let (product, repository) = (Product::new(), tempfile::tempdir().unwrap());
    generated(repository.path(), 20, 24);
    product.collect(repository.path());
    let log = product.data().join("tables/commits/_delta_log");
    cut(super::list(&log, ".json").last().unwrap(), 0.0);
    let answer = product.run(["collect".as_ref(), repository.path().as_os_str()]);
    let line = answer.failed(1);
    assert!(line.starts_with("table commits: version 1 is empty in ") && line.contains("collect again"), "{line}");
}
