//! A repository that is cloned from an address gives the same rows as the one in a folder, also after both moved on.

use super::repository::Repository;
use crate::cli::product::{Product, assert_same};
use crate::git_fixture::{git, shared};

#[test]
fn an_address_equals_a_path() {
    let repository = Repository::clone_of(&shared().bare);
    let product = Product::new();
    let said = product.collect(repository.url());
    assert!(said.starts_with("work: "), "{said}");
    equals_path(&repository, &product, "cloned");
    assert_eq!(product.rows("SELECT origin FROM repositories"), [[repository.url()]]);
    assert_eq!(product.collect(repository.url()), "work: nothing new\n");
}

#[test]
fn an_address_is_fetched_again() {
    let repository = Repository::of_plain_work();
    let product = Product::new();
    repository.set_head(&repository.line[99]);
    product.collect(repository.url());
    repository.set_head(&repository.line[299]);
    let said = product.collect(repository.url());
    assert!(said.contains(" commits, "), "{said}");
    equals_path(&repository, &product, "new commits");
    let rewritten = repository.commit(&[&repository.line[200]], 200, "Another future");
    repository.set_head(&rewritten);
    product.collect(repository.url());
    equals_path(&repository, &product, "a rewritten history");
}

#[test]
fn tags_and_branches_that_go_at_the_address_go_here() {
    let repository = Repository::of_plain_work();
    let product = Product::new();
    git(repository.path(), ["branch", "gone", "main~20"]);
    git(repository.path(), ["tag", "--annotate", "--message=a tag", "kept", "main~20"]);
    product.collect(repository.url());
    git(repository.path(), ["tag", "--delete", "v100"]);
    git(repository.path(), ["branch", "--delete", "--force", "gone"]);
    product.collect(repository.url());
    equals_path(&repository, &product, "a tag went");
    // A folder may take the name of a branch that is gone.
    git(repository.path(), ["branch", "gone/for-good", "main"]);
    product.collect(repository.url());
    equals_path(&repository, &product, "a branch took its place");
}

#[test]
fn another_default_branch_at_the_address_is_followed() {
    let repository = Repository::of_plain_work();
    let product = Product::new();
    product.collect(repository.url());
    git(repository.path(), ["branch", "--move", "main", "trunk"]);
    let next = repository.commit(&[&repository.line[299]], 500, "On another branch");
    repository.set_head(&next);
    product.collect(repository.url());
    equals_path(&repository, &product, "the default branch moved");
}

fn equals_path(repository: &Repository, product: &Product, when: &str) {
    let full = Product::new();
    full.collect(repository.path());
    let without = ["origin", "ingested_at"];
    assert_same(&product.dump(&without), &full.dump(&without), when);
}
