//! Saved answers: tickets alone, in a list, or in an answer of the API.

use super::payload::Ticket;
use super::{PRODUCT, accounts_host, map};
use crate::collect::observation::Observation;
use crate::collect::saved::{self, Vendor};
use crate::collect::{Collecting, Result};
use std::path::Path;

pub(super) async fn collect(collecting: &mut Collecting<'_>, source: &str, path: &Path) -> Result<()> {
    collecting.put_origin(source, "zendesk", path.display().to_string(), false)?;
    let vendor = Vendor { kind: "zendesk", product: PRODUCT, accounts: accounts_host("") };
    saved::collect(collecting, source, vendor, path, observations).await
}

fn observations(file: &Path) -> Result<Vec<Observation>> {
    let tickets: Vec<Ticket> = saved::items(file, "tickets", "ticket")?;
    let names = map::Names::default();
    let origin = |ticket: &Ticket| {
        let url = ticket.url.as_deref().and_then(|url| url::Url::parse(url).ok());
        url.map_or_else(|| "https://zendesk.com".to_owned(), |url| url.origin().ascii_serialization())
    };
    Ok(tickets.iter().flat_map(|ticket| map::ticket(ticket, &names, &origin(ticket))).collect())
}
