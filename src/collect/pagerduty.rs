//! `type = "pagerduty"`: incidents with the moment somebody said that they look at them.
//!
//! One rule: the log of the account tells what changed, since PagerDuty's list of incidents cannot be asked for that; what an
//! incident is now comes with the log entry. Only incidents that are open are asked for again, because some changes of theirs
//! are not in the log's overview.

mod comparison;
mod log;
mod map;
mod payload;
mod people;
mod saved;
mod windows;

use super::http::{Client, Endpoint, HttpError, Limits, with_query};
use super::observation::Values;
use super::session::Session;
use super::{Collecting, Result, apply};
use crate::model::delivery::INCIDENTS;
use crate::project::{ApiSource, PagerdutyPipeline, Secret};
use chrono::{DateTime, Utc};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use payload::{Incident, IncidentPage};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// What messages call it.
const PRODUCT: &str = "PagerDuty";

/// Where a PagerDuty was left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// When the first incident began that is read.
    from: Option<DateTime<Utc>>,
    /// The log is read up to here, by PagerDuty's clock.
    until: Option<DateTime<Utc>>,
    /// When the tables were last compared with PagerDuty, by our clock.
    compared_at: Option<DateTime<Utc>>,
}

/// What the table has of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    version: DateTime<Utc>,
    acknowledged_at: Option<DateTime<Utc>>,
}

/// One reading of an account.
struct Reading<'r, 'c, 's, 'a> {
    client: &'r mut Client<'c>,
    session: &'r mut Session<'s, 'a, Cursor>,
    keys: &'r PagerdutyPipeline,
    known: BTreeMap<String, Known>,
}

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &PagerdutyPipeline,
    folder: &Path,
) -> Result<()> {
    let (url, token) = match &keys.from {
        ApiSource::Saved(path) => return saved::collect(collecting, source, keys, &folder.join(path)).await,
        ApiSource::Api { url, credential } => (url, credential),
    };
    let mut client = client(url, token, folder, Limits::of(collecting, source))?;
    // A run that died while it waited waits no more.
    client.limits.record(None);
    collecting.put_origin(source, "pagerduty", url.clone(), false)?;
    let application = format!("pagerduty:{source}");
    let mut session = Session::<Cursor>::begin(collecting, source, application, Some(accounts_host(url))).await?;
    let known = known(&session).await?;
    let collected = Reading { client: &mut client, session: &mut session, keys, known }.all().await;
    // What was read before a failure is not read again.
    let stored = session.store().await;
    client.limits.record(None);
    collected.and(stored)
}

/// The headers are those that PagerDuty's description wants, also of a request without a body:
/// <https://developer.pagerduty.com/docs/rest-api-overview>.
fn client<'a>(url: &str, token: &Secret, folder: &Path, limits: Limits<'a>) -> Result<Client<'a>> {
    let token = token.read(folder).map_err(HttpError::Secret)?;
    let headers = vec![
        (AUTHORIZATION, format!("Token token={token}")),
        (ACCEPT, "application/vnd.pagerduty+json;version=2".to_owned()),
        (CONTENT_TYPE, "application/json".to_owned()),
    ];
    Ok(Client::new(&Endpoint { product: PRODUCT, address: url, headers }, limits)?)
}

/// The host whose accounts are named.
fn accounts_host(url: &str) -> String {
    let url = url::Url::parse(url).ok();
    let host = url.as_ref().and_then(|url| url.host_str()).unwrap_or("pagerduty.com");
    host.strip_prefix("api.").unwrap_or(host).to_owned()
}

/// What the table has.
async fn known(session: &Session<'_, '_, Cursor>) -> Result<BTreeMap<String, Known>> {
    let columns = ["incident_id", "updated_at", "acknowledged_at"];
    let all = apply::Within::of(std::iter::empty());
    let rows = apply::stored(session.collecting, &INCIDENTS, &columns, session.source, &all).await?;
    let time = |values: &Values, name: &str| {
        values.get(name).and_then(Value::as_str).and_then(|it| it.parse::<DateTime<Utc>>().ok())
    };
    let row = |values: &Values| {
        let id = values.get("incident_id")?.as_str()?.to_owned();
        let acknowledged_at = time(values, "acknowledged_at");
        Some((id, Known { version: time(values, "updated_at")?, acknowledged_at }))
    };
    Ok(rows.iter().filter_map(row).collect())
}

impl Reading<'_, '_, '_, '_> {
    async fn all(&mut self) -> Result<()> {
        let source = self.session.source;
        self.session.collecting.progress.stage(&format!("{source}: reading incidents"), None);
        let now = self.open().await?;
        self.log(now).await?;
        let last = self.session.cursor.compared_at;
        if !self.session.collecting.is_reconciled_now(last) {
            return Ok(());
        }
        // Who may not read the users still has the incidents compared.
        let people = self.people().await;
        // The first reading has just seen everything.
        if last.is_some() || self.session.collecting.reconciles {
            self.compare(now).await?;
        }
        // A comparison that broke off was none.
        self.session.cursor.compared_at = Some(self.session.collecting.ambient.now());
        people
    }

    /// Asks for the incidents that are open. Gives the moment at which they were, by PagerDuty's clock.
    async fn open(&mut self) -> Result<DateTime<Utc>> {
        let (mut offset, mut now) = (0, None);
        loop {
            let offset_text = offset.to_string();
            let fixed = [
                ("date_range", "all"),
                ("statuses[]", "triggered"),
                ("statuses[]", "acknowledged"),
                ("limit", windows::PAGE_TEXT),
                ("offset", &offset_text),
            ];
            let services = self.keys.services.iter().map(|id| ("service_ids[]", id.as_str()));
            let path = with_query("/incidents", fixed.into_iter().chain(services));
            let page = self.client.page(&path).await?;
            // What changes while the pages are read is in the log after the first of them.
            now = now.or(page.at);
            let IncidentPage { incidents, more, .. } = self.client.parse(&path, &page.body)?;
            for incident in &incidents {
                self.take(incident, map::acknowledged_now(incident));
            }
            offset += windows::PAGE;
            if !more || offset + windows::PAGE > windows::MOST {
                return Ok(now.unwrap_or_else(|| self.session.collecting.ambient.now()));
            }
        }
    }

    fn is_wanted(&self, incident: &Incident) -> bool {
        is_wanted(self.keys, incident)
    }

    /// Takes an incident, unless it is stored as it is. The first moment of those known counts.
    fn take(&mut self, incident: &Incident, acknowledged_at: Option<DateTime<Utc>>) {
        let known = self.known.get(&incident.id).copied();
        let Some(version) = map::version(incident).filter(|_| self.is_wanted(incident)) else { return };
        let before = known.and_then(|it| it.acknowledged_at);
        let now = Known { version, acknowledged_at: [before, acknowledged_at].into_iter().flatten().min() };
        if known == Some(now) {
            return;
        }
        self.session.take(map::incident(incident, now.acknowledged_at));
        self.known.insert(incident.id.clone(), now);
    }
}

/// Whether an incident is of the services and the time that the pipeline names.
fn is_wanted(keys: &PagerdutyPipeline, incident: &Incident) -> bool {
    let is_of_service = incident.service.as_ref().is_some_and(|it| keys.services.contains(&it.id));
    let is_new = |since| incident.created_at.is_some_and(|at| at >= since);
    (keys.services.is_empty() || is_of_service) && keys.since.is_none_or(is_new)
}
