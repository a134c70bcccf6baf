//! A simulated organisation, written as the source events that real collectors would bring.
//!
//! One rule: every random number comes from (seed, purpose, owner, index), never from a shared sequence, so that changing
//! one thing moves nothing else. Two guarantees follow. The same configuration gives the same bytes. And what happened
//! before a rollout started depends neither on its lottery nor on its effect, so that a lottery may be drawn on the
//! simulated history and the future simulated afterwards.
//!
//! Example: the first six weeks of the default organisation, in memory.
//!
//! ```no_run
//! # use paceline::simulate::{Config, simulate};
//! # use chrono::Duration;
//! let config = Config::default();
//! let history = simulate(&config, config.begins() + Duration::weeks(6))?;
//! assert!(history["pull_requests"].num_rows() > 0);
//! # Ok::<(), paceline::simulate::Error>(())
//! ```

mod assistant;
mod build;
mod calendar;
mod config;
mod delivery;
mod error;
mod folder;
mod golden_path;
mod history;
mod incident;
mod names;
mod organisation;
mod pull_request;
mod review;
mod roster;
mod rows;
mod schedule;
mod sheet;
mod stream;
mod ticket;
mod tool;
mod treatment;
mod work;

pub use config::{Config, Effect, Novelty, Rollout};
pub use error::{Error, Result};
pub use folder::{Progress, Summary, is_simulation, write};
pub use history::{History, simulate};

use std::collections::BTreeSet;

/// The short names of the configured teams: the units a lottery may draw from.
pub fn teams(config: &Config) -> BTreeSet<String> {
    (0..config.teams).map(names::team).collect()
}

#[cfg(test)]
mod tests;
