//! How a tool learns which variant of an experiment somebody has: flags, their file for use without a server, and the answers
//! of the OpenFeature Remote Evaluation Protocol (OFREP 0.3, <https://github.com/open-feature/protocol>).
//!
//! One rule: an answer follows from the flags, the context and what the caller says of units, and from nothing else; nothing here
//! imports anything else of the crate, reads a clock or keeps state.
//!
//! A [`FlagSet`] is what may be asked. [`read_request`] makes a [`Context`] of a request's body, [`FlagSet::evaluate`] and
//! [`FlagSet::evaluate_all`] answer it, [`etag`] tags the bulk answer, and [`FlagFile`] is the same set in flagd's format.
//!
//! Experiments on teams do not hash: their assignment was drawn by a lottery, is listed, and a developer has what the
//! developer's team of the assignment date drew. Percentages of developers are bucketed as flagd does ([`pick`]).

mod context;
mod definition;
mod error;
mod etag;
mod evaluation;
mod failure;
mod file;
mod fractional;
mod murmur3;

pub use context::{Context, read_request};
pub use definition::{Flag, FlagSet, Rule, Share, State};
pub use error::FlagError;
pub use etag::{etag, etag_matches};
pub use evaluation::{Answer, Bulk, Evaluation, Reason};
pub use failure::{ErrorCode, Failure, FailureBody};
pub use file::FlagFile;
pub use fractional::pick;
pub use murmur3::murmur3_x86_32;
