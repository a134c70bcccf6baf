//! Saved answers: incidents with their log entries, alone, in a list, or in an answer of the API.

use super::payload::Incident;
use super::{PRODUCT, accounts_host, is_wanted, map};
use crate::collect::observation::Observation;
use crate::collect::saved::{self, Vendor};
use crate::collect::{Collecting, Result};
use crate::project::PagerdutyPipeline;
use std::path::Path;

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &PagerdutyPipeline,
    path: &Path,
) -> Result<()> {
    collecting.put_origin(source, "pagerduty", path.display().to_string(), false)?;
    let vendor = Vendor { kind: "pagerduty", product: PRODUCT, accounts: accounts_host("") };
    saved::collect(collecting, source, vendor, path, |file| observations(file, keys)).await
}

fn observations(file: &Path, keys: &PagerdutyPipeline) -> Result<Vec<Observation>> {
    let incidents: Vec<Incident> = saved::items(file, "incidents", "incident")?;
    let mut found = Vec::new();
    for incident in &incidents {
        if is_wanted(keys, incident) {
            let acknowledged = incident.log_entries.iter().flatten().filter_map(map::acknowledged).min();
            found.extend(map::incident(incident, acknowledged.or_else(|| map::acknowledged_now(incident))));
        }
    }
    Ok(found)
}
