//! What stands above and below the numbers of a page: what is looked at, the form to look at something else, the footer.

use super::View;
use super::narrow::{Picker, plural, words};
use crate::chart::capitalised;
use chrono::TimeDelta;
use maud::{Markup, html};
use std::collections::BTreeMap;

const WEEKS: [u32; 4] = [12, 26, 52, 104];

impl View {
    /// Title, what is looked at, and the form to look at something else.
    pub(in crate::web) fn head(&self, title: &str, path: &str) -> Markup {
        html! {
            div class="head" {
                div {
                    h1 { (title) @if self.is_simulated { " " span class="badge simulated" { "simulated data" } } }
                    p class="sub" {
                        (self.subject()) " · " (self.compared())
                        @if let Some(as_of) = &self.as_of { " · as of " (as_of) }
                    }
                }
                form class="filters" method="get" action=(path) {
                    (self.hidden())
                    @if self.offered.source {
                        label { "Source " select name="source" { (self.source_options()) } }
                    }
                    @if self.offered.team && self.teams.names().next().is_some() {
                        label { "Team " select name="team" { (self.team_options()) } }
                    }
                    @for picker in &self.pickers { (picker.select()) }
                    @if self.offered.weeks { (self.period_picker(path)) }
                    button { "Apply" }
                }
            }
            @if !self.problems.is_empty() {
                div class="error" role="alert" { @for problem in &self.problems { p { (problem) } } }
            }
        }
    }

    /// The period, and what it is compared with.
    fn compared(&self) -> String {
        let weeks = self.period.weeks;
        if self.period.days().is_some() {
            return format!("{}, compared with the {} before", self.period.words(), counted(weeks));
        }
        let last = (self.window.to - TimeDelta::microseconds(1)).with_timezone(&self.zone);
        format!("{weeks} weeks to {}, compared with the {weeks} before", last.format("%-d %b %Y"))
    }

    /// What the URL says and no picker of the page shows.
    fn hidden(&self) -> Markup {
        let is_hidden = |name: &str| match name {
            "source" => !self.offered.source,
            "weeks" | "from" | "to" => !self.offered.weeks,
            // The team of a team's page stands in its path.
            "team" => !self.offered.team && !self.is_of_team,
            _ => true,
        };
        let hidden = self.kept().into_iter().filter(|(name, _)| is_hidden(name));
        html! { @for (name, value) in hidden { input type="hidden" name=(name) value=(value); } }
    }

    fn team_options(&self) -> Markup {
        html! {
            option value="" { "All teams" }
            @for team in self.teams.in_order() {
                option value=(team) selected[self.team.as_deref() == Some(team)] {
                    // A browser shows no other mark of depth within a list.
                    ("\u{a0}\u{a0}".repeat(self.teams.level(team) - 1)) (team)
                }
            }
        }
    }

    fn period_picker(&self, path: &str) -> Markup {
        let days = self.period.days();
        html! {
            label { "Period " select name="weeks" {
                @if days.is_some() { option value="" selected { (self.period.words()) } }
                @for weeks in self.week_choices() {
                    option value=(weeks) selected[days.is_none() && weeks == self.period.weeks] { (weeks) " weeks" }
                }
            } }
            details class="days" open[days.is_some()] {
                summary { "Other period" }
                label { "From " input type="date" name="from" value=[days.map(|(first, _)| first)]; }
                " "
                label { "To " input type="date" name="to" value=[days.map(|(_, last)| last)]; }
                @if days.is_some() { " " a href={ (path) (self.without_days()) } { "Whole weeks again" } }
            }
        }
    }

    /// The URL's query for the same page with the period that it has by itself.
    fn without_days(&self) -> String {
        super::encoded(self.parts(None).chain(self.narrowed()))
    }

    fn week_choices(&self) -> Vec<u32> {
        let mut choices = WEEKS.to_vec();
        if self.period.days().is_none() {
            choices.push(self.period.weeks);
        }
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

    /// Whose numbers they are.
    pub(in crate::web) fn subject(&self) -> String {
        let sources = self.scope.sources.clone().unwrap_or_default();
        let teams = match (&self.team, &self.unknown_team, self.teams.names().count()) {
            (Some(team), _, _) => format!(", team {team}"),
            (None, Some(unknown), _) => format!(", there is no team {unknown}: everybody"),
            (None, None, 0) => String::new(),
            (None, None, count) => format!(", all {count} teams"),
        };
        let narrowed = self.narrowed().map(|(name, value)| format!(", {} {value}", words(&name)));
        let sources = if sources.is_empty() { "nothing collected yet".to_owned() } else { sources.join(", ") };
        format!("{sources}{teams}{}", narrowed.collect::<String>())
    }

    /// How far the data reach: `22 Nov 2026, 21:59 UTC`.
    pub(in crate::web) fn through(&self) -> Option<String> {
        self.span.map(|span| span.to.format("%-d %b %Y, %H:%M UTC").to_string())
    }

    /// Whether the newest run failed, by source.
    fn has_failed(&self) -> BTreeMap<&String, bool> {
        self.catalogue.runs.iter().map(|run| (&run.source, run.error.is_some())).collect()
    }

    /// Sources in view whose newest run failed.
    pub(in crate::web) fn late_sources(&self) -> Vec<&String> {
        let is_seen = |source: &String| self.scope.sources.as_ref().is_none_or(|all| all.contains(source));
        let failed = self.has_failed().into_iter().filter(|(source, failed)| *failed && is_seen(source));
        failed.map(|(source, _)| source).collect()
    }

    pub(in crate::web) fn footer(&self) -> Markup {
        let newest = self.has_failed();
        let failed = newest.values().filter(|failed| **failed).count();
        html! {
            @match self.through() { Some(through) => { "Data through " (through) }, None => "No data yet" }
            " · " (newest.len() - failed) " of " (newest.len()) " sources collected without error"
            @for origin in self.catalogue.origins.iter().filter(|origin| origin.simulated) {
                " · " (origin.source) " is a simulated organisation"
                @if !self.is_simulated { ": " a href={ "/?source=" (origin.source) } { "show it" } }
            }
        }
    }
}

impl Picker {
    fn select(&self) -> Markup {
        html! {
            label { (capitalised(&words(&self.dimension))) " " select name=(self.dimension) {
                option value="" { "All " (plural(&self.dimension)) }
                @for value in &self.values {
                    option value=(value) selected[self.chosen.as_ref() == Some(value)] { (value) }
                }
            } }
        }
    }
}

fn counted(weeks: u32) -> String {
    if weeks == 1 { "week".to_owned() } else { format!("{weeks} weeks") }
}
