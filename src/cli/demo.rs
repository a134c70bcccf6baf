//! `paceline demo`: this folder's repository and a simulated organisation with an experiment, from nothing to dashboards.

use super::Global;
use super::progress::Bar;
use super::serve::Serve;
use crate::ambient::Ambient;
use crate::collect::{Collecting, Progress};
use crate::experiment;
use crate::project::{CodeHistory, Experiment, GitPipeline, Pipeline, PipelineKind, SimulationPipeline};
use crate::query::Engine;
use crate::simulate::{self, Config, Effect, Rollout};
use crate::store::Store;
use anyhow::anyhow;
use chrono::{DateTime, Days, NaiveTime, Utc};
use clap::Args;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// The experiment that the simulated organisation runs.
const EXPERIMENT: &str = "review_assistant";

#[derive(Debug, Args)]
pub(super) struct Demo {
    #[command(flatten)]
    serve: Serve,
    /// Collect and stop, without serving
    #[arg(long)]
    no_serve: bool,
}

impl Demo {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let project = Arc::new(global.project()?);
        let experiment = project.experiments.get(EXPERIMENT);
        let experiment = experiment.ok_or_else(|| anyhow!("the project has no experiment {EXPERIMENT}"))?.clone();
        let store = match &global.data {
            Some(_) => global.store()?,
            None => Store::open(&global.project.join(".paceline-demo"))?,
        };
        let engine = Arc::new(Engine::new(store.clone(), project));
        let bar = Bar::default();
        repository(&store, ambient, &bar, &global.project).await?;
        organisation(&engine, ambient, &bar, &experiment).await?;
        drop(bar);
        if self.no_serve {
            return Ok(ExitCode::SUCCESS);
        }
        self.serve.serve(engine, ambient, axum::Router::new()).await
    }
}

/// The folder's own history, where it has one.
async fn repository(store: &Store, ambient: &Ambient, bar: &Bar, folder: &Path) -> anyhow::Result<()> {
    if let Err(why) = crate::collect::git::probe(".", folder) {
        eprintln!("no repository shown: {why}");
        return Ok(());
    }
    let name = crate::collect::git::repository_name(".", folder);
    let kind = PipelineKind::Git(GitPipeline::of(".", None, CodeHistory::Monthly));
    let pipeline = Pipeline { name, kind, every: None, embedded: true };
    Collecting::begin(store, ambient, bar)?.run(&pipeline, folder).await?;
    Ok(())
}

/// An organisation whose teams are assigned by the experiment's own lottery, on the history before it starts.
async fn organisation(engine: &Engine, ambient: &Ambient, bar: &Bar, experiment: &Experiment) -> anyhow::Result<()> {
    let folder = engine.store().root().join("simulation");
    let start = midnight(experiment.schedule.start);
    let mut config = config(experiment);
    if experiment::events(engine, EXPERIMENT).await?.is_empty() {
        simulate(&config, start, &folder, bar)?;
        collect(engine, ambient, bar, &folder).await?;
        bar.stage("drawing the assignment", None);
        let lock = engine.store().lock()?;
        experiment::start(engine, experiment, start.min(ambient.now())).await?;
        drop(lock);
    }
    let assigned = experiment::assignments(engine, EXPERIMENT).await?;
    config.assignment = assigned.into_iter().map(|it| (it.unit, it.variant)).collect();
    let until = midnight(experiment.schedule.end) + Days::new(8);
    simulate(&config, until, &folder, bar)?;
    collect(engine, ambient, bar, &folder).await
}

fn config(experiment: &Experiment) -> Config {
    let rollout = Rollout {
        experiment: experiment.name.clone(),
        tool: experiment.title.clone(),
        variant: experiment.assignment.treatment.0.clone(),
        start: experiment.schedule.start,
        adoption: 0.9,
        contamination: 0.02,
        first_use_days: 6.0,
        novelty: None,
        effect: Effect { cycle_time: -0.2, tickets: -0.1, ..Effect::default() },
    };
    Config { rollout: Some(rollout), weeks: 86, ..Config::default() }
}

fn simulate(config: &Config, until: DateTime<Utc>, folder: &Path, bar: &Bar) -> anyhow::Result<()> {
    bar.stage("simulating an organisation", Some(u64::from(config.teams)));
    let mut done = 0;
    simulate::write(config, until, folder, &mut |progress| {
        bar.advance((progress.teams_done - done) as u64);
        done = progress.teams_done;
    })?;
    Ok(())
}

async fn collect(engine: &Engine, ambient: &Ambient, bar: &Bar, folder: &Path) -> anyhow::Result<()> {
    let kind = PipelineKind::Simulation(SimulationPipeline::of(&folder.to_string_lossy()));
    let pipeline = Pipeline { name: "acme".to_owned(), kind, every: None, embedded: true };
    Collecting::begin(engine.store(), ambient, bar)?.run(&pipeline, Path::new(".")).await?;
    Ok(())
}

fn midnight(day: chrono::NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
