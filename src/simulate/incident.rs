//! Incidents: most follow a deployment, some come by themselves.

use super::calendar::{HOUR, MINUTE, WEEK};
use super::delivery::{Deployment, ServiceLog, deployment_seconds};
use super::organisation::{Organisation, Service};
use super::stream::{Dice, Purpose};

/// Chance that a deployment of one pull request to an average service breaks production, and its growth for each e-fold
/// of pull requests in it.
const BREAKAGE: f64 = 0.075;
const BREAKAGE_PER_LOG_CONTENT: f64 = 0.3;
const BREAKAGE_LIMIT: f64 = 0.6;
/// Minutes until it is noticed, hours until it is over (medians), and the log standard deviations.
const NOTICED_MINUTES: (f64, f64) = (35.0, 1.0);
const RECOVERY_HOURS: (f64, f64) = (2.0, 1.1);
/// Share of incidents ended by going back to the earlier version.
const ROLLBACK_SHARE: f64 = 0.4;
/// Share of incidents caused by a deployment that nobody linked to it.
const UNLINKED_SHARE: f64 = 0.12;
/// Chance of an outage of another cause per service and week.
const OUTAGES_PER_WEEK: f64 = 0.015;
/// From severest to mildest.
const SEVERITIES: [(&str, f64); 3] = [("sev1", 0.06), ("sev2", 0.24), ("sev3", 0.70)];

/// One incident of a service.
#[derive(Clone, Copy, Debug)]
pub struct Incident {
    /// Position among the service's deployments; None where it is unknown.
    pub cause: Option<usize>,
    pub severity: &'static str,
    pub opened: i64,
    pub resolved: i64,
}

/// What follows from the deployment at position `cause`, which held `content` pull requests. `harm` multiplies the chance.
pub fn after(dice: &mut Dice, service: &Service, log: &mut ServiceLog, cause: usize, content: usize, harm: f64) {
    let growth = 1.0 + BREAKAGE_PER_LOG_CONTENT * (content as f64).ln();
    let chance = (BREAKAGE * service.fragility * growth * harm).min(BREAKAGE_LIMIT);
    if !dice.chance(chance) {
        return;
    }
    let (is_linked, is_rolled_back) = (!dice.chance(UNLINKED_SHARE), dice.chance(ROLLBACK_SHARE));
    let noticed = dice.log_normal(NOTICED_MINUTES.0 * MINUTE as f64, NOTICED_MINUTES.1) as i64;
    let mut incident = incident(dice, log.deployments[cause].finished + noticed + MINUTE);
    incident.cause = is_linked.then_some(cause);
    if is_rolled_back {
        let started = incident.opened + (incident.resolved - incident.opened) / 2;
        let finished = started + deployment_seconds(dice);
        let back = Deployment { environment: "production", is_success: true, is_rollback: true, started, finished };
        log.deployments.push(back);
        incident.resolved = incident.resolved.max(finished + 5 * MINUTE);
    }
    log.incidents.push(incident);
}

/// Incidents of the service that no deployment caused.
pub fn outages(organisation: &Organisation, service: &Service) -> Vec<Incident> {
    let mut all = Vec::new();
    for week in 0..organisation.weeks() {
        let mut dice = organisation.streams.at(Purpose::Outage, service.owner, week);
        if dice.chance(OUTAGES_PER_WEEK) {
            let opened = organisation.monday(week) + (dice.uniform() * WEEK as f64) as i64;
            all.push(incident(&mut dice, opened));
        }
    }
    all
}

fn incident(dice: &mut Dice, opened: i64) -> Incident {
    let severity = SEVERITIES[dice.weighted(&SEVERITIES.map(|(_, weight)| weight))].0;
    let recovery = dice.log_normal(RECOVERY_HOURS.0 * HOUR as f64, RECOVERY_HOURS.1) as i64;
    Incident { cause: None, severity, opened, resolved: opened + recovery + 5 * MINUTE }
}
