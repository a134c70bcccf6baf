//! Holding the tickets against the list of all issues: what was missed is read, what was deleted or moved away is marked.

use super::find::{Next, Question};
use super::payload::Issue;
use super::server::Server;
use super::{Cursor, changed_at, take};
use crate::collect::Result;
use crate::collect::http::Client;
use crate::collect::reconciliation::{Entity, Listed, Listing, Part, Scope, compare, unlisted};
use crate::collect::session::Session;
use crate::model::support::{TICKET_EVENTS, TICKETS};
use crate::project::JiraPipeline;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

const ISSUES: Entity = Entity {
    table: &TICKETS,
    created_at: "opened_at",
    parts: &[Part { table: &TICKET_EVENTS, of: &[("ticket_id", "ticket_id")] }],
};

/// How often a list that lost issues while it was read is read again.
const ATTEMPTS: usize = 3;

/// Compares where that is due. The first reading has just seen everything.
pub(super) async fn run(
    client: &mut Client<'_>,
    session: &mut Session<'_, '_, Cursor>,
    keys: &JiraPipeline,
    server: &Server,
) -> Result<()> {
    let is_first = session.cursor.compared_at.is_none();
    if !session.collecting.is_reconciled_now(session.cursor.compared_at) {
        return Ok(());
    }
    session.cursor.compared_at = Some(session.collecting.ambient.now());
    if is_first && !session.collecting.reconciles {
        return session.checkpoint().await;
    }
    let source = session.source;
    session.collecting.progress.stage(&format!("{source}: comparing with Jira"), None);
    // It is compared tomorrow.
    let Some(mut issues) = all(client, keys, server).await? else { return Ok(()) };
    issues.retain(|_, issue| keys.since.is_none_or(|since| changed_at(issue) >= since));
    let mut listing = Listing { rows: issues.values().map(listed).collect(), at: server.now, from: None };
    // What a list that is read by pages seems to lack is asked for before it counts as gone. Whether an issue is still what the
    // pipeline's own query means, only the query knows.
    let lost = match keys.jql {
        None => unlisted(session, &ISSUES, Scope::Source(source), &listing).await?,
        Some(_) => Vec::new(),
    };
    for lost in lost {
        let Some(key) = &lost.node_id else { continue };
        let found = server.issue(client, key, server.fields()).await?;
        if let Some(issue) = found.filter(|issue| issue.id == lost.key && is_meant(keys, issue)) {
            listing.rows.push(listed(&issue));
            issues.insert(issue.id.clone(), issue);
        }
    }
    let missed = compare(session, &ISSUES, Scope::Source(source), &listing).await?;
    for issue in missed.iter().filter_map(|id| issues.get(id)) {
        let Some(issue) = server.issue(client, &issue.key, server.fields()).await? else { continue };
        take(client, session, server, vec![issue]).await?;
        session.checkpoint().await?;
    }
    session.checkpoint().await
}

/// Every issue by number, as far as a comparison needs it; `None` where the list lost some again and again while it was read.
async fn all(client: &mut Client<'_>, keys: &JiraPipeline, server: &Server) -> Result<Option<BTreeMap<String, Issue>>> {
    let question = Question::of(keys, None, "created ASC").without_changes();
    for _ in 0..ATTEMPTS {
        let (mut found, mut next, mut total, mut is_exact) = (BTreeMap::new(), Some(Next::default()), None, true);
        while let Some(from) = next {
            let page = server.page(client, &question, &from, "project,created,updated").await?;
            is_exact &= total.is_none_or(|total: usize| page.total.is_none_or(|now| now >= total));
            total = page.total;
            found.extend(page.issues.into_iter().map(|issue| (issue.id.clone(), issue)));
            next = page.next;
        }
        if is_exact {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn listed(issue: &Issue) -> Listed {
    let created_at: DateTime<Utc> = issue.fields.created.0;
    Listed { key: issue.id.clone(), created_at, updated_at: changed_at(issue) }
}

/// Whether a pipeline without a query of its own means an issue.
fn is_meant(keys: &JiraPipeline, issue: &Issue) -> bool {
    let project = issue.fields.project.as_ref().and_then(|project| project.key.as_ref());
    let is_named = project.is_some_and(|key| keys.projects.iter().any(|it| it.eq_ignore_ascii_case(key)));
    is_named && keys.since.is_none_or(|since| changed_at(issue) >= since)
}
