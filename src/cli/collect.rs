//! `paceline collect`

use super::progress::Bar;
use super::{Global, checks, output};
use crate::ambient::Ambient;
use crate::collect::git::repository_name;
use crate::collect::{CollectError, Collecting, Report, sample, schedule};
use crate::project::{CodeHistory, GitPipeline, Pipeline, PipelineKind, SimulationPipeline, closest};
use crate::query::{Budget, Collector, Engine, Way};
use crate::store::Refused;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
pub(super) struct Collect {
    /// A repository's folder or address, a simulation's folder, or with --sample a pipeline's name; without it the project's
    /// pipelines run
    #[arg(value_name = "PATH_OR_URL")]
    from: Vec<String>,
    /// Name of the source in the tables [default: the last part of PATH_OR_URL]
    #[arg(long, requires = "from")]
    name: Option<String>,
    /// Moments of the history whose code is analysed
    #[arg(long, value_enum, default_value_t = Code::Monthly)]
    code: Code,
    /// Compare the tables with their sources too, which happens by itself once a day: what was missed or deleted
    #[arg(long)]
    reconcile: bool,
    /// Run the project's pipelines whenever their `every` has passed, until stopped
    #[arg(long, conflicts_with_all = ["from", "status"])]
    watch: bool,
    /// Say how each source stands instead: last run, lag, rows, missed rows, budget left, error
    #[arg(long, conflicts_with = "from")]
    status: bool,
    /// Print what no table could take, as it came; it may name people
    #[arg(long, conflicts_with_all = ["from", "status", "watch"])]
    quarantine: bool,
    /// Show the first N rows that the named pipelines would bring to each table, and what would be put aside; store nothing
    #[arg(long, value_name = "N", requires = "from", conflicts_with_all = ["status", "watch", "quarantine", "reconcile"])]
    sample: Option<usize>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Code {
    /// The head and the end of every month
    Monthly,
    /// The head alone
    Head,
    /// None
    Off,
}

impl Collect {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        if self.status {
            return status(global, ambient).await;
        }
        if self.quarantine {
            return quarantine(global);
        }
        if self.watch {
            return watch(global, ambient).await;
        }
        if let Some(rows) = self.sample {
            return show_sample(global, &self.from, rows).await;
        }
        let (pipelines, folder) = if self.from.is_empty() {
            // What is only sent comes in through the doors of `serve`.
            let all = global.project()?.pipelines.into_values().filter(|pipeline| !pipeline.only_receives());
            (all.collect(), global.project.as_path())
        } else {
            (self.from.iter().map(|from| self.pipeline(from)).collect::<Vec<_>>(), Path::new("."))
        };
        if let (Some(name), true) = (&self.name, self.from.len() > 1) {
            anyhow::bail!("--name {name} is for one source; {} are given", self.from.len());
        }
        let bar = Bar::default();
        let store = global.store()?;
        for pipeline in &pipelines {
            refuse_nothing(pipeline, folder)?;
        }
        let mut collecting = Collecting::begin(&store, ambient, &bar)?;
        if self.reconcile {
            collecting = collecting.with_reconciliation();
        }
        let (mut refused, mut rows, mut failures) = (0, 0, Vec::<(String, CollectError)>::new());
        for pipeline in &pipelines {
            match collecting.run(pipeline, folder).await {
                Ok(report) => {
                    say(&report);
                    refused += report.refused;
                    rows += report.total();
                }
                Err(error) => failures.push((pipeline.name.clone(), error)),
            }
        }
        drop(collecting);
        drop(bar);
        let keeps_facts = store.refreshes().is_some();
        // A source that is named needs no project, so that a broken one does not stop it.
        if let Ok(project) = global.project() {
            checks::after(&Engine::new(store, Arc::new(project)), ambient, rows).await;
        }
        if keeps_facts {
            refresh_facts(global).await;
        }
        // One source's failure does not stop the others, but is not forgotten either.
        match failures.len() {
            0 => Ok(if refused > 0 { ExitCode::from(3) } else { ExitCode::SUCCESS }),
            1 => Err(failures.remove(0).1.into()),
            _ => {
                for (name, error) in &failures {
                    eprintln!("error: {name}: {error}");
                }
                let of_sources = failures.iter().all(|(_, error)| error.is_of_source());
                Ok(ExitCode::from(if of_sources { 3 } else { 1 }))
            }
        }
    }

