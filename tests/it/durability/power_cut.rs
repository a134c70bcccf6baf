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
fn a_cut_first_collection_is_finished_by_the_next() {
    let repository = tempfile::tempdir().unwrap();
    generated(repository.path(), COMMITS, 24);
    cut_at_seeded_moments(repository.path(), &Product::new(), 8);
}

#[test]
fn a_cut_later_collection_is_finished_by_the_next() {
    let repository = Repository::of_plain_work();
    let head = repository.head();
    repository.set_head(&repository.line[150]);
    let before = Product::new();
    before.collect(repository.path());
    repository.set_head(&head);
    cut_at_seeded_moments(repository.path(), &before, 5);
}

#[test]
fn what_a_repository_got_after_a_cut_collection_is_not_lost() {
    let repository = Repository::of_plain_work();
    let [old, new] = [&repository.line[150], &repository.line[299]];
    let full = Product::new();
    full.collect(repository.path());
    let expected = full.dump(&[]);
    repository.set_head(old);
    let Some(undisturbed) = Undisturbed::of(repository.path(), &Product::new()) else { return };
    for at in undisturbed.moments(4) {
        let machine = Machine::with(Product::new()).expect("the compiler was there a moment ago");
        repository.set_head(old);
        assert_eq!(machine.collect(repository.path(), Some(at)).code(), None, "sync {at} was not reached");
        repository.set_head(new);
        // Rows whose plan is lost would be taken for those of the next plan.
        let product = machine.after_the_cut(Names::Synced);
        product.collect(repository.path());
        assert_same(&product.dump(&[]), &expected, &format!("cut at sync {at}"));
    }
}

#[test]
fn what_a_killed_process_left_in_memory_is_on_disk_when_the_next_is_done() {
    let repository = tempfile::tempdir().unwrap();
    generated(repository.path(), COMMITS, 24);
    let Some(undisturbed) = Undisturbed::of(repository.path(), &Product::new()) else { return };
    for at in [0].into_iter().chain(undisturbed.moments(4)) {
        let machine = Machine::with(Product::new()).expect("the compiler was there a moment ago");
        assert_eq!(machine.collect(repository.path(), Some(at)).code(), None, "sync {at} was not reached");
        assert!(machine.collect(repository.path(), None).success());
        undisturbed.compare(&machine.after_the_cut(Names::Synced), &format!("killed at sync {at}"));
    }
}

/// Brings copies of `before` up to date, once without a cut, and then cutting the power at so many syncs of the run.
fn cut_at_seeded_moments(repository: &Path, before: &Product, moments: usize) {
    let Some(undisturbed) = Undisturbed::of(repository, before) else { return };
    for at in undisturbed.moments(moments) {
        let machine = Machine::with(before.copied()).expect("the compiler was there a moment ago");
        assert_eq!(machine.collect(repository, Some(at)).code(), None, "sync {at} was not reached");
        for names in [Names::Synced, Names::All] {
            let product = machine.after_the_cut(names);
            product.collect(repository);
            undisturbed.compare(&product, &format!("{names:?} names, cut at sync {at}"));
        }
    }
}

/// What a collection comes to.
struct Undisturbed {
    tables: String,
    state: String,
    syncs: usize,
}

impl Undisturbed {
    /// Collects on a plain machine, and on one that loses power right after: the disk holds it all. `None` without a C
    /// compiler.
    fn of(repository: &Path, before: &Product) -> Option<Self> {
        let machine = Machine::with(before.copied())?;
        let start = machine.syncs();
        assert!(machine.collect(repository, None).success());
        let product = before.copied();
        product.collect(repository);
        let it = Self { tables: product.dump(&[]), state: state(&product), syncs: machine.syncs() - start };
        for names in [Names::Synced, Names::All] {
            let product = machine.after_the_cut(names);
            it.compare(&product, &format!("{names:?} names after the end"));
            assert!(product.collect(repository).ends_with(": nothing new\n"), "{names:?}");
        }
        Some(it)
    }

    /// The number of one sync in each of so many equal parts of the run.
    fn moments(&self, count: usize) -> impl Iterator<Item = usize> {
        let (mut random, width) = (ChaCha20Rng::seed_from_u64(SEED), self.syncs / count);
        assert!(width > 4, "only {} syncs in the whole run", self.syncs);
        (0..count).map(move |moment| moment * width + (random.next_u64() % width as u64) as usize)
    }

    fn compare(&self, product: &Product, when: &str) {
        assert_same(&product.dump(&[]), &self.tables, when);
        assert_same(&state(product), &self.state, when);
    }
}

/// Every row of the state but the runs, of which an interrupted collection has one less or one more.
fn state(product: &Product) -> String {
    let state = rusqlite::Connection::open(product.data().join("state.sqlite")).unwrap();
    let rows = |table: &str| {
        let mut statement = state.prepare(&format!("SELECT '{table}', * FROM {table} ORDER BY 2, 3")).unwrap();
        let count = statement.column_count();
        let line = |row: &rusqlite::Row<'_>| {
            let values: Vec<rusqlite::types::Value> =
                (0..count).map(|index| row.get(index)).collect::<Result<_, _>>()?;
            Ok(format!("{values:?}\n"))
        };
        statement.query_map([], line).unwrap().collect::<Result<String, _>>().unwrap()
    };
    ["meta", "origins", "plans", "identities"].map(rows).concat()
}
