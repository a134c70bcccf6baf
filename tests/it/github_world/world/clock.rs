//! The clock of the simulated GitHub.
//!
//! It stands still unless a change or a test moves it, so that every time in the world follows from the seed. A test
//! that talks to a program with a running clock lets it run. It need not agree with anybody else's clock.

use super::Time;
use chrono::{DateTime, SubsecRound, TimeDelta};
use tokio::time::Instant;

#[derive(Clone, Debug)]
pub struct Clock {
    at: Time,
    running_since: Option<Instant>,
}

impl Clock {
    pub fn standing(at: Time) -> Clock {
        Clock { at: at.trunc_subsecs(0), running_since: None }
    }

    /// Sets the clock and lets it run with real time from now on.
    pub fn run_from(&mut self, at: Time) {
        *self = Clock { at, running_since: Some(Instant::now()) };
    }

    /// The time, in whole seconds.
    pub fn now(&self) -> Time {
        let passed =
            self.running_since.map_or(TimeDelta::zero(), |since| TimeDelta::from_std(since.elapsed()).unwrap());
        (self.at + passed).trunc_subsecs(0)
    }

    pub fn advance(&mut self, seconds: u64) {
        self.at += TimeDelta::seconds(i64::try_from(seconds).unwrap());
    }
}

/// The time at so many seconds since 1970.
pub fn at(seconds: i64) -> Time {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

/// As GitHub writes it: RFC 3339 in whole seconds with a `Z`.
pub fn text(time: Time) -> String {
    time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