    fn pipeline(&self, from: &str) -> Pipeline {
        let here = Path::new(".");
        let kind = if here.join(from).join("simulation.toml").is_file() {
            PipelineKind::Simulation(SimulationPipeline::of(from))
        } else {
            let code = match self.code {
                Code::Monthly => CodeHistory::Monthly,
                Code::Head => CodeHistory::Head,
                Code::Off => CodeHistory::Off,
            };
            PipelineKind::Git(GitPipeline::of(from, self.name.clone(), code))
        };
        let name = self.name.clone().unwrap_or_else(|| repository_name(from, here));
        Pipeline { name, kind, every: None, embedded: false }
    }
}

/// Brings kept facts up to date. What was collected is stored whatever comes of it.
async fn refresh_facts(global: &Global) {
    let refreshed = async { anyhow::Ok(global.engine()?.refresh_kept().await?) };
    match refreshed.await {
        Ok(done) => {
            let changed = done.iter().filter(|it| it.way != Way::Fresh && it.error.is_none()).count();
            eprintln!("facts: {changed} of {} metrics refreshed", done.len());
            for (metric, error) in done.iter().filter_map(|it| Some((&it.metric, it.error.as_ref()?))) {
                eprintln!("error: facts of {metric}: {error}");
            }
        }
        Err(error) => eprintln!("error: facts of metrics: {error}"),
    }
}

