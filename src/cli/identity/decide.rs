//! `paceline identity merge`, `split` and `undo`.

use super::{Decider, Global, find, short};
use crate::ambient::Ambient;
use crate::query::people::Verdict;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(in crate::cli) struct Merge {
    /// A name, e-mail address, login or id
    one: String,
    /// The same of the other
    other: String,
    #[command(flatten)]
    decider: Decider,
}

impl Merge {
    pub(super) fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let engine = global.engine()?;
        let persons = engine.persons()?;
        let (one, other) = (find(&persons, &self.one)?, find(&persons, &self.other)?);
        let verdict = Verdict::Same(one.id.clone(), other.id.clone());
        let line = engine.decide(&verdict, &self.decider.by(ambient))?;
        eprintln!("merged {} and {} (audit line {line})", short(&one.id), short(&other.id));
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Split {
    /// Id of the identity, or an e-mail address or login that one identity has
    identity: String,
    #[command(flatten)]
    decider: Decider,
}

impl Split {
    pub(super) fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let engine = global.engine()?;
        let word = self.identity.trim().to_lowercase();
        let is_meant = |(id, _, identity): &&(String, String, crate::store::Identity)| {
            let key = &identity.key;
            let is_called = |it: &str| !it.is_empty() && it.to_lowercase() == word;
            (word.len() >= super::LEAST_ID && id.starts_with(&word)) || is_called(&key.email) || is_called(&key.login)
        };
        let all = engine.store().state()?.identities()?;
        let found: Vec<_> = all.iter().filter(is_meant).collect();
        if found.is_empty() {
            anyhow::bail!("no identity has the e-mail address or login {}, and no id begins with it", self.identity);
        }
        let [(id, _, _)] = found.as_slice() else {
            let persons = engine.persons()?;
            let called = |id: &String| persons.values().find_map(|it| it.identities.get(id)).map_or("", String::as_str);
            let ids: Vec<String> = found.iter().map(|it| format!("{} ({})", short(&it.0), called(&it.0))).collect();
            anyhow::bail!(
                "{} identities are called {}; give the id of one: {}",
                found.len(),
                self.identity,
                ids.join(", ")
            );
        };
        let line = engine.decide(&Verdict::Split(id.clone()), &self.decider.by(ambient))?;
        eprintln!("{} is a person of its own (audit line {line})", short(id));
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Undo {
    /// Number of the line in `paceline identity audit`
    line: i64,
    #[command(flatten)]
    decider: Decider,
}

impl Undo {
    pub(super) fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let line = global.engine()?.decide(&Verdict::Undo(self.line), &self.decider.by(ambient))?;
        eprintln!("line {} no longer holds (audit line {line})", self.line);
        Ok(ExitCode::SUCCESS)
    }
}
