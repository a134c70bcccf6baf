//! Budgets and declared waits.

use crate::github_world::faults::Faults;
use crate::github_world::rest::page::Reply;
use crate::github_world::world::Time;
use chrono::TimeDelta;
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// What a client may have sent before it could read that it has to wait.
const GRACE: Duration = Duration::from_millis(100);

/// Which budget a request is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Rest,
    Graphql,
}

impl Door {
    pub fn name(self) -> &'static str {
        match self {
            Door::Rest => "core",
            Door::Graphql => "graphql",
        }
    }
}

/// How a request is refused.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    Primary { status: u16 },
    Secondary { status: u16, is_announced: bool },
    Graphql,
}

/// A wait that was declared to the client.
#[derive(Clone, Debug)]
struct Wait {
    /// One door, or both.
    door: Option<Door>,
    from: Instant,
    until: Instant,
    refusal: Refusal,
}

#[derive(Clone, Debug)]
struct Budget {
    limit: u64,
    used: u64,
    until: Option<Instant>,
}

#[derive(Clone, Debug)]
pub struct Limits {
    rest: Budget,
    graphql: Budget,
    window: Duration,
    waits: Vec<Wait>,
}

/// A budget as it is told.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub limit: u64,
    pub used: u64,
    pub resets_in_seconds: u64,
}

impl Limits {
    pub fn new(faults: &Faults) -> Limits {
        let budget = |limit| Budget { limit, used: 0, until: None };
        let (rest, graphql) = (budget(faults.rest_limit), budget(faults.graphql_limit));
        Limits { rest, graphql, window: faults.window, waits: Vec::new() }
    }

    fn budget(&mut self, door: Door) -> &mut Budget {
        match door {
            Door::Rest => &mut self.rest,
            Door::Graphql => &mut self.graphql,
        }
    }

    /// The budget now; a window that is over begins anew.
    pub fn told(&mut self, door: Door) -> Told {
        let (now, window) = (Instant::now(), self.window);
        let budget = self.budget(door);
        let until = match budget.until {
            Some(until) if until > now => until,
            _ => {
                budget.used = 0;
                now + window
            }
        };
        budget.until = Some(until);
        Told { limit: budget.limit, used: budget.used, resets_in_seconds: seconds_left(until) }
    }

    /// Takes points. When none are left, the client has to wait for the next window.
    pub fn take(&mut self, door: Door, points: u64) -> Told {
        self.told(door);
        let budget = self.budget(door);
        budget.used = (budget.used + points).min(budget.limit);
        let told = self.told(door);
        if told.used >= told.limit {
            let refusal = if door == Door::Graphql { Refusal::Graphql } else { Refusal::Primary { status: 403 } };
            let until = self.budget(door).until.unwrap_or_else(Instant::now);
            self.waits.push(Wait { door: Some(door), from: Instant::now(), until, refusal });
        }
        told
    }

    /// Declares a wait from now on.
    pub fn declare(&mut self, door: Option<Door>, wait: Duration, refusal: Refusal) {
        let from = Instant::now();
        self.waits.push(Wait { door, from, until: from + wait, refusal });
    }

    /// The refusal of a request that comes while it should wait, the seconds left, and what is wrong with it unless it
    /// was under way when the wait was declared.
    pub fn waiting(&self, door: Door) -> Option<(Refusal, u64, Option<String>)> {
        let now = Instant::now();
        let wait = self.waits.iter().rev().find(|it| it.until > now && it.door.is_none_or(|of| of == door))?;
        let into = now - wait.from;
        let wrong = (into > GRACE).then(|| {
            let (into, whole) = (into.as_secs_f64(), (wait.until - wait.from).as_secs_f64());
            format!("arrived {into:.2} s into a declared wait of {whole:.2} s ({:?})", wait.refusal)
        });
        Some((wait.refusal, seconds_left(wait.until), wrong))
    }
}

fn seconds_left(until: Instant) -> u64 {
    let left = until.saturating_duration_since(Instant::now());
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

impl Refusal {
    /// The answer at a time of the world, when so many seconds are left.
    pub fn reply(self, now: Time, limit: u64, seconds_left: u64) -> Reply {
        let reset = (now + TimeDelta::seconds(i64::try_from(seconds_left).unwrap())).timestamp();
        let spent = vec![
            ("x-ratelimit-limit", limit.to_string()),
            ("x-ratelimit-remaining", "0".to_owned()),
            ("x-ratelimit-used", limit.to_string()),
            ("x-ratelimit-reset", reset.to_string()),
        ];
        match self {
            Refusal::Primary { status } => {
                let reply = Reply::error(status, "API rate limit exceeded for user ID 1001.");
                Reply { headers: spent, ..reply }
            }
            Refusal::Secondary { status, is_announced } => {
                let message =
                    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
                let headers = if is_announced { vec![("retry-after", seconds_left.to_string())] } else { Vec::new() };
                Reply { headers, ..Reply::error(status, message) }
            }
            Refusal::Graphql => {
                let error = json!({ "type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1001." });
                Reply { headers: spent, ..Reply::of(json!({ "errors": [error] })) }
            }
        }
    }
}
