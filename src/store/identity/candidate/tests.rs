//! What is asked, and what is not.

use super::pairs::MOST_ALIKE;
use super::*;
use crate::store::IdentityKey;

fn person(name: &str, email: &str, login: &str) -> (String, String, Identity) {
    let key = IdentityKey {
        source: "s".to_owned(),
        name: name.to_owned(),
        email: email.to_owned(),
        login: login.to_owned(),
        ..IdentityKey::default()
    };
    let canonical = (name.to_owned(), email.to_owned());
    let id = format!("{name} {email} {login}");
    (id.clone(), id, Identity { key, canonical, account: None, is_bot: false })
}

fn said(all: &[(String, String, Identity)]) -> Vec<String> {
    let said = candidates(all, &Decisions::default());
    said.iter().map(|it| format!("{} {}", it.score, it.reasons[0])).collect()
}

#[test]
fn what_may_be_one_person_is_found_with_its_reason() {
    let pair = |one: (&str, &str, &str), other: (&str, &str, &str)| {
        said(&[person(one.0, one.1, one.2), person(other.0, other.1, other.2)])
    };
    assert_eq!(
        pair(("Ann Example", "a@x.example", ""), ("Ann Example", "b@y.example", "")),
        ["80 both are called Ann Example"]
    );
    let alike = pair(("Zoë Example", "a@x.example", ""), ("example zoe", "b@y.example", ""));
    assert_eq!(alike, ["70 both are called Zoë Example, written in two ways"]);
    assert_eq!(
        pair(("", "anneke@x.example", ""), ("", "", "anneke")),
        ["60 the login anneke of one stands before the @ of the other"]
    );
    assert_eq!(
        pair(("", "ann.ex@x.example", ""), ("", "ann.ex@y.example", "")),
        ["50 both have an address that begins with ann.ex@"]
    );
    let close = pair(("A. Example", "a@x.example", ""), ("Annie Example", "b@x.example", ""));
    assert_eq!(close, ["45 close names at x.example"]);
    assert_eq!(
        pair(("Ann Example", "a@x.example", ""), ("", "", "aexample")),
        ["40 aexample of one is made of the name of the other"]
    );
    let found = [
        (("H. Ann Example", "a@x.example", ""), ("Ann Example", "b@y.example", "")),
        (("Ann Example", "a@x.example", ""), ("Ann Example via Relay", "relay@y.example", "")),
        (("", "anneke+git@gmail.com", ""), ("", "anneke@gmail.com", "")),
        (("", "anneke@one.x.example", ""), ("", "anneke@two.x.example", "")),
        (("Ann Exampel", "a@x.example", ""), ("Ann Example", "b@x.example", "")),
    ];
    for (one, other) in found {
        assert_eq!(pair(one, other).len(), 1, "{one:?} {other:?}");
    }
    for (one, other) in [
        (("Ann", "a@x.example", ""), ("Ann", "b@x.example", "")),
        (("", "info@x.example", ""), ("", "info@y.example", "info")),
        (("A. Example", "a@gmail.com", ""), ("Annie Example", "b@gmail.com", "")),
        (("Ann Example", "a@x.example", ""), ("Bob Example", "b@x.example", "")),
        (("Person 1", "a@x.example", ""), ("Person 11", "person11@x.example", "")),
        (("Ann Example", "ann@x.example", ""), ("Ann Builder", "ann@y.example", "")),
    ] {
        assert_eq!(pair(one, other), [""; 0], "{one:?} {other:?}");
    }
}

#[test]
fn machines_and_decided_pairs_are_not_asked_about() {
    let mut all = [person("Ann Example", "a@x.example", ""), person("Ann Example", "b@y.example", "")];
    let decisions = Decisions { different: [ordered(&all[0].0, &all[1].0)].into(), ..Decisions::default() };
    assert_eq!(candidates(&all, &decisions), []);
    all[0].2.is_bot = true;
    assert_eq!(said(&all), [""; 0]);
}

#[test]
fn a_name_that_many_have_asks_nothing() {
    let all: Vec<_> = (0..=MOST_ALIKE).map(|it| person("Ann Example", &format!("a{it}@x{it}.example"), "")).collect();
    assert_eq!(said(&all), [""; 0]);
    assert!(!said(&all[1..]).is_empty());
}
