//! Paceline measures how an engineering organisation works and tells, by controlled experiment, whether a change to its
//! tools made it better. `ARCHITECTURE.md` says what is where; the flow runs one way, from `collect` to `web`.

pub mod ambient;
pub mod chart;
pub mod cli;
pub mod collect;
pub mod digest;
pub mod experiment;
pub mod flags;
pub mod golden_path;
pub mod metric;
pub mod model;
pub mod project;
pub mod query;
pub mod receive;
pub mod simulate;
pub mod stats;
pub mod store;
pub mod trial;
pub mod web;
