//! What a page looks at: which sources, which team, which weeks. The URL says it, so that it can be shared.

mod ground;
mod head;
mod narrow;
mod parameters;
mod period;

use super::App;
use super::error::PageError;
use super::figures::Figures;
use crate::chart::Annotation;
use crate::metric::{Teams, Window};
use crate::project::Filters;
use crate::query::{AsOf, Catalogue, Scope};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

pub(super) use ground::Grounds;
pub(super) use narrow::plural;
pub(super) use parameters::Parameters;
pub(super) use period::Period;

use narrow::Picker;

/// What is looked at.
pub(super) struct View {
    pub scope: Scope,
    pub window: Window,
    /// The window as it was asked for.
    pub period: Period,
    /// Only this team and those below it.
    pub team: Option<String>,
    /// A team that the URL asks for and no source in view tells of.
    unknown_team: Option<String>,
    /// Whose days make the weeks: the team's, or the organisation's.
    pub zone: Tz,
    /// The rows describe an organisation that does not exist.
    pub is_simulated: bool,
    pub now: DateTime<Utc>,
    span: Option<Window>,
    source: Option<String>,
    /// The pickers in the head of the page.
    offered: Filters,
    /// The page is about one team.
    is_of_team: bool,
    /// What metrics are narrowed by, beside the team.
    pickers: Vec<Picker>,
    /// What the URL asks for and is not there.
    problems: Vec<String>,
    as_of: Option<AsOf>,
    teams: Teams,
    catalogue: Catalogue,
    /// What was computed for this view already, or is being computed.
    figures: Mutex<BTreeMap<String, Arc<OnceCell<Figures>>>>,
    /// What lines over time are annotated with, read once.
    pub(super) happened: OnceCell<Vec<Annotation>>,
}

impl View {
    /// Reads the parameters against what the data folder holds. Unless a source is named, the real ones are looked at, and a
    /// simulated one only when there is nothing real: the two are never mixed.
    pub(super) async fn new(app: &App, parameters: &Parameters, weeks: u32) -> Result<View, PageError> {
        let catalogue = app.engine.catalogue()?;
        let known = |name: &&String| catalogue.origins.iter().any(|origin| origin.source == **name);
        let source = parameters.source.as_ref().filter(known).cloned();
        let scope = catalogue.scope(source.as_deref());
        let is_simulated = catalogue.is_simulated(&scope);
        let now = app.ambient.now();
        let ground = ground::ground(app, &scope, now, parameters.as_of().is_none()).await?;
        let (span, teams) = (ground.span, ground.teams.clone());
        let asked = parameters.team.clone().filter(|team| !team.is_empty());
        let (team, unknown_team) = match asked {
            Some(team) if !teams.names().any(|it| it == team) => (None, Some(team)),
            asked => (asked, None),
        };
        let through = span.map_or(now, |span| span.to);
        let zone = app.engine.zone(&scope, team.as_deref(), through).await?;
        let period = Period::of(parameters, weeks, through, span, zone);
        Ok(View {
            scope,
            window: period.window,
            problems: period.problem.iter().cloned().collect(),
            period,
            team,
            unknown_team,
            zone,
            is_simulated,
            now,
            span,
            source,
            offered: Filters::default(),
            is_of_team: false,
            pickers: Vec::new(),
            as_of: parameters.as_of().cloned(),
            teams,
            catalogue,
            figures: Mutex::default(),
            happened: OnceCell::new(),
        })
    }

    /// The place of a metric's figures, which are computed once however many ask at the same time.
    pub(super) fn figures_of(&self, metric: &str) -> Arc<OnceCell<Figures>> {
        let mut figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        figures.entry(metric.to_owned()).or_default().clone()
    }

    /// The team that is looked at.
    pub(super) fn team(&self) -> Option<&str> {
        self.team.as_deref()
    }

    /// What was asked for and is not there.
    pub(super) fn problems(&self) -> impl Iterator<Item = String> {
        let unknown = self.unknown_team.iter().map(|team| format!("there is no team {team}"));
        self.problems.iter().cloned().chain(unknown)
    }

    /// Whether the sources in view brought anything.
    pub(super) fn has_data(&self) -> bool {
        self.span.is_some()
    }

    /// Since when there are data.
    pub(super) fn begin(&self) -> Option<DateTime<Utc>> {
        self.span.map(|span| span.from)
    }

    /// Every team of the sources in view.
    pub(super) fn teams(&self) -> &Teams {
        &self.teams
    }

    /// The URL's query for another page, which has a period of its own unless one was asked for.
    pub(super) fn query(&self) -> String {
        encoded(self.kept())
    }

    /// The URL's query for a page that is about a team of its own.
    pub(super) fn query_without_team(&self) -> String {
        encoded(self.kept().into_iter().filter(|(name, _)| name != "team"))
    }

    /// The URL's query for what stands behind a number of this page: its period and what narrows it are those of the number.
    pub(super) fn same_query(&self) -> String {
        encoded(self.parts(Some(self.period.said())).chain(self.narrowed()))
    }

    /// The parts of [`View::query`], for a form that sends them along.
    pub(super) fn kept(&self) -> Vec<(String, String)> {
        self.parts(self.period.asked).collect()
    }

    fn parts(&self, asked: Option<period::Asked>) -> impl Iterator<Item = (String, String)> {
        let mut parts = vec![("source", self.source.clone()), ("team", self.team.clone())];
        parts.extend(self.period.parts(asked).into_iter().map(|(name, value)| (name, Some(value))));
        parts.push(("as_of", self.as_of.as_ref().map(ToString::to_string)));
        parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)))
    }
}

fn encoded(parts: impl IntoIterator<Item = (String, String)>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.extend_pairs(parts).finish();
    if query.is_empty() { query } else { format!("?{query}") }
}
