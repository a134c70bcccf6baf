//! Who is one person, in examples and in worlds made at random.

use super::*;
use crate::store::Account;
use proptest::prelude::*;

const SECRET: [u8; 32] = [7; 32];

fn identity(name: &str, email: &str, login: &str) -> Identity {
    let key = IdentityKey {
        source: "s".to_owned(),
        name: name.to_owned(),
        email: email.to_owned(),
        login: login.to_owned(),
        ..IdentityKey::default()
    };
    let canonical = (name.to_owned(), email.to_owned());
    Identity { key, canonical, account: None, is_bot: false }
}

fn of_account(identity: Identity, number: Option<i64>, login: &str) -> Identity {
    let (host, login, seen_at) = ("github.com".to_owned(), login.to_owned(), DateTime::UNIX_EPOCH);
    Identity { account: Some(Account { host, number, login, seen_at }), ..identity }
}

/// An account that is known by its number.
fn numbered(number: i64, login: &str) -> Identity {
    let key = IdentityKey { source: "s".to_owned(), number: Some(number), ..IdentityKey::default() };
    of_account(Identity { key, ..identity("", "", "") }, Some(number), login)
}

/// For each identity, the first one that is the same person; also when they are seen in the opposite order.
fn persons(identities: &[Identity], decisions: &Decisions) -> Vec<String> {
    let ids: Vec<String> = identities.iter().map(|it| it.key.id(&SECRET)).collect();
    people(&ids, identities, decisions, &SECRET)
}

fn first_of(identities: &[Identity]) -> Vec<usize> {
    let ids = persons(identities, &Decisions::default());
    let reversed: Vec<Identity> = identities.iter().rev().cloned().collect();
    let again: Vec<String> = persons(&reversed, &Decisions::default()).into_iter().rev().collect();
    assert_eq!(ids, again);
    ids.iter().map(|id| ids.iter().position(|it| it == id).unwrap()).collect()
}

#[test]
fn accounts_and_addresses_of_one_person_are_joined() {
    let all = [
        identity("Ann", "Ann@Work.example", ""),
        of_account(identity("", "", "ann"), None, "ann"),
        identity("Ann", "1234+Ann@users.noreply.github.com", ""),
        // The commit that GitHub knows the author of.
        of_account(identity("Ann Example", "ann@work.example", ""), None, "ann"),
        identity("Ann", "ann@home.example", ""),
        numbered(1234, "anna"),
    ];
    assert_eq!(first_of(&all), [0, 0, 0, 0, 4, 0]);
    assert_eq!(first_of(&all[..3]), [0, 1, 1]);
    assert_eq!(first_of(&all[2..]), [0, 0, 2, 0]);
}

#[test]
fn a_number_decides_where_a_login_is_of_another_by_now() {
    let all = [
        numbered(1, "anna"),
        numbered(2, "ann"),
        of_account(identity("", "", "ann"), Some(2), "ann"),
        identity("Ann", "1+ann@users.noreply.github.com", ""),
        identity("Ann", "ann@users.noreply.github.com", ""),
        of_account(identity("", "", "ann"), None, "ann"),
        of_account(identity("Ann", "ann@work.example", ""), Some(1), "ann"),
        // Another host has other accounts.
        identity("Ann", "1+ann@users.noreply.ghe.example", ""),
        // GitHub knows whose the commit is, whatever became of the login in its address.
        of_account(identity("Ann A", "ann@users.noreply.github.com", ""), Some(1), "anna"),
    ];
    assert_eq!(first_of(&all), [0, 1, 1, 0, 1, 1, 0, 7, 0]);
}

#[test]
fn what_does_not_name_a_person_joins_nobody() {
    let all = [
        identity("GitHub", "noreply@github.com", ""),
        identity("Ann", "noreply@github.com", ""),
        identity("Ann", "", ""),
        identity("Ann", "root@host", ""),
        identity("Ann Example", "", ""),
        identity("Ann Example", "noreply@github.com", ""),
    ];
    // Without anything better a full name decides.
    assert_eq!(first_of(&all), [0, 1, 2, 3, 4, 4]);
    let relayed = ["Ann Example via Relay", "Bob Builder via Relay"];
    assert_eq!(first_of(&relayed.map(|name| identity(name, "relay@list.example", ""))), [0, 1]);
}

