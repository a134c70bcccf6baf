//! The export of tickets: all once, then those that changed, deleted ones too.

use super::payload::{Ticket, TicketPage};
use super::{Cursor, Reading, map};
use crate::collect::Result;
use crate::collect::http::with_query;
use crate::collect::session::Session;
use crate::model::support::TICKETS;
use crate::project::ZendeskPipeline;
use arrow::array::{Array, AsArray};
use std::collections::BTreeSet;

/// What comes with tickets.
pub(super) const INCLUDE: (&str, &str) = ("include", "users,groups,ticket_forms,metric_sets");
/// Tickets of a page, at most.
pub(super) const PAGE: (&str, &str) = ("per_page", "1000");

impl Reading<'_, '_, '_, '_> {
    /// Reads the export to its end.
    pub(super) async fn tickets(&mut self) -> Result<()> {
        let since = self.since().to_string();
        loop {
            let cursor = self.session.cursor.tickets.clone();
            let place = match &cursor {
                Some(cursor) => ("cursor", cursor.as_str()),
                None => ("start_time", since.as_str()),
            };
            let path = with_query("/api/v2/incremental/tickets/cursor.json", [place, PAGE, INCLUDE]);
            let page = self.client.page(&path).await?;
            self.now = page.at.unwrap_or(self.now);
            let answer: TicketPage = self.client.parse(&path, &page.body)?;
            let (is_last, next) = (answer.end_of_stream, answer.after_cursor.clone());
            let read = answer.tickets.len();
            self.take(answer)?;
            if next.is_some() {
                self.session.cursor.tickets.clone_from(&next);
            }
            self.session.checkpoint().await?;
            // A cursor that does not move would be asked for again and again.
            if is_last || next.is_none() || next == cursor || read == 0 {
                return Ok(());
            }
        }
    }

    /// Takes tickets with what came beside them.
    pub(super) fn take(&mut self, answer: TicketPage) -> Result<()> {
        self.people.learn(self.session, answer.users, self.now)?;
        let names = map::Names::of(answer.groups, answer.ticket_forms, answer.metric_sets);
        let origin = self.client.base.origin().to_owned();
        let keys = self.keys;
        for ticket in answer.tickets.iter().filter(|it| is_wanted(keys, it)) {
            self.session.take(map::ticket(ticket, &names, &origin));
        }
        Ok(())
    }
}

/// An export from a moment on has what changed since. Of a ticket that was opened before, the beginning would be missing.
pub(super) fn is_wanted(keys: &ZendeskPipeline, ticket: &Ticket) -> bool {
    keys.since.is_none_or(|since| ticket.created_at >= since)
}

/// The tickets that are stored as deleted.
pub(super) async fn gone(session: &Session<'_, '_, Cursor>) -> Result<BTreeSet<String>> {
    let mut gone = BTreeSet::new();
    for batch in session.collecting.store.read(&TICKETS, &["source", "ticket_id", "deleted_at"]).await? {
        let texts = |column: usize| batch.column(column).as_string::<i32>();
        for row in (0..batch.num_rows()).filter(|row| batch.column(2).is_valid(*row)) {
            if texts(0).value(row) == session.source {
                gone.insert(texts(1).value(row).to_owned());
            }
        }
    }
    Ok(gone)
}
