//! `paceline metric explain`

use super::{Global, find};
use crate::ambient::Ambient;
use crate::metric::{self, Explanation, Question, Summary, Window};
use crate::project::{Better, Metric};
use crate::query::{Engine, Scope};
use chrono::{DateTime, Utc};
use clap::Args;
use std::fmt::Write;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(in crate::cli) struct Explain {
    /// Name, as `paceline metric list` prints it
    name: String,
    /// Weeks up to the newest data
    #[arg(long, default_value_t = 26, value_parser = clap::value_parser!(u32).range(1..=1_040))]
    weeks: u32,
    /// Only this source [default: all real ones, or a simulated one where nothing is real]
    #[arg(long)]
    source: Option<String>,
}

impl Explain {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let engine = &*global.engine()?;
        let metric = find(engine.project(), &self.name)?;
        let scope = super::scope(engine, self.source.as_deref())?;
        let explanation = metric::explain(engine, &scope, metric, ambient.now()).await?;
        let number = self.number(engine, metric, scope, ambient).await?;
        print!("{}", words(engine, metric, &explanation, number.as_ref())?);
        Ok(ExitCode::SUCCESS)
    }

    /// The number for the window; none where the sources brought nothing yet.
    async fn number(
        &self,
        engine: &Engine,
        metric: &Metric,
        scope: Scope,
        ambient: &Ambient,
    ) -> anyhow::Result<Option<(Window, Summary)>> {
        let Some(span) = metric::data_span(engine, &scope, ambient.now()).await? else { return Ok(None) };
        let window = Window::weeks_to(span.to, self.weeks).since(span.from);
        let question = Question { metric, scope, window, by: None, only: Vec::new() };
        let facts = metric::facts(engine, &question).await?;
        Ok(Some((window, metric::summary(&metric.name, &metric.header, &facts, &window)?)))
    }
}

fn words(
    engine: &Engine,
    metric: &Metric,
    explanation: &Explanation,
    number: Option<&(Window, Summary)>,
) -> Result<String, std::fmt::Error> {
    let header = &metric.header;
    let mut text = String::new();
    writeln!(text, "{}: {}", metric.name, header.title)?;
    let mut say = |what: &str, words: &str| writeln!(text, "{what:<12}{words}");
    say("Definition", &header.about)?;
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
    say("Interval", &format!("95 %, by {}", metric::interval_method(header.statistic)))?;
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
    match number {
        Some((window, summary)) => say("Number", &came_about(metric, window, summary))?,
        None => say("Number", "not enough data")?,
    }
    writeln!(text, "\n{}:", metric.file)?;
    let sql = metric.sql.split_once("*/").map_or(metric.sql.as_str(), |(_, sql)| sql).trim();
    writeln!(text, "{sql}")?;
    Ok(text)
}

/// The number, its certainty, and the way to it from the rows.
fn came_about(metric: &Metric, window: &Window, summary: &Summary) -> String {
    let estimate = &summary.estimate;
    let value = match (estimate.value, estimate.interval) {
        (Some(value), Some(it)) => {
            format!("{value} {}, 95 % interval {} to {}", metric.header.unit, it.low, it.high)
        }
        (Some(value), None) => format!("{value} {}, without interval", metric.header.unit),
        (None, _) => "not enough data".to_owned(),
    };
    let known = match summary.unknown {
        0 => "all of them known".to_owned(),
        unknown => format!(
            "{unknown} of them of unknown value and left out, coverage {:.1} %",
            100.0 * summary.coverage().unwrap_or_default()
        ),
    };
    format!(
        "{value}; n = {}: {} rows of {} whose at lies from {} to before {}, {known}",
        estimate.n,
        summary.rows,
        metric.name,
        minute(window.from),
        minute(window.to),
    )
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
