//! The command line: data on stdout, words on stderr, and an exit code that says what kind of failure it was.

mod as_of;
mod check;
mod checks;
mod collect;
mod demo;
mod experiment;
mod identity;
mod init;
mod metric;
mod output;
mod progress;
mod report;
mod serve;
mod simulate;
mod sql;
mod teams;

use crate::ambient::Ambient;
use crate::collect::CollectError;
use crate::project::Project;
use crate::query::{Engine, QueryError};
use crate::store::{KEEP_DAYS, Store};
use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

pub use output::Format;

/// Measures how engineering works, and tells by experiment whether a change made it better
#[derive(Debug, Parser)]
#[command(name = "paceline", version, max_term_width = 100, after_help = AFTER_HELP)]
struct Command {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    action: Action,
}

const AFTER_HELP: &str = "\
First steps:
  paceline demo                 see everything on simulated data and this folder's repository
  paceline collect .            read the git repository in this folder
  paceline sql \"SELECT count(*) FROM commits\"
  paceline serve                dashboards on http://127.0.0.1:7777

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the source failed, 5 refused by policy";

/// What every command takes.
#[derive(Clone, Debug, Args)]
struct Global {
    /// Folder with pipelines/, queries/, experiments/ and dashboards/, laid over the built-in ones
    #[arg(long, global = true, value_name = "DIR", env = "PACELINE_PROJECT", default_value = ".")]
    project: PathBuf,
    /// Data folder [default: .paceline in the project folder]
    #[arg(long, global = true, value_name = "DIR", env = "PACELINE_DATA")]
    data: Option<PathBuf>,
    /// Days for which versions of tables can be asked for with --as-of; a longer time takes more space
    #[arg(long, global = true, value_name = "N", env = "PACELINE_KEEP_DAYS", default_value_t = KEEP_DAYS,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(KEEP_DAYS)), hide = true)]
    keep_days: u32,
    /// Format of what is printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Try it: this folder's repository and a simulated organisation, collected and served
    Demo(demo::Demo),
    /// Write the built-in content into the project folder, to be changed there
    Init(init::Init),
    /// Check the content of the project folder
    Check,
    /// Golden paths: who passes which check, and why not
    #[command(subcommand)]
    Checks(checks::ChecksAction),
    /// Read sources into the data folder: a repository, or the pipelines of the project
    Collect(collect::Collect),
    /// Answer one SQL query
    Sql(sql::Sql),
    /// List metrics, or show one
    #[command(subcommand)]
    Metric(metric::MetricAction),
    /// List experiments, draw an assignment, or analyse one
    #[command(subcommand)]
    Experiment(experiment::ExperimentAction),
    /// People behind the commits, as only this folder's owner may see them
    #[command(subcommand)]
    Identity(identity::IdentityAction),
    /// What changed in teams, with names, as only this folder's owner may see them
    #[command(subcommand)]
    Teams(teams::TeamsAction),
    /// Write a simulated organisation as source events
    Simulate(simulate::Simulate),
    /// Write what is shown as files, to hand it on
    #[command(subcommand)]
    Report(report::ReportAction),
    /// Serve the dashboards
    Serve(serve::Serve),
}

impl Global {
    fn store(&self) -> anyhow::Result<Store> {
        let data = self.data.clone().unwrap_or_else(|| self.project.join(".paceline"));
        Ok(Store::open(&data)?.keeping(self.keep_days))
    }

    fn project(&self) -> anyhow::Result<Project> {
        if !self.project.is_dir() {
            anyhow::bail!("--project {} is not a folder", self.project.display());
        }
        Ok(Project::load(&self.project)?)
    }

    fn engine(&self) -> anyhow::Result<Arc<Engine>> {
        let project = self.project()?;
        let store = Store::open_existing(self.store()?.root())?.keeping(self.keep_days);
        Ok(Arc::new(Engine::new(store, Arc::new(project))))
    }
}

/// Runs the command of this process.
pub fn main() -> ExitCode {
    let command = Command::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_env("PACELINE_LOG").unwrap_or_else(|_| {
            "paceline=warn,error,buoyant_kernel=off,deltalake_core::kernel::transaction=off".into()
        }))
        .with_writer(std::io::stderr)
        .without_time()
        .init();
    silence_known_panic();
    // Both providers are linked; whoever opens the first connection must find one of them chosen. A second call is harmless.
    drop(rustls::crypto::ring::default_provider().install_default());
    match run(command) {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", words(&error));
            ExitCode::from(exit_code(&error))
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let ambient = Ambient::from_environment().map_err(anyhow::Error::msg)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Planning recurses with the depth of a query.
        .thread_stack_size(16 << 20)
        .build()
        .context("cannot start")?;
    let Command { global, action } = command;
    runtime.block_on(async {
        match action {
            Action::Demo(demo) => demo.run(&global, &ambient).await,
            Action::Init(init) => init.run(&global),
            Action::Check => check::run(&global).await,
            Action::Checks(action) => action.run(&global, &ambient).await,
            Action::Collect(collect) => collect.run(&global, &ambient).await,
            Action::Sql(sql) => sql.run(&global).await,
            Action::Metric(action) => action.run(&global, &ambient).await,
            Action::Experiment(action) => action.run(&global, &ambient).await,
            Action::Identity(action) => action.run(&global, &ambient).await,
            Action::Teams(action) => action.run(&global).await,
            Action::Simulate(simulate) => simulate.run(&global),
            Action::Report(action) => action.run(&global, &ambient).await,
            Action::Serve(serve) => serve.run(&global, &ambient).await,
        }
    })
}

/// A write that the disk refuses is reported as an error, but object_store also panics when its buffer is shut down again.
fn silence_known_panic() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let file = panic.location().map_or("", |location| location.file());
        if !(file.contains("object_store-") && file.ends_with("buffered.rs")) {
            usual(panic);
        }
    }));
}

/// An error with those of its causes that it does not state itself.
fn words(error: &anyhow::Error) -> String {
    let mut words = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        let line = cause.lines().next().unwrap_or_default();
        if !words.contains(line) {
            words = format!("{words}: {line}");
        }
    }
    words
}

fn exit_code(error: &anyhow::Error) -> u8 {
    if error.downcast_ref().is_some_and(CollectError::is_of_source) {
        return 3;
    }
    if let Some(QueryError::Refused(_)) = error.downcast_ref() {
        return 5;
    }
    1
}

/// `paceline sql … | head` is no failure.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let is_pipe = |error: &std::io::Error| error.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(is_pipe))
}
