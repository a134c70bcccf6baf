//! A refresh that is killed, or loses power, at any moment: answers stay those of the SQL, and the next refresh keeps what it would have kept.

use crate::cli::product::{Product, assert_same};
use crate::collect::generated;
use crate::durability::machine::{Machine, Names};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Moments are counted in metrics whose facts are there.
const MOMENTS: [usize; 3] = [0, 25, 60];
const ASKED: [&str; 4] = ["pr_cycle_time", "churn", "contributors", "maintainability_index_vs"];

#[test]
fn a_killed_refresh_leaves_right_answers_and_is_finished_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    generated(folder.path(), 300, 24);
    let before = Product::new();
    before.collect(folder.path());
    let answers = answers(&before);
    let undisturbed = before.copied();
    undisturbed.run(["metric", "refresh"]).succeeded();
    let expected = facts(&undisturbed);
    let mut killed = 0;
    for moment in MOMENTS {
        let product = before.copied();
        killed += usize::from(kill_at(&product, moment));
        let when = format!("killed with facts of {moment} metrics");
        assert_same(&self::answers(&product), &answers, &when);
        product.run(["metric", "refresh"]).succeeded();
        assert_same(&self::answers(&product), &answers, &when);
        assert!(facts(&product) == expected, "{when}");
    }
    assert!(killed >= MOMENTS.len() - 1, "only {killed} refreshes were still running when they were to be killed");
}

#[test]
fn facts_survive_a_power_cut_or_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    generated(folder.path(), 60, 24);
    let before = Product::new();
    before.collect(folder.path());
    let answers = answers(&before);
    let refresh = ["metric".as_ref(), "refresh".as_ref()];
    let Some(machine) = Machine::with(before.copied()) else { return };
    let start = machine.syncs();
    assert!(machine.run(&refresh, None).success());
    let (syncs, expected) = (machine.syncs() - start, facts(machine.product()));
    assert!(facts(&machine.after_the_cut(Names::Synced)) == expected, "what was acknowledged is on disk");
    let at = syncs / 2;
    let machine = Machine::with(before.copied()).expect("the compiler was there a moment ago");
    assert_eq!(machine.run(&refresh, Some(at)).code(), None, "sync {at} was not reached");
    for names in [Names::Synced, Names::All] {
        let (product, when) = (machine.after_the_cut(names), format!("{names:?} names, cut at sync {at}"));
        assert_same(&self::answers(&product), &answers, &when);
        product.run(refresh).succeeded();
        assert_same(&self::answers(&product), &answers, &when);
        assert!(facts(&product) == expected, "{when}");
    }
}

/// Whether it had not ended before.
fn kill_at(product: &Product, metrics: usize) -> bool {
    let mut child = product.command(["metric", "refresh"]).spawn().unwrap();
    let started = Instant::now();
    while manifests(product) < metrics || !product.data().join("facts").exists() {
        if child.try_wait().unwrap().is_some() || started.elapsed() > Duration::from_secs(120) {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let ended = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    !ended
}

/// Counted without reading, since files come and go meanwhile.
fn manifests(product: &Product) -> usize {
    let below = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    below(product.data().join("facts")).flat_map(below).filter(|metric| metric.join("facts.json").exists()).count()
}

fn answers(product: &Product) -> String {
    let rows = ASKED.iter().flat_map(|metric| {
        let mut rows = product.rows(&format!("SELECT * FROM {metric}"));
        rows.sort();
        rows
    });
    rows.map(|row| format!("{}\n", row.join(" "))).collect()
}

/// The facts and what they follow from, by the path within the data folder.
fn facts(product: &Product) -> BTreeMap<PathBuf, Vec<u8>> {
    let data = product.data();
    let within = |path: PathBuf| path.strip_prefix(&data).unwrap().to_owned();
    let is_fact = |path: &PathBuf| path.extension().is_some_and(|it| it == "parquet" || it == "json");
    product.files("facts").into_iter().map(|(path, bytes)| (within(path), bytes)).filter(|it| is_fact(&it.0)).collect()
}
