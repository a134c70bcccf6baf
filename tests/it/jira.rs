//! Collecting from Jira: a server that somebody else simulates, and the cloud's own ways to list.

mod cloud;
mod server;

use crate::vendor_world::folder::Folder;
use chrono::{DateTime, Utc};
use paceline::collect::{Report, Result};
use paceline::project::{JiraPipeline, PipelineKind};

const TABLES: [&str; 2] = ["tickets", "ticket_events"];

/// A pipeline of these projects at this address.
fn keys(url: &str, projects: &[&str]) -> JiraPipeline {
    JiraPipeline {
        url: url.to_owned(),
        email: None,
        token: Folder::token(),
        projects: projects.iter().map(|key| (*key).to_owned()).collect(),
        jql: None,
        since: None,
        webhook_secret: None,
    }
}

async fn run(folder: &Folder, keys: &JiraPipeline, now: DateTime<Utc>, reconciles: bool) -> Result<Report> {
    folder.collect(PipelineKind::Jira(Box::new(keys.clone())), now, reconciles).await
}
