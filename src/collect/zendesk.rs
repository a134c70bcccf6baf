//! `type = "zendesk"`: tickets, what happened to them and how fast they were answered.
//!
//! One rule: Zendesk's exports say what changed since they were last read, in their own order, and each goes on from the place
//! that it gave: <https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/>.

mod comparison;
mod events;
mod map;
mod payload;
mod people;
mod saved;
mod tickets;

use super::http::{Client, Endpoint, HttpError, Limits, basic};
use super::session::Session;
use super::{Collecting, Result};
use crate::project::{ApiSource, ZendeskCredential, ZendeskPipeline};
use chrono::{DateTime, Utc};
use events::Export;
use http::header::{ACCEPT, AUTHORIZATION};
use payload::{EventPage, MetricPage};
use people::People;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What messages call it.
const PRODUCT: &str = "Zendesk";

/// Where a Zendesk was left.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    /// Where the export of tickets goes on.
    tickets: Option<String>,
    events: Export,
    metrics: Export,
    /// When the tables were last compared with Zendesk, by our clock.
    compared_at: Option<DateTime<Utc>>,
}

/// One reading of an account.
struct Reading<'r, 'c, 's, 'a> {
    client: &'r mut Client<'c>,
    session: &'r mut Session<'s, 'a, Cursor>,
    keys: &'r ZendeskPipeline,
    people: People,
    /// By Zendesk's clock.
    now: DateTime<Utc>,
}

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &ZendeskPipeline,
    folder: &Path,
) -> Result<()> {
    let (url, credential) = match &keys.from {
        ApiSource::Saved(path) => return saved::collect(collecting, source, keys, &folder.join(path)).await,
        ApiSource::Api { url, credential } => (url, credential),
    };
    let mut client = client(url, credential, folder, Limits::of(collecting, source))?;
    // A run that died while it waited waits no more.
    client.limits.record(None);
    collecting.put_origin(source, "zendesk", url.clone(), false)?;
    let application = format!("zendesk:{source}");
    let mut session = Session::<Cursor>::begin(collecting, source, application, Some(accounts_host(url))).await?;
    let (people, now) = (People::default(), session.collecting.ambient.now());
    let collected = Reading { client: &mut client, session: &mut session, keys, people, now }.all().await;
    // What was read before a failure is not read again.
    let stored = session.store().await;
    client.limits.record(None);
    collected.and(stored)
}

/// An API token takes the place of the password: <https://developer.zendesk.com/api-reference/introduction/security-and-auth/>.
fn client<'a>(
    url: &str,
    credential: &ZendeskCredential,
    folder: &Path,
    limits: Limits<'a>,
) -> Result<Client<'a>, HttpError> {
    let authorization = match credential {
        ZendeskCredential::ApiToken { email, token } => {
            basic(&format!("{email}/token"), &token.read(folder).map_err(HttpError::Secret)?)
        }
        ZendeskCredential::Bearer(token) => format!("Bearer {}", token.read(folder).map_err(HttpError::Secret)?),
    };
    let headers = vec![(AUTHORIZATION, authorization), (ACCEPT, "application/json".to_owned())];
    Client::new(&Endpoint { product: PRODUCT, address: url, headers }, limits)
}

/// The host whose accounts are named.
fn accounts_host(url: &str) -> String {
    let url = url::Url::parse(url).ok();
    url.as_ref().and_then(|url| url.host_str()).unwrap_or("zendesk.com").to_owned()
}

impl Reading<'_, '_, '_, '_> {
    async fn all(&mut self) -> Result<()> {
        let source = self.session.source;
        self.session.collecting.progress.stage(&format!("{source}: reading tickets"), None);
        self.tickets().await?;
        // Which tickets are gone is now known.
        self.session.store().await?;
        let gone = tickets::gone(self.session).await?;
        self.events::<EventPage>("ticket_events", &[("include", "comment_events")], &gone).await?;
        self.events::<MetricPage>("ticket_metric_events", &[], &gone).await?;
        self.compare().await
    }

    /// From when on tickets are read, in seconds since 1970.
    fn since(&self) -> i64 {
        self.keys.since.map_or(0, |since| since.timestamp()).max(0)
    }
}
