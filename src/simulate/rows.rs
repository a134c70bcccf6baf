//! Simulated things as rows of the model's tables, as they looked at the end of the observation.

mod adoption;
mod catalog;
mod delivery;
mod flow;
mod people;

use super::Result;
use super::organisation::Organisation;
use super::sheet::{Cell, Sheet};
use super::ticket::tickets;
use super::work::pull_requests;

/// What is observed: things that ended before it begins are left out, and what happens from `until` on is not known yet.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub begins: i64,
    pub until: i64,
}

impl Window {
    /// Whether a thing that lasts from `from` to `to` is seen at all.
    pub fn shows(&self, from: i64, to: Option<i64>) -> bool {
        from < self.until && to.is_none_or(|to| to >= self.begins)
    }

    /// The instant, if it has come.
    pub fn seen(&self, instant: Option<i64>) -> Option<i64> {
        instant.filter(|instant| *instant < self.until)
    }
}

/// One sheet for every simulated table.
#[derive(Debug)]
pub struct Book {
    pub repositories: Sheet,
    pub pull_requests: Sheet,
    pub reviews: Sheet,
    pub builds: Sheet,
    pub deployments: Sheet,
    pub incidents: Sheet,
    pub tickets: Sheet,
    pub teams: Sheet,
    pub team_members: Sheet,
    pub exposures: Sheet,
    pub assistant_questions: Sheet,
    pub tool_assignments: Sheet,
    pub tool_activity: Sheet,
    pub components: Sheet,
    pub component_owners: Sheet,
    pub check_results: Sheet,
}

impl Book {
    pub fn new() -> Result<Book> {
        Ok(Book {
            repositories: Sheet::new("repositories", &people::REPOSITORIES)?,
            pull_requests: Sheet::new("pull_requests", &flow::PULL_REQUESTS)?,
            reviews: Sheet::new("reviews", &flow::REVIEWS)?,
            builds: Sheet::new("builds", &delivery::BUILDS)?,
            deployments: Sheet::new("deployments", &delivery::DEPLOYMENTS)?,
            incidents: Sheet::new("incidents", &delivery::INCIDENTS)?,
            tickets: Sheet::new("tickets", &people::TICKETS)?,
            teams: Sheet::new("teams", &people::TEAMS)?,
            team_members: Sheet::new("team_members", &people::TEAM_MEMBERS)?,
            exposures: Sheet::new("exposures", &people::EXPOSURES)?,
            assistant_questions: Sheet::new("assistant_questions", &adoption::ASSISTANT_QUESTIONS)?,
            tool_assignments: Sheet::new("tool_assignments", &adoption::TOOL_ASSIGNMENTS)?,
            tool_activity: Sheet::new("tool_activity", &adoption::TOOL_ACTIVITY)?,
            components: Sheet::new("components", &catalog::COMPONENTS)?,
            component_owners: Sheet::new("component_owners", &catalog::COMPONENT_OWNERS)?,
            check_results: Sheet::new("check_results", &catalog::CHECK_RESULTS)?,
        })
    }

    pub fn sheets(&mut self) -> [&mut Sheet; 16] {
        [
            &mut self.repositories,
            &mut self.pull_requests,
            &mut self.reviews,
            &mut self.builds,
            &mut self.deployments,
            &mut self.incidents,
            &mut self.tickets,
            &mut self.teams,
            &mut self.team_members,
            &mut self.exposures,
            &mut self.assistant_questions,
            &mut self.tool_assignments,
            &mut self.tool_activity,
            &mut self.components,
            &mut self.component_owners,
            &mut self.check_results,
        ]
    }

    /// Everything that is not of one team: the teams themselves, first uses, seats and uses, and what is in the order of checks.
    pub fn add_organisation(&mut self, organisation: &Organisation, window: Window) -> Result<()> {
        people::add_teams(&mut self.teams, organisation)?;
        people::add_exposures(&mut self.exposures, organisation, window)?;
        adoption::add_seats(&mut self.tool_assignments, organisation, window)?;
        adoption::add_uses(&mut self.tool_activity, organisation, window)?;
        catalog::add_findings(&mut self.check_results, organisation, window)
    }

    /// Everything of team `position`. Called in the order of names, it keeps every table in the order of its key.
    pub fn add_team(&mut self, organisation: &Organisation, position: usize, window: Window) -> Result<()> {
        let team = &organisation.teams[position];
        people::add_repositories(&mut self.repositories, organisation, team)?;
        people::add_members(&mut self.team_members, organisation, position, window)?;
        let tickets = tickets(organisation, position);
        people::add_tickets(&mut self.tickets, team, &tickets, window)?;
        let questions = super::assistant::questions(organisation, position, &tickets);
        adoption::add_questions(&mut self.assistant_questions, team, &questions, window)?;
        catalog::add_components(&mut self.components, &mut self.component_owners, organisation, team)?;
        let mut work = pull_requests(organisation, position);
        let logs = super::delivery::deliver(organisation, team, &mut work);
        for pull_request in &work {
            let repository = &team.repositories[pull_request.repository];
            if window.shows(pull_request.schedule.created, Some(pull_request.schedule.closed)) {
                let reviews = super::review::reviews(organisation, position, pull_request);
                flow::add_pull_request(&mut self.pull_requests, repository, pull_request, &reviews, window)?;
                flow::add_reviews(&mut self.reviews, repository, pull_request, &reviews, window)?;
                delivery::add_builds(&mut self.builds, organisation, repository, pull_request, window)?;
            }
        }
        delivery::add_logs(&mut self.deployments, &mut self.incidents, team, &logs, window)
    }
}

/// The newest of the instants seen.
fn newest(instants: &[Option<i64>]) -> Cell<'static> {
    Cell::Time(instants.iter().copied().flatten().max())
}
