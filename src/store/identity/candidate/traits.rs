//! What is known of a person, made comparable.
//!
//! One rule: what names a function, a machine or a relay is no trait of a person.

use crate::store::Identity;
use crate::store::identity::folding::tokens;
use crate::store::identity::person::{no_reply, without_relay};
use std::collections::{BTreeMap, BTreeSet};

/// Shorter words are shared by chance.
pub(super) const LEAST_LETTERS: usize = 3;

/// Local parts and logins that name a function or a machine.
const GENERIC: [&str; 24] = [
    "admin",
    "build",
    "code",
    "contact",
    "dev",
    "developer",
    "email",
    "git",
    "github",
    "hello",
    "help",
    "info",
    "mail",
    "me",
    "noreply",
    "nobody",
    "office",
    "root",
    "support",
    "team",
    "test",
    "ubuntu",
    "user",
    "work",
];

/// What is known of one person, made comparable.
#[derive(Default)]
pub(super) struct Traits {
    pub names: BTreeSet<String>,
    /// Full names as folded words.
    pub folded: BTreeSet<Vec<String>>,
    pub logins: BTreeSet<String>,
    /// What stands before and behind the @.
    pub addresses: BTreeSet<(String, String)>,
}

/// The traits of each person but machines, by person.
pub(super) fn persons(identities: &[(String, String, Identity)]) -> BTreeMap<&String, Traits> {
    let machines: BTreeSet<&String> = identities.iter().filter(|it| it.2.is_bot).map(|it| &it.1).collect();
    let mut persons: BTreeMap<&String, Traits> = BTreeMap::new();
    for (_, person, identity) in identities.iter().filter(|it| !machines.contains(&it.1)) {
        let traits = persons.entry(person).or_default();
        let (key, canonical) = (&identity.key, &identity.canonical);
        traits.name(&key.name);
        traits.email(&key.email);
        if (&canonical.0, &canonical.1) != (&key.name, &key.email) {
            traits.name(&canonical.0);
            traits.email(&canonical.1);
        }
        traits.login(&identity.key.login);
        if let Some(account) = &identity.account {
            traits.login(&account.login);
        }
    }
    persons
}

impl Traits {
    fn name(&mut self, name: &str) {
        let name = without_relay(name);
        let words: Vec<String> = tokens(name).into_iter().map(|it| it.folded).collect();
        // Never on a name of one word.
        if name.trim().contains(char::is_whitespace) && words.len() > 1 && !name.contains('@') {
            self.names.insert(name.trim().to_owned());
            self.folded.insert(words);
        }
    }

    fn email(&mut self, email: &str) {
        let email = email.trim().to_lowercase();
        match (no_reply(&email), email.split_once('@')) {
            (Some((_, _, login)), _) => self.login(login),
            (None, Some((local, domain))) => {
                // Mail to ann+git@ comes to ann@.
                let local = local.split('+').next().unwrap_or_default();
                self.addresses.insert((local.to_owned(), domain.to_owned()));
            }
            (None, None) => {}
        }
    }

    fn login(&mut self, login: &str) {
        let login = login.to_lowercase();
        if tells(&login) {
            self.logins.insert(login);
        }
    }
}

/// Whether a login, or what stands before an @, is likely to be one person's.
pub(super) fn tells(word: &str) -> bool {
    word.chars().count() >= LEAST_LETTERS && !GENERIC.contains(&word)
}
