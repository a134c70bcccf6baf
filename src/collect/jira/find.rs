//! Finding issues by Jira's query language, page by page.
//!
//! One rule: the last changed issue comes first. An issue that changes while pages are read moves to the front, so that what
//! stands behind is seen twice and never missed; where issues are deleted meanwhile the next page begins so much earlier.

use super::payload::Issue;
use crate::collect::http::{Client, HttpError, with_query};
use crate::project::JiraPipeline;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A time that is longer is said in hours.
const MINUTES: i64 = 24 * 60;
/// Issues of one page.
const FULL: usize = 100;

/// Which issues, in which order.
#[derive(Clone, Debug)]
pub(super) struct Question {
    jql: String,
}

/// Where a page begins: at a number of issues on a server, by a token on the cloud.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Next {
    start: usize,
    token: Option<String>,
    /// How many issues there were in all.
    total: Option<usize>,
}

/// One page.
#[derive(Debug)]
pub(super) struct Page {
    pub issues: Vec<Issue>,
    /// Where the page after it begins, where there is one.
    pub next: Option<Next>,
    /// How many issues there are in all; the cloud does not say.
    pub total: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    issues: Vec<Issue>,
    total: Option<usize>,
    next_page_token: Option<String>,
    is_last: Option<bool>,
}

impl Question {
    /// The issues that a pipeline names, with one more condition.
    pub fn of(keys: &JiraPipeline, condition: Option<String>, order: &str) -> Question {
        let projects: Vec<String> = keys.projects.iter().map(|key| format!("\"{key}\"")).collect();
        let projects = (!projects.is_empty()).then(|| format!("project in ({})", projects.join(", ")));
        let own = keys.jql.as_ref().map(|jql| format!("({jql})"));
        let conditions: Vec<String> = [projects, own, condition].into_iter().flatten().collect();
        Question { jql: format!("{} ORDER BY {order}", conditions.join(" AND ")) }
    }

    pub fn path(&self, is_cloud: bool, next: &Next, fields: &str) -> String {
        let (start, full) = (next.start.to_string(), FULL.to_string());
        let mut query = vec![("jql", self.jql.as_str()), ("fields", fields), ("expand", "changelog")];
        query.push(("maxResults", &full));
        if !is_cloud {
            query.push(("startAt", &start));
            return with_query("/rest/api/2/search", query);
        }
        query.extend(next.token.as_ref().map(|token| ("nextPageToken", token.as_str())));
        with_query("/rest/api/3/search/jql", query)
    }
}

impl Page {
    /// Reads the answer to a question that began at `from`.
    pub fn read(client: &Client<'_>, path: &str, body: &[u8], from: &Next) -> Result<Page, HttpError> {
        let Found { issues, total, next_page_token, is_last } = client.parse(path, body)?;
        let next = match (next_page_token, total) {
            (Some(token), _) if is_last != Some(true) => Some(Next { token: Some(token), ..Next::default() }),
            (None, Some(total)) => {
                // Deleted ones moved the others to the front.
                let deleted = from.total.unwrap_or(total).saturating_sub(total);
                let start = (from.start + issues.len()).saturating_sub(deleted);
                (!issues.is_empty() && start < total).then_some(Next { start, token: None, total: Some(total) })
            }
            _ => None,
        };
        if next.as_ref() == Some(from) {
            let address = client.address(path);
            return Err(HttpError::Endless { page: address.clone(), address });
        }
        Ok(Page { issues, next, total })
    }
}

/// The condition that an issue changed within this time, or a little more.
pub(super) fn within(time: TimeDelta) -> String {
    let minutes = time.num_minutes().max(0) + 2;
    let ago = if minutes < MINUTES { format!("{minutes}m") } else { format!("{}h", minutes / 60 + 1) };
    format!("updated >= \"-{ago}\"")
}

/// The condition that an issue changed on this day or later, by the clock of whoever asks.
pub(super) fn on_or_after(moment: DateTime<Utc>) -> String {
    format!("updated >= \"{}\"", moment.format("%Y-%m-%d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_jiras_words() {
        assert_eq!(within(TimeDelta::seconds(-90)), "updated >= \"-2m\"");
        assert_eq!(within(TimeDelta::seconds(359)), "updated >= \"-7m\"");
        assert_eq!(within(TimeDelta::days(1)), "updated >= \"-25h\"");
        assert_eq!(on_or_after("2026-01-31T23:00:00Z".parse().unwrap()), "updated >= \"2026-01-31\"");
    }
}
