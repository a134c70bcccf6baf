//! `paceline metric explain`

use super::{find, scope};
use crate::ambient::Ambient;
use crate::cli::Global;
use crate::cli::as_of::Asked;
use crate::metric::{self, Behind, Window};
use crate::project::{Metric, Statistic};
use clap::Args;
use std::io::{Write, stdout};
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
    #[command(flatten)]
    asked: Asked,
}

impl Explain {
    pub(in crate::cli) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let engine = self.asked.engine(global).await?;
        let metric = find(engine.project(), &self.name)?;
        let scope = scope(&engine, self.source.as_deref())?;
        let versions = engine.versions_read(&scope, &metric.sql).await?;
        let mut lines = words(metric);
        lines.push(format!("It was made from: {versions}. Asked with --as-of {versions} it is the same again."));
        if let Some(span) = metric::data_span(&engine, &scope, ambient.now()).await? {
            let window = Window::weeks_to(span.to, self.weeks).since(span.from);
            let behind = metric::rows(&engine, &Behind { metric, scope, window, only: Vec::new() }, 0).await?;
            let day = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M:%SZ");
            let (from, to) = (day(window.from), day(window.to));
            lines.push(format!("From {from} to before {to} it is made of {} rows whose value is known.", behind.count));
            lines.push(format!(
                "`paceline metric rows {0}` shows them, `paceline metric show {0}` the number.",
                metric.name
            ));
        }
        let sql = metric.sql.split_once("*/").map_or(metric.sql.as_str(), |(_, sql)| sql).trim();
        writeln!(stdout().lock(), "{}\n\n{sql}", lines.join("\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The definition in sentences.
fn words(metric: &Metric) -> Vec<String> {
    let header = &metric.header;
    let made = match header.statistic {
        Statistic::Count => "the number of rows".to_owned(),
        Statistic::Ratio | Statistic::Rate => "the sum of numerator over the sum of denominator".to_owned(),
        Statistic::TimeAverage => "the average number of rows that last, from at until until".to_owned(),
        statistic => format!("the {} of value", statistic.word()),
    };
    let mut lines = vec![
        format!("{} ({}, definition {})", header.title, metric.file, metric.hash()),
        header.about.clone(),
        format!("It is {made} over the rows of the query below, by {}.", metric::grain_word(header.grain)),
    ];
    if let Some(entity) = &header.entity {
        lines.push(format!("Each row is one of {entity}."));
    }
    if header.is_stock {
        lines.push("It is of the newest sample of each repository.".to_owned());
    }
    if !header.dimensions.is_empty() {
        lines.push(format!("It can be cut by {}.", header.dimensions.join(", ")));
    }
    lines
}