async fn watch(global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
    let project = Arc::new(global.project()?);
    let pipelines: Vec<Pipeline> = project.pipelines.values().cloned().collect();
    if pipelines.iter().all(|pipeline| pipeline.every.is_none()) {
        anyhow::bail!("no pipeline has an interval; write every = \"15m\" into its file in pipelines/");
    }
    let (engine, bar) = (Engine::new(global.store()?, project), Bar::default());
    let heard = async |pipeline: &Pipeline, run| hear(&engine, ambient, pipeline, run).await;
    tokio::select! {
        () = schedule::watch(engine.store(), ambient, &bar, &pipelines, &global.project, None, heard) => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// A table for each that would get rows; what would be put aside goes to standard error.
async fn show_sample(global: &Global, names: &[String], rows: usize) -> anyhow::Result<ExitCode> {
    let project = global.project()?;
    let known: Vec<&str> = project.pipelines.keys().map(String::as_str).collect();
    for name in names {
        let Some(pipeline) = project.pipelines.get(name) else {
            let meant = closest(name, &known).map(|meant| format!("; did you mean {meant}?"));
            anyhow::bail!("there is no pipeline {name}{}", meant.unwrap_or_default());
        };
        let sample = sample::sample(pipeline, &global.project, rows).await?;
        for (table, batch) in sample.tables()? {
            eprintln!("{table}: {} row{}", batch.num_rows(), if batch.num_rows() == 1 { "" } else { "s" });
            output::print(global.format, &batch.schema(), &[batch])?;
        }
        for line in &sample.aside {
            eprintln!("put aside: {line}");
        }
        if sample.aside_count > sample.aside.len() {
            eprintln!("put aside: {} more", sample.aside_count - sample.aside.len());
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One row a source. Times are those of the runs; the lag is the time since the last complete one began.
async fn status(global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
    let (engine, now) = (global.engine()?, ambient.now());
    let (catalogue, drift) = (engine.catalogue()?, engine.drift().await?);
    let collectors: Vec<Collector<'_>> = catalogue.collectors(now).collect();
    let text = |pick: &dyn Fn(&Collector<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(StringArray::from_iter(collectors.iter().map(pick)))
    };
    let time = |pick: &dyn Fn(&Collector<'_>) -> Option<DateTime<Utc>>| -> ArrayRef {
        let micros = collectors.iter().map(|it| pick(it).map(|time| time.timestamp_micros()));
        Arc::new(TimestampMicrosecondArray::from_iter(micros).with_timezone("UTC"))
    };
    let number = |pick: &dyn Fn(&Collector<'_>) -> Option<i64>| -> ArrayRef {
        Arc::new(Int64Array::from_iter(collectors.iter().map(pick)))
    };
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("source", text(&|it| Some(it.origin.source.clone())), false),
        ("type", text(&|it| Some(it.origin.kind.clone())), false),
        ("last_run", time(&|it| it.last.map(|run| run.started_at)), true),
        ("rows", number(&|it| it.last.map(|run| run.rows.cast_signed())), true),
        ("complete_until", time(&|it| it.complete_until), true),
        ("lag_seconds", number(&|it| it.complete_until.map(|time| (now - time).num_seconds())), true),
        ("missed", number(&|it| drift.get(&it.origin.source).map(|drift| drift.missed)), true),
        ("budget", text(&|it| budget(&it.budgets)), true),
        ("waits_until", time(&|it| it.waits_until), true),
        ("delivered_at", time(&|it| it.received.map(|it| it.newest_at)), true),
        ("put_aside", number(&|it| i64::try_from(it.refused).ok()), false),
        ("failures", number(&|it| i64::try_from(it.failures).ok()), false),
        ("error", text(&|it| it.last.and_then(|run| run.error.clone())), true),
    ])?;
    output::print(global.format, &batch.schema(), &[batch])?;
    Ok(ExitCode::SUCCESS)
}

/// One row for each thing that was put aside.
fn quarantine(global: &Global) -> anyhow::Result<ExitCode> {
    let refused = global.engine()?.store().state()?.refused()?;
    let text = |pick: &dyn Fn(&Refused) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(refused.iter().map(pick)))
    };
    let at = refused.iter().map(|it| Some(it.at.timestamp_micros()));
    let batch = RecordBatch::try_from_iter([
        ("source", text(&|it| it.source.clone())),
        ("put_aside_at", Arc::new(TimestampMicrosecondArray::from_iter(at).with_timezone("UTC")) as ArrayRef),
        ("place", text(&|it| it.place.clone())),
        ("reason", text(&|it| it.reason.clone())),
        ("words", text(&|it| String::from_utf8_lossy(&it.words).into_owned())),
    ])?;
    output::print(global.format, &batch.schema(), &[batch])?;
    Ok(ExitCode::SUCCESS)
}

/// What is left of each budget, as the source last said.
fn budget(budgets: &[&Budget]) -> Option<String> {
    let most = |budget: &Budget| budget.most.map_or_else(|| "?".to_owned(), |most| most.to_string());
    let all = budgets.iter().map(|it| format!("{} {}/{}", it.resource, it.remaining, most(it)));
    let all: Vec<String> = all.collect();
    (!all.is_empty()).then(|| all.join(" "))
}

/// A wrong path is found out before a data folder is made for it.
fn refuse_nothing(pipeline: &Pipeline, folder: &Path) -> anyhow::Result<()> {
    if let PipelineKind::Git(keys) = &pipeline.kind {
        crate::collect::git::probe(&keys.path, folder).map_err(CollectError::from)?;
    }
    Ok(())
}

/// What came of a run that nobody waits for; then the checks of golden paths are evaluated.
pub(super) async fn hear(engine: &Engine, ambient: &Ambient, pipeline: &Pipeline, run: Result<Report, CollectError>) {
    match run {
        Ok(report) => {
            say(&report);
            checks::after(engine, ambient, report.total()).await;
        }
        Err(error) => eprintln!("error: {}: {error}", pipeline.name),
    }
}

fn say(report: &Report) {
    if report.rows.is_empty() {
        eprintln!("{}: nothing new", report.source);
        return;
    }
    let rows: Vec<String> =
        report.rows.iter().filter(|it| it.1 > 0).map(|(table, rows)| format!("{rows} {table}")).collect();
    eprintln!("{}: {}", report.source, rows.join(", "));
}
