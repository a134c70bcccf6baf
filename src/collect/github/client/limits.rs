//! GitHub's limits: what is left of its budgets, and how long it wants to be left alone.
//!
//! One rule: GitHub's own word counts, in whichever of its forms, and the longest wait it asked for is kept:
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>. Only where it says nothing do ours hold.

use super::{Response, date, message, number, text};
use crate::ambient::Ambient;
use crate::collect::{Collecting, Progress};
use crate::store::{Budget, Store};
use chrono::{DateTime, TimeDelta, Utc};
use http::header::RETRY_AFTER;
use http::{HeaderName, StatusCode};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const RESOURCE: HeaderName = HeaderName::from_static("x-ratelimit-resource");

/// A wait that is not worth a word.
const SHORT: Duration = Duration::from_secs(2);

/// How long is waited where GitHub does not say.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Before the first repetition after a failed connection or a server error; each further one waits twice as long.
    pub failure: Duration,
    /// After a limit without `retry-after` and without a reset; GitHub asks for a minute.
    pub limit: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience { failure: Duration::from_secs(1), limit: Duration::from_secs(60) }
    }
}

/// What GitHub said of its limits, kept in the data folder too, where it can be seen while we wait.
pub(in crate::collect::github) struct Limits<'a> {
    source: String,
    store: Store,
    ambient: Ambient,
    progress: &'a dyn Progress,
    patience: Patience,
    /// The newest word on each budget, by what it is a budget of.
    budgets: BTreeMap<String, Budget>,
    pause: Option<Pause>,
    /// Answers in a row that were refused by a limit.
    refusals: u32,
}

/// No request before this moment.
struct Pause {
    until: Instant,
    reason: String,
    is_limit: bool,
}

impl<'a> Limits<'a> {
    /// The limits of a source that is being collected.
    pub fn of(collecting: &Collecting<'a>, source: &str) -> Limits<'a> {
        Limits {
            source: source.to_owned(),
            store: collecting.store.clone(),
            ambient: collecting.ambient.clone(),
            progress: collecting.progress,
            patience: collecting.patience,
            budgets: BTreeMap::new(),
            pause: None,
            refusals: 0,
        }
    }

    /// Waits until GitHub may be asked again.
    pub async fn wait(&mut self) {
        let Some(Pause { until, reason, is_limit }) = self.pause.take() else { return };
        let left = until.saturating_duration_since(Instant::now());
        let is_long = left > SHORT;
        if is_long {
            let moment = self.ambient.now() + TimeDelta::from_std(left).unwrap_or_default();
            let words =
                format!("{}: {reason}, waiting for GitHub until {} UTC", self.source, moment.format("%H:%M:%S"));
            self.progress.stage(&words, None);
            if is_limit {
                self.record(Some(moment));
            }
        }
        tokio::time::sleep_until(until).await;
        if is_long && is_limit {
            self.record(None);
        }
    }

    /// Takes in what an answer says of the limits of `resource`, unless it names another. Whether a limit refused it, so that
    /// the question is to be asked again.
    pub(super) fn hear(&mut self, answer: &Response, resource: &str) -> bool {
        self.note_budget(answer, resource);
        let is_limit = is_limit(answer);
        if let Some(wait) = declared_wait(answer) {
            self.pause(wait, "rate limit", true);
        } else if is_limit {
            // Each wait in a row is longer.
            self.pause(self.patience.limit * 2_u32.pow(self.refusals.min(6)), "rate limit", true);
        }
        if is_limit {
            self.refusals += 1;
        } else if !answer.status.is_server_error() {
            self.refusals = 0;
        }
        is_limit
    }

    /// A refusal that came as a success, as GraphQL's do.
    pub fn refuse(&mut self) {
        if self.pause.as_ref().is_none_or(|pause| pause.until <= Instant::now()) {
            self.pause(self.patience.limit, "GraphQL limit", true);
        }
    }

    /// So many attempts failed, the last one for this reason.
    pub fn fail(&mut self, attempts: u32, reason: &str) {
        self.pause(self.patience.failure * 2_u32.pow(attempts.saturating_sub(1)), reason, false);
    }

    fn pause(&mut self, wait: Duration, reason: &str, is_limit: bool) {
        let until = Instant::now() + wait;
        if self.pause.as_ref().is_none_or(|pause| pause.until < until) {
            self.pause = Some(Pause { until, reason: reason.to_owned(), is_limit });
        }
    }

    fn note_budget(&mut self, answer: &Response, resource: &str) {
        let headers = &answer.headers;
        let Some(remaining) = number(headers, REMAINING) else { return };
        let resource = text(headers, RESOURCE).unwrap_or(resource).to_owned();
        let reset = number(headers, RESET).and_then(|reset| DateTime::from_timestamp(reset.cast_signed(), 0));
        let budget = Budget {
            source: self.source.clone(),
            resource: resource.clone(),
            remaining,
            most: number(headers, LIMIT),
            resets_at: reset,
            seen_at: self.ambient.now(),
        };
        self.budgets.insert(resource, budget);
    }

    /// Puts down what is left, and until when is waited. That this fails does not stop the collecting: what matters is in
    /// the tables.
    pub fn record(&self, waits_until: Option<DateTime<Utc>>) {
        let budgets: Vec<Budget> = self.budgets.values().cloned().collect();
        let recorded = self.store.state().and_then(|state| state.put_limits(&self.source, &budgets, waits_until));
        if let Err(error) = recorded {
            tracing::warn!("{}: the budget left cannot be recorded: {error}", self.source);
        }
    }
}

/// How long GitHub says that it wants to be left alone after this answer.
fn declared_wait(answer: &Response) -> Option<Duration> {
    let headers = &answer.headers;
    if let Some(seconds) = number(headers, RETRY_AFTER) {
        return Some(Duration::from_secs(seconds));
    }
    if number(headers, REMAINING) != Some(0) {
        return None;
    }
    let reset = number(headers, RESET)?;
    // By the server's clock: ours may be wrong.
    let now = date(headers).map_or_else(|| reset.saturating_sub(60), |now| now.timestamp().unsigned_abs());
    Some(Duration::from_secs(reset.saturating_sub(now) + 1))
}

/// A 403 or 429 that is a limit and not a missing permission.
fn is_limit(answer: &Response) -> bool {
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN => {
            number(&answer.headers, REMAINING) == Some(0)
                || answer.headers.contains_key(RETRY_AFTER)
                || message(&answer.body).to_lowercase().contains("rate limit")
        }
        _ => false,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::collect::Silent;
    use bytes::Bytes;
    use http::HeaderMap;
    use std::path::Path;

    pub fn limits(folder: &Path) -> Limits<'static> {
        let now = DateTime::from_timestamp(1_772_366_400, 0).unwrap();
        Limits {
            source: "acme".to_owned(),
            store: Store::open(folder).unwrap(),
            ambient: Ambient::fixed(now, "tests"),
            progress: &Silent,
            patience: Patience::default(),
            budgets: BTreeMap::new(),
            pause: None,
            refusals: 0,
        }
    }

