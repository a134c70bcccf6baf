//! What other vendors than GitHub say and what becomes of it, against bodies and tables that others recorded.
//!
//! The recorded data are not part of the project: a test without them says so and passes.

mod gitlab;
mod jira;
mod recording;
