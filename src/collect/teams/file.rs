//! What a file of teams says, whatever its form, and what must hold of it.

use super::SINCE_EVER;
use super::calendar::Calendar;
use crate::project::{Content, Diagnostic, closest};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// A checked file.
#[derive(Debug, Default)]
pub(super) struct TeamFile {
    pub teams: Vec<Team>,
    pub members: Vec<Member>,
    pub calendars: Vec<Calendar>,
}

#[derive(Debug)]
pub(super) struct Team {
    pub name: String,
    pub title: Option<String>,
    pub parent: Option<String>,
    /// Where it is named, in bytes from the file's beginning; so the other places.
    pub at: usize,
}

/// Somebody's time in a team.
#[derive(Debug)]
pub(super) struct Member {
    pub team: String,
    /// In lower case. Login and address together are of one person.
    pub login: Option<String>,
    pub email: Option<String>,
    pub from: DateTime<Utc>,
    pub to: Option<DateTime<Utc>>,
    /// `None` for an equal share.
    pub weight: Option<f64>,
    pub at: usize,
}

impl Member {
    /// By what the file names the person.
    pub fn person(&self) -> (Option<&str>, Option<&str>) {
        (self.login.as_deref(), self.email.as_deref())
    }

    pub fn holds(&self, time: DateTime<Utc>) -> bool {
        self.from <= time && self.to.is_none_or(|to| time < to)
    }

    /// Whether what it says by itself can be.
    pub fn check(&self, content: &Content) -> Result<(), Diagnostic> {
        let wrong = |message: String| Err(problem(content, self.at, message));
        match self.person() {
            (None, None) => return wrong(format!("a member of {} needs a login or an email", self.team)),
            (Some(login), _) if login.contains(['@', ' ']) => {
                return wrong(format!("{login:?} is no login; an address stands under email"));
            }
            (_, Some(email)) if !email.contains('@') || email.contains(' ') => {
                return wrong(format!("{email:?} is no e-mail address; an account stands under login"));
            }
            _ => {}
        }
        if let Some(to) = self.to.filter(|to| *to <= self.from) {
            return wrong(format!("it ends at {to} and begins at {}", self.from));
        }
        match self.weight {
            Some(weight) if !(weight > 0.0 && weight <= 1.0) => {
                wrong(format!("weight is {weight}, not a share of the person's time above 0 and up to 1"))
            }
            _ => Ok(()),
        }
    }
}

impl TeamFile {
    /// Whether what it says in several places goes together.
    pub fn check(self, content: &Content) -> Result<TeamFile, Diagnostic> {
        self.check_parents(content)?;
        self.check_overlaps(content)?;
        Ok(self)
    }

    fn check_parents(&self, content: &Content) -> Result<(), Diagnostic> {
        let names: Vec<&str> = self.teams.iter().map(|team| team.name.as_str()).collect();
        let parents: BTreeMap<&str, &str> =
            self.teams.iter().filter_map(|team| Some((team.name.as_str(), team.parent.as_deref()?))).collect();
        for team in &self.teams {
            let Some(parent) = team.parent.as_deref() else { continue };
            if !names.contains(&parent) {
                let suggestion = closest(parent, &names);
                return Err(content.diagnostic(
                    team.at..team.at,
                    format!("there is no team {parent} above {}", team.name),
                    suggestion,
                ));
            }
            // As many steps as there are teams lead out of any line of parents.
            let mut above = Some(&parent);
            for _ in 0..names.len() {
                above = above.and_then(|above| parents.get(above));
            }
            if above.is_some() {
                return Err(problem(content, team.at, format!("the teams above {} go round in a circle", team.name)));
            }
        }
        Ok(())
    }

    /// Nobody is in one team twice at a time: it would be unclear which weight holds.
    fn check_overlaps(&self, content: &Content) -> Result<(), Diagnostic> {
        let mut known: BTreeMap<_, Vec<&Member>> = BTreeMap::new();
        for member in &self.members {
            let others = known.entry((&member.team, member.person())).or_default();
            if let Some(other) = others.iter().find(|it| it.holds(member.from) || member.holds(it.from)) {
                let (line, _) = content.position(other.at);
                let since = if other.from == SINCE_EVER { "ever".to_owned() } else { other.from.to_string() };
                let name = member.login.as_ref().or(member.email.as_ref()).map_or("", String::as_str);
                let message = format!("{name} is in {} already since {since}, by line {line}", member.team);
                return Err(problem(content, member.at, message));
            }
            others.push(member);
        }
        Ok(())
    }
}

pub(super) fn problem(content: &Content, at: usize, message: String) -> Diagnostic {
    content.diagnostic(at..at, message, None)
}
