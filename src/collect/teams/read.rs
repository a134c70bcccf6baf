//! The two forms of a file of teams: TOML with members under their teams, and CSV with a member a line.

use super::SINCE_EVER;
use super::calendar::{self, TomlCalendar};
use super::file::{Member, Team, TeamFile, problem};
use crate::project::{Content, Diagnostic, closest, moment, parse_toml};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

const COLUMNS: [&str; 8] = ["team", "title", "parent", "login", "email", "from", "to", "weight"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlFile {
    #[serde(default)]
    team: Vec<TomlTeam>,
    #[serde(default)]
    calendar: Vec<Spanned<TomlCalendar>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlTeam {
    name: Spanned<String>,
    title: Option<String>,
    parent: Option<String>,
    #[serde(default)]
    members: Vec<Spanned<TomlMember>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlMember {
    login: Option<String>,
    email: Option<String>,
    from: Option<Spanned<Datetime>>,
    to: Option<Spanned<Datetime>>,
    weight: Option<f64>,
}

/// Reads TOML.
///
/// # Errors
/// The first thing that is wrong; so [`from_csv`].
pub(super) fn from_toml(content: &Content) -> Result<TeamFile, Diagnostic> {
    let read: TomlFile = parse_toml(content, 0..content.text.len())?;
    let mut file = TeamFile::default();
    for team in read.team {
        let at = team.name.span().start;
        let name = team.name.into_inner();
        if file.teams.iter().any(|known| known.name == name) {
            return Err(problem(content, at, format!("team {name} is named before")));
        }
        for member in team.members {
            let at = member.span().start;
            let TomlMember { login, email, from, to, weight } = member.into_inner();
            let time = |value: Option<Spanned<Datetime>>| value.map(|value| time(content, value)).transpose();
            let (from, to) = (time(from)?, time(to)?);
            let person = [login, email].map(|it| it.as_deref().and_then(filled).map(str::to_lowercase));
            add_member(&mut file, content, &name, person, (from, to), weight, at)?;
        }
        add_team(&mut file, content, Team { name, title: team.title, parent: team.parent, at })?;
    }
    let names: Vec<&str> = file.teams.iter().map(|team| team.name.as_str()).collect();
    file.calendars = calendar::read(content, read.calendar, &names)?;
    file.check(content)
}

pub(super) fn time(content: &Content, value: Spanned<Datetime>) -> Result<DateTime<Utc>, Diagnostic> {
    moment(value.get_ref()).ok_or_else(|| {
        let message = format!("{} is neither a day such as 2026-01-31 nor a moment with its offset", value.get_ref());
        problem(content, value.span().start, message)
    })
}

/// Reads CSV with a header. Columns may be left out and stand in any order; a line without login and address states its team
/// alone.
pub(super) fn from_csv(content: &Content) -> Result<TeamFile, Diagnostic> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(content.text.as_bytes());
    let wrong = |error: csv::Error| {
        let at = error.position().map_or(0, |position| line_start(&content.text, position));
        let message = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("the line has {len} fields and the header {expected_len}")
            }
            _ => error.to_string(),
        };
        problem(content, at, message)
    };
    let header = reader.headers().map_err(wrong)?.clone();
    if let Some((index, unknown)) = header.iter().enumerate().find(|(_, name)| !COLUMNS.contains(name)) {
        let message = format!("there is no column {unknown}; columns are {}", COLUMNS.join(", "));
        let at = field_start(&content.text, 0, index);
        return Err(content.diagnostic(at..at, message, closest(unknown, &COLUMNS)));
    }
    let place = |name: &str| header.iter().position(|it| it == name);
    let columns = COLUMNS.map(place);
    if columns[0].is_none() {
        return Err(problem(content, 0, "the first line names no column team".to_owned()));
    }
    let mut file = TeamFile::default();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let start = record.position().map_or(0, |position| line_start(&content.text, position));
        let line = Line { content, record: &record, columns, start };
        line.read(&mut file)?;
    }
    file.check(content)
}

