//! `paceline experiment`

use super::{Global, output};
use crate::ambient::Ambient;
use crate::experiment::{self, Analysis, Assigned};
use crate::project::{Experiment, Project, closest};
use anyhow::anyhow;
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use clap::Subcommand;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Subcommand)]
pub(super) enum ExperimentAction {
    /// Every experiment with its dates
    List,
    /// Draw the assignment from the declared seed and record it
    Start {
        name: String,
        /// Print what would be drawn and record nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// The effect on every goal and guardrail, after the last day
    Show { name: String },
}

impl ExperimentAction {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let batch = match self {
            ExperimentAction::List => list(&global.project()?)?,
            ExperimentAction::Start { name, dry_run } => {
                let engine = global.engine()?;
                let definition = find(engine.project(), &name)?;
                let drawn = if dry_run {
                    experiment::draw(&engine, definition).await?
                } else {
                    let _lock = engine.store().lock()?;
                    experiment::start(&engine, definition, ambient.now()).await?
                };
                assignment(&drawn)?
            }
            ExperimentAction::Show { name } => {
                let engine = global.engine()?;
                let definition = find(engine.project(), &name)?;
                let analysis = experiment::analyse(&engine, definition, ambient.now()).await?;
                eprintln!("{}: {}", analysis.recommendation.words, analysis.recommendation.reason);
                results(&analysis)?
            }
        };
        output::print(global.format, &batch.schema(), &[batch])?;
        Ok(ExitCode::SUCCESS)
    }
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

fn text<T>(rows: &[T], pick: impl Fn(&T) -> String) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(rows.iter().map(pick)))
}

fn number<T>(rows: &[T], pick: impl Fn(&T) -> Option<f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter(rows.iter().map(pick)))
}

fn list(project: &Project) -> anyhow::Result<RecordBatch> {
    let rows: Vec<&Experiment> = project.experiments.values().collect();
    Ok(RecordBatch::try_from_iter([
        ("experiment", text(&rows, |it| it.name.clone())),
        ("title", text(&rows, |it| it.title.clone())),
        ("start", text(&rows, |it| it.schedule.start.to_string())),
        ("end", text(&rows, |it| it.schedule.end.to_string())),
    ])?)
}

fn assignment(drawn: &[Assigned]) -> anyhow::Result<RecordBatch> {
    Ok(RecordBatch::try_from_iter([
        ("unit", text(drawn, |it| it.unit.clone())),
        ("variant", text(drawn, |it| it.variant.clone())),
        ("stratum", text(drawn, |it| it.stratum.clone())),
    ])?)
}

fn results(analysis: &Analysis) -> anyhow::Result<RecordBatch> {
    let rows = &analysis.outcomes;
    let teams: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|it| it.teams as i64)));
    Ok(RecordBatch::try_from_iter([
        ("metric", text(rows, |it| it.metric.clone())),
        ("role", text(rows, |it| format!("{:?}", it.role).to_lowercase())),
        ("control", number(rows, |it| it.control)),
        ("treatment", number(rows, |it| it.treatment)),
        ("relative_effect", number(rows, |it| it.effect)),
        ("low", number(rows, |it| it.interval.map(|interval| interval.low))),
        ("high", number(rows, |it| it.interval.map(|interval| interval.high))),
        ("p", number(rows, |it| it.p)),
        ("teams", teams),
        ("verdict", text(rows, |it| it.verdict.words().to_owned())),
        ("method", text(rows, |it| it.note.clone().unwrap_or_else(|| it.method.clone()))),
    ])?)
}
