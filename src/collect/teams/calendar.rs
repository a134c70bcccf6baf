//! Working calendars in a file of teams.
//!
//! One rule: what a calendar leaves out is as in the team above, and in the calendar without a team for all others.

use super::SINCE_EVER;
use super::file::problem;
use super::read::time;
use crate::project::{Content, Diagnostic, closest};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use toml::value::Datetime;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A calendar as the file says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TomlCalendar {
    team: Option<Spanned<String>>,
    from: Option<Spanned<Datetime>>,
    zone: Option<Spanned<String>>,
    days: Option<Vec<Spanned<String>>>,
    hours: Option<Vec<Spanned<String>>>,
    holidays: Option<Vec<Spanned<Datetime>>>,
}

/// A checked calendar.
#[derive(Debug)]
pub(super) struct Calendar {
    /// Empty for every team.
    pub team: String,
    pub from: DateTime<Utc>,
    pub to: Option<DateTime<Utc>>,
    pub zone: Option<String>,
    pub days: Option<String>,
    pub hours: Option<String>,
    pub holidays: Option<String>,
}

/// Checks calendars of these teams. One ends where the next of the same team begins.
///
/// # Errors
/// The first thing that is wrong.
pub(super) fn read(
    content: &Content,
    read: Vec<Spanned<TomlCalendar>>,
    teams: &[&str],
) -> Result<Vec<Calendar>, Diagnostic> {
    let mut of_team: BTreeMap<(String, DateTime<Utc>), Calendar> = BTreeMap::new();
    for calendar in read {
        let at = calendar.span().start;
        let calendar = one(content, calendar.into_inner(), teams)?;
        let key = (calendar.team.clone(), calendar.from);
        if of_team.contains_key(&key) {
            let whose = if calendar.team.is_empty() { "every team" } else { &calendar.team };
            return Err(problem(content, at, format!("{whose} has another calendar from the same moment on")));
        }
        of_team.insert(key, calendar);
    }
    let begins: Vec<(String, DateTime<Utc>)> = of_team.keys().cloned().collect();
    let mut calendars: Vec<Calendar> = of_team.into_values().collect();
    for (calendar, next) in calendars.iter_mut().zip(begins.iter().skip(1)) {
        calendar.to = (next.0 == calendar.team).then_some(next.1);
    }
    Ok(calendars)
}

fn one(content: &Content, read: TomlCalendar, teams: &[&str]) -> Result<Calendar, Diagnostic> {
    let team = match read.team {
        Some(team) if !teams.contains(&team.get_ref().as_str()) => {
            let suggestion = closest(team.get_ref(), teams);
            return Err(content.diagnostic(team.span(), format!("there is no team {}", team.get_ref()), suggestion));
        }
        team => team.map(Spanned::into_inner).unwrap_or_default(),
    };
    let from = read.from.map(|from| time(content, from)).transpose()?.unwrap_or(SINCE_EVER);
    if let Some(zone) = read.zone.as_ref().filter(|zone| zone.get_ref().parse::<chrono_tz::Tz>().is_err()) {
        let message = format!("{:?} is no time zone such as Europe/Stockholm", zone.get_ref());
        return Err(problem(content, zone.span().start, message));
    }
    let days = read.days.map(|days| words(content, days, day)).transpose()?;
    let hours = read.hours.map(|hours| words(content, hours, span)).transpose()?;
    if let Some(hours) = &hours {
        check_order(content, hours)?;
    }
    let holidays = read.holidays.map(|days| holidays(content, days)).transpose()?;
    let joined = |words: Option<Vec<(usize, String)>>| {
        words.map(|words| words.into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(" "))
    };
    let zone = read.zone.map(Spanned::into_inner);
    Ok(Calendar { team, from, to: None, zone, days: joined(days), hours: joined(hours), holidays })
}

/// What is wrong with a word, and what was probably meant.
type Wrong = (String, Option<String>);

/// Each word with its place, as it is stored.
fn words(
    content: &Content,
    words: Vec<Spanned<String>>,
    check: fn(&str) -> Result<String, Wrong>,
) -> Result<Vec<(usize, String)>, Diagnostic> {
    let mut checked = Vec::with_capacity(words.len());
    for word in words {
        let wrong = |(message, suggestion)| content.diagnostic(word.span(), message, suggestion);
        checked.push((word.span().start, check(word.get_ref()).map_err(wrong)?));
    }
    Ok(checked)
}

fn day(word: &str) -> Result<String, Wrong> {
    let short = word.to_lowercase();
    if DAYS.contains(&short.as_str()) {
        return Ok(short);
    }
    Err((format!("{word:?} is no day; days are {}", DAYS.join(", ")), closest(&short, &DAYS)))
}

fn span(word: &str) -> Result<String, Wrong> {
    let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| text.len() == 5);
    let sound = word.split_once('-').is_some_and(|(begin, end)| match (time(begin), time(end)) {
        (Some(begin), Some(end)) => begin < end,
        (Some(_), None) => end == "24:00",
        _ => false,
    });
    if sound { Ok(word.to_owned()) } else { Err((format!("{word:?} is no time of a day such as 09:00-17:00"), None)) }
}

fn check_order(content: &Content, hours: &[(usize, String)]) -> Result<(), Diagnostic> {
    for pair in hours.windows(2) {
        let (before, (at, after)) = (&pair[0].1, &pair[1]);
        if after.get(..5) < before.get(6..) {
            return Err(problem(content, *at, format!("{after} begins before {before} ends")));
        }
    }
    Ok(())
}

fn holidays(content: &Content, days: Vec<Spanned<Datetime>>) -> Result<String, Diagnostic> {
    let mut read = Vec::with_capacity(days.len());
    for day in days {
        let value = day.get_ref();
        let date = value.date.filter(|_| value.time.is_none());
        let date =
            date.and_then(|it| NaiveDate::from_ymd_opt(i32::from(it.year), u32::from(it.month), u32::from(it.day)));
        match date {
            Some(date) => read.push(date.to_string()),
            None => return Err(problem(content, day.span().start, format!("{value} is no day such as 2026-12-25"))),
        }
    }
    Ok(read.join(" "))
}
