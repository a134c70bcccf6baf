//! The archive: every experiment with what it said.

use super::extra::{Listed, State};
use super::words::{badge, bounds, class, day};
use crate::chart::number;
use crate::trial::{Grade, Word};
use maud::{Markup, html};

/// What the list is narrowed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Filter {
    All,
    State(State),
    /// Whatever its state.
    Observational,
}

impl Filter {
    /// Of the URL's `state`; a word that is none narrows nothing.
    pub(in crate::web) fn named(word: Option<&str>) -> Filter {
        let is_named = |filter: &Filter| word == Some(filter.word());
        Filter::every().into_iter().find(is_named).unwrap_or(Filter::All)
    }

    fn every() -> Vec<Filter> {
        let states = State::ALL.into_iter().map(Filter::State);
        std::iter::once(Filter::All).chain(states).chain([Filter::Observational]).collect()
    }

    fn word(self) -> &'static str {
        match self {
            Filter::All => "",
            Filter::State(state) => state.word(),
            Filter::Observational => "observational",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Filter::All => "All",
            Filter::State(State::Running) => "Running",
            Filter::State(State::Assigned) => "Assigned",
            Filter::State(State::Ended) => "Ended",
            Filter::State(State::Draft) => "Drafts",
            Filter::Observational => "Observational",
        }
    }

    fn keeps(self, listed: &Listed) -> bool {
        match self {
            Filter::All => true,
            Filter::State(state) => listed.state == state,
            Filter::Observational => listed.grade.is_some_and(|grade| !grade.is_randomised()),
        }
    }
}

/// The list in the order given. `query` is appended to links, `kept` are its parts, which the form sends along.
pub(in crate::web) fn render_archive(
    all: &[Listed],
    filter: Filter,
    is_simulated: bool,
    query: &str,
    kept: &[(String, String)],
) -> Markup {
    let shown: Vec<&Listed> = all.iter().filter(|it| filter.keeps(it)).collect();
    html! {
        div class="head" {
            div {
                h1 { "Experiments" @if is_simulated { " " span class="badge simulated" { "simulated data" } } }
                p class="sub" { (shown.len()) " of " (all.len()) ": what was tried on whom, and what came of it" }
            }
            @if !all.is_empty() { (form(all, filter, kept)) }
        }
        @if all.is_empty() {
            p class="callout" { "No experiment yet. Describe one in " code { "experiments/NAME.toml" } ", see what it can find with " code { "paceline experiment plan NAME" } ", and draw with " code { "paceline experiment start NAME" } "." }
        } @else if shown.is_empty() {
            p class="callout" { "No experiment is " (filter.word()) "." }
        } @else {
            div class="panel" { (table(&shown, query)) }
        }
    }
}

fn form(all: &[Listed], filter: Filter, kept: &[(String, String)]) -> Markup {
    let count = |filter: Filter| all.iter().filter(|it| filter.keeps(it)).count();
    html! { form class="filters" method="get" action="/experiments" {
        @for (name, value) in kept { input type="hidden" name=(name) value=(value); }
        label { "State " select name="state" { @for it in Filter::every() {
            option value=(it.word()) selected[it == filter] { (it.title()) " (" (count(it)) ")" }
        } } }
        button { "Apply" }
    } }
}

fn table(shown: &[&Listed], query: &str) -> Markup {
    html! { div class="scroll" tabindex="0" role="region" aria-label="Experiments" { table {
        thead { tr {
            th scope="col" { "Experiment" } th scope="col" { "Verdict" } th scope="col" { "Goal" }
            th scope="col" { "Evidence" } th scope="col" { "State" }
        } }
        tbody { @for it in shown { (row(it, query)) } }
    } } }
}

fn row(it: &Listed, query: &str) -> Markup {
    html! { tr {
        th scope="row" { a href={ "/experiments/" (it.name) (query) } { (it.title) } small { (it.hypothesis) } }
        td { @match it.word {
            Some(word) => (badge(class(word.is_good()), word.sign(), word.words())),
            None => (number::MISSING),
        } }
        td { (goal(it)) }
        td { @match it.grade { Some(grade) => (grade.words()), None => (number::MISSING) } @if !it.units.is_empty() { small { (it.units) } } }
        td { (it.state.word()) @if let Some(days) = days(it) { small { (days) } } }
    } }
}

fn days(it: &Listed) -> Option<String> {
    Some(format!("{} to {}", day(it.first?), day(it.last?)))
}

/// An invalid experiment has no number. Of an observational one the column beside it, and the word in front, say what kind of number it is.
fn goal(it: &Listed) -> Markup {
    let is_observed = it.grade.is_some_and(|grade: Grade| !grade.is_randomised());
    html! { @match it.goal.as_ref().filter(|_| it.word != Some(Word::Invalid)) {
        Some((title, number)) => {
            (title) " " strong class="num" { (number::relative_aligned(number.estimate)) }
            small { @if is_observed { "observed difference, " } (bounds(number, Some(0.95))) }
        },
        None => (number::MISSING),
    } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_state_narrows_nothing() {
        assert_eq!(Filter::named(Some("nope")), Filter::All);
        assert_eq!(Filter::named(None), Filter::All);
        for filter in Filter::every() {
            assert_eq!(Filter::named(Some(filter.word())), filter);
        }
    }
}
