//! `paceline metric explain`

use super::find;
use super::part::{Looked, Part};
use crate::ambient::Ambient;
use crate::cli::Global;
use crate::metric::{self, Calendar, Compare, Explanation, Summary, Window};
use crate::project::{Better, Metric, Statistic};
use crate::query::Engine;
use chrono::{DateTime, Utc};
use clap::Args;
use std::fmt::Write;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// Name, as `paceline metric list` prints it
    name: String,
    #[command(flatten)]
    part: Part,
}

impl Explain {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let engine = self.part.asked.engine(global).await?;
        let metric = find(engine.project(), &self.name)?;
        let looked = self.part.look(&engine, ambient).await?;
        let explanation = metric::explain(&engine, &looked.scope, metric, ambient.now()).await?;
        let summary = number(&engine, metric, &looked).await?;
        let versions = engine.versions_read(&looked.scope, &metric.sql).await?.to_string();
        print!("{}", words(&engine, metric, &explanation, (&looked.window, &summary), &versions)?);
        Ok(ExitCode::SUCCESS)
    }
}

/// The number for the window.
async fn number(engine: &Engine, metric: &Metric, looked: &Looked<'_>) -> anyhow::Result<Summary> {
    let calendar = Calendar { grain: metric.header.grain, zone: looked.zone };
    let compare = Compare { begin: Some(looked.span.from), ..Compare::default() };
    let report = metric::report(engine, &looked.question(metric), calendar, &compare).await?;
    Ok(report.all.summary)
}

fn words(
    engine: &Engine,
    metric: &Metric,
    explanation: &Explanation,
    (window, summary): (&Window, &Summary),
    versions: &str,
) -> Result<String, std::fmt::Error> {
    let header = &metric.header;
    let mut text = String::new();
    writeln!(text, "{}: {}", metric.name, header.title)?;
    let mut say = |what: &str, words: &str| writeln!(text, "{what:<12}{words}");
    say("Definition", &header.about)?;
    say("Version", &metric.hash())?;
    say("Unit", &header.unit)?;
    let better = match header.better {
        Better::Lower => "lower",
        Better::Higher => "higher",
        Better::Neither => "neither: a change is news and no judgement",
    };
    say("Better", better)?;
    if let Some(target) = header.target {
        say("Target", &target.to_string())?;
    }
    say("Statistic", &metric::statistic_method(header))?;
    say("Interval", &metric::interval_method(header))?;
    say("Cut by", &listed(&header.dimensions))?;
    say("Reads", &listed(&explanation.reads.tables))?;
    say("Stored in", &listed(&explanation.reads.stored))?;
    say("Used by", &used_by(engine, metric, explanation))?;
    match explanation.span {
        Some((oldest, newest)) => {
            say("Facts", &format!("{} from {} to {}", explanation.facts, minute(oldest), minute(newest)))?
        }
        None => say("Facts", "none yet")?,
    }
    for (source, until) in &explanation.complete_until {
        let until = until.map_or_else(|| "never completely".to_owned(), minute);
        say("Collected", &format!("{source} until {until}"))?;
    }
    say("Number", &came_about(metric, window, summary))?;
    say("Made from", versions)?;
    writeln!(text, "\n{}:", metric.file)?;
    let sql = metric.sql.split_once("*/").map_or(metric.sql.as_str(), |(_, sql)| sql).trim();
    writeln!(text, "{sql}")?;
    Ok(text)
}

/// The number, its certainty, and the way to it from the rows.
fn came_about(metric: &Metric, window: &Window, summary: &Summary) -> String {
    let (estimate, header) = (&summary.estimate, &metric.header);
    let value = match (estimate.value, estimate.interval) {
        (Some(value), Some(it)) => format!("{value} {}, 95 % interval {} to {}", header.unit, it.low, it.high),
        (Some(value), None) => format!("{value} {}, without interval", header.unit),
        (None, _) => "not enough data".to_owned(),
    };
    let time = format!("from {} to before {}", minute(window.from), minute(window.to));
    let of = match (header.statistic, header.is_stock) {
        (_, true) => format!("of each {} those of its newest at {time}", header.sampled_of()),
        (Statistic::TimeAverage, false) => format!("that were open at any time {time}"),
        (_, false) => format!("whose at lies {time}"),
    };
    let known = match (summary.rows, summary.unknown) {
        (0, _) => String::new(),
        (_, 0) => ", all of them known".to_owned(),
        (_, unknown) => format!(
            ", {unknown} of them of unknown value and left out, coverage {:.1} %",
            100.0 * summary.coverage().unwrap_or_default()
        ),
    };
    let incomplete = match summary.rows.saturating_sub(estimate.n) {
        rows if rows > 0 && header.statistic == Statistic::Count => {
            format!(", {rows} of them in a {} that the window cuts and left out", metric::grain_word(header.grain))
        }
        _ => String::new(),
    };
    format!("{value}; n = {}: {} rows of {} {of}{known}{incomplete}", estimate.n, summary.rows, metric.name)
}

fn used_by(engine: &Engine, metric: &Metric, explanation: &Explanation) -> String {
    let (dashboards, experiments) = engine.project().uses_of(&metric.name);
    let dashboards = dashboards.iter().map(|it| format!("dashboard {}", it.name));
    let experiments = experiments.iter().map(|it| format!("experiment {}", it.name));
    let metrics = explanation.reads.readers.iter().map(|name| format!("metric {name}"));
    listed(&dashboards.chain(experiments).chain(metrics).collect::<Vec<_>>())
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
}

fn minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
