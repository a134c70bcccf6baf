//! `pipelines/*.toml`: what is collected, from where.

mod api;
mod backstage;
mod files;
mod github;
mod gitlab;
mod jira;
mod mapping;
mod pagerduty;
mod program;
mod receivers;
mod zendesk;

pub use api::ApiSource;
pub use backstage::BackstagePipeline;
pub use files::{FileFormat, FilesPipeline};
pub use github::{Credential, GithubList, GithubPipeline, GithubSource, Secret, names_repository};
pub use gitlab::{GitlabList, GitlabPipeline};
pub use jira::JiraPipeline;
pub use mapping::{Mapping, Mappings, Target};
pub use pagerduty::PagerdutyPipeline;
pub use program::{CommandPipeline, Given, Program, SingerPipeline};
pub use receivers::{CdeventsPipeline, EventsPipeline, Proof, Signature, WebhooksPipeline};
pub use zendesk::{ZendeskCredential, ZendeskPipeline};

use super::diagnostic::{Diagnostic, closest};
use super::files::Content;
use super::toml_text;
use serde::Deserialize;
use std::time::Duration;

/// One pipeline; its name is the `source` of every row it brings.
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub name: String,
    pub kind: PipelineKind,
    /// Time from the beginning of one run to the next, where something runs the pipeline on its own.
    pub every: Option<Duration>,
    pub embedded: bool,
}

impl Pipeline {
    /// Whether it takes what is sent and has nobody to ask: running it does nothing.
    pub fn only_receives(&self) -> bool {
        matches!(self.kind, PipelineKind::Cdevents(_) | PipelineKind::Events(_) | PipelineKind::Webhooks(_))
    }
}

/// A pipeline's type with its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PipelineKind {
    /// CDEvents that are sent.
    Cdevents(CdeventsPipeline),
    /// Rows that are sent.
    Events(EventsPipeline),
    /// The software catalog of a Backstage server.
    Backstage(BackstagePipeline),
    /// A program that prints JSON lines.
    Command(CommandPipeline),
    /// Files of rows: CSV, JSON lines or Parquet.
    Files(FilesPipeline),
    /// Pull requests, reviews, builds, deployments and more of a GitHub organisation.
    Github(Box<GithubPipeline>),
    /// Merge requests, reviews, pipelines, deployments and more of GitLab's projects.
    Gitlab(Box<GitlabPipeline>),
    /// A git repository's history and code.
    Git(GitPipeline),
    /// Issues of Jira and requests of Jira Service Management.
    Jira(Box<JiraPipeline>),
    /// Incidents of PagerDuty.
    Pagerduty(PagerdutyPipeline),
    /// A tap that speaks the Singer protocol.
    Singer(SingerPipeline),
    /// A file that says who is in which team.
    Teams(TeamsPipeline),
    /// A folder that `paceline simulate` wrote.
    Simulation(SimulationPipeline),
    /// Webhooks that are sent.
    Webhooks(WebhooksPipeline),
    /// Tickets of Zendesk.
    Zendesk(ZendeskPipeline),
}

impl Pipeline {
    /// How whoever delivers to the pipeline signs, and with what; `None` for a pipeline that takes no webhooks.
    pub fn webhooks(&self) -> Option<(Signature, &Secret)> {
        let (signature, secret) = match &self.kind {
            PipelineKind::Github(keys) => (Signature::Github, &keys.webhook_secret),
            PipelineKind::Gitlab(keys) => (Signature::Gitlab, &keys.webhook_secret),
            PipelineKind::Jira(keys) => (Signature::Jira, &keys.webhook_secret),
            PipelineKind::Pagerduty(keys) => (Signature::Pagerduty, &keys.webhook_secret),
            PipelineKind::Webhooks(keys) => return Some((keys.signature, &keys.webhook_secret)),
            PipelineKind::Zendesk(keys) => (Signature::Zendesk, &keys.webhook_secret),
            _ => return None,
        };
        Some((signature, secret.as_ref()?))
    }
}

/// `type = "git"`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct GitPipeline {
    #[serde(rename = "type")]
    _type: Option<String>,
    /// Path of a repository, or an address to clone it from.
    pub path: String,
    /// Name of the repository in the tables; by default the last part of `path`.
    pub repository: Option<String>,
    /// Which points of the history the code is analysed at.
    #[serde(default)]
    pub code: CodeHistory,
    /// Name of the files that describe components, in whatever folder.
    #[serde(default = "catalog_info")]
    pub catalog: String,
    every: Option<Every>,
}

fn catalog_info() -> String {
    "catalog-info.yaml".to_owned()
}

/// Which points of a history the code is analysed at.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum CodeHistory {
    /// The head and the end of every month.
    #[default]
    Monthly,
    /// The head alone.
    Head,
    /// Not at all.
    Off,
}

/// `type = "teams"`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct TeamsPipeline {
    #[serde(rename = "type")]
    _type: Option<String>,
    /// The file, `.toml` or `.csv`.
    pub path: String,
    /// Where the logins in it are accounts.
    #[serde(default = "github")]
    pub host: String,
    every: Option<Every>,
}

fn github() -> String {
    "github.com".to_owned()
}

/// `type = "simulation"`.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct SimulationPipeline {
    #[serde(rename = "type")]
    _type: Option<String>,
    /// The folder.
    pub path: String,
}

