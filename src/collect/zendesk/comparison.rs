//! The comparison of the table with all tickets that Zendesk exports.
//!
//! One rule: it is made once a week, since ten pages a minute are all that Zendesk gives. Deleted tickets are in the export and
//! need no comparison; only what was deleted for good is found by it.

use super::payload::TicketPage;
use super::tickets::{INCLUDE, PAGE, is_wanted};
use super::{Reading, map};
use crate::collect::Result;
use crate::collect::http::with_query;
use crate::collect::reconciliation::{Entity, Listed, Listing, Part, Scope, compare};
use crate::model::support::{TICKET_EVENTS, TICKETS};
use chrono::TimeDelta;
use std::collections::BTreeMap;

const WEEK: TimeDelta = TimeDelta::days(7);
/// Tickets that can be asked for by number together.
const TOGETHER: usize = 100;

const ENTITY: Entity = Entity {
    table: &TICKETS,
    created_at: "opened_at",
    parts: &[Part { table: &TICKET_EVENTS, of: &[("ticket_id", "ticket_id")] }],
};

impl Reading<'_, '_, '_, '_> {
    /// Compares where that is due. The first reading has just seen everything.
    pub(super) async fn compare(&mut self) -> Result<()> {
        let (now, source) = (self.session.collecting.ambient.now(), self.session.source);
        let is_asked = self.session.collecting.reconciles;
        let is_due = self.session.cursor.compared_at.is_none_or(|last| last > now || now - last >= WEEK);
        if !is_due && !is_asked {
            return Ok(());
        }
        if self.session.cursor.compared_at.is_some() || is_asked {
            self.compare_all(source).await?;
        }
        // A comparison that broke off was none.
        self.session.cursor.compared_at = Some(now);
        self.session.checkpoint().await
    }

    async fn compare_all(&mut self, source: &str) -> Result<()> {
        self.session.collecting.progress.stage(&format!("{source}: comparing with Zendesk"), None);
        let listing = self.listing().await?;
        let missed = compare(self.session, &ENTITY, Scope::Source(source), &listing).await?;
        for ids in missed.chunks(TOGETHER) {
            let path = with_query("/api/v2/tickets/show_many.json", [("ids", ids.join(",").as_str()), INCLUDE]);
            let page = self.client.page(&path).await?;
            let answer = self.client.parse(&path, &page.body)?;
            self.take(answer)?;
        }
        Ok(())
    }

    /// All tickets that are not deleted. Those of the last minute are not exported yet and stay.
    async fn listing(&mut self) -> Result<Listing> {
        let (mut rows, mut cursor, mut at) = (BTreeMap::new(), None::<String>, None);
        let since = self.since().to_string();
        loop {
            let place = match &cursor {
                Some(cursor) => ("cursor", cursor.as_str()),
                None => ("start_time", since.as_str()),
            };
            let path = with_query("/api/v2/incremental/tickets/cursor.json", [place, PAGE]);
            let page = self.client.page(&path).await?;
            // What changes while the pages are read is not compared.
            at = at.or(page.at.map(|at| at - TimeDelta::minutes(1)));
            let answer: TicketPage = self.client.parse(&path, &page.body)?;
            for ticket in answer.tickets.iter().filter(|it| is_wanted(self.keys, it)) {
                let (key, created_at, updated_at) = (ticket.id.to_string(), ticket.created_at, map::version(ticket));
                if map::is_deleted(ticket) {
                    rows.remove(&key);
                } else {
                    rows.insert(key.clone(), Listed { key, created_at, updated_at });
                }
            }
            if answer.end_of_stream {
                let at = at.or(Some(self.now));
                return Ok(Listing { rows: rows.into_values().collect(), at, from: None });
            }
            // What half a list lacks is not gone.
            if answer.after_cursor.is_none() || answer.after_cursor == cursor {
                let reason = "neither the end nor another place to go on from".to_owned();
                return Err(self.client.base.malformed(&path, reason).into());
            }
            cursor = answer.after_cursor;
        }
    }
}
