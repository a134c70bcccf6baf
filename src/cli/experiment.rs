//! `paceline experiment`

use super::output::{self, Format};
use super::progress::Bar;
use super::{Global, as_of};
use crate::ambient::Ambient;
use crate::collect::Progress;
use crate::experiment::{self, Assigned, Event, OutcomeTable};
use crate::project::{AnalysisSpec, Experiment, Project, closest};
use crate::query::{AsOf, Engine};
use crate::trial::calibration::{self, CalibrationOptions};
use crate::trial::plan::{self, Plan, PlannedOutcome};
use crate::trial::{OutcomeReport, Report};
use anyhow::{Context, anyhow};
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use chrono::{DateTime, NaiveDate, Utc};
use clap::Subcommand;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Subcommand)]
pub(super) enum ExperimentAction {
    /// Every experiment with its dates and state
    List,
    /// Power, smallest detectable effect and weeks needed, by simulating the experiment on the organisation's own history
    Plan {
        name: String,
        /// Simulated experiments for each design and duration
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(100..=100_000))]
        simulations: u32,
        /// Weeks of history that are simulated on
        #[arg(long, default_value_t = 52, value_parser = clap::value_parser!(u32).range(8..=520))]
        weeks: u32,
    },
    /// Draw the assignment from the declared seed and record it with the definition
    Start {
        name: String,
        /// Print what would be drawn and record nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Health, effects after the last day, and the decision; with --format json the whole report
    Show {
        name: String,
        /// The tables as they were: a moment, or the versions that a report names
        #[arg(long, value_name = "MOMENT_OR_VERSIONS")]
        as_of: Option<AsOf>,
    },
    /// Move the last day of a running experiment
    Extend {
        name: String,
        /// The new last day
        #[arg(long, value_name = "DAY")]
        until: NaiveDate,
        /// Why, which the report repeats
        #[arg(long)]
        reason: String,
    },
    /// Take the definition as its file has it now, where nothing of what was drawn is changed
    Amend {
        name: String,
        /// Why, which the report repeats
        #[arg(long)]
        reason: String,
    },
    /// End an experiment now
    Stop {
        name: String,
        /// Why, which the report repeats
        #[arg(long)]
        reason: String,
    },
    /// What was done with an experiment, and when
    Log { name: String },
    /// Analyse a table of an experiment that was run elsewhere, by the same rules
    Analyze {
        /// Table of outcomes, CSV with a header
        #[arg(long, value_name = "FILE")]
        data: PathBuf,
        /// What its columns are, and how the treatment was drawn, as TOML
        #[arg(long, value_name = "FILE")]
        spec: PathBuf,
    },
    /// How often the analysis is wrong, by simulation, as a Markdown table; takes long
    Calibrate {
        /// Simulated experiments in each row
        #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(100..=1_000_000))]
        experiments: u32,
    },
    /// The flags of all experiments in flagd's format, for tools that run without this server
    Flags,
}

