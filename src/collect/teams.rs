//! `type = "teams"`: who is in which team and since when, from a file that people keep.
//!
//! One rule: the file is the whole truth of its source. Its rows are replaced when its bytes changed, and nothing of it is
//! applied while anything in it is wrong.

mod calendar;
mod file;
mod read;
mod shares;

use super::apply::Names;
use super::observation::{Row, Values, Who};
use super::roster::{self, Roster};
use super::{CollectError, Collecting, Result, content, rows};
use crate::model::people::{TEAM_CALENDARS, TEAM_CHANGES, TEAM_MEMBERS, TEAMS};
use crate::project::{Content, TeamsPipeline};
use crate::store::{Change, Mark};
use arrow::array::RecordBatch;
use calendar::Calendar;
use chrono::{DateTime, Utc};
use file::{Member, Team, TeamFile};
use shares::Share;
use std::path::Path;

/// A membership without a beginning: before whatever is measured.
const SINCE_EVER: DateTime<Utc> = DateTime::UNIX_EPOCH;

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &TeamsPipeline,
    folder: &Path,
) -> Result<()> {
    let path = folder.join(&keys.path);
    let wrong = |message: String| CollectError::Source { path: path.clone(), message };
    let bytes = std::fs::read(&path).map_err(|error| wrong(error.to_string()))?;
    let hash = blake3::Hasher::new().update(&bytes).update(keys.host.as_bytes()).finalize();
    let text = String::from_utf8(bytes).map_err(|error| wrong(format!("not UTF-8 text: {error}")))?;
    let content = Content { file: keys.path.clone(), text, embedded: false };
    let file: TeamFile = match path.extension().and_then(|it| it.to_str()) {
        Some("toml") => read::from_toml(&content),
        Some("csv") => read::from_csv(&content),
        _ => return Err(wrong("teams are read from a file that ends in .toml or .csv".to_owned())),
    }
    .map_err(CollectError::File)?;

    let application = format!("teams:{source}");
    let (plan, version) = content::plan(collecting, &application, hash.to_hex().to_string())?;
    let Some(version) = version else { return Ok(()) };
    collecting.put_origin(source, "teams", keys.path.clone(), false)?;
    let mark = Mark { application: application.clone(), version };
    let change = Change::Replace { column: "source", value: source.to_owned() };
    let secret = collecting.secret;
    let mut names = Names::new(source, Some(&keys.host), &secret);
    let shares = shares::of(&file.members);
    let members = member_rows(&shares, source, &mut names, plan.at)?;
    let log = changes(collecting, source, &file, &mut names, plan.at).await?;
    collecting.put_identities(&names.identities())?;
    // Before the tables that it was compared with. A second run of the same plan finds them changed, and what it has to tell
    // was told.
    if !log.is_empty() && !collecting.store.has(&TEAMS, &mark).await? {
        let log = rows::of_values(&TEAM_CHANGES, log, source, plan.at)?;
        collecting.write(&TEAM_CHANGES, &Change::Append, &mark, log).await?;
    }
    // A file that never had calendars needs no table of them.
    if !file.calendars.is_empty() || collecting.store.has_rows_of(&TEAM_CALENDARS, source).await? {
        let calendars = file.calendars.iter().map(|calendar| calendar_row(calendar, plan.at)).collect();
        let calendars = rows::of_values(&TEAM_CALENDARS, calendars, source, plan.at)?;
        collecting.write(&TEAM_CALENDARS, &change, &mark, calendars).await?;
    }
    collecting.write(&TEAMS, &change, &mark, vec![team_rows(&file.teams, source, plan.at)?]).await?;
    collecting.write(&TEAM_MEMBERS, &change, &mark, vec![members]).await?;
    Ok(collecting.state.finish(&application, version)?)
}

/// What the file says otherwise than before.
async fn changes(
    collecting: &Collecting<'_>,
    source: &str,
    file: &TeamFile,
    names: &mut Names<'_>,
    at: DateTime<Utc>,
) -> Result<Vec<Values>> {
    let known = Roster::stored(collecting, source, |_| true, at).await?;
    let team = |team: &Team| {
        let row = Row::of(&TEAMS).set("team", &team.name).set("title", &team.title);
        row.set("parent", &team.parent).values()
    };
    let mut listed = Roster { teams: file.teams.iter().map(team).collect(), members: Vec::new() };
    listed.teams.iter_mut().for_each(|team| collecting.clean_values(&TEAMS, team));
    for member in file.members.iter().filter(|member| member.to.is_none_or(|to| to > at)) {
        let person = person(names, member, at);
        listed.members.push(Row::of(&TEAM_MEMBERS).set("team", &member.team).set("person_id", person).values());
    }
    Ok(roster::changes(&known, &listed, at).into_iter().map(Row::values).collect())
}

fn person(names: &mut Names<'_>, member: &Member, at: DateTime<Utc>) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let who = Who { login: text(&member.login), email: text(&member.email), ..Who::default() };
    names.see(&who, at).unwrap_or_default()
}

fn calendar_row(calendar: &Calendar, at: DateTime<Utc>) -> Values {
    Row::of(&TEAM_CALENDARS)
        .set("team", &calendar.team)
        .set("valid_from", calendar.from)
        .set("valid_to", calendar.to)
        .set("zone", &calendar.zone)
        .set("days", &calendar.days)
        .set("hours", &calendar.hours)
        .set("holidays", &calendar.holidays)
        .set("updated_at", at)
        .values()
}

fn team_rows(teams: &[Team], source: &str, at: DateTime<Utc>) -> Result<RecordBatch> {
    let own = vec![
        rows::texts(teams.iter().map(|team| team.name.as_str())),
        rows::optional_texts(teams.iter().map(|team| team.title.as_ref())),
        rows::optional_texts(teams.iter().map(|team| team.parent.as_ref())),
    ];
    rows::batch(&TEAMS, own, source, rows::times(teams.iter().map(|_| Some(at.timestamp_micros()))), at)
}

fn member_rows(shares: &[Share<'_>], source: &str, names: &mut Names<'_>, at: DateTime<Utc>) -> Result<RecordBatch> {
    let people: Vec<String> = shares.iter().map(|share| person(names, share.member, at)).collect();
    let micros = |time: DateTime<Utc>| time.timestamp_micros();
    let own = vec![
        rows::texts(shares.iter().map(|share| share.member.team.as_str())),
        rows::texts(people.iter().map(String::as_str)),
        rows::times(shares.iter().map(|share| Some(micros(share.from)))),
        rows::times(shares.iter().map(|share| share.to.map(micros))),
        rows::floats(shares.iter().map(|share| Some(share.weight))),
    ];
    rows::batch(&TEAM_MEMBERS, own, source, rows::times(shares.iter().map(|_| Some(micros(at)))), at)
}
