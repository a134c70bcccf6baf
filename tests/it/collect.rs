//! What `paceline collect` stores of a repository is what git says about it, however the repository came to be collected.

mod generated;
mod incremental;
mod repository;
mod resumed;
mod url;

use std::collections::BTreeSet;
use std::path::Path;

use paceline::collect::git::numstat::path_text;

use crate::cli::product::Product;
use crate::git_fixture::{Fixture, git_rows, git_text, shared};

pub use generated::generated;
pub use repository::Repository;

#[test]
fn tables_equal_git() {
    let shared = shared();
    for folder in [shared.fixture.folder.as_path(), &shared.bare] {
        let product = Product::new();
        product.collect(folder);
        let count = git_text(folder, &["rev-list", "--count", "HEAD"]);
        assert_eq!(product.rows("SELECT count(*), count(DISTINCT sha) FROM commits"), [[count.trim(), count.trim()]]);
        assert_eq!(product.rows("SELECT commits, head FROM repositories"), [[count.trim(), head(folder).as_str()]]);
        assert_eq!(commit_files(&product), git_commit_files(folder));
        assert_eq!(releases(&product), git_tags(folder));
    }
}

#[test]
fn people_equal_shortlog() {
    let shared = shared();
    let product = Product::new();
    product.collect(&shared.fixture.folder);
    let found: BTreeSet<(String, String)> = product
        .table(&["identity", "list"])
        .into_iter()
        .map(|row| (format!("{} <{}>", row[0], row[1]), row[4].clone()))
        .collect();
    let expected: BTreeSet<(String, String)> = git_text(&shared.fixture.folder, &["shortlog", "-sne", "HEAD"])
        .lines()
        .map(|line| line.trim().split_once('\t').unwrap())
        .map(|(count, author)| (author.to_owned(), count.to_owned()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn people_who_only_committed_are_not_authors() {
    let repository = Repository::of_plain_work();
    let alone = repository.commit_by("Author <a@example.com>", "Robot <r@example.com>", &[], 1, "Work");
    repository.set_head(&alone);
    let product = Product::new();
    product.collect(repository.path());
    let names: Vec<String> = product.table(&["identity", "list"]).into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(names, ["Author"]);
}

#[test]
fn an_edited_mailmap_counts_without_a_commit() {
    let folder = tempfile::tempdir().unwrap();
    let fixture = generated(folder.path(), 30, 6);
    let product = Product::new();
    product.collect(folder.path());
    fixture.write(".mailmap", "One Person <one@example.com> <person0@example.com>\n");
    assert!(product.collect(folder.path()).contains("nothing new"));
    let list = product.table(&["identity", "list"]);
    assert!(list.iter().any(|row| row[0] == "One Person" && row[1] == "one@example.com"), "{list:?}");
}

#[test]
fn collecting_again_writes_nothing() {
    let shared = shared();
    let product = Product::new();
    product.collect(&shared.bare);
    let before = product.files("tables");
    assert!(before.len() > 16, "a file and a log for each table: {}", before.len());
    assert_eq!(product.collect(&shared.bare), "bare: nothing new\n");
    assert!(product.files("tables") == before, "a file changed");
}

#[test]
fn repositories_stand_beside_each_other() {
    let shared = shared();
    let (both, one, other) = (Product::new(), Product::new(), Product::new());
    let [first, second] = [shared.fixture.folder.as_path(), &shared.bare].map(Path::as_os_str);
    both.run([std::ffi::OsStr::new("collect"), first, second]).succeeded();
    one.collect(first);
    other.collect(second);
    let commits = "SELECT * FROM stored.commits ORDER BY repository, sha";
    let apart: BTreeSet<Vec<String>> = [one.rows(commits), other.rows(commits)].concat().into_iter().collect();
    assert_eq!(both.rows(commits).into_iter().collect::<BTreeSet<_>>(), apart);
    let contents = "SELECT count(*), count(DISTINCT blob || language) FROM blobs";
    assert_eq!(both.rows(contents), one.rows(contents), "the same contents are stored once");
}

#[test]
fn pull_requests_say_how_much_of_them_is_generated() {
    let folder = tempfile::tempdir().unwrap();
    let mut fixture = Fixture::new(folder.path());
    fixture.write("a.rs", "one\n");
    fixture.commit("first");
    fixture.git(&["branch", "-M", "main"]);
    fixture.write("a.rs", "two\n");
    fixture.write("Cargo.lock", "a\nb\nc\n");
    fixture.commit("Squashed (#1)");
    fixture.checkout("branch", "main");
    fixture.write("Cargo.lock", "a\nb\n");
    fixture.commit("work");
    fixture.write("b.rs", "one\ntwo\n");
    fixture.write("Cargo.lock", "a\nb\nd\ne\n");
    fixture.commit("more work");
    fixture.git(&["checkout", "--quiet", "main"]);
    fixture.merge(&["branch"], "Merge pull request #2 from a/branch");
    fixture.write("c.rs", "one\n");
    fixture.commit("By hand (#3)");
    let product = Product::new();
    product.collect(folder.path());
    // 1: a line of a.rs changed, three of the lock file new. 2: of the branch as a whole, a line of the lock file is another and
    // one is new, whatever its commits did on the way. 3: nothing is generated, which is known.
    let expected = [["1", "4", "1", "3"], ["2", "4", "1", "3"], ["3", "1", "0", "0"]];
    let columns = "number, lines_added, lines_deleted, lines_generated";
    assert_eq!(product.rows(&format!("SELECT {columns} FROM pull_requests ORDER BY number")), expected);
    let sizes = product.rows("SELECT number, value, diff FROM pr_size ORDER BY number");
    assert_eq!(
        sizes,
        [["1", "2", "without generated"], ["2", "2", "without generated"], ["3", "1", "without generated"]]
    );
}

pub fn head(folder: &Path) -> String {
    git_text(folder, &["rev-parse", "HEAD"]).trim().to_owned()
}

fn commit_files(product: &Product) -> Vec<Vec<String>> {
    let columns = "sha, path, previous_path, change, lines_added, lines_deleted";
    let mut rows = product.rows(&format!("SELECT {columns} FROM commit_files"));
    rows.sort();
    rows
}

/// The same of `git log --numstat -M`; where git prints - for a binary file, nothing.
fn git_commit_files(folder: &Path) -> Vec<Vec<String>> {
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let mut rows: Vec<Vec<String>> = git_rows(folder, &["--no-merges"])
        .into_values()
        .flatten()
        .map(|row| {
            let previous = row.previous_path.map(|path| path_text(&path)).unwrap_or_default();
            let (added, deleted) = row.lines.unzip();
            vec![row.commit, path_text(&row.path), previous, row.kind.as_str().into(), number(added), number(deleted)]
        })
        .collect();
    rows.sort();
    rows
}

pub fn releases(product: &Product) -> Vec<Vec<String>> {
    product.rows("SELECT tag, sha, CAST(to_unixtime(released_at) AS BIGINT) FROM releases ORDER BY tag")
}

pub fn git_tags(folder: &Path) -> Vec<Vec<String>> {
    let format = "--format=%(refname:short) %(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end) \
                  %(creatordate:unix)";
    let tags = git_text(folder, &["for-each-ref", format, "refs/tags"]);
    tags.lines().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}
