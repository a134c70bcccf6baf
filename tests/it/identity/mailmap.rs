//! The authors of a real repository against its own `.mailmap`.
//!
//! `PACELINE_TEST_MAILMAP` names a clone of a repository with a large one, such as <https://github.com/git/git>.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use paceline::collect::git::history::{self, Mailmap};
use paceline::store::{Identity, IdentityKey, Store, candidates};

use crate::git_fixture::git_text;

const SECRET: [u8; 32] = [7; 32];

type Signature = (String, String);

/// The person of each signature, and the identities as they are stored.
type People = (BTreeMap<Signature, String>, Vec<(String, String, Identity)>);

/// The repository, and every author's name and address with the number of commits.
fn authors() -> Option<(PathBuf, BTreeMap<Signature, u64>)> {
    let Some(path) = std::env::var_os("PACELINE_TEST_MAILMAP").map(PathBuf::from) else {
        eprintln!("skipped: PACELINE_TEST_MAILMAP names no clone of a repository with a .mailmap");
        return None;
    };
    let mut authors = BTreeMap::new();
    for line in git_text(&path, &["log", "--format=%an%x09%ae", "HEAD"]).lines() {
        let (name, email) = line.split_once('\t').unwrap();
        *authors.entry((name.to_owned(), email.to_owned())).or_default() += 1;
    }
    Some((path, authors))
}

/// The person of each signature, when `canonical` says what a mailmap does.
fn people(authors: &BTreeMap<Signature, u64>, canonical: impl Fn(&Signature) -> Signature) -> People {
    let folder = tempfile::tempdir().unwrap();
    let mut state = Store::open(folder.path()).unwrap().state().unwrap();
    let identity = |signature: &Signature| {
        let (name, email) = signature.clone();
        let key = IdentityKey { source: "git".into(), name, email, ..IdentityKey::default() };
        Identity { key, canonical: canonical(signature), account: None, is_bot: false }
    };
    state.put_identities(&SECRET, &authors.keys().map(identity).collect::<Vec<_>>()).unwrap();
    let all = state.identities().unwrap();
    let person = |it: &(String, String, Identity)| ((it.2.key.name.clone(), it.2.key.email.clone()), it.1.clone());
    (all.iter().map(person).collect(), all)
}

#[test]
fn with_the_mailmap_people_are_those_of_shortlog() {
    let Some((path, authors)) = authors() else { return };
    let mailmap = Mailmap::read(&history::open(&path).unwrap());
    let resolve = |(name, email): &Signature| {
        let resolved = mailmap.resolve(&history::Identity { name: name.clone(), email: email.clone() });
        (resolved.name, resolved.email)
    };
    let mut found: BTreeMap<Signature, u64> = BTreeMap::new();
    for (signature, commits) in &authors {
        *found.entry(resolve(signature)).or_default() += commits;
    }
    let found: BTreeSet<String> =
        found.iter().map(|((name, email), commits)| format!("{commits} {name} <{email}>")).collect();
    let expected: BTreeSet<String> =
        git_text(&path, &["shortlog", "-sne", "HEAD"]).lines().map(|line| line.trim().replace('\t', " ")).collect();
    assert_eq!(found.difference(&expected).collect::<Vec<_>>(), [""; 0]);
    assert_eq!(expected.difference(&found).collect::<Vec<_>>(), [""; 0]);

    // What shortlog has under one name and address is one person.
    let (persons, _) = people(&authors, resolve);
    let mut of_canonical: BTreeMap<Signature, BTreeSet<&String>> = BTreeMap::new();
    for (signature, person) in &persons {
        of_canonical.entry(resolve(signature)).or_default().insert(person);
    }
    // Without an address or a full name nothing joins two signatures; a mailmap does not name such.
    let torn: Vec<&Signature> = of_canonical.iter().filter(|it| it.1.len() > 1).map(|it| it.0).collect();
    assert_eq!(torn, Vec::<&Signature>::new());
    let headcount = persons.values().collect::<BTreeSet<_>>().len();
    eprintln!("{} signatures, {} of shortlog, {headcount} persons", authors.len(), expected.len());
}

#[test]
fn without_the_mailmap_rules_and_queue_find_its_pairs_and_join_nobody_else() {
    let Some((path, authors)) = authors() else { return };
    let mailmap = Mailmap::read(&history::open(&path).unwrap());
    let (persons, all) = people(&authors, Clone::clone);
    let truth = |(name, email): &Signature| {
        let resolved = mailmap.resolve(&history::Identity { name: name.clone(), email: email.clone() });
        resolved.email.to_lowercase()
    };
    let is_mapped = |signature: &Signature| {
        let resolved = mailmap.resolve(&history::Identity { name: signature.0.clone(), email: signature.1.clone() });
        (resolved.name, resolved.email) != *signature
    };
    let asked: BTreeSet<(String, String)> =
        candidates(&all, &Default::default()).into_iter().map(|it| it.persons).collect();
    let mut groups: BTreeMap<String, Vec<&Signature>> = BTreeMap::new();
    authors.keys().for_each(|signature| groups.entry(truth(signature)).or_default().push(signature));
    let (mut joined, mut proposed, mut missed) = (0, 0, Vec::new());
    for group in groups.values() {
        for (at, one) in group.iter().enumerate() {
            for other in &group[at + 1..] {
                let (a, b) = (&persons[*one], &persons[*other]);
                let pair = if a < b { (a.clone(), b.clone()) } else { (b.clone(), a.clone()) };
                if a == b {
                    joined += 1;
                } else if asked.contains(&pair) {
                    proposed += 1;
                } else {
                    missed.push(format!("{} <{}> = {} <{}>", one.0, one.1, other.0, other.1));
                }
            }
        }
    }
    let mut of_person: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
    for (signature, person) in persons.iter().filter(|it| is_mapped(it.0)) {
        of_person.entry(person).or_default().insert(truth(signature));
    }
    let wrong: Vec<_> = of_person.values().filter(|truths| truths.len() > 1).collect();
    let pairs = joined + proposed + missed.len();
    eprintln!("{pairs} pairs of the mailmap: {joined} by rules, {proposed} asked, {} neither", missed.len());
    eprintln!("{} pairs are asked about in all; {} wrong merges: {wrong:?}", asked.len(), wrong.len());
    missed.iter().for_each(|line| eprintln!("  neither: {line}"));
    assert_eq!(wrong, Vec::<&BTreeSet<String>>::new());
    assert!(joined + proposed > missed.len() * 2, "{joined} + {proposed} of {pairs}");
}