impl ExperimentAction {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let now = ambient.now();
        let batch = match self {
            ExperimentAction::List => list(&*global.engine()?, now.date_naive()).await?,
            ExperimentAction::Plan { name, simulations, weeks } => {
                let engine = global.engine()?;
                let definition = find(engine.project(), &name)?;
                let options = experiment::PlanOptions { simulations: simulations as usize, weeks };
                let plan = plan(&engine, definition, options, now).await?;
                if global.format == Format::Json {
                    output::print_json(&plan)?;
                    return Ok(ExitCode::SUCCESS);
                }
                plan.words.iter().for_each(|words| eprintln!("{words}"));
                planned(&plan.outcomes)?
            }
            ExperimentAction::Start { name, dry_run } => {
                let engine = global.engine()?;
                let definition = find(engine.project(), &name)?;
                let drawn = if dry_run {
                    experiment::draw(&engine, definition).await?
                } else {
                    let _lock = engine.store().lock()?;
                    experiment::start(&engine, definition, now).await?
                };
                assignment(&drawn.assigned)?
            }
            ExperimentAction::Show { name, as_of } => {
                let engine = as_of::engine(global, as_of.as_ref()).await?;
                let analysis = match engine.project().rollouts.get(&name) {
                    Some(rollout) => experiment::analyse_rollout(&engine, rollout, now).await?,
                    None => experiment::analyse(&engine, find(engine.project(), &name)?, now).await?,
                };
                return shown(global, &analysis.report);
            }
            ExperimentAction::Analyze { data, spec } => {
                let spec = AnalysisSpec::read(&spec)?;
                return shown(global, &experiment::analyse_table(&spec, &OutcomeTable::read(&data)?)?);
            }
            ExperimentAction::Calibrate { experiments } => {
                let options = CalibrationOptions { experiments: experiments as usize, ..CalibrationOptions::default() };
                print!("{}", calibrated(&options)?);
                return Ok(ExitCode::SUCCESS);
            }
            ExperimentAction::Extend { name, until, reason } => {
                let engine = global.engine()?;
                find(engine.project(), &name)?;
                let _lock = engine.store().lock()?;
                trail(&[experiment::extend(&engine, &name, until, &reason, now).await?])?
            }
            ExperimentAction::Amend { name, reason } => {
                let engine = global.engine()?;
                let definition = find(engine.project(), &name)?;
                let _lock = engine.store().lock()?;
                trail(&[experiment::amend(&engine, definition, &reason, now).await?])?
            }
            ExperimentAction::Stop { name, reason } => {
                let engine = global.engine()?;
                find(engine.project(), &name)?;
                let _lock = engine.store().lock()?;
                trail(&[experiment::stop(&engine, &name, &reason, now).await?])?
            }
            ExperimentAction::Log { name } => {
                let engine = global.engine()?;
                find(engine.project(), &name)?;
                trail(&experiment::events(&engine, &name).await?)?
            }
            ExperimentAction::Flags => {
                let delivery = experiment::delivery(&*global.engine()?, now).await?;
                output::print_json(&delivery.file()?)?;
                return Ok(ExitCode::SUCCESS);
            }
        };
        output::print(global.format, &batch.schema(), &[batch])?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A report, as JSON whole, else its results in a table.
fn shown(global: &Global, report: &Report) -> anyhow::Result<ExitCode> {
    if global.format == Format::Json {
        output::print_json(report)?;
    } else {
        say(report);
        let batch = results(&report.results)?;
        output::print(global.format, &batch.schema(), &[batch])?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn plan(
    engine: &Engine,
    definition: &Experiment,
    options: experiment::PlanOptions,
    now: DateTime<Utc>,
) -> anyhow::Result<Plan> {
    let (planning, left_out) = experiment::planning(engine, definition, options, now).await?;
    for title in left_out {
        eprintln!("not planned: {title}, whose weeks do not add up");
    }
    let (bar, mut begun, mut done) = (Bar::default(), String::new(), 0);
    let plan = plan::plan(&planning, &mut |progress| {
        if progress.what != begun {
            begun.clone_from(&progress.what);
            bar.stage(&begun, Some((progress.of - done) as u64));
        }
        bar.advance((progress.done - done) as u64);
        done = progress.done;
    });
    plan.with_context(|| definition.name.clone())
}

fn calibrated(options: &CalibrationOptions) -> anyhow::Result<String> {
    let bar = Bar::default();
    let table = calibration::calibrate(options, &mut |progress| {
        bar.stage(&progress.next, Some(progress.of as u64));
        bar.advance(progress.done as u64);
    })?;
    Ok(table.markdown())
}

fn find<'a>(project: &'a Project, name: &str) -> anyhow::Result<&'a Experiment> {
    project.experiments.get(name).ok_or_else(|| {
        let names: Vec<&str> = project.experiments.keys().map(String::as_str).collect();
        match closest(name, &names) {
            Some(meant) => anyhow!("unknown experiment {name}; did you mean {meant}?"),
            None => anyhow!("unknown experiment {name}; `paceline experiment list` shows them"),
        }
    })
}

/// The decision, and the checks that are not fine, on standard error.
fn say(report: &Report) {
    eprintln!("{}: {}", report.decision.word.words(), report.decision.reasons.join(" "));
    for change in &report.decision.would_change {
        eprintln!("  {change}");
    }
    for check in report.health.iter().filter(|check| check.status != crate::trial::Status::Ok) {
        eprintln!("{}: {}", check.title, check.words);
    }
}

fn text<T>(rows: &[T], pick: impl Fn(&T) -> String) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(rows.iter().map(pick)))
}

