//! Fifty thousand identities.

use std::time::{Duration, Instant};

use paceline::store::{Identity, IdentityKey, Store, candidates};

const COUNT: usize = 50_000;
const SECRET: [u8; 32] = [7; 32];

/// Every fourth has the name of another, and every tenth an address of one.
fn identity(at: usize) -> Identity {
    let number = if at % 4 == 3 { at - 1 } else { at };
    let address = if at % 10 == 9 { at - 5 } else { at };
    let name = format!("First{} Last{}", number % 5_000, number / 3);
    let email = format!("f{address}.l{address}@company{}.example", address % 20);
    let key = IdentityKey { source: "git".into(), name: name.clone(), email: email.clone(), ..IdentityKey::default() };
    Identity { key, canonical: (name, email), account: None, is_bot: false }
}

#[test]
fn fifty_thousand_identities_are_quick() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = Store::open(folder.path()).unwrap().state().unwrap();
    let all: Vec<Identity> = (0..COUNT).map(identity).collect();
    let took = |what: &str, started: Instant| {
        let took = started.elapsed();
        eprintln!("{what}: {took:?}");
        took
    };
    let started = Instant::now();
    state.put_identities(&SECRET, &all).unwrap();
    took("50,000 new", started);
    let started = Instant::now();
    state.put_identities(&SECRET, &all[..1_000]).unwrap();
    let known = took("1,000 known", started);
    let started = Instant::now();
    state.put_identities(&SECRET, &[identity(COUNT + 1)]).unwrap();
    let one = took("one new among 50,000", started);
    let known_identities = state.identities().unwrap();
    let started = Instant::now();
    let queue = candidates(&known_identities, &Default::default());
    let asked = took("the queue", started);
    eprintln!("{} pairs", queue.len());
    assert!(queue.len() > 1_000);
    // Generous, for a machine that does other things too; without the look at what is known it was as long as one new.
    assert!(known < one, "{known:?} {one:?}");
    assert!(one < Duration::from_secs(20) && asked < Duration::from_secs(20), "{one:?} {asked:?}");
}
