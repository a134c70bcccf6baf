//! All pull requests to one team's repositories, numbered as their source would.

use super::calendar::season;
use super::organisation::{Organisation, Team};
use super::pull_request::{PullRequest, by_bot, by_person};
use super::stream::{Key, Origin, Purpose};

/// Pull requests from other teams, as a share of the team's own: inner source, and the reason why arms of an experiment
/// are never quite apart.
const GUEST_SHARE: f64 = 0.06;
/// Growth of what is opened, per year.
const GROWTH_PER_YEAR: f64 = 0.05;

/// Pull requests to the repositories of team `position`, in the order of the tables: repository, number.
pub fn pull_requests(organisation: &Organisation, position: usize) -> Vec<PullRequest> {
    let team = &organisation.teams[position];
    let mut all = Vec::new();
    for week in 0..organisation.weeks() {
        let monday = organisation.monday(week);
        let years = (f64::from(week)) / 52.0;
        let rate = organisation.config.pull_requests_per_person_week
            * season(monday)
            * (GROWTH_PER_YEAR * years).exp()
            * team.pull_request_rate;
        let members = by_members(organisation, position, week, rate, &mut all);
        by_guests(organisation, position, week, rate * GUEST_SHARE * members, &mut all);
        by_bots(organisation, team, week, &mut all);
    }
    number(team, &mut all);
    all
}

/// Returns the team's size that week, in full-time people.
fn by_members(organisation: &Organisation, position: usize, week: u32, rate: f64, all: &mut Vec<PullRequest>) -> f64 {
    let team = &organisation.teams[position];
    let mut size = 0.0;
    for owner in organisation.roster.members(position, organisation.monday(week)) {
        let stint = organisation.roster.stints[owner as usize];
        let person = organisation.roster.people[stint.person as usize];
        size += stint.weight;
        let opening = Key { origin: Origin::Member, owner, index: week };
        let count = organisation.streams.about(Purpose::Opening, opening).poisson(rate * stint.weight * person.rate);
        for item in 0..count {
            let key = Key { index: week << 8 | item, ..opening };
            all.push(by_person(organisation, team, key, week, stint.person));
        }
    }
    size
}

fn by_guests(organisation: &Organisation, position: usize, week: u32, mean: f64, all: &mut Vec<PullRequest>) {
    if organisation.teams.len() < 2 {
        return;
    }
    let opening = Key { origin: Origin::Guest, owner: position as u32, index: week };
    let mut dice = organisation.streams.about(Purpose::Opening, opening);
    for item in 0..dice.poisson(mean) {
        let home = (position + 1 + dice.below(organisation.teams.len() - 1)) % organisation.teams.len();
        let hosts: Vec<u32> = organisation.roster.members(home, organisation.monday(week)).collect();
        let choice = dice.below(hosts.len());
        let Some(guest) = hosts.get(choice) else {
            continue;
        };
        let person = organisation.roster.stints[*guest as usize].person;
        let key = Key { index: week << 8 | item, ..opening };
        all.push(by_person(organisation, &organisation.teams[position], key, week, person));
    }
}

fn by_bots(organisation: &Organisation, team: &Team, week: u32, all: &mut Vec<PullRequest>) {
    for (position, repository) in team.repositories.iter().enumerate() {
        let opening = Key { origin: Origin::Bot, owner: repository.owner, index: week };
        let mean = organisation.config.bot_pull_requests_per_repository_week;
        for item in 0..organisation.streams.about(Purpose::Opening, opening).poisson(mean) {
            let key = Key { index: week << 8 | item, ..opening };
            all.push(by_bot(organisation, team, position, key, week));
        }
    }
}

/// Numbers follow the order of opening, so that whatever the tool changes later leaves earlier numbers alone.
fn number(team: &Team, all: &mut [PullRequest]) {
    all.sort_by_key(|pull_request| (pull_request.repository, pull_request.schedule.created, pull_request.key));
    let mut next: Vec<i64> = team.repositories.iter().map(|repository| repository.earlier_numbers).collect();
    for pull_request in all {
        next[pull_request.repository] += 1;
        pull_request.number = next[pull_request.repository];
    }
}
