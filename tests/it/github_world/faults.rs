//! What goes wrong, declared by a test: which requests, how often, and in what way.
//!
//! Waits pass in real time, so a test declares waits of a second or two; the headers that announce them are on the
//! world's clock, which stands still unless it is told to run. A program that waits `x-ratelimit-reset` minus its own
//! time, or minus the answer's `date`, waits the declared seconds. Where GitHub announces nothing and its documentation
//! asks for a minute, the length of that minute is a setting.

use super::world::World;
use serde_json::Value;
use std::time::Duration;

/// One way to fail.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The hourly budget is spent: 403 or 429 with `x-ratelimit-remaining: 0` and a reset.
    Primary { status: u16, wait_seconds: u64 },
    /// Too much at once: 403 or 429, with `retry-after` or, without, for a minute.
    Secondary { status: u16, retry_after_seconds: Option<u64> },
    /// The GraphQL budget is spent, which is said in an answer of status 200.
    GraphqlLimited { wait_seconds: u64 },
    /// The token lacks the permission: that status by REST, an error of the kind `FORBIDDEN` by GraphQL.
    Denied { status: u16 },
    /// Who asks for more nodes, or rows a page, gets this status.
    TooLarge { nodes: u64, status: u16 },
    /// An answer of that status and no JSON.
    Status(u16),
    /// The connection is cut before the answer.
    Drop,
    /// The answer comes late.
    Slow(Duration),
    /// JSON that is broken in the middle.
    Malformed,
    /// The body ends before its announced length.
    Truncated,
    /// Every field of that name has this value.
    Retyped { field: &'static str, value: Value },
    /// `Link: rel="next"` leads there.
    NextLink(String),
    /// `Link: rel="next"` leads to the page itself.
    NextLoop,
    /// A redirect leads there.
    Redirect(String),
    /// Nothing fails, but this happens just before the answer.
    Meanwhile(fn(&mut World)),
    /// The token is not valid any more, from here on.
    Revoked,
}

/// Which requests fail how.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(super) path: String,
    pub(super) fault: Fault,
    pub(super) skip: usize,
    pub(super) times: usize,
}

impl Rule {
    /// The first request whose path and query, or GraphQL text, contain this text; the empty text is in all of them.
    pub fn on(path: &str, fault: Fault) -> Rule {
        Rule { path: path.to_owned(), fault, skip: 0, times: 1 }
    }

    /// Lets so many matching requests pass first.
    #[must_use]
    pub fn after(self, skip: usize) -> Rule {
        Rule { skip, ..self }
    }

    /// Fails so many requests instead of one.
    #[must_use]
    pub fn times(self, times: usize) -> Rule {
        Rule { times, ..self }
    }
}

/// Everything that goes wrong, and the budgets.
#[derive(Clone, Debug)]
pub struct Faults {
    pub(super) rules: Vec<Rule>,
    pub(super) rest_limit: u64,
    pub(super) graphql_limit: u64,
    pub(super) window: Duration,
    pub(super) minute: Duration,
}

impl Faults {
    /// Nothing goes wrong; GitHub's budgets of 5,000 requests and 5,000 points an hour.
    pub fn none() -> Faults {
        let (window, minute) = (Duration::from_secs(3_600), Duration::from_secs(60));
        Faults { rules: Vec::new(), rest_limit: 5_000, graphql_limit: 5_000, window, minute }
    }

    #[must_use]
    pub fn and(mut self, rule: Rule) -> Faults {
        self.rules.push(rule);
        self
    }

    /// Other budgets: REST requests and GraphQL points in a window.
    #[must_use]
    pub fn budget(self, rest_limit: u64, graphql_limit: u64, window: Duration) -> Faults {
        Faults { rest_limit, graphql_limit, window, ..self }
    }

    /// How long the unannounced wait after a secondary limit is, instead of a minute.
    #[must_use]
    pub fn minute(self, minute: Duration) -> Faults {
        Faults { minute, ..self }
    }
}
