//! `paceline report`: what is shown, as something to hand on.

mod digest;

use super::Global;
use super::progress::Bar;
use crate::ambient::Ambient;
use crate::collect::Progress;
use crate::web::{self, site};
use anyhow::Context;
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub(super) enum ReportAction {
    /// Write the dashboards, metrics and experiments as files that open without a server
    Site(Site),
    /// What changed, for one team or everybody: as a mail, a page, text, or a message for Slack
    Digest(digest::Digest),
}

#[derive(Debug, Args)]
pub(super) struct Site {
    /// Folder to write; files of these names are replaced, others stay
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// One source instead of all real ones
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// One team and those below it
    #[arg(long, value_name = "NAME")]
    team: Option<String>,
    /// Weeks shown, instead of what each page has
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=520))]
    weeks: Option<u32>,
}

impl ReportAction {
    pub(super) async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        match self {
            ReportAction::Site(site) => site.run(global, ambient).await,
            ReportAction::Digest(digest) => digest.run(global, ambient).await,
        }
    }
}

impl Site {
    async fn run(self, global: &Global, ambient: &Ambient) -> anyhow::Result<ExitCode> {
        let engine = global.engine()?;
        let pages = site::pages(engine.project());
        let router = web::router(web::App::new(engine, ambient.clone()));
        let query = self.query();
        for (name, text) in site::files() {
            write(&self.out.join(name), text)?;
        }
        let bar = Bar::default();
        bar.stage("writing pages", Some(pages.len() as u64));
        let mut bytes = 0;
        for (path, file) in &pages {
            let html = site::page(&router, path, &query, &pages).await?;
            write(&self.out.join(file), &html)?;
            bytes += html.len();
            bar.advance(1);
        }
        drop(bar);
        let first = self.out.join("index.html");
        eprintln!("{} pages, {:.1} MB; open {}", pages.len(), bytes as f64 / 1e6, first.display());
        Ok(ExitCode::SUCCESS)
    }

    fn query(&self) -> String {
        let weeks = self.weeks.map(|weeks| weeks.to_string());
        let parts = [("source", &self.source), ("team", &self.team), ("weeks", &weeks)];
        let parts = parts.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parts).finish();
        if query.is_empty() { query } else { format!("?{query}") }
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text));
    written.with_context(|| format!("cannot write {}", path.display()))
}
