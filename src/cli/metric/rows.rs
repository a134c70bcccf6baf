//! `paceline metric rows`

use super::{find, scope};
use crate::ambient::Ambient;
use crate::cli::as_of::Asked;
use crate::cli::{Global, output};
use crate::metric::{self, Behind, Window};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(in crate::cli) struct Rows {
    /// Name, as `paceline metric list` prints it
    name: String,
    /// The ISO week that has this day
    #[arg(long, value_name = "DAY", conflicts_with_all = ["from", "to", "weeks"])]
    week: Option<NaiveDate>,
    /// From this day on
    #[arg(long, value_name = "DAY", requires = "to")]
    from: Option<NaiveDate>,
    /// To before this day
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<NaiveDate>,
    /// Weeks up to the newest data
    #[arg(long, default_value_t = 26, value_parser = clap::value_parser!(u32).range(1..=1_040), conflicts_with = "from")]
    weeks: u32,
    /// Only this team's
    #[arg(long)]
    team: Option<String>,
    /// Only rows whose dimension has this value; may be given several times
    #[arg(long, value_name = "DIMENSION=VALUE")]
    only: Vec<String>,
    /// Rows to print
    #[arg(long, default_value_t = 1_000)]
    limit: usize,
    /// Only this source [default: all real ones, or a simulated one where nothing is real]
    #[arg(long)]
    source: Option<String>,
    #[command(flatten)]
    asked: Asked,
}

impl Rows {
    pub(in crate::cli) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let engine = self.asked.engine(global).await?;
        let metric = find(engine.project(), &self.name)?;
        let scope = scope(&engine, self.source.as_deref())?;
        self.asked.say_versions(&engine, &scope, &metric.sql).await?;
        self.asked.say_definition(metric);
        let window = match self.named() {
            Some(window) => window,
            None => {
                let span = metric::data_span(&engine, &scope, ambient.now()).await?;
                let span = span.ok_or_else(|| anyhow::anyhow!("the sources brought nothing yet"))?;
                Window::weeks_to(span.to, self.weeks).since(span.from)
            }
        };
        let mut only = Vec::new();
        for part in &self.only {
            let (dimension, value) = part
                .split_once('=')
                .ok_or_else(|| anyhow::anyhow!("--only {part} is not of the form DIMENSION=VALUE"))?;
            only.push((dimension, value));
        }
        only.extend(self.team.as_deref().map(|team| ("team", team)));
        let rows = metric::rows(&engine, &Behind { metric, scope, window, only }, self.limit).await?;
        output::print(global.format, &rows.schema, &rows.batches)?;
        if rows.count > self.limit {
            eprintln!("{} of {} rows; --limit shows more", self.limit, rows.count);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn named(&self) -> Option<Window> {
        if let Some(day) = self.week {
            let monday = day.week(chrono::Weekday::Mon).first_day();
            let next = monday.checked_add_days(Days::new(7))?;
            return Some(Window { from: start(monday), to: start(next) });
        }
        Some(Window { from: start(self.from?), to: start(self.to?) })
    }
}

fn start(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
