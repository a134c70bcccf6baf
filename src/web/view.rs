//! What a page looks at: which sources, which team, which weeks. The URL says it, so that it can be shared.

use super::App;
use super::error::PageError;
use super::figures::Figures;
use crate::metric::{self, Teams, Window};
use crate::query::{AsOf, Catalogue, Scope};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

const WEEKS: [u32; 4] = [12, 26, 52, 104];

/// The parameters of every page.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Parameters {
    source: Option<String>,
    team: Option<String>,
    weeks: Option<u32>,
    /// The tables as they were: a moment, or versions.
    as_of: Option<AsOf>,
}

/// What is looked at.
pub(super) struct View {
    pub scope: Scope,
    pub window: Window,
    pub weeks: u32,
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
    /// What the URL says of the period.
    asked_weeks: Option<u32>,
    as_of: Option<AsOf>,
    teams: Teams,
    catalogue: Catalogue,
    /// What was computed for this view already, or is being computed.
    figures: Mutex<BTreeMap<String, Arc<OnceCell<Figures>>>>,
}

impl Parameters {
    pub(super) fn as_of(&self) -> Option<&AsOf> {
        self.as_of.as_ref()
    }
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
        let span = metric::data_span(&app.engine, &scope, now).await?;
        let asked_weeks = parameters.weeks.filter(|weeks| (1..=520).contains(weeks));
        let weeks = asked_weeks.unwrap_or(weeks);
        let teams = Teams::read(&app.engine, &scope).await?;
        let asked = parameters.team.clone().filter(|team| !team.is_empty());
        let (team, unknown_team) = match asked {
            Some(team) if !teams.names().any(|it| it == team) => (None, Some(team)),
            asked => (asked, None),
        };
        let through = span.map_or(now, |span| span.to);
        let zone = app.engine.zone(&scope, team.as_deref(), through).await?;
        let window = Window::weeks_to(through, weeks, zone);
        let window = span.map_or(window, |span| window.since(span.from, zone));
        Ok(View {
            scope,
            window,
            weeks,
            team,
            unknown_team,
            zone,
            is_simulated,
            now,
            span,
            source,
            asked_weeks,
            as_of: parameters.as_of.clone(),
            teams,
            catalogue,
            figures: Mutex::default(),
        })
    }

    /// The place of a metric's figures, which are computed once however many ask at the same time.
    pub(super) fn figures_of(&self, metric: &str) -> Arc<OnceCell<Figures>> {
        let mut figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        figures.entry(metric.to_owned()).or_default().clone()
    }

    /// Every team, each after the one it is in.
    pub(super) fn teams(&self) -> Vec<&str> {
        self.teams.in_order()
    }

    /// The team that is looked at.
    pub(super) fn team(&self) -> Option<&str> {
        self.team.as_deref()
    }

    /// Whether the sources in view brought anything.
    pub(super) fn has_data(&self) -> bool {
        self.span.is_some()
    }

    /// Since when there are data.
    pub(super) fn begin(&self) -> Option<DateTime<Utc>> {
        self.span.map(|span| span.from)
    }

    /// The URL's query for another page, which has a period of its own unless one was asked for.
    pub(super) fn query(&self) -> String {
        self.query_of(self.asked_weeks)
    }

    /// The URL's query for what stands behind a number of this page: its period is that of the number.
    pub(super) fn same_query(&self) -> String {
        self.query_of(Some(self.weeks))
    }

    /// The parts of [`View::query`], for a form that sends them along.
    pub(super) fn kept(&self) -> Vec<(String, String)> {
        self.parts(self.asked_weeks)
    }

    /// The URL's query for another team.
    pub(super) fn query_of_team(&self, team: &str) -> String {
        let others = self.kept().into_iter().filter(|(name, _)| name != "team");
        encoded(others.chain([("team".to_owned(), team.to_owned())]))
    }

    fn query_of(&self, weeks: Option<u32>) -> String {
        encoded(self.parts(weeks))
    }

    fn parts(&self, weeks: Option<u32>) -> Vec<(String, String)> {
        let parts = [
            ("source", self.source.clone()),
            ("team", self.team.clone()),
            ("weeks", weeks.map(|weeks| weeks.to_string())),
            ("as_of", self.as_of.as_ref().map(ToString::to_string)),
        ];
        parts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }

    /// The condition on the team, as a metric takes it.
    pub(super) fn only(&self, dimensions: &[String]) -> Vec<(&str, &str)> {
        let team = self.team.as_deref().filter(|_| dimensions.iter().any(|it| it == "team"));
        team.map(|team| ("team", team)).into_iter().collect()
    }

    /// Title, what is looked at, and the form to look at something else.
    pub(super) fn head(&self, title: &str, path: &str) -> Markup {
        let period = format!(
            "{} weeks to {}, compared with the {} before",
            self.weeks,
            (self.window.to - chrono::TimeDelta::microseconds(1)).with_timezone(&self.zone).format("%-d %b %Y"),
            self.weeks
        );
        html! {
            div class="head" {
                div {
                    h1 { (title) @if self.is_simulated { " " span class="badge simulated" { "simulated data" } } }
                    p class="sub" { (self.subject()) " · " (period) @if let Some(as_of) = &self.as_of { " · as of " (as_of) } }
                }
                form class="filters" method="get" action=(path) {
                    @if let Some(as_of) = &self.as_of { input type="hidden" name="as_of" value=(as_of); }
                    label { "Source " select name="source" { (self.source_options()) } }
                    @if self.teams.names().next().is_some() {
                        label { "Team " select name="team" {
                            option value="" { "All teams" }
                            @for team in self.teams.in_order() {
                                option value=(team) selected[self.team.as_deref() == Some(team)] {
                                    // A browser shows no other mark of depth within a list.
                                    ("\u{a0}\u{a0}".repeat(self.teams.level(team) - 1)) (team)
                                }
                            }
                        } }
                    }
                    label { "Period " select name="weeks" {
                        @for weeks in self.week_choices() {
                            option value=(weeks) selected[weeks == self.weeks] { (weeks) " weeks" }
                        }
                    } }
                    button { "Apply" }
                }
            }
        }
    }

    fn week_choices(&self) -> Vec<u32> {
        let mut choices = WEEKS.to_vec();
        choices.push(self.weeks);
        choices.sort_unstable();
        choices.dedup();
        choices
    }

    fn source_options(&self) -> Markup {
        let has_real = self.catalogue.origins.iter().any(|origin| !origin.simulated);
        html! {
            @if has_real { option value="" { "All real sources" } }
            @for origin in &self.catalogue.origins {
                option value=(origin.source) selected[self.is_shown(&origin.source)] {
                    (origin.source) @if origin.simulated { " (simulated)" }
                }
            }
        }
    }

    /// Chosen by name, or the only one there is to choose.
    fn is_shown(&self, source: &str) -> bool {
        let only = self.scope.sources.as_ref().is_some_and(|sources| sources.len() == 1 && sources[0] == source);
        self.source.as_deref() == Some(source) || (self.source.is_none() && self.is_simulated && only)
    }

    fn subject(&self) -> String {
        let sources = self.scope.sources.clone().unwrap_or_default();
        let teams = match (&self.team, &self.unknown_team, self.teams.names().count()) {
            (Some(team), _, _) => format!(", team {team}"),
            (None, Some(unknown), _) => format!(", there is no team {unknown}: everybody"),
            (None, None, 0) => String::new(),
            (None, None, count) => format!(", all {count} teams"),
        };
        let sources = if sources.is_empty() { "nothing collected yet".to_owned() } else { sources.join(", ") };
        format!("{sources}{teams}")
    }

    pub(super) fn footer(&self) -> Markup {
        let runs = self.catalogue.runs.iter().rev();
        let mut seen = std::collections::BTreeSet::new();
        let newest: Vec<_> = runs.filter(|run| seen.insert(&run.source)).collect();
        let failed = newest.iter().filter(|run| run.error.is_some()).count();
        html! {
            @match self.span {
                Some(span) => { "Data through " (span.to.format("%-d %b %Y, %H:%M UTC")) },
                None => { "No data yet" },
            }
            " · " (newest.len() - failed) " of " (newest.len()) " sources collected without error"
            @for origin in self.catalogue.origins.iter().filter(|origin| origin.simulated) {
                " · " (origin.source) " is a simulated organisation"
                @if !self.is_simulated { ": " a href={ "/?source=" (origin.source) } { "show it" } }
            }
        }
    }
}

fn encoded(parts: impl IntoIterator<Item = (String, String)>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query.extend_pairs(parts).finish();
    if query.is_empty() { query } else { format!("?{query}") }
}
