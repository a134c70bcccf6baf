//! People and accounts: the pairs that wait for a decision, for whoever looks after this folder.

use crate::chart::capitalised;
use crate::chart::number::Unit;
use crate::query::people::{AuditLine, By, People, Person, Question, Seen, Unresolved, Verdict};
use crate::web::App;
use crate::web::error::PageError;
use crate::web::layout::Page;
use crate::web::view::{Parameters, View};
use axum::extract::{Form, Query, State};
use axum::response::Redirect;
use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Pairs on a page; the rest follows when these are decided.
const MOST_QUESTIONS: usize = 20;
const MOST_LINES: usize = 20;

/// The form of one pair.
#[derive(Deserialize)]
pub(in crate::web) struct Answer {
    token: String,
    one: String,
    other: String,
    /// same or different.
    verdict: String,
}

pub(in crate::web) async fn page(
    State(app): State<App>,
    Query(parameters): Query<Parameters>,
) -> Result<Markup, PageError> {
    let view = View::new(&app, &parameters, 26).await?;
    let people = app.engine.people().await?;
    let shown = people.queue.len().min(MOST_QUESTIONS);
    let main = html! {
        div class="head" { div {
            h1 {
                "People and accounts"
                @if super::has_simulated(&app)? { " " span class="badge simulated" { "includes simulated data" } }
            }
            p class="sub" { "Which names, addresses and accounts are one person" }
        } }
        div class="callout" { p {
            "This page shows names. It answers a browser on the computer that serves it, and nobody else. "
            "Dashboards show no person."
        } }
        (counts(&people))
        h2 { "May these be one person?" }
        @if people.queue.is_empty() { p class="empty" { "No pair waits for a decision." } }
        @for (index, question) in people.queue[..shown].iter().enumerate() { (ask(&app, index, question)) }
        @if shown < people.queue.len() {
            p class="note" { (shown) " of " (number(people.queue.len())) " pairs; the others follow when these are decided." }
        }
        (unresolved(&people.unresolved))
        (audit(&people.audit))
    };
    Ok(Page { title: "People and accounts", path: "/identities", view: &view, main }.render(app.engine.project()))
}

pub(in crate::web) async fn decide(State(app): State<App>, Form(answer): Form<Answer>) -> Result<Redirect, PageError> {
    if answer.token != *app.token {
        return Err(PageError::Forbidden("the form is of an earlier run of the server; open the page again"));
    }
    let verdict = match answer.verdict.as_str() {
        "same" => Verdict::Same(answer.one, answer.other),
        "different" => Verdict::Different(answer.one, answer.other),
        _ => return Err(PageError::Forbidden("the answer is same or different")),
    };
    let by = By { who: "identities page".to_owned(), at: app.ambient.now(), reason: String::new() };
    app.engine.decide(&verdict, &by)?;
    Ok(Redirect::to("/identities"))
}

fn counts(people: &People) -> Markup {
    let card = |label: &str, count: usize| {
        html! { div class="card" { span class="label" { (label) } span class="value" { (number(count)) } } }
    };
    html! { div class="cards" {
        (card("Identities", people.identities))
        (card("Persons", people.persons))
        (card("Of these machines", people.bots))
        (card("Pairs undecided", people.queue.len()))
        (card("Erased", people.erased))
    } }
}

fn ask(app: &App, index: usize, question: &Question) -> Markup {
    let Question { one, other, score, reasons } = question;
    let name = format!("pair-{index}");
    html! {
        section class="panel stack" aria-labelledby=(name) {
            h3 id=(name) { (capitalised(&reasons.join("; "))) " " span class="badge" { "score " (score) " of 100" } }
            div class="panels" { div { (person(one)) } div { (person(other)) } }
            form class="actions" method="post" action="/identities" {
                input type="hidden" name="token" value=(app.token);
                input type="hidden" name="one" value=(one.id);
                input type="hidden" name="other" value=(other.id);
                button name="verdict" value="same" aria-describedby=(name) { "Same person" }
                button name="verdict" value="different" aria-describedby=(name) { "Different people" }
            }
        }
    }
}

fn person(person: &Person) -> Markup {
    let seen = &person.seen;
    html! { dl {
        (row("Name", &person.names))
        (row("E-mail", &person.emails))
        (row("Login", &person.logins))
        (row("Source", &person.sources))
        dt { "Rows" }
        dd { (rows(seen)) }
        dt { "Seen" }
        dd { @match (seen.first_at, seen.last_at) {
            (Some(first), Some(last)) => { (day(first)) " to " (day(last)) }
            _ => "in no row",
        } }
    } }
}

fn rows(seen: &Seen) -> String {
    let counts = [
        (seen.commits, "commits"),
        (seen.pull_requests, "pull requests"),
        (seen.reviews, "reviews"),
        (seen.tickets, "tickets"),
    ];
    let some: Vec<String> =
        counts.iter().filter(|it| it.0 > 0).map(|(rows, what)| format!("{} {what}", count(*rows))).collect();
    if some.is_empty() { "none".to_owned() } else { some.join(", ") }
}

fn row(label: &str, words: &BTreeSet<String>) -> Markup {
    html! { @if !words.is_empty() {
        dt { (label) }
        dd { @for (index, word) in words.iter().enumerate() { @if index > 0 { br; } (word) } }
    } }
}

fn unresolved(rows: &[Unresolved]) -> Markup {
    html! {
        h2 { "Not resolved" }
        div class="panel" { div class="scroll" tabindex="0" role="region" aria-label="Not resolved" { table {
            thead { tr {
                th scope="col" { "Source" } th scope="col" { "Table" } th scope="col" class="num" { "Rows" }
                th scope="col" class="num" { "Nobody named" } th scope="col" class="num" { "In an undecided pair" }
            } }
            tbody { @for it in rows { tr {
                th scope="row" { (it.source) } td { (it.table) } td class="num" { (count(it.rows)) }
                td class="num" { (share(it.unnamed, it.rows)) } td class="num" { (share(it.undecided, it.rows)) }
            } } }
        } } }
    }
}

fn audit(lines: &[AuditLine]) -> Markup {
    html! {
        h2 { "Decided" }
        @if lines.is_empty() { p class="empty" { "Nothing was decided by hand." } }
        @else { div class="panel" { div class="scroll" tabindex="0" role="region" aria-label="Decided" { table {
            thead { tr {
                th scope="col" class="num" { "Line" } th scope="col" { "When" } th scope="col" { "By" }
                th scope="col" { "What" } th scope="col" { "Why" }
            } }
            tbody { @for line in lines.iter().rev().take(MOST_LINES) { tr {
                td class="num" { (line.number) }
                td { time datetime=(line.at.to_rfc3339()) { (line.at.format("%-d %b %Y, %H:%M UTC")) } }
                td { (line.by) } td { (line.action) small { (line.about) } } td { (line.reason) }
            } } }
        } } } }
        p class="note" { code { "paceline identity undo LINE" } " takes a decision back; " code { "paceline identity erase" } " forgets a person." }
    }
}

fn share(part: i64, whole: i64) -> String {
    if part == 0 { "–".to_owned() } else { format!("{} ({:.1} %)", count(part), part as f64 / whole as f64 * 100.0) }
}

fn count(rows: i64) -> String {
    Unit::Count.number(rows as f64)
}

fn number(count: usize) -> String {
    Unit::Count.number(count as f64)
}

fn day(time: DateTime<Utc>) -> Markup {
    html! { time datetime=(time.to_rfc3339()) { (time.format("%-d %b %Y")) } }
}
