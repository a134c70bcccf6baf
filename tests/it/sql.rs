//! What SQL answers: the canonical tables, every metric's facts, the numbers made of them, and what is refused.

mod database;
mod derived;
mod devlake;
mod effort;
mod engine;
mod facts;
mod files;
mod flow;
mod guard;
mod numbers;
mod properties;
mod series;
mod statistics;
mod statuses;
mod summary;
mod zones;
