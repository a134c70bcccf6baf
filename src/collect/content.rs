//! Sources whose rows are replaced as a whole when their content is another.
//!
//! One rule: what is planned is a content, known by its hash, and not a moment of looking: the same bytes are not read twice.

use super::{Collecting, Result};
use crate::store::StoreError;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(super) struct Plan {
    /// Hash of everything that the rows follow from.
    content: String,
    pub at: DateTime<Utc>,
}

/// The plan to carry out for this content, without a version when it was carried out before.
pub(super) fn plan(collecting: &Collecting<'_>, application: &str, content: String) -> Result<(Plan, Option<i64>)> {
    let unreadable =
        |error: serde_json::Error| StoreError::Plan { application: application.to_owned(), reason: error.to_string() };
    if let Some(newest) = collecting.state.plan(application)? {
        let plan: Plan = serde_json::from_str(&newest.text).map_err(unreadable)?;
        if plan.content == content {
            return Ok((plan, (!newest.finished).then_some(newest.version)));
        }
    }
    let plan = Plan { content, at: collecting.ambient.now() };
    let text = serde_json::to_string(&plan).map_err(unreadable)?;
    let version = collecting.state.begin(application, &text)?;
    Ok((plan, Some(version)))
}
