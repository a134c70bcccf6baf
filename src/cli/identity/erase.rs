//! `paceline identity erase`.

use super::{Decider, Global, called, find};
use crate::ambient::Ambient;
use crate::cli::progress::Bar;
use crate::collect::Collecting;
use crate::collect::deliveries::Deliveries;
use crate::collect::erasure::Erasure;
use clap::Args;
use std::io::{IsTerminal, stdin};
use std::process::ExitCode;

/// Words of what follows: whole ones alone, since a login "a" would eat every text.
#[derive(Debug, Args)]
#[command(after_help = "Full names, e-mail addresses and logins are replaced wherever they stand as whole words: \
in subjects, labels and paths, in what was put aside and in what was not brought in yet. Old versions of all tables go, and so do \
clones and what programs printed. Rows stay, and so do counts. Names of one word, logins under three letters and those that are ordinary words stay in \
texts and are named. Collecting the same sources again does not bring the person back.")]
pub(in crate::cli) struct Erase {
    /// A name, e-mail address, login or id
    person: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    decider: Decider,
}

impl Erase {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let engine = global.engine()?;
        let store = engine.store().clone();
        let bar = Bar::default();
        let deliveries = match store.has_landing() {
            true => Some(Deliveries::open(&store, global.project()?.pipelines.into_values())?),
            false => None,
        };
        let mut collecting = Collecting::begin(&store, ambient, &bar)?.with_deliveries(deliveries.as_ref());
        let is_finished_now = collecting.finish_erasing().await?;
        collecting.take_printed(engine.project().pipelines.values()).await?;
        let persons = engine.persons()?;
        let person = match find(&persons, &self.person) {
            Err(_) if is_finished_now => {
                drop(bar);
                eprintln!("an erasure that was not finished is finished now");
                return Ok(ExitCode::SUCCESS);
            }
            person => person?,
        };
        if !self.yes && !is_meant(&self.person, &called(person))? {
            anyhow::bail!("nothing was erased");
        }
        let Erasure { erased, left_over } = collecting.erase(&person.id, &self.decider.by(ambient)).await?;
        drop(bar);
        eprintln!(
            "erased {} identities; the person is {} from now on",
            erased.identities,
            super::short(&erased.person)
        );
        if !erased.left.is_empty() {
            eprintln!("left in texts, as too short or too common: {}", erased.left.join(", "));
        }
        for place in &left_over {
            eprintln!("left, since the project names it: {place}");
        }
        eprintln!("what the project folder and the sources themselves hold is not touched; neither are backups");
        Ok(ExitCode::SUCCESS)
    }
}

/// Whether the name is typed again.
fn is_meant(name: &str, called: &str) -> anyhow::Result<bool> {
    if !stdin().is_terminal() {
        anyhow::bail!("erasing {called} cannot be taken back; say --yes");
    }
    eprint!("{called}\nThis cannot be taken back. Type {name} to erase: ");
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer.trim() == name.trim())
}
