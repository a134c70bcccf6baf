//! Finding issues by Jira's query language, page by page.
//!
//! One rule: the last changed issue comes first. An issue that changes while pages are read moves to the front, so that what
//! stands behind is seen twice and never missed; where issues are deleted meanwhile a page is read again from so much earlier.

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
    /// With what changed of each issue.
    has_changes: bool,
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
        Question { jql: format!("{} ORDER BY {order}", conditions.join(" AND ")), has_changes: true }
    }

    /// Of issues alone: the changes of all issues at once may be more than fits into memory.
    pub fn without_changes(self) -> Question {
        Question { has_changes: false, ..self }
    }

    pub fn path(&self, is_cloud: bool, next: &Next, fields: &str) -> String {
        let (start, full) = (next.start.to_string(), FULL.to_string());
        let mut query = vec![("jql", self.jql.as_str()), ("fields", fields), ("maxResults", &full)];
        query.extend(self.has_changes.then_some(("expand", "changelog")));
        if !is_cloud {
            query.push(("startAt", &start));
            return with_query("/rest/api/2/search", query);
        }
        query.extend(next.token.as_ref().map(|token| ("nextPageToken", token.as_str())));
        with_query("/rest/api/3/search/jql", query)
    }
}

impl Next {
    /// Where the page after this one begins on a server, with so many issues here and in all.
    fn following(&self, here: usize, total: usize) -> Option<Next> {
        // Deleted ones moved the others to the front before this page was answered: as many were stepped over.
        let deleted = self.total.map_or(0, |before| before.saturating_sub(total));
        let start = if deleted > 0 { self.start.saturating_sub(deleted) } else { self.start + here };
        ((deleted > 0 || here > 0) && start < total).then_some(Next { start, token: None, total: Some(total) })
    }

    /// Whether it is the cloud's own word for a place in its list.
    pub fn is_token(&self) -> bool {
        self.token.is_some()
    }
}

impl Page {
    /// Reads the answer to a question that began at `from`.
    pub fn read(client: &Client<'_>, path: &str, body: &[u8], from: &Next) -> Result<Page, HttpError> {
        let Found { issues, total, next_page_token, is_last } = client.parse(path, body)?;
        let next = match (next_page_token, total) {
            (Some(token), _) if is_last != Some(true) => Some(Next { token: Some(token), ..Next::default() }),
            (None, Some(total)) => from.following(issues.len(), total),
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
    fn what_deletions_moved_to_the_front_is_read() {
        // Pages of a list of which one is deleted each time that `deleted` says.
        let seen = |count: usize, deleted: &[usize]| {
            let (mut list, mut seen) = ((0..count).collect::<Vec<usize>>(), Vec::new());
            let (mut next, mut pages) = (Some(Next::default()), 0);
            while let Some(from) = next {
                list.retain(|it| deleted.get(pages) != Some(it));
                let page: Vec<usize> = list.iter().copied().skip(from.start).take(FULL).collect();
                next = from.following(page.len(), list.len());
                seen.extend(page);
                pages += 1;
                assert!(pages < 10, "endless");
            }
            list.retain(|it| !seen.contains(it));
            (list, pages)
        };
        assert_eq!(seen(250, &[]), (Vec::new(), 3));
        assert_eq!(seen(250, &[999, 5]).0, [0; 0], "the first of the second page moved to the first");
        assert_eq!(seen(101, &[999, 5]).0, [0; 0], "the last moved to a page that was read");
        assert_eq!(seen(350, &[999, 5, 340, 7]).0, [0; 0]);
        assert_eq!(seen(0, &[]), (Vec::new(), 1));
    }

    #[test]
    fn times_are_said_in_jiras_words() {
        assert_eq!(within(TimeDelta::seconds(-90)), "updated >= \"-2m\"");
        assert_eq!(within(TimeDelta::seconds(359)), "updated >= \"-7m\"");
        assert_eq!(within(TimeDelta::days(1)), "updated >= \"-25h\"");
        assert_eq!(on_or_after("2026-01-31T23:00:00Z".parse().unwrap()), "updated >= \"2026-01-31\"");
    }
}