#[test]
fn a_login_is_of_its_source() {
    let mut other = identity("", "", "dev-1");
    other.key.source = "t".to_owned();
    assert_eq!(first_of(&[identity("", "", "dev-1"), other, identity("", "", "Dev-1")]), [0, 1, 0]);
}

/// Identities that share names, addresses and accounts at random, and decisions about them.
fn worlds() -> impl Strategy<Value = (Vec<Identity>, Decisions)> {
    let one = (0..6usize, 0..4usize, 0..4i64).prop_map(|(name, email, number)| {
        let name = ["Ann", "Bob", "Ann Example", "Bob Example", "Eve", ""][name];
        let email = ["", "a@x.example", "b@x.example", "2+ann@users.noreply.github.com"][email];
        let it = identity(name, email, if name.is_empty() && email.is_empty() { "eve" } else { "" });
        if number == 0 { it } else { of_account(it, Some(number), "") }
    });
    let pairs = || prop::collection::btree_set((0..12usize, 0..12usize), 0..4);
    (prop::collection::vec(one, 1..12), pairs(), pairs(), prop::collection::btree_set(0..12usize, 0..3)).prop_map(
        |(mut all, same, different, alone)| {
            all.sort_by(|one, other| one.key.cmp(&other.key));
            all.dedup_by(|one, other| one.key == other.key);
            let id = |at: usize| all[at % all.len()].key.id(&SECRET);
            let pair = |(one, other): (usize, usize)| crate::store::identity::decision::ordered(&id(one), &id(other));
            let decisions = Decisions {
                same: same.into_iter().map(pair).filter(|(one, other)| one != other).collect(),
                different: different.into_iter().map(pair).filter(|(one, other)| one != other).collect(),
                alone: alone.into_iter().map(id).collect(),
            };
            (all, decisions)
        },
    )
}

fn headcount(persons: &[String]) -> usize {
    persons.iter().collect::<BTreeSet<_>>().len()
}

proptest! {
    #[test]
    fn the_order_of_sightings_does_not_matter((all, decisions) in worlds()) {
        let said = persons(&all, &decisions);
        let reversed: Vec<Identity> = all.iter().rev().cloned().collect();
        let again: Vec<String> = persons(&reversed, &decisions).into_iter().rev().collect();
        prop_assert_eq!(said, again);
    }

    #[test]
    fn a_merge_never_raises_the_headcount((all, decisions) in worlds(), one in 0..12usize, other in 0..12usize) {
        let before = Decisions { different: BTreeSet::new(), ..decisions };
        let id = |at: usize| all[at % all.len()].key.id(&SECRET);
        let mut after = before.clone();
        after.same.insert(crate::store::identity::decision::ordered(&id(one), &id(other)));
        let (before, after) = (persons(&all, &before), persons(&all, &after));
        prop_assert!(headcount(&after) <= headcount(&before));
        let (one, other) = (one % all.len(), other % all.len());
        prop_assert_eq!(&after[one], &after[other]);
    }

    /// A line of a mailmap that gives an address another one, whoever wrote under it.
    #[test]
    fn a_mailmap_never_raises_the_headcount((all, decisions) in worlds(), from in 0..3usize, to in 0..3usize) {
        let from = ["a@x.example", "b@x.example", "2+ann@users.noreply.github.com"][from];
        let to = ["a@x.example", "b@x.example", "c@x.example"][to];
        let decisions = Decisions { different: BTreeSet::new(), ..decisions };
        let mut mapped = all.clone();
        for identity in mapped.iter_mut().filter(|identity| identity.key.email == from) {
            to.clone_into(&mut identity.canonical.1);
        }
        prop_assert!(headcount(&persons(&mapped, &decisions)) <= headcount(&persons(&all, &decisions)));
    }

    #[test]
    fn what_was_decided_to_be_different_is_apart((all, mut decisions) in worlds()) {
        decisions.same.clear();
        let said = persons(&all, &decisions);
        let place = |id: &String| all.iter().position(|it| it.key.id(&SECRET) == *id).unwrap();
        for (one, other) in &decisions.different {
            prop_assert_ne!(&said[place(one)], &said[place(other)]);
        }
        for id in &decisions.alone {
            let own = &said[place(id)];
            prop_assert_eq!(said.iter().filter(|it| *it == own).count(), 1);
        }
    }
}
