//! The content folders as typed definitions: what users write in SQL, TOML and Markdown.
//!
//! One rule: everything wrong with a file is a [`Diagnostic`] with file, line and column, and all of them are reported at
//! once. The embedded defaults are read the same way as the user's own files, which replace them by name.

mod analysis_spec;
mod dashboard;
mod diagnostic;
mod experiment;
mod files;
mod golden_paths;
mod identities;
mod investment;
mod metric;
mod percentage;
mod pipeline;
mod reading;
mod sql_error;
mod toml_text;
mod topics;

use std::collections::BTreeMap;
use std::path::Path;

pub use analysis_spec::{AnalysisSpec, ColumnOutcome, Columns, Drawn, Missing, Named, Transformation};
pub use dashboard::{
    Block, Dashboard, Dimension, Filters, Live, MOST_GROUPS, Mark, Piece, Prose, Reference, Shown, Sql, pieces,
};
pub use diagnostic::{Diagnostic, Diagnostics, closest};
pub use experiment::{
    Assignment, Experiment, Flag, HOLDOUT, Monitoring, Outcome, Role, Rollout, Schedule, Spending, Started, TEAM_SIZE,
    UnitKind,
};
pub use files::{Content, FOLDERS, Place, embedded};
pub use golden_paths::{CHECK_COLUMNS, Campaign, Check, Filter, GoldenPaths, Level, Requirement, Track, Wanted};
pub use identities::Identities;
pub use investment::Investment;
pub use metric::{Better, Grain, Header, Metric, Permille, Statistic, TEAM_SHARES};
pub use pipeline::{
    ApiSource, BackstagePipeline, CdeventsPipeline, CodeHistory, CommandPipeline, Credential, EventsPipeline,
    FileFormat, FilesPipeline, GitPipeline, GithubList, GithubPipeline, GithubSource, GitlabList, GitlabPipeline,
    Given, JiraPipeline, Mapping, PagerdutyPipeline, Pipeline, PipelineKind, Program, Proof, Secret, Signature,
    SimulationPipeline, SingerPipeline, Target, TeamsPipeline, WebhooksPipeline, ZendeskCredential, ZendeskPipeline,
    names_repository,
};
pub use sql_error::{one_line, sql_diagnostic};
pub use toml_text::{moment, parse as parse_toml};
pub use topics::{Topics, Words};

/// Everything the content folders define, by name.
#[derive(Clone, Debug)]
pub struct Project {
    pub pipelines: BTreeMap<String, Pipeline>,
    pub metrics: BTreeMap<String, Metric>,
    pub experiments: BTreeMap<String, Experiment>,
    /// What is in the folder of experiments and was not drawn by lot.
    pub rollouts: BTreeMap<String, Rollout>,
    pub dashboards: BTreeMap<String, Dashboard>,
    pub golden_paths: GoldenPaths,
    /// What `identities.toml` says.
    pub identities: Identities,
    /// `topics.toml`: what tickets are about.
    pub topics: Topics,
    /// `investment.toml`: what work is an investment in.
    pub investment: Investment,
}

impl Project {
    /// Reads the embedded defaults overlaid by the files in `folder`. What is wrong with a dashboard is shown on its page and
    /// is no error here: [`Project::wrong_dashboards`].
    ///
    /// # Errors
    /// Every diagnostic of every other file.
    pub fn load(folder: &Path) -> Result<Project, Diagnostics> {
        let mut found = Vec::new();
        let mappings = files::by_path(folder, "pipelines", "sql").unwrap_or_else(|diagnostic| {
            found.push(diagnostic);
            BTreeMap::new()
        });
        let parse_pipeline = |content: &Content| pipeline::parse(content, &mappings);
        let definitions = read_all(folder, "experiments", "toml", experiment::parse, &mut found);
        let (experiments, rollouts) = experiment::split(definitions);
        let mut project = Project {
            pipelines: read_all(folder, "pipelines", "toml", parse_pipeline, &mut found),
            metrics: read_all(folder, "queries", "sql", metric::parse, &mut found),
            experiments,
            rollouts,
            dashboards: read_all(folder, "dashboards", "md", |content| Ok(dashboard::parse(content)), &mut found),
            golden_paths: GoldenPaths::read(folder, &mut found),
            identities: identities::load(folder, &mut found),
            topics: Topics::read(folder, &mut found),
            investment: Investment::read(folder, &mut found),
        };
        // The embedded pipeline is for a folder that has none of its own.
        if project.pipelines.values().any(|pipeline| !pipeline.embedded) {
            project.pipelines.retain(|_, pipeline| !pipeline.embedded);
        }
        for dashboard in project.dashboards.values_mut() {
            dashboard.look_up(&project.metrics);
        }
        project.check_references(&mut found);
        if found.is_empty() { Ok(project) } else { Err(Diagnostics(found)) }
    }

    /// The embedded defaults alone.
    ///
    /// # Errors
    /// None in a build whose tests pass.
    pub fn defaults() -> Result<Project, Diagnostics> {
        Project::load(Path::new("/nonexistent"))
    }

    /// Everything that is wrong with dashboards, by file.
    pub fn wrong_dashboards(&self) -> impl Iterator<Item = &Diagnostic> {
        self.dashboards.values().flat_map(Dashboard::wrong)
    }

    /// The dashboards and experiments that show or measure a metric, each once, by name.
    pub fn uses_of<'a>(&'a self, metric: &'a str) -> (Vec<&'a Dashboard>, Vec<&'a Experiment>) {
        let is_meant = |(_, name): (&Place, &str)| name == metric;
        let dashboards = self.dashboards.values().filter(|it| it.metric_references().any(is_meant)).collect();
        let experiments = self.experiments.values().filter(|it| it.metric_references().any(is_meant)).collect();
        (dashboards, experiments)
    }

    fn check_references(&self, found: &mut Vec<Diagnostic>) {
        let metrics: Vec<&str> = self.metrics.keys().map(String::as_str).collect();
        let references = self
            .experiments
            .values()
            .flat_map(Experiment::metric_references)
            .chain(self.rollouts.values().flat_map(Rollout::metric_references));
        for (place, metric) in references {
            if !self.metrics.contains_key(metric) {
                found.push(place.diagnostic(format!("unknown metric {metric}"), closest(metric, &metrics)));
            }
        }
        let asking = self.pipelines.values().filter(|it| !it.only_receives());
        let asking: Vec<&str> = asking.map(|it| it.name.as_str()).collect();
        for pipeline in self.pipelines.values() {
            let PipelineKind::Webhooks(WebhooksPipeline { runs: Some((name, place)), .. }) = &pipeline.kind else {
                continue;
            };
            if !asking.contains(&name.as_str()) {
                found.push(place.diagnostic(format!("no pipeline {name} can be run"), closest(name, &asking)));
            }
        }
    }
}

fn read_all<T>(
    folder: &Path,
    kind: &str,
    extension: &str,
    parse: impl Fn(&Content) -> Result<T, Vec<Diagnostic>>,
    found: &mut Vec<Diagnostic>,
) -> BTreeMap<String, T> {
    let mut all = BTreeMap::new();
    let contents = match files::contents(folder, kind, extension) {
        Ok(contents) => contents,
        Err(diagnostic) => {
            found.push(diagnostic);
            return all;
        }
    };
    for (name, content) in contents {
        match parse(&content) {
            Ok(parsed) => {
                all.insert(name, parsed);
            }
            Err(diagnostics) => found.extend(diagnostics),
        }
    }
    all
}
