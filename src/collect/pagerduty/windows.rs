//! Reading lists that PagerDuty pages by offset, of which it gives no more than 10,000 rows.
//!
//! One rule: a stretch of time that has more is read in halves, so that nothing depends on the order of a list:
//! <https://developer.pagerduty.com/docs/pagination>.

use super::Result;
use crate::collect::http::{Client, HttpError, with_query};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::de::DeserializeOwned;

/// Rows of a page, at most.
pub(super) const PAGE: usize = 100;
pub(super) const PAGE_TEXT: &str = "100";
/// Offset and limit together may not be more.
pub(super) const MOST: usize = 10_000;
/// A list of incidents takes no more than six months.
const LONGEST: TimeDelta = TimeDelta::days(180);

/// A page of such a list.
pub(super) trait Paged: DeserializeOwned {
    type Item;
    /// The rows, whether there are more, and how many there are in all where that was asked.
    fn parts(self) -> (Vec<Self::Item>, bool, Option<usize>);
}

/// A stretch of time with all its rows.
pub(super) struct Window<T> {
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub items: Vec<T>,
}

/// The stretches that are still to be read.
pub(super) struct Windows {
    /// The next one last.
    left: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Windows {
    /// From one moment to another, in order.
    pub fn new(from: DateTime<Utc>, until: DateTime<Utc>) -> Windows {
        let (mut left, mut from) = (Vec::new(), from.min(until));
        loop {
            let end = (from + LONGEST).min(until);
            left.push((from, end));
            if end >= until {
                break;
            }
            from = end;
        }
        left.reverse();
        Windows { left }
    }

    /// All rows of the next stretch; `None` at the end.
    ///
    /// # Errors
    /// [`HttpError`], also where one second has more than PagerDuty gives.
    pub async fn next<P: Paged>(
        &mut self,
        client: &mut Client<'_>,
        path: &str,
        fixed: &[(&str, &str)],
    ) -> Result<Option<Window<P::Item>>> {
        while let Some((from, until)) = self.left.pop() {
            let (mut items, mut offset) = (Vec::new(), 0);
            loop {
                let (since, end, offset_text) = (moment(from), moment(until), offset.to_string());
                let query =
                    [("since", since.as_str()), ("until", &end), ("limit", PAGE_TEXT), ("offset", &offset_text)];
                // How many there are in all is slow to say, and only the first page needs it.
                let total = (offset == 0).then_some(("total", "true"));
                let query = query.into_iter().chain(total).chain(fixed.iter().copied());
                let path = with_query(path, query);
                let page = client.page(&path).await?;
                let (rows, more, total) = client.parse::<P>(&path, &page.body)?.parts();
                let is_too_much = total.is_some_and(|total| total > MOST) || (more && offset + 2 * PAGE > MOST);
                if is_too_much {
                    self.halve(client, &path, from, until)?;
                    break;
                }
                // What half a list lacks is not gone.
                if more && rows.is_empty() {
                    return Err(client.base.malformed(&path, "no rows, and that there are more".to_owned()).into());
                }
                items.extend(rows);
                if !more {
                    return Ok(Some(Window { from, until, items }));
                }
                offset += PAGE;
            }
        }
        Ok(None)
    }

    fn halve(&mut self, client: &Client<'_>, path: &str, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<()> {
        let seconds = (until - from).num_seconds() / 2;
        if seconds == 0 {
            let reason = format!("more than {MOST} rows of one second, of which it gives no more");
            return Err(HttpError::Refused {
                address: client.address(path),
                status: http::StatusCode::OK,
                message: reason,
            }
            .into());
        }
        let middle = from + TimeDelta::seconds(seconds);
        self.left.extend([(middle, until), (from, middle)]);
        Ok(())
    }
}

/// A moment as PagerDuty writes it.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_the_time_without_gaps() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let (from, until) = (at("2025-01-01T00:00:00Z"), at("2026-03-01T00:00:00Z"));
        let mut left = Windows::new(from, until).left;
        left.reverse();
        assert_eq!((left.first().unwrap().0, left.last().unwrap().1, left.len()), (from, until, 3));
        assert!(left.windows(2).all(|pair| pair[0].1 == pair[1].0));
        assert_eq!(Windows::new(until, from).left, [(from, from)]);
    }
}
