//! Deployments of a team's services: what was merged since the last one goes out at the next slot.

use super::calendar::{HOUR, MINUTE};
use super::incident::{Incident, after, outages};
use super::organisation::{Cadence, Organisation, Service, Team};
use super::pull_request::PullRequest;
use super::stream::{Dice, Purpose};

/// Slots go on for this long after the last week, for what is merged late.
const TAIL_WEEKS: u32 = 8;
/// Share of deployments that do not go through, by environment; the next slot tries again.
const FAILURE_SHARE: f64 = 0.035;
const STAGING_FAILURE_SHARE: f64 = 0.03;
/// Share of slots that nobody uses.
const SKIPPED_SHARE: f64 = 0.1;
/// Median length of a deployment and of its stay in staging, minutes, and the log standard deviation.
const LENGTH_MINUTES: (f64, f64) = (9.0, 0.4);
const STAGING_MINUTES: (f64, f64) = (45.0, 0.5);

/// One deployment.
#[derive(Clone, Copy, Debug)]
pub struct Deployment {
    pub environment: &'static str,
    pub is_success: bool,
    pub is_rollback: bool,
    pub started: i64,
    pub finished: i64,
}

/// What one service went through, its deployments in the order of their ids.
#[derive(Debug)]
pub struct ServiceLog {
    pub repository: usize,
    pub service: usize,
    pub deployments: Vec<Deployment>,
    /// Causes are positions in `deployments`.
    pub incidents: Vec<Incident>,
}

/// Deploys what was merged, marks it deployed, and returns the services' logs in the order of their names.
pub fn deliver(organisation: &Organisation, team: &Team, pull_requests: &mut [PullRequest]) -> Vec<ServiceLog> {
    let mut logs = Vec::new();
    for (position, repository) in team.repositories.iter().enumerate() {
        let mut merged: Vec<usize> = (0..pull_requests.len())
            .filter(|index| pull_requests[*index].repository == position)
            .filter(|index| pull_requests[*index].schedule.merged.is_some())
            .collect();
        merged.sort_by_key(|index| (pull_requests[*index].schedule.merged, *index));
        for (ordinal, service) in repository.services.iter().enumerate() {
            let mut log =
                ServiceLog { repository: position, service: ordinal, deployments: Vec::new(), incidents: Vec::new() };
            run(organisation, team, service, &merged, pull_requests, &mut log);
            log.incidents.extend(outages(organisation, service));
            log.settle();
            logs.push(log);
        }
    }
    logs
}

/// Goes through the service's slots.
fn run(
    organisation: &Organisation,
    team: &Team,
    service: &Service,
    merged: &[usize],
    pull_requests: &mut [PullRequest],
    log: &mut ServiceLog,
) {
    let (mut taken, mut next) = (0, 0);
    for (day, slot, slots) in slots(service.cadence, (organisation.weeks() + TAIL_WEEKS) * 7) {
        let merged_at = |position: usize| merged.get(position).and_then(|index| pull_requests[*index].schedule.merged);
        let closing = team.zone.instant(organisation.monday(0), day, 17 * HOUR);
        if taken == next && merged_at(next).is_none_or(|instant| instant > closing) {
            continue;
        }
        let mut dice = organisation.streams.at(Purpose::Slot, service.owner, day as u32 * 8 + slot);
        let share = (f64::from(slot) + dice.uniform()) / f64::from(slots);
        let cut = team.zone.instant(organisation.monday(0), day, 9 * HOUR + (share * 7.5 * HOUR as f64) as i64);
        while merged_at(next).is_some_and(|instant| instant <= cut) {
            next += 1;
        }
        if taken == next || dice.chance(SKIPPED_SHARE) {
            continue;
        }
        let Some(deployed) = attempt(&mut dice, service, cut, log) else {
            continue;
        };
        let content = &merged[taken..next];
        taken = next;
        let tool = content.iter().map(|index| pull_requests[*index].tool).sum::<f64>() / content.len() as f64;
        let harm = 1.0 + organisation.treatment.effect().change_fail_rate * tool;
        after(&mut dice, service, log, deployed, content.len(), harm);
        for index in content {
            let known = pull_requests[*index].deployed.unwrap_or(i64::MAX);
            pull_requests[*index].deployed = Some(known.min(log.deployments[deployed].finished));
        }
    }
}

/// Sends a release candidate out. Returns the position of the production deployment if it went through.
fn attempt(dice: &mut Dice, service: &Service, cut: i64, log: &mut ServiceLog) -> Option<usize> {
    let (staging_fate, fate) = (dice.uniform(), dice.uniform());
    let stay = dice.log_normal(STAGING_MINUTES.0 * MINUTE as f64, STAGING_MINUTES.1) as i64;
    let (staging_length, length) = (deployment_seconds(dice), deployment_seconds(dice));
    let mut started = cut + MINUTE;
    if service.has_staging {
        let finished = started + staging_length;
        let is_success = staging_fate >= STAGING_FAILURE_SHARE;
        log.deployments.push(Deployment { environment: "staging", is_success, is_rollback: false, started, finished });
        if !is_success {
            return None;
        }
        started = finished + stay;
    }
    let is_success = fate >= FAILURE_SHARE;
    let finished = started + length;
    log.deployments.push(Deployment { environment: "production", is_success, is_rollback: false, started, finished });
    is_success.then_some(log.deployments.len() - 1)
}

/// Length of one deployment, seconds.
pub fn deployment_seconds(dice: &mut Dice) -> i64 {
    dice.log_normal(LENGTH_MINUTES.0 * MINUTE as f64, LENGTH_MINUTES.1) as i64 + 30
}

/// Days since the first Monday, the slot of the day, and the slots of that day.
fn slots(cadence: Cadence, days: u32) -> impl Iterator<Item = (i64, u32, u32)> {
    let of_day = move |day: i64| match cadence {
        Cadence::Daily(slots) if day % 7 < 5 => slots,
        Cadence::Weekly(weekday) if day % 7 == weekday => 1,
        _ => 0,
    };
    (0..i64::from(days)).flat_map(move |day| (0..of_day(day)).map(move |slot| (day, slot, of_day(day))))
}

impl ServiceLog {
    /// Puts deployments in the order of their start, which is the order of their ids, and follows the incidents' causes.
    fn settle(&mut self) {
        let mut order: Vec<usize> = (0..self.deployments.len()).collect();
        order.sort_by_key(|index| (self.deployments[*index].started, *index));
        let mut places = vec![0; order.len()];
        for (place, index) in order.iter().enumerate() {
            places[*index] = place;
        }
        self.deployments = order.iter().map(|index| self.deployments[*index]).collect();
        for incident in &mut self.incidents {
            incident.cause = incident.cause.map(|index| places[index]);
        }
    }
}
