//! The power is cut while deliveries come in and are brought into the tables: what was acknowledged is there once.

use super::served::{Served, signed, until};
use super::{DOOR, opened, project, pull_requests};
use crate::durability::machine::{Machine, Names};
use std::time::{Duration, Instant};

/// Deliveries that are sent, one after the other.
const SENT: u64 = 20;
/// Cuts, evenly over the syncs from the first delivery until all are in the tables.
const CUTS: usize = 7;

#[test]
fn what_was_acknowledged_before_a_power_cut_is_there_once() {
    let Some(machine) = Machine::with(project()) else { return };
    let start = machine.syncs();
    let server = Served::by(machine.serve(None));
    let ready = machine.syncs() - start;
    assert_eq!(send(&server).len() as u64, SENT);
    until("all deliveries", || pull_requests(machine.product()).len() as u64 == SENT);
    // The removal of the last segment may still be under way.
    let syncs = machine.syncs() - start - ready - 2;
    drop(server);
    assert!(syncs > SENT as usize + 10, "{syncs} syncs: the tables were not written");
    for cut in (0..CUTS).map(|cut| cut * syncs / CUTS) {
        let machine = Machine::with(project()).expect("the compiler was there a moment ago");
        let mut server = Served::by(machine.serve(Some(ready + cut)));
        let acknowledged = send(&server);
        let started = Instant::now();
        while !server.has_ended() {
            assert!(started.elapsed() < Duration::from_secs(30), "sync {cut} was not reached");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(cut < 2 || !acknowledged.is_empty(), "nothing was acknowledged before sync {cut}");
        for names in [Names::Synced, Names::All] {
            let product = machine.after_the_cut(names);
            let _server = Served::start(&product);
            let stored =
                || pull_requests(&product).into_iter().map(|row| row[1].parse().unwrap()).collect::<Vec<u64>>();
            let what = format!("{names:?} names, cut at sync {cut}: {acknowledged:?}");
            until(&what, || {
                let stored = stored();
                acknowledged.iter().all(|number| stored.contains(number))
            });
            let numbers = stored();
            assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{what}: {numbers:?}");
        }
    }
}

/// The deliveries that were acknowledged before the power was gone.
fn send(server: &Served) -> Vec<u64> {
    let mut connection = server.connect();
    let taken = (1..=SENT).take_while(|number| {
        let body = opened(*number);
        let headers = signed("pull_request", &format!("d-{number}"), &body);
        matches!(connection.post(DOOR, &headers, &body), Ok((202, _)))
    });
    taken.collect()
}