    fn answer(status: u16, headers: &[(&str, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let (status, headers) = (StatusCode::from_u16(status).unwrap(), headers.collect::<HeaderMap>());
        Response { status, headers, body: Bytes::new() }
    }

    fn seconds(limits: &Limits<'_>) -> Option<u64> {
        let left = |pause: &Pause| pause.until.saturating_duration_since(Instant::now()).as_secs_f64().round() as u64;
        limits.pause.as_ref().map(left)
    }

    #[tokio::test]
    async fn waits_follow_what_github_says() {
        let mut limits = limits(Path::new("none"));
        let date = "Sun, 01 Mar 2026 12:00:00 GMT";
        let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1772366700"), ("date", date)];
        assert!(!limits.hear(&answer(200, &[("x-ratelimit-remaining", "1")]), "core"));
        assert_eq!(seconds(&limits), None);
        // The last answer that fits into a budget is an answer.
        assert!(!limits.hear(&answer(200, &spent), "core"));
        assert_eq!(seconds(&limits), Some(301));
        // A server that fails is asked again no sooner than was said before.
        limits.fail(1, "502");
        assert_eq!(seconds(&limits), Some(301));
        limits.pause = None;
        assert!(!limits.hear(&answer(503, &[("retry-after", "90")]), "core"));
        limits.fail(1, "503");
        assert_eq!(seconds(&limits), Some(90));
        limits.pause = None;
        // Where it does not say, each wait is twice the one before.
        for expected in [60, 120, 240] {
            assert!(limits.hear(&answer(429, &[]), "core"));
            assert_eq!(seconds(&limits), Some(expected));
            limits.pause = None;
        }
        assert!(limits.hear(&answer(403, &[("x-ratelimit-remaining", "0")]), "core"), "a limit without its end");
        assert_eq!(seconds(&limits), Some(480));
        limits.pause = None;
        assert!(!limits.hear(&answer(403, &[]), "core"), "a missing permission");
        assert_eq!((seconds(&limits), limits.refusals), (None, 0));
    }

    #[tokio::test]
    async fn budgets_and_waits_can_be_seen_from_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let mut limits = limits(folder.path());
        let told = |resource, remaining| {
            [("x-ratelimit-resource", resource), ("x-ratelimit-remaining", remaining), ("x-ratelimit-limit", "5000")]
        };
        limits.hear(&answer(200, &told("core", "4999")), "core");
        limits.hear(&answer(200, &told("graphql", "12")), "core");
        limits.hear(&answer(200, &[("x-ratelimit-remaining", "4998"), ("x-ratelimit-reset", "1772370000")]), "core");
        assert!(limits.hear(&answer(429, &[("retry-after", "3")]), "core"));
        let store = limits.store.clone();
        let watched = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            store.state().unwrap().waits().unwrap()
        };
        let (waits, ()) = tokio::join!(watched, limits.wait());
        let left = waits["acme"] - limits.ambient.now();
        assert!(left > TimeDelta::seconds(2) && left <= TimeDelta::seconds(3), "{left}");
        let state = store.state().unwrap();
        assert_eq!(state.waits().unwrap(), BTreeMap::new(), "it is over");
        let budgets: Vec<_> =
            state.budgets().unwrap().into_iter().map(|it| (it.resource, it.remaining, it.most)).collect();
        assert_eq!(budgets, [("core".to_owned(), 4998, None), ("graphql".to_owned(), 12, Some(5000))]);
    }
}
