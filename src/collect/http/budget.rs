//! What the headers of an answer say of what may still be asked, in the vendors' forms.
//!
//! One rule: each form is documented by its vendor, and where one means seconds and another a moment the size of the number
//! tells them apart.
//!
//! - `x-ratelimit-*` with the reset as seconds since 1970:
//!   <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>; with the reset as a moment:
//!   <https://developer.atlassian.com/cloud/jira/platform/rate-limiting/>
//! - `ratelimit-*` with the reset as seconds since 1970:
//!   <https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/>; as seconds from now:
//!   <https://support.pagerduty.com/main/docs/rest-api-rate-limits>
//! - `x-rate-limit`, `x-rate-limit-remaining` and, for one door, `zendesk-ratelimit-NAME: total=10; remaining=9; resets=41`:
//!   <https://developer.zendesk.com/documentation/ticketing/using-the-zendesk-api/best-practices-for-avoiding-rate-limiting/>

use super::headers::{date, http_date};
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use http::header::RETRY_AFTER;
use std::time::Duration;

/// What is left of one budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Left {
    /// What it is a budget of, where the answer says.
    pub resource: Option<String>,
    pub remaining: u64,
    pub most: Option<u64>,
    pub reset: Option<Reset>,
}

/// When a budget is whole again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reset {
    At(DateTime<Utc>),
    In(Duration),
}

/// Names of headers begin so; the first that is there counts.
const PREFIXES: [&str; 3] = ["x-ratelimit", "ratelimit", "x-rate-limit"];
/// What one door of Zendesk's has left.
const DOOR: &str = "zendesk-ratelimit-";
/// A smaller number is no moment: as seconds since 1970 it would be in 2001.
const FIRST_MOMENT: i64 = 1_000_000_000;
/// From here on the moment is in milliseconds.
const FIRST_MILLISECOND: i64 = 1_000_000_000_000;

/// All budgets that an answer tells of.
pub(super) fn left(headers: &HeaderMap) -> Vec<Left> {
    let word = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let find = |suffix: &str| PREFIXES.iter().find_map(|prefix| word(&format!("{prefix}{suffix}")));
    let mut all = Vec::new();
    if let Some(remaining) = find("-remaining").and_then(|it| it.parse().ok()) {
        let most = find("-limit").or_else(|| word("x-rate-limit"));
        let resource = word("x-ratelimit-resource").map(str::to_owned);
        let reset = find("-reset").and_then(reset);
        all.push(Left { resource, remaining, most: most.and_then(|it| it.parse().ok()), reset });
    }
    for (name, value) in headers {
        let Some((door, value)) = name.as_str().strip_prefix(DOOR).zip(value.to_str().ok()) else { continue };
        let part = |name: &str| value.split(';').find_map(|it| it.trim().strip_prefix(name)?.strip_prefix('='));
        if let Some(remaining) = part("remaining").and_then(|it| it.parse().ok()) {
            let (most, reset) = (part("total").and_then(|it| it.parse().ok()), part("resets").and_then(reset));
            all.push(Left { resource: Some(door.to_owned()), remaining, most, reset });
        }
    }
    all
}

/// How long the server wants to be left alone after this answer.
pub(super) fn declared_wait(headers: &HeaderMap, all: &[Left], now: DateTime<Utc>) -> Option<Duration> {
    let now = date(headers).unwrap_or(now);
    if let Some(text) = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()) {
        if let Ok(seconds) = text.trim().parse::<f64>() {
            return Duration::try_from_secs_f64(seconds.ceil()).ok();
        }
        return http_date(text).map(|at| (at - now).to_std().unwrap_or_default());
    }
    let spent = all.iter().filter(|it| it.remaining == 0);
    spent.filter_map(|it| Some(it.reset?.wait(headers))).max()
}

