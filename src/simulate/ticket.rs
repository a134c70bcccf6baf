//! Support requests of one team's people.

use super::calendar::{HOUR, WEEK, season};
use super::organisation::{Organisation, Team};
use super::roster::Stint;
use super::schedule::landing;
use super::stream::{Dice, Purpose};

/// Topic, share of the requests, median hours from first answer to resolution.
pub const TOPICS: [(&str, f64, f64); 5] = [
    ("access", 0.20, 3.0),
    ("build", 0.30, 6.0),
    ("deploy", 0.15, 5.0),
    ("environment", 0.25, 10.0),
    ("other", 0.10, 8.0),
];
const RESOLUTION_SD: f64 = 1.1;
/// Median hours to the first answer by a person, and the log standard deviation.
const RESPONSE_HOURS: (f64, f64) = (1.3, 1.1);
/// Share of requests that nobody ever closes.
const FORGOTTEN_SHARE: f64 = 0.015;
const REOPENED_MEAN: f64 = 0.07;
/// Newcomers ask this much more in their first weeks.
const NEWCOMER_FACTOR: f64 = 2.5;
const NEWCOMER_WEEKS: i64 = 6;

/// One support request.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    pub requester: u32,
    pub topic: &'static str,
    pub opened: i64,
    pub answered: i64,
    pub resolved: Option<i64>,
    pub reopened: i64,
}

/// The requests of the people of team `position`, in the order of their ids.
pub fn tickets(organisation: &Organisation, position: usize) -> Vec<Ticket> {
    let team = &organisation.teams[position];
    let mut all = Vec::new();
    for week in 0..organisation.weeks() {
        for owner in organisation.roster.members(position, organisation.monday(week)) {
            of_stint(organisation, team, owner, week, &mut all);
        }
    }
    all.sort_by_key(|ticket| (ticket.opened, ticket.requester));
    all
}

/// The tool removes requests by thinning the ones there would have been, and adds from a stream of its own, so that the
/// same request exists with and without it.
fn of_stint(organisation: &Organisation, team: &Team, owner: u32, week: u32, all: &mut Vec<Ticket>) {
    let stint = organisation.roster.stints[owner as usize];
    let mean = mean(organisation, team, stint, week);
    let effect = organisation.treatment.effect().tickets;
    let expected = organisation.streams.at(Purpose::Ticket, owner, week).poisson(mean).min(127);
    let extra = organisation.streams.at(Purpose::ExtraTicket, owner, week).poisson(mean * effect.max(0.0)).min(127);
    for item in (0..expected).chain(128..128 + extra) {
        let mut dice = organisation.streams.at(Purpose::TicketDetail, owner, week << 8 | item);
        let fate = dice.uniform();
        let ticket = detail(&mut dice, team, stint.person, organisation.monday(week));
        let strength = organisation.treatment.strength(stint.person, ticket.opened);
        let is_made = if item < 128 { fate < 1.0 + effect.min(0.0) * strength } else { fate < strength };
        if is_made {
            all.push(ticket);
        }
    }
}

fn mean(organisation: &Organisation, team: &Team, stint: Stint, week: u32) -> f64 {
    let monday = organisation.monday(week);
    let hired = organisation.roster.people[stint.person as usize].hired;
    let newcomer = if monday - hired < NEWCOMER_WEEKS * WEEK { NEWCOMER_FACTOR } else { 1.0 };
    organisation.config.tickets_per_person_week * stint.weight * team.ticket_rate * season(monday) * newcomer
}

fn detail(dice: &mut Dice, team: &Team, requester: u32, monday: i64) -> Ticket {
    let (topic, _, hours) = TOPICS[dice.weighted(&TOPICS.map(|(_, share, _)| share))];
    let day = dice.below(5) as i64;
    let opened = team.zone.instant(monday, day, 9 * HOUR + (dice.uniform() * 9.0 * HOUR as f64) as i64);
    let response = dice.log_normal(RESPONSE_HOURS.0 * HOUR as f64, RESPONSE_HOURS.1);
    let answered = team.zone.land(opened, response, landing(dice));
    let resolution = dice.log_normal(hours * HOUR as f64, RESOLUTION_SD);
    let resolved = team.zone.land(answered, resolution, landing(dice));
    let is_forgotten = dice.chance(FORGOTTEN_SHARE);
    let reopened = i64::from(dice.poisson(REOPENED_MEAN));
    Ticket { requester, topic, opened, answered, resolved: (!is_forgotten).then_some(resolved), reopened }
}
