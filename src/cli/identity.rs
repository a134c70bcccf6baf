//! `paceline identity`: names and addresses never leave the identity store by another way.

mod decide;
mod erase;
mod list;
mod review;

use super::Global;
use crate::ambient::Ambient;
use crate::query::people::{By, Person};
use clap::{Args, Subcommand};
use std::collections::BTreeMap;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum IdentityAction {
    /// Everybody who authored a commit, after .mailmap, with the number of commits
    List,
    /// Ask about each pair of persons that may be one; without a terminal, list them
    Review(review::Review),
    /// Two persons are one
    Merge(decide::Merge),
    /// One identity is a person of its own, whatever it shares with others
    Split(decide::Split),
    /// Take back what a line of the audit decided
    Undo(decide::Undo),
    /// Forget who a person was: no name, address or login of it stays in the data folder
    Erase(erase::Erase),
    /// What was decided, by whom and why
    Audit,
}

/// Who decides, and why.
#[derive(Clone, Debug, Args)]
struct Decider {
    /// Who decides, for the audit [default: the user of this computer]
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

impl Decider {
    fn by(&self, ambient: &Ambient) -> By {
        let user = || ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        let who = self.by.clone().or_else(user).unwrap_or_else(|| "unknown".to_owned());
        By { who, at: ambient.now(), reason: self.reason.clone() }
    }
}

impl IdentityAction {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        match self {
            IdentityAction::List => list::list(global).await,
            IdentityAction::Review(review) => review.run(global, ambient).await,
            IdentityAction::Merge(merge) => merge.run(global, ambient),
            IdentityAction::Split(split) => split.run(global, ambient),
            IdentityAction::Undo(undo) => undo.run(global, ambient),
            IdentityAction::Erase(erase) => erase.run(global, ambient).await,
            IdentityAction::Audit => list::audit(global),
        }
    }
}

/// Letters of an opaque id that are enough to name it.
const LEAST_ID: usize = 6;

/// The person whom a word names: a name, an e-mail address, a login, or the beginning of the id of a person or identity.
fn find<'p>(persons: &'p BTreeMap<String, Person>, word: &str) -> anyhow::Result<&'p Person> {
    let wanted = word.trim().to_lowercase();
    let begins = |id: &String| wanted.len() >= LEAST_ID && id.starts_with(&wanted);
    let is_called = |person: &&Person| {
        let mut words = person.names.iter().chain(&person.emails).chain(&person.logins);
        begins(&person.id) || person.identities.keys().any(begins) || words.any(|it| it.trim().to_lowercase() == wanted)
    };
    let found: Vec<&Person> = persons.values().filter(is_called).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => anyhow::bail!(
            "nobody is called {word}; give a name, e-mail address, login or id of `paceline identity list`"
        ),
        several => {
            let ids: Vec<&str> = several.iter().map(|person| short(&person.id)).collect();
            anyhow::bail!("{} persons are called {word}; give the id of one: {}", several.len(), ids.join(", "))
        }
    }
}

fn short(id: &str) -> &str {
    id.get(..12).unwrap_or(id)
}

/// What a person is called, in one line.
fn called(person: &Person) -> String {
    let words = person.names.iter().chain(&person.emails).chain(&person.logins);
    words.map(String::as_str).collect::<Vec<_>>().join(", ")
}
