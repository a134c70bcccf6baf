//! The power is cut at any sync of a collection: what was finished is there, and what was not is finished by the next run.
//!
//! Two disks are looked at for each cut, the two ends of what a file system may do: names that reach it as late as they may,
//! and names that reach it at once while their bytes do not. What lies between is not tried.

use std::path::Path;

use rand::rngs::ChaCha20Rng;
use rand::{Rng, SeedableRng};

use super::machine::{Machine, Names};
use crate::cli::product::{Product, assert_same};
use crate::collect::{Repository, generated};

const COMMITS: usize = 200;
const SEED: u64 = 20_261_123;

#[test]
fn a_disk_holds_what_was_synced() {
    let Some(machine) = Machine::with(Product::new()) else { return };
    machine.shell("mkdir d; echo one > d/a; echo two > d/b; echo three > d/c; sync d/a d/c; rm d/c; sync d");
    let names = |product: &Product| {
        let files = product.all_files().into_iter();
        let name = |path: std::path::PathBuf| path.strip_prefix(product.home()).unwrap().to_str().unwrap().to_owned();
        files.map(|(path, bytes)| (name(path), String::from_utf8(bytes).unwrap())).collect::<Vec<_>>()
    };
    let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|it| (it.0.to_owned(), it.1.to_owned())).collect::<Vec<_>>();
    assert_eq!(names(&machine.after_the_cut(Names::Synced)), [], "the folder itself has no name yet");
    machine.shell("sync .; echo four >> d/a; mv d/b d/e; rm d/a; echo five > d/a; echo six > d/f");
    assert_eq!(names(&machine.after_the_cut(Names::Synced)), pairs(&[("d/a", "one\n"), ("d/b", "")]));
    assert_eq!(names(&machine.after_the_cut(Names::All)), pairs(&[("d/a", ""), ("d/e", ""), ("d/f", "")]));
    machine.shell("sync d/a; sync d; sync d/e");
    assert_eq!(
        names(&machine.after_the_cut(Names::Synced)),
        pairs(&[("d/a", "five\n"), ("d/e", "two\n"), ("d/f", "")])
    );
}

#[test]
fn a_finished_collection_is_on_disk() {
    let repository = tempfile::tempdir().unwrap();
    generated(repository.path(), COMMITS, 24);
    let Some(machine) = Machine::with(Product::new()) else { return };
    let undisturbed = Product::new();
    undisturbed.collect(repository.path());
    let expected = undisturbed.dump(&[]);
    assert!(machine.collect(repository.path(), None).success());
    for names in [Names::Synced, Names::All] {
        let product = machine.after_the_cut(names);
        assert_same(&product.dump(&[]), &expected, &format!("{names:?}"));
        assert!(product.collect(repository.path()).ends_with(": nothing new\n"), "{names:?}");
        assert_same(&product.dump(&[]), &expected, &format!("{names:?} and another run"));
    }
}

#[test]
fn a_cut_first_collection_is_finished_by_the_next() {
    let repository = tempfile::tempdir().unwrap();
    generated(repository.path(), COMMITS, 24);
    cut_at_seeded_moments(repository.path(), &Product::new(), 10);
}

#[test]
fn a_cut_later_collection_is_finished_by_the_next() {
    let repository = Repository::of_plain_work();
    let head = repository.head();
    repository.set_head(&repository.line[150]);
    let before = Product::new();
    before.collect(repository.path());
    repository.set_head(&head);
    cut_at_seeded_moments(repository.path(), &before, 6);
}

/// Brings copies of `before` up to date, cutting the power at one sync in each of as many equal parts of the run.
fn cut_at_seeded_moments(repository: &Path, before: &Product, moments: usize) {
    let Some(machine) = Machine::with(before.copied()) else { return };
    let start = machine.syncs();
    assert!(machine.collect(repository, None).success());
    let syncs = machine.syncs() - start;
    assert!(syncs > 4 * moments, "only {syncs} syncs in the whole run");
    let undisturbed = before.copied();
    undisturbed.collect(repository);
    let expected = undisturbed.dump(&[]);
    let mut random = ChaCha20Rng::seed_from_u64(SEED);
    for moment in 0..moments {
        let width = syncs / moments;
        let at = moment * width + (random.next_u64() % width as u64) as usize;
        let machine = Machine::with(before.copied()).expect("the compiler was there a moment ago");
        assert_eq!(machine.collect(repository, Some(at)).code(), None, "sync {at} of {syncs} was not reached");
        for names in [Names::Synced, Names::All] {
            let product = machine.after_the_cut(names);
            product.collect(repository);
            assert_same(&product.dump(&[]), &expected, &format!("{names:?} names, cut at sync {at} of {syncs}"));
        }
    }
}