impl GitPipeline {
    /// The pipeline that `paceline collect PATH_OR_URL` stands for.
    pub fn of(path: &str, repository: Option<String>, code: CodeHistory) -> GitPipeline {
        GitPipeline { _type: None, path: path.to_owned(), repository, code, catalog: catalog_info(), every: None }
    }
}

impl TeamsPipeline {
    /// The pipeline of one file.
    pub fn of(path: &str, host: &str) -> TeamsPipeline {
        TeamsPipeline { _type: None, path: path.to_owned(), host: host.to_owned(), every: None }
    }
}

impl SimulationPipeline {
    /// The pipeline of one simulation folder.
    pub fn of(path: &str) -> SimulationPipeline {
        SimulationPipeline { _type: None, path: path.to_owned() }
    }
}

/// The keys of a file that say how to read the others.
#[derive(Deserialize)]
struct Tagged {
    #[serde(rename = "type")]
    kind: toml::Spanned<String>,
}

const TYPES: [&str; 15] = [
    "backstage",
    "cdevents",
    "command",
    "events",
    "files",
    "git",
    "github",
    "gitlab",
    "jira",
    "pagerduty",
    "simulation",
    "singer",
    "teams",
    "webhooks",
    "zendesk",
];

pub(super) fn parse(content: &Content, mappings: &Mappings) -> Result<Pipeline, Vec<Diagnostic>> {
    // Read twice instead of as a tagged enum, which would lose the place of an error.
    let whole = 0..content.text.len();
    let tagged: Tagged = toml_text::parse(content, whole.clone()).map_err(|error| vec![error])?;
    let read = match tagged.kind.get_ref().as_str() {
        "git" => toml_text::parse(content, whole).map(|keys: GitPipeline| {
            let every = keys.every;
            (PipelineKind::Git(keys), every)
        }),
        "cdevents" => receivers::cdevents(content, whole).map(|keys| (PipelineKind::Cdevents(keys), None)),
        "events" => receivers::events(content, whole).map(|keys| (PipelineKind::Events(keys), None)),
        "backstage" => backstage::parse(content, whole).map(|(keys, every)| (PipelineKind::Backstage(keys), every)),
        "github" => github::parse(content, whole).map(|(keys, every)| (PipelineKind::Github(Box::new(keys)), every)),
        "gitlab" => gitlab::parse(content, whole).map(|(keys, every)| (PipelineKind::Gitlab(Box::new(keys)), every)),
        "jira" => jira::parse(content, whole).map(|(keys, every)| (PipelineKind::Jira(Box::new(keys)), every)),
        "pagerduty" => pagerduty::parse(content, whole).map(|(keys, every)| (PipelineKind::Pagerduty(keys), every)),
        "command" => {
            program::parse_command(content, whole, mappings).map(|(keys, every)| (PipelineKind::Command(keys), every))
        }
        "files" => files::parse(content, whole, mappings).map(|(keys, every)| (PipelineKind::Files(keys), every)),
        "singer" => {
            program::parse_singer(content, whole, mappings).map(|(keys, every)| (PipelineKind::Singer(keys), every))
        }
        "teams" => toml_text::parse(content, whole).map(|keys: TeamsPipeline| {
            let every = keys.every;
            (PipelineKind::Teams(keys), every)
        }),
        "simulation" => toml_text::parse(content, whole).map(|keys| (PipelineKind::Simulation(keys), None)),
        "webhooks" => receivers::webhooks(content, whole).map(|keys| (PipelineKind::Webhooks(keys), None)),
        "zendesk" => zendesk::parse(content, whole).map(|(keys, every)| (PipelineKind::Zendesk(keys), every)),
        other => Err(content.diagnostic(
            tagged.kind.span(),
            format!("unknown type {other}; expected one of {}", TYPES.join(", ")),
            closest(other, &TYPES),
        )),
    };
    let (kind, every) = read.map_err(|error| vec![error])?;
    Ok(Pipeline { name: content.name(), kind, every: every.map(|it| it.0), embedded: content.embedded })
}

/// A whole number of seconds (s), minutes (m), hours (h) or days (d), at least one second.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "String")]
struct Every(Duration);

impl TryFrom<String> for Every {
    type Error = String;

    fn try_from(text: String) -> Result<Every, String> {
        let read = || {
            let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
            let unit = match unit {
                "s" => 1,
                "m" => 60,
                "h" => 3_600,
                "d" => 86_400,
                _ => return None,
            };
            number.parse::<u64>().ok()?.checked_mul(unit).filter(|seconds| *seconds > 0)
        };
        let seconds = read().ok_or_else(|| format!("{text:?} is no time such as \"15m\", \"2h\" or \"1d\""))?;
        Ok(Every(Duration::from_secs(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_between_runs() {
        let every = |text: &str| Every::try_from(text.to_owned()).ok().map(|it| it.0);
        assert_eq!(every("15m"), Some(Duration::from_secs(900)));
        assert_eq!(every("1d"), Some(Duration::from_secs(86_400)));
        for wrong in ["", "m", "0s", "15", "1.5h", "-1m", "15 m", "15µ", "99999999999999999999d", "999999999999999999d"]
        {
            assert_eq!(every(wrong), None, "{wrong}");
        }
    }
}