fn number<T>(rows: &[T], pick: impl Fn(&T) -> Option<f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter(rows.iter().map(pick)))
}

async fn list(engine: &Engine, today: NaiveDate) -> anyhow::Result<RecordBatch> {
    let mut rows = Vec::new();
    for experiment in engine.project().experiments.values() {
        let events = experiment::events(engine, &experiment.name).await?;
        let held = experiment::held(&experiment.name, &events)?;
        let state = experiment::State::of(held.as_ref(), &events, today);
        let held = held.unwrap_or_else(|| experiment.clone());
        let design = held.assignment.design.words();
        rows.push((held.name, held.title, held.assignment.drawn(), design, held.schedule, state.words()));
    }
    for it in engine.project().rollouts.values().cloned() {
        let state = if today > it.schedule.end { "ended" } else { "running" };
        rows.push((it.name, it.title, it.unit, "not randomised", it.schedule, state));
    }
    Ok(RecordBatch::try_from_iter([
        ("experiment", text(&rows, |it| it.0.clone())),
        ("title", text(&rows, |it| it.1.clone())),
        ("unit", text(&rows, |it| it.2.name().to_owned())),
        ("design", text(&rows, |it| it.3.to_owned())),
        ("start", text(&rows, |it| it.4.start.to_string())),
        ("end", text(&rows, |it| it.4.end.to_string())),
        ("state", text(&rows, |it| it.5.to_owned())),
    ])?)
}

fn assignment(drawn: &[Assigned]) -> anyhow::Result<RecordBatch> {
    Ok(RecordBatch::try_from_iter([
        ("unit", text(drawn, |it| it.unit.clone())),
        ("variant", text(drawn, |it| it.variant.clone())),
        ("stratum", text(drawn, |it| it.stratum.clone())),
    ])?)
}

fn planned(rows: &[PlannedOutcome]) -> anyhow::Result<RecordBatch> {
    Ok(RecordBatch::try_from_iter([
        ("metric", text(rows, |it| it.metric.clone())),
        ("role", text(rows, |it| format!("{:?}", it.role).to_lowercase())),
        ("margin", number(rows, |it| Some(it.margin))),
        ("smallest_detectable", number(rows, |it| it.smallest_detectable)),
        ("power_at_margin", number(rows, |it| it.power_at_margin)),
        ("false_positive_rate", number(rows, |it| it.false_positive_rate)),
    ])?)
}

fn trail(events: &[Event]) -> anyhow::Result<RecordBatch> {
    let sequence: ArrayRef = Arc::new(Int64Array::from_iter_values(events.iter().map(|it| it.sequence)));
    Ok(RecordBatch::try_from_iter([
        ("sequence", sequence),
        ("action", text(events, |it| it.action.to_string())),
        ("at", text(events, |it| it.happened_at.format("%Y-%m-%d %H:%M:%SZ").to_string())),
        ("reason", text(events, |it| it.reason.clone().unwrap_or_default())),
        ("definition", text(events, |it| it.definition_hash[..12].to_owned())),
    ])?)
}

fn results(rows: &[OutcomeReport]) -> anyhow::Result<RecordBatch> {
    let units: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|it| it.units as i64)));
    let effect =
        |pick: fn(&crate::trial::Relative) -> Option<f64>| number(rows, |it| it.effect.as_ref().and_then(pick));
    let method = |it: &OutcomeReport| {
        it.note.clone().or_else(|| it.effect.as_ref().map(|it| it.method.clone())).unwrap_or_default()
    };
    Ok(RecordBatch::try_from_iter([
        ("metric", text(rows, |it| it.metric.clone())),
        ("role", text(rows, |it| format!("{:?}", it.role).to_lowercase())),
        ("control", number(rows, |it| it.control)),
        ("treatment", number(rows, |it| it.treatment)),
        ("relative_effect", effect(|it| Some(it.estimate))),
        ("low", effect(|it| it.low)),
        ("high", effect(|it| it.high)),
        ("p", effect(|it| it.p)),
        ("units", units),
        ("verdict", text(rows, |it| it.verdict.words().to_owned())),
        ("method", text(rows, method)),
    ])?)
}
