//! A server that is killed in the middle of a flood, while tables are written and compacted: what it acknowledged is there once.

use super::doors;
use super::served::Served;
use crate::cli::product::Product;
use chrono::TimeDelta;
use paceline::ambient::Ambient;
use paceline::collect::deliveries::Deliveries;
use paceline::collect::{Collecting, Silent};
use paceline::model::flow;
use paceline::project::Project;
use paceline::receive::Doors;
use paceline::store::{Compaction, Store};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Two hundred take minutes: `PACELINE_TEST_KILLS=200 cargo test --test it receive::kill`.
const KILLS: usize = 20;
const SENDERS: u64 = 8;
/// Names the project's folder to the child of a test.
const HOME: &str = "RECEIVE_TEST_HOME";
/// Compacts all the time, and keeps nothing that was replaced.
const EAGER: Compaction = Compaction { small_files: 3, retention: TimeDelta::zero() };

#[test]
fn whatever_was_acknowledged_before_a_kill_is_there_once() {
    let product = doors::every();
    let mut chance = ChaCha8Rng::seed_from_u64(20_261_127);
    let next = AtomicU64::new(1);
    let mut acknowledged = BTreeSet::new();
    let mut slowest = Duration::ZERO;
    let kills = std::env::var("PACELINE_TEST_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    for _ in 0..kills {
        let started = Instant::now();
        let mut server = Served::by(child(product.home()));
        slowest = slowest.max(started.elapsed());
        let lives_for = Duration::from_millis(chance.random_range(1..400));
        std::thread::scope(|scope| {
            let senders: Vec<_> = (0..SENDERS).map(|_| scope.spawn(|| flood(&server.address, &next))).collect();
            std::thread::sleep(lives_for);
            // By its id, since the senders look at the rest of it.
            Command::new("kill").args(["-9", &server.id().to_string()]).status().unwrap();
            acknowledged.extend(senders.into_iter().flat_map(|it| it.join().unwrap()));
        });
        server.kill();
    }
    eprintln!("{} acknowledged in {kills} lives, slowest start {slowest:?}", acknowledged.len());
    assert!(acknowledged.len() > 5 * kills);
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    let (store, deliveries) = open(product.home());
    let ambient = ambient();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let apply = async { begin(&store, &ambient, &deliveries).take_deliveries().await };
    runtime.block_on(apply).unwrap();
    let stored = numbers(&product);
    let distinct: BTreeSet<u64> = stored.iter().copied().collect();
    assert_eq!(stored.len(), distinct.len(), "something is there more than once");
    let lost: Vec<&u64> = acknowledged.difference(&distinct).collect();
    assert!(lost.is_empty(), "{lost:?}");
    // One that was taken and not acknowledged counts once too.
    let state = store.state().unwrap();
    let received = state.received().unwrap();
    assert_eq!(received.iter().map(|it| it.deliveries).sum::<u64>(), stored.len() as u64);
    assert_eq!(received.len(), 3, "not every door was gone through");
    assert_eq!(state.refused().unwrap(), []);
}

fn numbers(product: &Product) -> Vec<u64> {
    let rows = product.rows("SELECT number FROM pull_requests ORDER BY number");
    rows.into_iter().map(|row| row[0].parse().unwrap()).collect()
}

/// Sends until the server is gone; what was acknowledged.
fn flood(address: &str, next: &AtomicU64) -> Vec<u64> {
    let mut acknowledged = Vec::new();
    let Ok(stream) = std::net::TcpStream::connect(address) else { return acknowledged };
    let mut connection = super::served::Connection::of(stream);
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        match doors::tell(&mut connection, number, (number as usize * 7_919) % 10_000) {
            Ok((202, _)) => acknowledged.push(number),
            Ok((503, _)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(_) => return acknowledged,
        }
    }
}

/// Takes deliveries, brings them in and compacts, until it is killed.
#[test]
#[ignore = "runs as the child of another test"]
fn flooded_child() {
    let home = PathBuf::from(std::env::var_os(HOME).unwrap());
    let (store, deliveries) = open(&home);
    let (deliveries, ambient) = (Arc::new(deliveries), ambient());
    let project = Project::load(&home).unwrap();
    let (doors, errors) = Doors::new(deliveries.clone(), ambient.clone(), project.pipelines.values(), &home);
    assert_eq!(errors, Vec::<String>::new());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(16 << 20).build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        eprintln!("\nserving http://{} for a while", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, doors.router()).await });
        loop {
            let mut collecting = begin(&store, &ambient, &deliveries);
            collecting.take_deliveries().await.unwrap();
            for table in [&flow::PULL_REQUESTS, &flow::PULL_REQUEST_EVENTS] {
                store.compact(table, &EAGER).await.unwrap();
            }
            drop(collecting);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
}

fn begin<'a>(store: &Store, ambient: &'a Ambient, deliveries: &'a Deliveries) -> Collecting<'a> {
    let started = Instant::now();
    // The lock of a killed process is free when the kernel has taken the process down.
    loop {
        match Collecting::begin(store, ambient, &Silent) {
            Ok(collecting) => return collecting.with_deliveries(Some(deliveries)),
            Err(error) if started.elapsed() > Duration::from_secs(10) => panic!("{error}"),
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn open(home: &Path) -> (Store, Deliveries) {
    let store = Store::open(&home.join("data")).unwrap();
    let started = Instant::now();
    loop {
        match Deliveries::open(&store, Project::load(home).unwrap().pipelines.into_values()) {
            Ok(deliveries) => return (store, deliveries),
            Err(error) if started.elapsed() > Duration::from_secs(10) => panic!("{error}"),
            Err(_) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

fn ambient() -> Ambient {
    Ambient::fixed("2026-03-01T12:00:00Z".parse().unwrap(), "tests")
}

/// This test binary, running one of the ignored functions.
fn child(home: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "receive::kill::flooded_child", "--ignored", "--nocapture"]).env(HOME, home);
    command.stderr(std::process::Stdio::piped()).stdin(std::process::Stdio::null());
    command
}
