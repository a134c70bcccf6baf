//! GitHub: what it says by API, by webhook and in saved answers, as observations of the tables.
//!
//! One rule: how GitHub says something is known in `payload` alone, and what it means for a table in `map` alone.

pub mod map;
pub mod payload;
pub mod saved;
pub mod webhook;
