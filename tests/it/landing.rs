//! The landing log on real files: processes that are killed, disks that are full, and how fast it is.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::DateTime;
use paceline::store::landing::{Landing, LandingError, Limits};
use paceline::store::{Delivery, Outcome, Store};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::cli::space::Disk;

/// Names the data folder to the child of a test.
const FOLDER: &str = "LANDING_TEST_FOLDER";
/// Makes the records of every child different.
const RUN: &str = "LANDING_TEST_RUN";
const SENDERS: usize = 16;

#[test]
fn whatever_was_acknowledged_before_a_kill_is_there_once() {
    const KILLS: u64 = 200;
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let mut chance = ChaCha8Rng::seed_from_u64(20_261_123);
    let mut acknowledged = BTreeSet::new();
    let mut tables = Tables::default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for run in 0..KILLS {
        let mut child = child("flood_child").env(FOLDER, &data).env(RUN, run.to_string()).spawn().unwrap();
        let kill_at = chance.random_range(1..60);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = 0;
        for line in lines.by_ref() {
            if let Some(record) = line.unwrap().strip_prefix("taken ") {
                assert!(acknowledged.insert(record.to_owned()), "{record} was acknowledged twice");
                seen += 1;
                if seen == kill_at {
                    break;
                }
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(seen, kill_at, "the child ended by itself");
        // What it said between the signal and its death; the last line may be half of one.
        let rest = lines.map_while(Result::ok).filter(|line| line.ends_with('.'));
        acknowledged.extend(rest.filter_map(|line| Some(line.strip_prefix("taken ")?.to_owned())));
        let landing = open(&data, small_segments());
        runtime.block_on(tables.apply(&landing, chance.random_bool(0.5)));
        if run % 20 == 0 {
            runtime.block_on(send_again(&landing, &tables));
        }
    }
    assert!(acknowledged.len() as u64 > 20 * KILLS);
    let landing = open(&data, small_segments());
    runtime.block_on(tables.apply(&landing, true));
    let applied = tables.counts();
    for record in &acknowledged {
        assert_eq!(applied.get(record), Some(&1), "{record}");
    }
    assert!(applied.values().all(|count| *count == 1), "a record is there more than once");
    assert!(tables.segments.len() as u64 >= KILLS);
}

/// Takes records until it is killed, and says which were taken.
#[test]
#[ignore = "runs as the child of another test"]
fn flood_child() {
    let landing = open(&PathBuf::from(std::env::var_os(FOLDER).unwrap()), small_segments());
    let landing = Arc::new(landing);
    let run = std::env::var(RUN).unwrap();
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let senders = (0..SENDERS).map(|sender| {
            let (landing, run) = (landing.clone(), run.clone());
            tokio::spawn(async move {
                for step in 0..usize::MAX {
                    let name = format!("{run}-{sender}-{step}.");
                    take(&landing, &name, 2_000 + (sender * 977 + step * 7_919) % 18_000).await.unwrap();
                    say_taken(&name);
                }
            })
        });
        futures::future::join_all(senders).await;
    });
}

#[test]
fn a_full_disk_refuses_records_until_it_has_space() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("disk");
    std::fs::create_dir(&folder).unwrap();
    let Some(disk) = Disk::mount(folder.clone()) else {
        eprintln!("skipped: a file system of limited size can only be mounted by root");
        return;
    };
    disk.resize(1_024);
    let landing = open(&folder.join("data"), Limits::default());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut acknowledged = Vec::new();
    for kilobytes in [1_024, 1_100, 2_048] {
        disk.resize(kilobytes);
        let mut refusals = 0;
        for step in 0.. {
            let name = format!("{kilobytes}-{step}.");
            match runtime.block_on(take(&landing, &name, 20_000)) {
                Ok(outcome) => {
                    assert_eq!((outcome, refusals), (Outcome::Written, 0));
                    acknowledged.push(name);
                }
                Err(LandingError::Write { path, source }) => {
                    assert!(path.ends_with("landing/0000000000000001.log"), "{path:?}");
                    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull, "{source}");
                    refusals += 1;
                }
                Err(error) => panic!("{error}"),
            }
            if refusals == 5 {
                break;
            }
        }
    }
    assert!(acknowledged.len() > 30, "{} records", acknowledged.len());
    let mut tables = Tables::default();
    runtime.block_on(tables.apply(&landing, false));
    assert_eq!(tables.counts(), acknowledged.into_iter().map(|name| (name, 1)).collect());
}

#[test]
fn a_limit_on_the_size_of_files_ends_a_segment_and_not_the_log() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    drop(open(&data, Limits::default()));
    // The signal that would end the process is ignored, so that the write fails. 1,024 blocks of 512 bytes.
    let child = child("limited_child");
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 1024; exec \"$@\"", "sh"]);
    command.arg(child.get_program()).args(child.get_args()).env(FOLDER, &data);
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let acknowledged: Vec<String> =
        said.lines().filter_map(|line| line.strip_prefix("taken ")).map(str::to_owned).collect();
    assert!(said.contains("refused ") && acknowledged.len() > 40, "{said}");
    let landing = open(&data, Limits::default());
    let mut tables = Tables::default();
    tokio::runtime::Runtime::new().unwrap().block_on(tables.apply(&landing, false));
    assert_eq!(tables.counts(), acknowledged.into_iter().map(|name| (name, 1)).collect());
    assert_eq!(tables.segments.len(), 2);
}

