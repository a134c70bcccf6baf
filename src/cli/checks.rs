//! `paceline checks`

use super::{Global, metric, output};
use crate::ambient::Ambient;
use crate::golden_path::{self, Finding, LevelShare, Standing, Subject};
use crate::project::{GoldenPaths, closest};
use crate::query::Engine;
use anyhow::anyhow;
use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray};
use clap::Subcommand;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Subcommand)]
pub(super) enum ChecksAction {
    /// Evaluate every check now, keep what is new, and show who fails and why
    Run,
    /// Every level and campaign with how many components pass
    List {
        /// Only this source [default: all real ones, or a simulated one where nothing is real]
        #[arg(long)]
        source: Option<String>,
    },
    /// What a check, a track's checks or a campaign's say of each component
    Show {
        name: String,
        /// Only this source [default: all real ones, or a simulated one where nothing is real]
        #[arg(long)]
        source: Option<String>,
    },
}

impl ChecksAction {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let engine = global.engine()?;
        let (batch, code) = match self {
            ChecksAction::Run => {
                let lock = engine.store().lock()?;
                let evaluation = golden_path::evaluate(&engine, ambient.now()).await?;
                drop(lock);
                for failed in &evaluation.failed {
                    eprintln!("error: check {}: {}", failed.check, failed.reason);
                }
                eprintln!("{} answers, {} of them new", evaluation.answers, evaluation.changed);
                let standing = standing(&engine, None).await?;
                let code = if evaluation.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
                (findings(&standing, |_, finding| finding.passed == Some(false))?, code)
            }
            ChecksAction::List { source } => {
                let standing = standing(&engine, source.as_deref()).await?;
                (list(&engine.project().golden_paths, &standing)?, ExitCode::SUCCESS)
            }
            ChecksAction::Show { name, source } => {
                let asked = asked(&engine.project().golden_paths, &name)?;
                let standing = standing(&engine, source.as_deref()).await?;
                (findings(&standing, |check, _| asked.contains(check))?, ExitCode::SUCCESS)
            }
        };
        output::print(global.format, &batch.schema(), &[batch])?;
        Ok(code)
    }
}

/// Evaluates after a collection that brought so many rows, if any. What goes wrong is said and fails nothing: the rows are stored.
pub(super) async fn after(engine: &Engine, ambient: &Ambient, rows: u64) {
    if rows == 0 {
        return;
    }
    let evaluated = async {
        if !golden_path::is_due(engine).await? {
            return Ok(golden_path::Evaluation::default());
        }
        let _lock = engine.store().lock()?;
        golden_path::evaluate(engine, ambient.now()).await
    };
    match evaluated.await {
        Ok(evaluation) => {
            for failed in evaluation.failed {
                eprintln!("error: check {}: {}", failed.check, failed.reason);
            }
            if evaluation.changed > 0 {
                eprintln!("checks: {} of {} answers are new", evaluation.changed, evaluation.answers);
            }
        }
        Err(error) => eprintln!("error: checks were not evaluated: {error}"),
    }
}

async fn standing(engine: &Engine, source: Option<&str>) -> anyhow::Result<Standing> {
    let scope = metric::scope(engine, source)?;
    Ok(golden_path::standing(engine, &scope).await?)
}

/// The checks that a name stands for.
fn asked(paths: &GoldenPaths, name: &str) -> anyhow::Result<BTreeSet<String>> {
    if let Some(track) = paths.tracks.get(name) {
        return Ok(track.levels.iter().flat_map(|level| &level.checks).map(|(check, _)| check.clone()).collect());
    }
    if let Some(campaign) = paths.campaigns.get(name) {
        return Ok(paths.of_campaign(campaign).into_iter().map(|it| it.check.to_owned()).collect());
    }
    if paths.checks.contains_key(name) {
        return Ok(BTreeSet::from([name.to_owned()]));
    }
    let names = paths.checks.keys().chain(paths.tracks.keys()).chain(paths.campaigns.keys());
    let names: Vec<&str> = names.map(String::as_str).collect();
    Err(match closest(name, &names) {
        Some(meant) => anyhow!("no check, track or campaign {name}; did you mean {meant}?"),
        None => anyhow!("no check, track or campaign {name}; `paceline checks list` shows them"),
    })
}

fn list(paths: &GoldenPaths, standing: &Standing) -> anyhow::Result<RecordBatch> {
    let mut rows: Vec<(String, String, String, LevelShare)> = Vec::new();
    for track in paths.tracks.values() {
        for (number, level) in (1..).zip(&track.levels) {
            let checks: Vec<&str> = level.checks.iter().map(|(name, _)| name.as_str()).collect();
            rows.push((track.name.clone(), level.name.clone(), checks.join(" "), standing.share(track, number)));
        }
    }
    for campaign in paths.campaigns.values() {
        let checks: Vec<&str> = paths.of_campaign(campaign).into_iter().map(|it| it.check).collect();
        let share = standing.campaigns.get(&campaign.name).map(|it| it.share).unwrap_or_default();
        rows.push((campaign.name.clone(), format!("due {}", campaign.due), checks.join(" "), share));
    }
    let text = |pick: fn(&(String, String, String, LevelShare)) -> &String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(pick)))
    };
    let count = |pick: fn(&LevelShare) -> usize| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| pick(&row.3) as i64)))
    };
    Ok(RecordBatch::try_from_iter([
        ("name", text(|row| &row.0)),
        ("level", text(|row| &row.1)),
        ("checks", text(|row| &row.2)),
        ("passed", count(|share| share.passed)),
        ("failed", count(|share| share.failed)),
        ("unknown", count(|share| share.unknown)),
        ("share", Arc::new(Float64Array::from_iter(rows.iter().map(|row| row.3.value())))),
    ])?)
}

/// A check, and what it says of a component.
type Row<'a> = (&'a str, &'a Subject, &'a Finding);

fn findings(standing: &Standing, is_meant: impl Fn(&str, &Finding) -> bool) -> anyhow::Result<RecordBatch> {
    // A component on two tracks is one.
    let mut seen = BTreeSet::new();
    let mut rows: Vec<Row<'_>> = Vec::new();
    for subject in standing.tracks.values().flatten() {
        for (check, finding) in subject.results.iter().filter(|(check, finding)| is_meant(check, finding)) {
            if seen.insert((check, &subject.entity, &subject.source)) {
                rows.push((check, subject, finding));
            }
        }
    }
    rows.sort_by(|a, b| (a.0, &a.1.entity, &a.1.source).cmp(&(b.0, &b.1.entity, &b.1.source)));
    let text = |pick: &dyn Fn(&Row<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(StringArray::from_iter(rows.iter().map(pick)))
    };
    let passed = BooleanArray::from_iter(rows.iter().map(|row| row.2.passed));
    Ok(RecordBatch::try_from_iter_with_nullable([
        ("check", text(&|row| Some(row.0.to_owned())), false),
        ("entity", text(&|row| Some(row.1.entity.clone())), false),
        ("team", text(&|row| row.1.team.clone()), true),
        ("passed", Arc::new(passed) as ArrayRef, true),
        ("evidence", text(&|row| row.2.evidence.clone()), true),
        ("since", text(&|row| Some(row.2.since?.format("%Y-%m-%d %H:%M:%SZ").to_string())), true),
    ])?)
}
