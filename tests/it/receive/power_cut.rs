//! The power is cut while deliveries come in and are brought into the tables: what was acknowledged is there once.

use super::served::{Connection, Served, until};
use super::{doors, pull_requests};
use crate::durability::machine::{Machine, Names};
use std::time::{Duration, Instant};

/// Deliveries that are sent, one after the other.
const SENT: u64 = 20;
/// Cuts, evenly over the syncs from the first delivery until all are in the tables.
const CUTS: usize = 7;

#[test]
fn what_was_acknowledged_before_a_power_cut_is_there_once() {
    let Some(machine) = Machine::with(doors::every()) else { return };
    let start = machine.syncs();
    let server = Served::by(machine.serve(None));
    let ready = machine.syncs() - start;
    assert_eq!(send(&server).len() as u64, SENT);
    until("all deliveries", || pull_requests(machine.product()).len() as u64 == SENT);
    // The removal of the last segment may still be under way.
    let syncs = machine.syncs() - start - ready - 2;
    drop(server);
    assert!(syncs > SENT as usize + 10, "{syncs} syncs: the tables were not written");
    let mut cuts_in_the_flood = 0;
    for cut in (0..CUTS).map(|cut| cut * syncs / CUTS) {
        let machine = Machine::with(doors::every()).expect("the compiler was there a moment ago");
        let mut acknowledged = Vec::new();
        // The first look at the tables goes on while the server gets ready, so that one may end before it is.
        if let Ok(mut server) = Served::try_by(machine.serve(Some(ready + cut))) {
            acknowledged = send(&server);
            let started = Instant::now();
            while !server.has_ended() {
                assert!(started.elapsed() < Duration::from_secs(30), "sync {cut} was not reached");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        cuts_in_the_flood += usize::from(!acknowledged.is_empty());
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
    assert!(cuts_in_the_flood > CUTS / 2, "only {cuts_in_the_flood} cuts came after something was acknowledged");
}

/// The deliveries that were acknowledged before the power was gone.
fn send(server: &Served) -> Vec<u64> {
    let Ok(stream) = std::net::TcpStream::connect(&server.address) else { return Vec::new() };
    let mut connection = Connection::of(stream);
    let taken = (1..=SENT).take_while(|number| matches!(doors::tell(&mut connection, *number, 0), Ok((202, _))));
    taken.collect()
}