/// Fills a segment to the limit of the process, seals it, and fills another.
#[test]
#[ignore = "runs as the child of another test"]
fn limited_child() {
    let landing = open(&PathBuf::from(std::env::var_os(FOLDER).unwrap()), Limits::default());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        for segment in 0..2 {
            for step in 0.. {
                let name = format!("{segment}-{step}.");
                match take(&landing, &name, 20_000).await {
                    Ok(_) => say_taken(&name),
                    Err(error) => {
                        println!("\nrefused {name}: {error}");
                        break;
                    }
                }
            }
            landing.seal().await.unwrap();
        }
    });
}

/// `cargo test --test it landing::how_fast -- --ignored --nocapture`, on the file system of TMPDIR.
///
/// Records of 2 to 20 KB come in at a steady 2,500 a second, or as fast as they are answered. Latency is counted from the
/// moment a record was due, so that a slow answer counts for the records behind it too.
#[test]
#[ignore = "a benchmark"]
fn how_fast() {
    let steady = measure(100, 250, Some(Duration::from_millis(40)));
    for senders in [1, 16, 64, 256] {
        measure(senders, 8_000 / senders.max(8), None);
    }
    let (rate, p99_ms) = steady;
    assert!(rate >= 2_000.0 && p99_ms < 50.0, "{rate:.0} records/s, p99 {p99_ms:.1} ms");
}

/// Records a second, and the 99th percentile of their latency in milliseconds.
fn measure(senders: usize, each: usize, every: Option<Duration>) -> (f64, f64) {
    let home = tempfile::tempdir().unwrap();
    let landing = open(&home.path().join("data"), Limits::default());
    let landing = Arc::new(landing);
    let started = Instant::now();
    let mut seconds: Vec<f64> = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let senders = (0..senders).map(|sender| {
            let landing = landing.clone();
            tokio::spawn(async move {
                let mut due = every.map(|every| {
                    let start = tokio::time::Instant::now() + every.mul_f64(sender as f64 / senders as f64);
                    tokio::time::interval_at(start, every)
                });
                let mut seconds = Vec::new();
                for step in 0..each {
                    let due = match &mut due {
                        Some(due) => due.tick().await,
                        None => tokio::time::Instant::now(),
                    };
                    let bytes = 2_000 + (sender * 977 + step * 7_919) % 18_000;
                    take(&landing, &format!("{sender}-{step}."), bytes).await.unwrap();
                    seconds.push(due.elapsed().as_secs_f64());
                }
                seconds
            })
        });
        futures::future::try_join_all(senders).await.unwrap().concat()
    });
    let rate = seconds.len() as f64 / started.elapsed().as_secs_f64();
    seconds.sort_by(f64::total_cmp);
    let milliseconds = |part: f64| 1e3 * seconds[(part * (seconds.len() - 1) as f64) as usize];
    let (p50, p99, worst) = (milliseconds(0.5), milliseconds(0.99), milliseconds(1.0));
    println!("{senders} senders: {rate:.0} records/s, p50 {p50:.1} ms, p99 {p99:.1} ms, worst {worst:.1} ms");
    (rate, p99)
}

/// What an applier has brought into the tables, by segment.
#[derive(Default)]
struct Tables {
    segments: BTreeMap<u64, Vec<String>>,
}

impl Tables {
    /// Applies what waits, each segment once by its number, and removes it or is interrupted before.
    async fn apply(&mut self, landing: &Landing, removes: bool) {
        for segment in landing.seal().await.unwrap() {
            let names: Vec<String> =
                segment.records().unwrap().map(|record| name_of(&record.unwrap().bytes).to_owned()).collect();
            let applied = self.segments.entry(segment.number()).or_insert_with(|| names.clone());
            assert_eq!(*applied, names, "segment {} changed", segment.number());
            if removes {
                landing.remove(&segment, DateTime::UNIX_EPOCH).await.unwrap();
            }
        }
    }

    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for name in self.segments.values().flatten() {
            *counts.entry(name.clone()).or_default() += 1;
        }
        counts
    }
}

/// Sends everything with a key that was applied once more.
async fn send_again(landing: &Landing, tables: &Tables) {
    for name in tables.segments.values().flatten().filter(|name| has_key(name)) {
        assert_eq!(take(landing, name, 2_000).await.unwrap(), Outcome::AlreadyThere, "{name}");
    }
}

/// Half of the records have a key.
fn has_key(name: &str) -> bool {
    name.len().is_multiple_of(2)
}

/// A record of this name and size: the name, which ends with a dot, and what fills it up.
async fn take(landing: &Landing, name: &str, bytes: usize) -> Result<Outcome, LandingError> {
    let mut record = name.as_bytes().to_vec();
    record.resize(bytes, b'x');
    if has_key(name) {
        let delivery = Delivery { source: "forge".to_owned(), key: name.to_owned(), received_at: DateTime::UNIX_EPOCH };
        landing.append_once(delivery, record).await
    } else {
        landing.append(record).await.map(|()| Outcome::Written)
    }
}

fn name_of(record: &[u8]) -> &str {
    let end = record.iter().position(|byte| *byte == b'.').unwrap();
    std::str::from_utf8(&record[..=end]).unwrap()
}

/// One whole line, whatever the test harness writes between.
fn say_taken(name: &str) {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(format!("\ntaken {name}\n").as_bytes()).unwrap();
    stdout.flush().unwrap();
}

fn small_segments() -> Limits {
    Limits { segment_bytes: 256 << 10, ..Limits::default() }
}

fn open(data: &Path, limits: Limits) -> Landing {
    let store = Store::open(data).unwrap();
    let started = Instant::now();
    // The lock of a killed process is free when the kernel has taken the process down.
    loop {
        match Landing::open(&store, limits) {
            Ok(landing) => break landing,
            Err(error) if started.elapsed() > Duration::from_secs(10) => panic!("{error}"),
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// This test binary, running one of the ignored functions.
fn child(function: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("landing::{function}"), "--ignored", "--nocapture"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command
}