/// One line of CSV.
struct Line<'a> {
    content: &'a Content,
    record: &'a csv::StringRecord,
    /// Where each of [`COLUMNS`] stands.
    columns: [Option<usize>; 8],
    start: usize,
}

impl Line<'_> {
    fn read(&self, file: &mut TeamFile) -> Result<(), Diagnostic> {
        let name = self.field("team").unwrap_or_default().to_owned();
        let [title, parent] = ["title", "parent"].map(|column| self.field(column).map(str::to_owned));
        match file.teams.iter_mut().find(|team| team.name == name) {
            Some(team) => {
                self.agree("title", &mut team.title, title)?;
                self.agree("parent", &mut team.parent, parent)?;
            }
            None => add_team(file, self.content, Team { name: name.clone(), title, parent, at: self.start })?,
        }
        let person = ["login", "email"].map(|column| self.field(column).map(str::to_lowercase));
        let others = ["from", "to", "weight"];
        if person == [None, None] && others.iter().all(|column| self.field(column).is_none()) {
            return Ok(());
        }
        let weight = self.field("weight").map(|text| {
            text.parse().map_err(|_| self.problem("weight", format!("weight is {text:?}, not a number such as 0.5")))
        });
        let times = (self.time("from")?, self.time("to")?);
        add_member(file, self.content, &name, person, times, weight.transpose()?, self.start)
    }

    fn field(&self, column: &str) -> Option<&str> {
        let index = COLUMNS.iter().position(|it| *it == column).and_then(|it| self.columns[it])?;
        self.record.get(index).and_then(filled)
    }

    /// A team's words may stand in any of its lines, and in several if they are the same.
    fn agree(&self, column: &str, known: &mut Option<String>, said: Option<String>) -> Result<(), Diagnostic> {
        match (&*known, said) {
            (Some(known), Some(said)) if *known != said => {
                Err(self.problem(column, format!("{column} is {said:?} here and {known:?} before")))
            }
            (None, Some(said)) => {
                *known = Some(said);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn time(&self, column: &str) -> Result<Option<DateTime<Utc>>, Diagnostic> {
        let read = |text: &str| {
            text.parse().ok().and_then(|value: Datetime| moment(&value)).ok_or_else(|| {
                let message =
                    format!("{column} is {text:?}, neither a day such as 2026-01-31 nor a moment with its offset");
                self.problem(column, message)
            })
        };
        self.field(column).map(read).transpose()
    }

    fn problem(&self, column: &str, message: String) -> Diagnostic {
        let index = COLUMNS.iter().position(|it| *it == column).and_then(|it| self.columns[it]).unwrap_or(0);
        problem(self.content, field_start(&self.content.text, self.start, index), message)
    }
}

fn add_team(file: &mut TeamFile, content: &Content, team: Team) -> Result<(), Diagnostic> {
    if filled(&team.name).is_none() {
        return Err(problem(content, team.at, "a team has no name".to_owned()));
    }
    file.teams.push(team);
    Ok(())
}

fn add_member(
    file: &mut TeamFile,
    content: &Content,
    team: &str,
    [login, email]: [Option<String>; 2],
    (from, to): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    weight: Option<f64>,
    at: usize,
) -> Result<(), Diagnostic> {
    let from = from.unwrap_or(SINCE_EVER);
    let member = Member { team: team.to_owned(), login, email, from, to, weight, at };
    member.check(content)?;
    file.members.push(member);
    Ok(())
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// Where a record's own line begins: the reader counts the empty lines before it to it.
fn line_start(text: &str, position: &csv::Position) -> usize {
    let at = usize::try_from(position.byte()).unwrap_or(0);
    let rest = text.get(at..).unwrap_or_default();
    at + rest.len() - rest.trim_start_matches(['\r', '\n']).len()
}

/// Where a field of the line begins; the line itself where a quotation mark hides commas.
fn field_start(text: &str, line: usize, index: usize) -> usize {
    let rest = text.get(line..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    if rest.contains('"') {
        return line;
    }
    line + rest.split(',').take(index).map(|field| field.len() + 1).sum::<usize>()
}
