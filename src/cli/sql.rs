//! `paceline sql`

use super::as_of::Asked;
use super::{Global, output};
use crate::query::Scope;
use anyhow::Context;
use clap::Args;
use futures::TryStreamExt;
use std::io::Read;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Sql {
    /// The query; from stdin when missing or -
    query: Option<String>,
    #[command(flatten)]
    asked: Asked,
}

impl Sql {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let query = match self.query.as_deref() {
            None | Some("-") => {
                let mut text = String::new();
                std::io::stdin().read_to_string(&mut text).context("stdin")?;
                text
            }
            Some(query) => query.to_owned(),
        };
        if query.trim().is_empty() {
            anyhow::bail!("the query is empty; try paceline sql \"SHOW TABLES\"");
        }
        let engine = self.asked.engine(global).await?;
        self.asked.say_versions(&engine, &Scope::default(), &query).await?;
        let stream = engine.sql(&Scope::default(), &query).await?;
        let schema = stream.schema();
        let batches: Vec<_> = stream.try_collect().await.map_err(crate::query::QueryError::from)?;
        output::print(global.format, &schema, &batches)?;
        Ok(ExitCode::SUCCESS)
    }
}
