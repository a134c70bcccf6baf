//! Collecting a repository as it grows, or as its history is rewritten, ends where one full collection ends.

use std::collections::BTreeSet;

use super::repository::Repository;
use crate::cli::product::{Product, assert_same};
use crate::git_fixture::{git, shared};

#[test]
fn a_growing_history_equals_a_full_collection() {
    let repository = Repository::of_plain_work();
    visit(&repository, &[9, 59, 60, 149, 299].map(|at| repository.line[at].clone()));
}

#[test]
fn a_growing_nasty_history_equals_a_full_collection() {
    let repository = Repository::clone_of(&shared().bare);
    let last = repository.line.len() - 1;
    visit(&repository, &[15, last - 5, last].map(|at| repository.line[at].clone()));
}

#[test]
fn a_merge_that_makes_the_former_head_a_side_branch_equals_a_full_collection() {
    let repository = Repository::of_plain_work();
    let [fork, former] = [&repository.line[149], &repository.line[219]];
    let side = repository.commit(&[fork], 220, "Work beside the main line (#9000)");
    let swapped = repository.commit(&[&side, former], 221, "Merge pull request #9001 from main");
    let after = repository.commit(&[&swapped], 240, "Go on (#9002)");
    visit(&repository, &[former.clone(), swapped, after]);
}

#[test]
fn a_pull_request_found_on_a_line_that_became_the_main_line_equals_a_full_collection() {
    let repository = Repository::of_plain_work();
    let root = repository.line[0].clone();
    let work = repository.commit(&[&root], 2, "Work");
    let side = repository.commit(&[&root], 3, "Fix (#5)");
    let former = repository.commit(&[&work, &side], 4, "Combine");
    let swapped = repository.commit(&[&side, &former], 5, "Combine the other way round");
    visit(&repository, &[former, swapped]);
}

#[test]
fn a_rewritten_history_equals_a_full_collection() {
    let repository = Repository::of_plain_work();
    let [kept, lost, older] = [&repository.line[179], &repository.line[249], &repository.line[30]];
    let amended = repository.commit(&[kept], 200, "Another future (#9000)");
    let unrelated = repository.commit(&[], 100, "Start again");
    visit(&repository, &[lost.clone(), amended, older.clone(), unrelated, lost.clone()]);
}

#[test]
fn tags_that_appear_move_and_go_equal_a_full_collection() {
    let repository = Repository::of_plain_work();
    let product = Product::new();
    let commit = &repository.line[50];
    for args in [
        vec!["update-ref", "refs/heads/main", commit],
        vec!["tag", "later", commit],
        vec!["tag", "--force", "v100", "main~3"],
        vec!["tag", "--delete", "later"],
    ] {
        git(repository.path(), args);
        product.collect(repository.path());
        assert_eq!(super::releases(&product), super::git_tags(repository.path()));
    }
}

#[test]
fn another_branch_at_the_same_commit_is_seen() {
    let repository = Repository::of_plain_work();
    let product = Product::new();
    product.collect(repository.path());
    git(repository.path(), ["branch", "trunk", "main"]);
    git(repository.path(), ["symbolic-ref", "HEAD", "refs/heads/trunk"]);
    product.collect(repository.path());
    assert_eq!(product.rows("SELECT default_branch FROM repositories"), [["trunk"]]);
}

#[test]
fn a_commit_dated_ahead_of_the_clock_equals_a_full_collection_once_the_clock_is_there() {
    let repository = Repository::of_plain_work();
    // Days since the first of January 2024.
    let january = repository.commit(&[], 10, "January");
    let march = repository.commit(&[&january], 80, "March");
    let april = repository.commit(&[&march], 100, "April");
    let mut growing = Product::new();
    growing.now = "2024-02-01T00:00:00Z";
    repository.set_head(&march);
    growing.collect(repository.path());
    growing.now = Product::new().now;
    repository.set_head(&april);
    growing.collect(repository.path());
    equals_full(&repository, &growing, "after April");
}

#[test]
fn leaving_out_the_code_equals_a_full_collection_without_it() {
    let repository = Repository::of_plain_work();
    let growing = Product::new();
    let collect = |product: &Product, code: &str| {
        let path = repository.path().to_str().unwrap();
        product.run(["collect", path, "--code", code]).succeeded();
    };
    repository.set_head(&repository.line[100]);
    collect(&growing, "monthly");
    for code in ["head", "monthly", "off"] {
        collect(&growing, code);
        let full = Product::new();
        collect(&full, code);
        assert_same(&growing.dump(&[]), &full.dump(&[]), code);
    }
}

/// Collects each of these heads in turn and compares with a collection of that head alone.
fn visit(repository: &Repository, heads: &[String]) {
    let growing = Product::new();
    for (at, head) in heads.iter().enumerate() {
        repository.set_head(head);
        growing.collect(repository.path());
        equals_full(repository, &growing, &format!("at head {at}"));
    }
}

fn equals_full(repository: &Repository, growing: &Product, when: &str) {
    let mut full = Product::new();
    full.now = growing.now;
    full.collect(repository.path());
    let without = ["ingested_at"];
    assert_same(&growing.dump(&without), &full.dump(&without), when);
}

#[test]
fn no_content_is_analysed_twice() {
    let repository = Repository::of_plain_work();
    let head = repository.head();
    repository.set_head(&repository.line[150]);
    let product = Product::new();
    product.collect(repository.path());
    // A row that was analysed anew has the moment of the later run.
    let analysed = "SELECT blob, language, 0, ingested_at FROM stored.blobs
                    UNION ALL SELECT blob, language, start_line, ingested_at FROM stored.functions ORDER BY 1, 2, 3, 4";
    let before = product.rows(analysed);
    assert!(!before.is_empty());
    repository.set_head(&head);
    product.collect(repository.path());
    let after = product.rows(analysed);
    let contents: BTreeSet<&[String]> = before.iter().map(|row| &row[..2]).collect();
    let again: Vec<&Vec<String>> =
        after.iter().filter(|row| contents.contains(&row[..2]) && !before.contains(row)).collect();
    assert!(again.is_empty(), "{again:?}");
    assert!(after.iter().any(|row| !contents.contains(&row[..2])), "the later code is there");
    let double = "SELECT count(*) - count(DISTINCT blob || language) FROM stored.blobs";
    assert_eq!(product.rows(double), [["0"]]);
}
