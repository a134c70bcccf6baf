//! `paceline simulate`

use super::Global;
use crate::simulate::{self, Config};
use anyhow::Context;
use chrono::{NaiveDate, NaiveTime};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// Folder to write; an earlier simulation there is replaced
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// File with all keys, as simulation.toml in a simulation's folder has them
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Any text; another seed is another organisation
    #[arg(long)]
    seed: Option<String>,
    /// Number of teams
    #[arg(long)]
    teams: Option<u32>,
    /// Weeks of history
    #[arg(long)]
    weeks: Option<u32>,
    /// Leave out what happened from this day on
    #[arg(long, value_name = "DAY")]
    until: Option<NaiveDate>,
}

impl Simulate {
    pub(super) fn run(self, _global: &Global) -> anyhow::Result<ExitCode> {
        let mut config = match &self.config {
            None => Config::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
                toml::from_str(&text).with_context(|| path.display().to_string())?
            }
        };
        config.seed = self.seed.unwrap_or(config.seed);
        config.teams = self.teams.unwrap_or(config.teams);
        config.weeks = self.weeks.unwrap_or(config.weeks);
        let until = self.until.map_or_else(|| config.ends(), |day| day.and_time(NaiveTime::MIN).and_utc());
        let bar = ProgressBar::new(u64::from(config.teams)).with_style(ProgressStyle::with_template(
            "simulating teams {wide_bar:.blue} {human_pos}/{human_len} {eta:>4}",
        )?);
        let summary =
            simulate::write(&config, until, &self.out, &mut |progress| bar.set_position(progress.teams_done as u64))?;
        bar.finish_and_clear();
        let rows: Vec<String> = summary.rows.iter().map(|(table, rows)| format!("{rows} {table}")).collect();
        eprintln!("{}: {} ({:.1} MB)", self.out.display(), rows.join(", "), summary.bytes as f64 / 1e6);
        eprintln!("next: paceline collect {}", self.out.display());
        Ok(ExitCode::SUCCESS)
    }
}
