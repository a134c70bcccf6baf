//! What SQL answers: the canonical tables, every metric's facts, the numbers made of them, and what is refused.

mod database;
mod derived;
mod effort;
mod engine;
mod facts;
mod files;
mod guard;
mod numbers;
mod properties;
mod series;
mod statuses;
mod summary;
