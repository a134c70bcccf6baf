//! Questions to an assistant that answers from internal documents.
//!
//! Some are asked before a request for support and did not help; the others stand alone.

use super::calendar::{DAY, HOUR, MINUTE, season};
use super::organisation::{Organisation, Team};
use super::stream::Purpose;
use super::ticket::{TOPICS, Ticket};

/// Share of the requests that the assistant was asked about first.
const ASKED_FIRST_SHARE: f64 = 0.35;
/// Mean time from such a question to the request.
const PATIENCE: f64 = 25.0 * MINUTE as f64;
/// Further questions per person and week.
const QUESTIONS_PER_PERSON_WEEK: f64 = 0.22;
/// Share of the answers that are judged, and of these the share that helped: after a request, and without one.
const JUDGED_SHARE: f64 = 0.3;
const HELPFUL_SHARES: (f64, f64) = (0.15, 0.85);

/// One question.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub asker: u32,
    pub topic: &'static str,
    pub asked: i64,
    pub is_helpful: Option<bool>,
}

/// The questions of the people of team `position`, in the order of their ids. `tickets` are the team's.
pub fn questions(organisation: &Organisation, position: usize, tickets: &[Ticket]) -> Vec<Question> {
    let mut all: Vec<Question> = tickets.iter().filter_map(|ticket| before(organisation, ticket)).collect();
    let team = &organisation.teams[position];
    for week in 0..organisation.weeks() {
        for owner in organisation.roster.members(position, organisation.monday(week)) {
            alone(organisation, team, owner, week, &mut all);
        }
    }
    all.sort_by_key(|question| (question.asked, question.asker));
    all
}

/// The question that came before a request. It is of the same day in UTC, so that it depends on the rollout's effect only from
/// the day on which that begins.
fn before(organisation: &Organisation, ticket: &Ticket) -> Option<Question> {
    let minute = u32::try_from((ticket.opened - organisation.monday(0)) / MINUTE).ok()?;
    let mut dice = organisation.streams.at(Purpose::QuestionFirst, ticket.requester, minute);
    let (is_asked, patience) = (dice.chance(ASKED_FIRST_SHARE), dice.exponential(PATIENCE) as i64);
    let (judged, helped) = (dice.chance(JUDGED_SHARE), dice.chance(HELPFUL_SHARES.0));
    let asked = (ticket.opened - MINUTE - patience).max(ticket.opened.div_euclid(DAY) * DAY);
    let question =
        Question { asker: ticket.requester, topic: ticket.topic, asked, is_helpful: judged.then_some(helped) };
    is_asked.then_some(question)
}

fn alone(organisation: &Organisation, team: &Team, owner: u32, week: u32, all: &mut Vec<Question>) {
    let stint = organisation.roster.stints[owner as usize];
    let mut dice = organisation.streams.at(Purpose::Question, owner, week);
    let monday = organisation.monday(week);
    for _ in 0..dice.poisson(QUESTIONS_PER_PERSON_WEEK * stint.weight * season(monday)) {
        let (topic, _, _) = TOPICS[dice.weighted(&TOPICS.map(|(_, share, _)| share))];
        let day = dice.below(5) as i64;
        let asked = team.zone.instant(monday, day, 9 * HOUR + (dice.uniform() * 9.0 * HOUR as f64) as i64);
        let (judged, helped) = (dice.chance(JUDGED_SHARE), dice.chance(HELPFUL_SHARES.1));
        all.push(Question { asker: stint.person, topic, asked, is_helpful: judged.then_some(helped) });
    }
}
