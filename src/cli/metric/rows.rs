//! `paceline metric rows`

use super::find;
use super::part::{Part, day};
use crate::ambient::Ambient;
use crate::cli::{Global, output};
use crate::metric::{self, Question, Window};
use chrono::{Days, NaiveDate};
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(in crate::cli) struct Rows {
    /// Name, as `paceline metric list` prints it
    name: String,
    /// The ISO week that has this day, instead of weeks
    #[arg(long, value_name = "DAY", value_parser = day, conflicts_with_all = ["from", "to", "weeks"])]
    week: Option<NaiveDate>,
    /// Rows to print
    #[arg(long, default_value_t = 1_000)]
    limit: usize,
    #[command(flatten)]
    part: Part,
}

impl Rows {
    pub(in crate::cli) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let asked = &self.part.asked;
        let engine = asked.engine(global).await?;
        let metric = find(engine.project(), &self.name)?;
        let looked = self.part.look(&engine, ambient).await?;
        asked.say_versions(&engine, &looked.scope, &metric.sql).await?;
        asked.say_definition(metric);
        let question = looked.question(metric);
        let week = self.week.map(|day| day.week(chrono::Weekday::Mon).first_day());
        let week =
            week.and_then(|monday| Some(Window::days(monday, monday.checked_add_days(Days::new(6))?, looked.zone)));
        let question = Question { window: week.unwrap_or(question.window), ..question };
        let rows = metric::rows(&engine, &question, self.limit).await?;
        output::print(global.format, &rows.schema, &rows.batches)?;
        if rows.count > self.limit {
            eprintln!("{} of {} rows; --limit shows more", self.limit, rows.count);
        }
        Ok(ExitCode::SUCCESS)
    }
}
