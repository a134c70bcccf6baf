//! All integration tests in one binary: every further one would link the whole stack again.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails where it stands")]

mod cli;
mod collect;
mod complexity;
mod crash;
mod git_fixture;
mod landing;
mod layering;
mod sql;
mod stats_oracle;
