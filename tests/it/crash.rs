//! A collection that is killed at any moment and run again leaves the same tables as one that ran through.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::cli::product::{Product, assert_same};
use crate::collect::{Repository, generated};
use crate::git_fixture::Fixture;

const COMMITS: usize = 2_000;

#[test]
fn a_killed_first_collection_is_finished_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    generated(folder.path(), COMMITS, 6);
    kill_at_each_moment(folder.path(), &Product::new(), 20);
}

#[test]
fn a_killed_later_collection_is_finished_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    generated(folder.path(), COMMITS, 6);
    let repository = Repository::clone_of(folder.path());
    let head = repository.head();
    repository.set_head(&repository.line[COMMITS / 2]);
    let before = Product::new();
    before.collect(repository.path());
    repository.set_head(&head);
    kill_at_each_moment(repository.path(), &before, 8);
}

#[test]
fn a_killed_collection_of_a_catalog_is_finished_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let mut repository = Fixture::new(folder.path());
    let mut grow = |steps: std::ops::Range<usize>| {
        for step in steps {
            let owner = ["core", "edge", "user:ann"][step % 3];
            let entity = format!(
                "apiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: part-{}\nspec:\n  type: service\n  \
                 lifecycle: production\n  owner: {owner}\n  dependsOn: [resource:db-{step}]\n",
                step / 4
            );
            repository.write(format!("part-{}/catalog-info.yaml", step % 5), entity);
            repository.write("CODEOWNERS", format!("* @acme/team-{}\n/docs/ @ann\n", step / 2));
            repository.commit(&format!("Step {step}"));
        }
    };
    grow(0..12);
    let before = Product::new();
    before.collect(folder.path());
    grow(12..20);
    kill_at_each_moment(folder.path(), &before, 6);
}

#[test]
fn a_collection_that_is_killed_again_and_again_comes_to_an_end() {
    let folder = tempfile::tempdir().unwrap();
    generated(folder.path(), COMMITS / 4, 24);
    let expected = Product::new();
    let started = Instant::now();
    expected.collect(folder.path());
    let whole = started.elapsed();
    let product = Product::new();
    for part in 1..8 {
        kill_after(&product, folder.path(), whole * part / 8);
    }
    product.collect(folder.path());
    assert_same(&product.dump(&[]), &expected.dump(&[]), "after seven deaths");
}

/// Brings copies of `before` up to date, killed at moments that are spread over the time that an undisturbed run takes.
fn kill_at_each_moment(repository: &Path, before: &Product, moments: u32) {
    let undisturbed = before.copied();
    let started = Instant::now();
    undisturbed.collect(repository);
    let whole = started.elapsed();
    let expected = undisturbed.dump(&[]);
    let mut killed = 0;
    for moment in 0..moments {
        let product = before.copied();
        let after = whole * (2 * moment + 1) / (2 * moments);
        killed += u32::from(kill_after(&product, repository, after));
        product.collect(repository);
        assert_same(&product.dump(&[]), &expected, &format!("killed after {after:?} of {whole:?}"));
    }
    assert!(killed >= moments / 2, "only {killed} of {moments} runs were still running when they were to be killed");
}

/// Whether the run had not ended before.
fn kill_after(product: &Product, repository: &Path, after: Duration) -> bool {
    let mut child = product.command(["collect".as_ref(), repository.as_os_str()]).spawn().unwrap();
    std::thread::sleep(after);
    let ended = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    !ended
}
