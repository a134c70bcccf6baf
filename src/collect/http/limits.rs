//! The limits of an API: what is left of its budgets, and how long it wants to be left alone.
//!
//! One rule: the server's own word counts, in whichever of its forms, and the longest wait it asked for is kept. Only where it
//! says nothing do ours hold.

use super::budget::{declared_wait, left};
use super::connection::Response;
use super::error::message;
use crate::ambient::Ambient;
use crate::collect::{Collecting, Progress};
use crate::store::{Budget, Store};
use chrono::{DateTime, TimeDelta, Utc};
use http::StatusCode;
use http::header::RETRY_AFTER;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// A wait that is not worth a word.
const SHORT: Duration = Duration::from_secs(2);
/// No budget takes longer to become whole; a longer wait is a mistake, and it is asked again after this.
const LONGEST: Duration = Duration::from_hours(24);

/// How long is waited where a server does not say.
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

/// What a server said of its limits, kept in the data folder too, where it can be seen while we wait.
pub(in crate::collect) struct Limits<'a> {
    source: String,
    /// Who is waited for.
    product: &'static str,
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
            product: "the server",
            store: collecting.store.clone(),
            ambient: collecting.ambient.clone(),
            progress: collecting.progress,
            patience: collecting.patience,
            budgets: BTreeMap::new(),
            pause: None,
            refusals: 0,
        }
    }

    #[cfg(test)]
    pub(super) fn with_patience(self, patience: Patience) -> Limits<'a> {
        Limits { patience, ..self }
    }

    /// Names who is waited for.
    pub(super) fn of_product(self, product: &'static str) -> Limits<'a> {
        Limits { product, ..self }
    }

    /// Waits until the server may be asked again.
    pub async fn wait(&mut self) {
        let Some(Pause { until, reason, is_limit }) = self.pause.take() else { return };
        let left = until.saturating_duration_since(Instant::now());
        let is_long = left > SHORT;
        if is_long {
            let moment = self.ambient.now() + TimeDelta::from_std(left).unwrap_or_default();
            let (source, product, until) = (&self.source, self.product, moment.format("%H:%M:%S"));
            self.progress.stage(&format!("{source}: {reason}, waiting for {product} until {until} UTC"), None);
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
    pub fn hear(&mut self, answer: &Response, resource: &str) -> bool {
        let now = self.ambient.now();
        let all = left(&answer.headers);
        let is_limit = is_limit(answer, all.iter().any(|it| it.remaining == 0));
        if let Some(wait) = declared_wait(&answer.headers, &all, now) {
            // Who refuses and wants no time to pass would be asked without end.
            let least = self.patience.failure * 2_u32.pow(self.refusals.min(6));
            self.pause(if is_limit { wait.max(least) } else { wait }, "rate limit", true);
        } else if is_limit {
            // Each wait in a row is longer.
            self.pause(self.patience.limit * 2_u32.pow(self.refusals.min(6)), "rate limit", true);
        }
        for it in all {
            let resource = it.resource.unwrap_or_else(|| resource.to_owned());
            let budget = Budget {
                source: self.source.clone(),
                resource: resource.clone(),
                remaining: it.remaining,
                most: it.most,
                resets_at: it.reset.and_then(|reset| reset.at(&answer.headers, now)),
                seen_at: now,
            };
            self.budgets.insert(resource, budget);
        }
        if is_limit {
            self.refusals += 1;
        } else if !answer.status.is_server_error() {
            self.refusals = 0;
        }
        is_limit
    }

    /// A refusal that came as a success, as GraphQL's do.
    pub fn refuse(&mut self, reason: &str) {
        if self.pause.as_ref().is_none_or(|pause| pause.until <= Instant::now()) {
            self.pause(self.patience.limit, reason, true);
        }
    }

    /// So many attempts failed, the last one for this reason.
    pub fn fail(&mut self, attempts: u32, reason: &str) {
        self.pause(self.patience.failure * 2_u32.pow(attempts.saturating_sub(1)), reason, false);
    }

    fn pause(&mut self, wait: Duration, reason: &str, is_limit: bool) {
        let until = Instant::now() + wait.min(LONGEST);
        if self.pause.as_ref().is_none_or(|pause| pause.until < until) {
            self.pause = Some(Pause { until, reason: reason.to_owned(), is_limit });
        }
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

/// A 403 or 429 that is a limit and not a missing permission.
fn is_limit(answer: &Response, is_spent: bool) -> bool {
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => true,
        StatusCode::FORBIDDEN => {
            is_spent
                || answer.headers.contains_key(RETRY_AFTER)
                || message(&answer.body).to_lowercase().contains("rate limit")
        }
        _ => false,
    }
}

#[cfg(test)]
pub(in crate::collect) mod tests {
    use super::*;
    use crate::collect::Silent;
    use bytes::Bytes;
    use http::HeaderMap;
    use std::path::Path;

    pub fn limits(folder: &Path) -> Limits<'static> {
        let now = DateTime::from_timestamp(1_772_366_400, 0).unwrap();
        Limits {
            source: "acme".to_owned(),
            product: "GitHub",
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
        // A wait of nothing after a refusal is not taken at its word.
        for expected in [1, 2, 4] {
            assert!(limits.hear(&answer(429, &[("retry-after", "0")]), "core"));
            assert_eq!(seconds(&limits), Some(expected));
            limits.pause = None;
        }
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
