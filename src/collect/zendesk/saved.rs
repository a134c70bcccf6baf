//! Saved answers: tickets alone, in a list, or in an answer of the API.

use super::payload::Ticket;
use super::tickets::is_wanted;
use super::{PRODUCT, accounts_host, map};
use crate::collect::observation::Observation;
use crate::collect::saved::{self, Vendor};
use crate::collect::{Collecting, Result};
use crate::project::ZendeskPipeline;
use std::path::Path;

pub(super) async fn collect(
    collecting: &mut Collecting<'_>,
    source: &str,
    keys: &ZendeskPipeline,
    path: &Path,
) -> Result<()> {
    collecting.put_origin(source, "zendesk", path.display().to_string(), false)?;
    let vendor = Vendor { kind: "zendesk", product: PRODUCT, accounts: accounts_host("") };
    saved::collect(collecting, source, vendor, path, |file| observations(file, keys)).await
}

fn observations(file: &Path, keys: &ZendeskPipeline) -> Result<Vec<Observation>> {
    let tickets: Vec<Ticket> = saved::items(file, "tickets", "ticket")?;
    let names = map::Names::default();
    let origin = |ticket: &Ticket| {
        let url = ticket.url.as_deref().and_then(|url| url::Url::parse(url).ok());
        url.map_or_else(|| "https://zendesk.com".to_owned(), |url| url.origin().ascii_serialization())
    };
    let wanted = tickets.iter().filter(|it| is_wanted(keys, it));
    Ok(wanted.flat_map(|ticket| map::ticket(ticket, &names, &origin(ticket))).collect())
}