impl Reset {
    /// The moment, by the server's clock where it says the time.
    pub fn at(self, headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Reset::At(at) => Some(at),
            Reset::In(wait) => date(headers).unwrap_or(now).checked_add_signed(TimeDelta::from_std(wait).ok()?),
        }
    }

    /// One second more, since these are whole seconds. The server's clock counts, since ours may be wrong.
    fn wait(self, headers: &HeaderMap) -> Duration {
        let wait = match self {
            Reset::At(at) => {
                date(headers).map_or(Duration::from_secs(60), |now| (at - now).to_std().unwrap_or_default())
            }
            Reset::In(wait) => wait,
        };
        wait.saturating_add(Duration::from_secs(1))
    }
}

fn reset(text: &str) -> Option<Reset> {
    let text = text.trim();
    let Ok(number) = text.parse::<f64>() else {
        let at = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc());
        // Jira leaves the seconds out.
        let minutes = || chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%MZ").ok().map(|at| at.and_utc());
        return at.or_else(minutes).or_else(|| http_date(text)).map(Reset::At);
    };
    let whole = number.ceil();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "what is too large becomes the largest number, which is no moment"
    )]
    let number = whole as i64;
    match number {
        FIRST_MILLISECOND.. => DateTime::from_timestamp_millis(number).map(Reset::At),
        FIRST_MOMENT.. => DateTime::from_timestamp(number, 0).map(Reset::At),
        0.. => Some(Reset::In(Duration::from_secs(number.unsigned_abs()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(all: &[(&str, &str)]) -> HeaderMap {
        all.iter().map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap())).collect()
    }

    fn seconds(all: &[(&str, &str)]) -> Option<u64> {
        let (headers, now) = (headers(all), DateTime::from_timestamp(1_772_366_400, 0).unwrap());
        declared_wait(&headers, &left(&headers), now).map(|it| it.as_secs())
    }

    #[test]
    fn every_vendor_says_how_long_in_its_own_way() {
        let date = ("date", "Sun, 01 Mar 2026 12:00:00 GMT");
        let github = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1772366700"), date];
        let gitlab = [("ratelimit-limit", "60"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "1772366430"), date];
        let pagerduty = [("ratelimit-limit", "960"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "41")];
        let jira = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "2026-03-01T12:02Z"), date];
        let zendesk = [
            ("x-rate-limit", "700"),
            ("x-rate-limit-remaining", "699"),
            ("zendesk-ratelimit-incremental-exports", "total=10; remaining=0; resets=12"),
        ];
        for (all, expected) in [
            (&github[..], Some(301)),
            (&gitlab[..], Some(31)),
            (&pagerduty[..], Some(42)),
            (&jira[..], Some(121)),
            (&zendesk[..], Some(13)),
            (&[("retry-after", "90"), ("ratelimit-remaining", "0"), ("ratelimit-reset", "5")][..], Some(90)),
            (&[("retry-after", "0.5")][..], Some(1)),
            (&[("retry-after", "Sun, 01 Mar 2026 12:00:20 GMT"), date][..], Some(20)),
            (&[("retry-after", "Sun, 01 Mar 2026 11:00:00 GMT"), date][..], Some(0)),
            (&[("ratelimit-remaining", "1"), ("ratelimit-reset", "5")][..], None),
            (&[("ratelimit-remaining", "0")][..], None),
            (&[("ratelimit-remaining", "none"), ("ratelimit-reset", "soon"), ("retry-after", "soon")][..], None),
            (&[("ratelimit-remaining", "0"), ("ratelimit-reset", "99999999999999999999")][..], None),
            (&[("retry-after", "1e300")][..], None),
        ] {
            assert_eq!(seconds(all), expected, "{all:?}");
        }
        let all = left(&headers(&zendesk));
        let of = |resource: Option<&str>, remaining, most, reset| Left {
            resource: resource.map(str::to_owned),
            remaining,
            most: Some(most),
            reset,
        };
        let in_12 = Some(Reset::In(Duration::from_secs(12)));
        assert_eq!(all, [of(None, 699, 700, None), of(Some("incremental-exports"), 0, 10, in_12)]);
    }
}
